//! [`Paginated`]: a page of a list and the total number of elements.

use serde::{Deserialize, Serialize};

use crate::model::lenient;

/// A page of a list and the total number of elements in the list.
///
/// ```
/// use user_directory::model::Paginated;
///
/// let page = Paginated::new(vec!["a", "b"], 5);
/// assert_eq!((page.data.len(), page.total_count), (2, 5));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Paginated<T> {
    /// The elements of this page.
    ///
    /// Elements that cannot be decoded are omitted, but they are included in `total_count`. To compute the offset of the
    /// next page, add the limit, not the length of `data`, to the current offset.
    #[serde(deserialize_with = "lenient::resources", bound(deserialize = "T: Deserialize<'de>"))]
    pub data: Vec<T>,
    /// The total number of elements across all pages.
    #[serde(deserialize_with = "lenient::required")]
    pub total_count: u64,
}

impl<T> Paginated<T> {
    /// Creates a page of a list with `total_count` elements.
    #[must_use]
    pub fn new(data: Vec<T>, total_count: u64) -> Self {
        Self { data, total_count }
    }
}
