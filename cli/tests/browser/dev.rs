//! Runs the command `dev` in its own process, for tests that end it or start it again.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running `dev`, until it is dropped.
pub(crate) struct Dev(Child);

impl Dev {
    /// Starts it with these options; also returns the address of its page.
    pub(crate) fn start(
        options: &[&OsStr],
    ) -> Result<(Self, String), Box<dyn std::error::Error + Send + Sync>> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hubspot-conference"))
            .args(["dev", "--port", "0", "--dynamodb-port", "0"])
            .args(options)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("dev has no output")?;
        let dev = Self(process);
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once("page      ") {
                return Ok((dev, address.to_owned()));
            }
        }
        Err("dev exited before it printed its address".into())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
