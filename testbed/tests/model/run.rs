//! Runs a history against the real functions and the model, and compares answers and store after every
//! step.
//!
//! A step can have several correct outcomes; the history continues from the one that occurred. At the end,
//! the whole history is checked against the backend's promises.

use futures_util::future::join_all;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use shared::contract::WebhookName;
use shared::identifiers::PortalId;
use shared::repository::conferences::Conference as Stored;
use shared::signature::SignatureVersion;
use shared::timestamp::Timestamp;
use simulator::sample::Meeting;
use testbed::proxy::Fault;
use testbed::system::{Answer, System};

use super::click;
use super::compare::{Names, as_in_model, holds, matches};
use super::forgery;
use super::history::{Call, Intent, Step, Trouble};
use super::outcome::{Outcome, outcomes};
use super::promises::{self, Exchange};
use super::reference::{Model, PEOPLE, Reply, Request, Wish};

/// A well-formed ID that was never returned.
const UNKNOWN: &str = "abcdefghijklmnopqrstuvwx27";

/// A request that was sent.
#[derive(Clone, Debug)]
struct Sent {
    webhook: WebhookName,
    version: SignatureVersion,
    body: String,
    request: Request,
    event: Value,
}

pub(crate) struct Run<'a> {
    system: &'a mut System,
    model: Model,
    names: Names,
    sent: Vec<Sent>,
    unacknowledged: Vec<usize>,
    exchanges: Vec<Exchange>,
    steps: usize,
    clock_resets: usize,
}

/// Runs `history` on an emptied store.
pub(crate) async fn play(system: &mut System, history: &[Step]) -> Result<(), TestCaseError> {
    system.proxy.set(Fault::None);
    system.store.empty().await;
    system.now = Timestamp::from_millis(1_700_000_300_000);
    let mut run = Run {
        system,
        model: Model::default(),
        names: Vec::new(),
        sent: Vec::new(),
        unacknowledged: Vec::new(),
        exchanges: Vec::new(),
        steps: 0,
        clock_resets: 0,
    };
    for step in history {
        run.step(step).await?;
    }
    // Failed requests are retried, as HubSpot would, and have to succeed.
    for place in std::mem::take(&mut run.unacknowledged) {
        run.again(place).await?;
    }
    let nothing = (Vec::new(), run.model.clone());
    run.compare_all(&[], vec![nothing]).await?;
    let stored = run.system.store.all_conferences().await;
    promises::check(&run.exchanges, &stored)?;
    click::check(&run.system.store, &run.exchanges, &stored).await
}

impl Run<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Send(call, trouble) => {
                let sent = self.sign(call);
                self.send(vec![sent], *trouble).await
            }
            Step::Together(calls, trouble) => {
                let sent: Vec<Sent> = calls.iter().map(|call| self.sign(call)).collect();
                self.send(sent, *trouble).await
            }
            Step::Duplicates(call, times, trouble) => {
                let sent = self.sign(call);
                self.send(vec![sent; *times], *trouble).await
            }
            Step::Replay(which) => match self.earlier(*which) {
                Some(sent) => self.send(vec![sent], Trouble::None).await,
                None => Ok(()),
            },
            Step::Again(which) => match self.sent.len() {
                0 => Ok(()),
                number => self.again(which.index(number)).await,
            },
            Step::Forge(which, how) => match self.earlier(*which) {
                Some(sent) => {
                    let event = forgery::forge(&sent.event, sent.version, *how);
                    let answer = self.system.deliver(sent.webhook, event).await;
                    self.steps += 1;
                    self.record(&sent, true, &answer);
                    let nothing = (vec![Some(Reply::Refused)], self.model.clone());
                    self.compare_all(&[answer], vec![nothing]).await
                }
                None => Ok(()),
            },
            Step::Wait(duration) => {
                self.system.wait(*duration);
                Ok(())
            }
            Step::Back(millis) => {
                self.clock_resets += 1;
                self.system.now = Timestamp::from_millis(self.system.now.as_millis() - millis);
                Ok(())
            }
        }
    }

    fn earlier(&self, which: Index) -> Option<Sent> {
        (!self.sent.is_empty()).then(|| which.get(&self.sent).clone())
    }

    /// Builds the request for `call`, now that it is known which conferences exist.
    fn sign(&self, call: &Call) -> Sent {
        let wish = match call.intent {
            Intent::Create { portal, meeting } => Wish::Create { portal, meeting },
            Intent::Update {
                which,
                foreign,
                title,
            } => {
                let conference = self.choose(which);
                let owner = conference.map_or(0, |place| self.model.conferences[place].portal);
                Wish::Update {
                    portal: owner + u64::from(foreign),
                    conference,
                    title,
                }
            }
            Intent::Delete { which } => Wish::Delete {
                conference: self.choose(which),
            },
            Intent::Verify { portal, user } => Wish::Verify { portal, user },
        };
        let signed_at = Timestamp::from_millis(self.system.now.as_millis() + call.signed);
        let (webhook, meeting) = self.meeting(&wish);
        let body = meeting.body(webhook).to_string();
        self.request(webhook, call.version, body, wish, signed_at)
    }

    fn request(
        &self,
        webhook: WebhookName,
        version: SignatureVersion,
        body: String,
        wish: Wish,
        signed_at: Timestamp,
    ) -> Sent {
        let has_time = version == SignatureVersion::V3;
        Sent {
            webhook,
            version,
            event: self.system.event(webhook, &body, version, signed_at),
            body,
            request: Request {
                wish,
                signed_at: has_time.then_some(signed_at),
            },
        }
    }

    /// One of the conferences that HubSpot knows, or occasionally none.
    fn choose(&self, which: Index) -> Option<usize> {
        let known = (0..self.names.len()).filter(|place| self.names[*place].is_some());
        let known: Vec<usize> = known.collect();
        let number = which.index(known.len() * 6 + 1);
        (number < known.len() * 6).then(|| known[number % known.len()])
    }

    fn id(&self, conference: Option<usize>) -> String {
        let name = conference.and_then(|place| self.names[place].as_ref());
        name.map_or(UNKNOWN, |name| name["conferenceId"].as_str().unwrap())
            .to_owned()
    }

    fn meeting(&self, wish: &Wish) -> (WebhookName, Meeting) {
        let meeting = Meeting::default();
        match *wish {
            Wish::Create {
                portal,
                meeting: number,
            } => {
                let meeting = Meeting {
                    portal_id: PortalId::new(portal),
                    start_time: Timestamp::from_millis(i64::from(number)),
                    topic: String::new(),
                    ..meeting
                };
                (WebhookName::Create, meeting)
            }
            Wish::Update {
                portal,
                conference,
                title,
            } => {
                let number = conference.map_or(0, |place| self.model.conferences[place].meeting);
                let meeting = Meeting {
                    portal_id: PortalId::new(portal),
                    start_time: Timestamp::from_millis(i64::from(number)),
                    topic: title.to_string(),
                    conference_id: Some(self.id(conference)),
                    ..meeting
                };
                (WebhookName::Update, meeting)
            }
            Wish::Delete { conference } => {
                let meeting = Meeting {
                    conference_id: Some(self.id(conference)),
                    ..meeting
                };
                (WebhookName::Delete, meeting)
            }
            Wish::Verify { portal, user } => {
                let meeting = Meeting {
                    portal_id: PortalId::new(portal),
                    user_email: PEOPLE[usize::from(user)].to_owned(),
                    ..meeting
                };
                (WebhookName::Verify, meeting)
            }
        }
    }

    /// Sends all of them at once, while the store fails in this way.
    async fn send(&mut self, sent: Vec<Sent>, trouble: Trouble) -> Result<(), TestCaseError> {
        match trouble {
            Trouble::None => {}
            Trouble::Once(fault) => self.system.proxy.set_once(fault),
            Trouble::Always(fault) => self.system.proxy.set(fault),
        }
        let deliveries = sent
            .iter()
            .map(|sent| self.system.deliver(sent.webhook, sent.event.clone()));
        let answers = join_all(deliveries).await;
        self.system.proxy.set(Fault::None);
        self.steps += 1;
        for (sent, answer) in sent.iter().zip(&answers) {
            self.record(sent, false, answer);
            if answer.status == 503 {
                self.unacknowledged.push(self.sent.len());
            }
            self.sent.push(sent.clone());
        }
        let requests: Vec<&Request> = sent.iter().map(|sent| &sent.request).collect();
        let outcomes = outcomes(&self.model, &requests, trouble, self.system.now);
        self.compare(&answers, outcomes).await
    }

    /// Adds an exchange to the history that is checked at the end.
    fn record(&mut self, sent: &Sent, forged: bool, answer: &Answer) {
        let now = self.system.now;
        self.exchanges.push(Exchange {
            step: self.steps,
            webhook: sent.webhook,
            body: serde_json::from_str(&sent.body).unwrap(),
            forged,
            now,
            signed_at: sent.request.signed_at.unwrap_or(now),
            clock_resets: self.clock_resets,
            answer: answer.clone(),
        });
    }

    /// HubSpot retries an earlier request, signed now.
    async fn again(&mut self, place: usize) -> Result<(), TestCaseError> {
        let Sent {
            webhook,
            version,
            body,
            request,
            ..
        } = self.sent[place].clone();
        let sent = self.request(webhook, version, body, request.wish, self.system.now);
        self.send(vec![sent], Trouble::None).await
    }

    /// Compares the answers, and the store if several outcomes are possible. The store is always compared at
    /// the end of the history, and no step hides an earlier error.
    async fn compare(
        &mut self,
        answers: &[Answer],
        outcomes: Vec<Outcome>,
    ) -> Result<(), TestCaseError> {
        let stored = match outcomes.len() {
            1 => None,
            _ => Some(self.system.store.all_conferences().await),
        };
        self.adopt(answers, &outcomes, stored.as_deref())
    }

    /// Compares the answers and the store.
    async fn compare_all(
        &mut self,
        answers: &[Answer],
        outcomes: Vec<Outcome>,
    ) -> Result<(), TestCaseError> {
        let stored = self.system.store.all_conferences().await;
        self.adopt(answers, &outcomes, Some(&stored))
    }

    /// Continues with the first outcome that explains the answers and the store.
    fn adopt(
        &mut self,
        answers: &[Answer],
        outcomes: &[Outcome],
        stored: Option<&[Stored]>,
    ) -> Result<(), TestCaseError> {
        for (replies, model) in outcomes {
            let mut names = self.names.clone();
            names.resize(model.conferences.len(), None);
            let answered = answers
                .iter()
                .zip(replies)
                .all(|(answer, reply)| matches(answer, reply.as_ref(), &mut names));
            if answered && stored.is_none_or(|stored| holds(stored, model, &names)) {
                (self.model, self.names) = (model.clone(), names);
                return Ok(());
            }
        }
        let found: Option<Vec<_>> = stored.map(|stored| stored.iter().map(as_in_model).collect());
        Err(TestCaseError::fail(format!(
            "answered {answers:?}\nstored {found:#?}\nexpected one of {outcomes:#?}"
        )))
    }
}
