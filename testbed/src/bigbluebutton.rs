//! An independent BigBlueButton API in its own process: `testbed/peers/bigbluebutton.py`.

use std::env;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The shared secret.
pub const SHARED_SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";

/// An empty BigBlueButton server. Dropping this value stops it.
#[derive(Debug)]
pub struct BigBlueButtonServer {
    /// The address as `bbb-conf --secret` shows it.
    pub url: String,
    process: Child,
}

impl BigBlueButtonServer {
    /// Starts it with the Python that `BIGBLUEBUTTON_PYTHON` names, in whose environment
    /// `testbed/peers/bigbluebutton.txt` is installed.
    pub async fn start() -> Self {
        let python = env::var_os("BIGBLUEBUTTON_PYTHON")
            .expect("BIGBLUEBUTTON_PYTHON names a Python with testbed/peers/bigbluebutton.txt");
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers/bigbluebutton.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(SHARED_SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.next_line().await.unwrap();
        let ready: Value = serde_json::from_str(&ready.expect("it says when it is ready")).unwrap();
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { url, process }
    }

    /// Stops it, and returns once it has exited.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }
}
