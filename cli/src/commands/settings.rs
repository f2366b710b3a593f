//! `settings`: the webhook URLs of an app at HubSpot. Every change is shown and confirmed before it is
//! made.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use shared::config::Environment;
use shared::public_url::PublicBaseUrl;

use super::error::CommandError;
use crate::aws::Aws;
use crate::hubspot_settings::client::{RetryPolicy, SettingsApi};
use crate::hubspot_settings::credential::Credential;
use crate::hubspot_settings::error::SettingsError;
use crate::output::{OutputError, print_json, say};
use crate::stack::Stack;
use crate::terminal::{Waiting, confirm};
use shared::printable::printable;
use simulator::settings::{ApiVersion, AppId, Change, Settings};

const EXAMPLES: &str = "\
The credential comes from the environment:
  HUBSPOT_DEVELOPER_API_KEY   the API key of the developer account that owns the app
  HUBSPOT_ACCESS_TOKEN        or an OAuth token; --api-version 2026-03 prefers it

Examples:
  cargo run -- settings show --app-id 1234567
  cargo run -- settings set --app-id 1234567 --stack hubspot-conference
  cargo run -- settings clear --app-id 1234567";

const SHOW_EXAMPLES: &str = "\
Examples:
  cargo run -- settings show --app-id 1234567
  cargo run -- settings show --app-id 1234567 --json
  cargo run -- settings show --app-id 1 --api-base http://127.0.0.1:8787

The credential comes from the environment: cargo run -- help settings";

const SET_EXAMPLES: &str = "\
Examples:
  cargo run -- settings set --app-id 1234567 --stack hubspot-conference
  cargo run -- settings set --app-id 1234567 --base-url https://vc.example.com --no-verify
  cargo run -- settings set --app-id 1 --base-url http://127.0.0.1:8787 \\
      --api-base http://127.0.0.1:8787 --yes

--stack finds region and account as the AWS CLI does: AWS_REGION, AWS_PROFILE, …
HubSpot's credential comes from the environment too: cargo run -- help settings";

const CLEAR_EXAMPLES: &str = "\
Examples:
  cargo run -- settings clear --app-id 1234567
  cargo run -- settings clear --app-id 1234567 --yes

The credential comes from the environment: cargo run -- help settings";

/// See and change an app's webhook URLs at HubSpot
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SettingsCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the registered URLs
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        #[command(flatten)]
        app: App,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Register the four webhooks
    ///
    /// Shows the changes and asks for confirmation. Then waits until HubSpot shows the change, which
    /// takes up to about a minute.
    #[command(after_help = SET_EXAMPLES)]
    Set {
        #[command(flatten)]
        app: App,
        #[command(flatten)]
        webhooks: Webhooks,
        /// Register no verify URL: HubSpot then treats every user as verified
        #[arg(long)]
        no_verify: bool,
        /// Skip the confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Remove the registered URLs
    ///
    /// HubSpot then no longer offers the video conference. Existing conferences stay.
    #[command(after_help = CLEAR_EXAMPLES)]
    Clear {
        #[command(flatten)]
        app: App,
        /// Skip the confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// The app, and how to reach its settings.
#[derive(Args, Debug)]
struct App {
    /// The app's ID in the developer account
    #[arg(long = "app-id", value_name = "NUMBER")]
    id: AppId,
    /// Base URL of HubSpot's API
    #[arg(long, default_value = "https://api.hubapi.com", value_name = "URL")]
    api_base: PublicBaseUrl,
    /// Version of the settings API
    #[arg(long, default_value = ApiVersion::default().as_str(), value_parser = api_version(), value_name = "VERSION")]
    api_version: ApiVersion,
}

/// Where the webhook URLs come from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Webhooks {
    /// Base of the webhook URLs; https, or http on this machine
    #[arg(long, value_name = "URL")]
    base_url: Option<PublicBaseUrl>,
    /// A deployed stack; its outputs contain the URLs
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
}

impl SettingsCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self.action {
            Action::Show { app, json } => show(&app.api()?, json).await,
            Action::Set {
                app,
                webhooks,
                no_verify,
                yes,
            } => {
                let api = app.api()?;
                let mut wanted = webhooks.settings().await?;
                if no_verify {
                    wanted.user_verify_url = None;
                }
                set(&api, &app, wanted, yes).await
            }
            Action::Clear { app, yes } => clear(&app.api()?, &app, yes).await,
        }
    }
}

impl App {
    fn api(&self) -> Result<SettingsApi, CommandError> {
        let credential = Credential::read(&Environment::from_process(), self.api_version)?;
        let (base, app) = (&self.api_base, self.id);
        let retry_policy = RetryPolicy::default();
        Ok(SettingsApi::new(
            base,
            self.api_version,
            app,
            credential,
            retry_policy,
        )?)
    }
}

fn api_version() -> impl TypedValueParser<Value = ApiVersion> {
    let possible = ApiVersion::ALL.map(|version| {
        PossibleValue::new(version.as_str()).help(match version {
            ApiVersion::V3 => "The version from before HubSpot named versions by date",
            ApiVersion::September2025 => "September 2025",
            ApiVersion::March2026 => "March 2026, which takes an OAuth token",
            ApiVersion::September2026 => "September 2026",
        })
    });
    PossibleValuesParser::new(possible).try_map(|text| text.parse())
}

impl Webhooks {
    async fn settings(self) -> Result<Settings, CommandError> {
        match (self.base_url, self.stack) {
            (Some(base), _) => Ok(Settings::under(&base)),
            (None, Some(name)) => {
                let aws = Aws::load().await?;
                let _waiting = Waiting::on("Reading the stack's outputs");
                Ok(Stack::find(&aws, &name).await?.settings()?)
            }
            // clap requires one of the two.
            (None, None) => Err("give --base-url or --stack".into()),
        }
    }
}

async fn show(api: &SettingsApi, json: bool) -> Result<(), CommandError> {
    let settings = {
        let _waiting = Waiting::on("Asking HubSpot");
        api.get().await?
    };
    if json {
        return Ok(print_json(&settings)?);
    }
    for (field, url) in settings.fields() {
        // `fetchAccountsUri` is not documented and usually absent, so it is only shown if it has a value.
        if url.is_some() || field != "fetchAccountsUri" {
            say!("{field:18}{}", shown(url))?;
        }
    }
    Ok(())
}

async fn set(
    api: &SettingsApi,
    app: &App,
    mut wanted: Settings,
    yes: bool,
) -> Result<(), CommandError> {
    let before = {
        let _waiting = Waiting::on("Asking HubSpot what is registered");
        api.find().await?.unwrap_or_default()
    };
    wanted
        .fetch_accounts_uri
        .clone_from(&before.fetch_accounts_uri);
    if wanted == before {
        say!("App {} has these settings already.", app.id)?;
        return Ok(());
    }
    print_changes(&before.compare(&wanted), app)?;
    if !yes {
        confirm("Change the settings?")?;
    }
    {
        let _waiting = Waiting::on("Waiting until HubSpot shows the change");
        api.put(&wanted).await?;
        api.wait_until_shown(Some(&wanted)).await?;
    }
    say!("HubSpot shows the new settings.")?;
    Ok(())
}

async fn clear(api: &SettingsApi, app: &App, yes: bool) -> Result<(), CommandError> {
    let found = {
        let _waiting = Waiting::on("Asking HubSpot what is registered");
        api.get().await
    };
    let before = match found {
        Err(error @ SettingsError::NothingRegistered { .. }) => {
            say!("Nothing to clear: {error}")?;
            return Ok(());
        }
        found => found?,
    };
    print_changes(&before.compare(&Settings::default()), app)?;
    if !yes {
        confirm("Remove the settings?")?;
    }
    {
        let _waiting = Waiting::on("Waiting until HubSpot shows the change");
        api.delete().await?;
        api.wait_until_shown(None).await?;
    }
    say!("HubSpot no longer has settings for app {}.", app.id)?;
    Ok(())
}

fn print_changes(changes: &[Change<'_>], app: &App) -> Result<(), OutputError> {
    say!("Settings of app {}:\n", app.id)?;
    for change in changes {
        say!("  {}", change.field)?;
        if change.before == change.after {
            say!("    stays   {}", shown(change.after))?;
        } else {
            say!("    before  {}", shown(change.before))?;
            say!("    after   {}", shown(change.after))?;
        }
    }
    say!("")
}

fn shown(url: Option<&str>) -> String {
    url.map_or_else(|| "(none)".to_owned(), printable)
}
