//! Lists (`[…]`) and pages (`{"data": […], "total_count": 2}`).

use serde::Deserialize;

use crate::model::{User, lenient};

/// A decoded response body that contains a page of users.
///
/// Fields other than `data` are ignored.
#[derive(Debug, Deserialize)]
pub struct UserPageBody {
    /// The users.
    #[serde(deserialize_with = "lenient::list")]
    pub data: Vec<User>,
}

/// A decoded response body that contains a list of a user's resources.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound = "T: Deserialize<'de>")]
pub struct ResourceListBody<T> {
    /// The resources.
    #[serde(deserialize_with = "lenient::resource_list")]
    pub data: Vec<T>,
}

/// A decoded response body that contains a page of a user's resources.
///
/// Fields other than `data` are ignored.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct ResourcePageBody<T> {
    /// The resources.
    #[serde(deserialize_with = "lenient::resources")]
    pub data: Vec<T>,
}
