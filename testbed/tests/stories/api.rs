//! Checks `docs/openapi.yaml` against the functions' real responses and stored items.

use std::collections::BTreeSet;
use std::time::Duration;

use boon::{Compiler, Draft, Schemas};
use futures_util::future::join_all;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};
use shared::contract::WebhookName;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::join_link::{Answers, JoinLink, Page};
use testbed::proxy::Fault;
use testbed::system::{Answer, System};

use crate::{known_as, renamed};

const DOCUMENT: &str = include_str!("../../../docs/openapi.yaml");

/// The OpenAPI document, which can check a value against any of its schemas.
struct Api(Value);

impl Api {
    fn read() -> Self {
        Self(json(&Yaml::load_from_str(DOCUMENT).unwrap()[0]))
    }

    /// Checks `value` against the schema at `pointer`.
    fn check(&self, pointer: &str, value: &Value) -> Result<(), String> {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler
            .add_resource("api:openapi", self.0.clone())
            .unwrap();
        let schema = compiler.compile(&format!("api:openapi#{pointer}"), &mut schemas);
        let result = schemas.validate(value, schema.unwrap());
        result.map_err(|error| format!("{error} in {value}"))
    }

    /// Checks `webhook`'s `answer` against the document, including its status and headers.
    fn check_answer(&self, webhook: WebhookName, answer: &Answer) -> Result<(), String> {
        let (pointer, response) = self.response(webhook.path(), "post", answer.status)?;
        self.check_headers(&pointer, response, &answer.headers)?;
        if response["content"].is_null() {
            let empty = answer.body.is_null();
            return empty.then_some(()).ok_or_else(|| "a body".to_owned());
        }
        if answer.headers["content-type"] != "application/json" {
            return Err("another content type".to_owned());
        }
        self.check(
            &format!("{pointer}/content/application~1json/schema"),
            &answer.body,
        )
    }

    /// Checks a page against the document, including its status and headers.
    fn check_page(&self, route: &str, method: &str, page: &Page) -> Result<(), String> {
        let (pointer, response) = self.response(route, method, page.status)?;
        let mut headers = page.headers.clone();
        if let Some(cookie) = page.cookies.first() {
            headers["set-cookie"] = json!(cookie);
        }
        self.check_headers(&pointer, response, &headers)?;
        if response["content"].is_null() {
            let empty = page.html.is_empty();
            return empty.then_some(()).ok_or_else(|| "a body".to_owned());
        }
        if headers["content-type"] != "text/html; charset=utf-8" {
            return Err("another content type".to_owned());
        }
        let schema = format!("{pointer}/content/text~1html/schema");
        self.check(&schema, &json!(page.html))
    }

    /// The documented response with this status, and its JSON pointer.
    fn response(&self, route: &str, method: &str, status: u64) -> Result<(String, &Value), String> {
        let route = route.replace('/', "~1");
        self.resolve(format!("/paths/{route}/{method}/responses/{status}"))
    }

    /// Checks the headers that were sent against those of the documented `response`.
    fn check_headers(&self, pointer: &str, response: &Value, sent: &Value) -> Result<(), String> {
        let mut undocumented: BTreeSet<&str> = sent
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        undocumented.remove("content-type");
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
        {
            let (pointer, header) = self.resolve(format!("{pointer}/headers/{name}"))?;
            let name = name.to_lowercase();
            undocumented.remove(name.as_str());
            match &sent[&name] {
                Value::Null if header["required"] == true => {
                    return Err(format!("{name} is missing"));
                }
                Value::Null => {}
                value => self.check(&format!("{pointer}/schema"), value)?,
            }
        }
        let undocumented = undocumented.pop_first();
        undocumented.map_or(Ok(()), |name| Err(format!("{name} is not documented")))
    }

    /// What the document says at `pointer`, or at the place that it refers to from there.
    fn resolve(&self, pointer: String) -> Result<(String, &Value), String> {
        let found = self.0.pointer(&pointer);
        let found = found.ok_or_else(|| format!("{pointer} is not documented"))?;
        match found["$ref"].as_str() {
            Some(reference) => self.resolve(reference.trim_start_matches('#').to_owned()),
            None => Ok((pointer, found)),
        }
    }

    /// Every status that the document promises for this route and method.
    fn statuses(&self, route: &str, method: &str) -> BTreeSet<u64> {
        let responses = &self.0["paths"][route][method]["responses"];
        let statuses = responses.as_object().unwrap().keys();
        statuses.map(|status| status.parse().unwrap()).collect()
    }
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Sequence(values) => values.iter().map(json).collect(),
        Yaml::Mapping(fields) => {
            let fields = fields.iter();
            let fields =
                fields.map(|(name, value)| (name.as_str().unwrap().to_owned(), json(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

/// Every way in which `webhook` can answer: successes first, then each error.
async fn all_answers(webhook: WebhookName) -> Vec<Answer> {
    let system = System::start().await;
    let meeting = Meeting::default();
    system
        .store
        .add_user(123_123, &meeting.user_email, None)
        .await;
    let created = system.send(WebhookName::Create, &meeting).await;
    let meeting = known_as(created.id(), &meeting);
    let unknown = Meeting {
        user_email: "nobody@example.org".to_owned(),
        ..known_as("abcdefghijklmnopqrstuvwx27", &meeting)
    };
    let huge = renamed(&meeting, &"x".repeat(65_536)).body(WebhookName::Create);
    let signed = |body: &str| system.event(webhook, body, SignatureVersion::V3, system.now);
    let mut unsigned = signed("{}");
    unsigned["headers"] = json!({});

    let mut answers = vec![
        system.send(webhook, &meeting).await,
        system.send(webhook, &unknown).await,
        system.deliver(webhook, signed("{}")).await,
        system.deliver(webhook, signed("hush")).await,
        system.deliver(webhook, unsigned).await,
        system.deliver(webhook, signed(&huge.to_string())).await,
    ];
    for fault in [Fault::Throttle, Fault::NoSuchTable] {
        system.proxy.set(fault);
        answers.push(system.send(webhook, &meeting).await);
    }
    answers
}

#[tokio::test]
async fn every_answer_is_as_documented_and_every_documented_status_is_answered() {
    let api = Api::read();
    let all = join_all(WebhookName::ALL.map(all_answers)).await;
    for (webhook, answers) in WebhookName::ALL.into_iter().zip(all) {
        for answer in &answers {
            let result = api.check_answer(webhook, answer);
            assert_eq!(result, Ok(()), "{webhook:?} {answer:?}");
        }
        let seen: BTreeSet<u64> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(seen, api.statuses(webhook.path(), "post"), "{webhook:?}");
    }
}

/// Every way in which the join link can answer: route, method and page.
async fn all_pages() -> Vec<(&'static str, &'static str, Page)> {
    let system = System::start().await;
    let meeting = Meeting {
        start_time: system.now,
        end_time: system.now.plus(Duration::from_hours(1)),
        ..Meeting::default()
    };
    let cancelled = renamed(&meeting, "Cancelled");
    let created = system.send(WebhookName::Create, &meeting).await;
    let path = format!("/join/{}", created.id());
    let created = system.send(WebhookName::Create, &cancelled).await;
    let cancelled_path = format!("/join/{}", created.id());
    let cancelled = known_as(created.id(), &cancelled);
    system.send(WebhookName::Delete, &cancelled).await;

    let store = &system.store;
    let start = meeting.start_time;
    let before = Timestamp::from_millis(start.as_millis() - 3_600_000);
    let unknown = "/join/abcdefghijklmnopqrstuvwx27";
    let link = JoinLink::start(store, &[]).await;
    let shut = JoinLink::start(store, &[("JOIN_OPENS_MINUTES", "15")]).await;
    let jitsi = [
        ("VIDEO_SYSTEM", "jitsi"),
        ("VIDEO_SYSTEM_URL", "https://meet.example.com"),
    ];
    let jitsi = JoinLink::start(store, &jitsi).await;
    let mut pages = Vec::new();
    for page in [
        link.get(&path, start).await,
        link.get(&path, before).await,
        link.get(&cancelled_path, start).await,
        link.get(unknown, start).await,
        shut.get(&path, before).await,
        jitsi.get(&path, start).await,
    ] {
        pages.push(("/join/{conferenceId}", "get", page));
    }
    let failing = JoinLink::answering(store, &[], Answers::Failure).await;
    let roomless = JoinLink::answering(store, &[], Answers::NoSuchRoom).await;
    for page in [
        link.post(&path, "Ada", start).await,
        link.post(&path, " ", start).await,
        link.post(&cancelled_path, "Ada", start).await,
        link.post(unknown, "Ada", start).await,
        shut.post(&path, "Ada", before).await,
        failing.post(&path, "Ada", start).await,
        roomless.post(&path, "Ada", start).await,
    ] {
        pages.push(("/join/{conferenceId}", "post", page));
    }
    let token = JoinLink::host_token(meeting.portal_id.get(), meeting.user_id.get());
    for token in [token.as_str(), "1.2.no"] {
        let page = link.get(&format!("/host/{token}"), start).await;
        pages.push(("/host/{token}", "get", page));
    }
    let page = JoinLink::get_without_secret("/host/1.2.no", start).await;
    pages.push(("/host/{token}", "get", page));
    for path in ["/join", "/join/"] {
        pages.push(("/join", "get", link.get(path, start).await));
    }
    store.corrupt(path.strip_prefix("/join/").unwrap()).await;
    let unreadable = link.get(&path, start).await;
    pages.push(("/join/{conferenceId}", "get", unreadable));
    pages
}

#[tokio::test]
async fn every_page_is_as_documented_and_every_documented_status_is_answered() {
    let api = Api::read();
    let pages = all_pages().await;
    for (route, method, page) in &pages {
        let result = api.check_page(route, method, page);
        assert_eq!(result, Ok(()), "{method} {route} {page:?}");
    }
    for (route, method) in [
        ("/join/{conferenceId}", "get"),
        ("/join/{conferenceId}", "post"),
        ("/join", "get"),
        ("/host/{token}", "get"),
    ] {
        let seen = pages
            .iter()
            .filter(|page| (page.0, page.1) == (route, method));
        let seen: BTreeSet<u64> = seen.map(|(.., page)| page.status).collect();
        assert_eq!(seen, api.statuses(route, method), "{method} {route}");
    }
}

#[test]
fn what_hubspot_sends_is_as_documented() {
    let api = Api::read();
    let meeting = known_as("abcdefghijklmnopqrstuvwx27", &Meeting::default());
    for webhook in WebhookName::ALL {
        let route = webhook.path().replace('/', "~1");
        let schema = format!("/paths/{route}/post/requestBody/content/application~1json/schema");
        assert_eq!(api.check(&schema, &meeting.body(webhook)), Ok(()));
    }
}

#[tokio::test]
async fn what_is_stored_is_as_documented() {
    let api = Api::read();
    let mut system = System::start().await;
    let meeting = Meeting::default();
    let created = system.send(WebhookName::Create, &meeting).await;
    system.wait(Duration::from_secs(1));
    let repeated = system.send(WebhookName::Create, &meeting).await;
    assert_eq!(repeated.id(), created.id());
    let meeting = known_as(created.id(), &meeting);
    for webhook in [WebhookName::Update, WebhookName::Delete] {
        let items = system.store.items(&system.store.conferences).await;
        assert_eq!(items.len(), 1);
        assert!(!items[0]["repeated"].is_null());
        let result = api.check("/components/schemas/ConferenceItem", &items[0]);
        assert_eq!(result, Ok(()));
        assert_eq!(system.send(webhook, &meeting).await.status, 204);
    }
    let items = system.store.items(&system.store.conferences).await;
    let result = api.check("/components/schemas/ConferenceItem", &items[0]);
    assert_eq!(result, Ok(()));

    system
        .store
        .add_user(123_123, "ada@example.com", None)
        .await;
    system
        .store
        .add_user(123_123, "*@example.org", Some("17"))
        .await;
    for item in system.store.items(&system.store.users).await {
        let result = api.check("/components/schemas/UserItem", &item);
        assert_eq!(result, Ok(()));
    }
}

#[test]
fn an_answer_that_is_not_documented_is_detected() {
    let api = Api::read();
    let error =
        json!({"status": "error", "category": "NOT_FOUND", "message": "m", "correlationId": "c"});
    let mut answer = Answer {
        status: 404,
        body: error,
        headers: json!({"content-type": "application/json"}),
    };
    assert_eq!(api.check_answer(WebhookName::Update, &answer), Ok(()));
    assert!(
        api.check_answer(WebhookName::Create, &answer).is_err(),
        "create has no 404"
    );
    answer.body["category"] = json!("INTERNAL_ERROR");
    assert!(api.check_answer(WebhookName::Update, &answer).is_err());
    answer.body["category"] = json!("STORE_UNAVAILABLE");
    answer.status = 503;
    assert!(
        api.check_answer(WebhookName::Update, &answer).is_err(),
        "no Retry-After"
    );
    answer.headers["retry-after"] = json!("1");
    assert_eq!(api.check_answer(WebhookName::Update, &answer), Ok(()));
    answer.headers["server"] = json!("Lambda");
    assert!(
        api.check_answer(WebhookName::Update, &answer).is_err(),
        "another header"
    );
    answer.headers = json!({"content-type": "application/json", "retry-after": "1"});
    answer.body["stack"] = json!("trace");
    assert!(
        api.check_answer(WebhookName::Update, &answer).is_err(),
        "another field"
    );
    answer.status = 204;
    assert!(
        api.check_answer(WebhookName::Update, &answer).is_err(),
        "a body"
    );
}
