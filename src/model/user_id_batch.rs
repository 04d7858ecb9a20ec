//! [`UserIdBatch`]: the user ids for a bulk operation.

use std::ops::Deref;
use std::slice;

use crate::error::{Error, InputRule, Result};
use crate::model::id::UserId;
use crate::model::limits::MAX_BULK_SIZE;

/// A batch of 1 to 50 user ids for a bulk operation.
///
/// Passed to [`bulk_ban`](crate::UserDirectory::bulk_ban) and [`bulk_unban`](crate::UserDirectory::bulk_unban).
/// Duplicates are allowed.
///
/// ```
/// use user_directory::{UserId, UserIdBatch};
///
/// let ada: UserId = "user_1".parse()?;
/// let grace: UserId = "user_2".parse()?;
/// let both = UserIdBatch::new([ada.clone(), grace])?;
/// assert_eq!(both.len(), 2);
/// assert_eq!(UserIdBatch::from(ada).len(), 1);
///
/// let error = UserIdBatch::new([]).unwrap_err();
/// assert_eq!(error.param_name(), Some("user_ids"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserIdBatch(Vec<UserId>);

impl UserIdBatch {
    /// Creates a batch of 1 to 50 ids.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if there are no ids, or more than [`MAX_BULK_SIZE`].
    pub fn new(user_ids: impl IntoIterator<Item = UserId>) -> Result<Self> {
        let user_ids: Vec<_> = user_ids.into_iter().take(MAX_BULK_SIZE + 1).collect();
        if user_ids.is_empty() {
            return Err(InputRule::BatchNotEmpty.violated_by("user_ids"));
        }
        if user_ids.len() > MAX_BULK_SIZE {
            return Err(InputRule::BatchSize.violated_by("user_ids"));
        }
        Ok(Self(user_ids))
    }

    /// Splits any number of ids into batches of up to 50. An empty slice yields no batches.
    ///
    /// ```
    /// use user_directory::{UserId, UserIdBatch};
    ///
    /// let user_ids: Vec<UserId> = (0..120).map(|n| format!("user_{n}").parse()).collect::<Result<_, _>>()?;
    /// let sizes: Vec<usize> = UserIdBatch::chunks(&user_ids).map(|batch| batch.len()).collect();
    /// assert_eq!(sizes, [50, 50, 20]);
    /// # Ok::<(), user_directory::model::InvalidId>(())
    /// ```
    pub fn chunks(user_ids: &[UserId]) -> impl Iterator<Item = Self> {
        user_ids.chunks(MAX_BULK_SIZE).map(|chunk| Self(chunk.to_vec()))
    }
}

impl Deref for UserIdBatch {
    type Target = [UserId];

    fn deref(&self) -> &[UserId] {
        &self.0
    }
}

impl From<UserId> for UserIdBatch {
    fn from(user_id: UserId) -> Self {
        Self(vec![user_id])
    }
}

impl TryFrom<Vec<UserId>> for UserIdBatch {
    type Error = Error;

    fn try_from(user_ids: Vec<UserId>) -> Result<Self> {
        Self::new(user_ids)
    }
}

impl TryFrom<&[UserId]> for UserIdBatch {
    type Error = Error;

    fn try_from(user_ids: &[UserId]) -> Result<Self> {
        Self::new(user_ids.iter().cloned())
    }
}

impl<'a> IntoIterator for &'a UserIdBatch {
    type Item = &'a UserId;
    type IntoIter = slice::Iter<'a, UserId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_ids(number: usize) -> Vec<UserId> {
        (0..number).map(|n| UserId::new(format!("user_{n}")).unwrap()).collect()
    }

    #[test]
    fn batch_takes_1_to_50_ids() {
        for number in [1, 50] {
            let user_ids = user_ids(number);
            assert_eq!(*UserIdBatch::new(user_ids.clone()).unwrap(), user_ids);
            assert_eq!(*UserIdBatch::try_from(&*user_ids).unwrap(), user_ids);
        }
        for number in [0, 51, 1000] {
            let error = UserIdBatch::try_from(user_ids(number)).unwrap_err();
            assert!(error.is_invalid_input() && error.status().is_none(), "{error}");
            assert_eq!(error.param_name(), Some("user_ids"));
        }
        let endless = std::iter::repeat_with(|| UserId::new("user_1").unwrap());
        assert!(UserIdBatch::new(endless).is_err());
    }

    #[test]
    fn chunks_keeps_every_id_in_order() {
        let user_ids = user_ids(101);
        let batches: Vec<_> = UserIdBatch::chunks(&user_ids).collect();
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [50, 50, 1]);
        assert!(batches.iter().flatten().eq(&user_ids));
        assert_eq!(UserIdBatch::chunks(&[]).count(), 0);
    }
}
