//! Starts the simulator: the store, the functions, the gateway in front of them, and the simulated HubSpot
//! with its web page.

use std::path::PathBuf;
use std::sync::Arc;

use join::Join;
use join::video_system::VideoSystemSecret;
use shared::config::{ConfigError, Environment};
use shared::public_url::PublicBaseUrl;
use shared::repository::conferences::ReadConferences;
use shared::repository::users::{EditUsers, User};
use shared::secret::Secret;
use shared::telemetry::Record;

use crate::error::SimulatorError;
use crate::functions::{FROM_ENVIRONMENT, FunctionSettings, Functions};
use crate::http_client::HttpClient;
use crate::hubspot;
use crate::hubspot::received;
use crate::hubspot::state::HubSpot;
use crate::listen::{self, ListenAddress};
use crate::store::Store;
use crate::tables::{CONFERENCES_TABLE, USERS_TABLE};
use crate::visitors::Visitors;
use crate::{gateway, page, sample, store_port, tunnel, video_system};

/// The options of the simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address for both servers.
    pub host: ListenAddress,
    /// The gateway's port; 0 for any free port.
    pub port: u16,
    /// The store's port; 0 for any free port.
    pub dynamodb_port: u16,
    /// The data file; `None` keeps the data in memory.
    pub data: Option<PathBuf>,
    /// The public URL under which HubSpot reaches the webhooks through a tunnel, if there is one. Only
    /// the webhooks are reachable there, never the page or the store.
    pub public_base_url: Option<PublicBaseUrl>,
    /// The source of the functions' settings. Missing settings are those of the development system.
    pub environment: fn() -> Environment,
    /// Called for every request.
    pub report: fn(&Record),
}

impl Options {
    /// A system on free loopback ports, with its data in memory and the default settings. It reports nothing.
    #[must_use]
    pub fn on_free_ports() -> Self {
        Self {
            host: ListenAddress::LOOPBACK,
            port: 0,
            dynamodb_port: 0,
            data: None,
            public_base_url: None,
            environment: || Environment::from_variables([]),
            report: |_| {},
        }
    }
}

/// The running system. It stops with the process.
#[derive(Debug)]
pub struct Simulator {
    /// The gateway's URL, which is also the one that HubSpot signs.
    pub base_url: String,
    /// The store, for this process.
    pub store: Store,
    /// DynamoDB's endpoint for other programs on this machine.
    pub dynamodb_url: String,
}

impl Simulator {
    /// Starts the system and waits until it answers requests.
    ///
    /// # Errors
    /// [`SimulatorError`] if a port, the data file or a setting can't be used.
    pub async fn start(options: Options) -> Result<Self, SimulatorError> {
        let visitors = if options.host.is_open() && options.public_base_url.is_none() {
            Visitors::Network
        } else {
            Visitors::ThisMachine
        };
        let store_address = options.host.with_port(options.dynamodb_port);
        let (store_listener, store_address) = listen::listen(store_address).await?;
        let store = Store::start(store_port::hidden_address(), options.data.as_deref()).await?;
        let new = store.create_tables(CONFERENCES_TABLE, USERS_TABLE).await?;
        // In an existing table, the first user may have been changed or removed, so leave it alone.
        if new.users {
            let users = EditUsers::new(store.client(), USERS_TABLE.to_owned());
            users.put(&first_user()?).await?;
        }
        let (listener, address) = listen::listen(options.host.with_port(options.port)).await?;
        let base_url = listen::url(address);
        let own: PublicBaseUrl = base_url
            .parse()
            .map_err(|problem| ConfigError::new("PUBLIC_BASE_URL", problem))?;
        let public = options.public_base_url;
        let signed = public.clone().unwrap_or_else(|| own.clone());
        let mut settings = FunctionSettings::read((options.environment)(), signed.clone())?;
        let client_secret = settings.client_secrets.first().cloned();
        let client_secret = client_secret.unwrap_or_else(|| Secret::new(sample::CLIENT_SECRET));
        let given = (options.environment)();
        let join = if is_link(&given) {
            None
        } else {
            let template = "/join/{conferenceId}".parse();
            settings.create.url =
                template.map_err(|problem| ConfigError::new("CONFERENCE_URL_TEMPLATE", problem))?;
            Some(join_link(&video_system_settings(given, &base_url), &store)?)
        };
        let hubspot = Arc::new(HubSpot::new(&signed, store.clone(), client_secret)?);
        if !new.conferences {
            hubspot.restore(&settings.create.invitation).await?;
        }
        let functions = Functions::new(&store.client(), settings, options.report).with_join(join);
        let mut pages = visitors.admit(hubspot::router(&hubspot).merge(page::router()));
        let mut rooms = received::record(&hubspot, &own, video_system::router(&base_url));
        let mut webhooks = received::record(&hubspot, &signed, gateway::router(functions));
        if let Some(public) = &public {
            pages = tunnel::keep_out(pages);
            rooms = tunnel::keep_out(rooms);
            webhooks = tunnel::admit(public, webhooks);
        }
        let router = webhooks.merge(rooms).merge(pages);
        tokio::spawn(gateway::serve(listener, router));
        let endpoint = store.endpoint().to_owned();
        let client = HttpClient::new()?;
        tokio::spawn(store_port::serve(
            store_listener,
            endpoint,
            client,
            visitors,
        ));
        Ok(Self {
            base_url,
            store,
            dynamodb_url: listen::url(store_address),
        })
    }
}

/// Whether a meeting's link comes from a template. An explicit template means that the operator wants
/// those links, and no join link.
fn is_link(given: &Environment) -> bool {
    match given.optional("VIDEO_SYSTEM").as_deref() {
        Some(system) => system == "link",
        None => given.optional("CONFERENCE_URL_TEMPLATE").is_some(),
    }
}

/// The names of the settings that the local system takes from this environment: those that are set there
/// and have an effect.
#[must_use]
pub fn taken_from(environment: &Environment) -> Vec<&'static str> {
    let has_join = !is_link(environment);
    let has_own_system = has_join && environment.optional("VIDEO_SYSTEM").is_some();
    let webhooks = FROM_ENVIRONMENT.into_iter();
    let webhooks = webhooks.filter(|name| !has_join || *name != "CONFERENCE_URL_TEMPLATE");
    let system = [
        "VIDEO_SYSTEM_URL",
        "VIDEO_SYSTEM_SECRET",
        "BIGBLUEBUTTON_CHECKSUM",
    ];
    let join = ["MODERATORS", "JOIN_OPENS_MINUTES", "JOIN_CLOSES_HOURS"];
    webhooks
        .chain(["VIDEO_SYSTEM"])
        .chain(system.into_iter().filter(|_| has_own_system))
        .chain(join.into_iter().filter(|_| has_join))
        .filter(|name| environment.optional(name).is_some())
        .collect()
}

/// The settings of the join link. If the process's environment configures a video system, it is used, so
/// that operators can test their own before deploying it; otherwise the simulator's own video system is
/// used.
fn video_system_settings(process: Environment, base_url: &str) -> Environment {
    if process.optional("VIDEO_SYSTEM").is_some() {
        return process;
    }
    let url = format!("{base_url}{}", video_system::PATH);
    Environment::from_lookup(move |name| match name {
        "VIDEO_SYSTEM" => Some("webhook".to_owned()),
        "VIDEO_SYSTEM_URL" => Some(url.clone()),
        "VIDEO_SYSTEM_SECRET" => Some(video_system::SECRET.to_owned()),
        other => process.optional(other),
    })
}

fn join_link(environment: &Environment, store: &Store) -> Result<Join, ConfigError> {
    const NAME: &str = "VIDEO_SYSTEM_SECRET";
    let secret: String = environment.required(NAME)?;
    let secret = VideoSystemSecret::from_json(NAME, &secret)?;
    let conferences = ReadConferences::new(store.client(), CONFERENCES_TABLE.to_owned());
    let settings = join::settings::Settings::read(environment)?;
    Join::from_settings(environment, &secret, conferences, settings)
}

/// The user who is in the directory from the start, so that a meeting can be scheduled immediately.
fn first_user() -> Result<User, SimulatorError> {
    let meeting = sample::Meeting::default();
    Ok(User {
        portal_id: meeting.portal_id,
        email: meeting.user_email.parse()?,
        native_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<const N: usize>(names: [&'static str; N]) -> Vec<&'static str> {
        let given = names.map(|name| name.split_once('=').unwrap_or((name, "set")));
        taken_from(&Environment::from_variables(given))
    }

    #[test]
    fn a_setting_is_listed_only_if_it_has_an_effect() {
        assert!(taken(["HOME", "VIDEO_SYSTEM_URL", "VIDEO_SYSTEM_SECRET"]).is_empty());
        assert_eq!(taken(["MODERATORS"]), ["MODERATORS"]);
        let own = ["VIDEO_SYSTEM", "VIDEO_SYSTEM_URL", "VIDEO_SYSTEM_SECRET"];
        assert_eq!(taken(own), own);
        let template = ["CONFERENCE_URL_TEMPLATE", "MODERATORS"];
        assert_eq!(taken(template), ["CONFERENCE_URL_TEMPLATE"]);
        let both = ["CONFERENCE_URL_TEMPLATE", "VIDEO_SYSTEM"];
        assert_eq!(taken(both), ["VIDEO_SYSTEM"]);
        let link = ["CONFERENCE_URL_TEMPLATE", "VIDEO_SYSTEM=link"];
        assert_eq!(taken(link), ["CONFERENCE_URL_TEMPLATE", "VIDEO_SYSTEM"]);
    }
}
