//! [`List`]: the type of a user's list fields.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list that is cheap to clone.
///
/// The list fields of a [`User`](crate::User) have this type. A `List` dereferences to [`Vec`], mutably if `T`
/// implements `Clone`.
///
/// Clones share the elements. Mutable access is clone-on-write.
///
/// ```
/// use user_directory::User;
/// use user_directory::model::EmailAddress;
///
/// let mut user = User::new("user_1".parse()?);
/// user.email_addresses.push(EmailAddress::new("ada@example.com"));
/// let before = user.clone();
/// user.email_addresses.clear();
/// assert!(user.email_addresses.is_empty() && before.email_addresses.len() == 1);
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Clone)]
pub struct List<T>(Option<Arc<Vec<T>>>);

impl<T> List<T> {
    /// Creates an empty list without allocating.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Returns `true` if the list has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_deref().is_none_or(Vec::is_empty)
    }

    /// Removes spare capacity, unless the list is shared with another clone.
    #[cfg(feature = "store")]
    pub(crate) fn shrink_to_fit(&mut self) {
        if let Some(list) = self.0.as_mut().and_then(Arc::get_mut) {
            list.shrink_to_fit();
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        self.0.as_deref().unwrap_or(const { &Vec::new() })
    }
}

impl<T: Clone> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T: PartialEq> PartialEq<Vec<T>> for List<T> {
    fn eq(&self, other: &Vec<T>) -> bool {
        **self == *other
    }
}

impl<T: PartialEq> PartialEq<[T]> for List<T> {
    fn eq(&self, other: &[T]) -> bool {
        **self == *other
    }
}

impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for List<T> {
    fn eq(&self, other: &[T; N]) -> bool {
        **self == *other
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(list: Vec<T>) -> Self {
        Self((!list.is_empty()).then(|| Arc::new(list)))
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(list: [T; N]) -> Self {
        Vec::from(list).into()
    }
}

impl<T: Clone> From<List<T>> for Vec<T> {
    /// Converts the list. The elements are cloned only if the list is shared with another clone.
    fn from(list: List<T>) -> Self {
        list.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Vec::from_iter(elements).into()
    }
}

impl<T: Clone> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(self).into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut List<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_elements_until_a_change() {
        let mut list = List::from(vec![1, 2]);
        let clone = list.clone();
        assert!(std::ptr::eq(list.as_ptr(), clone.as_ptr()));
        list.push(3);
        assert_eq!(list, [1, 2, 3]);
        assert_eq!(clone, [1, 2]);
        assert_eq!(Vec::from(list), [1, 2, 3]);
    }

    #[test]
    fn empty_lists_do_not_allocate() {
        assert!(List::<u8>::from(Vec::new()).0.is_none());
        assert!(List::<u8>::from_iter([]).0.is_none());
        assert_eq!(serde_json::from_str::<List<u8>>("[]").unwrap(), List::default());
        assert_eq!(serde_json::to_string(&List::<u8>::new()).unwrap(), "[]");
    }
}
