//! The services that the functions call, behind TLS as in AWS: a store with the sample user and a conference
//! that begins now, and a fake Secrets Manager with the sample secret.

use std::env;
use std::time::Duration;

use serde_json::{Value, json};
use shared::repository::conferences::InsertConferences;
use shared::repository::users::{EditUsers, User};
use shared::timestamp::Timestamp;
use simulator::sample::{self, Meeting};
use simulator::store::Store;
use simulator::tables::{CONFERENCES_TABLE, USERS_TABLE};
use testbed::ANY_PORT;
use testbed::secrets_manager::SecretsManager;

use crate::network::Latency;
use crate::timeline::Counts;
use crate::tls::{Authority, Tls};

/// The conference that begins now, whose page the join link shows.
pub(crate) const OPEN_CONFERENCE: &str = "openopenopenopenopenopenop";

/// The running services.
#[derive(Debug)]
pub struct Services {
    /// The certificate authority of their certificates.
    pub authority: Authority,
    /// DynamoDB: the one in `DYNAMODB_ENDPOINT`, else an embedded one with its data in memory.
    pub store: Tls,
    /// Secrets Manager.
    pub secrets_manager: Tls,
}

impl Services {
    /// Starts them on loopback, without latency.
    pub async fn start() -> Self {
        Self::start_at(Latency::NONE, Latency::NONE).await
    }

    /// Starts them behind these latencies.
    pub async fn start_at(store_latency: Latency, secrets_latency: Latency) -> Self {
        let store = match env::var("DYNAMODB_ENDPOINT") {
            Ok(endpoint) => Store::at(endpoint).await,
            Err(_) => Store::start(ANY_PORT, None).await.unwrap(),
        };
        store
            .create_tables(CONFERENCES_TABLE, USERS_TABLE)
            .await
            .unwrap();
        let users = EditUsers::new(store.client(), USERS_TABLE.to_owned());
        let user = User {
            portal_id: Meeting::default().portal_id,
            email: Meeting::default().user_email.parse().unwrap(),
            native_id: None,
        };
        users.put(&user).await.unwrap();
        let conferences = InsertConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
        let conference = serde_json::from_value(open_conference(Timestamp::now())).unwrap();
        conferences.insert(&conference).await.unwrap();
        let secrets_manager = SecretsManager::start().await;
        secrets_manager.put("AWSCURRENT", &secret().to_string());
        let authority = Authority::new(&env::temp_dir());
        Self {
            store: Tls::start(store.endpoint(), &authority, store_latency).await,
            secrets_manager: Tls::start(&secrets_manager.endpoint, &authority, secrets_latency)
                .await,
            authority,
        }
    }

    /// The counts since the last call, first the store's, then Secrets Manager's.
    pub fn take_counts(&self) -> (Counts, Counts) {
        (self.store.take_counts(), self.secrets_manager.take_counts())
    }
}

/// The content of the secret: the webhooks' fields and the join link's.
pub fn secret() -> Value {
    json!({
        "clientSecret": sample::CLIENT_SECRET,
        "conferenceKey": sample::CONFERENCE_KEY,
        "roomKey": "development-only-room-key",
        "signingSecret": "whsec_ZGV2ZWxvcG1lbnQtb25seS1zaWduaW5nLWtleQ==",
    })
}

fn open_conference(now: Timestamp) -> Value {
    let meeting = Meeting::default();
    let hour = Duration::from_hours(1);
    json!({
        "conferenceId": OPEN_CONFERENCE,
        "portalId": meeting.portal_id,
        "userId": meeting.user_id,
        "userEmail": meeting.user_email,
        "topic": meeting.topic,
        "source": meeting.source,
        "startTime": now,
        "endTime": now.plus(hour),
        "conferenceUrl": format!("https://api.example.com/join/{OPEN_CONFERENCE}"),
        "createdAt": now,
        "signedAt": now,
        "revision": 1,
        "expiresAt": now.plus(24 * hour).as_seconds(),
    })
}
