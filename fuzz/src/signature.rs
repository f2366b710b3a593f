//! Signatures: only those made with the secret are accepted, and URLs are decoded by HubSpot's documented
//! table.

use shared::secret::Secret;
use shared::signature::{self, Presented, SignatureVersion, Signed};

use crate::NOW;

const MINIMUM: SignatureVersion = SignatureVersion::V1;

fn secret() -> Secret {
    Secret::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")
}

/// Splits off the next line; `None` if it is a dash, which stands for an absent header.
fn line<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let line = parts.next().unwrap_or_default();
    *input = parts.next().unwrap_or_default();
    (line != b"-").then_some(line)
}

/// The table in HubSpot's documentation, character by character:
/// <https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests>.
fn by_the_table(url: &str) -> String {
    let mut decoded = String::new();
    let mut rest = url;
    while let Some(character) = rest.chars().next() {
        let known = match rest.get(..3) {
            Some("%3A") => Some(':'),
            Some("%2F") => Some('/'),
            Some("%3F") => Some('?'),
            Some("%40") => Some('@'),
            Some("%21") => Some('!'),
            Some("%24") => Some('$'),
            Some("%27") => Some('\''),
            Some("%28") => Some('('),
            Some("%29") => Some(')'),
            Some("%2A") => Some('*'),
            Some("%2C") => Some(','),
            Some("%3B") => Some(';'),
            _ => None,
        };
        decoded.push(known.unwrap_or(character));
        rest = &rest[known.map_or(character.len_utf8(), |_| 3)..];
    }
    decoded
}

/// Only signatures made with the secret are accepted.
pub fn signature(mut input: &[u8]) {
    let presented = Presented {
        signature: line(&mut input),
        version: line(&mut input),
        signature_v3: line(&mut input),
        timestamp: line(&mut input),
    };
    let method = String::from_utf8_lossy(line(&mut input).unwrap_or(b"POST"));
    let url = String::from_utf8_lossy(line(&mut input).unwrap_or_default());
    let signed = Signed {
        method: &method,
        url: &url,
        body: input,
    };
    let secret = secret();
    let secrets = [secret.clone()];
    let Ok(verified) = signature::verify(&presented, &signed, &secrets, MINIMUM, NOW) else {
        return;
    };
    let at = verified.signed_at.unwrap_or_default();
    let decoded = by_the_table(&url);
    let valid = [&*url, &decoded].map(|url| {
        let signed = Signed { url, ..signed };
        signature::sign(verified.version, &secret, &signed, at).into_bytes()
    });
    let given = match verified.version {
        SignatureVersion::V3 => presented.signature_v3,
        _ => presented.signature,
    };
    // Leading zeros are part of what is signed, so the number without them has a different signature.
    let zeros = presented
        .timestamp
        .is_some_and(|digits| digits.starts_with(b"0"));
    let is_valid = valid.iter().any(|valid| given == Some(valid.as_slice()));
    assert!(is_valid || zeros, "{verified:?}");
}

/// A URL is accepted as it is or decoded by HubSpot's table, and in no other form.
pub fn url(input: &[u8]) {
    let url = String::from_utf8_lossy(input);
    let verifies = |signed_url: &str| {
        let sign = Signed {
            method: "POST",
            url: signed_url,
            body: b"{}",
        };
        let secret = secret();
        let signature = signature::sign(SignatureVersion::V3, &secret, &sign, NOW);
        let presented = Presented {
            signature_v3: Some(signature.as_bytes()),
            timestamp: Some(b"1700000300000"),
            ..Presented::default()
        };
        let came = Signed { url: &url, ..sign };
        signature::verify(&presented, &came, &[secret], MINIMUM, NOW).is_ok()
    };
    let decoded = by_the_table(&url);
    assert!(verifies(&url), "as it came");
    assert!(verifies(&decoded), "as the table decodes it");
    let others = [
        url.replace("%20", " "),
        url.replace("%26", "&"),
        url.replace("%2f", "/"),
        url.replace('+', " "),
        by_the_table(&decoded),
        format!("{url}/"),
    ];
    for other in others {
        if other != *url && other != decoded {
            assert!(!verifies(&other), "{other}");
        }
    }
}
