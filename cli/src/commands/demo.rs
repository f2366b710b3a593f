//! `demo`: plays the lifecycle of one meeting against the real functions and a real store, step by step.
//! What the answers don't show is read from the store.

use clap::Args;
use serde_json::Value;
use shared::printable::printable_json;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use super::error::CommandError;
use crate::output::{OutputError, say};
use simulator::click::click;
use simulator::http_client::HttpClient;
use simulator::hubspot::caller::{Caller, Signer};
use simulator::life::{BETTER_TITLE, Check, Host, Life, Moment, Played, Step};
use simulator::sample::{self, Meeting};
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

const EXAMPLES: &str = "\
Examples:
  cargo run -- demo";

/// Show the lifecycle of one meeting, step by step
///
/// Starts the system on free ports, plays HubSpot and compares every answer with the documented
/// one. Exits with 1 if anything differs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {}

impl Demo {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let local = Simulator::start(Options::on_free_ports()).await?;
        let signer = Signer {
            secret: Secret::new(sample::CLIENT_SECRET),
            version: SignatureVersion::V3,
        };
        let caller = Caller::new(&local.base_url, signer)?;
        let now = Timestamp::now();
        let mut life = Life::new(caller, Host::Known, Meeting::default(), now);
        let conferences = ReadConferences::new(local.store.client(), CONFERENCES_TABLE.to_owned());
        let client = HttpClient::new()?;
        let mut stored = None;
        let mut failures = 0;
        for step in Step::ALL {
            say!("{}", step.title())?;
            let played = life.play(step).await?;
            print(step, &played)?;
            let before = stored;
            stored = match life.conference_id() {
                Some(id) => conferences.get(id).await?,
                None => None,
            };
            let effects = effects(step, &life, before.as_ref(), stored.as_ref());
            for check in played.checks.into_iter().chain(effects) {
                failures += report(check)?;
            }
            if let Some(url) = life.conference_url()
                && let Some(moment) = Moment::after(step)
            {
                for check in follow(&client, url, moment).await? {
                    failures += report(check)?;
                }
            }
        }
        match failures {
            0 => {
                say!("\nEverything is as documented.")?;
                Ok(())
            }
            failures => Err(format!("{failures} of the checks failed").into()),
        }
    }
}

/// Prints a check, and counts it if it failed.
fn report(check: Check) -> Result<u32, CommandError> {
    let mark = if check.holds { "ok" } else { "FAIL" };
    say!("    {mark}: {}", check.expected)?;
    Ok(u32::from(!check.holds))
}

/// What the page behind the link says at this moment.
const fn expected(moment: Moment) -> &'static str {
    match moment {
        Moment::Early => "the page says that the meeting starts later",
        Moment::Open => "the page asks for a name",
        Moment::Over => "the page says that the meeting is over",
        Moment::Cancelled => "the page says that the meeting was cancelled",
    }
}

/// Clicks the meeting's link. It leads into the room, unless the meeting is over or deleted.
async fn follow(
    client: &HttpClient,
    url: &str,
    moment: Moment,
) -> Result<Vec<Check>, CommandError> {
    say!("A participant clicks the link")?;
    let looked = click(client, url, None).await?;
    say!(
        "  > GET {url}\n  < {} {}",
        looked.status,
        looked.state.as_deref().unwrap_or("no page")
    )?;
    let joined = click(client, url, Some("Ada Lovelace")).await?;
    let room = joined.location.as_deref();
    say!(
        "  > POST {url} name=Ada Lovelace\n  < {} {}",
        joined.status,
        room.unwrap_or_default()
    )?;
    let is_page = (looked.status, looked.state.as_deref()) == moment.page();
    let mut checks = vec![Check::new(expected(moment), is_page)];
    if let Moment::Over | Moment::Cancelled = moment {
        let is_closed = joined.status == 410 && room.is_none();
        checks.push(Check::new("no redirect to the room", is_closed));
        return Ok(checks);
    }
    checks.push(Check::new(
        "joining leads to the room",
        joined.status == 303 && room.is_some(),
    ));
    if let Some(room) = room {
        let entered = click(client, room, None).await?;
        let is_room = (entered.status, entered.state.as_deref()) == (200, Some("room"));
        checks.push(Check::new(
            "the video system lets the participant in",
            is_room,
        ));
    }
    Ok(checks)
}

/// The expected effects of a step on the store.
fn effects(
    step: Step,
    life: &Life,
    before: Option<&Conference>,
    stored: Option<&Conference>,
) -> Vec<Check> {
    let has = |holds: fn(&Conference) -> bool| stored.is_some_and(holds);
    let unchanged = stored.is_some() && stored == before;
    match step {
        Step::Verify | Step::Repeat => Vec::new(),
        Step::Create => vec![Check::new("stored", stored.is_some())],
        Step::Update => {
            let link = stored.map(|conference| conference.conference_url.as_str());
            vec![
                Check::new("stored", has(|conference| conference.topic == BETTER_TITLE)),
                Check::new("the link is unchanged", link == life.conference_url()),
            ]
        }
        Step::MoveToNow | Step::MoveToPast => {
            let is_moved = stored.map(|conference| conference.start_time)
                != before.map(|conference| conference.start_time);
            vec![Check::new("stored", is_moved)]
        }
        Step::StaleUpdate | Step::ForgedDelete => vec![Check::new("nothing changed", unchanged)],
        Step::Delete => {
            let deleted = has(|conference| conference.deleted_at.is_some());
            vec![Check::new("marked as deleted", deleted)]
        }
        Step::LateUpdate => vec![Check::new("it stays deleted", unchanged)],
    }
}

fn print(step: Step, played: &Played) -> Result<(), OutputError> {
    say!(
        "  > POST {} {}",
        step.webhook().path(),
        printable_json(&played.payload.to_string())
    )?;
    let answer = &played.answer;
    let text = match &answer.body {
        Value::Null => String::new(),
        body => printable_json(&body.to_string()),
    };
    let millis = answer.time.as_secs_f64() * 1000.0;
    say!("  < {} {text} ({millis:.1} ms)", answer.status)
}
