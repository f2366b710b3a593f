use http::Method;
use serde_json::{Value, json};

use super::Visitor;

fn meeting(title: &str) -> Value {
    json!({
        "title": title,
        "host": "test.user@example.com",
        "source": "MEETINGS",
        "startTime": 1_900_000_000_000_i64,
        "endTime": 1_900_000_900_000_i64,
    })
}

impl Visitor {
    async fn schedule_with(&self, field: &str, value: impl Into<Value>) -> (u16, Value) {
        let mut meeting = meeting("A Test Meeting");
        meeting[field] = value.into();
        self.call(Method::POST, "/hubspot/meetings", Some(meeting))
            .await
    }
}

#[tokio::test]
async fn a_meeting_without_a_video_conference_sends_no_webhook_in_its_whole_life() {
    let visitor = Visitor::new().await;
    let (status, meeting) = visitor.schedule_with("videoConference", "none").await;
    assert_eq!(status, 200, "{meeting}");
    assert_eq!(meeting["conferenceUrl"], Value::Null);
    assert_eq!(visitor.rename(&meeting, "Another").await.0, 200);
    assert_eq!(visitor.cancel(&meeting).await.0, 200);
    let state = visitor.state().await;
    assert_eq!(state["requests"], json!([]));
    assert_eq!(state["meetings"][0]["title"], "Another");
    assert_eq!(state["meetings"][0]["cancelled"], true);
}

#[tokio::test]
async fn a_meeting_of_zero_minutes_is_refused_with_the_reason() {
    let visitor = Visitor::new().await;
    let start = 1_900_000_000_000_i64;
    let (status, problem) = visitor.schedule_with("endTime", start).await;
    assert_eq!(status, 422, "{problem}");
    let message = "the meeting has to end after it starts: give it at least one minute";
    assert_eq!(problem["message"], message);
    assert_eq!(visitor.state().await["requests"], json!([]));

    let (_, scheduled) = visitor.schedule("A Test Meeting").await;
    let plan = json!({"title": "", "startTime": start, "endTime": start});
    let path = format!("/hubspot/meetings/{}", scheduled["id"]);
    let (status, _) = visitor.call(Method::PUT, &path, Some(plan)).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn attendees_and_time_zone_stay_in_hubspot_and_titles_are_sent_unchanged() {
    let visitor = Visitor::new().await;
    let title = "  Ünïcode  “title”\t<b>ليلى</b> ";
    let mut typed = meeting(title);
    typed["attendees"] = json!(["Ada@Example.com"]);
    typed["timeZone"] = "Asia/Tokyo".into();
    let (status, scheduled) = visitor
        .call(Method::POST, "/hubspot/meetings", Some(typed))
        .await;
    assert_eq!(status, 200, "{scheduled}");
    let state = visitor.state().await;
    let shown = &state["meetings"][0];
    assert_eq!(shown["title"], title);
    assert_eq!(shown["attendees"], json!(["Ada@Example.com"]));
    assert_eq!(shown["timeZone"], "Asia/Tokyo");
    let create = &state["requests"][0];
    assert_eq!(create["title"], title);
    let body: Value = serde_json::from_str(create["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["topic"], title);
    assert_eq!(body["attendees"], Value::Null);
}

#[tokio::test]
async fn every_host_has_an_id_and_every_account_its_own_users() {
    let visitor = Visitor::new().await;
    let state = visitor.state().await;
    assert_eq!(state["users"].as_array().unwrap().len(), 2);
    let path = "/crm/v3/extensions/videoconferencing/settings/7?hapikey=any";
    let create = format!("{}/create-meeting", visitor.local.base_url);
    let settings = json!({"createMeetingUrl": create});
    visitor.call(Method::PUT, path, Some(settings)).await;

    let (_, first) = visitor.schedule("A Test Meeting").await;
    assert_eq!(first["userId"], 123);
    let (_, second) = visitor.schedule_with("host", "ada@example.com").await;
    assert_eq!(second["userId"], 124);
    let create = visitor.newest().await;
    let body: Value = serde_json::from_str(create["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["userId"], 124);

    let (status, problem) = visitor.schedule_with("portalId", 456_456).await;
    assert_eq!(status, 409);
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("app install --app-base URL"), "{message}");
}
