//! Requests that an attacker without the client secret forges from one that HubSpot sent.

use serde_json::Value;
use shared::signature::SignatureVersion;

use super::history::Forgery;

/// A valid signature, but of another request: an example in HubSpot's documentation
/// (<https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests>).
const ANOTHER_V3: &str = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=";

/// A changed copy of `event`, which has a valid signature of this version.
pub(crate) fn forge(event: &Value, version: SignatureVersion, how: Forgery) -> Value {
    let mut event = event.clone();
    let header = match version {
        SignatureVersion::V3 => "x-hubspot-signature-v3",
        _ => "x-hubspot-signature",
    };
    let signature = event["headers"][header].as_str().unwrap().to_owned();
    match (how, version) {
        (Forgery::Body, _) => {
            let body = event["body"].as_str().unwrap();
            event["body"] = body.replacen('{', "{\"portalId\":1,", 1).into();
        }
        (Forgery::Method, SignatureVersion::V2 | SignatureVersion::V3) => {
            event["requestContext"]["http"]["method"] = "PUT".into();
        }
        (Forgery::Path, SignatureVersion::V2 | SignatureVersion::V3) => {
            event["rawPath"] = "/another".into();
        }
        (Forgery::Time, SignatureVersion::V3) => {
            let time = event["headers"]["x-hubspot-request-timestamp"].as_str();
            let later = time.unwrap().parse::<i64>().unwrap() + 1;
            event["headers"]["x-hubspot-request-timestamp"] = later.to_string().into();
        }
        // Version 1 covers only the body, and only version 3 a timestamp. Changing what isn't covered is no forgery.
        (Forgery::LastCharacter | Forgery::Method | Forgery::Path | Forgery::Time, _) => {
            event["headers"][header] = with_another_end(&signature).into();
        }
        (Forgery::Truncated, _) => {
            event["headers"][header] = signature[..signature.len() - 4].into();
        }
        (Forgery::Empty, _) => event["headers"][header] = "".into(),
        (Forgery::NoSignature, _) => {
            event["headers"].as_object_mut().unwrap().remove(header);
        }
        (Forgery::OtherSecret, _) => {
            event["headers"][header] = match version {
                SignatureVersion::V3 => ANOTHER_V3.into(),
                _ => "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de".into(),
            };
        }
        (Forgery::WrongBesideRight, SignatureVersion::V3) => {
            event["headers"][header] = with_another_end(&signature).into();
            event["headers"]["x-hubspot-signature"] = signature.into();
            event["headers"]["x-hubspot-signature-version"] = "v2".into();
        }
        (Forgery::WrongBesideRight, _) => {
            let time = event["requestContext"]["timeEpoch"].as_i64().unwrap();
            event["headers"]["x-hubspot-signature-v3"] = ANOTHER_V3.into();
            event["headers"]["x-hubspot-request-timestamp"] = time.to_string().into();
        }
    }
    event
}

/// The signature with a digit near its end changed. Base64's padding stays.
fn with_another_end(signature: &str) -> String {
    let digits = signature.trim_end_matches('=');
    let (start, last) = digits.split_at(digits.len() - 1);
    // At the end of base64 only every fourth digit is valid, so an earlier digit is changed too.
    let (start, middle) = start.split_at(start.len() - 1);
    let other = |digit: &str| if digit == "a" { "b" } else { "a" };
    let padding = &signature[digits.len()..];
    format!("{start}{}{last}{padding}", other(middle))
}
