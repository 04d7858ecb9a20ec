//! The request body of `POST /users/ban` and `POST /users/unban`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::UserIdBatch;
#[cfg(feature = "wire")]
use {
    super::form::{Bounded, Form, shortened},
    crate::error::rejection::user_not_found,
    crate::error::{Error, ErrorKind, InputRule, Result},
    crate::model::{MAX_BULK_SIZE, Text, UserId},
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

/// Parses the `bulk_ban` or `bulk_unban` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid or does not contain 1 to 50 user
/// ids. Returns [`NotFound`](crate::ErrorKind::NotFound) if an id is malformed, because no user has such an id.
#[cfg(feature = "wire")]
pub fn read_user_ids(body: &[u8]) -> Result<UserIdBatch> {
    let mut form = Form::parse(body)?;
    let Bounded::<Text, MAX_BULK_SIZE>(ids) = form.required("user_ids");
    form.finish()?;
    let ids = ids.ok_or_else(|| InputRule::BatchSize.violated_by("user_ids"))?;
    // A malformed id is rejected like the id of a user who does not exist.
    let user_id = |id: &Text| {
        let missing = |_| Error::rejected(ErrorKind::NotFound, [user_not_found(&shortened(id.to_string()))]);
        UserId::new(id).map_err(missing)
    };
    UserIdBatch::new(ids.iter().map(user_id).collect::<Result<Vec<_>>>()?)
}
