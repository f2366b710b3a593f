//! `cargo bench --package bench --bench parts`: the time of a webhook's own code, part by part.

#![allow(clippy::unwrap_used)]

use divan::{Bencher, black_box};
use shared::conference_key::ConferenceKey;
use shared::conference_url_template::ConferenceUrlTemplate;
use shared::contract::WebhookName;
use shared::contract::payload::{self, CreateMeeting};
use shared::invitation::InvitationTemplate;
use shared::public_url::PublicBaseUrl;
use shared::secret::Secret;
use shared::signature::{self, Presented, SignatureVersion, Signed};
use shared::timestamp::Timestamp;
use simulator::sample::{self, Meeting};

fn main() {
    divan::main();
}

fn body() -> String {
    Meeting::default().body(WebhookName::Create).to_string()
}

fn key() -> ConferenceKey {
    ConferenceKey::new(&Secret::new(sample::CONFERENCE_KEY)).unwrap()
}

fn create_meeting() -> CreateMeeting {
    payload::parse(body().as_bytes()).unwrap()
}

#[divan::bench(args = [SignatureVersion::V1, SignatureVersion::V2, SignatureVersion::V3])]
fn signature(bencher: Bencher, version: SignatureVersion) {
    let body = body();
    let secrets = [Secret::new(sample::CLIENT_SECRET)];
    let now = Timestamp::from_millis(1_700_000_000_000);
    let signed = Signed {
        method: "POST",
        url: "https://api.example.com/create-meeting",
        body: body.as_bytes(),
    };
    let text = signature::sign(version, &secrets[0], &signed, now);
    let time = now.as_millis().to_string();
    let newest = version == SignatureVersion::V3;
    let presented = Presented {
        signature: (!newest).then_some(text.as_bytes()),
        version: (!newest).then_some(version.as_str().as_bytes()),
        signature_v3: newest.then_some(text.as_bytes()),
        timestamp: newest.then_some(time.as_bytes()),
    };
    let verify = || signature::verify(&presented, &signed, &secrets, SignatureVersion::V1, now);
    bencher.bench(|| verify().unwrap());
}

#[divan::bench]
fn payload(bencher: Bencher) {
    let body = body();
    bencher.bench(|| payload::parse::<CreateMeeting>(black_box(body.as_bytes())).unwrap());
}

#[divan::bench]
fn conference_id(bencher: Bencher) {
    let (key, meeting) = (key(), create_meeting());
    bencher.bench(|| key.conference_id(black_box(&meeting), 0));
}

#[divan::bench]
fn conference_url(bencher: Bencher) {
    let (key, meeting) = (key(), create_meeting());
    let id = key.conference_id(&meeting, 0);
    let template: ConferenceUrlTemplate = "https://meet.example.com/{room}".parse().unwrap();
    let ours = PublicBaseUrl::from_domain("vc.example.com");
    bencher.bench(|| template.expand(&key, black_box(&id), &meeting, &ours));
}

#[divan::bench]
fn invitation(bencher: Bencher) {
    let (key, meeting) = (key(), create_meeting());
    let id = key.conference_id(&meeting, 0);
    let template: ConferenceUrlTemplate = "https://meet.example.com/{room}".parse().unwrap();
    let ours = PublicBaseUrl::from_domain("vc.example.com");
    let url = template.expand(&key, &id, &meeting, &ours);
    let invitation = InvitationTemplate::default();
    bencher.bench(|| invitation.expand(black_box(&id), &url));
}
