//! Runs a program without working name servers: in a network namespace whose only name server never
//! answers.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Sets up the namespace and starts the name server.
const SCRIPT: &str = r#"
ip link set lo up || exit 200
file=$(mktemp) && echo "nameserver 127.0.0.1" >"$file" && mount --bind "$file" /etc/resolv.conf || exit 200
exec python3 -c "$MUTE" "$0"
"#;

/// Opens the name server's socket, and becomes the program. The socket stays open, and nothing reads from it.
const MUTE: &str = r#"
import os, socket, sys, time
mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 53))
mute.set_inheritable(True)
print(time.time_ns(), flush=True)
os.execv(sys.argv[1], sys.argv[1:])
"#;

/// How the program exited.
#[derive(Debug)]
pub struct Ended {
    /// Whether it exited successfully.
    pub succeeded: bool,
    /// What it wrote to standard output and standard error.
    pub output: String,
    /// The time from start to exit.
    pub took: Duration,
}

/// Runs `program` with these variables until it exits. `None` if the namespace can't be created.
pub fn run(program: &str, environment: &[(&str, &str)]) -> Option<Ended> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let spawned = Instant::now();
    let now = std::time::SystemTime::now();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount"])
        .args(["sh", "-c", SCRIPT, program])
        .env_clear()
        .env("PATH", path)
        .env("MUTE", MUTE)
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let took = spawned.elapsed();
    let stdout = String::from_utf8_lossy(&output.stdout);
    // Without this line there was no namespace, and the program never started.
    let (began, rest) = stdout.split_once('\n')?;
    let since_epoch = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let began = Duration::from_nanos(began.parse().ok()?).saturating_sub(since_epoch);
    Some(Ended {
        succeeded: output.status.success(),
        output: format!("{rest}{}", String::from_utf8_lossy(&output.stderr)),
        took: took.saturating_sub(began),
    })
}
