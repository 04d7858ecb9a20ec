//! [`FoundUsers`] and the implementation of the lookups.

use std::collections::{HashMap, HashSet};

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::pages::{UserPages, UserStream};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{MAX_FILTER_VALUES, MAX_LIMIT, User, UserFilter, UserId, UserQuery};

/// The maximum number of concurrent [`get_many`] requests.
const CONCURRENCY: usize = 4;

/// The result of [`UserDirectoryExt::get_many`](crate::UserDirectoryExt::get_many).
///
/// ```
/// use user_directory::ext::FoundUsers;
/// use user_directory::{InMemoryUserDirectory, UserDirectoryExt, UserId};
///
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// let FoundUsers { users, missing, .. } = directory.get_many(&[UserId::new("user_unknown")?]).await?;
/// assert_eq!((users.len(), missing.len()), (0, 1));
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct FoundUsers {
    /// The users that were found, in the requested order, without duplicates.
    pub users: Vec<User>,
    /// The ids that were not found, in the requested order, without duplicates.
    pub missing: Vec<UserId>,
}

pub(super) async fn get_many<D: UserDirectory + ?Sized>(directory: &D, user_ids: &[UserId]) -> Result<FoundUsers> {
    let mut seen = HashSet::new();
    let wanted: Vec<&UserId> = user_ids.iter().filter(|id| seen.insert(*id)).collect();
    let batches: Vec<BoxFuture<'_, Result<Vec<User>>>> =
        wanted.chunks(MAX_FILTER_VALUES).map(|ids| batch(directory, ids).boxed()).collect();
    let pages: Vec<Vec<User>> = stream::iter(batches).buffered(CONCURRENCY).try_collect().await?;
    let mut by_id: HashMap<UserId, User> = pages.into_iter().flatten().map(|user| (user.id.clone(), user)).collect();
    let mut found = FoundUsers::default();
    for id in wanted {
        match by_id.remove(id) {
            Some(user) => found.users.push(user),
            None => found.missing.push(id.clone()),
        }
    }
    Ok(found)
}

async fn batch<D: UserDirectory + ?Sized>(directory: &D, ids: &[&UserId]) -> Result<Vec<User>> {
    let filter = UserFilter::new().user_ids(ids.iter().copied().cloned());
    // The default limit is 10.
    directory.list(&UserQuery::from(filter).limit(MAX_LIMIT)).await
}

/// Returns the first user that matches `filter`.
pub(super) async fn first<D: UserDirectory + ?Sized>(directory: &D, filter: UserFilter) -> Result<Option<User>> {
    let page = directory.list(&UserQuery::from(filter).limit(1)).await?;
    Ok(page.into_iter().next())
}

/// Returns the first matching user for whom `claims` returns `true`, or else the first matching user.
pub(super) async fn holder<D: UserDirectory + ?Sized>(
    directory: &D,
    filter: UserFilter,
    claims: impl Fn(&User) -> bool + Send,
) -> Result<Option<User>> {
    let mut holders = UserStream::of(UserPages::of(directory, filter.into()));
    let mut first = None;
    while let Some(user) = holders.next().await {
        let user = user?;
        if claims(&user) {
            return Ok(Some(user));
        }
        first.get_or_insert(user);
    }
    Ok(first)
}
