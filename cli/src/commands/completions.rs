//! `completions`: prints shell completions for the binary's commands and options.

use std::io::{self, Write};

use clap::{Args, Command};
use clap_complete::Shell;

use super::error::CommandError;
use crate::output::OutputError;

const EXAMPLES: &str = "\
Examples:
  cargo run -- completions bash > ~/.local/share/bash-completion/completions/hubspot-conference
  cargo run -- completions zsh > ~/.zfunc/_hubspot-conference
  cargo run -- completions fish > ~/.config/fish/completions/hubspot-conference.fish

The completions are for the installed binary: cargo install --path cli";

/// Print shell completions for the installed binary
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Prints the completions for `command`.
    pub(super) fn run(self, mut command: Command) -> Result<(), CommandError> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        let mut output = io::stdout();
        let written = output.write_all(&script).and_then(|()| output.flush());
        Ok(written.map_err(OutputError::from)?)
    }
}
