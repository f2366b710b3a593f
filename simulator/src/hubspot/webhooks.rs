//! Sends webhooks as HubSpot does, and resends them as in a retry, on a slow network or by an attacker.

use serde::Deserialize;
use serde_json::Value;
use shared::conference_id::ConferenceId;
use shared::error_chain;
use shared::repository::StoreError;
use shared::repository::conferences::Conference;
use shared::timestamp::Timestamp;

use super::caller::SignedRequest;
use super::record::{Effect, Occasion, Outcome, SentWebhook};
use super::registry::WebhookUrl;
use super::state::HubSpot;
use shared::contract::WebhookName;

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

/// The record has no webhook with this number, or has dropped it.
#[derive(Debug, thiserror::Error)]
#[error("there is no webhook {0} in the record")]
pub struct NotRecorded(u64);

/// A request that is ready to be sent.
struct Outgoing {
    webhook: WebhookName,
    occasion: Occasion,
    request: SignedRequest,
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
    ) -> SentWebhook {
        let now = Timestamp::now();
        let url = url.as_str().to_owned();
        let request = self.signer.sign(url, body.to_string(), now);
        let outgoing = Outgoing {
            webhook,
            occasion: Occasion::First,
            request,
            signed_at: now,
            conference_id,
        };
        self.deliver(outgoing, now).await
    }

    /// Resends the webhook with this number.
    ///
    /// # Errors
    /// [`NotRecorded`] if the record has no such webhook.
    pub async fn repeat(
        &self,
        id: u64,
        repetition: Repetition,
    ) -> Result<SentWebhook, NotRecorded> {
        let now = Timestamp::now();
        let state = self.state.lock().await;
        let sent = state.webhooks.get(id).cloned().ok_or(NotRecorded(id))?;
        drop(state);
        let SignedRequest { url, body, .. } = sent.request.clone();
        let (occasion, request, signed_at) = match repetition {
            Repetition::Again => (Occasion::Again, sent.request, sent.signed_at),
            Repetition::Late => {
                let millis = sent.signed_at.as_millis().saturating_sub(LATE);
                let signed_at = Timestamp::from_millis(millis);
                let request = self.signer.sign(url, body, signed_at);
                (Occasion::Late, request, signed_at)
            }
            Repetition::Broken => {
                let request = self.forger.sign(url, body, now);
                (Occasion::Broken, request, now)
            }
        };
        let outgoing = Outgoing {
            webhook: sent.webhook,
            occasion,
            request,
            signed_at,
            conference_id: sent.conference_id,
        };
        Ok(self.deliver(outgoing, now).await)
    }

    /// The conference as it is stored now, if it exists.
    ///
    /// # Errors
    /// [`StoreError`] if the store can't be read.
    pub async fn stored(
        &self,
        id: Option<&ConferenceId>,
    ) -> Result<Option<Conference>, StoreError> {
        match id {
            Some(id) => self.conferences.get(id).await,
            None => Ok(None),
        }
    }

    async fn deliver(&self, outgoing: Outgoing, now: Timestamp) -> SentWebhook {
        let before = self.stored(outgoing.conference_id.as_ref()).await;
        let result = match outgoing.request.send(&self.client).await {
            Ok(answer) => Outcome::Answer(answer),
            Err(error) => Outcome::Problem(error_chain::describe(&error)),
        };
        let conference_id = named(&result).or(outgoing.conference_id);
        let after = self.stored(conference_id.as_ref()).await;
        let effect = match (before, after) {
            (Ok(before), Ok(Some(after))) => Some(Effect::between(before.as_ref(), &after, now)),
            _ => None,
        };
        let mut state = self.state.lock().await;
        state.touch();
        state.webhooks.add(|id| SentWebhook {
            id,
            webhook: outgoing.webhook,
            occasion: outgoing.occasion,
            signed_at: outgoing.signed_at,
            sent_at: now,
            request: outgoing.request,
            result,
            conference_id,
            effect,
        })
    }
}

/// The conference ID in an answer.
fn named(result: &Outcome) -> Option<ConferenceId> {
    match result {
        Outcome::Answer(answer) => ConferenceId::parse(answer.body.get("conferenceId")?.as_str()?),
        Outcome::Problem(_) => None,
    }
}
