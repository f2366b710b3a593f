//! `video`: stores credentials in the stack's secret, and tests them against the video system.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::response::Redirect;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::fake_aws::{SIGNED_IN, STACK, cloud_formation, cloud_formation_with, serve};
use crate::fake_secrets::FakeSecrets;
use crate::program::{Ended, run};

const STORED: &str = r#"{"roomKey":"development-only-room-key"}"#;
const ARN: (&str, &str) = (
    "VideoSystemSecretArn",
    "arn:aws:secretsmanager:eu-west-1:1:secret:v",
);
const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A stack with this video system at this URL.
struct Stack {
    cloud_formation: String,
    secrets: FakeSecrets,
}

impl Stack {
    async fn with(system: &str, url: &str) -> Self {
        let parameters = [("VideoSystem", system), ("VideoSystemUrl", url)];
        Self {
            cloud_formation: cloud_formation_with(&[ARN], &parameters).await,
            secrets: FakeSecrets::start(STORED).await,
        }
    }

    async fn run(&self, action: &str, input: &str) -> Ended {
        let mut environment = SIGNED_IN.to_vec();
        environment.extend([
            (
                "AWS_ENDPOINT_URL_CLOUDFORMATION",
                self.cloud_formation.as_str(),
            ),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets.endpoint),
        ]);
        run(&["video", action, "--stack", STACK], &environment, input).await
    }
}

#[tokio::test]
async fn credentials_are_stored_beside_the_room_key_and_never_shown() {
    let stack = Stack::with("bigbluebutton", "https://bbb.example.com/bigbluebutton/").await;
    let ended = stack.run("set", r#"{"sharedSecret": "hush-hush"}"#).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.stdout.starts_with("Stored sharedSecret;"),
        "{ended:?}"
    );
    assert!(!ended.stdout.contains("hush"), "{ended:?}");
    let expected = json!({"roomKey": "development-only-room-key", "sharedSecret": "hush-hush"});
    assert_eq!(stack.secrets.current(), expected);
}

#[tokio::test]
async fn credentials_that_the_join_function_would_reject_are_not_stored() {
    for (system, input, problem) in [
        (
            "webhook",
            r#"{"signingSecret": "hush"}"#,
            "a field signingSecret that is not whsec_",
        ),
        ("jitsi", r#"{"appId": "hush"}"#, "has no appSecret"),
        (
            "jaas",
            r#"{"appId":"a","keyId":"k","privateKey":"hush"}"#,
            "not an RSA key",
        ),
        ("bigbluebutton", r#"{"roomKey": "hush"}"#, "roomKey is kept"),
        (
            "bigbluebutton",
            r#"{"secret": "hush"}"#,
            "no credential secret",
        ),
        ("bigbluebutton", "hush", "not a JSON object"),
        ("bigbluebutton", "", "nothing was given"),
    ] {
        let stack = Stack::with(system, "https://video.example.com").await;
        let ended = stack.run("set", input).await;
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains(problem), "{ended:?}");
        assert!(!ended.stderr.contains("hush"), "{ended:?}");
        assert_eq!(stack.secrets.text(), STORED);
    }
}

#[tokio::test]
async fn a_stack_without_a_video_system_has_no_secret_to_set() {
    let cloud_formation = cloud_formation(&[]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));
    let ended = run(&["video", "set", "--stack", STACK], &environment, "{}").await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("VideoSystemSecretArn"), "{ended:?}");
}

/// Runs the check with these settings in the environment.
async fn check(system: &str, url: &str, credentials: &Value) -> Ended {
    let mut secret: Value = serde_json::from_str(STORED).unwrap();
    let given = credentials.as_object().unwrap().clone();
    secret.as_object_mut().unwrap().extend(given);
    let secret = secret.to_string();
    let environment = [
        ("VIDEO_SYSTEM", system),
        ("VIDEO_SYSTEM_URL", url),
        ("VIDEO_SYSTEM_SECRET", &secret),
    ];
    run(&["video", "check"], &environment, "").await
}

#[tokio::test]
async fn an_operators_system_that_answers_a_signed_call_passes() {
    let join = async |headers: HeaderMap, body: Bytes| {
        assert!(headers.contains_key("webhook-signature"));
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event["type"], "conference.join");
        json!({"url": "https://room.example.com/?token=hush"}).to_string()
    };
    let url = serve(Router::new().fallback(join)).await;
    let ended = check("webhook", &url, &json!({"signingSecret": SIGNING_SECRET})).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.stdout.contains("a test room at room.example.com"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.ends_with("The video system works.\n"),
        "{ended:?}"
    );
    assert!(!ended.stdout.contains("hush"), "{ended:?}");
}

/// Answers every create as if it were the first one, as several servers without a common state do.
async fn another_room() -> String {
    static CREATED: AtomicUsize = AtomicUsize::new(1);
    let created = CREATED.fetch_add(1, Ordering::SeqCst);
    format!(
        "<response><returncode>SUCCESS</returncode><createTime>{created}</createTime></response>"
    )
}

#[tokio::test]
async fn every_problem_is_reported_with_a_remedy() {
    let refuses = serve(Router::new().fallback(async || StatusCode::UNAUTHORIZED)).await;
    let fails = serve(Router::new().fallback(async || StatusCode::BAD_GATEWAY)).await;
    let redirects = serve(Router::new().fallback(async || Redirect::to("/elsewhere"))).await;
    let several = serve(Router::new().fallback(another_room)).await;
    let page = serve(Router::new().fallback(async || "<title>nginx</title>")).await;
    let key = json!({"signingSecret": SIGNING_SECRET});
    let bbb = json!({"sharedSecret": "hush-hush"});
    let nothing = json!({});
    for (system, url, credentials, problem) in [
        (
            "webhook",
            refuses.as_str(),
            &key,
            "do both sides have the same signingSecret",
        ),
        (
            "webhook",
            "http://127.0.0.1:9",
            &key,
            "is the server running",
        ),
        ("webhook", &fails, &key, "is the server running"),
        ("webhook", &redirects, &key, "must be the final address"),
        (
            "webhook",
            "https://nobody.invalid",
            &key,
            "DNS can't resolve the host name",
        ),
        (
            "webhook",
            "http://example.com",
            &key,
            "VIDEO_SYSTEM_URL must be an https URL",
        ),
        ("bigbluebutton", &page, &bbb, "bbb-conf --secret"),
        ("bigbluebutton", &several, &bbb, "into another room"),
        ("jitsi", &page, &nothing, "does not look like Jitsi"),
        ("zoom", &page, &nothing, "must be one of jitsi"),
    ] {
        let ended = check(system, url, credentials).await;
        assert_eq!(ended.code, 1, "{system} {ended:?}");
        assert!(ended.stderr.contains(problem), "{system} {ended:?}");
        assert!(!ended.stderr.contains("hush"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_jitsi_servers_page_and_token_pass() {
    let page = serve(Router::new().fallback(async || "<title>Jitsi Meet</title>")).await;
    let app = json!({"appId": "my_app", "appSecret": "example_app_secret"});
    let ended = check("jitsi", &page, &app).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!ended.stdout.contains("jwt"), "{ended:?}");
}

#[cfg(feature = "bigbluebutton-server")]
#[tokio::test]
async fn a_bigbluebutton_server_passes_with_its_secret_and_fails_with_another() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    const SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testbed/peers/bigbluebutton.py"
    );
    let mut server = Command::new(std::env::var_os("BIGBLUEBUTTON_PYTHON").unwrap())
        .args([script, SECRET])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let url = ready["url"].as_str().unwrap();
    let right = check("bigbluebutton", url, &json!({"sharedSecret": SECRET})).await;
    let wrong = check("bigbluebutton", url, &json!({"sharedSecret": "another"})).await;
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(right.code, 0, "{right:?}");
    assert!(
        right
            .stdout
            .contains("ok  a second click leads into the same room"),
        "{right:?}"
    );
    assert!(
        right.stdout.contains("ok  the test room is ended"),
        "{right:?}"
    );
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(
        wrong
            .stderr
            .contains("sharedSecret differs from the server's"),
        "{wrong:?}"
    );
}
