//! Protection from other websites: which callers the page, its API and the store answer.

use http::Method;

use super::SETTINGS;
use crate::http_client::HttpClient;
use crate::store::Store;
use crate::system::{Options, Simulator};
use crate::tables::{CONFERENCES_TABLE, USERS_TABLE};

/// Statuses of the page, its API and the settings API, for a caller that addresses this system as `host`.
async fn statuses_for(local: &Simulator, host: &str) -> Vec<u16> {
    let client = HttpClient::new().unwrap();
    let mut statuses = Vec::new();
    for path in ["/", "/hubspot/state", SETTINGS] {
        let url = format!("{}{path}", local.base_url);
        let request = client.request(Method::GET, &url).header("host", host);
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_website_that_resolves_its_own_name_to_this_machine_gets_nothing() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    for host in ["localhost:8787", "127.0.0.1", "[::1]:8787"] {
        assert_eq!(statuses_for(&local, host).await, [200, 200, 401], "{host}");
    }
    for host in ["vc.example.com", "127.0.0.1.example.com:8787", "@", ""] {
        assert_eq!(statuses_for(&local, host).await, [421; 3], "{host}");
    }
    // The webhooks accept any host name, for instance that of a tunnel.
    let client = HttpClient::new().unwrap();
    let url = format!("{}/verify-user", local.base_url);
    let request = client.request(Method::POST, &url);
    let answer = request.header("host", "vc.example.com").send().await;
    assert_eq!(answer.unwrap().status(), 401, "it has no signature");
}

#[tokio::test]
async fn a_system_that_listens_on_every_address_accepts_any_host_name() {
    let options = Options {
        host: "0.0.0.0".parse().unwrap(),
        ..Options::on_free_ports()
    };
    let local = Simulator::start(options).await.unwrap();
    assert!(local.base_url.starts_with("http://127.0.0.1:"));
    let statuses = statuses_for(&local, "host.docker.internal").await;
    assert_eq!(statuses, [200, 200, 401]);
}

#[tokio::test]
async fn a_page_of_another_website_reaches_neither_the_page_nor_the_store() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let client = HttpClient::new().unwrap();
    for base_url in [&local.base_url, &local.dynamodb_url] {
        for (header, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("host", "evil.example"),
        ] {
            let request = client.request(Method::GET, base_url).header(header, value);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 421, "{base_url} {header}: {value}");
            let allowed = answer.headers().get("access-control-allow-origin");
            assert_eq!(allowed, None, "{base_url} {header}: {value}");
        }
        let answer = client.request(Method::GET, base_url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{base_url}");
    }
}

#[tokio::test]
async fn other_programs_reach_the_store_at_its_port() {
    let local = Simulator::start(Options::on_free_ports()).await.unwrap();
    let store = Store::at(local.dynamodb_url.clone()).await;
    let tables = store.client().list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), [CONFERENCES_TABLE, USERS_TABLE]);
    local.store.stop().await;
    assert!(store.client().list_tables().send().await.is_err());
}
