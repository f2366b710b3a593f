//! `event`: prints an API Gateway event with a fresh signature, for `sam local invoke -e -`. A click on
//! the join link has no signature, because browsers don't sign.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::timestamp::Timestamp;

use super::error::CommandError;
use super::join_link;
use super::request::RequestOptions;
use super::webhook;
use crate::output::print_json;
use shared::contract::WebhookName;
use simulator::click::{FORM, form};
use simulator::event::{GatewayRequest, event};

const EXAMPLES: &str = "\
The client secret comes from the environment:
  HUBSPOT_CLIENT_SECRET   if it is not set, the example secret of HubSpot's documentation is used

Examples:
  cargo run -- event create | sam local invoke CreateFunction -e -
  cargo run -- event update --topic 'Another title' --signature v2
  cargo run -- event verify --user-email ada@example.com
  cargo run -- event join | sam local invoke JoinFunction -e -
  cargo run -- event join --name Zoe --conference-id ardnswrqsvwrrjsx6kfcoxqomh";

/// Print an API Gateway event: a signed webhook, or a click on the join link
///
/// For `sam local invoke`, which runs a function in a container. A function without `PUBLIC_BASE_URL`
/// accepts an event for any https URL; with it, only for that URL.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Event {
    /// The webhook, or the join link
    what: What,
    /// Base of the URL that HubSpot would call; plain http needs `PUBLIC_BASE_URL`
    #[arg(long, default_value = "https://api.example.com", value_name = "URL")]
    base_url: String,
    #[command(flatten)]
    request: RequestOptions,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Webhook(WebhookName),
    Join,
}

impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Webhook(WebhookName::Create),
            Self::Webhook(WebhookName::Update),
            Self::Webhook(WebhookName::Delete),
            Self::Webhook(WebhookName::Verify),
            Self::Join,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Webhook(webhook) => webhook::possible_value(*webhook),
            Self::Join => join_link::possible_value(),
        })
    }
}

impl Event {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let now = Timestamp::now();
        match self.what {
            What::Webhook(webhook) => self.signed(webhook, now),
            What::Join => self.click(now),
        }
    }

    fn signed(self, webhook: WebhookName, now: Timestamp) -> Result<(), CommandError> {
        self.request.join.refuse_name()?;
        let url = format!("{}{}", self.base_url.trim_end_matches('/'), webhook.path());
        let body = self.request.meeting.sample().body(webhook).to_string();
        let environment = Environment::from_process();
        let signer = self.request.signing.signer_for_event(&environment)?;
        let headers = signer.headers(&url, body.as_bytes(), now);
        let event = gateway_event(&Method::POST, &url, &headers, &body, now)?;
        Ok(print_json(&event)?)
    }

    fn click(self, now: Timestamp) -> Result<(), CommandError> {
        let conference = self.request.meeting.sample().conference();
        let url = join_link::url(&self.base_url, &conference);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        let (method, body) = match &self.request.join.name {
            None => (Method::GET, String::new()),
            Some(name) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
                (Method::POST, form(name))
            }
        };
        let mut event = gateway_event(&method, &url, &headers, &body, now)?;
        // API Gateway adds the route key, as in the template, and the value of the path parameter.
        let route = Value::from(format!("{method} /join/{{conferenceId}}"));
        if let Some(context) = event
            .get_mut("requestContext")
            .and_then(Value::as_object_mut)
        {
            context.insert("routeKey".to_owned(), route.clone());
        }
        if let Some(event) = event.as_object_mut() {
            event.insert("routeKey".to_owned(), route);
            let parameters = json!({"conferenceId": conference});
            event.insert("pathParameters".to_owned(), parameters);
        }
        Ok(print_json(&event)?)
    }
}

/// The event that API Gateway makes from this request to `url`.
fn gateway_event(
    method: &Method,
    url: &str,
    headers: &HeaderMap,
    body: &str,
    now: Timestamp,
) -> Result<Value, CommandError> {
    let uri: http::Uri = url.parse()?;
    // Includes the port, because the port is part of the signed URL.
    let authority = uri.authority().ok_or("--base-url needs a host name")?;
    Ok(event(&GatewayRequest {
        method,
        path: uri.path(),
        query: None,
        headers,
        body: body.as_bytes(),
        domain_name: authority.as_str(),
        source_ip: "127.0.0.1",
        request_id: "sample",
        now,
    }))
}
