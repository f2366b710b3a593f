//! An operator tests with a real HubSpot account, from a machine behind a tunnel.

use std::io::{BufRead, BufReader};

use http::{HeaderMap, Method};
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::Signer;
use simulator::sample::Meeting;
use simulator::system::{Options, Simulator};

use crate::program::{self, program};

const SECRET: &str = "0perat0r-0000-0000-0000-000000000000";
const PUBLIC: &str = "https://tunnel.example";

async fn system() -> Simulator {
    let options = Options {
        public_base_url: Some(PUBLIC.parse().unwrap()),
        environment: || Environment::from_variables([("HUBSPOT_CLIENT_SECRET", SECRET)]),
        ..Options::on_free_ports()
    };
    Simulator::start(options).await.unwrap()
}

/// The status of a request with these headers.
async fn status(
    local: &Simulator,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    signed: Option<(HeaderMap, String)>,
) -> u16 {
    let url = format!("{}{path}", local.base_url);
    let mut request = HttpClient::new().unwrap().request(method, &url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some((headers, body)) = signed {
        request = request.headers(headers).body(body);
    }
    request.send().await.unwrap().status().as_u16()
}

/// A verify, signed with the operator's secret for the base URL `base`.
fn verify(base: &str) -> (HeaderMap, String) {
    let signer = Signer {
        secret: Secret::new(SECRET),
        version: SignatureVersion::V3,
    };
    let body = Meeting::default().body(WebhookName::Verify).to_string();
    let url = format!("{base}/verify-user");
    let headers = signer.headers(&url, body.as_bytes(), Timestamp::now());
    (headers, body)
}

#[tokio::test]
async fn the_webhooks_answer_under_the_public_address_with_the_operators_secret() {
    let local = system().await;
    let path = WebhookName::Verify.path();
    for (base, host, expected) in [
        (PUBLIC, "tunnel.example", 200),
        (PUBLIC, "127.0.0.1:8787", 200),
        (PUBLIC, "another.example", 421),
        ("https://another.example", "tunnel.example", 401),
    ] {
        let headers = [("host", host), ("x-forwarded-for", "192.0.2.1")];
        let found = status(&local, Method::POST, path, &headers, Some(verify(base))).await;
        assert_eq!(found, expected, "{base} {host}");
    }
}

#[tokio::test]
async fn nothing_else_answers_behind_the_tunnel() {
    let local = system().await;
    for path in ["/", "/hubspot/state", "/oauth/authorize"] {
        for headers in [
            &[("host", "tunnel.example")][..],
            &[("x-forwarded-for", "192.0.2.1")][..],
            &[("x-forwarded-host", "tunnel.example")][..],
        ] {
            let found = status(&local, Method::GET, path, headers, None).await;
            assert_eq!(found, 421, "{path} {headers:?}");
        }
    }
    assert_eq!(status(&local, Method::GET, "/", &[], None).await, 200);
}

#[tokio::test]
async fn a_public_address_requires_a_secret_that_is_not_public() {
    let arguments = [
        "dev",
        "--port",
        "0",
        "--dynamodb-port",
        "0",
        "--public-base-url",
        PUBLIC,
    ];
    let ended = program::run(&arguments, &[], "").await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("set HUBSPOT_CLIENT_SECRET"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn dev_takes_the_functions_settings_from_the_environment_and_says_which() {
    let environment = [
        ("CONFERENCE_URL_TEMPLATE", "https://video.example/{room}"),
        ("HUBSPOT_CLIENT_SECRET", SECRET),
    ];
    let arguments = ["dev", "--port", "0", "--dynamodb-port", "0"];
    let mut child = program(&arguments, &environment).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("settings") {
        assert_ne!(output.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let last = shown.lines().last().unwrap();
    for (name, _) in environment {
        assert!(last.contains(name), "{shown}");
    }

    let wrong = [("CONFERENCE_URL_TEMPLATE", "ftp://video.example/{room}")];
    let ended = program::run(&arguments, &wrong, "").await;
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("CONFERENCE_URL_TEMPLATE"),
        "{}",
        ended.stderr
    );
}
