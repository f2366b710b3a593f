//! The commands, one file each.

mod app;
mod client_secret;
mod completions;
mod conferences;
mod demo;
mod dev;
mod doctor;
mod error;
mod event;
mod hosts;
mod join_link;
mod listing;
mod meeting;
mod request;
mod secret;
mod send;
mod settings;
mod signing;
mod table;
mod time;
mod users;
mod video;
mod webhook;

use clap::{CommandFactory, Parser, Subcommand};

use self::error::CommandError;

/// The maximum width of the help, in columns.
const MAX_WIDTH: usize = 100;

const EXAMPLES: &str = "\
Examples:
  cargo run                       the whole system on this machine
  cargo run -- demo               one meeting's life, step by step
  cargo run -- app install --app-id 1234567
  cargo run -- settings set --app-id 1234567 --stack hubspot-conference
  cargo run -- secret set --stack hubspot-conference
  cargo run -- doctor --stack hubspot-conference --app-id 1234567
  cargo run -- users add ada@example.com --portal 123123 --stack hubspot-conference
  cargo run -- conferences list --portal 123123 --stack hubspot-conference
  cargo run -- send all --stack hubspot-conference

Each command has examples of its own: cargo run -- help settings set";

/// Conferences for HubSpot's meetings: the backend on this machine, and the operator's commands.
#[derive(Debug, Parser)]
#[command(name = "hubspot-conference", version, max_term_width = MAX_WIDTH, after_help = EXAMPLES)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
    Demo(demo::Demo),
    Event(event::Event),
    Send(send::Send),
    App(app::App),
    Settings(settings::SettingsCommand),
    Secret(secret::SecretCommand),
    Doctor(doctor::Doctor),
    Users(users::Users),
    Video(video::Video),
    Hosts(hosts::Hosts),
    Conferences(conferences::Conferences),
    Completions(completions::Completions),
}

impl CommandLine {
    /// Runs the command; the default is `dev`.
    ///
    /// # Errors
    /// An error with a message for the user, if the command fails.
    pub async fn run(self) -> Result<(), CommandError> {
        match self.command {
            None => dev::Dev::default().run().await,
            Some(Command::Dev(command)) => command.run().await,
            Some(Command::Demo(command)) => command.run().await,
            Some(Command::Event(command)) => command.run(),
            Some(Command::Send(command)) => command.run().await,
            Some(Command::App(command)) => command.run().await,
            Some(Command::Secret(command)) => command.run().await,
            Some(Command::Doctor(command)) => command.run().await,
            Some(Command::Settings(command)) => command.run().await,
            Some(Command::Users(command)) => command.run().await,
            Some(Command::Video(command)) => command.run().await,
            Some(Command::Hosts(command)) => command.run().await,
            Some(Command::Conferences(command)) => command.run().await,
            Some(Command::Completions(command)) => command.run(Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name and the examples of `command` and of every command below it.
    fn collect_examples(command: &clap::Command, found: &mut Vec<(String, String)>) {
        let help = command.get_after_help().map(ToString::to_string);
        found.push((command.get_name().to_owned(), help.unwrap_or_default()));
        for inner in command.get_subcommands() {
            collect_examples(inner, found);
        }
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        let mut found = Vec::new();
        collect_examples(&CommandLine::command(), &mut found);
        for (name, help) in found {
            // Longer lines would be wrapped, in the middle of a command.
            let too_long = help.lines().find(|line| line.chars().count() > MAX_WIDTH);
            assert_eq!(too_long, None, "{name}");
            let help = help.replace("\\\n", "");
            let lines = help
                .lines()
                .filter_map(|line| line.split_once("cargo run -- "));
            let mut examples = 0;
            for (_, words) in lines.filter(|(before, _)| !before.contains('(')) {
                let command = words.split(['|', '<', '>']).next().unwrap();
                let command = command.split("   ").next().unwrap();
                let words = command
                    .replace("'Another title'", "Title")
                    .replace('\'', "");
                let words = std::iter::once("hubspot-conference").chain(words.split_whitespace());
                let parsed = CommandLine::try_parse_from(words);
                let is_help = parsed
                    .as_ref()
                    .is_err_and(|error| error.kind() == clap::error::ErrorKind::DisplayHelp);
                assert!(parsed.is_ok() || is_help, "{name}: {command}: {parsed:?}");
                examples += 1;
            }
            assert!(examples > 0, "{name} has no example");
        }
    }

    #[test]
    fn the_definition_of_the_command_line_is_valid() {
        CommandLine::command().debug_assert();
    }
}
