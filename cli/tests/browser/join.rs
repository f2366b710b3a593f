//! The join page, as a visitor sees it who follows a meeting's link.

use thirtyfour::Key;

use crate::axe;
use crate::chromium::{Outcome, Window, visit, visit_with};
use crate::page::Page;

const DESKTOP: Window = crate::DESKTOP;
const PHONE: Window = Window {
    width: 390,
    height: 844,
};
const WEEK: i64 = 7 * 24 * 60;

/// The simulator's page, where the host changes the meeting. The visitor uses the same browser.
struct Host {
    page: Page,
    base: String,
}

type Checked<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Host {
    async fn new(page: Page) -> Checked<Self> {
        let base = page.0.current_url().await?.to_string();
        Ok(Self { page, base })
    }

    /// Fills in and submits the open dialog, so that the meeting starts in `minutes`. Returns the start in
    /// the format of the join page's `datetime`.
    async fn submit(&self, minutes: i64) -> Checked<String> {
        let page = &self.page;
        page.see("#meeting-dialog").await?;
        let script = "const start = new Date(Date.now() + arguments[0] * 60000); \
            start.setSeconds(0, 0); \
            const shown = new Date(start - start.getTimezoneOffset() * 60000); \
            return [shown, start].map((date) => date.toISOString());";
        let times = page.0.execute(script, vec![minutes.into()]).await?;
        let [shown, start]: [String; 2] = times.convert()?;
        let minute = "2031-03-04T15:00".len();
        page.pick("start", &shown[..minute]).await?;
        page.click("#meeting-submit").await?;
        Ok(start.replace(".000Z", "Z"))
    }

    /// Schedules a meeting that starts now; returns its link.
    async fn schedule(&self) -> Checked<String> {
        self.page.click("#schedule").await?;
        self.submit(0).await?;
        self.page.read("#result", "Scheduled").await?;
        Ok(self.page.link().await?)
    }

    /// Moves the meeting to start in `minutes`; returns its new start.
    async fn reschedule(&self, minutes: i64) -> Checked<String> {
        self.page.0.goto(&self.base).await?;
        self.page.click("[data-reschedule]").await?;
        let start = self.submit(minutes).await?;
        self.page.read("#result", "Rescheduled").await?;
        Ok(start)
    }

    async fn cancel(&self) -> Checked<()> {
        self.page.0.goto(&self.base).await?;
        self.page.click("[data-cancel]").await?;
        self.page.click("#cancel-submit").await?;
        self.page.see(".meeting.cancelled").await?;
        Ok(())
    }

    /// Opens a link as a visitor, and checks the page as [`Self::expect`] does.
    async fn open(&self, link: &str, state: &str) -> Checked<()> {
        self.page.0.goto(link).await?;
        self.expect(state).await
    }

    /// Checks that the page is in this state and fits the window, and that axe-core finds nothing.
    async fn expect(&self, state: &str) -> Checked<()> {
        let page = &self.page;
        page.see(&format!("main[data-state={state}] h1")).await?;
        let width = page.measure("document.documentElement.scrollWidth").await?;
        let window = page.measure("innerWidth").await?;
        assert!(width <= window, "{state}: {width} in {window}");
        axe::check(page).await
    }

    /// Types into whatever has the focus, and presses Enter.
    async fn type_name(&self, name: &str) -> Checked<()> {
        let focused = self.page.0.active_element().await?;
        assert_eq!(focused.id().await?.as_deref(), Some("name"));
        focused.send_keys(name).await?;
        Ok(focused.send_keys(Key::Enter).await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_join_by_keyboard_alone_under_their_names() -> Outcome {
    visit(DESKTOP, async |driver| {
        let host = Host::new(Page(driver)).await?;
        let link = host.schedule().await?;
        for name in ["Ada Lovelace", "ليلى حداد"] {
            host.open(&link, "open").await?;
            host.type_name(name).await?;
            let you = format!("{name}, moderator (you)");
            host.page.read("main[data-state=room] li", &you).await?;
        }
        host.page.read("li", "Ada Lovelace").await?;
        assert_eq!(host.page.count("li").await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_name_is_refused_at_its_field_and_can_be_typed_again() -> Outcome {
    visit(DESKTOP, async |driver| {
        let host = Host::new(Page(driver)).await?;
        let link = host.schedule().await?;
        host.open(&link, "open").await?;
        host.type_name("  ").await?;
        host.page
            .read("#problem", "Please enter your name.")
            .await?;
        host.expect("open").await?;
        host.type_name("Ada").await?;
        host.page.read("main[data-state=room] li", "Ada").await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_says_when_the_meeting_moves_is_over_or_is_cancelled() -> Outcome {
    visit(DESKTOP, async |driver| {
        let host = Host::new(Page(driver)).await?;
        let link = host.schedule().await?;
        let start = host.reschedule(WEEK).await?;
        host.open(&link, "early").await?;
        let time = host.page.see(&format!("time[datetime='{start}']")).await?;
        let text = time.text().await?;
        assert!(
            text.contains("day, "),
            "{text} is in the visitor's language"
        );
        host.page.read("button", "Join now anyway").await?;

        host.reschedule(-WEEK).await?;
        host.open(&link, "over").await?;
        assert_eq!(host.page.count("form").await?, 0);

        host.cancel().await?;
        host.open(&link, "cancelled").await?;
        assert_eq!(host.page.count("form").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_meeting_and_a_stopped_store_have_their_own_pages() -> Outcome {
    visit(DESKTOP, async |driver| {
        let host = Host::new(Page(driver)).await?;
        let link = host.schedule().await?;
        let (prefix, _) = link.rsplit_once('/').ok_or("a link without a slash")?;
        let unknown = format!("{prefix}/abcdefghijklmnopqrstuvwx27");
        host.open(&unknown, "unknown").await?;

        host.page.0.goto(&host.base).await?;
        host.page.click("#store-switch").await?;
        host.page.read("#store-state", "stopped").await?;
        host.open(&link, "unavailable").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_and_is_accessible_on_a_dark_german_phone() -> Outcome {
    // Blink's value for the dark color scheme is 0.
    let arguments = [
        "--accept-lang=de-DE,de",
        "--blink-settings=preferredColorScheme=0",
    ];
    visit_with(PHONE, &arguments, async |driver| {
        let host = Host::new(Page(driver)).await?;
        let link = host.schedule().await?;
        host.open(&link, "open").await?;
        let dark = "matchMedia('(prefers-color-scheme: dark)').matches";
        assert_eq!(host.page.measure(dark).await?, 1);
        assert_eq!(host.page.measure("innerWidth").await?, 390);
        host.page.see("html[lang=de]").await?;
        host.page.read("h1", "Besprechung").await?;
        host.page.read("label", "Ihr Name").await?;

        host.reschedule(WEEK).await?;
        host.open(&link, "early").await?;
        host.page.read("button", "Trotzdem jetzt").await?;
        host.cancel().await?;
        host.open(&link, "cancelled").await?;
        host.page.read("h1", "abgesagt").await?;
        Ok(())
    })
    .await
}
