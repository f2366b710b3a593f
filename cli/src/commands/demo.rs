//! `demo`: one meeting's whole life against the real functions and a real store, step by step. What
//! the answers don't tell is looked up in the store.

use clap::Args;
use serde_json::Value;
use shared::printable::printable_json;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use super::CommandError;
use crate::output::{OutputError, say};
use simulator::hubspot::caller::{Caller, Signer};
use simulator::life::{BETTER_TITLE, Check, Host, Life, Played, Step};
use simulator::sample::{self, Meeting};
use simulator::system::{Options, Simulator};
use simulator::tables::CONFERENCES_TABLE;

const EXAMPLES: &str = "\
Examples:
  cargo run -- demo";

/// Show one meeting's whole life, step by step
///
/// Starts the system on free ports, plays HubSpot's part and compares every answer with what is
/// documented. Ends with 1 if anything differs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Demo {}

impl Demo {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let local = Simulator::start(Options::for_itself()).await?;
        let signer = Signer {
            secret: Secret::new(sample::CLIENT_SECRET),
            version: SignatureVersion::V3,
        };
        let caller = Caller::new(&local.base_url, signer)?;
        let now = Timestamp::now();
        let mut life = Life::new(caller, Host::Known, Meeting::default(), now);
        let conferences = ReadConferences::new(local.store.client(), CONFERENCES_TABLE.to_owned());
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
                let mark = if check.holds { "ok" } else { "NOT SO" };
                say!("    {mark}: {}", check.expected)?;
                failures += u32::from(!check.holds);
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

/// What a step has to do to the store.
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
                Check::new("the link is as before", link == life.conference_url()),
            ]
        }
        Step::StaleUpdate | Step::ForgedDelete => vec![Check::new("without effect", unchanged)],
        Step::Delete => {
            let deleted = has(|conference| conference.deleted_at.is_some());
            vec![Check::new("remembered as deleted", deleted)]
        }
        Step::LateUpdate => vec![Check::new("revives nothing", unchanged)],
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
