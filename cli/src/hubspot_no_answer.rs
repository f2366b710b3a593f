//! Why one of HubSpot's APIs gave no answer at all, each with what to do about it.

/// Why there is no answer of one of HubSpot's APIs.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// An answer that isn't this API's.
    #[error("{base} does not answer like HubSpot's {api} (HTTP {status}): check --api-base")]
    NotTheApi {
        /// Which API was asked.
        api: &'static str,
        /// Who answered.
        base: String,
        /// With what.
        status: u16,
    },
    /// The request failed. The source is without its URL, which may have a key in it.
    #[error("{base} can't be reached: check the network and --api-base")]
    Unreachable {
        /// Who was asked.
        base: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The HTTP client can't be built.
    #[error("the HTTP client does not start")]
    Client(#[source] reqwest::Error),
}
