//! A BigBlueButton API that is not ours, in a process of its own: `testbed/peers/bigbluebutton.py`.

use std::env;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The secret that it shares with us.
pub const SHARED_SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";

/// A BigBlueButton server with nothing in it. It ends with this value.
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

    /// Ends it, and returns once it is gone.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }
}
