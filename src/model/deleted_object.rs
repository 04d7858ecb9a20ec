//! [`DeletedObject`]: the result of a delete operation.

use serde::{Deserialize, Serialize};

use crate::model::lenient;
use crate::model::text::Text;

/// The result of a delete operation.
///
/// ```
/// use user_directory::model::DeletedObject;
/// use user_directory::UserId;
///
/// let id: UserId = "user_1".parse()?;
/// let deleted = DeletedObject::new("user", &id);
/// assert!(deleted.deleted);
/// assert_eq!(deleted.id.as_deref(), Some("user_1"));
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The type of the deleted object, such as `user` or `external_account`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: Text,
    /// The deleted object's id, which is optional in Clerk's API schema.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The deleted object's slug (URL-friendly name).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub slug: Option<Text>,
    /// Whether the object was deleted.
    #[serde(deserialize_with = "lenient::required")]
    pub deleted: bool,
    /// The deleted object's external id.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Text>,
}

impl DeletedObject {
    /// Creates the result of a successful deletion.
    ///
    /// `object` is the type of the deleted object, such as `user`. `id` can be a string or any id type, such as a
    /// [`UserId`](crate::UserId) or a [`PasskeyId`](crate::model::PasskeyId).
    #[must_use]
    pub fn new(object: impl Into<Text>, id: impl AsRef<str>) -> Self {
        Self { object: object.into(), id: Some(id.as_ref().into()), slug: None, deleted: true, external_id: None }
    }
}
