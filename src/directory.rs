//! The [`UserDirectory`] trait.

use std::fmt::Debug;

use async_trait::async_trait;
use auto_impl::auto_impl;

use crate::error::{Error, Result};
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccountId, InvitationQuery, MetadataReplacement,
    MetadataUpdate, NewUser, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership, Page,
    Paginated, PasskeyId, Password, PasswordVerification, PhoneNumber, PhoneNumberReplacement, ProfileImage, Sessions,
    TotpCode, TotpVerification, TrustedDevice, TrustedDeviceId, User, UserFilter, UserId, UserIdBatch, UserQuery,
    UserUpdate, Web3WalletId,
};
use crate::operation::Operation;

#[doc = include_str!("directory/contract.md")]
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
#[auto_impl(Arc, Box)]
pub trait UserDirectory: Debug + Send + Sync + 'static {
    /// Lists the users that match `query`, newest first by default.
    ///
    /// Endpoint: `GET /users`.
    ///
    /// The default page size is 10 users, and the maximum is 500. A page with fewer users than the page size is the
    /// last page.
    ///
    /// The cursor ([`starting_after`](UserQuery::starting_after)) must be the id of an existing user, but that user
    /// does not have to match the filter. If the user has been deleted, restart from the first page or from an earlier
    /// cursor. [`UserDirectoryExt::stream`](crate::UserDirectoryExt::stream) handles deletions that occur during
    /// iteration.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The query is invalid.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code
    ///   [`FORM_RESOURCE_NOT_FOUND`](crate::codes::FORM_RESOURCE_NOT_FOUND): The cursor is not the id of an existing
    ///   user.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    /// directory.create(&NewUser::new().email_address("grace@example.com").skip_password_requirement(true)).await?;
    ///
    /// let query = UserQuery::new().filter(UserFilter::new().query("ada")).limit(100);
    /// let users = directory.list(&query).await?;
    /// assert_eq!(users.len(), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        forward(self, Operation::List)?.list(query).await
    }

    /// Counts the users that match `filter`.
    ///
    /// Endpoint: `GET /users/count`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the filter is invalid.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
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
    /// This operation is not idempotent. If a call fails and its [outcome is
    /// unknown](crate::Error::is_outcome_unknown), look up the user by external id or identifier before you retry. For
    /// users with an external id, [`UserDirectoryExt::ensure`](crate::UserDirectoryExt::ensure) performs the lookup.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict), in the following cases:
    ///   - An email address or phone number is already verified or reserved for another user.
    ///   - Another user has the same username, wallet or external id.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput), in the following cases:
    ///   - A field is malformed, violates its [limit](#limits), contains duplicates, or is disabled in the instance
    ///     settings.
    ///   - A required field is missing.
    ///   - The password violates the password policy.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden), in the following cases:
    ///   - The instance has reached its maximum number of users.
    ///   - `locked` is `true`, and locking users is disabled in the instance settings.
    /// - [`PaymentRequired`](crate::ErrorKind::PaymentRequired): `banned` is `true`, and the Clerk plan does not
    ///   include bans.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
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

    /// Returns the user with the given id.
    ///
    /// Endpoint: `GET /users/{user_id}`.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.get(&id).await?;
    /// assert_eq!(user.id, id);
    ///
    /// let unknown = UserId::new("user_unknown")?;
    /// assert!(directory.get(&unknown).await.unwrap_err().is_not_found());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Get)?.get(user_id).await
    }

    /// Updates a user. Fields that are neither set nor cleared in `update` keep their values.
    ///
    /// Endpoint: `PATCH /users/{user_id}`.
    ///
    /// To change metadata, use [`update_metadata`](Self::update_metadata) or
    /// [`replace_metadata`](Self::replace_metadata).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user or the image specified by `profile_image_id` does not
    ///   exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict): Another user has the same username or external id, or a SCIM
    ///   directory manages a field that the update changes.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput), in the following cases:
    ///   - [`UserUpdate::validate`] rejects the update.
    ///   - A field is malformed, violates its [limit](#limits), or is disabled in the instance settings.
    ///   - A new primary identifier does not belong to the user or is not verified.
    ///   - The password violates the password policy.
    ///   - The update removes a required field.
    ///   - The update removes the username of a user who has no other identifier and no external, SAML or enterprise
    ///     account.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.update(&id, &UserUpdate::new().first_name("Ada").locale("en-GB")).await?;
    /// assert_eq!(user.first_name.as_deref(), Some("Ada"));
    ///
    /// let user = directory.update(&id, &UserUpdate::new().clear_first_name()).await?;
    /// assert_eq!(user.first_name, None);
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
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict): A SCIM directory manages the user. `SqlUserDirectory`
    ///   (`user-directory-sql` crate) also returns this error if a foreign key in an application table references the
    ///   user.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let deleted = directory.delete(&id).await?;
    /// assert!(deleted.deleted);
    /// assert!(directory.get(&id).await.unwrap_err().is_not_found());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        forward(self, Operation::Delete)?.delete(user_id).await
    }

    /// Bans a user. A ban revokes all sessions, prevents sign-ins, and does not expire.
    ///
    /// Endpoint: `POST /users/{user_id}/ban`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`PaymentRequired`](crate::ErrorKind::PaymentRequired): The Clerk plan does not include bans.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// assert!(directory.ban(&id).await?.banned);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn ban(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Ban)?.ban(user_id).await
    }

    /// Unbans a user.
    ///
    /// Endpoint: `POST /users/{user_id}/unban`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`PaymentRequired`](crate::ErrorKind::PaymentRequired): The Clerk plan does not include bans.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// directory.ban(&id).await?;
    /// assert!(!directory.unban(&id).await?.banned);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn unban(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Unban)?.unban(user_id).await
    }

    /// Locks a user. A lock prevents sign-ins until it expires or is removed.
    ///
    /// Endpoint: `POST /users/{user_id}/lock`.
    ///
    /// The instance settings determine the duration of the lock, which can be unlimited.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Locking users is disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.lock(&id).await?;
    /// assert!(user.locked);
    /// assert_eq!(user.lockout_expires_in_seconds, Some(3600));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn lock(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Lock)?.lock(user_id).await
    }

    /// Unlocks a user.
    ///
    /// Endpoint: `POST /users/{user_id}/unlock`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Locking users is disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// directory.lock(&id).await?;
    /// assert!(!directory.unlock(&id).await?.locked);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn unlock(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::Unlock)?.unlock(user_id).await
    }

    /// Sets the user's profile image.
    ///
    /// Endpoint: `POST /users/{user_id}/profile_image`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The data is not an image or is larger than 10 MiB, or
    ///   [`ProfileImage::validate`] rejects the content type or the file name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// # let png = b"\x89PNG\r\n\x1a\n".to_vec();
    /// let user = directory.set_profile_image(&id, &ProfileImage::new(png, "image/png")).await?;
    /// assert!(user.has_image);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn set_profile_image(&self, user_id: &UserId, image: &ProfileImage) -> Result<User> {
        forward(self, Operation::SetProfileImage)?.set_profile_image(user_id, image).await
    }

    /// Deletes the user's profile image.
    ///
    /// Endpoint: `DELETE /users/{user_id}/profile_image`.
    ///
    /// If the user has no profile image, the call succeeds.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let user = directory.delete_profile_image(&id).await?;
    /// assert!(!user.has_image);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_profile_image(&self, user_id: &UserId) -> Result<User> {
        forward(self, Operation::DeleteProfileImage)?.delete_profile_image(user_id).await
    }

    /// Deep-merges `update` into the user's metadata. A `null` value removes its key at any depth.
    ///
    /// Endpoint: `PATCH /users/{user_id}/metadata`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The public, private or unsafe metadata exceeds 8 KB, either
    ///   in `update` or after the merge.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
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

    /// Returns the user's access tokens for an OAuth provider, one for each external account.
    ///
    /// Endpoint: `GET /users/{user_id}/oauth_access_tokens/{provider}`.
    ///
    /// Clerk refreshes an expired token if a refresh token is available.
    ///
    /// If `page` has neither a limit nor an offset, all tokens are returned.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist or the provider is not enabled.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): `page` is invalid, the provider is unknown, an external
    ///   account has no token, or an expired token cannot be refreshed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let token = OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.secret"));
    /// directory.add_oauth_access_token(&id, token).await?;
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

    /// Lists the user's organization memberships, newest first.
    ///
    /// Endpoint: `GET /users/{user_id}/organization_memberships`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): `page` is invalid.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Organizations are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let acme = Organization::new("org_1".parse()?, "Acme");
    /// let membership = OrganizationMembership::new("orgmem_1".parse()?, acme, "org:admin");
    /// directory.add_organization_membership(&id, membership).await?;
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

    /// Lists the user's organization invitations, newest first.
    ///
    /// Endpoint: `GET /users/{user_id}/organization_invitations`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The query is invalid.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Organizations are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let invitation = OrganizationInvitation::new("orginv_1".parse()?, "ada@example.com", "org:member");
    /// directory.add_organization_invitation(&id, invitation).await?;
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

    /// Checks whether `password` is the user's password.
    ///
    /// Endpoint: `POST /users/{user_id}/verify_password`.
    ///
    /// **Check the result:** the call succeeds even if the password is incorrect.
    ///
    /// A correct password does not mean that the user can sign in: the user might be banned or locked.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code
    ///   [`NO_PASSWORD_SET`](crate::codes::NO_PASSWORD_SET): The user has no password.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
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

    /// Verifies a code from the user's authenticator app, or verifies and consumes a backup code.
    ///
    /// Endpoint: `POST /users/{user_id}/verify_totp`.
    ///
    /// **Check the result:** the call succeeds even if the code is incorrect.
    ///
    /// This operation is not idempotent, because each backup code can be used only once.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) with the code [`TOTP_DISABLED`](crate::codes::TOTP_DISABLED):
    ///   The user has neither an authenticator app nor backup codes. Clerk may also return this error for a user who
    ///   has only backup codes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
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

    /// Disables all of the user's second factors, and returns the user's id.
    ///
    /// Endpoint: `DELETE /users/{user_id}/mfa`.
    ///
    /// The authenticator app and the backup codes are removed. Phone numbers are kept, but are no longer second
    /// factors.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = ada.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
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

    /// Removes the user's authenticator app, and returns the user's id.
    ///
    /// Endpoint: `DELETE /users/{user_id}/totp`.
    ///
    /// Other second factors are kept.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = ada.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
    /// # let id = directory.create(&ada).await?.id;
    /// directory.delete_totp(&id).await?;
    /// assert!(!directory.get(&id).await?.totp_enabled);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_totp(&self, user_id: &UserId) -> Result<UserId> {
        forward(self, Operation::DeleteTotp)?.delete_totp(user_id).await
    }

    /// Deletes the user's backup codes, and returns the user's id.
    ///
    /// Endpoint: `DELETE /users/{user_id}/backup_code`.
    ///
    /// Other second factors are kept.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = ada.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["code"]);
    /// # let id = directory.create(&ada).await?.id;
    /// directory.delete_backup_codes(&id).await?;
    /// assert!(!directory.get(&id).await?.backup_code_enabled);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_backup_codes(&self, user_id: &UserId) -> Result<UserId> {
        forward(self, Operation::DeleteBackupCodes)?.delete_backup_codes(user_id).await
    }

    /// Deletes a passkey. Clerk notifies the user by email.
    ///
    /// Endpoint: `DELETE /users/{user_id}/passkeys/{passkey_identification_id}`.
    ///
    /// # Errors
    ///
    /// Returns [`NotFound`](crate::ErrorKind::NotFound) if the user or the passkey does not exist.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let passkey_id = directory.add_passkey(&id, Passkey::new("Ada's laptop")).await?;
    ///
    /// assert!(directory.delete_passkey(&id, &passkey_id).await?.deleted);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_passkey(&self, user_id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        forward(self, Operation::DeletePasskey)?.delete_passkey(user_id, passkey_id).await
    }

    /// Deletes a Web3 wallet.
    ///
    /// Endpoint: `DELETE /users/{user_id}/web3_wallets/{web3_wallet_identification_id}`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user or the wallet does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput), in the following cases:
    ///   - The user has no other identifier and no external, SAML or enterprise account.
    ///   - The instance settings require a wallet, and the user has no other wallet.
    /// - [`Conflict`](crate::ErrorKind::Conflict): A SCIM directory manages the user's wallets.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// let ada = NewUser::new().web3_wallet("0x52908400098527886E0F7030069857D2E4169EE7");
    /// let user = directory.create(&ada.username("ada_lovelace")).await?;
    /// let wallet_id = user.primary_web3_wallet_id.unwrap();
    ///
    /// assert!(directory.delete_web3_wallet(&user.id, &wallet_id).await?.deleted);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_web3_wallet(&self, user_id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        forward(self, Operation::DeleteWeb3Wallet)?.delete_web3_wallet(user_id, wallet_id).await
    }

    /// Deletes an external account, such as a connected Google account.
    ///
    /// Endpoint: `DELETE /users/{user_id}/external_accounts/{external_account_id}`.
    ///
    /// Pass the id that [`ExternalAccount::id_to_delete`](crate::model::ExternalAccount::id_to_delete) returns.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user or the account does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The user has no identifier and no other external, SAML or
    ///   enterprise account.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let account = ExternalAccount::new("eac_1".parse()?, "oauth_google");
    /// directory.add_external_account(&id, account).await?;
    ///
    /// let user = directory.get(&id).await?;
    /// directory.delete_external_account(&id, user.external_accounts[0].id_to_delete()).await?;
    /// assert!(directory.get(&id).await?.external_accounts.is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn delete_external_account(&self, user_id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        forward(self, Operation::DeleteExternalAccount)?.delete_external_account(user_id, account_id).await
    }

    /// Replaces the user's public, private or unsafe metadata.
    ///
    /// Endpoint: `PUT /users/{user_id}/metadata`.
    ///
    /// Metadata that is not set in `replacement` is kept.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The public, private or unsafe metadata exceeds 8 KB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let plan = Metadata::new(&serde_json::json!({ "plan": "pro" }))?;
    /// let user = directory.replace_metadata(&id, &MetadataReplacement::new().public(plan)).await?;
    /// assert_eq!(user.public_metadata.as_json(), r#"{"plan":"pro"}"#);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn replace_metadata(&self, user_id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        forward(self, Operation::ReplaceMetadata)?.replace_metadata(user_id, replacement).await
    }

    /// Bans 1 to 50 users.
    ///
    /// Endpoint: `POST /users/ban`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): At least one of the users does not exist.
    /// - [`PaymentRequired`](crate::ErrorKind::PaymentRequired): The Clerk plan does not include bans.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = directory.create(&new_user).await?.id;
    /// # let new_user = NewUser::new().email_address("grace@example.com").skip_password_requirement(true);
    /// # let grace = directory.create(&new_user).await?.id;
    /// let banned = directory.bulk_ban(&UserIdBatch::new([ada, grace])?).await?;
    /// assert!(banned.iter().all(|user| user.banned));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn bulk_ban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        forward(self, Operation::BulkBan)?.bulk_ban(user_ids).await
    }

    /// Unbans 1 to 50 users.
    ///
    /// Endpoint: `POST /users/unban`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): At least one of the users does not exist.
    /// - [`PaymentRequired`](crate::ErrorKind::PaymentRequired): The Clerk plan does not include bans.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let ada = directory.create(&new_user).await?.id;
    /// # let new_user = NewUser::new().email_address("grace@example.com").skip_password_requirement(true);
    /// # let grace = directory.create(&new_user).await?.id;
    /// let both = UserIdBatch::new([ada, grace])?;
    /// directory.bulk_ban(&both).await?;
    /// let users = directory.bulk_unban(&both).await?;
    /// assert!(users.iter().all(|user| !user.banned));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn bulk_unban(&self, user_ids: &UserIdBatch) -> Result<Vec<User>> {
        forward(self, Operation::BulkUnban)?.bulk_unban(user_ids).await
    }

    /// Removes the user's password. [`Sessions::Revoke`] also revokes all of the user's sessions.
    ///
    /// Endpoint: `POST /users/{user_id}/remove_password`.
    ///
    /// The password is removed even if the user cannot sign in without it. If the user has no password, the call
    /// succeeds and the user is unchanged.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict): A SCIM directory manages the user's password.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
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

    /// Marks the user's password as compromised, so that the user must reset it at the next sign-in.
    ///
    /// Endpoint: `POST /users/{user_id}/password/set_compromised`.
    ///
    /// [`Sessions::Revoke`] also revokes all of the user's sessions.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The user has no password.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Passwords are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
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

    /// Marks the user's password as no longer compromised.
    ///
    /// Endpoint: `POST /users/{user_id}/password/unset_compromised`.
    ///
    /// Clerk can quarantine the password of a user with a [reserved](crate::model::IdentifierStatus::Reserved) email
    /// address. This operation does not lift the quarantine: the user must still reset the password, and
    /// [`User::requires_password_reset`] is `true` in the returned user.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The user has no password.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Passwords are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
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

    /// Replaces all of the user's email addresses with a new primary email address.
    ///
    /// Endpoint: `PUT /users/{user_id}/email_address`.
    ///
    /// The new address is marked as verified unless the replacement sets another
    /// [status](crate::model::IdentifierStatus). The user cannot sign in with an
    /// [`Unverified`](crate::model::IdentifierStatus::Unverified) address.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict), in the following cases:
    ///   - A SCIM directory manages the user's email addresses.
    ///   - The new address is already verified or reserved for another user, and the replacement does not set the
    ///     status [`Unverified`](crate::model::IdentifierStatus::Unverified).
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The new address is malformed, an old address is linked to
    ///   an external account, or email addresses are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
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

    /// Replaces all of the user's phone numbers with a new primary phone number.
    ///
    /// Endpoint: `PUT /users/{user_id}/phone_number`.
    ///
    /// The new number is marked as verified unless the replacement sets another
    /// [status](crate::model::IdentifierStatus). The user cannot sign in with an
    /// [`Unverified`](crate::model::IdentifierStatus::Unverified) number.
    ///
    /// The new number is not a second factor. If an old number was a second factor, all of the user's second factors
    /// are disabled.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict), in the following cases:
    ///   - A SCIM directory manages the user's phone numbers.
    ///   - The new number is already verified or reserved for another user, and the replacement does not set the
    ///     status [`Unverified`](crate::model::IdentifierStatus::Unverified).
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The new number is malformed, or phone numbers are disabled
    ///   in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
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

    /// Lists the user's active trusted devices.
    ///
    /// Endpoint: `GET /users/{user_id}/trusted_devices`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Trusted devices are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// let phone = TrustedDevice::new("tdv_1".parse()?, DevicePlatform::Ios, "com.example.app");
    /// directory.add_trusted_device(&id, phone).await?;
    ///
    /// assert_eq!(directory.list_trusted_devices(&id).await?.total_count, 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn list_trusted_devices(&self, user_id: &UserId) -> Result<Paginated<TrustedDevice>> {
        forward(self, Operation::ListTrustedDevices)?.list_trusted_devices(user_id).await
    }

    /// Revokes a trusted device.
    ///
    /// Endpoint: `DELETE /users/{user_id}/trusted_devices/{trusted_device_id}`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist or has no active device with this id.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Trusted devices are disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::new();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// # let phone = TrustedDevice::new("tdv_1".parse()?, DevicePlatform::Ios, "com.example.app");
    /// # let device_id = directory.add_trusted_device(&id, phone).await?;
    /// let device = directory.revoke_trusted_device(&id, &device_id).await?;
    /// assert_eq!(device.status, DeviceStatus::Revoked);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn revoke_trusted_device(&self, user_id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        forward(self, Operation::RevokeTrustedDevice)?.revoke_trusted_device(user_id, device_id).await
    }

    /// Returns the user's billing subscription.
    ///
    /// Endpoint: `GET /users/{user_id}/billing/subscription`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist or has no subscription.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Billing is disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// directory.set_billing_subscription(&id, Subscription::new("csub_1".parse()?)).await?;
    ///
    /// let subscription = directory.get_billing_subscription(&id).await?;
    /// assert_eq!(subscription.status, SubscriptionStatus::Active);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_billing_subscription(&self, user_id: &UserId) -> Result<Subscription> {
        forward(self, Operation::GetBillingSubscription)?.get_billing_subscription(user_id).await
    }

    /// Returns the user's credit balance.
    ///
    /// Endpoint: `GET /users/{user_id}/billing/credits`.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Billing is disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
    /// assert_eq!(directory.get_billing_credit_balance(&id).await?.balance, None);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    async fn get_billing_credit_balance(&self, user_id: &UserId) -> Result<CreditBalance> {
        forward(self, Operation::GetBillingCreditBalance)?.get_billing_credit_balance(user_id).await
    }

    /// Increases or decreases the user's credit balance, at most once per idempotency key.
    ///
    /// Endpoint: `POST /users/{user_id}/billing/credits`.
    ///
    /// Repeating a call with the same key and adjustment changes nothing, and returns the ledger entry from the
    /// first call.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound): The user does not exist.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput): The adjustment is invalid, the currency is not supported, a
    ///   decrease exceeds the balance, or an increase would overflow it.
    /// - [`Conflict`](crate::ErrorKind::Conflict): The idempotency key was already used for a different adjustment.
    /// - [`Forbidden`](crate::ErrorKind::Forbidden): Billing is disabled in the instance settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use user_directory::{*, billing::*, model::*};
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::permissive();
    /// # let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// # let id = directory.create(&new_user).await?.id;
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

    /// Returns the directory that unimplemented operations are forwarded to, if any.
    ///
    /// This is the only method of the trait that is not an operation. Applications should not call it.
    ///
    /// - A [wrapper](#writing-a-wrapper) returns a reference to the wrapped directory.
    /// - An [adapter](#writing-an-adapter) does not override this method. The default implementation returns `None`,
    ///   so unimplemented operations fail with [`Unsupported`](crate::ErrorKind::Unsupported).
    ///
    /// Implementations can elide the lifetimes:
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserFilter};
    ///
    /// #[derive(Debug)]
    /// struct Wrapper<D>(D);
    ///
    /// impl<D: UserDirectory> UserDirectory for Wrapper<D> {
    ///     fn forward_to(&self) -> Option<&dyn UserDirectory> {
    ///         Some(&self.0)
    ///     }
    /// }
    ///
    /// # tokio_test::block_on(async {
    /// assert_eq!(Wrapper(InMemoryUserDirectory::new()).count(&UserFilter::new()).await?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[allow(clippy::needless_lifetimes, reason = "`mockall::automock` does not accept elided lifetimes")]
    fn forward_to<'a>(&'a self) -> Option<&'a dyn UserDirectory> {
        None
    }
}

/// Returns the directory to which a default method forwards, or an `Unsupported` error.
fn forward<D: UserDirectory + ?Sized>(directory: &D, operation: Operation) -> Result<&dyn UserDirectory> {
    directory.forward_to().ok_or_else(|| Error::unsupported(operation))
}
