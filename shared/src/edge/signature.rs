//! The third step: checks that HubSpot signed the request. [`crate::signature`] implements the signatures.

use http::{HeaderMap, HeaderValue};
use lambda_http::Request;

use super::event;
use super::refusal::Refusal;
use crate::client_secrets::ClientSecrets;
use crate::public_url::PublicBaseUrl;
use crate::secret::Secret;
use crate::signature::{self, Presented, SignatureError, SignatureVersion, Signed, Verified};
use crate::timestamp::Timestamp;

/// How a request must be signed.
#[derive(Debug)]
pub struct SignatureCheck {
    /// The client secrets that are currently valid.
    pub secrets: ClientSecrets,
    /// The weakest signature version that is accepted.
    pub minimum: SignatureVersion,
    /// The base of the URLs that are registered at HubSpot. Without it, API Gateway's own domain name is
    /// used.
    pub public_base_url: Option<PublicBaseUrl>,
}

impl SignatureCheck {
    /// Verifies the signature over the bytes of the body as received. If it doesn't match, the client
    /// secrets may have been rotated, so they are read again before the request is refused.
    pub(super) async fn verify_request(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let url = event::called_url(request, self.public_base_url.as_ref());
        let signed = Signed {
            method: request.method().as_str(),
            url: &url,
            body: request.body(),
        };
        let presented = signature_headers(request.headers());
        let verify_with =
            |secrets: &[Secret]| signature::verify(&presented, &signed, secrets, self.minimum, now);
        let secrets = self.secrets.valid(now);
        if !secrets.is_empty() {
            let first = verify_with(&secrets);
            if !matches!(first, Err(SignatureError::Mismatch(_))) {
                return Ok(first?);
            }
        }
        let certain = self.secrets.refresh(now).await;
        let secrets = self.secrets.valid(now);
        if secrets.is_empty() {
            return Err(Refusal::SecretNotSet);
        }
        match verify_with(&secrets) {
            Err(SignatureError::Mismatch(_)) if !certain => Err(Refusal::SecretsUnknown),
            second => Ok(second?),
        }
    }
}

fn signature_headers(headers: &HeaderMap) -> Presented<'_> {
    let header = |name| headers.get(name).map(HeaderValue::as_bytes);
    Presented {
        signature: header(signature::SIGNATURE),
        version: header(signature::SIGNATURE_VERSION),
        signature_v3: header(signature::SIGNATURE_V3),
        timestamp: header(signature::REQUEST_TIMESTAMP),
    }
}
