//! The services that the functions call, behind TLS as in AWS: a store with the sample user, and a fake
//! Secrets Manager with the sample secret.

use std::env;

use serde_json::json;
use shared::repository::users::{KeepUsers, User};
use simulator::sample::{self, Meeting};
use simulator::store::Store;
use simulator::tables::{CONFERENCES_TABLE, USERS_TABLE};
use testbed::ANY_PORT;
use testbed::secrets_manager::SecretsManager;

use crate::network::Latency;
use crate::tls::{Authority, Counts, Tls};

/// All of them.
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

    /// Starts them with the latency of AWS's in a function's own region: `store` for DynamoDB, and
    /// `secrets_manager` for Secrets Manager.
    pub async fn start_at(store_latency: Latency, secrets_latency: Latency) -> Self {
        let store = match env::var("DYNAMODB_ENDPOINT") {
            Ok(endpoint) => Store::at(endpoint).await,
            Err(_) => Store::start(ANY_PORT, None).await.unwrap(),
        };
        store
            .create_tables(CONFERENCES_TABLE, USERS_TABLE)
            .await
            .unwrap();
        let users = KeepUsers::new(store.client(), USERS_TABLE.to_owned());
        let user = User {
            portal_id: Meeting::default().portal_id,
            email: Meeting::default().user_email.parse().unwrap(),
            native_id: None,
        };
        users.put(&user).await.unwrap();
        let secrets_manager = SecretsManager::start().await;
        let secret = json!({
            "clientSecret": sample::CLIENT_SECRET,
            "conferenceKey": sample::CONFERENCE_KEY,
        });
        secrets_manager.put("AWSCURRENT", &secret.to_string());
        let authority = Authority::new(&env::temp_dir());
        Self {
            store: Tls::start(store.endpoint(), &authority, store_latency).await,
            secrets_manager: Tls::start(&secrets_manager.endpoint, &authority, secrets_latency)
                .await,
            authority,
        }
    }

    /// The counts since the last call: the store's, and Secrets Manager's.
    pub fn take_counts(&self) -> (Counts, Counts) {
        (self.store.take_counts(), self.secrets_manager.take_counts())
    }
}
