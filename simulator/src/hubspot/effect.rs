//! What a request changed in the store.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::repository::conferences::Conference;
use shared::timestamp::Timestamp;

/// A request's effect on the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The conference was created.
    Created,
    /// These attributes changed.
    Changed(Vec<String>),
    /// The conference is unchanged.
    Nothing,
}

impl Effect {
    /// Compares the conference before and after. The conference of a create isn't known in advance: it
    /// counts as new if it was created since `sent_at`.
    #[must_use]
    pub fn between(before: Option<&Conference>, after: &Conference, sent_at: Timestamp) -> Self {
        let Some(before) = before else {
            return if after.created_at >= sent_at {
                Self::Created
            } else {
                Self::Nothing
            };
        };
        let (before, after) = (attributes(before), attributes(after));
        let differs = |name: &&String| before.get(*name) != after.get(*name);
        let mut changed: Vec<String> = after.keys().filter(differs).cloned().collect();
        changed.sort_unstable();
        if changed.is_empty() {
            Self::Nothing
        } else {
            Self::Changed(changed)
        }
    }
}

fn attributes(conference: &Conference) -> Map<String, Value> {
    match serde_json::to_value(conference) {
        Ok(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    }
}
