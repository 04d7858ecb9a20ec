//! [`UserPages`] and [`UserStream`]: streams that prefetch one page.

use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_util::future::{BoxFuture, FutureExt, MaybeDone, maybe_done, poll_fn};
use futures_util::stream::Stream;

use crate::directory::UserDirectory;
use crate::error::{Error, ErrorKind, Result, codes};
use crate::model::{MAX_FILTER_VALUES, MAX_LIMIT, OrderField, Page, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;

/// A function that fetches a page.
///
/// The arguments are the query for the page and the ids of the last users of the previous page. The last id is the
/// cursor.
type Fetch<'a> = Box<dyn Fn(UserQuery, Vec<UserId>) -> BoxFuture<'a, Result<Vec<User>>> + Send + 'a>;

/// A stream of pages of users, returned by [`UserDirectoryExt::pages`].
///
/// Pages are never empty. The stream has the same guarantees as [`UserDirectoryExt::stream`].
///
/// [`UserDirectoryExt::pages`]: crate::UserDirectoryExt::pages
/// [`UserDirectoryExt::stream`]: crate::UserDirectoryExt::stream
///
/// ```
/// use futures_util::TryStreamExt;
/// use user_directory::{InMemoryUserDirectory, NewUser, User, UserDirectory, UserDirectoryExt, UserQuery};
///
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
///
/// let pages: Vec<Vec<User>> = directory.pages(UserQuery::new()).try_collect().await?;
/// assert_eq!(pages.len(), 1);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct UserPages<'a> {
    fetch: Fetch<'a>,
    /// The query for `next_page`.
    query: UserQuery,
    page_size: u32,
    /// The next page, or `Gone` after the last one.
    next_page: MaybeDone<BoxFuture<'a, Result<Vec<User>>>>,
    /// The ids of the returned users, for orders that paginate by offset and may repeat users.
    seen: HashSet<UserId>,
}

impl<'a> UserPages<'a> {
    pub(super) fn of<D: UserDirectory + ?Sized>(directory: &'a D, query: UserQuery) -> Self {
        Self::new(Box::new(move |query, before| fetch(directory, query, before).boxed()), query)
    }

    fn new(fetch: Fetch<'a>, mut query: UserQuery) -> Self {
        let page_size = query.page.limit.unwrap_or(MAX_LIMIT);
        query.page = query.page.limit(page_size);
        let next_page = match query.validate() {
            Err(error) => MaybeDone::Done(Err(error.with_operation(Operation::List))),
            Ok(()) if query.filter.matches_no_users() => MaybeDone::Gone,
            Ok(()) => maybe_done(fetch(query.clone(), Vec::new())),
        };
        Self { fetch, query, page_size, next_page, seen: HashSet::new() }
    }

    /// Returns the next page, or `None` after the last page or an error.
    ///
    /// This method is equivalent to `StreamExt::next`, but does not require the `futures-util` crate. It is cancel
    /// safe.
    ///
    /// # Errors
    ///
    /// Returns the errors documented for [`UserDirectoryExt::stream`](crate::UserDirectoryExt::stream).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    ///
    /// let mut pages = directory.pages(UserQuery::new());
    /// assert_eq!(pages.next().await.unwrap()?.len(), 1);
    /// assert!(pages.next().await.is_none());
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    pub async fn next(&mut self) -> Option<Result<Vec<User>>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Polls the request for the next page while the current page is being consumed.
    fn poll_prefetch(&mut self, cx: &mut Context<'_>) {
        if !matches!(self.next_page, MaybeDone::Gone) {
            // The result is used when the page is needed.
            let _ = self.next_page.poll_unpin(cx);
        }
    }

    fn by_creation(&self) -> bool {
        self.query.order_by.unwrap_or_default().field == OrderField::CreatedAt
    }

    /// Prepares the request for the page after `page`.
    fn fetch_after(&mut self, page: &[User]) {
        let Some(last) = page.last() else { return };
        let mut before = Vec::new();
        if self.by_creation() {
            self.query.page = Page::new().limit(self.page_size);
            self.query.starting_after = Some(last.id.clone());
            let last_ones = &page[page.len().saturating_sub(MAX_FILTER_VALUES)..];
            before.extend(last_ones.iter().map(|user| user.id.clone()));
        } else {
            let offset = self.query.page.offset.unwrap_or(0).saturating_add(page.len() as u64);
            self.query.page = self.query.page.offset(offset);
        }
        self.next_page = maybe_done((self.fetch)(self.query.clone(), before));
    }
}

impl UserPages<'static> {
    pub(super) fn owning<D: UserDirectory + Clone>(directory: D, query: UserQuery) -> Self {
        let fetch = move |query, before| {
            let directory = directory.clone();
            async move { fetch(&directory, query, before).await }.boxed()
        };
        Self::new(Box::new(fetch), query)
    }
}

impl Stream for UserPages<'_> {
    type Item = Result<Vec<User>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if matches!(self.next_page, MaybeDone::Gone) {
                return Poll::Ready(None);
            }
            ready!(self.next_page.poll_unpin(cx));
            let mut page = match Pin::new(&mut self.next_page).take_output() {
                Some(Ok(page)) => page,
                other => return Poll::Ready(other),
            };
            if page.len() >= self.page_size as usize {
                self.fetch_after(&page);
            }
            if !self.by_creation() {
                page.retain(|user| self.seen.insert(user.id.clone()));
            }
            if !page.is_empty() {
                self.poll_prefetch(cx);
                return Poll::Ready(Some(Ok(page)));
            }
        }
    }
}

impl fmt::Debug for UserPages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPages").field("page_size", &self.page_size).finish_non_exhaustive()
    }
}

/// A stream of users, returned by [`UserDirectoryExt::stream`] and [`UserDirectoryExt::into_stream`].
///
/// [`UserDirectoryExt::stream`]: crate::UserDirectoryExt::stream
/// [`UserDirectoryExt::into_stream`]: crate::UserDirectoryExt::into_stream
///
/// ```
/// use futures_util::TryStreamExt;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserDirectoryExt, UserId, UserQuery};
///
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
///
/// let users = directory.stream(UserQuery::new());
/// let ids: Vec<UserId> = users.map_ok(|user| user.id).try_collect().await?;
/// assert_eq!(ids.len(), 1);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct UserStream<'a> {
    pages: UserPages<'a>,
    /// The rest of the current page.
    page: vec::IntoIter<User>,
}

impl<'a> UserStream<'a> {
    pub(super) fn of(pages: UserPages<'a>) -> Self {
        Self { pages, page: Vec::new().into_iter() }
    }

    /// Returns the next user, or `None` after the last user or an error.
    ///
    /// This method is equivalent to `StreamExt::next`, but does not require the `futures-util` crate. It is cancel
    /// safe.
    ///
    /// # Errors
    ///
    /// Returns the errors documented for [`UserDirectoryExt::stream`](crate::UserDirectoryExt::stream).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    ///
    /// let mut users = directory.stream(UserQuery::new());
    /// assert_eq!(users.next().await.unwrap()?.email_addresses[0].email_address, "ada@example.com");
    /// assert!(users.next().await.is_none());
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    pub async fn next(&mut self) -> Option<Result<User>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for UserStream<'_> {
    type Item = Result<User>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.page.as_slice().is_empty() {
            match ready!(Pin::new(&mut self.pages).poll_next(cx)) {
                // Pages are never empty.
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        } else {
            self.pages.poll_prefetch(cx);
        }
        Poll::Ready(self.page.next().map(Ok))
    }
}

impl fmt::Debug for UserStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserStream").field("pages", &self.pages).finish_non_exhaustive()
    }
}

/// Fetches a page.
///
/// If the cursor user was deleted, the page starts after the last user in `before` that still exists. The contents of
/// the page are the same.
pub(crate) async fn fetch<D: UserDirectory + ?Sized>(
    directory: &D,
    query: UserQuery,
    before: Vec<UserId>,
) -> Result<Vec<User>> {
    let gone = match page(directory, &query).await {
        Err(error) if error.has_code(codes::FORM_RESOURCE_NOT_FOUND) && !before.is_empty() => error,
        result => return result,
    };
    let mut remaining = UserQuery::from(UserFilter::new().user_ids(before)).limit(MAX_LIMIT);
    remaining.order_by = query.order_by;
    match directory.list(&remaining).await?.pop() {
        Some(last) => page(directory, &query.starting_after(last.id)).await,
        None => Err(gone),
    }
}

/// Fetches a page, and checks that it starts after the cursor.
async fn page<D: UserDirectory + ?Sized>(directory: &D, query: &UserQuery) -> Result<Vec<User>> {
    let users = directory.list(query).await?;
    // A service that ignores the cursor always returns the first page, so the stream would never end.
    if query.starting_after.as_ref().is_some_and(|cursor| users.iter().any(|user| user.id == *cursor)) {
        let error = Error::new(ErrorKind::Unexpected).with_operation(Operation::List);
        return Err(error.with_message("the page contains the cursor itself; the service may ignore cursors"));
    }
    Ok(users)
}
