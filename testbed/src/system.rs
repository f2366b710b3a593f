//! The four webhooks on their own store, with a clock that the test controls. Requests are signed as
//! HubSpot signs them, and arrive as API Gateway's events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{Builder, Credentials};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use serde_json::Value;
use shared::aws::{Aws, Connection};
use shared::conference_id::ConferenceId;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::identifiers::PortalId;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::repository::users::{EditUsers, User};
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::event::{GatewayRequest, event};
use simulator::functions::{FunctionSettings, Functions};
use simulator::hubspot::caller::Signer;
use simulator::sample::{self, Meeting};
use simulator::store::Store;

use crate::dead_address::DeadFirst;
use crate::proxy::Proxy;
use crate::{ANY_PORT, body_of, sample_event};

/// The address that HubSpot calls.
pub const BASE_URL: &str = "https://vc.example.com/hubspot";

static TABLES: AtomicU64 = AtomicU64::new(0);

/// A store with two empty tables: the one that `DYNAMODB_ENDPOINT` names, or an embedded one.
#[derive(Clone, Debug)]
pub struct TestStore {
    /// Direct access, without the proxy.
    pub store: Store,
    /// The table of conferences.
    pub conferences: String,
    /// The table of users.
    pub users: String,
}

impl TestStore {
    /// Creates the tables, under names that no other test uses.
    pub async fn start() -> Self {
        let store = match std::env::var("DYNAMODB_ENDPOINT") {
            Ok(endpoint) => Store::at(endpoint).await,
            Err(_) => Store::start(ANY_PORT, None).await.unwrap(),
        };
        Self::on(store).await
    }

    /// Creates the tables in a store shared with other tests.
    pub async fn on(store: Store) -> Self {
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let name = |kind| format!("{kind}-{}-{number}", std::process::id());
        let (conferences, users) = (name("conferences"), name("users"));
        store.create_tables(&conferences, &users).await.unwrap();
        Self {
            store,
            conferences,
            users,
        }
    }

    /// The stored conference.
    pub async fn conference(&self, id: &str) -> Option<Conference> {
        let id = ConferenceId::parse(id).unwrap();
        let conferences = ReadConferences::new(self.store.client(), self.conferences.clone());
        conferences.get(&id).await.unwrap()
    }

    /// Creates the conference of `events/create.json`.
    pub async fn put_sample_conference(&self) {
        let mut settings = FunctionSettings::for_development(BASE_URL).unwrap();
        settings.conferences_table.clone_from(&self.conferences);
        settings.public_base_url = None;
        let functions = Functions::new(&self.store.client(), settings, |_| {});
        let event = sample_event("create");
        let now = Timestamp::from_millis(1_700_000_300_000);
        let answer = functions
            .invoke(WebhookName::Create, event, now)
            .await
            .unwrap();
        assert_eq!(answer["statusCode"], 200);
    }

    /// All conferences as they are stored, deleted ones included.
    pub async fn all_conferences(&self) -> Vec<Conference> {
        let client = self.store.client();
        let scan = client.scan().table_name(&self.conferences).send().await;
        serde_dynamo::from_items(scan.unwrap().items.unwrap_or_default()).unwrap()
    }

    /// The items of a table as JSON.
    pub async fn items(&self, table: &str) -> Vec<Value> {
        let scan = self.store.client().scan().table_name(table).send().await;
        serde_dynamo::from_items(scan.unwrap().items.unwrap_or_default()).unwrap()
    }

    /// Makes a stored conference unreadable: its start is not a number any more.
    pub async fn corrupt(&self, id: &str) {
        let client = self.store.client();
        let update = client
            .update_item()
            .table_name(&self.conferences)
            .key("conferenceId", AttributeValue::S(id.to_owned()))
            .update_expression("SET startTime = topic");
        update.send().await.unwrap();
    }

    /// How many conferences there are, deleted ones included.
    pub async fn number_of_conferences(&self) -> usize {
        let client = self.store.client();
        let scan = client.scan().table_name(&self.conferences);
        usize::try_from(scan.send().await.unwrap().count()).unwrap()
    }

    /// Removes all conferences, without tombstones.
    pub async fn empty(&self) {
        for conference in self.all_conferences().await {
            let id = AttributeValue::S(conference.conference_id.to_string());
            let delete = self.store.client().delete_item();
            let delete = delete.table_name(&self.conferences);
            delete.key("conferenceId", id).send().await.unwrap();
        }
    }

    /// Puts an entry into the directory.
    pub async fn add_user(&self, portal: u64, email: &str, native_id: Option<&str>) {
        let users = EditUsers::new(self.store.client(), self.users.clone());
        let user = User {
            portal_id: PortalId::new(portal),
            email: email.parse().unwrap(),
            native_id: native_id.map(str::to_owned),
        };
        users.put(&user).await.unwrap();
    }
}

/// The functions' own client with one difference: the SDK shares its retry quota among all clients in a
/// process. Here each test has its own quota, so that one test's failures don't affect another.
fn own_client(endpoint: &str) -> (Builder, Connection) {
    let endpoint: &'static str = endpoint.to_owned().leak();
    let settings = [
        ("AWS_REGION", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
    ];
    let aws = Aws::for_function(&Environment::from_variables(settings)).unwrap();
    let (client, connection) = aws.dynamodb();
    let partition = RetryPartition::custom(endpoint)
        .token_bucket(TokenBucket::unlimited())
        .build();
    let config = client.config().to_builder().retry_partition(partition);
    let credentials = Credentials::new("local", "local", None, None, "local");
    (config.credentials_provider(credentials), connection)
}

/// The response of a webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u64,
    /// The JSON; null if there is none.
    pub body: Value,
    /// The headers.
    pub headers: Value,
}

impl Answer {
    /// The conference's ID in a create's answer.
    pub fn id(&self) -> &str {
        self.body["conferenceId"].as_str().unwrap()
    }
}

/// The functions, their store and their clock.
#[derive(Debug)]
pub struct System {
    /// The store, for direct inspection.
    pub store: TestStore,
    /// The proxy between functions and store.
    pub proxy: Proxy,
    /// The current time, at HubSpot and here.
    pub now: Timestamp,
    functions: Functions,
}

impl System {
    /// The functions with their default settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The functions with other settings.
    pub async fn with(change: impl FnOnce(&mut FunctionSettings)) -> Self {
        Self::on(TestStore::start().await, change).await
    }

    /// The functions on this store, with other settings.
    pub async fn on(store: TestStore, change: impl FnOnce(&mut FunctionSettings)) -> Self {
        let proxy = Proxy::start(store.store.endpoint()).await;
        let (config, connection) = own_client(proxy.endpoint());
        connection.ensure_open().await;
        Self::assemble(store, proxy, config, change)
    }

    /// The functions on this store, which they reach by a name whose first address is dead. They have no
    /// connection yet.
    pub async fn behind_a_dead_address(store: TestStore) -> (Self, DeadFirst) {
        let proxy = Proxy::start(store.store.endpoint()).await;
        let dead_first = DeadFirst::on(proxy.port()).await;
        let (config, _) = own_client(dead_first.url());
        let config = config.http_client(dead_first.connection());
        (Self::assemble(store, proxy, config, |_| {}), dead_first)
    }

    fn assemble(
        store: TestStore,
        proxy: Proxy,
        config: Builder,
        change: impl FnOnce(&mut FunctionSettings),
    ) -> Self {
        let mut settings = FunctionSettings::for_development(BASE_URL).unwrap();
        settings.conferences_table.clone_from(&store.conferences);
        settings.users_table.clone_from(&store.users);
        change(&mut settings);
        let client = Client::from_conf(config.build());
        Self {
            functions: Functions::new(&client, settings, |_| {}),
            store,
            proxy,
            now: Timestamp::from_millis(1_700_000_300_000),
        }
    }

    /// Advances the clock.
    pub fn wait(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    /// Sends a webhook about `meeting`, signed now.
    pub async fn send(&self, webhook: WebhookName, meeting: &Meeting) -> Answer {
        self.send_signed_at(webhook, meeting, self.now).await
    }

    /// Delivers a webhook about `meeting` now that was signed at `signed_at`.
    pub async fn send_signed_at(
        &self,
        webhook: WebhookName,
        meeting: &Meeting,
        signed_at: Timestamp,
    ) -> Answer {
        let body = meeting.body(webhook).to_string();
        let event = self.event(webhook, &body, SignatureVersion::V3, signed_at);
        self.deliver(webhook, event).await
    }

    /// An event with this body, signed with the secret that the functions know.
    pub fn event(
        &self,
        webhook: WebhookName,
        body: &str,
        version: SignatureVersion,
        signed_at: Timestamp,
    ) -> Value {
        let signer = Signer {
            secret: Secret::new(sample::CLIENT_SECRET),
            version,
        };
        let url = format!("{BASE_URL}{}", webhook.path());
        event(&GatewayRequest {
            method: &Method::POST,
            path: webhook.path(),
            query: None,
            headers: &signer.headers(&url, body.as_bytes(), signed_at),
            body: body.as_bytes(),
            domain_name: "api.example.com",
            source_ip: "203.0.113.7",
            request_id: "story",
            now: self.now,
        })
    }

    /// Passes an event to a function unchanged.
    pub async fn deliver(&self, webhook: WebhookName, event: Value) -> Answer {
        let answer = self
            .functions
            .invoke(webhook, event, self.now)
            .await
            .unwrap();
        Answer {
            status: answer["statusCode"].as_u64().unwrap(),
            body: body_of(&answer),
            headers: answer["headers"].clone(),
        }
    }
}
