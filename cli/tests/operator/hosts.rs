//! `hosts link`: a host's own link, which the join link of the same secret takes.

use simulator::click::{Clicked, click};
use simulator::http_client::HttpClient;
use simulator::system::{Options, Simulator};
use simulator::video_system::SECRET;

use crate::fake_aws::{SIGNED_IN, STACK, cloud_formation};
use crate::fake_secrets::FakeSecrets;
use crate::program::{Ended, run};

const LINK: [&str; 6] = ["hosts", "link", "--portal", "123123", "--user-id", "123"];

async fn link(place: [&str; 2], environment: &[(&str, &str)]) -> Ended {
    run(&[&LINK[..], &place].concat(), environment, "").await
}

/// The one line on standard output.
fn printed(ended: &Ended) -> &str {
    assert_eq!(ended.code, 0, "{ended:?}");
    let url = ended.stdout.strip_suffix('\n').unwrap();
    assert!(!url.contains(char::is_whitespace), "{ended:?}");
    url
}

#[tokio::test]
async fn the_link_identifies_a_browser_as_the_hosts() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let secret = [("VIDEO_SYSTEM_SECRET", SECRET)];
    let ended = link(["--base-url", &local.base_url], &secret).await;
    let url = printed(&ended);
    let begin = format!("{}/host/123123.123.", local.base_url);
    assert!(url.starts_with(&begin), "{url}");
    assert!(
        ended.stderr.contains("give it only to this person"),
        "{ended:?}"
    );
    let client = HttpClient::new().unwrap();
    let state = async |url: &str| -> Clicked { click(&client, url, None).await.unwrap() };
    assert_eq!(state(url).await.state.as_deref(), Some("host"));
    let stolen = url.replace("123123.123.", "123123.124.");
    assert_eq!(state(&stolen).await.state.as_deref(), Some("unknown"));
}

#[tokio::test]
async fn a_stack_gives_the_address_and_the_key() {
    let outputs = [
        ("JoinUrl", "https://vc.example.com/hubspot/join"),
        (
            "VideoSystemSecretArn",
            "arn:aws:secretsmanager:eu-west-1:1:secret:v",
        ),
    ];
    let cloud_formation = cloud_formation(&outputs).await;
    let secrets = FakeSecrets::start(SECRET).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.extend([
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud_formation.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.endpoint),
    ]);
    let of_stack = link(["--stack", STACK], &environment).await;
    let secret = [("VIDEO_SYSTEM_SECRET", SECRET)];
    let base_url = ["--base-url", "https://vc.example.com/hubspot/"];
    let of_secret = link(base_url, &secret).await;
    assert_eq!(printed(&of_stack), printed(&of_secret));
    assert_eq!(secrets.text(), SECRET);
}

#[tokio::test]
async fn a_stack_without_a_video_system_has_no_host_links() {
    let cloud_formation = cloud_formation(&[]).await;
    let mut environment = SIGNED_IN.to_vec();
    environment.push(("AWS_ENDPOINT_URL_CLOUDFORMATION", &cloud_formation));
    let ended = link(["--stack", STACK], &environment).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("JoinUrl"), "{ended:?}");
}

#[tokio::test]
async fn without_a_key_or_over_plain_http_there_is_no_link() {
    let here = ["--base-url", "https://vc.example.com"];
    let short = r#"{"roomKey":"hush"}"#;
    for (place, secret, code, problem) in [
        (here, "", 1, "VIDEO_SYSTEM_SECRET"),
        (here, "hush", 1, "VIDEO_SYSTEM_SECRET"),
        (here, short, 1, "roomKey"),
        (["--base-url", "http://vc.example.com"], SECRET, 2, "https"),
    ] {
        let ended = link(place, &[("VIDEO_SYSTEM_SECRET", secret)]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""));
        assert!(ended.stderr.contains(problem), "{ended:?}");
        assert!(!ended.stderr.contains("hush"), "{ended:?}");
    }
}
