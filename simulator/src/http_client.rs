//! The HTTP client for all of this program's requests, except those to AWS.
//!
//! Requests to this machine bypass proxies (`HTTP_PROXY` and the like): a remote proxy can't reach this
//! machine's loopback interface, and would see the credential in a plain http URL. Redirects are not
//! followed, because that would send a credential or a signed request to an unknown host.

use std::time::Duration;

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

/// A request got no answer.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct SendError {
    problem: String,
    #[source]
    source: reqwest::Error,
}

impl SendError {
    /// Why a request to `url` with this `timeout` failed.
    pub(crate) fn new(url: &str, timeout: Duration, source: reqwest::Error) -> Self {
        let problem = if source.is_timeout() {
            format!("{url} gave no answer within {} s", timeout.as_secs())
        } else {
            format!("{url} can't be reached")
        };
        Self {
            problem,
            source: source.without_url(),
        }
    }
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

#[cfg(test)]
mod tests {
    use shared::error_chain::describe;
    use shared::secret::Secret;
    use shared::signature::SignatureVersion;
    use shared::timestamp::Timestamp;
    use tokio::net::TcpListener;

    use super::*;
    use crate::click::click;
    use crate::hubspot::caller::Signer;

    /// Tokio's paused clock jumps ahead as soon as everything only waits, so this test takes no 10 s.
    #[tokio::test(start_paused = true)]
    async fn a_request_to_a_silent_server_times_out_and_the_error_names_the_url() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/join", silent.local_addr().unwrap());
        let client = HttpClient::new().unwrap();
        let signer = Signer {
            secret: Secret::new("hush"),
            version: SignatureVersion::V3,
        };
        let request = signer.sign(url.clone(), "{}".into(), Timestamp::now());
        let webhook = request.send(&client).await.unwrap_err();
        let page = click(&client, &url, None).await.unwrap_err();
        let words = format!("{url} gave no answer within 10 s");
        for error in [webhook, page] {
            assert!(describe(&error).starts_with(&words), "{error}");
        }
    }
}
