//! [`PathParams`]: what a path has in the place of its parameters.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::model::UserId;

/// The parameters of a path, percent-decoded. In a path that cannot be decoded there are none.
#[derive(Default)]
pub(super) struct PathParams(Vec<(String, String)>);

impl PathParams {
    /// The user that the path names, if it can be one.
    pub(super) fn user_id(&self) -> Option<UserId> {
        let (_, id) = self.0.iter().find(|(name, _)| name == "user_id")?;
        UserId::new(id).ok()
    }

    /// The thing of the user that the path names.
    pub(super) fn part(&self) -> Option<&str> {
        self.0.iter().find(|(name, _)| name != "user_id").map(|(_, part)| part.as_str())
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
