//! The request body of `POST /users/ban` and `POST /users/unban`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::UserIdBatch;
#[cfg(feature = "wire")]
use {
    super::Form,
    crate::error::rejection::rejected,
    crate::error::{ErrorKind, Result, codes},
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
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) with one detail for each problem in the body.
#[cfg(feature = "wire")]
pub fn read_user_ids(body: &[u8]) -> Result<UserIdBatch> {
    let mut form = Form::parse(body)?;
    let user_ids: Vec<UserId> = form.required("user_ids");
    if user_ids.len() > MAX_BULK_SIZE {
        return Err(rejected(
            ErrorKind::InvalidInput,
            codes::BULK_SIZE_EXCEEDED,
            "A bulk operation must not have more than 50 users.",
        ));
    }
    if form.is_valid() && user_ids.is_empty() {
        form.reject(codes::FORM_PARAM_MISSING, "user_ids", "must contain at least one id");
    }
    form.finish()?;
    UserIdBatch::new(user_ids)
}
