//! The dashboard: a web page that calls the API and the control API with a secret key.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::get;

use crate::app::App;

/// Allows only the dashboard's own files, so that user data cannot run scripts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(crate) fn routes() -> Router<Arc<App>> {
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
        .route("/", file("text/html; charset=utf-8", include_str!("dashboard/dashboard.html")))
        .route("/__emulator/dashboard.css", file("text/css; charset=utf-8", include_str!("dashboard/dashboard.css")))
        .route("/__emulator/dashboard.js", file(SCRIPT, include_str!("dashboard/dashboard.js")))
        .route("/__emulator/elements.js", file(SCRIPT, include_str!("dashboard/elements.js")))
        .route("/__emulator/user.js", file(SCRIPT, include_str!("dashboard/user.js")))
        .route("/__emulator/webhooks.js", file(SCRIPT, include_str!("dashboard/webhooks.js")))
        // Browsers request this path automatically. The request must not appear in the request log.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
}
