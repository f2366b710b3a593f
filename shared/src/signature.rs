//! HubSpot's request signatures, versions 1 to 3 ([HubSpot, "Validating requests"][validating]).
//!
//! The strongest signature that a request carries decides; a weaker one beside it is ignored. A signature
//! is verified over the bytes as received, before anything is parsed.
//!
//! [validating]: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::{BASE64, Encoding, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// The header with the version 1 or 2 signature.
pub const SIGNATURE: &str = "x-hubspot-signature";
/// The header that says whether [`SIGNATURE`] is version `v1` or `v2`.
pub const SIGNATURE_VERSION: &str = "x-hubspot-signature-version";
/// The header with the version 3 signature.
pub const SIGNATURE_V3: &str = "x-hubspot-signature-v3";
/// The header with the time at which HubSpot signed, in epoch milliseconds. Version 3 signs it too.
pub const REQUEST_TIMESTAMP: &str = "x-hubspot-request-timestamp";

/// The maximum difference between a version 3 timestamp and now, in both directions ([HubSpot, "Validating
/// requests"](https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests)).
const TOLERANCE: Duration = Duration::from_mins(5);

/// A version of HubSpot's signature. Later versions are stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureVersion {
    /// SHA-256 over secret and body.
    V1,
    /// SHA-256 over secret, method, URL and body.
    V2,
    /// HMAC-SHA256 over method, URL, body and timestamp.
    V3,
}

impl SignatureVersion {
    /// The version as HubSpot writes it: `v1`, `v2` or `v3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }
}

impl fmt::Display for SignatureVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SignatureVersion {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            "v3" => Ok(Self::V3),
            _ => Err("must be v1, v2 or v3"),
        }
    }
}

/// The parts of a request that HubSpot signs.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The full URL, as registered at HubSpot.
    pub url: &'a str,
    /// The bytes as received.
    pub body: &'a [u8],
}

/// The signature headers as received.
#[derive(Clone, Copy, Default)]
pub struct Presented<'a> {
    /// [`SIGNATURE`].
    pub signature: Option<&'a [u8]>,
    /// [`SIGNATURE_VERSION`]. Optional for version 1.
    pub version: Option<&'a [u8]>,
    /// [`SIGNATURE_V3`].
    pub signature_v3: Option<&'a [u8]>,
    /// [`REQUEST_TIMESTAMP`].
    pub timestamp: Option<&'a [u8]>,
}

impl fmt::Debug for Signed<'_> {
    /// Omits the body, which contains personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").finish_non_exhaustive()
    }
}

/// What a valid signature proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The signature's version.
    pub version: SignatureVersion,
    /// When HubSpot signed. Only version 3 contains this.
    pub signed_at: Option<Timestamp>,
}

/// Why a signature is refused. For the log only; the sender isn't told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("no signature")]
    Missing,
    /// The version header isn't one of HubSpot's versions.
    #[error("unknown signature version")]
    UnknownVersion,
    /// The signature's version is below `MIN_SIGNATURE_VERSION`.
    #[error("signature version {0} is below the minimum")]
    TooWeak(SignatureVersion),
    /// A version 3 signature came without a timestamp, or with one that doesn't consist of digits only.
    #[error("no usable timestamp")]
    InvalidTimestamp,
    /// The timestamp differs from now by more than five minutes.
    #[error("timestamp more than five minutes from now")]
    Expired,
    /// The signature isn't 32 bytes in the version's encoding, so it can't match any secret.
    #[error("signature {0} is malformed")]
    Malformed(SignatureVersion),
    /// The signature doesn't match any known secret.
    #[error("signature {0} does not match")]
    Mismatch(SignatureVersion),
}

/// Verifies a request's signature. `secrets` are all client secrets that are currently valid.
///
/// # Errors
/// [`SignatureError`] if the signature is missing, invalid, expired or too weak. Only
/// [`SignatureError::Mismatch`] can be caused by an outdated secret.
pub fn verify(
    presented: &Presented<'_>,
    signed: &Signed<'_>,
    secrets: &[Secret],
    minimum: SignatureVersion,
    now: Timestamp,
) -> Result<Verified, SignatureError> {
    let (version, signature) = strongest(presented)?;
    if version < minimum {
        return Err(SignatureError::TooWeak(version));
    }
    if version == SignatureVersion::V3 {
        let (digits, signed_at) = presented
            .timestamp
            .and_then(read_timestamp)
            .ok_or(SignatureError::InvalidTimestamp)?;
        if now.distance(signed_at) > TOLERANCE {
            return Err(SignatureError::Expired);
        }
        let expected = decode(&BASE64, signature).ok_or(SignatureError::Malformed(version))?;
        // HubSpot's documentation says that it signs a partly decoded URL, but its own client libraries
        // sign the raw one.
        let decoded = decode_url(signed.url);
        let mut urls = vec![signed.url];
        if decoded != signed.url {
            urls.push(&decoded);
        }
        let matches = |secret: &Secret, url: &str| {
            hmac_v3(secret, &Signed { url, ..*signed }, digits)
                .is_some_and(|mac| mac.verify_slice(&expected).is_ok())
        };
        let found = secrets
            .iter()
            .any(|secret| urls.iter().any(|url| matches(secret, url)));
        return found
            .then_some(Verified {
                version,
                signed_at: Some(signed_at),
            })
            .ok_or(SignatureError::Mismatch(version));
    }
    let presented = decode(&HEXLOWER, signature).ok_or(SignatureError::Malformed(version))?;
    let found = secrets
        .iter()
        .any(|secret| hash(version, secret, signed).ct_eq(&presented).into());
    found
        .then_some(Verified {
            version,
            signed_at: None,
        })
        .ok_or(SignatureError::Mismatch(version))
}

/// Signs a request as HubSpot does.
///
/// ```
/// use shared::secret::Secret;
/// use shared::signature::{Presented, SignatureVersion, Signed, sign, verify};
/// use shared::timestamp::Timestamp;
///
/// let secret = Secret::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy");
/// let now = Timestamp::from_millis(1_700_000_300_000);
/// let signed = Signed {
///     method: "POST",
///     url: "https://vc.example.com/create-meeting",
///     body: b"{}",
/// };
/// let signature = sign(SignatureVersion::V3, &secret, &signed, now);
/// let presented = Presented {
///     signature_v3: Some(signature.as_bytes()),
///     timestamp: Some(b"1700000300000"),
///     ..Presented::default()
/// };
/// let verified = verify(&presented, &signed, &[secret], SignatureVersion::V3, now)?;
/// assert_eq!(verified.signed_at, Some(now));
/// # Ok::<_, shared::signature::SignatureError>(())
/// ```
///
/// The result is the value of [`SIGNATURE`] or [`SIGNATURE_V3`]. `timestamp` is used for version 3 only.
/// The URL is signed as given.
#[must_use]
pub fn sign(
    version: SignatureVersion,
    secret: &Secret,
    signed: &Signed<'_>,
    timestamp: Timestamp,
) -> String {
    match version {
        SignatureVersion::V1 | SignatureVersion::V2 => {
            HEXLOWER.encode(&hash(version, secret, signed))
        }
        SignatureVersion::V3 => {
            let digits = timestamp.as_millis().to_string();
            hmac_v3(secret, signed, digits.as_bytes())
                .map(|mac| BASE64.encode(&mac.finalize().into_bytes()))
                .unwrap_or_default()
        }
    }
}

fn strongest<'a>(
    presented: &Presented<'a>,
) -> Result<(SignatureVersion, &'a [u8]), SignatureError> {
    if let Some(signature) = presented.signature_v3 {
        return Ok((SignatureVersion::V3, signature));
    }
    let signature = presented.signature.ok_or(SignatureError::Missing)?;
    let version = match presented.version {
        None | Some(b"v1") => SignatureVersion::V1,
        Some(b"v2") => SignatureVersion::V2,
        // `v3` has its own header and is not accepted in this one.
        Some(_) => return Err(SignatureError::UnknownVersion),
    };
    Ok((version, signature))
}

/// Decodes a signature. SHA-256 produces 32 bytes, and so does HMAC-SHA256.
fn decode(encoding: &Encoding, signature: &[u8]) -> Option<[u8; 32]> {
    encoding.decode(signature).ok()?.try_into().ok()
}

fn hash(version: SignatureVersion, secret: &Secret, signed: &Signed<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(secret.expose());
    if version == SignatureVersion::V2 {
        hash.update(signed.method);
        hash.update(signed.url);
    }
    hash.update(signed.body);
    hash.finalize().into()
}

/// Never returns `None`: HMAC accepts a key of any length.
fn hmac_v3(secret: &Secret, signed: &Signed<'_>, digits: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
    mac.update(signed.method.as_bytes());
    mac.update(signed.url.as_bytes());
    mac.update(signed.body);
    mac.update(digits);
    Some(mac)
}

/// Parses a timestamp: digits only, and few enough for an integer. Also returns the digits, because HubSpot
/// signs them.
fn read_timestamp(text: &[u8]) -> Option<(&[u8], Timestamp)> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let millis = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some((text, Timestamp::from_millis(millis)))
}

/// Decodes only the sequences in HubSpot's table for version 3, in one pass ([HubSpot, "Validating
/// requests"](https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests)).
fn decode_url(url: &str) -> Cow<'_, str> {
    const DECODED: [(&str, char); 12] = [
        ("3A", ':'),
        ("2F", '/'),
        ("3F", '?'),
        ("40", '@'),
        ("21", '!'),
        ("24", '$'),
        ("27", '\''),
        ("28", '('),
        ("29", ')'),
        ("2A", '*'),
        ("2C", ','),
        ("3B", ';'),
    ];
    let Some((start, rest)) = url.split_once('%') else {
        return Cow::Borrowed(url);
    };
    let mut decoded = String::from(start);
    for part in rest.split('%') {
        let known = DECODED
            .iter()
            .find_map(|(code, character)| Some((*character, part.strip_prefix(code)?)));
        if let Some((character, after)) = known {
            decoded.push(character);
            decoded.push_str(after);
        } else {
            decoded.push('%');
            decoded.push_str(part);
        }
    }
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests;
