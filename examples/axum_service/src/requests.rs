//! Request bodies and parameters. The field names match the parameter names in directory errors.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query};
use serde::Deserialize;
use user_directory::{Password, Patch, Text, UserId};

use crate::problem::ApiProblem;

// axum's extractors, with `ApiProblem` as the rejection.

#[derive(FromRequest)]
#[from_request(via(Json), rejection(ApiProblem))]
pub struct Body<T>(pub T);

#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(ApiProblem))]
pub struct Params<T>(pub T);

/// The user id in the path. A malformed id is rejected here.
#[derive(Deserialize, FromRequestParts)]
#[from_request(via(Path), rejection(ApiProblem))]
pub struct Id(pub UserId);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUsers {
    pub query: Option<Text>,
    pub limit: Option<u32>,
    /// The cursor: the value of `next` in the previous page.
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

/// An absent field is not changed, and `null` clears a field.
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
