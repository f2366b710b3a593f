//! HubSpot's published examples, and examples created with HubSpot's own Node and Python clients.

use super::SignatureVersion::{V1, V2, V3};
use super::*;
use crate::contract::payload::{self, CreateMeeting, PayloadError};

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);
const CREATE: &str = r#"{"portalId":123123,"userId":123,"userEmail":"test.user@example.com","topic":"A Test Meeting","source":"MEETINGS","startTime":1534197600000,"endTime":1534201200000}"#;
const EXAMPLE_URL: &str = "https://www.example.com/webhook_uri";
const QUERY_URL: &str = "https://vc.example.com/hubspot/create?t=a%3Ab%2Fc&n=x%20y";

struct Example {
    method: &'static str,
    url: &'static str,
    body: String,
    version: SignatureVersion,
    signature: &'static str,
    timestamp: i64,
}

impl Example {
    fn signed(&self) -> Signed<'_> {
        Signed {
            method: self.method,
            url: self.url,
            body: self.body.as_bytes(),
        }
    }

    fn verify(&self) -> Result<Verified, SignatureError> {
        let timestamp = self.timestamp.to_string();
        let presented = match self.version {
            V3 => Presented {
                signature_v3: Some(self.signature.as_bytes()),
                timestamp: Some(timestamp.as_bytes()),
                ..Presented::default()
            },
            weaker => Presented {
                signature: Some(self.signature.as_bytes()),
                version: Some(weaker.as_str().as_bytes()),
                ..Presented::default()
            },
        };
        let now = Timestamp::from_millis(self.timestamp);
        verify(&presented, &self.signed(), &[Secret::new(SECRET)], V1, now)
    }
}

fn example(
    version: SignatureVersion,
    url: &'static str,
    body: &str,
    signature: &'static str,
) -> Example {
    Example {
        method: "POST",
        url,
        body: body.to_owned(),
        version,
        signature,
        timestamp: NOW.as_millis(),
    }
}

#[allow(clippy::too_many_lines)]
fn examples() -> Vec<Example> {
    let aws = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/hubspot/create";
    let create = "https://vc.example.com/hubspot/create";
    let delete = "https://vc.example.com/hubspot/delete";
    let verify = "https://vc.example.com/hubspot/verify";
    let emoji = CREATE.replace("A Test Meeting", "Démo 🎥 — Zürich");
    let events = r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#;
    let double = r#"{"example_field":"example_value"}"#;
    let single = "{'example_field':'example_value'}";
    let id = r#"{"conferenceId":"some-unique-id"}"#;
    let user = r#"{"portalId":123123,"userEmail":"test.user@example.com"}"#;
    vec![
        example(
            V1,
            EXAMPLE_URL,
            events,
            "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de",
        ),
        Example {
            method: "GET",
            ..example(
                V2,
                EXAMPLE_URL,
                "",
                "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
            )
        },
        example(
            V2,
            EXAMPLE_URL,
            double,
            "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        ),
        Example {
            timestamp: 1_693_657_560_000,
            ..example(
                V3,
                EXAMPLE_URL,
                single,
                "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
            )
        },
        example(
            V3,
            EXAMPLE_URL,
            single,
            "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=",
        ),
        example(
            V2,
            aws,
            CREATE,
            "45a4e03e41d180fc0fee50144b69053ae0c8cbf22ecbb440102b3dcd98841b2d",
        ),
        example(
            V3,
            aws,
            CREATE,
            "3wmzP9wpV/obtI/v31RVmnv2qtJzu7iGYvpL71rxzUA=",
        ),
        example(
            V2,
            create,
            &emoji,
            "0fc6c2de3065e948e6d7cff3e28295e9af23a19819fdd292991a92407c5d8dcb",
        ),
        example(
            V3,
            create,
            &emoji,
            "wizNTdXVABfWDlxUks5tFGlJDdt0ITlWyMkFX/T7B1M=",
        ),
        example(
            V2,
            delete,
            id,
            "cd982ae4f9a6285b2363eab030c11b2397f42f4424d286da2dc560987a6b8d7e",
        ),
        example(
            V3,
            delete,
            id,
            "sXLqA7md48Sf3qCiRMX5K/etkNY5prKDlEiHWebfSIw=",
        ),
        example(
            V2,
            verify,
            user,
            "5e2a1cd9ca4efb0ab812f0c8a0588a23dbe800a64a251919ad465d6ff8ef50bb",
        ),
        example(
            V3,
            verify,
            user,
            "oJYrwkyVKyCqAl40zhJkkycz+ybR5d6yhMX3e16Yj4o=",
        ),
        example(
            V3,
            QUERY_URL,
            "{}",
            "xPq/rm59mMbWiM4gVLinwhgbx3V52e9zwyg3WGoA8Wk=",
        ),
        example(
            V3,
            QUERY_URL,
            "{}",
            "fYRAj4O2Rk+NGaUS/yQElPBiao4fPrxJ2mxzjainVOk=",
        ),
        example(
            V2,
            QUERY_URL,
            "{}",
            "0dbcf0114c877a15c58bd51374e25cba347b59a3f1a6899d5e5c7920e7e419b0",
        ),
    ]
}

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
fn every_known_example_is_accepted() {
    for example in examples() {
        let verified = example.verify();
        let verified = verified.unwrap_or_else(|e| panic!("{} is refused: {e}", example.signature));
        assert_eq!(verified.version, example.version);
        let signed_at = Some(Timestamp::from_millis(example.timestamp));
        let expected = if example.version == V3 {
            signed_at
        } else {
            None
        };
        assert_eq!(verified.signed_at, expected);
    }
}

#[test]
fn every_known_example_is_refused_with_one_byte_changed() {
    for mut example in examples() {
        example.body.push(' ');
        let refused = Err(SignatureError::Mismatch(example.version));
        assert_eq!(example.verify(), refused, "{}", example.signature);
    }
}

#[test]
fn signing_gives_the_known_examples() {
    for example in examples() {
        if example.signature == "fYRAj4O2Rk+NGaUS/yQElPBiao4fPrxJ2mxzjainVOk=" {
            continue; // Made over the decoded URL, which HubSpot documents but its clients don't do.
        }
        let timestamp = Timestamp::from_millis(example.timestamp);
        let signature = sign(
            example.version,
            &Secret::new(SECRET),
            &example.signed(),
            timestamp,
        );
        assert_eq!(signature, example.signature);
    }
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
