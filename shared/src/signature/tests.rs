//! Which signatures are accepted, and which are not.

mod examples;

use super::SignatureVersion::{V1, V2, V3};
use super::*;
use crate::contract::payload::{self, CreateMeeting, PayloadError};

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);

const CREATE: &str = r#"{"portalId":123123,"userId":123,"userEmail":"test.user@example.com","topic":"A Test Meeting","source":"MEETINGS","startTime":1534197600000,"endTime":1534201200000}"#;

const EXAMPLE_URL: &str = "https://www.example.com/webhook_uri";

const QUERY_URL: &str = "https://vc.example.com/hubspot/create?t=a%3Ab%2Fc&n=x%20y";

fn v3<'a>(signature: &'a str, timestamp: &'a str) -> Presented<'a> {
    Presented {
        signature_v3: Some(signature.as_bytes()),
        timestamp: Some(timestamp.as_bytes()),
        ..Presented::default()
    }
}

fn check(presented: &Presented<'_>, now: Timestamp) -> Result<Verified, SignatureError> {
    check_with(presented, &[Secret::new(SECRET)], V1, now)
}

fn check_with(
    presented: &Presented<'_>,
    secrets: &[Secret],
    minimum: SignatureVersion,
    now: Timestamp,
) -> Result<Verified, SignatureError> {
    let signed = Signed {
        method: "POST",
        url: EXAMPLE_URL,
        body: CREATE.as_bytes(),
    };
    verify(presented, &signed, secrets, minimum, now)
}

fn signature(version: SignatureVersion, timestamp: Timestamp) -> String {
    let signed = Signed {
        method: "POST",
        url: EXAMPLE_URL,
        body: CREATE.as_bytes(),
    };
    sign(version, &Secret::new(SECRET), &signed, timestamp)
}

#[test]
fn a_timestamp_may_be_five_minutes_from_now_and_no_more() {
    for (distance, accepted) in [
        (-300_001, false),
        (-300_000, true),
        (300_000, true),
        (300_001, false),
    ] {
        let timestamp = Timestamp::from_millis(NOW.as_millis() + distance);
        let (signature, digits) = (signature(V3, timestamp), timestamp.as_millis().to_string());
        let result = check(&v3(&signature, &digits), NOW);
        assert_eq!(result.is_ok(), accepted, "{distance}: {result:?}");
        if !accepted {
            assert_eq!(result, Err(SignatureError::Expired));
        }
    }
}

#[test]
fn a_timestamp_with_anything_but_digits_is_refused() {
    let signature = signature(V3, NOW);
    for digits in [
        "",
        "now",
        "1700000300000.0",
        "+1700000300000",
        "-1",
        " 1700000300000",
        "99999999999999999999",
    ] {
        let refused = Err(SignatureError::InvalidTimestamp);
        assert_eq!(check(&v3(&signature, digits), NOW), refused, "{digits}");
    }
    let without = Presented {
        timestamp: None,
        ..v3(&signature, "")
    };
    assert_eq!(check(&without, NOW), Err(SignatureError::InvalidTimestamp));
}

#[test]
fn a_wrong_version_3_is_refused_even_beside_a_valid_version_1() {
    let (right, late) = (signature(V1, NOW), signature(V3, Timestamp::default()));
    let presented = Presented {
        signature: Some(right.as_bytes()),
        version: Some(b"v1"),
        ..v3(&late, "1700000300000")
    };
    assert_eq!(check(&presented, NOW), Err(SignatureError::Mismatch(V3)));
    let alone = Presented {
        signature_v3: None,
        ..presented
    };
    assert_eq!(check(&alone, NOW).map(|v| v.version), Ok(V1));
}

#[test]
fn a_version_below_the_minimum_is_refused() {
    let (first, third) = (signature(V1, NOW), signature(V3, NOW));
    let weak = Presented {
        signature: Some(first.as_bytes()),
        version: Some(b"v1"),
        ..Presented::default()
    };
    let secrets = [Secret::new(SECRET)];
    let refused = Err(SignatureError::TooWeak(V1));
    assert_eq!(check_with(&weak, &secrets, V2, NOW), refused);
    assert_eq!(check_with(&weak, &secrets, V3, NOW), refused);
    assert!(check_with(&v3(&third, "1700000300000"), &secrets, V3, NOW).is_ok());
}

#[test]
fn any_of_the_valid_secrets_will_do_and_no_other() {
    let signature = signature(V3, NOW);
    let presented = v3(&signature, "1700000300000");
    let rotated = [Secret::new("the-new-one"), Secret::new(SECRET)];
    assert!(check_with(&presented, &rotated, V1, NOW).is_ok());
    let refused = Err(SignatureError::Mismatch(V3));
    assert_eq!(check_with(&presented, &rotated[..1], V1, NOW), refused);
    assert_eq!(check_with(&presented, &[], V1, NOW), refused);
}

#[test]
fn a_malformed_signature_is_distinguished_from_a_wrong_one() {
    let (hex, base64) = (signature(V1, NOW), signature(V3, NOW));
    let digest = BASE64.decode(base64.as_bytes()).unwrap();
    let third = [
        HEXLOWER.encode(&digest),
        BASE64.encode(&digest[..31]),
        BASE64.encode(&[digest.clone(), vec![0]].concat()),
        format!(" {}", &base64[1..]),
        base64.trim_end_matches('=').to_owned(),
        format!("{base64},{base64}"),
        format!("{base64}\n"),
        String::new(),
    ];
    for form in &third {
        assert_ne!(*form, base64);
        let refused = Err(SignatureError::Malformed(V3));
        assert_eq!(check(&v3(form, "1700000300000"), NOW), refused, "{form}");
    }
    for form in [
        hex.to_uppercase(),
        hex[..62].to_owned(),
        format!("{hex}00"),
        format!(" {hex}"),
        base64,
        String::new(),
    ] {
        for (name, version) in [(&b"v1"[..], V1), (b"v2", V2)] {
            let presented = Presented {
                signature: Some(form.as_bytes()),
                version: Some(name),
                ..Presented::default()
            };
            let refused = Err(SignatureError::Malformed(version));
            assert_eq!(check(&presented, NOW), refused, "{form}");
        }
    }
}

#[test]
fn a_request_without_signature_or_with_an_unknown_version_is_refused() {
    assert_eq!(
        check(&Presented::default(), NOW),
        Err(SignatureError::Missing)
    );
    let hex = signature(V1, NOW);
    for version in ["v3", "v4", "V1", ""] {
        let presented = Presented {
            signature: Some(hex.as_bytes()),
            version: Some(version.as_bytes()),
            ..Presented::default()
        };
        let refused = Err(SignatureError::UnknownVersion);
        assert_eq!(check(&presented, NOW), refused, "{version}");
    }
}

#[test]
fn only_the_sequences_in_the_table_are_decoded_and_only_once() {
    let url = "/%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B";
    assert_eq!(decode_url(url), "/:/?@!$'()*,;");
    for untouched in [
        "/%20%26%2B%3D%25",
        "/%253A",
        "/%3a",
        "/%",
        "/%%",
        "/%é",
        "/plain",
    ] {
        assert_eq!(decode_url(untouched), untouched);
    }
}

/// The padding that SHA-256 appends to a text of `length` bytes: a one bit, zeros and the length in bits.
fn padding(length: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    padding.resize(1 + (119 - length % 64) % 64, 0);
    padding.extend((length as u64 * 8).to_be_bytes());
    padding
}

/// Versions 1 and 2 are plain hashes of the secret and a text, so they allow a length extension: without
/// the secret, an attacker can continue such a hash over the text, its padding and anything else. But no
/// JSON text can continue after that padding.
#[test]
fn a_length_extension_without_the_secret_gives_a_body_that_is_not_json() {
    for (version, before) in [
        (V1, SECRET.len()),
        (V2, SECRET.len() + 4 + EXAMPLE_URL.len()),
    ] {
        let recorded = HEXLOWER.decode(signature(version, NOW).as_bytes()).unwrap();
        let word = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
        let words: Vec<_> = recorded.chunks(4).map(word).collect();
        let mut state: [u32; 8] = words.try_into().unwrap();

        let mut body = CREATE.as_bytes().to_vec();
        body.extend(padding(before + body.len()));
        body.extend(CREATE.as_bytes());
        let last = [CREATE.as_bytes(), &padding(before + body.len())].concat();
        for block in last.chunks(64) {
            sha2::block_api::compress256(&mut state, &[block.try_into().unwrap()]);
        }
        let continued: Vec<u8> = state.into_iter().flat_map(u32::to_be_bytes).collect();
        let continued = HEXLOWER.encode(&continued);

        let presented = Presented {
            signature: Some(continued.as_bytes()),
            version: Some(version.as_str().as_bytes()),
            ..Presented::default()
        };
        let signed = Signed {
            method: "POST",
            url: EXAMPLE_URL,
            body: &body,
        };
        let verified = verify(&presented, &signed, &[Secret::new(SECRET)], V1, NOW);
        assert_eq!(verified.unwrap().version, version);
        let parsed = payload::parse::<CreateMeeting>(&body);
        assert!(matches!(parsed, Err(PayloadError::NotJson { .. })));
    }
}

/// Version 2 has no separators between the signed parts, so the text that it signs is also a possible body
/// of version 1.
#[test]
fn what_version_2_signs_is_not_json_as_a_version_1_body() {
    let body = ["POST", EXAMPLE_URL, CREATE].concat();
    let version_2 = signature(V2, NOW);
    let presented = Presented {
        signature: Some(version_2.as_bytes()),
        ..Presented::default()
    };
    let signed = Signed {
        method: "POST",
        url: EXAMPLE_URL,
        body: body.as_bytes(),
    };
    assert!(verify(&presented, &signed, &[Secret::new(SECRET)], V1, NOW).is_ok());
    let parsed = payload::parse::<CreateMeeting>(body.as_bytes());
    assert!(matches!(parsed, Err(PayloadError::NotJson { .. })));
}
