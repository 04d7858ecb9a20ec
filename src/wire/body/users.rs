//! The request body of `POST /users/ban` and `POST /users/unban`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::UserIdBatch;
#[cfg(feature = "wire")]
use {
    super::form::{Bounded, Form},
    crate::error::{InputRule, Result},
    crate::model::{MAX_BULK_SIZE, UserId},
};

/// The request body of `POST /users/ban` and `POST /users/unban`.
#[derive(Debug)]
pub struct UserIdsBody<'a>(pub &'a UserIdBatch);

impl Serialize for UserIdsBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.required("user_ids", &**self.0)?;
        object.end()
    }
}

/// Parses the request body of a bulk operation.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid or does not contain 1 to 50
/// user ids.
#[cfg(feature = "wire")]
pub fn read_user_ids(body: &[u8]) -> Result<UserIdBatch> {
    let mut form = Form::parse(body)?;
    let Bounded::<UserId, MAX_BULK_SIZE>(user_ids) = form.required("user_ids");
    form.finish()?;
    match user_ids {
        Some(user_ids) => UserIdBatch::new(user_ids),
        None => Err(InputRule::BatchSize.violated_by("user_ids")),
    }
}
