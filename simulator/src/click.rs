//! Follows a meeting's link for `demo` and the tests: which page a participant sees, and whether they are
//! admitted.

use std::time::Duration;

use http::Method;
use http::header::{CONTENT_TYPE, LOCATION};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http_client::{HttpClient, SendError};

/// How long a person would wait.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The content type that a browser sends for the page's form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The page's form as a browser sends it, filled in with `name`.
#[must_use]
pub fn form(name: &str) -> String {
    format!("name={}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

/// The result of following a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clicked {
    /// The HTTP status.
    pub status: u16,
    /// The page's `data-state`; `None` if the answer is not one of our pages.
    pub state: Option<String>,
    /// The redirect's target.
    pub location: Option<String>,
}

/// Follows the link `url`: with a name, as a participant who joins; without a name, as one who only opens
/// the page.
///
/// # Errors
/// [`SendError`] if there is no answer.
pub async fn click(
    client: &HttpClient,
    url: &str,
    name: Option<&str>,
) -> Result<Clicked, SendError> {
    let request = match name {
        None => client.request(Method::GET, url),
        Some(name) => client
            .request(Method::POST, url)
            .header(CONTENT_TYPE, FORM)
            .body(form(name)),
    };
    let failed = |source| SendError::new(url, TIMEOUT, source);
    let answer = request.timeout(TIMEOUT).send().await.map_err(failed)?;
    let status = answer.status().as_u16();
    let location = answer.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let location = location.map(str::to_owned);
    let html = answer.text().await.map_err(failed)?;
    let state = html
        .split_once("data-state=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(state, _)| state.to_owned());
    Ok(Clicked {
        status,
        state,
        location,
    })
}
