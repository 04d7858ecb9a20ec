//! Answers that are not things of their own: deletions, verifications and pages.

use serde::{Deserialize, Serialize};

use crate::model::lenient;
use crate::model::text::Text;

/// What a deletion returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedObject {
    /// The kind of thing that was deleted, such as `user` or `external_account`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub object: Text,
    /// Its id. The description allows an answer without one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub slug: Option<Text>,
    /// Whether it was deleted.
    #[serde(deserialize_with = "lenient::essential")]
    pub deleted: bool,
    /// Its id in the application's own systems.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Text>,
}

impl DeletedObject {
    /// The deletion of the thing of this kind (`user`, …) with this id.
    #[must_use]
    pub fn new(object: impl Into<Text>, id: impl Into<Text>) -> Self {
        Self { object: object.into(), id: Some(id.into()), slug: None, deleted: true, external_id: None }
    }
}

/// What [`verify_password`](crate::UserDirectory::verify_password) returns.
///
/// ```
/// use user_directory::PasswordVerification;
///
/// assert!(PasswordVerification::Correct.is_correct() && !PasswordVerification::Incorrect.is_correct());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a wrong password is an answer, not an error"]
pub enum PasswordVerification {
    /// It is the user's password.
    Correct,
    /// It is not the user's password.
    Incorrect,
}

impl PasswordVerification {
    /// Whether it is the user's password.
    #[must_use]
    pub fn is_correct(self) -> bool {
        self == Self::Correct
    }
}

/// What [`verify_totp`](crate::UserDirectory::verify_totp) returns.
///
/// ```
/// use user_directory::TotpVerification;
///
/// // A backup code is right, once.
/// assert!(TotpVerification::BackupCode.is_correct());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a wrong code is an answer, not an error"]
#[non_exhaustive]
pub enum TotpVerification {
    /// It is a code of the user's authenticator app.
    Totp,
    /// It was one of the user's backup codes, which is consumed now.
    BackupCode,
    /// It is right, and of a kind that has no name here.
    OtherCode,
    /// It is not right.
    Incorrect,
}

impl TotpVerification {
    /// Whether the code is right.
    #[must_use]
    pub fn is_correct(self) -> bool {
        self != Self::Incorrect
    }
}

/// A page of a list that knows how long it is.
///
/// ```
/// use user_directory::Paginated;
///
/// let page = Paginated::new(vec!["a", "b"], 5);
/// assert_eq!((page.data.len(), page.total_count), (2, 5));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Paginated<T> {
    /// The things on this page.
    #[serde(deserialize_with = "lenient::list", bound(deserialize = "T: Deserialize<'de>"))]
    pub data: Vec<T>,
    /// How many there are on all pages.
    #[serde(deserialize_with = "lenient::essential")]
    pub total_count: u64,
}

impl<T> Paginated<T> {
    /// A page of a list of `total_count` things.
    #[must_use]
    pub fn new(data: Vec<T>, total_count: u64) -> Self {
        Self { data, total_count }
    }
}
