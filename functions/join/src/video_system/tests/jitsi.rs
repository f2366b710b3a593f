//! Jitsi, open and with tokens.

use super::{APP, enter, make, part, room, visit};
use crate::visit::{Moderators, Role, Visit};

#[tokio::test]
async fn an_open_jitsi_server_needs_no_page_and_gets_the_room_and_the_title() {
    let made = make(
        "jitsi",
        "https://meet.example.com/",
        "",
        Moderators::Everyone,
    )
    .unwrap();
    assert!(!made.needs_page());
    let url = made.enter(&visit(Role::Host)).await.unwrap();
    let subject = "config.subject=%22D%C3%A9mo%20%5C%22A%26B%5C%22%22";
    assert_eq!(
        url.as_str(),
        format!("https://meet.example.com/{}#{subject}", room())
    );
    let untitled = Visit {
        topic: " \u{202E}\n".into(),
        ..visit(Role::Host)
    };
    let url = made.enter(&untitled).await.unwrap();
    assert_eq!(url.as_str(), format!("https://meet.example.com/{}", room()));
}

#[tokio::test]
async fn a_jitsi_server_with_tokens_gets_one_for_this_person_and_role() {
    let made = || {
        make(
            "jitsi",
            "https://Meet.Example.com/Acme",
            APP,
            Moderators::Host,
        )
    };
    assert!(made().unwrap().needs_page());
    let url = enter(made(), Role::Guest).await.unwrap();
    assert!(
        url.as_str()
            .starts_with(&format!("https://meet.example.com/Acme/{}?jwt=", room()))
    );
    assert_eq!(
        part(&url, 0),
        serde_json::json!({"alg": "HS256", "typ": "JWT"})
    );
    let claims = serde_json::json!({
        "iss": "my_app", "aud": "jitsi", "sub": "acme", "room": room(),
        "nbf": 1_700_000_290, "exp": 1_700_011_100,
        "context": {"user": {"name": "Zoë 李", "moderator": "false", "affiliation": "member"}},
    });
    assert_eq!(part(&url, 1), claims);
    let user = &part(&enter(made(), Role::Host).await.unwrap(), 1)["context"]["user"];
    assert_eq!(user["moderator"], "true");
    assert_eq!(user["affiliation"], "owner");
    let domain = make(
        "jitsi",
        "https://meet.example.com",
        APP,
        Moderators::Everyone,
    );
    let url = enter(domain, Role::Host).await.unwrap();
    assert_eq!(part(&url, 1)["sub"], "meet.example.com");
}
