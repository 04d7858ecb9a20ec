//! Lists, which can also be part of a page: `[…]` or `{"data": […], "total_count": 2}`.

use serde::Deserialize;

use crate::model::{User, lenient};

/// The client's decoding of a page of users.
///
/// Only the users are decoded.
#[derive(Debug, Deserialize)]
pub struct UserPageBody {
    /// The users.
    #[serde(deserialize_with = "lenient::list")]
    pub data: Vec<User>,
}

/// The client's decoding of a list of a user's resources.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound = "T: Deserialize<'de>")]
pub struct ResourceListBody<T> {
    /// The resources.
    #[serde(deserialize_with = "lenient::resource_list")]
    pub data: Vec<T>,
}

/// The client's decoding of a page of a user's resources.
///
/// Only the resources are decoded.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct ResourcePageBody<T> {
    /// The resources.
    #[serde(deserialize_with = "lenient::resources")]
    pub data: Vec<T>,
}
