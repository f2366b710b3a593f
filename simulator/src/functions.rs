//! The functions in this process: the four webhooks and, with a video system, join. They get the same
//! events as on Lambda, and the same code turns them into requests and responses.

use std::future::ready;

use aws_sdk_dynamodb::Client;
use create::Create;
use delete::Delete;
use join::Join;
use lambda_http::request::LambdaRequest;
use lambda_http::{Context, LambdaEvent};
use serde_json::Value;
use shared::client_secrets::{ClientSecrets, parse_client_secret};
use shared::conference_key::ConferenceKey;
use shared::config::{ConfigError, Environment};
use shared::contract::WebhookName;
use shared::edge::{Edge, SignatureCheck};
use shared::public_url::PublicBaseUrl;
use shared::repository::conferences::{DeleteConferences, InsertConferences, UpdateConferences};
use shared::repository::users::FindUsers;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::telemetry::Record;
use shared::timestamp::Timestamp;
use update::Update;
use verify::{UserVerification, Verify};

use crate::sample;
use crate::tables::{CONFERENCES_TABLE, USERS_TABLE};

const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";
const CONFERENCE_KEY: &str = "CONFERENCE_KEY";

/// The webhooks' settings that the local system reads from the environment, if they are set there.
pub(crate) const FROM_ENVIRONMENT: [&str; 9] = [
    "CONFERENCE_URL_TEMPLATE",
    "INVITATION_TEMPLATE",
    CLIENT_SECRET,
    CONFERENCE_KEY,
    "PUBLIC_BASE_URL",
    "MIN_SIGNATURE_VERSION",
    "RETRY_WINDOW_HOURS",
    "RETENTION_DAYS",
    "USER_VERIFICATION",
];

/// The settings that the functions would read from their environment on Lambda.
#[derive(Clone, Debug)]
pub struct FunctionSettings {
    /// The table of conferences.
    pub conferences_table: String,
    /// The table of users.
    pub users_table: String,
    /// The accepted client secrets.
    pub client_secrets: Vec<Secret>,
    /// The key for conference IDs.
    pub conference_key: ConferenceKey,
    /// The URL that HubSpot signs; `None` for API Gateway's own URL.
    pub public_base_url: Option<PublicBaseUrl>,
    /// The weakest accepted signature version.
    pub minimum: SignatureVersion,
    /// The settings of create.
    pub create: create::Settings,
    /// The settings of update.
    pub update: update::Settings,
    /// The setting of verify.
    pub verification: UserVerification,
}

impl FunctionSettings {
    /// The settings of the development system: all defaults, with the documented example secret and the
    /// development key.
    ///
    /// # Errors
    /// [`ConfigError`] if `base_url` is not a base URL.
    pub fn for_development(base_url: &str) -> Result<Self, ConfigError> {
        let public_base_url = base_url
            .parse()
            .map_err(|problem| ConfigError::new("PUBLIC_BASE_URL", problem))?;
        Self::read(Environment::from_variables([]), public_base_url)
    }

    /// The settings in `environment`, with those of the development system as defaults. `public_base_url`
    /// is the URL that HubSpot signs.
    ///
    /// # Errors
    /// [`ConfigError`] for a setting with which a function would not start.
    pub fn read(
        environment: Environment,
        public_base_url: PublicBaseUrl,
    ) -> Result<Self, ConfigError> {
        let environment = Environment::from_lookup(move |name| {
            let default = match name {
                "CONFERENCE_URL_TEMPLATE" => Some("https://meet.example.com/{room}"),
                CLIENT_SECRET => Some(sample::CLIENT_SECRET),
                CONFERENCE_KEY => Some(sample::CONFERENCE_KEY),
                _ => None,
            };
            let given = environment.optional(name);
            given.or_else(|| default.map(str::to_owned))
        });
        let client_secret: String = environment.required(CLIENT_SECRET)?;
        let client_secret = parse_client_secret(&client_secret)
            .map_err(|problem| ConfigError::new(CLIENT_SECRET, problem))?
            .ok_or_else(|| ConfigError::new(CLIENT_SECRET, "is empty"))?;
        let key: String = environment.required(CONFERENCE_KEY)?;
        let conference_key = ConferenceKey::new(&Secret::new(key));
        Ok(Self {
            conferences_table: CONFERENCES_TABLE.to_owned(),
            users_table: USERS_TABLE.to_owned(),
            client_secrets: vec![client_secret],
            conference_key: conference_key
                .ok_or_else(|| ConfigError::new(CONFERENCE_KEY, "is too short"))?,
            public_base_url: Some(public_base_url),
            minimum: environment
                .parsed("MIN_SIGNATURE_VERSION")?
                .unwrap_or(SignatureVersion::V1),
            create: create::Settings::read(&environment)?,
            update: update::Settings::read(&environment)?,
            verification: environment
                .parsed("USER_VERIFICATION")?
                .unwrap_or(UserVerification::Directory),
        })
    }

    fn check(&self) -> SignatureCheck {
        SignatureCheck {
            secrets: ClientSecrets::fixed(self.client_secrets.clone()),
            minimum: self.minimum,
            public_base_url: self.public_base_url.clone(),
        }
    }
}

/// The functions: the four webhooks, and the join link if it is enabled.
#[derive(Debug)]
pub struct Functions {
    create: Edge<Create>,
    update: Edge<Update>,
    delete: Edge<Delete>,
    verify: Edge<Verify>,
    join: Option<Join>,
    report: fn(&Record),
}

impl Functions {
    /// The functions on the store that `client` uses; `report` is called for every request.
    #[must_use]
    pub fn new(client: &Client, settings: FunctionSettings, report: fn(&Record)) -> Self {
        let conferences = settings.conferences_table.clone();
        let insert = InsertConferences::new(client.clone(), conferences.clone());
        let update = UpdateConferences::new(client.clone(), conferences.clone());
        let delete = DeleteConferences::new(client.clone(), conferences);
        let verify = match settings.verification {
            UserVerification::Open => Verify::Open,
            UserVerification::Directory => {
                Verify::Directory(FindUsers::new(client.clone(), settings.users_table.clone()))
            }
        };
        let check = settings.check();
        Self {
            update: Edge::new(
                Update::new(update, settings.update),
                settings.check(),
                report,
            ),
            delete: Edge::new(Delete::new(delete), settings.check(), report),
            verify: Edge::new(verify, settings.check(), report),
            create: Edge::new(
                Create::new(insert, settings.conference_key, settings.create),
                check,
                report,
            ),
            join: None,
            report,
        }
    }

    /// The same functions, with the join link if there is one.
    #[must_use]
    pub fn with_join(self, join: Option<Join>) -> Self {
        Self { join, ..self }
    }

    /// Whether the join link is enabled.
    pub(crate) fn has_join(&self) -> bool {
        self.join.is_some()
    }

    /// Invokes the join link's function with an event that arrived at `now`, as [`Self::invoke`] does for
    /// a webhook.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the event can't be parsed, or the response can't be serialized.
    pub async fn follow(&self, event: Value, now: Timestamp) -> Result<Value, serde_json::Error> {
        let event: join::event::Event = serde_json::from_value(event)?;
        let join = self.join.as_ref();
        let join = join.ok_or_else(|| ConfigError::new("VIDEO_SYSTEM", "is link").into());
        let answer = join::edge::invoke(ready(join), self.report, &event, now).await;
        serde_json::to_value(answer)
    }

    /// Invokes the function of `webhook` with an API Gateway event that arrived at `now`, payload format
    /// 2.0. The response has the format that API Gateway expects.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the event can't be parsed, or the response can't be serialized.
    pub async fn invoke(
        &self,
        webhook: WebhookName,
        event: Value,
        now: Timestamp,
    ) -> Result<Value, serde_json::Error> {
        let request: LambdaRequest = serde_json::from_value(event)?;
        let event = LambdaEvent::new(request, Context::default());
        match webhook {
            WebhookName::Create => json(self.create.invoke(event, now).await),
            WebhookName::Update => json(self.update.invoke(event, now).await),
            WebhookName::Delete => json(self.delete.invoke(event, now).await),
            WebhookName::Verify => json(self.verify.invoke(event, now).await),
        }
    }
}

fn json<T: serde::Serialize>(
    answer: Result<T, std::convert::Infallible>,
) -> Result<Value, serde_json::Error> {
    let Ok(answer) = answer;
    serde_json::to_value(answer)
}
