//! What comes in. The fields have the directory's names, so that what it says about one can be told to the caller.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use serde::Deserialize;
use user_directory::{Password, Patch, Text, UserId};

use crate::problem::ApiProblem;

// axum's extractors, with an `ApiProblem` in the place of their own rejections.

#[derive(FromRequest)]
#[from_request(via(Json), rejection(ApiProblem))]
pub struct Body<T>(pub T);

#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(ApiProblem))]
pub struct Params<T>(pub T);

/// The user whom a path is about. A malformed id is refused here.
#[derive(Deserialize, FromRequestParts)]
#[from_request(via(Path), rejection(ApiProblem))]
pub struct Id(pub UserId);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUsers {
    pub query: Option<Text>,
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub starting_after: Option<UserId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    pub email_address: Text,
    pub password: Password,
    pub first_name: Option<Text>,
    pub last_name: Option<Text>,
}

/// What is left out stays as it is, and what is `null` is cleared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    #[serde(default)]
    pub first_name: Patch<Text>,
    #[serde(default)]
    pub last_name: Patch<Text>,
    #[serde(default)]
    pub username: Patch<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInAttempt {
    pub email_address: Text,
    pub password: Password,
}
