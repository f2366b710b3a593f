//! The smallest possible model of the backend: a list of conferences and four rules. It has no HTTP, no
//! store and no IDs; a conference is identified by its index in the list.

use std::time::Duration;

use shared::timestamp::Timestamp;

/// HubSpot's limit for the age of a signature:
/// <https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests>.
const MAX_SIGNATURE_AGE: Duration = Duration::from_mins(5);
const RETRY_WINDOW: Duration = Duration::from_hours(24);

/// A HubSpot account.
pub(crate) type Portal = u64;

/// What a request asks for. Titles, meetings and people are numbers here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Create {
        portal: Portal,
        meeting: u8,
    },
    Update {
        portal: Portal,
        conference: Option<usize>,
        title: u8,
    },
    Delete {
        conference: Option<usize>,
    },
    Verify {
        portal: Portal,
        user: u8,
    },
}

/// A request as it is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub wish: Wish,
    /// When HubSpot signed it, if the signature says so.
    pub signed_at: Option<Timestamp>,
}

/// The correct answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Conference(usize),
    Done,
    User(&'static str),
    NotFound,
    Refused,
}

/// A conference as it should be stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Conference {
    pub portal: Portal,
    pub meeting: u8,
    /// `None` for the title that it was created with.
    pub title: Option<u8>,
    pub created_at: Timestamp,
    pub signed_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// Whether a second meeting may have the same link.
    pub is_repeated: bool,
    pub revision: u64,
}

/// The model's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    /// In order of creation.
    pub conferences: Vec<Conference>,
    /// Whether the last create made the conference in its answer.
    is_new: bool,
}

impl Model {
    /// Applies a request that comes in at `now`, and returns the answer.
    pub(crate) fn take(&mut self, request: &Request, now: Timestamp) -> Reply {
        let signed_at = request.signed_at.unwrap_or(now);
        if now.distance(signed_at) > MAX_SIGNATURE_AGE {
            return Reply::Refused;
        }
        match request.wish {
            Wish::Create { portal, meeting } => {
                let place = self.create(portal, meeting, signed_at, now);
                self.note_repetition(place, signed_at);
                Reply::Conference(place)
            }
            Wish::Update {
                portal,
                conference,
                title,
            } => self.update(portal, conference, title, signed_at),
            Wish::Delete { conference } => {
                self.delete(conference, now);
                Reply::Done
            }
            Wish::Verify { portal, user } => directory(portal, user),
        }
    }

    /// One meeting, one conference: only a create that can't be a retry makes another.
    fn create(
        &mut self,
        portal: Portal,
        meeting: u8,
        signed_at: Timestamp,
        now: Timestamp,
    ) -> usize {
        self.is_new = false;
        let repeated = self.conferences.iter().position(|first| {
            let untouched = first.updated_at.is_none() && first.deleted_at.is_none();
            let recent = now.since(first.created_at) <= RETRY_WINDOW;
            (first.portal, first.meeting) == (portal, meeting)
                && (first.signed_at == signed_at || (untouched && recent))
        });
        repeated.unwrap_or_else(|| {
            self.conferences.push(Conference {
                portal,
                meeting,
                title: None,
                created_at: now,
                signed_at,
                updated_at: None,
                deleted_at: None,
                is_repeated: false,
                revision: 1,
            });
            self.is_new = true;
            self.conferences.len() - 1
        })
    }

    /// Only the exact request that made a conference is certainly not a second meeting.
    fn note_repetition(&mut self, place: usize, signed_at: Timestamp) {
        let conference = &mut self.conferences[place];
        let is_sure = self.is_new || signed_at == conference.signed_at;
        if !is_sure && !conference.is_repeated {
            conference.is_repeated = true;
            conference.revision += 1;
        }
    }

    /// The newest update wins, in its own portal, before a delete.
    fn update(
        &mut self,
        portal: Portal,
        conference: Option<usize>,
        title: u8,
        at: Timestamp,
    ) -> Reply {
        let found = conference.and_then(|place| self.conferences.get_mut(place));
        let Some(found) = found.filter(|found| found.portal == portal) else {
            return Reply::NotFound;
        };
        if found.deleted_at.is_none() && found.updated_at.is_none_or(|last| last < at) {
            found.title = Some(title);
            found.updated_at = Some(at);
            found.revision += 1;
        }
        Reply::Done
    }

    /// Deleting is final.
    fn delete(&mut self, conference: Option<usize>, now: Timestamp) {
        let found = conference.and_then(|place| self.conferences.get_mut(place));
        if let Some(found) = found.filter(|found| found.deleted_at.is_none()) {
            found.deleted_at = Some(now);
            found.revision += 1;
        }
    }
}

/// The portals of all requests. Only the first has a directory.
pub(crate) const PORTALS: [Portal; 2] = [123_123, 999];

/// The users whom HubSpot verifies: one with an entry, one at a known domain, and an unknown one.
pub(crate) const PEOPLE: [&str; 3] = ["anna@example.com", "bert@example.com", "eve@other.example"];

fn directory(portal: Portal, user: u8) -> Reply {
    match (portal == PORTALS[0], user) {
        (true, 0) => Reply::User("4711"),
        (true, 1) => Reply::User("everybody"),
        _ => Reply::NotFound,
    }
}
