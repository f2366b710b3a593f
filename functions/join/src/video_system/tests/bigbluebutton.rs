//! BigBlueButton against a peer that answers correctly, wrongly or not at all.

use super::peer::Peer;
use super::{Made, SHARED_SECRET, enter, kind, make, room};
use crate::visit::{Moderators, Role};

const CREATED: &str =
    "<response><returncode>SUCCESS</returncode><createTime>1700000300123</createTime></response>";

fn bigbluebutton(peer: &Peer, moderators: Moderators) -> Made {
    make(
        "bigbluebutton",
        &peer.url("/bigbluebutton/"),
        SHARED_SECRET,
        moderators,
    )
}

#[tokio::test]
async fn bigbluebutton_creates_the_meeting_and_signs_a_join_url() {
    let peer = Peer::answering(&[(200, CREATED), (200, CREATED)]).await;
    let url = enter(bigbluebutton(&peer, Moderators::Host), Role::Guest)
        .await
        .unwrap();
    let join = format!(
        "/bigbluebutton/api/join?fullName=Zo%C3%AB+%E6%9D%8E&meetingID={}&role=VIEWER&createTime=1700000300123&guest=true&checksum=",
        room()
    );
    assert!(
        url.as_str().starts_with(&peer.url(&join)),
        "{}",
        url.as_str()
    );
    let url = enter(bigbluebutton(&peer, Moderators::Host), Role::Host)
        .await
        .unwrap();
    assert!(
        url.as_str()
            .contains("&role=MODERATOR&createTime=1700000300123&checksum=")
    );
    let requests = peer.requests();
    let create = format!(
        "GET /bigbluebutton/api/create?name=D%C3%A9mo+%22A%26B%22&meetingID={}&attendeePW=",
        room()
    );
    assert!(requests[0].starts_with(&create), "{}", requests[0]);
    assert!(requests[0].contains("&guestPolicy=ASK_MODERATOR&checksum="));
    assert_eq!(
        requests[0], requests[1],
        "the second click asks for the same meeting"
    );
}

#[tokio::test]
async fn bigbluebuttons_address_is_accepted_with_and_without_api() {
    for path in [
        "/bigbluebutton",
        "/bigbluebutton/api",
        "/bigbluebutton/api/",
    ] {
        let peer = Peer::answering(&[(200, CREATED)]).await;
        let made = make(
            "bigbluebutton",
            &peer.url(path),
            SHARED_SECRET,
            Moderators::Everyone,
        );
        let url = enter(made, Role::Host).await.unwrap();
        assert!(
            url.as_str()
                .starts_with(&peer.url("/bigbluebutton/api/join?"))
        );
        let request = &peer.requests()[0];
        assert!(request.starts_with("GET /bigbluebutton/api/create?"));
        assert!(
            !request.contains("guestPolicy"),
            "everybody moderates: {request}"
        );
    }
}

#[tokio::test]
async fn bigbluebuttons_refusals_and_garbage_let_nobody_in_and_are_not_retried() {
    let wrong = "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>";
    let no_time = "<response><returncode>SUCCESS</returncode></response>";
    let large = "x".repeat(64 * 1024 + 1);
    for (status, body, expected) in [
        (200, wrong, "refused"),
        (200, no_time, "malformed"),
        (200, "<!DOCTYPE html><html></html>", "malformed"),
        (200, "", "malformed"),
        (200, &large, "malformed"),
        (302, CREATED, "refused"),
        (404, "not found", "refused"),
        (429, "", "unavailable"),
        (500, "", "unavailable"),
    ] {
        let peer = Peer::answering(&[(status, body)]).await;
        let error = enter(bigbluebutton(&peer, Moderators::Everyone), Role::Host)
            .await
            .unwrap_err();
        assert_eq!(kind(&error), expected, "{status} {error}");
        assert!(error.may_be_retried());
        assert_eq!(peer.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_create_is_retried_once_after_a_broken_connection_or_an_overloaded_gateway() {
    for status in [0, 502, 503, 504] {
        let peer = Peer::answering(&[(status, ""), (200, CREATED)]).await;
        let made = bigbluebutton(&peer, Moderators::Everyone);
        assert!(enter(made, Role::Host).await.is_ok(), "{status}");
        let peer = Peer::answering(&[(status, ""), (status, ""), (200, CREATED)]).await;
        let made = bigbluebutton(&peer, Moderators::Everyone);
        assert!(enter(made, Role::Host).await.is_err(), "{status}");
        assert_eq!(peer.requests().len(), 2, "{status}");
    }
}
