//! Ids, injected: what the directory names new things.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

/// Makes ids.
///
/// It is asked while the directory is locked, so it must not ask the directory.
///
/// ```
/// use user_directory::in_memory::{IdGenerator, RandomIds};
///
/// /// Ids that tell in logs what made them.
/// #[derive(Debug)]
/// struct Marked(RandomIds);
///
/// impl IdGenerator for Marked {
///     fn next_id(&self, prefix: &str) -> String {
///         self.0.next_id(&format!("{prefix}_test"))
///     }
/// }
///
/// assert!(Marked(RandomIds).next_id("user").starts_with("user_test_"));
/// ```
pub trait IdGenerator: Debug + Send + Sync + 'static {
    /// An id that was never given before, beginning with `prefix` (such as `user`) and `_`.
    fn next_id(&self, prefix: &str) -> String;
}

/// Ids that look like Clerk's: the prefix and 27 random letters and digits.
///
/// ```
/// use user_directory::in_memory::{IdGenerator, RandomIds};
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

/// Ids that count up, each prefix on its own, for tests that want to know them: `user_1`, `idn_1`, `user_2`, …
///
/// ```
/// use user_directory::in_memory::{IdGenerator, SequentialIds};
///
/// let ids = SequentialIds::default();
/// assert_eq!(ids.next_id("user"), "user_1");
/// assert_eq!(ids.next_id("idn"), "idn_1");
/// assert_eq!(ids.next_id("user"), "user_2");
/// ```
#[derive(Debug, Default)]
pub struct SequentialIds(Mutex<HashMap<String, u64>>);

impl IdGenerator for SequentialIds {
    fn next_id(&self, prefix: &str) -> String {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(prefix.to_owned()).or_default();
        *count += 1;
        format!("{prefix}_{count}")
    }
}
