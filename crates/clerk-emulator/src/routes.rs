//! The routes of the API, the control API and the dashboard.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{MethodFilter, on};
use user_directory::Operation;
use user_directory::wire::route::{Method, Route};

use crate::app::App;
use crate::path_params::PathParams;
use crate::{control, dashboard};

pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL.iter().copied() {
        let Route { method, path } = Route::of(operation);
        let serve = move |State(app): State<Arc<App>>, params: PathParams, request: Request| {
            app.serve(Some(operation), params, request)
        };
        // The path of an operation has the parameter syntax of axum.
        router = router.route(&format!("/v1{path}"), on(method_filter(method), serve));
    }
    for (method, path, action) in control::actions().copied() {
        let handle = move |State(app): State<Arc<App>>, params: PathParams, request: Request| {
            control::handle(app, params, request, action)
        };
        router = router.route(path, on(method_filter(method), handle));
    }
    let unknown = |State(app): State<Arc<App>>, params: PathParams, request: Request| app.serve(None, params, request);
    router.merge(dashboard::routes()).fallback(unknown).method_not_allowed_fallback(unknown).with_state(app)
}

/// Returns the HTTP methods of the routes that match `path`.
pub(crate) fn methods_of(path: &str) -> Vec<&'static str> {
    let operations = Operation::ALL.iter().map(|operation| {
        let Route { method, path } = Route::of(*operation);
        (method, format!("/v1{path}"))
    });
    let control = control::actions().map(|(method, path, _)| (*method, (*path).to_owned()));
    let routes: Vec<_> = operations.chain(control).filter(|(_, route)| matches(route, path)).collect();
    // A route without parameters takes precedence.
    let is_exact = routes.iter().any(|(_, route)| route == path);
    routes.iter().filter(|(_, route)| !is_exact || route == path).map(|(method, _)| method.as_str()).collect()
}

/// Returns `true` if `path` matches `route`. Segments in braces are parameters.
fn matches(route: &str, path: &str) -> bool {
    let is_param = |segment: &str| segment.starts_with('{');
    route.split('/').count() == path.split('/').count()
        && route
            .split('/')
            .zip(path.split('/'))
            .all(|(expected, segment)| if is_param(expected) { !segment.is_empty() } else { expected == segment })
}

const fn method_filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}
