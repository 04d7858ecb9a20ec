//! The routes and their handlers, which depend only on `UserDirectory`.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use user_directory::{NewUser, User, UserDirectory, UserDirectoryExt, UserFilter, UserQuery, UserUpdate};

use crate::problem::ApiProblem;
use crate::requests::{Body, Id, ListUsers, Params, SignInAttempt, SignUp, UserChange};
use crate::views::{Plan, SignInResult, UserPage, UserView};

type Users = State<Arc<dyn UserDirectory>>;
type Result<T> = std::result::Result<T, ApiProblem>;

/// Larger than any valid request.
const MAX_BODY_BYTES: usize = 16 * 1024;

pub fn router(users: Arc<dyn UserDirectory>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/users", get(list).post(sign_up))
        .route("/users/{id}", get(show).patch(change).delete(delete))
        .route("/users/{id}/ban", post(ban))
        .route("/users/{id}/unban", post(unban))
        .route("/users/{id}/plan", put(choose_plan))
        .route("/sign-in-check", post(check_sign_in))
        .fallback(async || ApiProblem::rejected(StatusCode::NOT_FOUND, "The route does not exist."))
        .method_not_allowed_fallback(async || {
            ApiProblem::rejected(StatusCode::METHOD_NOT_ALLOWED, "The route does not support this method.")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(reject_browsers))
        .with_state(users)
}

/// Rejects requests with an `Origin` header, because any page can make a browser send requests to the loopback address.
/// A service with a frontend must allow the frontend's origin.
async fn reject_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return ApiProblem::rejected(
            StatusCode::FORBIDDEN,
            "This service does not accept requests from browser pages.",
        )
        .into_response();
    }
    next.run(request).await
}

/// Returns the result of the liveness check. It does not call the directory, because restarting this service would not
/// end an outage of the directory.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn list(State(users): Users, Params(params): Params<ListUsers>) -> Result<Json<UserPage>> {
    const DEFAULT_LIMIT: u32 = 20;
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    let mut query = UserQuery::new().limit(limit);
    // An empty search box lists all users.
    if let Some(text) = params.query.filter(|text| !text.is_empty()) {
        query = query.filter(UserFilter::new().query(text));
    }
    if let Some(id) = params.starting_after {
        query = query.starting_after(id);
    }
    Ok(Json(UserPage::new(&users.list(&query).await?, limit)))
}

async fn sign_up(State(users): Users, Body(sign_up): Body<SignUp>) -> Result<Response> {
    // The address is not verified yet. Reserving it prevents other users from using it.
    let mut new_user = NewUser::new().reserved_email_address(sign_up.email_address).password(sign_up.password);
    (new_user.first_name, new_user.last_name) = (sign_up.first_name, sign_up.last_name);
    let user = users.create(&new_user).await?;
    let location = [(header::LOCATION, format!("/users/{}", user.id))];
    Ok((StatusCode::CREATED, location, Json(UserView::from(&user))).into_response())
}

async fn show(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    view(users.get(&id).await)
}

async fn change(State(users): Users, Id(id): Id, Body(change): Body<UserChange>) -> Result<Json<UserView>> {
    let mut update = UserUpdate::new();
    (update.first_name, update.last_name, update.username) = (change.first_name, change.last_name, change.username);
    view(users.update(&id, &update).await)
}

async fn delete(State(users): Users, Id(id): Id) -> Result<StatusCode> {
    match users.delete(&id).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        // An earlier attempt deleted the user, but its response was lost.
        Err(error) if error.is_not_found() && error.is_outcome_unknown() => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

async fn ban(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    view(users.ban(&id).await)
}

async fn unban(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    view(users.unban(&id).await)
}

async fn choose_plan(State(users): Users, Id(id): Id, Body(plan): Body<Plan>) -> Result<Json<UserView>> {
    // A merge is used because a replacement would remove the other keys of the public metadata.
    view(users.merge_public_metadata(&id, &json!({ "plan": plan })).await)
}

/// Checks an email address and a password. All failed checks return the same response, which does not reveal whether
/// the account exists. Response times and the response of `sign_up` can still reveal this.
async fn check_sign_in(State(users): Users, Body(attempt): Body<SignInAttempt>) -> Result<Json<SignInResult>> {
    let rejected = Json(SignInResult { user_id: None });
    let Some(user) = users.find_by_email_address(attempt.email_address).await? else { return Ok(rejected) };
    // `verify_password` does not check whether the user is banned.
    if user.banned || user.locked {
        return Ok(rejected);
    }
    match users.verify_password(&user.id, &attempt.password).await {
        Ok(verification) if verification.is_correct() => Ok(Json(SignInResult { user_id: Some(user.id) })),
        Ok(_) => Ok(rejected),
        // The user was deleted in the meantime or has no password, or the input cannot be a password.
        Err(error) if error.is_not_found() || error.is_invalid_input() => Ok(rejected),
        Err(error) => Err(error.into()),
    }
}

fn view(user: user_directory::Result<User>) -> Result<Json<UserView>> {
    Ok(Json(UserView::from(&user?)))
}
