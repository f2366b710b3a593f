use std::process::Command;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use shared::contract::WebhookName;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use super::Visitor;
use crate::click::click;
use crate::hubspot::caller::{Caller, Signer};
use crate::sample::{self, Meeting};

/// Another program that signs as HubSpot does, such as `send`.
fn sender(visitor: &Visitor) -> Caller {
    let signer = Signer {
        secret: Secret::new(sample::CLIENT_SECRET),
        version: SignatureVersion::V3,
    };
    Caller::new(&visitor.local.base_url, signer).unwrap()
}

async fn send(visitor: &Visitor, webhook: WebhookName, meeting: &Meeting) -> Value {
    let body = meeting.body(webhook);
    let sent = sender(visitor).send(webhook, &body, Timestamp::now()).await;
    assert!(sent.unwrap().status < 300);
    visitor.newest().await
}

#[tokio::test]
async fn a_webhook_from_another_program_is_recorded_and_its_meeting_is_listed() {
    let visitor = Visitor::new().await;
    let mut meeting = Meeting::default();
    let create = send(&visitor, WebhookName::Create, &meeting).await;
    assert_eq!(create["kind"], "create");
    assert_eq!(create["occasion"], "received");
    assert_eq!(create["effect"], "created");
    assert_eq!(create["title"], "A Test Meeting");
    assert_eq!(create["conferenceId"], meeting.conference());
    let url = format!("{}/create-meeting", visitor.local.base_url);
    assert_eq!(create["request"]["url"], url);
    assert!(create["request"]["headers"]["x-hubspot-signature-v3"].is_string());
    let answer = &create["answer"];
    assert_eq!(answer["headers"]["content-type"], "application/json");
    assert_eq!(answer["body"]["conferenceId"], meeting.conference());
    let text = answer["text"].as_str().unwrap();
    assert!(text.starts_with("{\"conferenceId\":\""), "{text}");

    meeting.conference_id = Some(meeting.conference());
    meeting.topic = "Another".to_owned();
    let update = send(&visitor, WebhookName::Update, &meeting).await;
    assert_eq!(update["title"], "Another");
    let state = visitor.state().await;
    let shown = &state["meetings"][0];
    assert_eq!(shown["title"], "Another");
    assert_eq!(
        shown["conferenceDetails"],
        answer["body"]["conferenceDetails"]
    );
    assert_eq!(shown["cancelled"], false);

    let delete = send(&visitor, WebhookName::Delete, &meeting).await;
    assert_eq!(delete["title"], "Another");
    let state = visitor.state().await;
    assert_eq!(state["meetings"].as_array().unwrap().len(), 1);
    assert_eq!(state["meetings"][0]["cancelled"], true);
}

#[tokio::test]
async fn hubspots_own_webhooks_are_recorded_once() {
    let visitor = Visitor::new().await;
    visitor.schedule("A Test Meeting").await;
    let requests = &visitor.state().await["requests"];
    let occasions: Vec<_> = requests.as_array().unwrap().iter().collect();
    assert_eq!(occasions.len(), 2);
    assert!(occasions.iter().all(|sent| sent["occasion"] == "first"));

    // The same bytes from another program are another request.
    let create = &requests[0]["request"];
    let url = create["url"].as_str().unwrap();
    let mut request = visitor.client.request(Method::POST, url);
    for (name, value) in create["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    let body = create["body"].as_str().unwrap().to_owned();
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    let again = visitor.newest().await;
    assert_eq!(again["occasion"], "received");
    assert_eq!(again["effect"], "nothing");
    assert_eq!(
        visitor.state().await["meetings"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn an_unsigned_request_and_one_with_another_method_are_recorded_with_their_answers() {
    let visitor = Visitor::new().await;
    let body = Some(json!({"portalId": 1}));
    visitor.call(Method::POST, "/verify-user", body).await;
    let unsigned = visitor.newest().await;
    assert_eq!(unsigned["answer"]["status"], 401);
    assert_eq!(unsigned["request"]["body"], "{\"portalId\":1}");
    visitor.call(Method::GET, "/create-meeting?a=b", None).await;
    let get = visitor.newest().await;
    assert_eq!(get["answer"]["status"], 405);
    assert_eq!(get["request"]["method"], "GET");
    assert!(get["request"]["url"].as_str().unwrap().ends_with("?a=b"));

    visitor.repeat(&unsigned, "again").await;
    let state = visitor.state().await;
    let requests = state["requests"].as_array().unwrap();
    let occasions: Vec<_> = requests.iter().map(|sent| &sent["occasion"]).collect();
    assert_eq!(occasions, ["again", "received", "received"], "each once");
}

#[tokio::test]
async fn a_cleared_record_keeps_the_meetings_and_reuses_no_number() {
    let visitor = Visitor::new().await;
    visitor.schedule("A Test Meeting").await;
    let old = visitor.newest().await;
    let (status, _) = visitor
        .call(Method::DELETE, "/hubspot/requests", None)
        .await;
    assert_eq!(status, 204);
    let state = visitor.state().await;
    assert_eq!(state["requests"], json!([]));
    assert_eq!(state["meetings"].as_array().unwrap().len(), 1);
    visitor.schedule("Another").await;
    let new = visitor.newest().await;
    assert!(new["id"].as_u64() > old["id"].as_u64(), "{old} {new}");
}

#[tokio::test]
async fn a_click_is_recorded_with_the_call_to_the_video_system() {
    let visitor = Visitor::new().await;
    let (_, meeting) = visitor.schedule("A Test Meeting").await;
    let link = meeting["conferenceUrl"].as_str().unwrap();
    click(&visitor.client, link, None).await.unwrap();
    let opened = visitor.newest().await;
    assert_eq!(opened["kind"], "join page");
    assert_eq!(opened["request"]["method"], "GET");
    assert_eq!(opened["title"], "A Test Meeting");
    assert_eq!(opened["conferenceId"], meeting["conferenceId"]);

    let entered = click(&visitor.client, link, Some("Ada")).await.unwrap();
    let state = visitor.state().await;
    let [visit, call] = [&state["requests"][0], &state["requests"][1]];
    assert_eq!(visit["request"]["body"], "name=Ada");
    let location = entered.location.unwrap();
    assert_eq!(visit["answer"]["headers"]["location"], location);
    assert_eq!(call["kind"], "video system");
    assert_eq!(call["conferenceId"], meeting["conferenceId"]);
    assert_eq!(call["title"], "A Test Meeting");
    let body: Value = serde_json::from_str(call["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "conference.join");
    assert_eq!(body["data"]["name"], "Ada");
    let signature = call["request"]["headers"]["webhook-signature"].as_str();
    assert!(signature.unwrap().starts_with("v1,"));
    assert_eq!(call["answer"]["body"]["url"], location);
    let path = format!("/hubspot/requests/{}/repeat", call["id"]);
    let again = Some(json!({"how": "again"}));
    assert_eq!(visitor.call(Method::POST, &path, again).await.0, 409);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_and_recorded_in_part() {
    let visitor = Visitor::new().await;
    let body = json!({"topic": "a".repeat(100_000)});
    visitor
        .call(Method::POST, "/create-meeting", Some(body))
        .await;
    let recorded = visitor.newest().await;
    assert_eq!(recorded["answer"]["status"], 413);
    assert_eq!(recorded["isWhole"], false);
    let kept = recorded["request"]["body"].as_str().unwrap();
    assert_eq!(kept.len(), 64 * 1024);
    for (what, body) in [("repeat", json!({"how": "again"})), ("curl", json!({}))] {
        let path = format!("/hubspot/requests/{}/{what}", recorded["id"]);
        assert_eq!(visitor.call(Method::POST, &path, Some(body)).await.0, 409);
    }
}

#[tokio::test]
async fn a_webhook_from_another_program_can_be_sent_again() {
    let visitor = Visitor::new().await;
    let create = send(&visitor, WebhookName::Create, &Meeting::default()).await;
    for (how, status) in [("again", 200), ("late", 200), ("broken", 401)] {
        let repeated = visitor.repeat(&create, how).await;
        assert_eq!(repeated["answer"]["status"], status, "{how}");
        assert_eq!(repeated["request"]["body"], create["request"]["body"]);
    }
}

/// The words of a command that calls curl, as a shell understands them.
fn words(command: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}; {command}");
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    words.split_terminator('\0').map(str::to_owned).collect()
}

impl Visitor {
    /// Copies the request as a command and runs it; returns the status of the answer.
    async fn run_copied(&self, recorded: &Value) -> u16 {
        let path = format!("/hubspot/requests/{}/curl", recorded["id"]);
        let (status, copied) = self.call(Method::POST, &path, Some(json!({}))).await;
        assert_eq!(status, 200, "{copied}");
        let words = words(copied["command"].as_str().unwrap());
        let mut headers = HeaderMap::new();
        let (mut method, mut body) = (Method::GET, String::new());
        for pair in words.windows(2) {
            match pair[0].as_str() {
                "--request" => method = pair[1].parse().unwrap(),
                "--data-raw" => pair[1].clone_into(&mut body),
                "--header" => {
                    let (name, value) = pair[1].split_once(": ").unwrap();
                    let name: HeaderName = name.parse().unwrap();
                    headers.insert(name, HeaderValue::from_str(value).unwrap());
                }
                _ => {}
            }
        }
        let request = self.client.request(method, words.last().unwrap());
        let answer = request.headers(headers).body(body).send().await;
        answer.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_copied_command_works_because_it_is_signed_when_it_is_copied() {
    let visitor = Visitor::new().await;
    let mut meeting = Meeting {
        topic: "It's a \"test\" $HOME `id`\u{7}\u{1b}[201~ ليلى".to_owned(),
        ..Meeting::default()
    };
    let create = send(&visitor, WebhookName::Create, &meeting).await;
    assert_eq!(visitor.run_copied(&create).await, 200);
    let copied = visitor.newest().await;
    assert_eq!(copied["request"]["body"], create["request"]["body"]);
    assert_ne!(copied["request"]["headers"], create["request"]["headers"]);
    meeting.conference_id = Some(create["conferenceId"].as_str().unwrap().to_owned());

    // A request that had no signature gets one in the command.
    let body = Some(meeting.body(WebhookName::Delete));
    visitor.call(Method::POST, "/delete-meeting", body).await;
    let unsigned = visitor.newest().await;
    assert_eq!(unsigned["answer"]["status"], 401);
    assert_eq!(visitor.run_copied(&unsigned).await, 204);
}

#[tokio::test]
async fn a_click_and_the_call_to_the_video_system_can_be_copied_too() {
    let visitor = Visitor::new().await;
    let (_, meeting) = visitor.schedule("A Test Meeting").await;
    let link = meeting["conferenceUrl"].as_str().unwrap();
    click(&visitor.client, link, Some("Ada")).await.unwrap();
    let state = visitor.state().await;
    assert_eq!(visitor.run_copied(&state["requests"][0]).await, 303);
    assert_eq!(visitor.run_copied(&state["requests"][1]).await, 200);
}

#[tokio::test]
async fn only_the_systems_own_page_gets_a_signature() {
    let visitor = Visitor::new().await;
    visitor.schedule("A Test Meeting").await;
    let create = visitor.newest().await;
    let base_url = &visitor.local.base_url;
    let url = format!("{base_url}/hubspot/requests/{}/curl", create["id"]);
    for (header, value, status) in [
        ("origin", "https://evil.example", 421),
        ("origin", "null", 421),
        ("host", "evil.example", 421),
        ("content-type", "text/plain", 415),
        ("origin", base_url, 200),
    ] {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert("content-type", json);
        headers.insert(header, HeaderValue::from_str(value).unwrap());
        let request = visitor.client.request(Method::POST, &url);
        let answer = request.headers(headers).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), status, "{header}: {value}");
        let text = answer.text().await.unwrap();
        assert_eq!(text.contains("x-hubspot-signature-v3"), status == 200);
    }
}
