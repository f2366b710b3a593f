//! `app` in a process of its own, and a minimal browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin};
use std::time::Duration;

use http::Method;
use simulator::http_client::HttpClient;

use crate::program::program;

/// A process that waits for a browser.
pub(super) struct Waiting {
    pub(super) child: Child,
    pub(super) url: String,
    pub(super) stdin: ChildStdin,
    pub(super) stdout: BufReader<std::process::ChildStdout>,
    pub(super) shown: String,
}

/// The result of the process.
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) shown: String,
}

/// A web page, as received by a browser.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) text: String,
}

impl Waiting {
    /// Starts `app` and reads the URL that it prints. `more` are further options.
    pub(super) fn start(action: &str, base: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["app", action, "--app-base", base, "--api-base", base];
        if !more.contains(&"--port") {
            arguments.extend(["--port", "0"]);
        }
        arguments.extend(more);
        let mut child = program(&arguments, &[]).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut shown = String::new();
        while !shown.contains("/authorize?") {
            assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "{shown}");
        }
        let url = shown.lines().last().unwrap().trim().to_owned();
        Self {
            child,
            url,
            stdin,
            stdout,
            shown,
        }
    }

    pub(super) fn redirect_uri(&self) -> String {
        let query = self.url.split_once('?').unwrap().1;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(name, _)| name == "redirect_uri").unwrap();
        found.1.into_owned()
    }

    pub(super) fn paste(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
        self.stdin.flush().unwrap();
    }

    pub(super) fn end(mut self) -> Ended {
        drop(self.stdin);
        self.stdout.read_to_string(&mut self.shown).unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut self.shown).unwrap();
        Ended {
            success: self.child.wait().unwrap().success(),
            shown: self.shown,
        }
    }
}

pub(super) async fn open(method: Method, url: &str, form: Option<String>) -> Page {
    let client = HttpClient::new().unwrap();
    let mut request = client.request(method, url).timeout(Duration::from_secs(20));
    if let Some(form) = form {
        let kind = "application/x-www-form-urlencoded";
        request = request.header("content-type", kind).body(form);
    }
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location");
    Page {
        status: answer.status().as_u16(),
        location: location.map_or_else(String::new, |l| l.to_str().unwrap().to_owned()),
        text: answer.text().await.unwrap(),
    }
}

/// Submits the consent page as a user does; returns the URL at which the browser ends.
pub(super) async fn decide(base: &str, url: &str, account: u64, decision: &str) -> String {
    let page = open(Method::GET, url, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let (_, rest) = page.text.split_once("name=\"consent\" value=\"").unwrap();
    let consent = rest.split('"').next().unwrap();
    let form = format!("consent={consent}&account={account}&decision={decision}");
    let answered = open(Method::POST, &format!("{base}/oauth/authorize"), Some(form)).await;
    assert_eq!(answered.status, 303, "{}", answered.text);
    answered.location
}
