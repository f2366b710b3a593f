//! The compiled programs: the functions, the baseline, and what they are compared with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::Value;
use shared::contract::WebhookName;
use simulator::sample::{self, Meeting};

use crate::arguments;
use crate::events::{meeting, signed_event, visit};
use crate::services::{self, OPEN_CONFERENCE};

/// What a program answers. This decides which events it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Any event, as the baseline does. It is sent creates.
    Anything,
    /// One of HubSpot's webhooks.
    Webhook(WebhookName),
    /// A visitor who opens a conference's link.
    Visit,
}

impl Answers {
    /// A new event for it. Events of webhooks are about `meeting`.
    pub fn event(self, meeting: &Meeting) -> Value {
        match self {
            Self::Anything => signed_event(WebhookName::Create, meeting),
            Self::Webhook(webhook) => signed_event(webhook, meeting),
            Self::Visit => visit(OPEN_CONFERENCE),
        }
    }
}

/// A program as it would be deployed.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name in tables: the function's, `baseline`, or the name of what a function is compared with.
    pub name: String,
    /// What it answers.
    pub answers: Answers,
    /// The file.
    pub path: PathBuf,
    /// What runs the file, if it is a script.
    pub interpreter: Option<PathBuf>,
    /// Whether its secrets are in Secrets Manager, not in the environment.
    pub secrets_manager: bool,
}

impl Program {
    /// Its size in bytes, and that of its deployment zip.
    pub fn sizes(&self) -> (usize, usize) {
        let bytes = std::fs::read(&self.path).unwrap();
        // SAM's compression level.
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::new(6));
        zip.write_all(&bytes).unwrap();
        (bytes.len(), zip.finish().unwrap().len())
    }

    /// The same program with its secrets in Secrets Manager, or else in the environment.
    #[must_use]
    pub fn with_secrets_manager(&self, secrets_manager: bool) -> Self {
        Self {
            secrets_manager,
            ..self.clone()
        }
    }

    /// The command that starts it.
    pub fn command(&self) -> Command {
        let Some(interpreter) = &self.interpreter else {
            return Command::new(&self.path);
        };
        let mut command = Command::new(interpreter);
        command.arg(&self.path);
        command
    }

    /// Its settings, except those of AWS.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        if self.answers == Answers::Visit {
            let secret = if self.secrets_manager {
                ("VIDEO_SYSTEM_SECRET_ID", text("secret"))
            } else {
                ("VIDEO_SYSTEM_SECRET", services::secret().to_string())
            };
            return vec![
                ("VIDEO_SYSTEM", text("webhook")),
                ("VIDEO_SYSTEM_URL", text("https://video.example.com")),
                secret,
            ];
        }
        let mut settings = vec![(
            "CONFERENCE_URL_TEMPLATE",
            text("https://meet.example.com/{room}"),
        )];
        if self.secrets_manager {
            settings.push(("HUBSPOT_SECRET_ID", text("secret")));
        } else {
            settings.push(("HUBSPOT_CLIENT_SECRET", text(sample::CLIENT_SECRET)));
            settings.push(("CONFERENCE_KEY", text(sample::CONFERENCE_KEY)));
        }
        settings
    }

    /// The meeting with this number. Create, update and delete have the same ones, so that create makes what
    /// the other two change and delete. Every other program has its own, and so have programs with their
    /// secrets in Secrets Manager.
    pub fn meeting(&self, number: usize) -> Meeting {
        let maker = match self.name.as_str() {
            "update" | "delete" => "create",
            name => name,
        };
        let stored = if self.secrets_manager { "stored " } else { "" };
        Meeting {
            topic: format!("{maker} {stored}{number}"),
            ..meeting(number)
        }
    }
}

/// The programs in the folder that `--programs` names, or else newly built ones.
pub fn named_or_built() -> Vec<Program> {
    match arguments::values("--programs").pop() {
        Some(folder) => built_in(Path::new(&folder)),
        None => build(),
    }
}

/// Builds the programs with the release profile.
pub fn build() -> Vec<Program> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--locked"]);
    for package in ["baseline", "join"] {
        command.args(["--package", package]);
    }
    for webhook in WebhookName::ALL {
        command.args(["--package", webhook.as_str()]);
    }
    let status = command.current_dir(workspace()).status().unwrap();
    assert!(status.success(), "the programs can't be built");
    built_in(&target_folder().join("release"))
}

/// The programs in `folder`, under their names; the baseline comes first.
fn built_in(folder: &Path) -> Vec<Program> {
    let baseline = program("baseline", Answers::Anything, folder.join("baseline"));
    let join = program("join", Answers::Visit, folder.join("join"));
    let webhooks = webhooks(|webhook| folder.join(webhook.as_str()));
    std::iter::once(baseline)
        .chain(webhooks)
        .chain([join])
        .filter(|program| program.path.exists())
        .collect()
}

/// The four webhooks that `sam build` wrote to `folder`.
pub fn built_by_sam(folder: &Path) -> Vec<Program> {
    webhooks(|webhook| {
        let mut name = webhook.as_str().to_owned();
        name[..1].make_ascii_uppercase();
        folder.join(format!("{name}Function")).join("bootstrap")
    })
    .collect()
}

/// The other builds of create that `--beside NAME=FILE` names.
pub fn beside() -> Vec<Program> {
    let named = arguments::values("--beside");
    let named = named.iter().map(|value| value.split_once('='));
    named
        .map(|pair| {
            let (name, file) = pair.expect("--beside NAME=FILE");
            program(name, Answers::Webhook(WebhookName::Create), file.into())
        })
        .collect()
}

/// A create with AWS's SDKs for other languages, as `bench/peers/install` has installed it; none if it
/// hasn't.
pub fn peers() -> Vec<Program> {
    let folder = target_folder().join("peers");
    let python = folder.join("venv/bin/python");
    let peers = [
        ("Node", "node".into(), "create.cjs"),
        ("Python", python, "create.py"),
    ];
    peers
        .into_iter()
        .map(|(name, interpreter, file)| Program {
            interpreter: Some(interpreter),
            ..program(
                name,
                Answers::Webhook(WebhookName::Create),
                folder.join(file),
            )
        })
        .filter(|peer| peer.path.exists())
        .collect()
}

fn webhooks(path: impl Fn(WebhookName) -> PathBuf) -> impl Iterator<Item = Program> {
    WebhookName::ALL
        .into_iter()
        .map(move |webhook| program(webhook.as_str(), Answers::Webhook(webhook), path(webhook)))
}

fn program(name: &str, answers: Answers, path: PathBuf) -> Program {
    Program {
        name: name.to_owned(),
        answers,
        path,
        interpreter: None,
        secrets_manager: false,
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn target_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    workspace().join(target)
}
