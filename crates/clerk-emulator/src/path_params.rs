//! [`PathParams`]: the parameters in a path.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use user_directory::UserId;

use crate::rejection;

/// The percent-decoded parameters in a path. Empty if the path cannot be decoded.
#[derive(Default)]
pub(crate) struct PathParams(Vec<(String, String)>);

impl PathParams {
    /// Returns the user id, or the error for an unknown user if it is malformed.
    pub(crate) fn user(&self) -> user_directory::Result<UserId> {
        let id = self.0.iter().find(|(name, _)| name == "user_id").map(|(_, id)| id.as_str()).unwrap_or_default();
        UserId::new(id).map_err(|_| rejection::no_such_user(id))
    }

    /// Returns the id of the user's resource.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.0.iter().find(|(name, _)| name != "user_id").map(|(_, resource)| resource.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathParams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(params.map(|params| Self(params.iter().map(owned).collect())).unwrap_or_default())
    }
}
