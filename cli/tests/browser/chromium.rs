//! Drives a real Chromium over WebDriver, against a system of its own.

use std::error::Error;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use simulator::system::{Options, Simulator};
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

/// The result of a story.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

static PROFILES: AtomicU32 = AtomicU32::new(0);

/// The window's size in CSS pixels.
#[derive(Clone, Copy)]
pub struct Window {
    pub width: u32,
    pub height: u32,
}

/// Starts a system and a browser, opens the system's page, and plays `story` there.
pub async fn visit<F, Fut>(window: Window, story: F) -> Outcome
where
    F: FnOnce(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    visit_with(window, &[], story).await
}

/// The same in a browser that is started with further arguments.
pub async fn visit_with<F, Fut>(window: Window, arguments: &[&str], story: F) -> Outcome
where
    F: FnOnce(WebDriver) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let local = Simulator::start(Options::for_itself()).await?;
    let chromedriver = ChromeDriver::start()?;
    let profile = Profile::new()?;
    let capabilities = capabilities(window, arguments, &profile)?;
    let driver = WebDriver::new(&chromedriver.url, capabilities).await?;
    // Closes the browser even if the story fails or panics.
    let played = driver.run_and_quit(|driver| async move {
        driver.goto(&local.base_url).await?;
        story(driver).await
    });
    Ok(played.await.map_err(|error| error.to_string())?)
}

fn capabilities(
    window: Window,
    further: &[&str],
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
    arguments.extend(further);
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

/// A running chromedriver: the binary that `CHROMEDRIVER` names, or the one in the path.
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
            .map_err(|error| format!("{} doesn't start: {error}", program.display()))?;
        let output = process.stdout.take().ok_or("chromedriver is silent")?;
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
        Err("chromedriver ended before it said its port".into())
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
