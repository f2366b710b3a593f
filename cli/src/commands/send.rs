//! `send`: sends one signed webhook to a running system and prints the answer, or plays a meeting's
//! lifecycle.

use std::time::{Duration, Instant};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use shared::config::Environment;
use shared::error_chain;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use terminal_size::{Width, terminal_size};

use super::CommandError;
use super::join_link::{self, JoinOptions};
use super::meeting::MeetingOptions;
use super::signing::Signing;
use super::webhook;
use crate::output::{OutputError, note, print_json, say};
use crate::stack::{Aws, Stack};
use crate::terminal::waiting;
use shared::contract::WebhookName;
use simulator::click::{Clicked, click};
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::Caller;
use simulator::life::{Host, Life, Played, Step, StepError};
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
  cargo run -- send join
  cargo run -- send join --name Zoe --conference-id ardnswrqsvwrrjsx6kfcoxqomh
  HUBSPOT_CLIENT_SECRET=… cargo run -- send all --stack hubspot-conference
  HUBSPOT_CLIENT_SECRET=… cargo run -- send all --base-url https://vc.example.com";

/// Send one signed webhook and show the answer, or play a meeting's lifecycle
///
/// `join` follows a meeting's join link, as anybody may: it shows which page there is, or with `--name`
/// where this person gets in. That makes the room, and the link to it may hold a token.
///
/// `all` creates a meeting that starts in an hour, retries, changes and deletes it, sends requests that
/// must be refused, and reports every answer and its duration. A join link of this system is followed
/// before and after, which makes no room; other links are not. The conference stays deleted, and its item
/// expires after 30 days. The host need not be in the directory.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Send {
    /// The webhook to send, the join link to follow, or a whole life
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
    join: JoinOptions,
    #[command(flatten)]
    meeting: MeetingOptions,
}

#[derive(Clone, Copy, Debug)]
enum What {
    All,
    Join,
    One(WebhookName),
}

impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::One(WebhookName::Create),
            Self::One(WebhookName::Update),
            Self::One(WebhookName::Delete),
            Self::One(WebhookName::Verify),
            Self::Join,
            Self::All,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::All => Some(PossibleValue::new("all").help("The lifecycle of a meeting")),
            Self::Join => Some(join_link::possible_value()),
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
        let now = Timestamp::now();
        let meeting = self.meeting.beginning(tomorrow(now));
        if let What::Join = self.what {
            // Nothing is signed, so no client secret is asked for.
            let url = join_link::url(&base_url, &meeting.conference());
            return join_link::follow(&url, self.join.name.as_deref()).await;
        }
        self.join.refuse_name()?;
        let environment = Environment::from_process();
        let signer = self.signing.signer(&environment, &base_url.parse()?)?;
        let door = Door {
            base_url: base_url.clone(),
            // Without a time of its own the repeat may be another meeting's, whose link stays open.
            stays_open: signer.version != SignatureVersion::V3,
        };
        let caller = Caller::new(&base_url, signer)?;
        match self.what {
            What::One(webhook) => send(&caller, webhook, &meeting).await,
            What::All | What::Join => {
                play(Life::new(caller, Host::Anybody, meeting, now), &door).await
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

async fn play(mut life: Life, door: &Door) -> Result<(), CommandError> {
    let width = terminal_size().map_or(usize::MAX, |(Width(width), _)| usize::from(width));
    let title_width = if width < 90 { 0 } else { 56 };
    say!(
        "{:title_width$}{:>6}{:>12}  RESULT",
        "STEP",
        "STATUS",
        "TIME"
    )?;
    let outcome = tokio::select! {
        counted = play_all(&mut life, door, title_width) => match counted {
            Err(error) => Err(error),
            Ok(Count { failures: 0, .. }) => Ok(()),
            Ok(Count { failures, steps }) => Err(format!("{failures} of {steps} steps failed").into()),
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

/// How many steps were played, and how many failed.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    steps: u32,
    failures: u32,
}

/// A line of the report: a status and a time, if there was an answer, and what is wrong, if anything.
struct Row<'a> {
    title: &'a str,
    answer: Option<(u16, Duration)>,
    problem: Option<String>,
}

impl Count {
    fn add(&mut self, row: &Row<'_>, title_width: usize) -> Result<(), OutputError> {
        self.steps += 1;
        self.failures += u32::from(row.problem.is_some());
        print_row(row, title_width, "ok")
    }
}

fn print_row(row: &Row<'_>, title_width: usize, otherwise: &str) -> Result<(), OutputError> {
    let title = row.title;
    let (status, time) = match row.answer {
        Some((status, time)) => (status.to_string(), millis(time)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let result = row.problem.as_deref().unwrap_or(otherwise);
    if title_width == 0 {
        say!("{title}\n{status:>6}{time:>12}  {result}")
    } else {
        say!("{title:title_width$}{status:>6}{time:>12}  {result}")
    }
}

/// Continues after a failed step, as HubSpot would, and counts the failures. In between somebody
/// follows the meeting's link.
async fn play_all(life: &mut Life, door: &Door, title_width: usize) -> Result<Count, CommandError> {
    let client = HttpClient::new()?;
    let mut count = Count::default();
    let mut followed = false;
    for step in Step::ALL {
        let played = waiting("Waiting for the webhook's answer", life.play(step)).await;
        count.add(&row(step, played), title_width)?;
        if !followed && let (Some(id), Some(url)) = (life.conference_id(), life.conference_url()) {
            followed = true;
            let is_join_link = url == join_link::url(&door.base_url, id.as_str());
            if is_join_link {
                let row = door.follow(&client, url, Moment::Before).await;
                count.add(&row, title_width)?;
            } else {
                let row = Row {
                    title: Moment::Before.title(),
                    answer: None,
                    problem: None,
                };
                print_row(&row, title_width, "skipped: the link is not our join link")?;
            }
        }
    }
    if let (Some(id), Some(url)) = (life.conference_id(), life.conference_url())
        && life.left_behind().is_none()
        && url == join_link::url(&door.base_url, id.as_str())
    {
        let row = door.follow(&client, url, Moment::After).await;
        count.add(&row, title_width)?;
    }
    Ok(count)
}

fn row(step: Step, played: Result<Played, StepError>) -> Row<'static> {
    let (answer, problem) = match played {
        Ok(Played { answer, checks, .. }) => {
            let failed = checks.iter().find(|check| !check.holds);
            let problem = failed.map(|check| match answer.status {
                401 => "FAIL: the signature is refused; check HUBSPOT_CLIENT_SECRET and the URL"
                    .to_owned(),
                _ => format!("FAIL: {}", check.expected),
            });
            (Some((answer.status, answer.time)), problem)
        }
        Err(error) => (None, Some(error_chain::describe(&error))),
    };
    Row {
        title: step.title(),
        answer,
        problem,
    }
}

/// The page behind a meeting's join link.
struct Door {
    base_url: String,
    stays_open: bool,
}

/// When a participant follows the link: while the meeting is to come, or once it is deleted.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Before,
    After,
}

impl Moment {
    const fn title(self) -> &'static str {
        match self {
            Self::Before => "A participant follows the meeting's link",
            Self::After => "A participant follows the link of the deleted meeting",
        }
    }
}

impl Door {
    /// Looks at the page, which makes nothing in the video system.
    async fn follow(&self, client: &HttpClient, url: &str, moment: Moment) -> Row<'static> {
        let started = Instant::now();
        let looked = click(client, url, None);
        let looked = waiting("Waiting for the join link's answer", looked).await;
        let time = started.elapsed();
        let (answer, problem) = match looked {
            Ok(clicked) => {
                let problem = self.problem(moment, &clicked);
                let problem = problem.map(|expected| format!("FAIL: {expected}"));
                (Some((clicked.status, time)), problem)
            }
            Err(error) => (None, Some(error_chain::describe(&error))),
        };
        Row {
            title: moment.title(),
            answer,
            problem,
        }
    }

    /// What was expected, unless it is what came.
    fn problem(&self, moment: Moment, clicked: &Clicked) -> Option<&'static str> {
        let page = (clicked.status, clicked.state.as_deref());
        let (expected, holds) = match moment {
            Moment::Before => (
                "a page that says when the meeting starts, or the room",
                matches!(page, (200, Some("open" | "early")) | (303, None)),
            ),
            Moment::After if self.stays_open => (
                "a page that says that a meeting with this link was cancelled",
                page == (200, Some("open")),
            ),
            Moment::After => (
                "a page that says that the meeting was cancelled",
                page == (410, Some("cancelled")),
            ),
        };
        (!holds).then_some(expected)
    }
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
