//! The commands, one file each.

pub mod demo;
pub mod dev;
pub mod event;
pub mod send;
pub mod settings;
pub mod users;

use std::error::Error;

use clap::{Parser, Subcommand};

/// Why a command failed, in words for the person who gave it.
pub type CommandError = Box<dyn Error + Send + Sync>;

/// Conferences for HubSpot's meetings: the backend on this machine, and what an operator needs.
#[derive(Debug, Parser)]
#[command(name = "hubspot-conference", version, max_term_width = 100)]
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
    Settings(settings::SettingsCommand),
    Users(users::Users),
}

impl CommandLine {
    /// Does what was asked for; without a command, [`dev::Dev`].
    ///
    /// # Errors
    /// What went wrong, in words for the person at the keyboard.
    pub async fn run(self) -> Result<(), CommandError> {
        match self.command {
            None => dev::Dev::default().run().await,
            Some(Command::Dev(command)) => command.run().await,
            Some(Command::Demo(command)) => command.run().await,
            Some(Command::Event(command)) => command.run(),
            Some(Command::Send(command)) => command.run().await,
            Some(Command::Settings(command)) => command.run().await,
            Some(Command::Users(command)) => command.run().await,
        }
    }
}
