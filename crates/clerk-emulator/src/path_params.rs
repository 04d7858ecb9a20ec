//! [`PathParams`]: the parameters of a path.

use std::convert::Infallible;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use user_directory::UserId;

use crate::rejection;

/// The percent-decoded parameters of a path.
#[derive(Default)]
pub(crate) struct PathParams {
    params: Vec<(String, String)>,
    /// Whether the decoded path is not valid UTF-8. If so, `params` is empty.
    is_malformed: bool,
}

impl PathParams {
    /// Returns an error if the decoded path is not valid UTF-8.
    pub(crate) fn check(&self) -> user_directory::Result<()> {
        if self.is_malformed { Err(rejection::malformed_path()) } else { Ok(()) }
    }

    /// Returns the user id, or the error for an unknown user if the id is malformed.
    pub(crate) fn user(&self) -> user_directory::Result<UserId> {
        let id = self.params.iter().find(|(name, _)| name == "user_id").map(|(_, id)| id.as_str()).unwrap_or_default();
        UserId::new(id).map_err(|_| rejection::no_such_user(id))
    }

    /// Returns the id of the user's resource.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.params.iter().find(|(name, _)| name != "user_id").map(|(_, resource)| resource.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathParams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(match RawPathParams::from_request_parts(parts, state).await {
            Ok(params) => Self { params: params.iter().map(owned).collect(), is_malformed: false },
            Err(error) => {
                // Paths without parameters are rejected too, and are never malformed.
                let is_malformed = matches!(error, RawPathParamsRejection::InvalidUtf8InPathParam(_));
                Self { params: Vec::new(), is_malformed }
            }
        })
    }
}
