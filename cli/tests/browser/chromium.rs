//! Drives a real Chromium over WebDriver, against a system of its own.

use std::error::Error;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use shared::config::Environment;
use simulator::system::{Options, Simulator};
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

/// The result of a test or of one of its steps.
pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

static PROFILES: AtomicU32 = AtomicU32::new(0);

/// The window's size in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub width: u32,
    pub height: u32,
}

/// How the page is shown: the window's size, and a light or dark color scheme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub window: Window,
    pub is_dark: bool,
}

impl Look {
    /// A desktop and a phone, each in light and dark.
    pub(crate) const ALL: [Self; 4] = [
        Self::new(1280, 900, false),
        Self::new(1280, 900, true),
        Self::new(390, 844, false),
        Self::new(390, 844, true),
    ];

    const fn new(width: u32, height: u32, is_dark: bool) -> Self {
        let window = Window { width, height };
        Self { window, is_dark }
    }

    /// Blink's values for the color scheme: 0 is dark, 1 is light.
    pub(crate) const fn argument(self) -> &'static str {
        if self.is_dark {
            "--blink-settings=preferredColorScheme=0"
        } else {
            "--blink-settings=preferredColorScheme=1"
        }
    }
}

/// Starts a system and a browser, opens the system's page, and runs `story` there.
pub(crate) async fn visit<F, Fut>(window: Window, story: F) -> Outcome
where
    F: FnOnce(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    visit_with(window, &[], story).await
}

/// Does the same in a browser that is started with these additional arguments.
pub(crate) async fn visit_with<F, Fut>(window: Window, arguments: &[&str], story: F) -> Outcome
where
    F: FnOnce(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let local = Simulator::start(Options::on_free_ports()).await?;
    browse(&local.base_url, window, arguments, story).await
}

/// Runs `story` on a desktop and on a phone, in light and dark, each time with a new system that has
/// these settings.
pub(crate) async fn visit_in_every_look<F, Fut>(
    environment: fn() -> Environment,
    story: F,
) -> Outcome
where
    F: Fn(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    for look in Look::ALL {
        eprintln!("{look:?}");
        let options = Options {
            environment,
            ..Options::on_free_ports()
        };
        let local = Simulator::start(options).await?;
        browse(&local.base_url, look.window, &[look.argument()], &story).await?;
    }
    Ok(())
}

/// No settings, so that the system uses its defaults.
pub(crate) fn no_settings() -> Environment {
    Environment::from_variables([])
}

/// Starts a browser, opens the page of the system at `base_url`, and runs `story` there.
pub(crate) async fn browse<F, Fut>(
    base_url: &str,
    window: Window,
    arguments: &[&str],
    story: F,
) -> Outcome
where
    F: FnOnce(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let chromedriver = ChromeDriver::start()?;
    let profile = Profile::new()?;
    let capabilities = capabilities(window, arguments, &profile)?;
    let driver = WebDriver::new(&chromedriver.url, capabilities).await?;
    // Closes the browser even if the story fails or panics.
    let result = driver.run_and_quit(|driver| async move {
        driver.goto(base_url).await?;
        story(driver).await
    });
    Ok(result.await.map_err(|error| error.to_string())?)
}

fn capabilities(
    window: Window,
    additional: &[&str],
    profile: &Profile,
) -> Result<ChromeCapabilities, Box<dyn Error + Send + Sync>> {
    let mut capabilities = DesiredCapabilities::chrome();
    let folder = format!("--user-data-dir={}", profile.0.display());
    let mut arguments = vec![
        "--headless",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
        folder.as_str(),
    ];
    arguments.extend(additional);
    // Chromium's sandbox doesn't work for root.
    if std::fs::metadata("/proc/self")?.uid() == 0 {
        arguments.push("--no-sandbox");
    }
    for argument in arguments {
        capabilities.add_arg(argument)?;
    }
    let Window { width, height } = window;
    let metrics = json!({"width": width, "height": height, "pixelRatio": 1, "mobile": false});
    let emulation = json!({"deviceMetrics": metrics});
    capabilities.add_experimental_option("mobileEmulation", emulation)?;
    Ok(capabilities)
}

/// A running chromedriver: the binary that `CHROMEDRIVER` names, or the one in `PATH`.
struct ChromeDriver {
    process: Child,
    url: String,
}

impl ChromeDriver {
    fn start() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't start {}: {error}", program.display()))?;
        let output = process.stdout.take().ok_or("chromedriver has no output")?;
        let mut driver = Self {
            process,
            url: String::new(),
        };
        for line in BufReader::new(output).lines() {
            // "ChromeDriver was started successfully on port 12345."
            if let Some((_, port)) = line?.split_once("successfully on port ") {
                let port = port.trim_end_matches('.');
                driver.url = format!("http://127.0.0.1:{port}");
                return Ok(driver);
            }
        }
        Err("chromedriver exited before it printed its port".into())
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A temporary profile folder for the browser.
struct Profile(PathBuf);

impl Profile {
    fn new() -> std::io::Result<Self> {
        let number = PROFILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("chromium-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
