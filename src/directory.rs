//! [`UserDirectory`]: the port.

pub(crate) mod ext;

use std::fmt::Debug;

use async_trait::async_trait;
use auto_impl::auto_impl;

use crate::error::{Error, Result};
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccountId, InvitationQuery, MetadataReplacement,
    MetadataUpdate, NewUser, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership, Page,
    Paginated, PasskeyId, Password, PasswordVerification, PhoneNumber, PhoneNumberReplacement, ProfileImage, Sessions,
    TotpCode, TotpVerification, TrustedDevice, TrustedDeviceId, User, UserFilter, UserId, UserQuery, UserUpdate,
    Web3WalletId,
};
use crate::operation::Operation;

/// A directory of users: every "users" operation of the Clerk Backend API (version 2026-05-12).
///
/// Applications hold an `Arc<dyn UserDirectory>` and know nothing else:
///
/// ```
/// use std::sync::Arc;
/// use user_directory::{InMemoryUserDirectory, NewUser, Result, UserDirectory, UserId};
///
/// struct SignUp {
///     users: Arc<dyn UserDirectory>,
/// }
///
/// impl SignUp {
///     async fn run(&self, email: &str) -> Result<UserId> {
///         let user = self.users.create(&NewUser::new().email_address(email)).await?;
///         Ok(user.id)
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let sign_up = SignUp { users: Arc::new(InMemoryUserDirectory::new()) };
/// let id = sign_up.run("ada@example.com").await?;
/// assert!(sign_up.users.get(&id).await.is_ok());
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// # The contract
///
/// Every implementation promises this, and a caller may rely on it:
///
/// - **Input is checked first.** What the request types' `validate` refuses (see [`UserQuery::validate`],
///   [`UserFilter::validate`], [`UserUpdate::validate`], [`Page::validate`], [`InvitationQuery::validate`],
///   [`CreditAdjustment::validate`], [`ProfileImage::validate`], [`validate_bulk`](crate::validate_bulk)) fails with
///   [`InvalidInput`](crate::ErrorKind::InvalidInput) before anything is sent or changed.
/// - **All or nothing.** An operation that fails with an error of the API has changed nothing.
/// - **What was written is read.** After a write has answered, every read through the same directory sees it, unless
///   the implementation's own documentation says otherwise. Of those here, only `CachedUserDirectory` (feature `cache`)
///   does: it may answer what was true up to its time to live ago, but for what was written through it.
/// - **Answers are whole.** A user that is answered is the user as it is after the operation.
/// - **A wrong password or code is an answer**, not an error.
/// - **Nobody is not everybody.** A filter with an empty list ([`UserFilter::matches_nobody`]) returns no users.
/// - **Errors are [`Error`](crate::Error)s** of the [kind](crate::ErrorKind) that the operation's documentation names,
///   and name the [`Operation`](crate::Operation).
/// - **Futures may be dropped.** That stops waiting; whether the work is done is then unknown.
/// - **Concurrent use is safe**, from any number of tasks.
///
/// Beside the kinds that an operation names, each may fail with
/// [`Unauthenticated`](crate::ErrorKind::Unauthenticated), [`Forbidden`](crate::ErrorKind::Forbidden),
/// [`RateLimited`](crate::ErrorKind::RateLimited), [`Timeout`](crate::ErrorKind::Timeout),
/// [`Connect`](crate::ErrorKind::Connect), [`Transport`](crate::ErrorKind::Transport),
/// [`Unavailable`](crate::ErrorKind::Unavailable), [`Server`](crate::ErrorKind::Server),
/// [`Decode`](crate::ErrorKind::Decode), [`Unexpected`](crate::ErrorKind::Unexpected) and
/// [`Configuration`](crate::ErrorKind::Configuration), as far as the implementation speaks to a service.
///
/// A new operation of the API comes with a new major version of this crate, because it is a new method that every
/// implementation has to have.
///
/// # Limits
///
/// | what | limit | who says so |
/// | --- | --- | --- |
/// | [`limit`](UserQuery::limit) of a page | 1 to 500, 10 if none is given | every implementation, before it asks anybody |
/// | values in one filter | 100, none of them empty | every implementation |
/// | [`starting_after`](UserQuery::starting_after) | in the order of creation, without an offset | every implementation |
/// | [`bulk_ban`](Self::bulk_ban), [`bulk_unban`](Self::bulk_unban) | 1 to 50 users | every implementation |
/// | ids | 255 bytes; no `/ \ ? # %`, no control characters | the types: others do not parse |
/// | [`Metadata`](crate::Metadata) | 8 KB of each kind | the service, and in memory |
/// | [`ProfileImage`] | 10 MB | the service, and in memory |
/// | [`Password`] | 8 characters or more | the service, and in memory |
/// | requests | 1000 in 10 s with a production key, 100 with a development key; 10 updates of one user in 10 s | the service, and `ClerkBuilder::rate_limits` before it sends |
///
/// # Writing an implementation
///
/// The trait is one of [`async_trait`](macro@crate::async_trait): put `#[user_directory::async_trait]` on the `impl`
/// block. Check the input with the request types' `validate`, answer a filter that [matches
/// nobody](UserFilter::matches_nobody) without asking anybody, and put [`with_operation`](crate::Error::with_operation)
/// on errors. An operation that an implementation does not offer (or a field or filter of one) fails with
/// [`Forbidden`](crate::ErrorKind::Forbidden) and the code
/// [`FEATURE_NOT_ENABLED`](crate::codes::FEATURE_NOT_ENABLED); [`refuse_operations!`](crate::refuse_operations) writes
/// such methods. A wrapper forwards every method to what it wraps, as `Arc<T>` and `Box<T>` do;
/// [`forward_operations!`](crate::forward_operations) writes those. The feature `conformance` has a suite of tests that
/// an implementation should pass.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
#[auto_impl(Arc, Box)]
pub trait UserDirectory: Debug + Send + Sync + 'static {
    /// Lists the users that match, newest first unless the query says otherwise.
    ///
    /// Endpoint: `GET /users`.
    ///
    /// A page has 10 users unless the query has a limit, and 500 at most. A page shorter than the limit is the last.
    /// The bounds of times are exclusive. A cursor needs a user who exists, whether the filter matches that user or
    /// not; if you delete users while paging, keep the cursor's user until the next page has been read.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the query is not valid.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com")).await?;
    /// directory.create(&NewUser::new().email_address("grace@example.com")).await?;
    ///
    /// let query = UserQuery::new().filter(UserFilter::new().query("ada")).limit(100);
    /// let users = directory.list(&query).await?;
    /// assert_eq!(users.len(), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        forward(self, Operation::List)?.list(query).await
    }

    /// Counts the users that match.
    ///
    /// Endpoint: `GET /users/count`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the filter is not valid.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com")).await?;
    ///
    /// assert_eq!(directory.count(&UserFilter::new()).await?, 1);
    /// assert_eq!(directory.count(&UserFilter::new().banned(true)).await?, 0);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        forward(self, Operation::Count)?.count(filter).await
    }

    /// Creates a user.
    ///
    /// Endpoint: `POST /users`.
    ///
    /// Not idempotent: after an error that leaves the outcome unknown, look the user up by external id or identifier
    /// before trying again.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if another user has one of the identifiers or the external id;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a field is not well-formed, metadata has more than 8 KB
    /// or the password is refused by the policy; [`Forbidden`](crate::ErrorKind::Forbidden) if the instance is
    /// full; [`PaymentRequired`](crate::ErrorKind::PaymentRequired) if the user is to be banned and the plan does
    /// not include that.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new()
    ///     .email_address("ada@example.com")
    ///     .first_name("Ada")
    ///     .password(Password::new("correct horse battery staple"));
    /// let user = directory.create(&ada).await?;
    /// assert_eq!(user.primary_email_address().unwrap().email_address, "ada@example.com");
    ///
    /// let error = directory.create(&ada).await.unwrap_err();
    /// assert!(error.is_conflict());
    /// assert_eq!(error.param_name(), Some("email_address"));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn create(&self, new_user: &NewUser) -> Result<User> {
        forward(self, Operation::Create)?.create(new_user).await
    }

    /// Gets a user.
    ///
    /// Endpoint: `GET /users/{user_id}`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let user = directory.get(&id).await?;
    /// assert_eq!(user.id, id);
    ///
    /// let nobody = UserId::new("user_unknown")?;
    /// assert!(directory.get(&nobody).await.unwrap_err().is_not_found());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Get)?.get(user_id).await
    }

    /// Changes a user's attributes. Fields that the update does not name stay as they are.
    ///
    /// Endpoint: `PATCH /users/{user_id}`.
    ///
    /// The service takes 10 updates of one user in 10 seconds. Metadata is changed by
    /// [`update_metadata`](Self::update_metadata) and [`replace_metadata`](Self::replace_metadata).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user; [`Conflict`](crate::ErrorKind::Conflict)
    /// if another user has the user name or external id; [`InvalidInput`](crate::ErrorKind::InvalidInput) if a
    /// field is not well-formed, a primary identifier is not one of the user's own or not verified, or the password
    /// is refused by the policy; [`Locked`](crate::ErrorKind::Locked) if another request is changing the user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let user = directory.update(&id, &UserUpdate::new().first_name("Ada").username("ada.lovelace")).await?;
    /// assert_eq!(user.first_name.as_deref(), Some("Ada"));
    ///
    /// let user = directory.update(&id, &UserUpdate::new().clear_username()).await?;
    /// assert_eq!(user.username, None);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn update(&self, user_id: &UserId, update: &UserUpdate) -> Result<User> {
        forward(self, Operation::Update)?.update(user_id, update).await
    }

    /// Deletes a user.
    ///
    /// Endpoint: `DELETE /users/{user_id}`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user; [`Conflict`](crate::ErrorKind::Conflict)
    /// if a directory (SCIM) manages the user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let deleted = directory.delete(&id).await?;
    /// assert!(deleted.deleted);
    /// assert!(directory.get(&id).await.unwrap_err().is_not_found());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        forward(self, Operation::Delete)?.delete(user_id).await
    }

    /// Bans a user: all sessions end, and no sign-in is possible. A ban does not expire.
    ///
    /// Endpoint: `POST /users/{user_id}/ban`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`PaymentRequired`](crate::ErrorKind::PaymentRequired) if the plan does not include bans.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// assert!(directory.ban(&id).await?.banned);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn ban(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Ban)?.ban(user_id).await
    }

    /// Lifts a ban.
    ///
    /// Endpoint: `POST /users/{user_id}/unban`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`PaymentRequired`](crate::ErrorKind::PaymentRequired) if the plan does not include bans.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// directory.ban(&id).await?;
    /// assert!(!directory.unban(&id).await?.banned);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn unban(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Unban)?.unban(user_id).await
    }

    /// Locks a user: no sign-in is possible until the lock expires, after the instance's lock duration.
    ///
    /// Endpoint: `POST /users/{user_id}/lock`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if lockout is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let user = directory.lock(&id).await?;
    /// assert!(user.locked);
    /// assert_eq!(user.lockout_expires_in_seconds, Some(3600));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn lock(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Lock)?.lock(user_id).await
    }

    /// Lifts a lock.
    ///
    /// Endpoint: `POST /users/{user_id}/unlock`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if lockout is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// directory.lock(&id).await?;
    /// assert!(!directory.unlock(&id).await?.locked);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Unlock)?.unlock(user_id).await
    }

    /// Uploads a profile image.
    ///
    /// Endpoint: `POST /users/{user_id}/profile_image`.
    ///
    /// The service takes images of up to 10 MB.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the image is too large or not one.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// # let png = b"\x89PNG\r\n\x1a\n".to_vec();
    /// let user = directory.set_profile_image(&id, &ProfileImage::new(png, "image/png")).await?;
    /// assert!(user.has_image);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        forward(self, Operation::SetProfileImage)?.set_profile_image(user_id, image).await
    }

    /// Deletes the profile image.
    ///
    /// Endpoint: `DELETE /users/{user_id}/profile_image`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let user = directory.delete_profile_image(&id).await?;
    /// assert!(!user.has_image);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::DeleteProfileImage)?.delete_profile_image(user_id).await
    }

    /// Merges metadata deeply into what the user has; `null` removes a key at any depth.
    ///
    /// Endpoint: `PATCH /users/{user_id}/metadata`.
    ///
    /// The service takes 8 KB of each kind of metadata, and 10 changes of one user in 10 seconds.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if there would be more than 8 KB of one kind.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let plan = Metadata::new(&serde_json::json!({ "plan": "pro", "seats": { "used": 1 } }))?;
    /// directory.update_metadata(&id, &MetadataUpdate::new().public(plan)).await?;
    ///
    /// let more = Metadata::new(&serde_json::json!({ "plan": null, "seats": { "max": 5 } }))?;
    /// let user = directory.update_metadata(&id, &MetadataUpdate::new().public(more)).await?;
    /// assert_eq!(user.public_metadata.as_json(), r#"{"seats":{"max":5,"used":1}}"#);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn update_metadata(&self, user_id: &UserId, update: &MetadataUpdate) -> Result<User> {
        forward(self, Operation::UpdateMetadata)?.update_metadata(user_id, update).await
    }

    /// Gets the user's access tokens at an OAuth provider: one for each account there.
    ///
    /// Endpoint: `GET /users/{user_id}/oauth_access_tokens/{provider}`.
    ///
    /// An expired token is refreshed first, if the provider allows it. Without a limit or an offset the service is not
    /// asked for pages, and returns all tokens.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user, or the provider is not enabled;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the page is not valid, or the token cannot be refreshed.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// directory.add_oauth_access_token(&id, OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.secret")))?;
    ///
    /// let google = OAuthProvider::new("oauth_google")?;
    /// let tokens = directory.get_oauth_access_token(&id, &google, &Page::new()).await?;
    /// assert_eq!(tokens[0].token.expose_secret(), "ya29.secret");
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_oauth_access_token(
        &self,
        user_id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        forward(self, Operation::GetOAuthAccessToken)?.get_oauth_access_token(user_id, provider, page).await
    }

    /// Lists the organizations that the user is a member of.
    ///
    /// Endpoint: `GET /users/{user_id}/organization_memberships`.
    ///
    /// A page has 10 memberships unless it has a limit, and 500 at most.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the page is not valid.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let acme = Organization::new("org_1".parse()?, "Acme");
    /// directory.add_organization_membership(&id, OrganizationMembership::new("orgmem_1".parse()?, acme, "org:admin"))?;
    ///
    /// let memberships = directory.get_organization_memberships(&id, &Page::new()).await?;
    /// assert_eq!(memberships.total_count, 1);
    /// assert_eq!(memberships.data[0].role, "org:admin");
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_organization_memberships(
        &self,
        user_id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        forward(self, Operation::GetOrganizationMemberships)?.get_organization_memberships(user_id, page).await
    }

    /// Lists the organizations that the user is invited to.
    ///
    /// Endpoint: `GET /users/{user_id}/organization_invitations`.
    ///
    /// A page has 10 invitations unless the query has a limit, and 500 at most.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the query is not valid.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let invitation = OrganizationInvitation::new("orginv_1".parse()?, "ada@example.com", "org:member");
    /// directory.add_organization_invitation(&id, invitation)?;
    ///
    /// let pending = InvitationQuery::new().status(InvitationStatus::Pending);
    /// assert_eq!(directory.get_organization_invitations(&id, &pending).await?.total_count, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_organization_invitations(
        &self,
        user_id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        forward(self, Operation::GetOrganizationInvitations)?.get_organization_invitations(user_id, query).await
    }

    /// Checks a password.
    ///
    /// Endpoint: `POST /users/{user_id}/verify_password`.
    ///
    /// **Look at the answer**: a wrong password is `Ok` too. It does not tell you whether the user may sign in: the
    /// password of a banned or locked user can still be correct.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with code
    /// [`NO_PASSWORD_SET`](crate::codes::NO_PASSWORD_SET) if the user has no password. A wrong password is an
    /// answer.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
    /// let id = directory.create(&ada).await?.id;
    ///
    /// let right = directory.verify_password(&id, &Password::new("correct horse battery")).await?;
    /// assert!(right.is_correct());
    /// let wrong = directory.verify_password(&id, &Password::new("incorrect")).await?;
    /// assert_eq!(wrong, PasswordVerification::Incorrect);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn verify_password(&self, user_id: &UserId, password: &Password) -> Result<PasswordVerification> {
        forward(self, Operation::VerifyPassword)?.verify_password(user_id, password).await
    }

    /// Checks a code of the user's authenticator app, or a backup code, which is then consumed.
    ///
    /// Endpoint: `POST /users/{user_id}/verify_totp`.
    ///
    /// **Look at the answer**: a wrong code is `Ok` too. Not idempotent, because a backup code is good for one time.
    /// Codes have 6 digits and change every 30 seconds.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with code [`TOTP_DISABLED`](crate::codes::TOTP_DISABLED) if
    /// the user has no authenticator app. A wrong code is an answer.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new()
    ///     .email_address("ada@example.com")
    ///     .totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    ///     .backup_codes(["one-time-code"]);
    /// let id = directory.create(&ada).await?.id;
    ///
    /// let code = TotpCode::new("one-time-code");
    /// assert_eq!(directory.verify_totp(&id, &code).await?, TotpVerification::BackupCode);
    /// assert_eq!(directory.verify_totp(&id, &code).await?, TotpVerification::Incorrect);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn verify_totp(&self, user_id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        forward(self, Operation::VerifyTotp)?.verify_totp(user_id, code).await
    }

    /// Switches all second factors off: authenticator app, backup codes and phone numbers.
    ///
    /// Endpoint: `DELETE /users/{user_id}/mfa`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
    /// # let id = directory.create(&ada).await?.id;
    /// assert!(directory.get(&id).await?.mfa_state().is_enabled());
    ///
    /// directory.disable_mfa(&id).await?;
    /// assert!(!directory.get(&id).await?.mfa_state().is_enabled());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn disable_mfa(&self, user_id: &UserId) -> Result<UserId> {
        forward(self, Operation::DisableMfa)?.disable_mfa(user_id).await
    }

    /// Takes the authenticator app away. Other second factors stay.
    ///
    /// Endpoint: `DELETE /users/{user_id}/totp`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
    /// # let id = directory.create(&ada).await?.id;
    /// directory.delete_totp(&id).await?;
    /// assert!(!directory.get(&id).await?.totp_enabled);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        forward(self, Operation::DeleteTotp)?.delete_totp(user_id).await
    }

    /// Takes the backup codes away. Other second factors stay.
    ///
    /// Endpoint: `DELETE /users/{user_id}/backup_code`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
    /// # let id = directory.create(&ada).await?.id;
    /// directory.delete_backup_codes(&id).await?;
    /// assert!(!directory.get(&id).await?.backup_code_enabled);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        forward(self, Operation::DeleteBackupCodes)?.delete_backup_codes(user_id).await
    }

    /// Deletes a passkey. The user is told by email.
    ///
    /// Endpoint: `DELETE /users/{user_id}/passkeys/{passkey_identification_id}`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or passkey.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let passkey_id = directory.add_passkey(&id, Passkey::new("Ada's laptop"))?;
    ///
    /// assert!(directory.delete_passkey(&id, &passkey_id).await?.deleted);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        forward(self, Operation::DeletePasskey)?.delete_passkey(user_id, passkey_id).await
    }

    /// Deletes a wallet.
    ///
    /// Endpoint: `DELETE /users/{user_id}/web3_wallets/{web3_wallet_identification_id}`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or wallet.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// let ada = NewUser::new().web3_wallet("0x52908400098527886E0F7030069857D2E4169EE7");
    /// let user = directory.create(&ada).await?;
    /// let wallet_id = user.primary_web3_wallet_id.unwrap();
    ///
    /// assert!(directory.delete_web3_wallet(&user.id, &wallet_id).await?.deleted);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        forward(self, Operation::DeleteWeb3Wallet)?.delete_web3_wallet(user_id, wallet_id).await
    }

    /// Disconnects an account at an OAuth provider.
    ///
    /// Endpoint: `DELETE /users/{user_id}/external_accounts/{external_account_id}`.
    ///
    /// Take the id from [`ExternalAccount::id_to_delete`](crate::ExternalAccount::id_to_delete).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or account.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let account = ExternalAccount::new("eac_1".parse()?, "oauth_google");
    /// directory.add_external_account(&id, account)?;
    ///
    /// let user = directory.get(&id).await?;
    /// directory.delete_external_account(&id, user.external_accounts[0].id_to_delete()).await?;
    /// assert!(directory.get(&id).await?.external_accounts.is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        forward(self, Operation::DeleteExternalAccount)?.delete_external_account(user_id, account_id).await
    }

    /// Replaces the user's metadata. Kinds that are not given are left unchanged.
    ///
    /// Endpoint: `PUT /users/{user_id}/metadata`.
    ///
    /// The service takes 8 KB of each kind of metadata, and 10 changes of one user in 10 seconds.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is more than 8 KB of one kind.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let plan = Metadata::new(&serde_json::json!({ "plan": "pro" }))?;
    /// let user = directory.replace_metadata(&id, &MetadataReplacement::new().public(plan)).await?;
    /// assert_eq!(user.public_metadata.as_json(), r#"{"plan":"pro"}"#);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        forward(self, Operation::ReplaceMetadata)?.replace_metadata(user_id, replacement).await
    }

    /// Bans several users at once.
    ///
    /// Endpoint: `POST /users/ban`.
    ///
    /// 1 to 50 users.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if there are no users or more than 50;
    /// [`NotFound`](crate::ErrorKind::NotFound) if one does not exist;
    /// [`PaymentRequired`](crate::ErrorKind::PaymentRequired) if the plan does not include bans.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// # let grace = directory.create(&NewUser::new().email_address("grace@example.com")).await?.id;
    /// let banned = directory.bulk_ban(&[ada, grace]).await?;
    /// assert!(banned.iter().all(|user| user.banned));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn bulk_ban(&self, user_ids: &[UserId]) -> Result<Vec<User>> {
        forward(self, Operation::BulkBan)?.bulk_ban(user_ids).await
    }

    /// Lifts several bans at once.
    ///
    /// Endpoint: `POST /users/unban`.
    ///
    /// 1 to 50 users.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if there are no users or more than 50;
    /// [`NotFound`](crate::ErrorKind::NotFound) if one does not exist;
    /// [`PaymentRequired`](crate::ErrorKind::PaymentRequired) if the plan does not include bans.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// # let grace = directory.create(&NewUser::new().email_address("grace@example.com")).await?.id;
    /// # directory.bulk_ban(&[ada.clone(), grace.clone()]).await?;
    /// let users = directory.bulk_unban(&[ada, grace]).await?;
    /// assert!(users.iter().all(|user| !user.banned));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn bulk_unban(&self, user_ids: &[UserId]) -> Result<Vec<User>> {
        forward(self, Operation::BulkUnban)?.bulk_unban(user_ids).await
    }

    /// Takes the password away, even if there is no other way to sign in. A user without one stays as is.
    ///
    /// Endpoint: `POST /users/{user_id}/remove_password`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
    /// # let id = directory.create(&ada).await?.id;
    /// let user = directory.remove_password(&id, Sessions::Revoke).await?;
    /// assert!(!user.password_enabled);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn remove_password(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        forward(self, Operation::RemovePassword)?.remove_password(user_id, sessions).await
    }

    /// Marks the password as compromised: it has to be reset at the next sign-in.
    ///
    /// Endpoint: `POST /users/{user_id}/password/set_compromised`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the user has no password;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if passwords are off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
    /// # let id = directory.create(&ada).await?.id;
    /// let user = directory.set_password_compromised(&id, Sessions::Keep).await?;
    /// assert_eq!(user.requires_password_reset, Some(true));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn set_password_compromised(&self, user_id: &UserId, sessions: Sessions) -> Result<User> {
        forward(self, Operation::SetPasswordCompromised)?.set_password_compromised(user_id, sessions).await
    }

    /// Removes the mark of a compromised password.
    ///
    /// Endpoint: `POST /users/{user_id}/password/unset_compromised`.
    ///
    /// A user whose password is quarantined because of a reserved email address has to reset it all the same, and the
    /// answer says so.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the user has no password;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if passwords are off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
    /// # let id = directory.create(&ada).await?.id;
    /// directory.set_password_compromised(&id, Sessions::Keep).await?;
    /// let user = directory.unset_password_compromised(&id).await?;
    /// assert_eq!(user.requires_password_reset, Some(false));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn unset_password_compromised(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::UnsetPasswordCompromised)?.unset_password_compromised(user_id).await
    }

    /// Deletes all email addresses of a user and creates one, the primary one.
    ///
    /// Endpoint: `PUT /users/{user_id}/email_address`.
    ///
    /// An address that is neither verified nor reserved can lock the user out.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user; [`Conflict`](crate::ErrorKind::Conflict)
    /// if another user has the address; [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not well-formed,
    /// or an existing one belongs to a connected account.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let email = directory.replace_email_address(&id, &EmailAddressReplacement::new("ada@example.org")).await?;
    /// assert!(email.is_verified());
    /// assert_eq!(directory.get(&id).await?.primary_email_address_id, email.id);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn replace_email_address(
        &self,
        user_id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        forward(self, Operation::ReplaceEmailAddress)?.replace_email_address(user_id, replacement).await
    }

    /// Deletes all phone numbers of a user and creates one, the primary one.
    ///
    /// Endpoint: `PUT /users/{user_id}/phone_number`.
    ///
    /// The new number is never a second factor. If an old one was, the user's second factors are switched off. A number
    /// that is neither verified nor reserved can lock the user out.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user; [`Conflict`](crate::ErrorKind::Conflict)
    /// if another user has the number; [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not well-formed.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let phone = directory.replace_phone_number(&id, &PhoneNumberReplacement::new("+15550100123")).await?;
    /// assert!(phone.is_verified());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn replace_phone_number(
        &self,
        user_id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        forward(self, Operation::ReplacePhoneNumber)?.replace_phone_number(user_id, replacement).await
    }

    /// Lists the active devices that the user has enrolled.
    ///
    /// Endpoint: `GET /users/{user_id}/trusted_devices`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if the feature is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let phone = TrustedDevice::new("tdv_1".parse()?, DevicePlatform::Ios, "com.example.app");
    /// directory.add_trusted_device(&id, phone)?;
    ///
    /// assert_eq!(directory.list_trusted_devices(&id).await?.total_count, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        forward(self, Operation::ListTrustedDevices)?.list_trusted_devices(user_id).await
    }

    /// Revokes the trust in a device.
    ///
    /// Endpoint: `DELETE /users/{user_id}/trusted_devices/{trusted_device_id}`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or active device;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if the feature is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// # let phone = TrustedDevice::new("tdv_1".parse()?, DevicePlatform::Ios, "com.example.app");
    /// # let device_id = directory.add_trusted_device(&id, phone)?;
    /// let device = directory.revoke_trusted_device(&id, &device_id).await?;
    /// assert_eq!(device.status, DeviceStatus::Revoked);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        forward(self, Operation::RevokeTrustedDevice)?.revoke_trusted_device(user_id, device_id).await
    }

    /// Gets what the user is subscribed to.
    ///
    /// Endpoint: `GET /users/{user_id}/billing/subscription`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or subscription;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if billing is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// directory.set_billing_subscription(&id, Subscription::new("csub_1".parse()?))?;
    ///
    /// let subscription = directory.get_billing_subscription(&id).await?;
    /// assert_eq!(subscription.status, SubscriptionStatus::Active);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        forward(self, Operation::GetBillingSubscription)?.get_billing_subscription(user_id).await
    }

    /// Gets the user's credit.
    ///
    /// Endpoint: `GET /users/{user_id}/billing/credits`.
    ///
    /// Amounts are in cents.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if billing is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// assert_eq!(directory.get_billing_credit_balance(&id).await?.balance, None);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        forward(self, Operation::GetBillingCreditBalance)?.get_billing_credit_balance(user_id).await
    }

    /// Gives credit or takes it, once for each idempotency key.
    ///
    /// Endpoint: `POST /users/{user_id}/billing/credits`.
    ///
    /// Amounts are in cents. The same adjustment with the same key changes nothing, and returns the first entry.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the adjustment is not valid or more is taken than there
    /// is; [`Conflict`](crate::ErrorKind::Conflict) if the key was used for another adjustment;
    /// [`Forbidden`](crate::ErrorKind::Forbidden) if billing is off.
    ///
    /// ```
    /// # use user_directory::{*, billing::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let id = directory.create(&NewUser::new().email_address("ada@example.com")).await?.id;
    /// let refund = CreditAdjustment::increase(1_500, "refund-order-4711");
    /// directory.adjust_billing_credit_balance(&id, &refund).await?;
    /// directory.adjust_billing_credit_balance(&id, &refund).await?;
    ///
    /// let balance = directory.get_billing_credit_balance(&id).await?.balance.unwrap();
    /// assert_eq!(balance.amount, 1_500);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn adjust_billing_credit_balance(
        &self,
        user_id: &UserId,
        adjustment: &CreditAdjustment,
    ) -> Result<CreditLedgerEntry> {
        forward(self, Operation::AdjustBillingCreditBalance)?.adjust_billing_credit_balance(user_id, adjustment).await
    }

    /// Returns the directory that receives the operations this type does not implement. The default is `None`.
    fn forward_to<'a>(&'a self) -> Option<&'a dyn UserDirectory> {
        None
    }
}

/// Returns the directory that a default method calls.
fn forward<D: UserDirectory + ?Sized>(directory: &D, operation: Operation) -> Result<&dyn UserDirectory> {
    directory.forward_to().ok_or_else(|| Error::unsupported(operation))
}
