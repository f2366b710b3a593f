//! `doctor`: checks everything that HubSpot needs to offer our video conference, and reports for each
//! check what it found and how to fix it. It changes nothing.

mod finding;
mod function_errors;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use clap::Args;
use http::Method;
use http::header::DATE;
use shared::config::Environment;
use shared::contract::WebhookName;
use shared::error_chain;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::{Caller, Signer};
use simulator::sample::Meeting;
use simulator::settings::{ApiVersion, AppId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use self::finding::{Finding, Verdict};
use super::error::CommandError;
use crate::aws::Aws;
use crate::hubspot_settings::client::{RetryPolicy, SettingsApi};
use crate::hubspot_settings::credential::Credential;
use crate::output::{print_json, say};
use crate::stack::Stack;
use crate::stack_secret::{StackSecret, StackSecretError};
use crate::terminal::Waiting;

/// HubSpot's signatures are valid for five minutes ([HubSpot, "Validate requests"][requests]). A clock
/// that is off by more than this is worth a warning.
///
/// [requests]: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
const MAX_CLOCK_ERROR: Duration = Duration::from_mins(1);
const TIMEOUT: Duration = Duration::from_secs(15);

const EXAMPLES: &str = "\
Examples:
  cargo run -- doctor --stack hubspot-conference --app-id 1234567
  cargo run -- doctor --stack hubspot-conference --json

To compare the settings at HubSpot, give --app-id, and a credential in the environment:
cargo run -- help settings";

/// Check a deployed stack and its registration at HubSpot
///
/// Changes nothing. Exits with 1 if any check fails.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// The deployed stack; region and account as for the AWS CLI
    #[arg(long, value_name = "NAME")]
    stack: String,
    /// The app's ID, to check its settings at HubSpot
    #[arg(long, value_name = "NUMBER")]
    app_id: Option<AppId>,
    /// Base URL of HubSpot's API
    #[arg(long, default_value = "https://api.hubapi.com", value_name = "URL")]
    api_base: PublicBaseUrl,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let findings = {
            let _waiting = Waiting::on("Checking the stack");
            self.check().await?
        };
        if self.json {
            print_json(&findings)?;
        } else {
            for finding in &findings {
                let Finding {
                    check,
                    verdict,
                    found,
                    remedy,
                } = finding;
                say!("{verdict:8}{check:12}{found}")?;
                if let Some(remedy) = remedy {
                    say!("{:20}→ {remedy}", "")?;
                }
            }
        }
        let failed = findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Failed)
            .count();
        match failed {
            0 => Ok(()),
            failed => Err(format!("{failed} of {} checks failed", findings.len()).into()),
        }
    }

    async fn check(&self) -> Result<Vec<Finding>, CommandError> {
        let aws = Aws::load().await?;
        let stack = match Stack::find(&aws, &self.stack).await {
            Ok(stack) => stack,
            Err(error) => {
                let remedy = "deploy it first, or correct --stack, AWS_REGION or AWS_PROFILE";
                return Ok(vec![Finding::failed("stack", error.to_string(), remedy)]);
            }
        };
        let base_url = stack.base_url();
        let mut findings = vec![outputs(&stack)];
        let secret = secret(&aws, &stack, &mut findings).await;
        if let Ok(base_url) = &base_url {
            findings.push(signature(base_url, secret).await);
            findings.push(clock(base_url).await);
        }
        findings.push(self.settings(&stack).await);
        findings.push(directory(&aws, &stack).await);
        if let Some(url) = stack.join_url() {
            findings.push(join(url).await);
        }
        findings.extend(function_errors::check(&aws, &stack, Timestamp::now()).await);
        Ok(findings)
    }

    /// Checks that HubSpot has the stack's URLs.
    async fn settings(&self, stack: &Stack) -> Finding {
        const CHECK: &str = "settings";
        let Some(app) = self.app_id else {
            let remedy = "give --app-id and set HUBSPOT_DEVELOPER_API_KEY to compare the URLs";
            return Finding::skipped(CHECK, "HubSpot was not queried", remedy);
        };
        let version = ApiVersion::default();
        let credential = match Credential::read(&Environment::from_process(), version) {
            Ok(credential) => credential,
            Err(error) => {
                return Finding::skipped(CHECK, "HubSpot was not queried", error.to_string());
            }
        };
        let register = format!("settings set --app-id {app} --stack {}", self.stack);
        let api = SettingsApi::new(
            &self.api_base,
            version,
            app,
            credential,
            RetryPolicy::default(),
        );
        let found = match api {
            Ok(api) => api.get().await,
            Err(error) => Err(error),
        };
        match (found, stack.settings()) {
            (Err(error), _) => Finding::failed(CHECK, error_chain::describe(&error), register),
            (_, Err(error)) => Finding::failed(CHECK, error.to_string(), "deploy the stack again"),
            (Ok(mut found), Ok(wanted)) => {
                found.fetch_accounts_uri = None;
                if found == wanted {
                    return Finding::ok(CHECK, "HubSpot has the stack's URLs");
                }
                if found.user_verify_url.is_none() {
                    found.user_verify_url.clone_from(&wanted.user_verify_url);
                    if found == wanted {
                        let text = "HubSpot has the stack's URLs, without verify: every HubSpot user may host";
                        return Finding::ok(CHECK, text);
                    }
                }
                Finding::failed(CHECK, "HubSpot's URLs are not the stack's", register)
            }
        }
    }
}

fn outputs(stack: &Stack) -> Finding {
    const CHECK: &str = "stack";
    let all = stack
        .settings()
        .and_then(|_| stack.conferences_table())
        .and_then(|_| stack.users_table())
        .and_then(|_| stack.hubspot_secret_arn());
    match all {
        Ok(_) => Finding::ok(CHECK, "deployed, with all outputs"),
        Err(error) => Finding::failed(CHECK, error.to_string(), "deploy this project's template"),
    }
}

/// Checks that the client secret is set, and returns it for the next check.
async fn secret(aws: &Aws, stack: &Stack, findings: &mut Vec<Finding>) -> Option<Secret> {
    const CHECK: &str = "secret";
    let document = match StackSecret::new(aws, stack) {
        Ok(secret) => secret.current().await,
        Err(error) => Err(error),
    };
    let (finding, secret) = match document {
        Err(error) => {
            let remedy = match &error {
                StackSecretError::NoConferenceKey => {
                    "restore the conferenceKey that the stack was created with"
                }
                _ => "grant your AWS identity read access to the secret",
            };
            (Finding::failed(CHECK, error.to_string(), remedy), None)
        }
        Ok(document) => {
            if let Some(secret) = document.client_secret() {
                (Finding::ok(CHECK, "the client secret is set"), Some(secret))
            } else {
                let remedy = "set it: secret set --stack NAME";
                (
                    Finding::failed(CHECK, "no client secret is set yet", remedy),
                    None,
                )
            }
        }
    };
    findings.push(finding);
    secret
}

/// Sends a verify with the real secret, which changes nothing. A 404 for an unknown user passes too.
async fn signature(base_url: &str, secret: Option<Secret>) -> Finding {
    const CHECK: &str = "signature";
    let Some(secret) = secret else {
        return Finding::skipped(
            CHECK,
            "nothing was sent",
            "this check needs the client secret",
        );
    };
    let version = SignatureVersion::V3;
    let caller = match Caller::new(base_url, Signer { secret, version }) {
        Ok(caller) => caller,
        Err(error) => return Finding::failed(CHECK, error.to_string(), "check the proxy settings"),
    };
    let webhook = WebhookName::Verify;
    let body = Meeting::default().body(webhook);
    match caller.send(webhook, &body, Timestamp::now()).await {
        Err(error) => {
            let remedy = "check the network, and the domain name if the stack has one";
            Finding::failed(CHECK, error_chain::describe(&error), remedy)
        }
        Ok(answer) if matches!(answer.status, 200 | 404) => {
            let millis = answer.time.as_millis();
            Finding::ok(
                CHECK,
                format!("the webhooks accept a signed request, in {millis} ms"),
            )
        }
        Ok(answer) if answer.status == 401 => Finding::failed(
            CHECK,
            "the webhooks refuse a request signed with the stack's own secret",
            "PublicBaseUrl must be the address that HubSpot calls; the function's log says what was wrong",
        ),
        Ok(answer) => Finding::failed(
            CHECK,
            format!("verify answered {}", answer.status),
            "look at the log of VerifyFunction: sam logs --stack-name NAME",
        ),
    }
}

/// Compares this machine's clock with the `Date` header of the answer.
async fn clock(base_url: &str) -> Finding {
    const CHECK: &str = "clock";
    let remedy = "synchronize this machine's clock (NTP)";
    let Some(theirs) = date(base_url).await else {
        return Finding::skipped(CHECK, "no response with a Date header", remedy);
    };
    let off = Timestamp::now().distance(theirs);
    let text = format!("this machine's clock is off by {} s", off.as_secs());
    if off > MAX_CLOCK_ERROR {
        Finding::failed(CHECK, text, remedy)
    } else {
        Finding::ok(CHECK, text)
    }
}

async fn date(base_url: &str) -> Option<Timestamp> {
    let client = HttpClient::new().ok()?;
    let request = client.request(Method::GET, base_url).timeout(TIMEOUT);
    let answer = request.send().await.ok()?;
    let text = answer.headers().get(DATE)?.to_str().ok()?;
    // The format of an HTTP date is that of RFC 2822, with another name for the zone ([RFC 9110, section
    // 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)).
    let text = text.replace("GMT", "+0000");
    let date = OffsetDateTime::parse(&text, &Rfc2822).ok()?;
    Some(Timestamp::from_millis(date.unix_timestamp() * 1000))
}

/// Checks that at least one user may host conferences.
async fn directory(aws: &Aws, stack: &Stack) -> Finding {
    const CHECK: &str = "directory";
    if stack.parameter("UserVerification") == Some("open") {
        return Finding::ok(CHECK, "open: every HubSpot user may host");
    }
    let table = match stack.users_table() {
        Ok(table) => table,
        Err(error) => return Finding::failed(CHECK, error.to_string(), "deploy the stack again"),
    };
    let answer = Client::new(&aws.config).scan().table_name(table).limit(1);
    match answer.send().await {
        Ok(answer) if answer.count > 0 => Finding::ok(CHECK, "the directory has users"),
        Ok(_) => Finding::failed(
            CHECK,
            "the directory is empty: no user can host conferences",
            "admit users: users add '*@your-domain' --portal NUMBER --stack NAME",
        ),
        Err(error) => {
            let code = error.code().unwrap_or("no answer").to_owned();
            let remedy = "grant your AWS identity dynamodb:Scan on the users table";
            Finding::skipped(CHECK, format!("the table can't be read ({code})"), remedy)
        }
    }
}

/// Checks that the function behind the join links at `url` answers. `video check` checks the video system
/// behind it.
async fn join(url: &str) -> Finding {
    const CHECK: &str = "join link";
    let status = async {
        let client = HttpClient::new().ok()?;
        let url = format!("{url}/");
        let request = client.request(Method::GET, &url).timeout(TIMEOUT);
        Some(request.send().await.ok()?.status().as_u16())
    };
    match status.await {
        // No conference has this ID, so the join page answers 404.
        Some(404) => Finding::ok(CHECK, "the join page answers"),
        found => {
            let found = found.map_or("no answer".to_owned(), |status| status.to_string());
            let remedy = "look at the log of JoinFunction, and try: video check --stack NAME";
            Finding::failed(CHECK, format!("the join page returned {found}"), remedy)
        }
    }
}
