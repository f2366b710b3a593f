//! Stories about the whole backend: signed events go in, and the answers and the store are checked. They
//! run on an embedded DynamoDB, or on the one that `DYNAMODB_ENDPOINT` names.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod api;
mod bad_input;
mod connection;
mod create;
mod delete;
mod join;
mod lenient;
mod repositories;
mod rotation;
mod store_trouble;
mod template;
mod update;
mod verify;
mod video_secret;
mod whole_life;

use simulator::sample::Meeting;

/// The meeting with the conference ID that create returned.
fn known_as(id: &str, meeting: &Meeting) -> Meeting {
    Meeting {
        conference_id: Some(id.to_owned()),
        ..meeting.clone()
    }
}

/// The meeting with another title.
fn renamed(meeting: &Meeting, topic: &str) -> Meeting {
    Meeting {
        topic: topic.to_owned(),
        ..meeting.clone()
    }
}
