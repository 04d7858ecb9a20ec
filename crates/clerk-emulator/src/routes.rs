//! The routes: those of the API from the table of operations, and those of the emulator's own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{MethodFilter, on};

use super::app::App;
use super::path::PathParams;
use super::{control, page};
use crate::operation::{Method, Operation};

pub(super) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL.iter().copied() {
        let answer = move |State(app): State<Arc<App>>, params: PathParams, request: Request| {
            app.serve(Some(operation), params, request)
        };
        // The table writes parameters as the router does.
        router = router.route(&format!("/v1{}", operation.path()), on(method_filter(operation.method()), answer));
    }
    let nothing = |State(app): State<Arc<App>>, params: PathParams, request: Request| app.serve(None, params, request);
    router
        .merge(control::routes())
        .merge(page::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .with_state(app)
}

pub(super) const fn method_filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}
