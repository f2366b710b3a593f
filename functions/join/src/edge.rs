//! The join link's HTTP edge, for people and their browsers: path → click → page or redirect.
//!
//! Nothing is signed here. Anyone with a link may follow it, and [`Join`] decides what it gives access to.
//! A GET has no side effects ([RFC 9110, section
//! 9.2.1](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1)), because mail scanners follow links.
//! `Origin` is not checked, because a form on a page with the `no-referrer` policy sends `Origin: null`
//! ([Fetch, "Origin header"](https://fetch.spec.whatwg.org/#origin-header)).

use std::ops::Deref;
use std::time::{Duration, Instant};

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use shared::conference_id::ConferenceId;
use shared::error_chain;
use shared::identifiers::PortalId;
use shared::outcome::Outcome;
use shared::startup::StartError;
use shared::telemetry::Record;
use shared::timestamp::Timestamp;
use url::form_urlencoded;

use crate::event::{Event, Response};
use crate::language::Language;
use crate::page::{self, Form, Page};
use crate::{Answer, Click, Join, host_cookie};

/// The function's name in logs and metrics.
pub const NAME: &str = "join";

/// The maximum time until a visitor gets an answer. It is longer than [`MAX_CLICK_TIME`], the video system's
/// part, and shorter than the function's timeout in `template.yaml`, at which Lambda would end it without one.
///
/// [`MAX_CLICK_TIME`]: crate::http_client::MAX_CLICK_TIME
const MAX_TIME: Duration = Duration::from_millis(9_500);

/// The maximum size of a form. A name of 64 characters is below 1 KiB.
const MAX_FORM_BYTES: usize = 16 * 1024;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// The response to a request, and what is recorded about it.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    page: Option<Page>,
    outcome: Outcome,
    portal_id: Option<PortalId>,
    cause: Option<String>,
}

/// Answers one event that came in at `now`. `join` resolves to the join link, which may have to be started
/// first. `report` gets the record of the request, without the conference, the name or the room.
pub async fn invoke<J: Deref<Target = Join>>(
    join: impl Future<Output = Result<J, StartError>>,
    report: fn(&Record),
    event: &Event,
    now: Timestamp,
) -> Response {
    let started = Instant::now();
    let mut answered = match Route::new(event) {
        Some(route) => answer_in_time(join, &route, event, now).await,
        None => Answered::with_page(Page::Unknown, false),
    };
    add_security_headers(&mut answered.headers);
    report(&Record {
        webhook: NAME,
        outcome: answered.outcome,
        status: answered.status.as_u16(),
        signature: None,
        portal_id: answered.portal_id,
        correlation_id: event.request_id().to_owned(),
        received_at: now,
        duration: started.elapsed(),
        cause: answered.cause,
    });
    let language = Language::from_accept_language(event.header("accept-language"));
    let html = answered.page.map(|page| page.to_html(language));
    let body = html.filter(|_| event.method() != "HEAD");
    Response::new(answered.status, &answered.headers, body.unwrap_or_default())
}

/// What a request asks for.
enum Route<'a> {
    /// A conference's link. The name is `None` for a visitor who only opens it.
    Link(ConferenceId, Option<String>),
    /// A host's own link, with its token.
    Host(&'a str),
}

impl<'a> Route<'a> {
    /// `None` if there is no such page.
    fn new(event: &'a Event) -> Option<Self> {
        let name = match event.method() {
            "GET" | "HEAD" => None,
            "POST" => Some(name(&event.body())),
            _ => return None,
        };
        // API Gateway's path may or may not start with a custom domain's base path.
        let mut segments = event.raw_path.rsplit('/');
        match (segments.next()?, segments.next()?) {
            (id, "join") => Some(Self::Link(ConferenceId::parse(id)?, name)),
            (token, "host") if name.is_none() => Some(Self::Host(token)),
            _ => None,
        }
    }
}

async fn answer_in_time<J: Deref<Target = Join>>(
    join: impl Future<Output = Result<J, StartError>>,
    route: &Route<'_>,
    event: &Event,
    now: Timestamp,
) -> Answered {
    let work = async {
        match join.await {
            Ok(join) => answer(&join, route, event, now).await,
            Err(error) => unavailable(route, error_chain::describe(&error)),
        }
    };
    let answered = tokio::time::timeout(MAX_TIME, work).await;
    answered.unwrap_or_else(|_| unavailable(route, "the join link timed out".to_owned()))
}

async fn answer(join: &Join, route: &Route<'_>, event: &Event, now: Timestamp) -> Answered {
    match route {
        Route::Link(conference_id, name) => {
            let click = Click {
                conference_id: conference_id.clone(),
                host: host_cookie::host(&event.cookies, join.room_key()),
                name: name.clone(),
                now,
            };
            follow(join, click).await
        }
        Route::Host(token) => become_host(join, token),
    }
}

async fn follow(join: &Join, click: Click) -> Answered {
    let is_post = click.name.is_some();
    let (answer, portal_id) = join.follow(click).await;
    let answered = match answer {
        Answer::Room(url) => {
            let mut answered = Answered::new(StatusCode::SEE_OTHER, Outcome::Room);
            let headers = &mut answered.headers;
            headers.insert(LOCATION, url.location().clone());
            answered
        }
        Answer::Page(page) => Answered::with_page(page, is_post),
        Answer::Unavailable(page, why) => Answered {
            cause: Some(error_chain::describe(&why)),
            ..Answered::with_page(page, is_post)
        },
    };
    Answered {
        portal_id,
        ..answered
    }
}

fn become_host(join: &Join, token: &str) -> Answered {
    let host = join.room_key().verify_host_token(token);
    let cookie = host.and_then(|_| host_cookie::set(token));
    let (Some((portal_id, _)), Some(cookie)) = (host, cookie) else {
        return Answered::with_page(Page::Unknown, false);
    };
    let mut answered = Answered::with_page(Page::Host, false);
    answered.portal_id = Some(portal_id);
    answered.headers.insert(SET_COOKIE, cookie);
    answered
}

/// The value of the form's field `name`, or an empty string if the form has none. A body that is too large is
/// truncated. A name that is cut off by that is still too long to be accepted.
fn name(body: &[u8]) -> String {
    let body = body.get(..MAX_FORM_BYTES).unwrap_or(body);
    let mut fields = form_urlencoded::parse(body);
    let name = fields.find(|(field, _)| field == "name");
    name.map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// The answer while the join link can't start, or takes too long.
fn unavailable(route: &Route<'_>, cause: String) -> Answered {
    let form = match route {
        Route::Link(_, name) => Form::with_name(name.as_deref().unwrap_or_default()),
        Route::Host(_) => Form::reload(),
    };
    Answered {
        cause: Some(cause),
        ..Answered::with_page(Page::Unavailable { form: Some(form) }, false)
    }
}

impl Answered {
    fn new(status: StatusCode, outcome: Outcome) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            page: None,
            outcome,
            portal_id: None,
            cause: None,
        }
    }

    fn with_page(page: Page, is_post: bool) -> Self {
        let refuses_name = page.form().is_some_and(|form| form.problem.is_some());
        let (status, outcome) = match &page {
            _ if refuses_name => (StatusCode::UNPROCESSABLE_ENTITY, Outcome::NameRefused),
            Page::Open { .. } | Page::Repeated { .. } => (StatusCode::OK, Outcome::Open),
            Page::Shut { .. } if is_post => (StatusCode::FORBIDDEN, Outcome::Early),
            Page::Early { .. } | Page::Shut { .. } => (StatusCode::OK, Outcome::Early),
            Page::Cancelled => (StatusCode::GONE, Outcome::Cancelled),
            Page::Over => (StatusCode::GONE, Outcome::Over),
            Page::Unknown => (StatusCode::NOT_FOUND, Outcome::Unknown),
            Page::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, Outcome::Unavailable),
            Page::Host => (StatusCode::OK, Outcome::Host),
        };
        let mut answered = Self::new(status, outcome);
        let headers = &mut answered.headers;
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        if let Page::Unavailable { form: Some(_) } = &page {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        answered.page = Some(page);
        answered
    }
}

/// Adds the headers of every response, redirects included. A link gives access to the room, so it must not
/// be cached, sent as a referrer or listed by search engines. The page must not be framed by other sites.
fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_ROBOTS_TAG, "noindex"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&page::CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}
