//! The page, as a user operates it.

use std::time::Duration;

use thirtyfour::error::{WebDriverErrorInner, WebDriverResult};
use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::stringmatch::StringMatch;
use thirtyfour::{By, Key, WebDriver, WebElement};

use crate::axe;
use crate::chromium::Outcome;

const MAX_WAIT: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(100);

/// The page in an open browser.
pub(crate) struct Page(pub WebDriver);

impl Page {
    /// Waits for a visible element that matches, and returns the first one.
    pub(crate) async fn see(&self, css: &str) -> WebDriverResult<WebElement> {
        let query = self.0.query(By::Css(css)).wait(MAX_WAIT, INTERVAL);
        query.and_displayed().first().await
    }

    /// Waits for a visible element that matches and contains this text.
    pub(crate) async fn read(&self, css: &str, text: &str) -> WebDriverResult<WebElement> {
        loop {
            let query = self.0.query(By::Css(css)).wait(MAX_WAIT, INTERVAL);
            let text = StringMatch::new(text).partial();
            match query.with_text(text).and_displayed().first().await {
                // The element belonged to a page that has just been left.
                Err(error) if matches!(*error, WebDriverErrorInner::StaleElementReference(_)) => {}
                found => return found,
            }
        }
    }

    /// Waits for an element that matches, whether or not it is visible.
    pub(crate) async fn wait_for(&self, css: &str) -> WebDriverResult<()> {
        let query = self.0.query(By::Css(css)).wait(MAX_WAIT, INTERVAL);
        query.first().await.map(drop)
    }

    pub(crate) async fn click(&self, css: &str) -> WebDriverResult<()> {
        self.see(css).await?.click().await
    }

    /// The number of matching elements.
    pub(crate) async fn count(&self, css: &str) -> WebDriverResult<usize> {
        Ok(self.0.find_all(By::Css(css)).await?.len())
    }

    /// The link of the newest meeting.
    pub(crate) async fn link(&self) -> WebDriverResult<String> {
        let link = self.see("#meeting-list .place a").await?;
        Ok(link.attr("href").await?.unwrap_or_default())
    }

    /// Schedules a meeting using only the keyboard and waits until it is in the list.
    pub(crate) async fn schedule(&self, title: &str) -> WebDriverResult<()> {
        self.tab("meetings").await?;
        self.see("#schedule").await?.send_keys(Key::Enter).await?;
        self.see("#meeting-dialog").await?;
        let focused = self.0.active_element().await?;
        focused.send_keys(title).await?;
        focused.send_keys(Key::Enter).await?;
        self.read("#meeting-list h3", title).await?;
        self.read("#result", "Scheduled").await?;
        Ok(())
    }

    /// Opens a tab on a phone. Wider screens have no tabs.
    pub(crate) async fn tab(&self, name: &str) -> WebDriverResult<()> {
        let tab = self.0.find(By::Css(format!("[data-tab={name}]"))).await?;
        if tab.is_displayed().await? {
            tab.click().await?;
        }
        Ok(())
    }

    /// Expands the newest request of this kind, and returns its list item.
    pub(crate) async fn expand(&self, kind: &str) -> WebDriverResult<WebElement> {
        self.tab("requests").await?;
        let newest = format!("//li[.//*[@data-name][.='{kind}']]");
        let query = self.0.query(By::XPath(newest)).wait(MAX_WAIT, INTERVAL);
        let item = query.and_displayed().first().await?;
        item.find(By::Css("summary")).await?.click().await?;
        Ok(item)
    }

    /// Checks that nothing is wider than the window, and that axe-core finds nothing.
    pub(crate) async fn check(&self) -> Outcome {
        let width = self.measure("document.documentElement.scrollWidth").await?;
        let window = self.measure("innerWidth").await?;
        assert!(width <= window, "{width} in {window}");
        axe::check(self).await
    }

    /// Expands the newest webhook with this name and presses one of its buttons.
    pub(crate) async fn repeat(&self, webhook: &str, how: &str) -> WebDriverResult<()> {
        let item = self.expand(webhook).await?;
        let button = format!("[data-how={how}]");
        item.find(By::Css(button)).await?.click().await
    }

    /// Sets a field as a date picker does, whatever the browser's language.
    pub(crate) async fn pick(&self, field: &str, value: &str) -> WebDriverResult<()> {
        let script = "const field = document.getElementById(arguments[0]); \
            field.value = arguments[1]; field.dispatchEvent(new Event('change'));";
        let arguments = vec![field.into(), value.into()];
        self.0.execute(script, arguments).await?;
        Ok(())
    }

    /// Makes the page copy to a variable instead of the clipboard, which a test can't read.
    pub(crate) async fn keep_copies(&self) -> WebDriverResult<()> {
        let script = "navigator.clipboard.writeText = async (text) => { window.copied = text; };";
        self.0.execute(script, vec![]).await?;
        Ok(())
    }

    /// The text that was copied last.
    pub(crate) async fn copied(&self) -> WebDriverResult<String> {
        self.0
            .execute("return window.copied;", vec![])
            .await?
            .convert()
    }

    /// Makes notices disappear after 100 ms instead of some seconds.
    pub(crate) async fn hurry_notices(&self) -> WebDriverResult<()> {
        let script = "const real = window.setTimeout; window.setTimeout = (action, time, ...rest) => \
            real(action, time > 1000 ? 100 : time, ...rest);";
        self.0.execute(script, vec![]).await?;
        Ok(())
    }

    /// Makes the next state update invalid.
    pub(crate) async fn corrupt_next_state(&self) -> WebDriverResult<()> {
        let script = "const real = window.fetch; window.fetch = async (path, ...rest) => { \
            const answer = await real(path, ...rest); \
            if (!path.startsWith('/hubspot/state') || answer.status === 204) return answer; \
            window.fetch = real; return new Response('{\"version\": 1000000}'); };";
        self.0.execute(script, vec![]).await?;
        Ok(())
    }

    /// Runs a script and returns its result, a number.
    pub(crate) async fn measure(&self, expression: &str) -> WebDriverResult<i64> {
        let script = format!("return Math.ceil({expression});");
        self.0.execute(script, vec![]).await?.convert()
    }
}
