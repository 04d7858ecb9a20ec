//! Convenience methods for every directory: streams, lookups, idempotent writes and typed metadata.

mod ensured;
mod found;
pub(crate) mod pages;

use serde::Serialize;

pub use ensured::Ensured;
pub use found::FoundUsers;
/// The `Stream` trait from `futures-core`, which [`UserStream`] and [`UserPages`] implement.
pub use futures_util::Stream;
pub use pages::{UserPages, UserStream};

use crate::directory::UserDirectory;
use crate::error::Result;
use crate::fold::fold;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate, NewUser, Text, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;

/// Convenience methods for every [`UserDirectory`].
///
/// The methods are also available on `Arc<dyn UserDirectory>` and, except for [`into_stream`](Self::into_stream), on
/// `&dyn UserDirectory`.
///
/// The methods are implemented in terms of the operations of `UserDirectory`, and their errors contain the
/// [`Operation`] that failed. In a mock, set expectations for these operations.
///
/// ```
/// use std::sync::Arc;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserDirectoryExt, UserQuery};
///
/// # tokio_test::block_on(async {
/// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
/// let ada = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
/// let ada = ada.skip_password_requirement(true);
/// let id = users.ensure(&ada).await?.into_user().id;
///
/// let mut all = users.stream(UserQuery::new());
/// while let Some(user) = all.next().await {
///     assert_eq!(user?.id, id);
/// }
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
pub trait UserDirectoryExt: UserDirectory {
    /// Returns a [`Stream`] of the users that match `query`.
    ///
    /// The users are fetched page by page with [`list`](UserDirectory::list):
    ///
    /// - The query's limit is the page size (500 by default). To limit the total number of users, use
    ///   `StreamExt::take`.
    /// - The first request is made when the stream is first polled.
    /// - At most one page is prefetched, so a slow consumer applies backpressure.
    /// - If the filter [matches no users](UserFilter::matches_no_users), no request is made.
    ///
    /// # Concurrent changes
    ///
    /// If users are ordered by creation time (the default), the last user of each page is the cursor for the next page:
    ///
    /// - If users are created or deleted, no other user is duplicated or skipped.
    /// - Users created before the last page is fetched are included if they sort after the users already fetched.
    /// - The consumer can delete users that the stream has returned. If the cursor user has been deleted, the stream
    ///   continues after the last user of the page that still exists. Only the last 100 users of the page are
    ///   considered.
    ///
    /// For any other sort order, pages are requested by offset:
    ///
    /// - No user is returned twice, because the stream keeps the ids of all returned users in memory.
    /// - If users are created, no existing user is skipped.
    /// - If users are deleted, or if values of the sort field change, existing users can be skipped.
    ///
    /// # Lifetime
    ///
    /// The stream is `Send` and borrows the directory. Dropping the stream cancels the in-flight request. For a
    /// `'static` stream, use [`into_stream`](Self::into_stream). Alternatively, a spawned task can own an `Arc` of the
    /// directory and stream from it:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserDirectoryExt, UserQuery};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
    /// let count = tokio::spawn(async move {
    ///     let mut count = 0;
    ///     let mut all = users.stream(UserQuery::new());
    ///     while let Some(user) = all.next().await {
    ///         println!("{}", user?.id);
    ///         count += 1;
    ///     }
    ///     Ok::<_, user_directory::Error>(count)
    /// });
    /// assert_eq!(count.await.unwrap()?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Resuming
    ///
    /// To resume a job after a restart, save the id of the last processed user, and pass it to
    /// [`starting_after`](UserQuery::starting_after) in a query with the same filter and order. The query must order
    /// users by creation time.
    ///
    /// If that user has been deleted in the meantime, the first item is an
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) error with the code
    /// [`FORM_RESOURCE_NOT_FOUND`](crate::codes::FORM_RESOURCE_NOT_FOUND). If your application deletes users, save the
    /// ids of the last few users, and resume after the last one that [`get_many`](Self::get_many) finds:
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # for email in ["ada@example.com", "grace@example.com", "mary@example.com"] {
    /// #     directory.create(&NewUser::new().email_address(email).skip_password_requirement(true)).await?;
    /// # }
    /// # let all = directory.list(&UserQuery::new()).await?;
    /// # let saved = [all[0].id.clone(), all[1].id.clone()];
    /// # directory.delete(&saved[1]).await?;
    /// // `saved` contains the ids of the last processed users, in order.
    /// let mut query = UserQuery::new();
    /// if let Some(last) = directory.get_many(&saved).await?.users.pop() {
    ///     query = query.starting_after(last.id);
    /// }
    /// let mut rest = directory.stream(query);
    /// assert_eq!(rest.next().await.unwrap()?.primary_email_address().unwrap().email_address, "ada@example.com");
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The stream yields errors from [`list`](UserDirectory::list). If the request for a page fails, the stream yields
    /// all users of the preceding pages, then yields the error, and then ends.
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The query is invalid, or the last 100 users of a page (or
    ///   all users of a smaller page) were deleted before the next page was requested.
    /// - [`Unexpected`](crate::ErrorKind::Unexpected): A page contains the cursor user, which suggests that the
    ///   implementation ignores cursors. Without this check, the stream might never end.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_util::{StreamExt, TryStreamExt};
    /// # use user_directory::*;
    ///
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").banned(true).skip_password_requirement(true);
    /// directory.create(&new_user).await?;
    /// directory.create(&NewUser::new().email_address("grace@example.com").skip_password_requirement(true)).await?;
    ///
    /// let banned = UserQuery::from(UserFilter::new().banned(true));
    /// let users: Vec<User> = directory.stream(banned).take(10).try_collect().await?;
    /// assert_eq!(users.len(), 1);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn stream(&self, query: UserQuery) -> UserStream<'_> {
        UserStream::of(UserPages::of(self, query))
    }

    /// Returns a stream of pages of the users that match `query`.
    ///
    /// This method works like [`stream`](Self::stream), but the stream yields pages instead of users. The pages are
    /// never empty.
    ///
    /// # Errors
    ///
    /// The stream yields the same errors as [`stream`](Self::stream).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// for email in ["ada@example.com", "grace@example.com", "mary@example.com"] {
    ///     directory.create(&NewUser::new().email_address(email).skip_password_requirement(true)).await?;
    /// }
    ///
    /// let mut pages = directory.pages(UserQuery::new().limit(2));
    /// assert_eq!(pages.next().await.unwrap()?.len(), 2);
    /// assert_eq!(pages.next().await.unwrap()?.len(), 1);
    /// assert!(pages.next().await.is_none());
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn pages(&self, query: UserQuery) -> UserPages<'_> {
        UserPages::of(self, query)
    }

    /// Converts the directory into a stream of the users that match `query`.
    ///
    /// This method works like [`stream`](Self::stream), but the stream owns the directory and is therefore `'static`.
    /// HTTP response bodies usually require a `'static` stream. To keep using the directory, call this method on a
    /// clone, for example of an `Arc<dyn UserDirectory>`.
    ///
    /// # Errors
    ///
    /// The stream yields the same errors as [`stream`](Self::stream).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::ext::UserStream;
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserDirectoryExt, UserQuery};
    ///
    /// fn all_users(users: &Arc<dyn UserDirectory>) -> UserStream<'static> {
    ///     Arc::clone(users).into_stream(UserQuery::new())
    /// }
    ///
    /// # tokio_test::block_on(async {
    /// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
    /// assert!(all_users(&users).next().await.is_none());
    /// # });
    /// ```
    fn into_stream(self, query: UserQuery) -> UserStream<'static>
    where
        Self: Sized + Clone,
    {
        UserStream::of(UserPages::owning(self, query))
    }

    /// Returns the user with this id, or `None` if the user does not exist.
    ///
    /// # Errors
    ///
    /// Returns errors from [`get`](UserDirectory::get), except for [`NotFound`](crate::ErrorKind::NotFound).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// assert_eq!(directory.find(&UserId::new("user_unknown")?).await?, None);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    fn find(&self, user_id: &UserId) -> impl Future<Output = Result<Option<User>>> + Send {
        async move {
            match self.get(user_id).await {
                Ok(user) => Ok(Some(user)),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        }
    }

    /// Returns the user with this email address (case-insensitive), or `None`.
    ///
    /// If the address is verified or [reserved](crate::model::IdentifierStatus::Reserved) for a user, this method
    /// returns that user. Otherwise, it returns the newest user with the address. Before you use the address to
    /// identify a person, check [`EmailAddress::is_verified`](crate::model::EmailAddress::is_verified).
    ///
    /// To get all users with the address, use [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the address is empty. Also returns errors from
    /// [`list`](UserDirectory::list).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let ada = directory.create(&new_user).await?;
    /// assert_eq!(directory.find_by_email_address("Ada@example.com").await?, Some(ada));
    /// assert_eq!(directory.find_by_email_address("grace@example.com").await?, None);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_email_address(
        &self,
        email_address: impl Into<Text>,
    ) -> impl Future<Output = Result<Option<User>>> + Send {
        let wanted = email_address.into();
        let folded = fold(&wanted);
        let claims = move |user: &User| {
            let mut emails = user.email_addresses.iter().filter(|email| email.reserved || email.is_verified());
            emails.any(|email| fold(&email.email_address) == folded)
        };
        found::holder(self, UserFilter::new().email_address(wanted), claims)
    }

    /// Returns the user with this phone number in E.164 format, or `None`.
    ///
    /// If the number is verified or [reserved](crate::model::IdentifierStatus::Reserved) for a user, this method
    /// returns that user. Otherwise, it returns the newest user with the number. Before you use the number to
    /// identify a person, check [`PhoneNumber::is_verified`](crate::model::PhoneNumber::is_verified).
    ///
    /// To get all users with the number, use [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the number is empty. Also returns errors from
    /// [`list`](UserDirectory::list).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// let ada = directory.create(&NewUser::new().phone_number("+15550100123").skip_password_requirement(true)).await?;
    /// assert_eq!(directory.find_by_phone_number("+15550100123").await?, Some(ada));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_phone_number(&self, phone_number: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        let wanted = phone_number.into();
        let number = wanted.clone();
        let claims = move |user: &User| {
            let mut phones = user.phone_numbers.iter().filter(|phone| phone.reserved || phone.is_verified());
            phones.any(|phone| phone.phone_number == number)
        };
        found::holder(self, UserFilter::new().phone_number(wanted), claims)
    }

    /// Returns the user with this username (case-insensitive), or `None`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the username is empty. Also returns errors from
    /// [`list`](UserDirectory::list).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// let ada = directory.create(&NewUser::new().username("ada_lovelace")).await?;
    /// assert_eq!(directory.find_by_username("ada_lovelace").await?, Some(ada));
    /// assert_eq!(directory.find_by_username("ada").await?, None);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_username(&self, username: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        found::first(self, UserFilter::new().username(username))
    }

    /// Returns the user with this external id, or `None`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the external id is empty. Also returns errors from
    /// [`list`](UserDirectory::list).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
    /// let ada = directory.create(&new_user.skip_password_requirement(true)).await?;
    /// assert_eq!(directory.find_by_external_id("customer-4711").await?, Some(ada));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_external_id(&self, external_id: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        found::first(self, UserFilter::new().external_id(external_id))
    }

    /// Returns the users with these ids in the given order, and the ids that were not found.
    ///
    /// The users are fetched in batches of 100, with at most four concurrent requests. Duplicate ids are fetched and
    /// returned once. An empty slice makes no request.
    ///
    /// # Errors
    ///
    /// Returns errors from [`list`](UserDirectory::list). If any request fails, the call fails. A missing user is not
    /// an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = directory.create(&new_user).await?;
    /// # let new_user = NewUser::new().email_address("grace@example.com").skip_password_requirement(true);
    /// # let grace = directory.create(&new_user).await?;
    /// let unknown = UserId::new("user_unknown")?;
    /// let found = directory.get_many(&[grace.id.clone(), unknown.clone(), ada.id.clone()]).await?;
    /// assert_eq!(found.users, [grace, ada]);
    /// assert_eq!(found.missing, [unknown]);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    fn get_many(&self, user_ids: &[UserId]) -> impl Future<Output = Result<FoundUsers>> + Send {
        found::get_many(self, user_ids)
    }

    /// Returns `true` if at least one user matches `filter`.
    ///
    /// This method requests at most one user, so it is usually cheaper than [`count`](UserDirectory::count).
    ///
    /// # Errors
    ///
    /// Returns errors from [`list`](UserDirectory::list).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    /// assert!(directory.exists(&UserFilter::new().email_address("ada@example.com")).await?);
    /// assert!(!directory.exists(&UserFilter::new().banned(true)).await?);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn exists(&self, filter: &UserFilter) -> impl Future<Output = Result<bool>> + Send {
        let first = found::first(self, filter.clone());
        async move { Ok(first.await?.is_some()) }
    }

    /// Creates a user, or returns the existing user with the same external id.
    ///
    /// This method is idempotent, so it can be retried after any error. It first calls
    /// [`create`](UserDirectory::create). If `create` fails with a conflict or an unknown outcome, this method looks up
    /// the user by external id. An existing user is returned unchanged, even if its other fields differ from
    /// `new_user`.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): `new_user` has no external id or an empty one. No request is
    ///   made.
    /// - [`Conflict`](crate::ErrorKind::Conflict): No user has the external id, but another user has one of the
    ///   identifiers of `new_user`.
    ///
    /// If `create` fails with any other error, or if the lookup finds no user, this method returns the error from
    /// `create`. If the lookup fails, this method returns the error from the lookup. If the outcome of `create` was
    /// unknown, [`is_outcome_unknown`](crate::Error::is_outcome_unknown) also returns `true` for the lookup error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
    /// let ada = ada.skip_password_requirement(true);
    /// let first = directory.ensure(&ada).await?;
    /// assert!(first.is_created());
    ///
    /// let second = directory.ensure(&ada).await?;
    /// assert!(!second.is_created());
    /// assert_eq!(second.user(), first.user());
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn ensure(&self, new_user: &NewUser) -> impl Future<Output = Result<Ensured>> + Send {
        ensured::ensure(self, new_user)
    }

    /// Deletes a user if the user exists.
    ///
    /// Returns `true` if the user was deleted, and `false` if the user was not found. The result can also be `false` if
    /// the adapter retried the request after an earlier attempt had deleted the user.
    ///
    /// # Errors
    ///
    /// Returns errors from [`delete`](UserDirectory::delete), except for [`NotFound`](crate::ErrorKind::NotFound).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// let id = directory.create(&new_user).await?.id;
    /// assert!(directory.delete_if_exists(&id).await?);
    /// assert!(!directory.delete_if_exists(&id).await?);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn delete_if_exists(&self, user_id: &UserId) -> impl Future<Output = Result<bool>> + Send {
        async move {
            match self.delete(user_id).await {
                Ok(_) => Ok(true),
                Err(error) if error.is_not_found() => Ok(false),
                Err(error) => Err(error),
            }
        }
    }

    /// Replaces the user's public metadata with a serialized value.
    ///
    /// The value must serialize to a JSON object of at most 8 KB. [`Metadata::deserialize`] reads the value back. This
    /// method calls [`replace_metadata`](UserDirectory::replace_metadata).
    ///
    /// All existing keys are removed. To keep keys set by other applications, use
    /// [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value does not serialize to an object. Also
    /// returns errors from [`replace_metadata`](UserDirectory::replace_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// # use user_directory::*;
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Plan {
    ///     name: String,
    ///     seats: u32,
    /// }
    ///
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let plan = Plan { name: "pro".to_owned(), seats: 5 };
    /// let user = directory.set_public_metadata(&id, &plan).await?;
    /// assert_eq!(user.public_metadata.deserialize::<Plan>()?, plan);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn set_public_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        replace(self, user_id, Metadata::new(value), MetadataReplacement::public)
    }

    /// Replaces the user's private metadata with a serialized value.
    ///
    /// This method works like [`set_public_metadata`](Self::set_public_metadata).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`set_public_metadata`](Self::set_public_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.set_private_metadata(&id, &serde_json::json!({ "score": 12 })).await?;
    /// assert_eq!(user.private_metadata.get("score")?, Some(12));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn set_private_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        replace(self, user_id, Metadata::new(value), MetadataReplacement::private)
    }

    /// Replaces the user's unsafe metadata with a serialized value.
    ///
    /// This method works like [`set_public_metadata`](Self::set_public_metadata).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`set_public_metadata`](Self::set_public_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.set_unsafe_metadata(&id, &serde_json::json!({ "theme": "dark" })).await?;
    /// assert_eq!(user.unsafe_metadata.get("theme")?, Some("dark".to_owned()));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn set_unsafe_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        replace(self, user_id, Metadata::new(value), MetadataReplacement::r#unsafe)
    }

    /// Merges a serialized value into the user's public metadata.
    ///
    /// The value must serialize to a JSON object. The value and the merged metadata are limited to 8 KB each. Nested
    /// objects are merged recursively. A `null` value, such as a serialized `None`, removes its key. This method
    /// calls [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value does not serialize to an object. Also
    /// returns errors from [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// use serde_json::json;
    ///
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// directory.set_public_metadata(&id, &json!({ "plan": "free", "trial": true })).await?;
    /// let user = directory.merge_public_metadata(&id, &json!({ "plan": "pro", "trial": null })).await?;
    /// assert_eq!(user.public_metadata.as_json(), r#"{"plan":"pro"}"#);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn merge_public_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        merge(self, user_id, Metadata::new(value), MetadataUpdate::public)
    }

    /// Merges a serialized value into the user's private metadata.
    ///
    /// This method works like [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.merge_private_metadata(&id, &serde_json::json!({ "score": 12 })).await?;
    /// assert_eq!(user.private_metadata.get("score")?, Some(12));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn merge_private_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        merge(self, user_id, Metadata::new(value), MetadataUpdate::private)
    }

    /// Merges a serialized value into the user's unsafe metadata.
    ///
    /// This method works like [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.merge_unsafe_metadata(&id, &serde_json::json!({ "theme": "dark" })).await?;
    /// assert_eq!(user.unsafe_metadata.get("theme")?, Some("dark".to_owned()));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn merge_unsafe_metadata<T: Serialize + ?Sized>(
        &self,
        user_id: &UserId,
        value: &T,
    ) -> impl Future<Output = Result<User>> + Send {
        merge(self, user_id, Metadata::new(value), MetadataUpdate::r#unsafe)
    }
}

impl<T: UserDirectory + ?Sized> UserDirectoryExt for T {}

async fn replace<D: UserDirectory + ?Sized>(
    directory: &D,
    user_id: &UserId,
    metadata: Result<Metadata>,
    kind: fn(MetadataReplacement, Metadata) -> MetadataReplacement,
) -> Result<User> {
    let metadata = metadata.map_err(|error| error.with_operation(Operation::ReplaceMetadata))?;
    directory.replace_metadata(user_id, &kind(MetadataReplacement::new(), metadata)).await
}

async fn merge<D: UserDirectory + ?Sized>(
    directory: &D,
    user_id: &UserId,
    metadata: Result<Metadata>,
    kind: fn(MetadataUpdate, Metadata) -> MetadataUpdate,
) -> Result<User> {
    let metadata = metadata.map_err(|error| error.with_operation(Operation::UpdateMetadata))?;
    directory.update_metadata(user_id, &kind(MetadataUpdate::new(), metadata)).await
}
