//! The store: an embedded one that knows the sample user, behind TLS.

use hubspot_conference::local::store::Store;
use hubspot_conference::local::{CONFERENCES_TABLE, USERS_TABLE};
use hubspot_conference::sample::Meeting;
use shared::repository::users::{KeepUsers, User};

use crate::tls::Tls;

/// Starts it, with its data in memory.
pub async fn start() -> Tls {
    let address = "127.0.0.1:0".parse().unwrap();
    let store = Store::start(address, None).await.unwrap();
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
    Tls::start(store.endpoint(), &std::env::temp_dir()).await
}
