//! Why a HubSpot API gave no usable answer, each with a remedy.

/// A HubSpot API gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The answer is not in this API's format.
    #[error("{base} does not answer like HubSpot's {api} (HTTP {status}): check --api-base")]
    NotTheApi {
        /// The API.
        api: &'static str,
        /// The base URL.
        base: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// The request failed. The source omits the URL, which may contain a key.
    #[error("{base} can't be reached: check the network and --api-base")]
    Unreachable {
        /// The base URL.
        base: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// The HTTP client can't be built.
    #[error("the HTTP client can't be built")]
    Client(#[source] reqwest::Error),
}
