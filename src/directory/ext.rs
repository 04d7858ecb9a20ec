//! [`UserDirectoryExt`]: what can be done with every directory.

mod ensured;
mod found;
mod pages;

use serde::Serialize;

pub use ensured::Ensured;
pub use found::FoundUsers;
pub use pages::{UserPages, UserStream};

use super::UserDirectory;
use crate::error::Result;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate, NewUser, Text, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;

/// What can be done with every directory, by the operations that it has.
///
/// Every [`UserDirectory`] has these methods, also behind `Arc<dyn UserDirectory>` and `&dyn UserDirectory`; there is
/// nothing to implement, and a mock expects the operations that they call. They fail with the errors of those
/// operations, which name the [`Operation`].
///
/// ```
/// use std::sync::Arc;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserDirectoryExt, UserQuery};
///
/// # tokio_test::block_on(async {
/// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
/// users.ensure(&NewUser::new().external_id("customer-4711").email_address("ada@example.com")).await?;
///
/// let mut all = users.stream(UserQuery::new());
/// while let Some(user) = all.next().await {
///     println!("{}", user?.id);
/// }
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
pub trait UserDirectoryExt: UserDirectory {
    /// Every user who matches, one by one, as a [`Stream`](crate::Stream).
    ///
    /// Users are asked for page by page, with [`list`](UserDirectory::list). The query's limit is the size of a page,
    /// not the number of users (that is `take` of a stream): 500 if there is none. The first page is asked for when
    /// the stream is first read. Whenever the stream is read, the page after the one that is used is on its way too,
    /// but never more than that one: whoever reads slowly is not run over. A page shorter than its size is the last. A
    /// filter that [matches nobody](UserFilter::matches_no_users) asks nothing.
    ///
    /// **While users come and go.** In the order of creation, which is the default, nobody is given twice or left out
    /// because others are created or deleted meanwhile: each page starts after the last user of the page before. The
    /// users of the stream may be deleted too; if the last one of a page is gone, the page goes on after those of the
    /// last 100 who are left. Users who are created meanwhile come if they belong after what was read. Any other order
    /// has to count. There, nobody is given twice (the ids of all who were given are kept for that), and nobody is
    /// left out because others are created; but somebody may be left out if others are deleted or change what they are
    /// ordered by.
    ///
    /// **Lifetime.** The stream borrows the directory, is `Send`, and may be dropped at any time, which drops the
    /// request on its way. A task has its own `Arc` and streams from that; where a stream must be `'static`, there is
    /// [`into_stream`](Self::into_stream):
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserDirectoryExt, UserQuery};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
    /// let number = tokio::spawn(async move {
    ///     let mut number = 0;
    ///     let mut all = users.stream(UserQuery::new());
    ///     while let Some(user) = all.next().await {
    ///         println!("{}", user?.id);
    ///         number += 1;
    ///     }
    ///     Ok::<_, user_directory::Error>(number)
    /// });
    /// assert_eq!(number.await.unwrap()?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// An error is given after the users who came before it, and ends the stream.
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the query is not valid, or if the last 100 users of a page
    /// (or all of a shorter one) were deleted before the next page had been asked for; otherwise those of
    /// [`list`](UserDirectory::list).
    ///
    /// ```
    /// use futures_util::{StreamExt, TryStreamExt};
    /// # use user_directory::*;
    ///
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").banned(true)).await?;
    /// directory.create(&NewUser::new().email_address("grace@example.com")).await?;
    ///
    /// let banned = UserQuery::from(UserFilter::new().banned(true));
    /// let users: Vec<User> = directory.stream(banned).take(10).try_collect().await?;
    /// assert_eq!(users.len(), 1);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn stream(&self, query: UserQuery) -> UserStream<'_> {
        UserStream::of(UserPages::of(self, query))
    }

    /// Every user who matches, page by page: [`stream`](Self::stream) with whole pages, of which none is empty.
    ///
    /// # Errors
    ///
    /// Those of [`stream`](Self::stream).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// for name in ["ada.lovelace", "grace.hopper", "mary.somerville"] {
    ///     directory.create(&NewUser::new().username(name)).await?;
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

    /// Like [`stream`](Self::stream), with a stream that owns the directory and so is `'static`, such as the body of an
    /// answer of a web service has to be. Give it a clone, such as that of an `Arc<dyn UserDirectory>`.
    ///
    /// # Errors
    ///
    /// Those of [`stream`](Self::stream).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserDirectoryExt, UserQuery, UserStream};
    ///
    /// fn everybody(users: &Arc<dyn UserDirectory>) -> UserStream<'static> {
    ///     Arc::clone(users).into_stream(UserQuery::new())
    /// }
    ///
    /// # tokio_test::block_on(async {
    /// let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
    /// assert!(everybody(&users).next().await.is_none());
    /// # });
    /// ```
    fn into_stream(self, query: UserQuery) -> UserStream<'static>
    where
        Self: Sized + Clone,
    {
        UserStream::of(UserPages::owning(self, query))
    }

    /// The user with this id, or `None` if there is no such user. Calls [`get`](UserDirectory::get).
    ///
    /// # Errors
    ///
    /// Those of [`get`](UserDirectory::get), without [`NotFound`](crate::ErrorKind::NotFound).
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

    /// The user who has this email address, whatever its case, or `None`.
    ///
    /// An address that is verified or reserved belongs to one user, and that one is given. Of several who merely have
    /// the address, it is the newest: see [`EmailAddress::is_verified`](crate::EmailAddress::is_verified) before you
    /// trust the address to tell who somebody is. For all of them, use [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the address is empty; otherwise those of
    /// [`list`](UserDirectory::list).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = directory.create(&NewUser::new().email_address("ada@example.com")).await?;
    /// assert_eq!(directory.find_by_email_address("Ada@example.com").await?, Some(ada));
    /// assert_eq!(directory.find_by_email_address("grace@example.com").await?, None);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_email_address(
        &self,
        email_address: impl Into<Text>,
    ) -> impl Future<Output = Result<Option<User>>> + Send {
        let wanted = email_address.into();
        let lower = wanted.to_lowercase();
        let is_kept_for = move |user: &User| {
            let mut emails = user.email_addresses.iter().filter(|email| email.reserved || email.is_verified());
            emails.any(|email| email.email_address.to_lowercase() == lower)
        };
        found::holder(self, UserFilter::new().email_address(wanted), is_kept_for)
    }

    /// The user who has this phone number, as E.164 writes it, or `None`.
    ///
    /// A number that is verified or reserved belongs to one user, and that one is given. Of several who merely have the
    /// number, it is the newest: see [`PhoneNumber::is_verified`](crate::PhoneNumber::is_verified) before you trust the
    /// number to tell who somebody is. For all of them, use [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the number is empty; otherwise those of
    /// [`list`](UserDirectory::list).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = directory.create(&NewUser::new().phone_number("+15550100123")).await?;
    /// assert_eq!(directory.find_by_phone_number("+15550100123").await?, Some(ada));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_phone_number(&self, phone_number: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        let wanted = phone_number.into();
        let number = wanted.clone();
        let is_kept_for = move |user: &User| {
            let mut phones = user.phone_numbers.iter().filter(|phone| phone.reserved || phone.is_verified());
            phones.any(|phone| phone.phone_number == number)
        };
        found::holder(self, UserFilter::new().phone_number(wanted), is_kept_for)
    }

    /// The user who has this user name, whatever its case, or `None`. There is one at most.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the user name is empty; otherwise those of
    /// [`list`](UserDirectory::list).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?;
    /// assert_eq!(directory.find_by_username("ada.lovelace").await?, Some(ada));
    /// assert_eq!(directory.find_by_username("ada").await?, None);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_username(&self, username: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        found::first(self, UserFilter::new().username(username))
    }

    /// The user who has this external id, or `None`. There is one at most.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the external id is empty; otherwise those of
    /// [`list`](UserDirectory::list).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = directory.create(&NewUser::new().external_id("customer-4711").username("ada.lovelace")).await?;
    /// assert_eq!(directory.find_by_external_id("customer-4711").await?, Some(ada));
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn find_by_external_id(&self, external_id: impl Into<Text>) -> impl Future<Output = Result<Option<User>>> + Send {
        found::first(self, UserFilter::new().external_id(external_id))
    }

    /// The users with these ids, in the order in which they are asked for, and the ids of which there is no user.
    ///
    /// They are asked for in batches of 100, four at a time. An id that is given twice is asked for and answered once.
    /// No ids ask nothing.
    ///
    /// # Errors
    ///
    /// Those of [`list`](UserDirectory::list); one batch that fails is an error of the whole. That a user does not
    /// exist is no error.
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?;
    /// # let grace = directory.create(&NewUser::new().username("grace.hopper")).await?;
    /// let nobody = UserId::new("user_unknown")?;
    /// let found = directory.get_many(&[grace.id.clone(), nobody.clone(), ada.id.clone()]).await?;
    /// assert_eq!(found.users, [grace, ada]);
    /// assert_eq!(found.missing, [nobody]);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    fn get_many(&self, user_ids: &[UserId]) -> impl Future<Output = Result<FoundUsers>> + Send {
        found::get_many(self, user_ids)
    }

    /// Whether anybody matches. Asks for one user, which takes less than to count them.
    ///
    /// # Errors
    ///
    /// Those of [`list`](UserDirectory::list).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().username("ada.lovelace")).await?;
    /// assert!(directory.exists(&UserFilter::new().username("ada.lovelace")).await?);
    /// assert!(!directory.exists(&UserFilter::new().banned(true)).await?);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    fn exists(&self, filter: &UserFilter) -> impl Future<Output = Result<bool>> + Send {
        let first = found::first(self, filter.clone());
        async move { Ok(first.await?.is_some()) }
    }

    /// Makes sure that there is a user with this external id: creates the user, or finds the one who is there.
    ///
    /// If [`create`](UserDirectory::create) fails with a conflict, or so that its outcome is unknown, the user is
    /// looked for by the external id. So it does no harm to call this again after any error. A user who is found is
    /// answered as is: nothing else is compared or changed.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the user has no external id, before anything is sent;
    /// [`Conflict`](crate::ErrorKind::Conflict) if a user with another external id has one of the identifiers; the
    /// error of [`create`](UserDirectory::create) if nobody was found after it. If the look-up fails, its error is
    /// given, and [`is_outcome_unknown`](crate::Error::is_outcome_unknown) if the creation's was.
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
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

    /// Puts a value in the place of the user's public metadata; [`Metadata::deserialize`] reads it.
    ///
    /// Everything goes that was there, what others wrote too: where the metadata is shared, take
    /// [`merge_public_metadata`](Self::merge_public_metadata).
    ///
    /// The value must be written as a JSON object, of 8 KB at most. Calls
    /// [`replace_metadata`](UserDirectory::replace_metadata); the other kinds of metadata stay.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`replace_metadata`](UserDirectory::replace_metadata).
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
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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

    /// Puts a value in the place of the user's private metadata; [`Metadata::deserialize`] reads it.
    ///
    /// Everything goes that was there, what others wrote too: where the metadata is shared, take
    /// [`merge_private_metadata`](Self::merge_private_metadata).
    ///
    /// The value must be written as a JSON object, of 8 KB at most. Calls
    /// [`replace_metadata`](UserDirectory::replace_metadata); the other kinds of metadata stay.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`replace_metadata`](UserDirectory::replace_metadata).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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

    /// Puts a value in the place of the user's unsafe metadata; [`Metadata::deserialize`] reads it.
    ///
    /// Everything goes that was there, what others wrote too: where the metadata is shared, take
    /// [`merge_unsafe_metadata`](Self::merge_unsafe_metadata).
    ///
    /// The value must be written as a JSON object, of 8 KB at most. Calls
    /// [`replace_metadata`](UserDirectory::replace_metadata); the other kinds of metadata stay.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`replace_metadata`](UserDirectory::replace_metadata).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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

    /// Merges a value into the user's public metadata, as [`MetadataUpdate`] does.
    ///
    /// Objects in it are merged too: what the value does not name stays.
    ///
    /// The value must be written as a JSON object, of 8 KB at most. A field that is written as `null`, as a `None` is,
    /// takes its key away. Calls [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// ```
    /// # use user_directory::*;
    /// use serde_json::json;
    ///
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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

    /// Merges a value into the user's private metadata, as [`MetadataUpdate`] does.
    ///
    /// Objects in it are merged too: what the value does not name stays.
    ///
    /// The value must be written as a JSON object, of 8 KB at most. A field that is written as `null`, as a `None` is,
    /// takes its key away. Calls [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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

    /// Merges a value into the user's unsafe metadata, as [`MetadataUpdate`] does.
    ///
    /// Objects in it are merged too: what the value does not name stays.
    ///
    /// The value must be written as a JSON object, of 8 KB at most. A field that is written as `null`, as a `None` is,
    /// takes its key away. Calls [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the value is not an object; otherwise those of
    /// [`update_metadata`](UserDirectory::update_metadata).
    ///
    /// ```
    /// # use user_directory::*;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
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
