//! `send`: sends one signed webhook to a running system and prints the answer, or plays a meeting's
//! lifecycle.

mod join_page;
mod report;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use shared::config::Environment;
use shared::error_chain;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use self::join_page::JoinPage;
use self::report::{Report, Row, millis};
use super::error::CommandError;
use super::join_link;
use super::request::RequestOptions;
use super::webhook;
use crate::aws::Aws;
use crate::interrupt::Interrupted;
use crate::output::{note, print_json};
use crate::stack::Stack;
use crate::terminal::waiting;
use shared::contract::WebhookName;
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::Caller;
use simulator::life::{Host, Life, Moment, Played, Step, StepError};
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
/// `join` opens a meeting's join link, as anyone can, and shows which page it leads to. With `--name` it
/// joins and shows the link to the room. That creates the room, and the link may contain a token.
///
/// `all` creates a meeting that starts in an hour, retries, changes, moves and deletes it, and sends
/// requests that must be refused. It reports every answer and its duration. If the meeting's link is this
/// system's join link, `all` also follows it as a participant: an hour early, at the start, long after the
/// end and after the deletion. It opens the page, enters the name Test and expects the room, which opens a
/// room in the video system. Other links are not followed. The conference stays deleted, and its item
/// expires after 30 days. The host need not be in the directory.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Send {
    /// The webhook to send, the join link to follow, or a whole lifecycle
    what: What,
    /// Base URL of the system
    #[arg(long, default_value_t = url(ListenAddress::LOOPBACK.with_port(PORT)), value_name = "URL")]
    base_url: String,
    /// A deployed stack; its outputs contain the URLs
    #[arg(long, conflicts_with = "base_url", value_name = "NAME")]
    stack: Option<String>,
    #[command(flatten)]
    request: RequestOptions,
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
        let meeting = self.request.meeting.starting(tomorrow(now));
        if let What::Join = self.what {
            // Nothing is signed, so no client secret is asked for.
            let url = join_link::url(&base_url, &meeting.conference());
            return join_link::follow(&url, self.request.join.name.as_deref()).await;
        }
        self.request.join.refuse_name()?;
        let environment = Environment::from_process();
        let signer = self
            .request
            .signing
            .signer(&environment, &base_url.parse()?)?;
        let links = Links {
            client: HttpClient::new()?,
            base_url: base_url.clone(),
            // Without a signed timestamp, the retried create may have come from another meeting with the
            // same details, so the link must stay open.
            stay_open: signer.version != SignatureVersion::V3,
        };
        let caller = Caller::new(&base_url, signer)?;
        match self.what {
            What::One(webhook) => send(&caller, webhook, &meeting).await,
            What::All | What::Join => {
                play(Life::new(caller, Host::Anybody, meeting, now), &links).await
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

async fn play(mut life: Life, links: &Links) -> Result<(), CommandError> {
    let mut report = Report::begin()?;
    let outcome = tokio::select! {
        played = play_all(&mut life, links, &mut report) => played,
        // Also after Ctrl-C, leave no conference behind.
        _ = tokio::signal::ctrl_c() => Err(Interrupted.into()),
    };
    if life.left_behind().is_some() {
        // `left_behind` shows whether the delete worked, so its result is not needed.
        drop(life.play(Step::Delete).await);
        match life.left_behind() {
            None => note!("The conference is deleted, so that none is left behind."),
            Some(id) => note!(
                "Conference {id} could not be deleted. Try: cargo run -- send delete \
                 --conference-id {id}, with the same --base-url or --stack",
            ),
        }
    }
    outcome?;
    match report {
        Report { failures: 0, .. } => Ok(()),
        Report {
            failures, requests, ..
        } => Err(format!("{failures} of {requests} steps failed").into()),
    }
}

/// Continues after a failed step, as HubSpot would, and counts the failures. In between a participant
/// follows the meeting's link.
async fn play_all(life: &mut Life, links: &Links, report: &mut Report) -> Result<(), CommandError> {
    for step in Step::ALL {
        let played = waiting("Waiting for the webhook's answer", life.play(step)).await;
        report.add(&row(step, played))?;
        let Some(moment) = Moment::after(step) else {
            continue;
        };
        if let Some(page) = links.page(life) {
            // A conference that could not be deleted is not cancelled.
            if moment != Moment::Cancelled || life.left_behind().is_none() {
                for row in page.visit(moment).await {
                    report.add(&row)?;
                }
            }
        } else if moment == Moment::Early && life.conference_url().is_some() {
            report.print(&Row {
                title: "A participant follows the link",
                answer: None,
                result: Ok("skipped: the link is not our join link"),
            })?;
        }
    }
    Ok(())
}

fn row(step: Step, played: Result<Played, StepError>) -> Row {
    let (answer, result) = match played {
        Ok(Played { answer, checks, .. }) => {
            let failed = checks.iter().find(|check| !check.holds);
            let result = match (failed, answer.status) {
                (None, _) => Ok("ok"),
                (Some(_), 401) => Err(
                    "FAIL: the signature is refused; check HUBSPOT_CLIENT_SECRET and the URL"
                        .to_owned(),
                ),
                (Some(check), _) => Err(format!("FAIL: {}", check.expected)),
            };
            (Some((answer.status, answer.time)), result)
        }
        Err(error) => (None, Err(error_chain::describe(&error))),
    };
    Row {
        title: step.title(),
        answer,
        result,
    }
}

/// The join links of the system under test.
struct Links {
    client: HttpClient,
    base_url: String,
    stay_open: bool,
}

impl Links {
    /// The page behind the conference's link, if that is a join link of this system.
    fn page<'a>(&'a self, life: &'a Life) -> Option<JoinPage<'a>> {
        let url = life.conference_url()?;
        let is_join_link = url == join_link::url(&self.base_url, life.conference_id()?.as_str());
        is_join_link.then(|| JoinPage::new(&self.client, url, self.stay_open))
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
