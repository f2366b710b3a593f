//! The HTTP client for everything that this program sends itself, other than to AWS.
//!
//! What goes to this machine never takes a proxy (`HTTP_PROXY` and the like): a proxy leads out of
//! here, and would see the credential in a URL of plain http. A redirect is an answer like any other:
//! following it would take a credential or a signed request to wherever it points.

use http::{Method, Uri};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use shared::public_url::is_loopback;

/// A client for this machine and one for the rest of the world.
#[derive(Clone, Debug)]
pub struct HttpClient {
    here: Client,
    elsewhere: Client,
}

impl HttpClient {
    /// A client without a time limit: each request has its own.
    ///
    /// # Errors
    /// [`reqwest::Error`] if this machine's certificates or proxy settings can't be used.
    pub fn new() -> Result<Self, reqwest::Error> {
        let builder = || Client::builder().redirect(Policy::none());
        Ok(Self {
            here: builder().no_proxy().build()?,
            elsewhere: builder().build()?,
        })
    }

    /// Begins a request to `url`. That it is none shows when the request is sent.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let uri: Result<Uri, _> = url.parse();
        let is_here = uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback));
        let client = if is_here { &self.here } else { &self.elsewhere };
        client.request(method, url)
    }
}
