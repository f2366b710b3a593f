//! The schedule's constant event, `{"keepWarm":true}`, beside API Gateway's.
//!
//! Amazon EventBridge Scheduler sends it to each function every few minutes (`KeepWarm` in
//! `template.yaml`), so that Lambda keeps an instance of it. It is answered at once, without a request to
//! the store, a metric or a log line. What a person would otherwise wait for is done here: a connection
//! that has been idle is opened again, and an old reading of the secrets renewed.

use lambda_http::request::LambdaRequest;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// The longest text that is looked at twice. API Gateway's events are longer by far.
const MAX_LENGTH: usize = 64;

/// What Lambda gives to a function.
#[derive(Debug)]
pub enum Event {
    /// The schedule's event.
    KeepWarm,
    /// A request that API Gateway received.
    Request(Box<LambdaRequest>),
}

impl<'de> Deserialize<'de> for Event {
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

/// What a function answers to an [`Event`].
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum EventAnswer<R> {
    /// The schedule doesn't read its answer.
    KeepWarm,
    /// The answer to a request.
    Response(R),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_constant_event_is_the_schedules() {
        let is = |text| matches!(serde_json::from_str(text), Ok(Event::KeepWarm));
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
    fn the_schedules_answer_is_null() {
        let answer = serde_json::to_string(&EventAnswer::<()>::KeepWarm).unwrap();
        assert_eq!(answer, "null");
    }
}
