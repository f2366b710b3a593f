//! `demo`: one meeting's whole life against the real functions and a real store, step by step.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::repository::conferences::{Conference, ReadConferences};
use shared::secret::Secret;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;

use super::CommandError;
use crate::hubspot::{Answer, Caller, Signer};
use crate::local::{CONFERENCES_TABLE, Local, Options};
use crate::sample::{self, Meeting, Webhook};

/// Show one meeting's whole life, step by step
///
/// Starts the system on free ports, plays HubSpot's part and compares every answer with what is
/// documented. Ends with 1 if anything differs.
#[derive(Args, Debug)]
pub struct Demo {}

impl Demo {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let local = Local::start(Options {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            dynamodb_port: 0,
            data: None,
            report: |_| {},
        })
        .await?;
        let mut play = Play {
            caller: caller(&local, sample::CLIENT_SECRET),
            forger: caller(&local, "not-the-client-secret"),
            conferences: ReadConferences::new(local.store.client(), CONFERENCES_TABLE.to_owned()),
            failures: 0,
        };
        play.perform().await?;
        match play.failures {
            0 => {
                println!("\nEverything is as documented.");
                Ok(())
            }
            failures => Err(format!("{failures} of the checks failed").into()),
        }
    }
}

fn caller(local: &Local, secret: &str) -> Caller {
    let signer = Signer {
        secret: Secret::new(secret),
        version: SignatureVersion::V3,
    };
    Caller::new(&local.base_url, signer)
}

struct Play {
    caller: Caller,
    forger: Caller,
    conferences: ReadConferences,
    failures: u32,
}

impl Play {
    async fn perform(&mut self) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let later = |seconds| now.plus(Duration::from_secs(seconds));
        let mut meeting = Meeting {
            start_time: later(3_600).as_millis(),
            end_time: later(7_200).as_millis(),
            ..Meeting::default()
        };

        println!("HubSpot asks who the host is");
        let verified = self.send(Webhook::Verify, &meeting, now).await?;
        self.check(
            "answered with an id",
            verified.status == 200 && verified.body["id"].is_string(),
        );

        println!("Somebody schedules a meeting");
        let created = self.send(Webhook::Create, &meeting, now).await?;
        let complete = ["conferenceId", "conferenceUrl", "conferenceDetails"]
            .iter()
            .all(|field| created.body[field].is_string());
        self.check("answered with a link", created.status == 200 && complete);

        println!("HubSpot did not hear the answer and asks again");
        let repeated = self.send(Webhook::Create, &meeting, later(2)).await?;
        self.check("the same answer", repeated.body == created.body);

        let id = created.body["conferenceId"].as_str().unwrap_or_default();
        meeting.conference_id = Some(id.to_owned());
        let id = ConferenceId::parse(id).ok_or("the conference's id is not one")?;

        println!("The meeting gets another title");
        let renamed = Meeting {
            topic: "A Better Title".to_owned(),
            ..meeting.clone()
        };
        let updated = self.send(Webhook::Update, &renamed, later(20)).await?;
        let stored = self.stored(&id).await?;
        self.check("accepted", updated.status == 204);
        self.check("stored", stored.topic == "A Better Title");
        let link = Value::from(stored.conference_url.as_str());
        self.check(
            "the link is as before",
            created.body["conferenceUrl"] == link,
        );

        println!("An older update arrives late");
        let stale = self.send(Webhook::Update, &meeting, later(10)).await?;
        self.check("accepted", stale.status == 204);
        self.check("without effect", self.stored(&id).await? == stored);

        println!("Somebody who doesn't have the secret tries to delete it");
        let forged = send(&self.forger, Webhook::Delete, &meeting, later(30)).await?;
        self.check("refused", forged.status == 401);
        self.check("without effect", self.stored(&id).await? == stored);

        println!("The meeting is deleted");
        let deleted = self.send(Webhook::Delete, &meeting, later(30)).await?;
        let stored = self.stored(&id).await?;
        self.check("accepted", deleted.status == 204);
        self.check("remembered as deleted", stored.deleted_at.is_some());

        println!("One more update arrives late");
        let late = self.send(Webhook::Update, &renamed, later(40)).await?;
        self.check("accepted", late.status == 204);
        self.check("revives nothing", self.stored(&id).await? == stored);
        Ok(())
    }

    async fn send(
        &self,
        webhook: Webhook,
        meeting: &Meeting,
        now: Timestamp,
    ) -> Result<Answer, CommandError> {
        send(&self.caller, webhook, meeting, now).await
    }

    async fn stored(&self, id: &ConferenceId) -> Result<Conference, CommandError> {
        let found = self.conferences.get(id).await?;
        found.ok_or_else(|| "the conference is not in the store".into())
    }

    fn check(&mut self, expected: &str, holds: bool) {
        let mark = if holds { "ok" } else { "NOT SO" };
        println!("    {mark}: {expected}");
        self.failures += u32::from(!holds);
    }
}

async fn send(
    caller: &Caller,
    webhook: Webhook,
    meeting: &Meeting,
    now: Timestamp,
) -> Result<Answer, CommandError> {
    let body = meeting.body(webhook);
    println!("  > POST {} {body}", webhook.path());
    let answer = caller.send(webhook, &body, now).await?;
    let text = match &answer.body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let millis = answer.time.as_secs_f64() * 1000.0;
    println!("  < {} {text} ({millis:.1} ms)", answer.status);
    Ok(answer)
}
