//! The HTTP client for all of this program's requests, except those to AWS.
//!
//! Requests to this machine bypass proxies (`HTTP_PROXY` and the like): a remote proxy can't reach this
//! machine's loopback interface, and would see the credential in a plain http URL. Redirects are not
//! followed, because that would send a credential or a signed request to an unknown host.

use http::{Method, Uri};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use shared::public_url::is_loopback;

/// A client for this machine and one for all other hosts.
#[derive(Clone, Debug)]
pub struct HttpClient {
    here: Client,
    elsewhere: Client,
}

impl HttpClient {
    /// A client without a timeout: every request sets its own.
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

    /// Builds a request to `url`. An invalid URL is reported when the request is sent.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let uri: Result<Uri, _> = url.parse();
        let is_here = uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback));
        let client = if is_here { &self.here } else { &self.elsewhere };
        client.request(method, url)
    }
}
