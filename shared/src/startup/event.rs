//! The events that Lambda passes to a function: API Gateway's, and the scheduled keep-warm event,
//! `{"keepWarm":true}`.
//!
//! Amazon EventBridge Scheduler sends the latter to each function every few minutes (`KeepWarm` in
//! `template.yaml`), so that Lambda keeps an instance running. It is answered immediately, without a
//! request to the store, a metric or a log line. It does the work that a user would otherwise wait for: it
//! reopens a connection that has been idle and renews a stale secret.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Longer events are not checked for being keep-warm events. API Gateway's events are much longer.
const MAX_LENGTH: usize = 64;

/// An event from Lambda. `R` is the type that API Gateway's event is parsed into.
#[derive(Debug)]
pub(super) enum Event<R> {
    /// The scheduled keep-warm event.
    KeepWarm,
    /// A request from API Gateway.
    Request(Box<R>),
}

impl<'de, R: DeserializeOwned> Deserialize<'de> for Event<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let text = text.get();
        if text.len() <= MAX_LENGTH && is_keep_warm(text) {
            return Ok(Self::KeepWarm);
        }
        let request = serde_json::from_str(text).map_err(D::Error::custom)?;
        Ok(Self::Request(request))
    }
}

fn is_keep_warm(text: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct KeepWarm {
        keep_warm: bool,
    }
    serde_json::from_str::<KeepWarm>(text).is_ok_and(|event| event.keep_warm)
}

/// The function's response to an [`Event`].
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum EventAnswer<R> {
    /// The response to the keep-warm event. Nothing reads it.
    KeepWarm,
    /// The response to a request.
    Response(R),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_constant_event_is_a_keep_warm_event() {
        let is = |text| {
            let event = serde_json::from_str::<Event<serde_json::Value>>(text);
            matches!(event, Ok(Event::KeepWarm))
        };
        assert!(is(r#"{"keepWarm":true}"#));
        assert!(is("{ \"keepWarm\" : true }\n"));
        for other in [
            r#"{"keepWarm":false}"#,
            r#"{"keepWarm":true,"version":"2.0"}"#,
            r#"{"keepWarm":1}"#,
            "true",
            "{}",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn the_answer_to_the_keep_warm_event_is_null() {
        let answer = serde_json::to_string(&EventAnswer::<()>::KeepWarm).unwrap();
        assert_eq!(answer, "null");
    }
}
