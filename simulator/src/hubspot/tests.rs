mod dialog;
mod received;
mod restart;
mod websites;

use http::Method;
use serde_json::{Value, json};
use shared::identifiers::PortalId;
use shared::repository::users::{EditUsers, User};

use crate::http_client::HttpClient;
use crate::system::{Options, Simulator};
use crate::tables::USERS_TABLE;

const SETTINGS: &str = "/crm/v3/extensions/videoconferencing/settings/7";

/// A running system, and a client that calls it over HTTP.
struct Visitor {
    local: Simulator,
    client: HttpClient,
}

impl Visitor {
    async fn new() -> Self {
        Self {
            local: Simulator::start(Options::on_free_ports()).await.unwrap(),
            client: HttpClient::new().unwrap(),
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.local.base_url);
        let mut request = self.client.request(method, &url);
        if let Some(body) = body {
            let content_type = ("content-type", "application/json");
            request = request
                .header(content_type.0, content_type.1)
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let content = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&content).unwrap_or_default())
    }

    async fn schedule(&self, title: &str) -> (u16, Value) {
        let meeting = json!({
            "title": title,
            "host": "test.user@example.com",
            "source": "MANUAL",
            "startTime": 1_900_000_000_000_i64,
            "endTime": 1_900_000_900_000_i64,
        });
        self.call(Method::POST, "/hubspot/meetings", Some(meeting))
            .await
    }

    async fn rename(&self, meeting: &Value, title: &str) -> (u16, Value) {
        let plan = json!({
            "title": title,
            "startTime": meeting["startTime"],
            "endTime": meeting["endTime"],
        });
        let path = format!("/hubspot/meetings/{}", meeting["id"]);
        self.call(Method::PUT, &path, Some(plan)).await
    }

    async fn cancel(&self, meeting: &Value) -> (u16, Value) {
        let path = format!("/hubspot/meetings/{}", meeting["id"]);
        self.call(Method::DELETE, &path, None).await
    }

    async fn repeat(&self, webhook: &Value, how: &str) -> Value {
        let path = format!("/hubspot/requests/{}/repeat", webhook["id"]);
        let (status, sent) = self
            .call(Method::POST, &path, Some(json!({"how": how})))
            .await;
        assert_eq!(status, 200, "{sent}");
        sent
    }

    async fn state(&self) -> Value {
        let (status, state) = self.call(Method::GET, "/hubspot/state", None).await;
        assert_eq!(status, 200, "{state}");
        state
    }

    async fn newest(&self) -> Value {
        self.state().await["requests"][0].clone()
    }

    async fn switch_store(&self, runs: bool) {
        let body = Some(json!({"runs": runs}));
        let (status, _) = self.call(Method::PUT, "/hubspot/store", body).await;
        assert_eq!(status, 204);
    }
}

#[tokio::test]
async fn each_change_of_a_meeting_calls_its_registered_url() {
    let visitor = Visitor::new().await;
    let (status, meeting) = visitor.schedule("A <b>Test</b> Meeting").await;
    assert_eq!(status, 200, "{meeting}");
    let url = meeting["conferenceUrl"].as_str().unwrap();
    assert!(url.contains("/join/"), "{url}");
    assert!(meeting["conferenceDetails"].as_str().unwrap().contains(url));

    let (status, renamed) = visitor.rename(&meeting, "Another").await;
    assert_eq!(status, 200, "{renamed}");
    assert_eq!(renamed["conferenceUrl"], meeting["conferenceUrl"]);
    let update = visitor.newest().await;
    assert_eq!(update["answer"]["status"], 204);
    assert_eq!(
        update["effect"],
        json!({"changed": ["revision", "topic", "updatedAt"]})
    );

    let (status, _) = visitor.cancel(&meeting).await;
    assert_eq!(status, 200);
    let (status, problem) = visitor.cancel(&meeting).await;
    assert_eq!(status, 409, "{problem}");

    let state = visitor.state().await;
    let webhooks = state["requests"].as_array().unwrap();
    let names: Vec<_> = webhooks.iter().map(|sent| &sent["kind"]).collect();
    assert_eq!(
        names,
        ["delete", "verify", "update", "verify", "create", "verify"]
    );
    let create = &webhooks[4];
    assert_eq!(create["effect"], "created");
    assert!(create["request"]["headers"]["x-hubspot-signature-v3"].is_string());
    assert_eq!(state["meetings"][0]["cancelled"], true);

    let path = format!(
        "/hubspot/conferences/{}",
        meeting["conferenceId"].as_str().unwrap()
    );
    let (status, stored) = visitor.call(Method::GET, &path, None).await;
    assert_eq!(status, 200);
    assert!(stored["deletedAt"].is_number());
}

#[tokio::test]
async fn create_sends_the_id_from_verify_instead_of_the_address() {
    let visitor = Visitor::new().await;
    let users = EditUsers::new(visitor.local.store.client(), USERS_TABLE.to_owned());
    let user = User {
        portal_id: PortalId::new(123_123),
        email: "test.user@example.com".parse().unwrap(),
        native_id: Some("host-4711".into()),
    };
    users.put(&user).await.unwrap();
    visitor.schedule("A Test Meeting").await;
    let create = visitor.newest().await;
    let body: Value = serde_json::from_str(create["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["userEmail"], "host-4711");
}

#[tokio::test]
async fn a_host_that_verify_rejects_cannot_schedule() {
    let visitor = Visitor::new().await;
    let meeting = json!({
        "title": "", "host": "unknown@example.com", "source": "MEETINGS",
        "startTime": 0, "endTime": 1,
    });
    let (status, problem) = visitor
        .call(Method::POST, "/hubspot/meetings", Some(meeting))
        .await;
    assert_eq!(status, 403);
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.starts_with("unknown@example.com can't schedule"),
        "{message}"
    );
    assert!(message.ends_with("users add ADDRESS --portal 123123"));
    let state = visitor.state().await;
    assert_eq!(state["meetings"], json!([]));
    assert_eq!(state["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_create_gets_the_same_answer_and_creates_nothing() {
    let visitor = Visitor::new().await;
    visitor.schedule("A Test Meeting").await;
    let create = visitor.newest().await;
    let again = visitor.repeat(&create, "again").await;
    assert_eq!(again["request"], create["request"]);
    assert_eq!(again["answer"]["body"], create["answer"]["body"]);
    assert_eq!(again["effect"], "nothing");
    let late = visitor.repeat(&create, "late").await;
    assert_eq!(late["answer"]["body"], create["answer"]["body"]);
    let meetings = &visitor.state().await["meetings"];
    assert_eq!(meetings.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_late_update_and_one_with_a_broken_signature_change_nothing() {
    let visitor = Visitor::new().await;
    let (_, meeting) = visitor.schedule("A Test Meeting").await;
    visitor.rename(&meeting, "Another").await;
    let update = visitor.newest().await;
    let late = visitor.repeat(&update, "late").await;
    assert_eq!(late["answer"]["status"], 204);
    assert_eq!(late["effect"], "nothing");
    let broken = visitor.repeat(&update, "broken").await;
    assert_eq!(broken["answer"]["status"], 401);
    assert_eq!(broken["effect"], "nothing");
}

#[tokio::test]
async fn webhooks_answer_503_while_the_store_is_stopped_and_its_data_is_kept() {
    let visitor = Visitor::new().await;
    let (_, meeting) = visitor.schedule("A Test Meeting").await;
    let create = visitor.newest().await;
    visitor.switch_store(false).await;
    assert_eq!(visitor.state().await["storeRuns"], false);
    let (status, problem) = visitor.rename(&meeting, "Another").await;
    assert_eq!(status, 502);
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.starts_with("the verify webhook answered 503"),
        "{message}"
    );
    assert!(
        message.ends_with("start the store and try again"),
        "{message}"
    );
    let again = visitor.repeat(&create, "again").await;
    assert_eq!(again["answer"]["status"], 503);
    assert_eq!(again["effect"], Value::Null);

    visitor.switch_store(true).await;
    let (status, renamed) = visitor.rename(&meeting, "Another").await;
    assert_eq!(status, 200, "{renamed}");
    assert_eq!(renamed["conferenceUrl"], meeting["conferenceUrl"]);
}

#[tokio::test]
async fn the_settings_api_requires_credentials_in_every_version() {
    let visitor = Visitor::new().await;
    for version in ["2025-09", "2026-03", "2026-09"] {
        let path = format!("/crm/extensions/videoconferencing/{version}/settings/1");
        let (status, error) = visitor.call(Method::GET, &path, None).await;
        assert_eq!(status, 401);
        assert_eq!(error["category"], "INVALID_AUTHENTICATION");
        let with_key = format!("{path}?hapikey=any");
        let (status, settings) = visitor.call(Method::GET, &with_key, None).await;
        assert_eq!(status, 200);
        let create = format!("{}/create-meeting", visitor.local.base_url);
        assert_eq!(settings["createMeetingUrl"], create);
    }
    let (status, _) = visitor
        .call(Method::GET, &format!("{SETTINGS}?hapikey="), None)
        .await;
    assert_eq!(status, 401);
    let url = format!("{}{SETTINGS}", visitor.local.base_url);
    let request = visitor.client.request(Method::GET, &url);
    let answer = request.header("authorization", "Bearer any").send().await;
    assert_eq!(answer.unwrap().status(), 404);
}

#[tokio::test]
async fn settings_are_put_shown_and_removed() {
    let visitor = Visitor::new().await;
    let path = format!("{SETTINGS}?hapikey=any");
    let (status, error) = visitor.call(Method::GET, &path, None).await;
    assert_eq!((status, &error["status"]), (404, &json!("error")));
    let (status, error) = visitor.call(Method::PUT, &path, Some(json!({}))).await;
    assert_eq!(status, 400);
    assert_eq!(error["message"], "createMeetingUrl is required");

    let create = format!("{}/create-meeting?t=a%3Ab", visitor.local.base_url);
    let settings = json!({"createMeetingUrl": create});
    let (status, answer) = visitor
        .call(Method::PUT, &path, Some(settings.clone()))
        .await;
    assert_eq!((status, &answer), (200, &settings));
    assert_eq!(visitor.call(Method::GET, &path, None).await.1, settings);

    // Without a verify URL there is no verification, and the query is part of the signed URL.
    let (status, _) = visitor.schedule("A Test Meeting").await;
    assert_eq!(status, 200);
    let state = visitor.state().await;
    assert_eq!(state["app"]["appId"], 7);
    assert_eq!(state["requests"].as_array().unwrap().len(), 1);

    for _ in 0..2 {
        assert_eq!(visitor.call(Method::DELETE, &path, None).await.0, 204);
    }
    assert_eq!(visitor.call(Method::GET, &path, None).await.0, 404);
    assert_eq!(visitor.state().await["app"]["appId"], 1);
}

#[tokio::test]
async fn the_page_fetches_only_changes_and_loads_nothing_from_other_sites() {
    let visitor = Visitor::new().await;
    let version = visitor.state().await["version"].clone();
    let path = format!("/hubspot/state?version={version}");
    assert_eq!(visitor.call(Method::GET, &path, None).await.0, 204);
    for file in ["/", "/style.css", "/script.js", "/icon.svg"] {
        let url = format!("{}{file}", visitor.local.base_url);
        let request = visitor.client.request(Method::GET, &url);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn the_system_works_at_every_address_that_it_can_listen_on() {
    for host in ["127.0.0.2", "::1", "::"] {
        let options = Options {
            host: host.parse().unwrap(),
            ..Options::on_free_ports()
        };
        // Not every machine has both addresses.
        let Ok(local) = Simulator::start(options).await else {
            continue;
        };
        let visitor = Visitor {
            local,
            client: HttpClient::new().unwrap(),
        };
        let (status, meeting) = visitor.schedule("A Test Meeting").await;
        assert_eq!(status, 200, "{host}: {meeting}");
    }
}
