//! `video set`: stores a video system's credentials in the stack's secret.
//!
//! They come from standard input or a hidden prompt, never from an argument, which other programs can
//! see. They are validated before anything is stored.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use serde_json::{Map, Value};
use shared::printable::printable;

use join::video_system::{Credential, SYSTEMS, Selected, System, VideoSystemSecret};

use super::settings::{self, SECRET, StoredSecret};
use crate::aws::Aws;
use crate::commands::error::CommandError;
use crate::output::say;
use crate::prompt;
use crate::stack::Stack;
use crate::terminal::waiting;

const EXAMPLES: &str = "\
Examples:
  cargo run -- video set --stack hubspot-conference
  cargo run -- video set --stack hubspot-conference < credentials.json";

const ROOM_KEY: &str = "roomKey";

/// Store the video system's credentials in the stack's secret
///
/// The room key stays, so that every conference keeps its room. Credentials that are not given stay too;
/// an empty string removes one.
#[derive(Args, Debug)]
#[command(after_help = help())]
pub(super) struct Set {
    /// A deployed stack; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME")]
    stack: String,
}

/// Why no credentials are stored.
#[derive(Debug, thiserror::Error)]
enum SetError {
    #[error("standard input is not a JSON object whose values are strings")]
    NotJson,
    #[error("there is no credential {0}; the credentials are {known}", known = names().join(", "))]
    Unknown(String),
    #[error("roomKey is kept, because every conference's room depends on it: leave it out")]
    RoomKey,
    #[error(
        "a private key has several lines: give JSON on standard input, as cargo run -- help video set shows"
    )]
    PrivateKey,
    #[error("nothing was given, so nothing was changed")]
    Nothing,
    #[error("the stack's secret is not a JSON object, so nothing was changed")]
    StoredNotJson,
    #[error("with these credentials the join function would not start: {0}; nothing was changed")]
    Wrong(shared::config::ConfigError),
}

impl Set {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let aws = Aws::load().await?;
        let find = Stack::find(&aws, &self.stack);
        let stack = waiting("Reading the stack's outputs", find).await?;
        let secret = StoredSecret::find(&aws, &stack)?;
        let given = if io::stdin().is_terminal() {
            ask(stack.parameter("VideoSystem").unwrap_or_default())?
        } else {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            parse(&text)?
        };
        if given.is_empty() {
            return Err(SetError::Nothing.into());
        }
        let names: Vec<String> = given.keys().cloned().collect();
        let stored = waiting("Reading the stack's secret", secret.read()).await?;
        let merged = merge(&stored, given)?;
        let environment = settings::environment(&stack);
        let read = VideoSystemSecret::from_json(SECRET, &merged).map_err(SetError::Wrong)?;
        let selected = Selected::read(&settings::video_system(&environment)?);
        let built = selected.and_then(|selected| selected.build(&read));
        built.map_err(SetError::Wrong)?;
        waiting("Storing the secret", secret.write(merged)).await?;
        say!("Stored {}; the room key is as before.", names.join(", "))?;
        say!(
            "New instances of the join function use them at once, running ones after 15 minutes: keep the old ones valid for half an hour."
        )?;
        say!("Try them: cargo run -- video check --stack {}", self.stack)?;
        Ok(())
    }
}

/// What `--help` says after the options.
fn help() -> String {
    let systems = SYSTEMS.iter().map(|system| {
        let fields = system.credentials.iter().map(|credential| {
            let name = credential.name();
            format!("\"{name}\": \"...\"")
        });
        let fields: Vec<_> = fields.collect();
        format!("  {:15} {{{}}}", system.name, fields.join(", "))
    });
    let systems: Vec<_> = systems.collect();
    format!(
        "Without a terminal, the credentials are read as JSON from standard input:\n{}\n\
         An open Jitsi server needs none.\n\n{EXAMPLES}",
        systems.join("\n")
    )
}

/// The names of all systems' credentials.
fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for credential in SYSTEMS.iter().flat_map(|system| system.credentials) {
        if !names.contains(&credential.name()) {
            names.push(credential.name());
        }
    }
    names
}

/// Prompts for the credentials of `system`, without echoing them.
fn ask(system: &str) -> Result<Map<String, Value>, CommandError> {
    let credentials = System::named(system)?.credentials;
    if credentials.contains(&Credential::PrivateKey) {
        return Err(SetError::PrivateKey.into());
    }
    let mut given = Map::new();
    for credential in credentials {
        let text = prompt::hidden(credential.name(), "give JSON on standard input")?;
        let text = String::from_utf8_lossy(text.expose()).trim().to_owned();
        if !text.is_empty() {
            given.insert(credential.name().to_owned(), text.into());
        }
    }
    Ok(given)
}

/// The credentials in a JSON object.
fn parse(text: &str) -> Result<Map<String, Value>, SetError> {
    if text.trim().is_empty() {
        return Err(SetError::Nothing);
    }
    let given: Map<String, Value> = serde_json::from_str(text).map_err(|_| SetError::NotJson)?;
    for (name, value) in &given {
        if name == ROOM_KEY {
            return Err(SetError::RoomKey);
        }
        if !names().contains(&name.as_str()) {
            return Err(SetError::Unknown(printable(name)));
        }
        if !value.is_string() {
            return Err(SetError::NotJson);
        }
    }
    Ok(given)
}

/// The stored document with the given credentials in place of the old ones.
fn merge(stored: &str, given: Map<String, Value>) -> Result<String, SetError> {
    let mut merged: Map<String, Value> =
        serde_json::from_str(stored).map_err(|_| SetError::StoredNotJson)?;
    merged.extend(given);
    Ok(Value::from(merged).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn given_credentials_replace_stored_ones_and_the_rest_stays() {
        let given = parse(r#"{"appSecret": "new"}"#).unwrap();
        let merged = merge(r#"{"roomKey":"k","appId":"a","appSecret":"old"}"#, given).unwrap();
        let merged: Value = serde_json::from_str(&merged).unwrap();
        let expected = json!({"roomKey": "k", "appId": "a", "appSecret": "new"});
        assert_eq!(merged, expected);
        assert!(matches!(
            merge("hush", Map::new()),
            Err(SetError::StoredNotJson)
        ));
    }

    #[test]
    fn the_help_shows_every_systems_credentials() {
        let help = help();
        assert!(
            help.contains(r#"  jitsi           {"appId": "...", "appSecret": "..."}"#),
            "{help}"
        );
        for system in SYSTEMS {
            let line = help
                .lines()
                .find(|line| line.trim_start().starts_with(system.name));
            for credential in system.credentials {
                assert!(line.unwrap().contains(credential.name()), "{help}");
            }
        }
    }

    #[test]
    fn anything_but_a_credential_is_refused_without_echoing_it() {
        for (text, problem) in [
            ("hush", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#"{"appId":1}"#, "not a JSON object"),
            (r#"{"roomKey":"hush"}"#, "roomKey is kept"),
            (r#"{"appid":"hush"}"#, "no credential appid"),
            ("", "nothing was given"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains(problem) && !error.contains("hush"),
                "{error}"
            );
        }
    }
}
