//! [`PageBody`]: a list as part of a page.

use serde::Deserialize;

use crate::model::lenient;

/// The client's decoding of a page, such as `{"data": […], "total_count": 2}`.
///
/// Only the elements are decoded.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct PageBody<T> {
    /// The elements.
    #[serde(deserialize_with = "lenient::list")]
    pub data: Vec<T>,
}
