//! The routes and their handlers. They know the port and nothing of what is behind it.

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
use crate::views::{Plan, SignInAnswer, UserPage, UserView};

type Users = State<Arc<dyn UserDirectory>>;
type Result<T> = std::result::Result<T, ApiProblem>;

/// More than any request of this service has.
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
        .fallback(async || ApiProblem::refused(StatusCode::NOT_FOUND, "There is no such route."))
        .method_not_allowed_fallback(async || {
            ApiProblem::refused(StatusCode::METHOD_NOT_ALLOWED, "The route has no such method.")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(refuse_pages))
        .with_state(users)
}

/// Any page can make a browser send a request to this machine, and says so by its `Origin`. A service with pages of its
/// own lets theirs in.
async fn refuse_pages(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return ApiProblem::refused(StatusCode::FORBIDDEN, "This service is not for pages.").into_response();
    }
    next.run(request).await
}

/// Whether this service runs. It does not ask the directory: to start this service anew would not help that.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn list(State(users): Users, Params(asked): Params<ListUsers>) -> Result<Json<UserPage>> {
    const DEFAULT_LIMIT: u32 = 20;
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT);
    let mut query = UserQuery::new().limit(limit);
    // A search box that is left empty asks for everybody.
    if let Some(text) = asked.query.filter(|text| !text.is_empty()) {
        query = query.filter(UserFilter::new().query(text));
    }
    if let Some(id) = asked.starting_after {
        query = query.starting_after(id);
    }
    Ok(Json(UserPage::new(&users.list(&query).await?, limit)))
}

async fn sign_up(State(users): Users, Body(sign_up): Body<SignUp>) -> Result<Response> {
    // Reserved and not verified: nobody has shown yet that the address is theirs, but nobody else can take it either.
    let mut new_user = NewUser::new().reserved_email_address(sign_up.email_address).password(sign_up.password);
    (new_user.first_name, new_user.last_name) = (sign_up.first_name, sign_up.last_name);
    let user = users.create(&new_user).await?;
    let location = [(header::LOCATION, format!("/users/{}", user.id))];
    Ok((StatusCode::CREATED, location, Json(UserView::from(&user))).into_response())
}

async fn show(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    shown(users.get(&id).await)
}

async fn change(State(users): Users, Id(id): Id, Body(change): Body<UserChange>) -> Result<Json<UserView>> {
    let mut update = UserUpdate::new();
    (update.first_name, update.last_name, update.username) = (change.first_name, change.last_name, change.username);
    shown(users.update(&id, &update).await)
}

async fn delete(State(users): Users, Id(id): Id) -> Result<StatusCode> {
    match users.delete(&id).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        // An attempt that had no answer has done it, and the next one found nobody.
        Err(error) if error.is_not_found() && error.is_outcome_unknown() => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}

async fn ban(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    shown(users.ban(&id).await)
}

async fn unban(State(users): Users, Id(id): Id) -> Result<Json<UserView>> {
    shown(users.unban(&id).await)
}

async fn choose_plan(State(users): Users, Id(id): Id, Body(plan): Body<Plan>) -> Result<Json<UserView>> {
    // Merged, because others keep things in the public metadata too, which a replacement would take away.
    shown(users.merge_public_metadata(&id, &json!({ "plan": plan })).await)
}

/// Whatever is not right is answered alike, so as not to tell who has an account. How long it takes may still tell, and
/// so does a sign-up.
async fn check_sign_in(State(users): Users, Body(attempt): Body<SignInAttempt>) -> Result<Json<SignInAnswer>> {
    let refused = Json(SignInAnswer { user_id: None });
    let Some(user) = users.find_by_email_address(attempt.email_address).await? else { return Ok(refused) };
    // A banned user's password can still be right.
    if user.banned || user.locked {
        return Ok(refused);
    }
    match users.verify_password(&user.id, &attempt.password).await {
        Ok(verification) if verification.is_correct() => Ok(Json(SignInAnswer { user_id: Some(user.id) })),
        Ok(_) => Ok(refused),
        // Deleted in the meantime; without a password; or it is nothing that anybody could have for one.
        Err(error) if error.is_not_found() || error.is_invalid_input() => Ok(refused),
        Err(error) => Err(error.into()),
    }
}

fn shown(user: user_directory::Result<User>) -> Result<Json<UserView>> {
    Ok(Json(UserView::from(&user?)))
}
