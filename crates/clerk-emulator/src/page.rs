//! The root page in a browser. It is a client of the API and the control surface like any other, with a key.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::get;

use super::app::App;

/// Nothing but the page's own files: a hostile name in a user's data has nothing to run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) fn routes() -> Router<Arc<App>> {
    let file = |content_type: &'static str, text: &'static str| {
        let headers = [
            (CONTENT_TYPE, content_type),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (CACHE_CONTROL, "no-cache"),
        ];
        get(move || async move { (headers, text) })
    };
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/page.html")))
        .route("/__emulator/page.css", file("text/css; charset=utf-8", include_str!("page/page.css")))
        .route("/__emulator/page.js", file(SCRIPT, include_str!("page/page.js")))
        .route("/__emulator/elements.js", file(SCRIPT, include_str!("page/elements.js")))
        .route("/__emulator/user.js", file(SCRIPT, include_str!("page/user.js")))
        // Browsers ask for it unbidden, and it is no request of the application.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
}
