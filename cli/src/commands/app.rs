//! `app`: installs the HubSpot app in an account, or uninstalls it. Both start with the same OAuth flow:
//! an admin of the account approves the app in a browser, and the redirect delivers the code to this
//! command.

mod dispatch;
mod install;
mod uninstall;

use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::{Args, Subcommand};
use shared::config::Environment;
use shared::identifiers::PortalId;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use simulator::sample;
use simulator::settings::AppId;

use super::client_secret;
use super::error::CommandError;
use crate::hubspot_oauth::api::{AccessToken, OauthApi};
use crate::hubspot_oauth::authorization::{AnswerError, Authorization, ClientId};
use crate::hubspot_oauth::installation::{Installation, known};
use crate::hubspot_oauth::listener::{Arrival, Ending, Listener, Sockets};
use crate::output::{OutputError, note, say};
use crate::prompt::{self, Lines};
use crate::terminal::waiting;

const EXAMPLES: &str = "\
The app's client secret is read from HUBSPOT_CLIENT_SECRET, or from a hidden prompt.

Examples:
  cargo run -- app install --client-id 12345678-90ab-cdef-1234-567890abcdef --app-id 1234567
  cargo run -- app uninstall --client-id 12345678-90ab-cdef-1234-567890abcdef --hub-id 7654321";

const INSTALL_EXAMPLES: &str = "\
The app's client secret is read from HUBSPOT_CLIENT_SECRET, or from a hidden prompt.

Examples:
  cargo run -- app install
  cargo run -- app install --client-id 12345678-90ab-cdef-1234-567890abcdef --app-id 1234567
  cargo run -- app install --app-base http://127.0.0.1:8787 --api-base http://127.0.0.1:8787

The last example is for the local system (cargo run), whose app has HubSpot's example secret.

If the browser is on another machine, its last page doesn't load: paste that page's address into
this command.";

const UNINSTALL_EXAMPLES: &str = "\
The app's client secret is read from HUBSPOT_CLIENT_SECRET, or from a hidden prompt.

Examples:
  cargo run -- app uninstall --client-id 12345678-90ab-cdef-1234-567890abcdef --hub-id 7654321
  cargo run -- app uninstall --app-base http://127.0.0.1:8787 --api-base http://127.0.0.1:8787 --yes

You can also uninstall by hand: in the account, Settings → Integrations → Connected Apps.";

/// Install the HubSpot app in an account, or uninstall it
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct App {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Install the app in a HubSpot account
    ///
    /// An admin of the account approves the app in the browser. This command receives the code and
    /// completes the installation. It keeps no tokens.
    #[command(after_help = INSTALL_EXAMPLES)]
    Install {
        #[command(flatten)]
        options: Options,
    },
    /// Uninstall the app from a HubSpot account
    ///
    /// An admin of the account approves the app in the browser, as for install. Then this command asks
    /// for confirmation and uninstalls the app. HubSpot no longer offers the video conference in this
    /// account. Existing links keep working.
    #[command(after_help = UNINSTALL_EXAMPLES)]
    Uninstall {
        #[command(flatten)]
        options: Options,
        /// Skip the confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// The app, the account, and HubSpot's addresses.
#[derive(Args, Debug)]
struct Options {
    /// The app's client ID, from its Auth tab; prompted for if missing
    #[arg(long, value_name = "ID")]
    client_id: Option<ClientId>,
    /// The app's ID: fail if the client ID belongs to another app
    #[arg(long, value_name = "NUMBER")]
    app_id: Option<AppId>,
    /// The account; without it, HubSpot's page lets the admin choose
    #[arg(long, value_name = "NUMBER")]
    hub_id: Option<PortalId>,
    /// Port of the app's redirect URL, http://localhost:PORT/callback
    #[arg(long, default_value_t = 8910)]
    port: u16,
    /// Base URL of HubSpot's web pages
    #[arg(long, default_value = "https://app.hubspot.com", value_name = "URL")]
    app_base: PublicBaseUrl,
    /// Base URL of HubSpot's API
    #[arg(long, default_value = "https://api.hubapi.com", value_name = "URL")]
    api_base: PublicBaseUrl,
}

/// The authorization was interrupted.
#[derive(Debug, thiserror::Error)]
#[error(
    "interrupted before HubSpot answered. If HubSpot's page showed a problem instead: the user \
     must be a Super Admin or have the permission HubSpot Marketplace Access; the account must be on the \
     app's Distribution tab; \"hasn't been approved\" means that an admin must approve the app first, \
     under Settings → Integrations → Connected Apps → Approved apps"
)]
struct Interrupted;

/// The app or the account differs from the requested one.
#[derive(Debug, thiserror::Error)]
enum Mismatch {
    #[error(
        "this client ID belongs to app {found}, not to --app-id {wanted}. Account {account} has now \
         authorized app {found}; app uninstall reverts that"
    )]
    App {
        wanted: AppId,
        found: u64,
        account: String,
    },
    #[error(
        "account {account} authorized the app, not --hub-id {wanted}: sign in to that account, or leave \
         --hub-id out. app uninstall removes the app again"
    )]
    Account { wanted: PortalId, account: String },
    #[error("HubSpot reports the token that it has just issued as invalid: run the command again")]
    Inactive,
}

/// An authorization that an admin has granted.
struct Granted {
    api: OauthApi,
    token: AccessToken,
    installation: Installation,
    lines: Lines,
    browser: Browser,
}

/// The browser request that is waiting for the outcome, if a browser delivered the answer.
struct Browser {
    page: Option<tokio::sync::oneshot::Sender<Ending>>,
    listener: Listener,
}

impl Options {
    /// Sends an admin to HubSpot, waits for the redirect and exchanges the code. `purpose` is the first
    /// part of the prompt, such as "To install the app".
    async fn authorize(self, purpose: &str) -> Result<Granted, CommandError> {
        let (client_id, client_secret) = self.credentials(&Environment::from_process())?;
        let sockets = Sockets::bind(self.port).await?;
        let authorization = Authorization::begin(
            self.app_base.clone(),
            client_id.clone(),
            self.hub_id,
            sockets.port(),
        )?;
        let redirect_uri = authorization.redirect_uri().to_owned();
        let api = OauthApi::new(&self.api_base, client_id, client_secret, redirect_uri)?;
        let authorization = Arc::new(authorization);
        let mut listener = Listener::start(sockets, Arc::clone(&authorization));
        print_url(purpose, &authorization)?;
        let mut lines = Lines::read();
        let (code, page) = wait(&authorization, &mut listener, &mut lines).await?;
        let browser = Browser { page, listener };
        let granted = async {
            let token = api.exchange(&code?).await?;
            let installation = api.introspect(&token).await?;
            self.compare(&installation)?;
            Ok::<_, CommandError>((token, installation))
        };
        match waiting("Waiting for HubSpot", granted).await {
            Ok((token, installation)) => Ok(Granted {
                api,
                token,
                installation,
                lines,
                browser,
            }),
            Err(error) => {
                browser.end(Ending::Failed).await;
                Err(error)
            }
        }
    }

    /// The app's credentials. On this machine, the default is the simulator's app.
    fn credentials(&self, environment: &Environment) -> Result<(ClientId, Secret), CommandError> {
        let here = self.app_base.is_loopback() && self.api_base.is_loopback();
        let client_id = match &self.client_id {
            Some(id) => id.clone(),
            None if here => sample::CLIENT_ID.parse()?,
            None => {
                prompt::line("Client ID (on the app's Auth tab)", "give --client-id")?.parse()?
            }
        };
        let secret = match environment.optional(client_secret::CLIENT_SECRET) {
            None if here => Secret::new(sample::CLIENT_SECRET),
            _ => client_secret::read(environment)?,
        };
        Ok((client_id, secret))
    }

    fn compare(&self, found: &Installation) -> Result<(), Mismatch> {
        let account = found.account();
        if !found.active {
            return Err(Mismatch::Inactive);
        }
        match (self.app_id, found.app_id) {
            (Some(wanted), Some(found)) if wanted.to_string() != found.to_string() => {
                return Err(Mismatch::App {
                    wanted,
                    found,
                    account,
                });
            }
            _ => {}
        }
        match (self.hub_id, found.hub_id) {
            (Some(wanted), Some(id)) if wanted.get() != id => {
                Err(Mismatch::Account { wanted, account })
            }
            _ => Ok(()),
        }
    }
}

impl Browser {
    /// Shows the outcome on the page, and closes the port.
    async fn end(self, ending: Ending) {
        if let Some(page) = self.page {
            page.send(ending).ok();
        }
        self.listener.stop().await;
    }
}

/// Prints the URL, and opens it in a browser if there is a graphical session.
fn print_url(purpose: &str, authorization: &Authorization) -> Result<(), OutputError> {
    let url = authorization.url();
    say!("{purpose}, open this address as an admin of the account:\n")?;
    say!("  {url}\n")?;
    if open(&url) {
        note!("It should open in your browser automatically.");
    }
    note!(
        "Waiting for HubSpot's answer at {}. Press Ctrl-C to stop.\nIf the browser is on another machine, paste \
         the address of its last page here.",
        authorization.redirect_uri()
    );
    Ok(())
}

/// Opens `url` in the user's browser, if there is a graphical session. The URL contains no secret: other
/// users of this machine may see it in the process list.
fn open(url: &str) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ if set("DISPLAY") || set("WAYLAND_DISPLAY") => "xdg-open",
        _ => return false,
    };
    if !io::stderr().is_terminal() {
        return false;
    }
    let mut command = Command::new(program);
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.stderr(Stdio::null()).arg(url).spawn().is_ok()
}

type Answer = (
    Result<Secret, AnswerError>,
    Option<tokio::sync::oneshot::Sender<Ending>>,
);

/// Waits for the first answer with this authorization's state, from a browser or pasted. Rejects
/// everything else and keeps waiting.
async fn wait(
    authorization: &Authorization,
    listener: &mut Listener,
    lines: &mut Lines,
) -> Result<Answer, CommandError> {
    loop {
        let refused = tokio::select! {
            arrival = listener.next() => match arrival {
                Some(Arrival::Answer(code, page)) => return Ok((code, Some(page))),
                Some(Arrival::Refused(error)) => error,
                None => return Err(Interrupted.into()),
            },
            line = lines.next() => match authorization.read_address(&line) {
                Err(error @ (AnswerError::NotCallback | AnswerError::OtherState)) => error,
                code => {
                    listener.reject_further_answers();
                    return Ok((code, None));
                }
            },
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                return Err(Interrupted.into());
            }
        };
        note!("Refused: {refused}. Still waiting.");
    }
}

/// Prints what HubSpot reports about the installation.
fn show(installation: &Installation) -> Result<(), OutputError> {
    let scopes = installation.scopes.join(", ");
    let scopes = (!scopes.is_empty()).then_some(scopes);
    say!("  account   {}", installation.account())?;
    say!("  user      {}", known(installation.user.as_ref()))?;
    say!("  app       {}", known(installation.app_id.as_ref()))?;
    say!("  scopes    {}", known(scopes.as_ref()))
}
