//! The web page: HubSpot's dialog, the meetings, and the record of requests. It consists of HTML, CSS and
//! JavaScript from this binary, and its policy forbids external resources.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// Only our own scripts, no external resources, no HTML built from strings, no framing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, content type and content.
const FILES: [(&str, &str, &str); 16] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/icon.svg", SVG, include_str!("page/icon.svg")),
    ("/script.js", JAVASCRIPT, include_str!("page/script.js")),
    ("/system.js", JAVASCRIPT, include_str!("page/system.js")),
    ("/words.js", JAVASCRIPT, include_str!("page/words.js")),
    ("/zones.js", JAVASCRIPT, include_str!("page/zones.js")),
    ("/result.js", JAVASCRIPT, include_str!("page/result.js")),
    ("/dialogs.js", JAVASCRIPT, include_str!("page/dialogs.js")),
    ("/meetings.js", JAVASCRIPT, include_str!("page/meetings.js")),
    ("/requests.js", JAVASCRIPT, include_str!("page/requests.js")),
    ("/template.js", JAVASCRIPT, include_str!("page/template.js")),
    ("/pretty.js", JAVASCRIPT, include_str!("page/pretty.js")),
    ("/copy.js", JAVASCRIPT, include_str!("page/copy.js")),
    ("/filter.js", JAVASCRIPT, include_str!("page/filter.js")),
    ("/tabs.js", JAVASCRIPT, include_str!("page/tabs.js")),
];

/// The routes.
pub(crate) fn router() -> Router {
    let mut router = Router::new();
    for (path, kind, content) in FILES {
        router = router.route(path, get(async move || file(kind, content)));
    }
    router
}

fn file(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // A new build may contain a new page, so nothing is cached.
        (CACHE_CONTROL, "no-cache"),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    (headers, content).into_response()
}
