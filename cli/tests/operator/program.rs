//! Runs the binary as an operator would, without this machine's environment variables.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use simulator::sample;

/// Variables whose values must never be printed.
const SECRET: [&str; 4] = [
    "AWS_SECRET_ACCESS_KEY",
    "HUBSPOT_ACCESS_TOKEN",
    "HUBSPOT_CLIENT_SECRET",
    "HUBSPOT_DEVELOPER_API_KEY",
];

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary with `arguments` and exactly these variables, ready to run.
pub(crate) fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubspot-conference"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the binary to its end, with `input` on its standard input, which is not a terminal.
pub(crate) async fn run(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ended {
    let mut child = program(arguments, environment).spawn().unwrap();
    let input = input.to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        // A command that doesn't read all of its input closes the pipe, which is fine here.
        let written = child.stdin.take().unwrap().write_all(input.as_bytes());
        drop(written);
        end(child)
    });
    let ended = ended.await.unwrap();
    let given = environment.iter().filter(|(name, _)| SECRET.contains(name));
    let given = given.map(|(_, value)| *value);
    for secret in given.chain([sample::CLIENT_SECRET, sample::CONFERENCE_KEY]) {
        assert!(!ended.stdout.contains(secret), "{secret} is in {ended:?}");
        assert!(!ended.stderr.contains(secret), "{secret} is in {ended:?}");
    }
    assert_no_cause_is_repeated(&ended);
    ended
}

/// An error's message and its causes are printed one after the other, so a message that contains its cause
/// would repeat it.
fn assert_no_cause_is_repeated(ended: &Ended) {
    for line in ended.stderr.lines() {
        if let Some((message, cause)) = line.rsplit_once(": ")
            && line.starts_with("error: ")
        {
            assert!(!message.contains(cause), "{cause} is twice in {ended:?}");
        }
    }
}

/// Waits for the process to end.
pub(crate) fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
