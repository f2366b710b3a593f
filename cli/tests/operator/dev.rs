//! A developer runs the whole system on one machine, in various environments.

use std::io::{BufRead, BufReader};
use std::process::Child;

use http::Method;
use serde_json::json;
use simulator::http_client::HttpClient;

use crate::program::{self, Ended, program};

/// An unreachable proxy for all requests.
const PROXY: [(&str, &str); 3] = [
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("ALL_PROXY", "http://127.0.0.1:9"),
];

/// A running `dev`, until it is dropped.
struct Dev {
    process: Child,
    base_url: String,
    dynamodb_port: String,
}

impl Dev {
    /// Starts it on free ports. Once it runs, its output is not read any more.
    async fn start(more: &[&str], environment: &[(&str, &str)]) -> Self {
        let free_ports = ["dev", "--port", "0", "--dynamodb-port", "0"];
        let mut process = program(&[&free_ports, more].concat(), environment)
            .spawn()
            .unwrap();
        let output = process.stdout.take().unwrap();
        let read = tokio::task::spawn_blocking(move || {
            let lines = BufReader::new(output).lines().map(Result::unwrap);
            let urls = lines.filter_map(|line| Some(line.split_once("http://")?.1.to_owned()));
            // The page, the four webhooks, the store.
            urls.take(6).collect::<Vec<_>>()
        });
        let urls = read.await.unwrap();
        Self {
            process,
            base_url: format!("http://{}", urls[0]),
            dynamodb_port: urls[5].rsplit(':').next().unwrap().to_owned(),
        }
    }

    async fn users(&self, arguments: &str, environment: &[(&str, &str)]) -> Ended {
        let place = ["--dynamodb-port", &self.dynamodb_port];
        let words = ["users"].into_iter().chain(arguments.split(' '));
        let arguments: Vec<_> = words.chain(place).collect();
        program::run(&arguments, environment, "").await
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
async fn demo_works_behind_a_proxy_without_changes() {
    let demo = program::run(&["demo"], &PROXY, "").await;
    assert_eq!(demo.code, 0, "{demo:?}");
    assert!(demo.stdout.ends_with("Everything is as documented.\n"));
}

#[tokio::test]
async fn a_system_behind_a_proxy_and_without_a_reader_schedules_meetings() {
    let dev = Dev::start(&[], &PROXY).await;
    let meeting = json!({
        "title": "A Test Meeting", "host": "test.user@example.com", "source": "MANUAL",
        "startTime": 0, "endTime": 1,
    });
    let url = format!("{}/hubspot/meetings", dev.base_url);
    let request = HttpClient::new().unwrap().request(Method::POST, &url);
    let request = request.header("content-type", "application/json");
    let answer = request.body(meeting.to_string()).send().await.unwrap();
    let status = answer.status();
    assert_eq!(status, 200, "{}", answer.text().await.unwrap());

    let send = ["send", "verify", "--base-url", &dev.base_url];
    let send = program::run(&send, &PROXY, "").await;
    assert_eq!(send.code, 0, "{send:?}");
    let list = dev.users("list --portal 123123", &PROXY).await;
    assert!(list.stdout.contains("test.user@example.com"), "{list:?}");
}

#[tokio::test]
async fn changes_to_the_first_user_are_kept_with_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.sqlite");
    let keep = ["--data", data.to_str().unwrap()];
    let list = "list --portal 123123 --format csv";

    let dev = Dev::start(&keep, &[]).await;
    let add = "add test.user@example.com --portal 123123 --native-id host-4711";
    assert_eq!(dev.users(add, &[]).await.code, 0);
    drop(dev);

    let dev = Dev::start(&keep, &[]).await;
    let kept = dev.users(list, &[]).await;
    assert!(kept.stdout.contains("host-4711"), "{kept:?}");
    let remove = "remove test.user@example.com --portal 123123";
    assert_eq!(dev.users(remove, &[]).await.code, 0);
    drop(dev);

    let dev = Dev::start(&keep, &[]).await;
    let kept = dev.users(list, &[]).await;
    assert_eq!(kept.stdout, "email,nativeId,portalId\n", "{kept:?}");
}

#[tokio::test]
async fn a_listen_address_that_is_not_loopback_is_refused_with_a_remedy() {
    let dev = program::run(&["dev", "--host", "192.168.1.5"], &[], "").await;
    assert_eq!(dev.code, 2);
    assert!(dev.stderr.contains("must be a loopback address"), "{dev:?}");
}

#[tokio::test]
async fn a_port_in_use_is_reported_with_a_remedy() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    for ports in [
        ["--port", &port, "--dynamodb-port", "0"],
        ["--port", "0", "--dynamodb-port", &port],
    ] {
        let dev = program::run(&[&["dev"][..], &ports].concat(), &[], "").await;
        assert_eq!((dev.code, dev.stdout.as_str()), (1, ""), "{dev:?}");
        let words =
            format!("error: can't listen on 127.0.0.1:{port}: if another program uses that port");
        assert!(dev.stderr.starts_with(&words), "{dev:?}");
        assert!(
            dev.stderr
                .contains("choose a port with --port or --dynamodb-port"),
            "{dev:?}"
        );
    }
}

#[tokio::test]
async fn a_data_file_belongs_to_its_owner_and_to_one_system_at_a_time() {
    use std::os::unix::fs::MetadataExt;

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.sqlite");
    let keep = ["--data", data.to_str().unwrap()];
    let _dev = Dev::start(&keep, &[]).await;
    assert_eq!(std::fs::metadata(&data).unwrap().mode() & 0o777, 0o600);

    let second = [
        "dev",
        "--port",
        "0",
        "--dynamodb-port",
        "0",
        keep[0],
        keep[1],
    ];
    let second = program::run(&second, &[], "").await;
    assert_eq!(second.code, 1);
    assert!(
        second.stderr.contains("is in use by another system"),
        "{second:?}"
    );
}
