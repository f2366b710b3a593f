//! Sends webhooks as HubSpot does, and resends them: unchanged as a retry, late as on a slow network, or
//! forged as by an attacker.

use serde::Deserialize;
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::contract::WebhookName;
use shared::error_chain;
use shared::timestamp::Timestamp;

use super::caller::Request;
use super::record::{Kind, Occasion, RecordedRequest, RequestResult};
use super::state::HubSpot;
use crate::connection_headers;
use crate::registry::WebhookUrl;

/// How much older the signature of a late webhook is, in milliseconds.
const LATE: i64 = 60_000;

/// How to resend a webhook.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repetition {
    /// Exactly the same bytes, as if HubSpot had not received the answer.
    Again,
    /// Signed a minute earlier, as if an older webhook had been delayed.
    Late,
    /// With the signature of an attacker who doesn't have the client secret.
    Broken,
}

/// Why a recorded request can't be sent again or copied as a command.
#[derive(Debug, thiserror::Error)]
pub enum NotRepeatable {
    /// The record has no request with this number, or has dropped it.
    #[error("there is no request {0}: only the latest are kept")]
    NotRecorded(u64),
    /// Only webhooks can be sent again: a call to the video system belongs to a click on the join page.
    #[error("only webhooks can be sent again: open the meeting's link instead")]
    NotAWebhook,
    /// The body is too large to be kept.
    #[error("only a part of the body is kept: send the request again from its source")]
    TooLarge,
    /// The body contains bytes that aren't text.
    #[error("the body isn't text, so no command can contain it: use Send again")]
    NotText,
}

/// A webhook that is ready to be sent.
struct Outgoing {
    webhook: WebhookName,
    occasion: Occasion,
    request: Request,
    signed_at: Timestamp,
    conference_id: Option<ConferenceId>,
}

impl HubSpot {
    /// Signs `body`, sends it to `url`, and records the result. `conference_id` is the webhook's
    /// conference, if there is one yet.
    pub async fn send(
        &self,
        webhook: WebhookName,
        url: &WebhookUrl,
        body: &Value,
        conference_id: Option<ConferenceId>,
    ) -> RecordedRequest {
        let now = Timestamp::now();
        let url = url.as_str().to_owned();
        let request = self.signer.sign(url, body.to_string().into(), now);
        let outgoing = Outgoing {
            webhook,
            occasion: Occasion::First,
            request,
            signed_at: now,
            conference_id,
        };
        self.deliver(outgoing, now).await
    }

    /// The complete request with this number.
    pub(super) async fn recorded(&self, id: u64) -> Result<RecordedRequest, NotRepeatable> {
        let state = self.state.lock().await;
        let recorded = state.requests.get(id).cloned();
        let recorded = recorded.ok_or(NotRepeatable::NotRecorded(id))?;
        if recorded.is_whole {
            Ok(recorded)
        } else {
            Err(NotRepeatable::TooLarge)
        }
    }

    /// Resends the webhook with this number, no matter who sent it first.
    ///
    /// # Errors
    /// [`NotRepeatable`] if the record has no such webhook or not all of it.
    pub async fn repeat(
        &self,
        id: u64,
        repetition: Repetition,
    ) -> Result<RecordedRequest, NotRepeatable> {
        let now = Timestamp::now();
        let sent = self.recorded(id).await?;
        let Kind::Webhook(webhook) = sent.kind else {
            return Err(NotRepeatable::NotAWebhook);
        };
        let mut request = sent.request;
        let (occasion, signed_at, request) = match repetition {
            Repetition::Again => {
                connection_headers::remove(&mut request.headers);
                (Occasion::Again, sent.signed_at, request)
            }
            Repetition::Late => {
                let earlier = sent.signed_at.as_millis().saturating_sub(LATE);
                let earlier = Timestamp::from_millis(earlier);
                let request = self.signer.sign(request.url, request.body, earlier);
                (Occasion::Late, earlier, request)
            }
            Repetition::Broken => {
                let request = self.forger.sign(request.url, request.body, now);
                (Occasion::Broken, now, request)
            }
        };
        let outgoing = Outgoing {
            webhook,
            occasion,
            request,
            signed_at,
            conference_id: sent.conference_id,
        };
        Ok(self.deliver(outgoing, now).await)
    }

    async fn deliver(&self, outgoing: Outgoing, now: Timestamp) -> RecordedRequest {
        let before = self.before(outgoing.conference_id, now).await;
        let sending = self.ongoing.begin(&outgoing.request.headers);
        let result = match outgoing.request.send(&self.client).await {
            Ok(answer) => RequestResult::Answer(answer),
            Err(error) => RequestResult::Problem(error_chain::describe(&error)),
        };
        drop(sending);
        let after = self.after(before, result.conference_id()).await;
        let mut state = self.state.lock().await;
        state.touch();
        state.requests.add(|id| RecordedRequest {
            id,
            kind: Kind::Webhook(outgoing.webhook),
            occasion: outgoing.occasion,
            signed_at: outgoing.signed_at,
            sent_at: now,
            request: outgoing.request,
            is_whole: true,
            result,
            conference_id: after.conference_id,
            title: after.stored.map(|conference| conference.topic),
            effect: after.effect,
        })
    }
}
