//! Payloads: each is read, or refused with a message that quotes none of it; a payload that was read gives a
//! usable link, ID and invitation.

use shared::conference_id::ConferenceId;
use shared::conference_key::ConferenceKey;
use shared::conference_url_template::ConferenceUrlTemplate;
use shared::contract::payload::{
    CreateMeeting, DeleteMeeting, Payload, UpdateMeeting, VerifyUser, parse,
};
use shared::invitation::InvitationTemplate;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use url::Url;

const FIELDS: [&str; 8] = [
    "portalId",
    "userId",
    "userEmail",
    "topic",
    "source",
    "startTime",
    "endTime",
    "conferenceId",
];

/// The message names a field or describes what is wrong with the payload, without quoting it.
fn read<P: Payload>(input: &[u8]) -> Option<P> {
    match parse(input) {
        Ok(payload) => Some(payload),
        Err(error) => {
            let message = error.to_string();
            let (first, rest) = message.split_once(' ').unwrap();
            let known =
                FIELDS.contains(&first) && (rest == "is missing" || rest.starts_with("must be a"));
            let whole = message.starts_with("the body ");
            assert!(known || whole, "{message}");
            assert!(message.len() < 100, "{message}");
            None
        }
    }
}

/// A payload is read, or refused with a message of our own.
pub fn payload(input: &[u8]) {
    read::<UpdateMeeting>(input);
    read::<DeleteMeeting>(input);
    read::<VerifyUser>(input);
    let Some(meeting) = read::<CreateMeeting>(input) else {
        return;
    };
    let key = ConferenceKey::new(&Secret::new("sixteen-characters")).unwrap();
    let template: ConferenceUrlTemplate =
        "https://meet.example.com/{room}/{user}?p={portalId}&u={userId}"
            .parse()
            .unwrap();
    let id = key.conference_id(&meeting, 0);
    assert_eq!(ConferenceId::parse(id.as_str()), Some(id.clone()));
    assert_eq!(id, key.conference_id(&meeting, 0));
    assert_ne!(id, key.conference_id(&meeting, 1));
    let url = template.expand(
        &key,
        &id,
        &meeting,
        &PublicBaseUrl::from_domain("vc.example.com"),
    );
    let (host, rest) = url.as_str().split_at("https://meet.example.com/".len());
    assert_eq!(host, "https://meet.example.com/");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%/?=&".contains(c);
    assert!(rest.chars().all(plain), "{rest}");
    assert_eq!(rest.matches(['/', '?', '&']).count(), 3, "{rest}");
    // A browser resolves it to the same URL.
    let parsed = Url::parse(url.as_str()).unwrap();
    assert_eq!(parsed.as_str(), url.as_str());
    assert_eq!(parsed.path_segments().unwrap().count(), 2, "{rest}");
    let invitation = InvitationTemplate::default().expand(&id, &url);
    assert!(invitation.lines().any(|line| line == url.as_str()));
    assert!(invitation.chars().all(|c| c == '\n' || !c.is_control()));
}
