//! Compares answers and tables with the model.

use serde_json::Value;
use shared::repository::conferences::Conference as Stored;
use testbed::system::Answer;

use super::reference::{Conference, Model, Reply};

/// Create's answers, by the conference's index in the model; `None` if no answer arrived.
pub(crate) type Names = Vec<Option<Value>>;

/// Whether `answer` is `reply`: a known conference must keep its link, and a new one must get a link that
/// no other has.
pub(crate) fn matches(answer: &Answer, reply: Option<&Reply>, names: &mut Names) -> bool {
    match reply {
        None => answer.status == 503 && answer.headers["retry-after"] == "1",
        Some(Reply::Done) => answer.status == 204,
        Some(Reply::NotFound) => answer.status == 404,
        Some(Reply::Refused) => answer.status == 401,
        Some(Reply::User(id)) => answer.status == 200 && answer.body["id"] == *id,
        Some(Reply::Conference(place)) => {
            let differs = |name: &Value| {
                name["conferenceId"] != answer.body["conferenceId"]
                    && name["conferenceUrl"] != answer.body["conferenceUrl"]
            };
            let is_expected = match &names[*place] {
                Some(name) => *name == answer.body,
                None => names.iter().flatten().all(differs),
            };
            names[*place] = Some(answer.body.clone());
            answer.status == 200 && is_expected
        }
    }
}

/// Whether the store has exactly the model's conferences, under the IDs that were returned.
pub(crate) fn holds(stored: &[Stored], model: &Model, names: &Names) -> bool {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    let name = |id: &str, url: &str| Some((id.to_owned(), url.to_owned()));
    let given: Vec<Option<(String, String)>> = names
        .iter()
        .map(|body| {
            let body = body.as_ref()?;
            name(
                body["conferenceId"].as_str()?,
                body["conferenceUrl"].as_str()?,
            )
        })
        .collect();
    for conference in stored {
        let (id, url) = (&conference.conference_id, &conference.conference_url);
        let known = name(id.as_str(), url.as_str()).filter(|name| {
            let is_given = |given: &Option<(String, String)>| given.as_ref() == Some(name);
            given.iter().any(is_given)
        });
        found.push((known, as_in_model(conference)));
    }
    for (given, conference) in given.into_iter().zip(&model.conferences) {
        expected.push((given, conference.clone()));
    }
    found.sort();
    expected.sort();
    found == expected
}

pub(crate) fn as_in_model(stored: &Stored) -> Conference {
    Conference {
        portal: stored.portal_id.get(),
        meeting: u8::try_from(stored.start_time.as_millis()).unwrap(),
        title: stored.topic.parse().ok(),
        created_at: stored.created_at,
        signed_at: stored.signed_at,
        updated_at: stored.updated_at,
        deleted_at: stored.deleted_at,
        is_repeated: stored.repeated.is_some(),
        revision: stored.revision,
    }
}
