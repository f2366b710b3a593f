//! Output of results: a closed or full standard output, and control characters at a terminal.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::json;
use simulator::sample;
use simulator::system::{Options, Simulator};
use simulator::video_system;

use crate::fake_aws::{self, SIGNED_IN, STACK};
use crate::fake_hubspot::FakeHubSpot;
use crate::fake_secrets::FakeSecrets;
use crate::program::{self, Ended, end, program};
use crate::users::{port, store};

/// Everything that commands talk to: the local system, HubSpot's settings, and AWS with one stack.
struct World {
    local: Simulator,
    hubspot: FakeHubSpot,
    environment: Vec<(&'static str, String)>,
}

impl World {
    async fn new() -> Self {
        let local = Simulator::start(Options::on_free_ports()).await.unwrap();
        let base = &local.base_url;
        let url = |path: &str| format!("{base}{path}");
        let (create, update, delete, verify) = (
            url("/create-meeting"),
            url("/update-meeting"),
            url("/delete-meeting"),
            url("/verify-user"),
        );
        let (join, system) = (url("/join"), url(video_system::PATH));
        let outputs = [
            ("CreateMeetingUrl", create.as_str()),
            ("UpdateMeetingUrl", &update),
            ("DeleteMeetingUrl", &delete),
            ("VerifyUserUrl", &verify),
            ("JoinUrl", &join),
            ("ConferencesTableName", "conferences"),
            ("UsersTableName", "users"),
            ("HubSpotSecretArn", "arn:aws:secret"),
            ("VideoSystemSecretArn", "arn:aws:secret"),
        ];
        let parameters = [("VideoSystem", "webhook"), ("VideoSystemUrl", &system)];
        let cloud_formation = fake_aws::cloud_formation_with(&outputs, &parameters).await;
        let mut secret: serde_json::Value = serde_json::from_str(video_system::SECRET).unwrap();
        secret["clientSecret"] = json!("0ld00000-0000-0000-0000-00000000n0b0dy");
        secret["conferenceKey"] = json!("the-key-that-all-links-depend-on");
        let secrets = FakeSecrets::start(&secret.to_string()).await;
        let hubspot = FakeHubSpot::start().await;
        let hubspot = hubspot.with_settings(json!({"createMeetingUrl": create}));
        let mut environment = SIGNED_IN
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        environment.extend([
            ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud_formation),
            (
                "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
                fake_aws::cloudwatch_logs(Vec::new()).await,
            ),
            ("AWS_ENDPOINT_URL_DYNAMODB", local.dynamodb_url.clone()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint),
            ("HUBSPOT_CLIENT_SECRET", sample::CLIENT_SECRET.to_owned()),
            (
                "HUBSPOT_DEVELOPER_API_KEY",
                "a-key-that-nobody-sees".to_owned(),
            ),
        ]);
        let world = Self {
            local,
            hubspot,
            environment,
        };
        // More than the buffer of a pipe holds.
        let id = "i".repeat(1_000);
        let rows = (0..60).map(|n| format!("user{n}@example.com,{id}\n"));
        let rows = format!("email,nativeId\n{}", rows.collect::<String>());
        let import = world.run("users import - --portal 123123", &rows, Stdio::piped());
        assert_eq!(import.await.code, 0);
        let create = world.run("send create", "", Stdio::piped());
        assert_eq!(create.await.code, 0);
        world
    }

    /// Runs a command with this standard output, and with the options that make it use this world.
    async fn run(&self, command: &str, input: &str, output: Stdio) -> Ended {
        let (base, api) = (self.local.base_url.as_str(), self.hubspot.base.as_str());
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        match arguments.first() {
            _ if arguments.contains(&"--stack") => {}
            Some(&("users" | "conferences")) => {
                arguments.extend(["--dynamodb-port", port(&self.local.dynamodb_url)]);
            }
            Some(&"send") => arguments.extend(["--base-url", base]),
            Some(&"settings") => arguments.extend(["--api-base", api]),
            Some(&"app") => {
                arguments.extend(["--app-base", base, "--api-base", base, "--port", "0"]);
            }
            _ => {}
        }
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut child = program(&arguments, &environment)
            .stdout(output)
            .spawn()
            .unwrap();
        let input = input.to_owned();
        let ended = tokio::task::spawn_blocking(move || {
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).ok();
            end(child)
        });
        ended.await.unwrap()
    }
}

/// Every command that prints and ends. `{stack}` stands for the only stack, `{conference}` for the only
/// conference.
const COMMANDS: &str = "\
--help
--version
help send
app install
app uninstall --yes
completions bash
conferences find --url http://127.0.0.1/join/{conference}
conferences list --portal 123123
conferences list --portal 123123 --format csv
conferences list --portal 123123 --format json
conferences purge --portal 123123 --dry-run
conferences show {conference}
demo
doctor --stack {stack}
doctor --stack {stack} --json
event create
event join
hosts link --portal 123123 --user-id 123 --stack {stack}
secret set --stack {stack}
send verify
send all
send join --conference-id {conference}
settings show --app-id 7
settings show --app-id 7 --json
settings set --app-id 7 --base-url https://vc.example.com --yes
settings clear --app-id 7 --yes
users add ada@example.com --portal 123123
users import - --portal 123123
users list --portal 123123
users list --portal 123123 --format csv
users list --portal 123123 --format json
users remove ada@example.com --portal 123123
video check --stack {stack}
video set --stack {stack}
conferences purge --portal 123123 --yes";

/// What a command is given on standard input, if it reads any.
fn input(command: &str) -> &'static str {
    match command.split(' ').next() {
        Some("users") => "email\nbob@example.com\n",
        Some("video") => r#"{"signingSecret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#,
        _ => "",
    }
}

/// Runs every command with this standard output.
async fn run_all(output: impl Fn() -> Stdio) -> Vec<(String, Ended)> {
    let world = World::new().await;
    let show = world.run("conferences list --portal 123123", "", Stdio::piped());
    let listed = show.await.stdout;
    let conference = listed.lines().nth(1).unwrap().split(' ').next().unwrap();
    let mut all = Vec::new();
    for command in COMMANDS.lines() {
        let command = command.replace("{stack}", STACK);
        let command = command.replace("{conference}", conference);
        let ended = world.run(&command, input(&command), output()).await;
        all.push((command, ended));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_every_command_ends_with_one_line_and_no_panic() {
    let full = || {
        let full = OpenOptions::new().write(true).open("/dev/full");
        Stdio::from(full.unwrap())
    };
    for (command, ended) in run_all(full).await {
        assert_eq!(ended.code, 1, "{command} {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{command} {ended:?}");
        let errors = ended.stderr.lines().filter(|line| line.contains("error"));
        let errors: Vec<_> = errors.collect();
        let words = "error: standard output can't be written: No space left on device";
        assert!(
            errors.len() == 1 && errors[0].starts_with(words),
            "{command} {ended:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_ends_every_command_quietly() {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for (command, ended) in run_all(closed).await {
        assert_eq!(ended.code, 0, "{command} {ended:?}");
        for words in ["panicked", "error", "pipe"] {
            assert!(!ended.stderr.contains(words), "{command} {ended:?}");
        }
    }
}

#[test]
fn every_command_is_among_the_tested_ones() {
    let known = |command: &str| COMMANDS.lines().any(|line| line.starts_with(command));
    let commands = <hubspot_conference::commands::CommandLine as clap::CommandFactory>::command();
    for command in commands.get_subcommands() {
        let name = command.get_name();
        let mut actions = command.get_subcommands().peekable();
        if actions.peek().is_none() {
            // `dev` keeps running without a reader, until Ctrl-C.
            assert!(known(name) || name == "dev", "{name}");
        }
        for action in actions {
            let name = format!("{name} {}", action.get_name());
            assert!(known(&name), "{name}");
        }
    }
}

#[tokio::test]
async fn json_escapes_characters_that_would_control_a_terminal() {
    let topic = "a\u{1b}]0;x\u{7}\u{9b}\u{7f}\u{202e}\u{2028}b";
    let event = program::run(&["event", "create", "--topic", topic], &[], "").await;
    assert_eq!(event.code, 0, "{event:?}");
    let unsafe_ones = [
        '\u{1b}', '\u{7}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{2028}',
    ];
    assert!(!event.stdout.contains(unsafe_ones), "{event:?}");
    let json: serde_json::Value = serde_json::from_str(&event.stdout).unwrap();
    let body: serde_json::Value = serde_json::from_str(json["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["topic"], topic);
}

#[tokio::test]
async fn a_dry_run_of_a_purge_names_the_host_and_the_start() {
    let store = store().await;
    let purge = [
        "conferences",
        "purge",
        "--portal",
        "7",
        "--user-email",
        "ada@example.com",
    ];
    let place = [
        "--from",
        "2026-11-25",
        "--dry-run",
        "--dynamodb-port",
        port(store.endpoint()),
    ];
    let purge = program::run(&[&purge[..], &place].concat(), &[], "").await;
    let words = "0 conferences of host ada@example.com in portal 7, starting from 2026-11-25 00:00:00 UTC \
                 would be purged. Nothing was changed.\n";
    assert_eq!(purge.stdout, words, "{purge:?}");
}
