//! `send`: sends one signed webhook to a running system and prints the answer, or plays a meeting's
//! lifecycle.

use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use shared::config::Environment;
use shared::error_chain;
use shared::timestamp::Timestamp;
use terminal_size::{Width, terminal_size};

use super::CommandError;
use super::meeting::MeetingOptions;
use super::signing::Signing;
use super::webhook;
use crate::output::{OutputError, note, print_json, say};
use crate::stack::{Aws, Stack};
use crate::terminal::waiting;
use shared::contract::WebhookName;
use simulator::hubspot::caller::Caller;
use simulator::life::{Host, Life, Played, Step};
use simulator::listen::{ListenAddress, PORT, url};
use simulator::sample::Meeting;

const EXAMPLES: &str = "\
The app's client secret comes from the environment:
  HUBSPOT_CLIENT_SECRET   not needed on this machine, where the example secret of HubSpot's
                          documentation is used

Examples:
  cargo run -- send create
  cargo run -- send update --topic 'Another title'
  cargo run -- send verify --user-email ada@example.com --signature v2
  HUBSPOT_CLIENT_SECRET=… cargo run -- send all --stack hubspot-conference
  HUBSPOT_CLIENT_SECRET=… cargo run -- send all --base-url https://vc.example.com";

/// Send one signed webhook and show the answer, or play a meeting's lifecycle
///
/// `all` creates a meeting that starts in an hour, retries, changes and deletes it, sends requests that
/// must be refused, and reports every answer and its duration. The conference stays deleted, and its item
/// expires after 30 days. The host need not be in the directory.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Send {
    /// The webhook to send, or all of them
    what: What,
    /// Base URL of the system
    #[arg(long, default_value_t = url(ListenAddress::LOOPBACK.with_port(PORT)), value_name = "URL")]
    base_url: String,
    /// A deployed stack; its outputs contain the URLs
    #[arg(long, conflicts_with = "base_url", value_name = "NAME")]
    stack: Option<String>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    meeting: MeetingOptions,
}

#[derive(Clone, Copy, Debug)]
enum What {
    All,
    One(WebhookName),
}

impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::One(WebhookName::Create),
            Self::One(WebhookName::Update),
            Self::One(WebhookName::Delete),
            Self::One(WebhookName::Verify),
            Self::All,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::All => Some(PossibleValue::new("all").help("The lifecycle of a meeting")),
            Self::One(webhook) => Some(webhook::possible_value(*webhook)),
        }
    }
}

impl Send {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let base_url = match &self.stack {
            None => self.base_url,
            Some(name) => {
                let aws = Aws::load().await?;
                let find = Stack::find(&aws, name);
                waiting("Reading the stack's outputs", find)
                    .await?
                    .base_url()?
            }
        };
        let environment = Environment::from_process();
        let signer = self.signing.signer(&environment, &base_url.parse()?)?;
        let caller = Caller::new(&base_url, signer)?;
        let meeting = self.meeting.beginning(tomorrow(Timestamp::now()));
        match self.what {
            What::One(webhook) => send(&caller, webhook, &meeting).await,
            What::All => {
                let now = Timestamp::now();
                play(Life::new(caller, Host::Anybody, meeting, now)).await
            }
        }
    }
}

async fn send(
    caller: &Caller,
    webhook: WebhookName,
    meeting: &Meeting,
) -> Result<(), CommandError> {
    let body = meeting.body(webhook);
    let sent = caller.send(webhook, &body, Timestamp::now());
    let answer = waiting("Waiting for the webhook's answer", sent).await?;
    note!("{} in {}", answer.status, millis(answer.time));
    if !answer.body.is_null() {
        print_json(&answer.body)?;
    }
    if answer.status < 300 {
        Ok(())
    } else {
        Err(format!("the webhook answered {}", answer.status).into())
    }
}

async fn play(mut life: Life) -> Result<(), CommandError> {
    let width = terminal_size().map_or(usize::MAX, |(Width(width), _)| usize::from(width));
    let title_width = if width < 90 { 0 } else { 56 };
    say!(
        "{:title_width$}{:>6}{:>12}  RESULT",
        "STEP",
        "STATUS",
        "TIME"
    )?;
    let outcome = tokio::select! {
        failures = play_all(&mut life, title_width) => match failures {
            Err(error) => Err(error.into()),
            Ok(0) => Ok(()),
            Ok(failures) => Err(format!("{failures} of {} steps failed", Step::ALL.len()).into()),
        },
        // Also after Ctrl-C, leave no conference behind.
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    if life.left_behind().is_some() {
        // The conference that is left tells whether the delete worked.
        drop(life.play(Step::Delete).await);
        match life.left_behind() {
            None => note!("The conference is deleted, so that none is left behind."),
            Some(id) => note!(
                "Conference {id} could not be deleted. Try: cargo run -- send delete \
                 --conference-id {id}, with the same --base-url or --stack",
            ),
        }
    }
    outcome
}

/// Continues after a failed step, as HubSpot would, and counts the failures.
async fn play_all(life: &mut Life, title_width: usize) -> Result<u32, OutputError> {
    let mut failures = 0;
    for step in Step::ALL {
        let (status, time, result) =
            match waiting("Waiting for the webhook's answer", life.play(step)).await {
                Ok(Played { answer, checks, .. }) => {
                    let failed = checks.iter().find(|check| !check.holds);
                    let result = failed.map(|check| {
                        match answer.status {
                    401 => {
                        "FAIL: the signature is refused; check HUBSPOT_CLIENT_SECRET and the URL"
                            .to_owned()
                    }
                    _ => format!("FAIL: {}", check.expected),
                }
                    });
                    (answer.status.to_string(), millis(answer.time), result)
                }
                Err(error) => (
                    "-".to_owned(),
                    "-".to_owned(),
                    Some(error_chain::describe(&error)),
                ),
            };
        failures += u32::from(result.is_some());
        let result = result.unwrap_or_else(|| "ok".to_owned());
        let title = step.title();
        if title_width == 0 {
            say!("{title}\n{status:>6}{time:>12}  {result}")?;
        } else {
            say!("{title:title_width$}{status:>6}{time:>12}  {result}")?;
        }
    }
    Ok(failures)
}

/// Ten o'clock UTC on the day after `now`. It is stable for a whole day, so that `send delete` finds what
/// `send create` created.
fn tomorrow(now: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    const TEN: i64 = 10 * 60 * 60 * 1_000;
    let today = now.as_millis() - now.as_millis().rem_euclid(DAY);
    Timestamp::from_millis(today + DAY + TEN)
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
