//! [`IdGenerator`] and its implementations.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

/// A generator of ids for users, their resources and webhook events.
///
/// ```
/// use user_directory::store_directory::{IdGenerator, RandomIds};
///
/// /// Ids with a prefix that marks test data in logs.
/// #[derive(Debug)]
/// struct TestIds(RandomIds);
///
/// impl IdGenerator for TestIds {
///     fn next_id(&self, prefix: &str) -> String {
///         self.0.next_id(&format!("{prefix}_test"))
///     }
/// }
///
/// assert!(TestIds(RandomIds).next_id("user").starts_with("user_test_"));
/// ```
pub trait IdGenerator: Debug + Send + Sync + 'static {
    /// Returns a new id: `prefix` (such as `user`), followed by `_` and a unique suffix.
    fn next_id(&self, prefix: &str) -> String;

    /// Records an existing id, such as the id of a [loaded](crate::StoreUserDirectory::load) user, so that it is not
    /// generated again.
    ///
    /// The default implementation does nothing, which is sufficient for random ids.
    fn observe(&self, _id: &str) {}
}

/// A generator of random ids in Clerk's format: a prefix, `_`, and 27 random ASCII letters and digits.
///
/// ```
/// use user_directory::store_directory::{IdGenerator, RandomIds};
///
/// assert_eq!(RandomIds.next_id("user").len(), "user_".len() + 27);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    fn next_id(&self, prefix: &str) -> String {
        let mut id = String::with_capacity(prefix.len() + 28);
        id.push_str(prefix);
        id.push('_');
        id.extend(std::iter::repeat_with(fastrand::alphanumeric).take(27));
        id
    }
}

/// A generator of predictable ids for tests, with a counter for each prefix: `user_1`, `idn_1`, `user_2`, …
///
/// An [observed](IdGenerator::observe) id advances the counter, so the id of a loaded user is not generated again, even
/// after the user is deleted.
///
/// ```
/// use user_directory::store_directory::{IdGenerator, SequentialIds};
///
/// let ids = SequentialIds::default();
/// assert_eq!(ids.next_id("user"), "user_1");
/// assert_eq!(ids.next_id("idn"), "idn_1");
/// ids.observe("user_41");
/// assert_eq!(ids.next_id("user"), "user_42");
/// ```
#[derive(Debug, Default)]
pub struct SequentialIds(Mutex<HashMap<String, u64>>);

impl SequentialIds {
    /// Updates the last number of a prefix with `next`, and returns it.
    fn update(&self, prefix: &str, next: impl FnOnce(u64) -> u64) -> u64 {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.get_mut(prefix) {
            *last = next(*last);
            return *last;
        }
        *last.entry(prefix.to_owned()).insert_entry(next(0)).get()
    }
}

impl IdGenerator for SequentialIds {
    fn next_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.update(prefix, |last| last.saturating_add(1)))
    }

    fn observe(&self, id: &str) {
        if let Some((prefix, number)) = id.rsplit_once('_')
            && let Ok(number) = number.parse()
        {
            self.update(prefix, |last| last.max(number));
        }
    }
}
