//! What each operation reads of a request, asks the directory, and answers.

use axum::body::Body;
use axum::extract::multipart::Multipart;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde::Serialize;

use super::answer::Answer;
use super::bodies;
use super::body::ReadBody;
use super::complete::public_data_of;
use super::query::Query;
use super::refusal;
use super::token::WireToken;
use super::version::ApiVersion;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::in_memory::check_replacement;
use crate::model::{
    MetadataReplacement, OAuthAccessToken, Page, Paginated, PasswordVerification, ProfileImage, TotpVerification, User,
    UserId, UserUpdate,
};
use crate::operation::Operation;

/// A request, as far as operations read it.
pub(super) struct Incoming<'r, 'q> {
    pub(super) version: ApiVersion,
    /// The user that the path names; checked already.
    pub(super) user_id: Option<UserId>,
    /// The thing of the user that the path names last.
    pub(super) part: Option<&'r str>,
    pub(super) query: &'r mut Query<'q>,
    pub(super) headers: &'r HeaderMap,
    pub(super) body: ReadBody,
}

#[derive(Serialize)]
struct Count {
    object: &'static str,
    total_count: u64,
}

#[derive(Serialize)]
struct OfUser<'a> {
    user_id: &'a UserId,
}

#[derive(Serialize)]
struct Verified {
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_type: Option<&'static str>,
}

/// Carries an operation out.
#[expect(clippy::too_many_lines, reason = "an arm for each operation, one as short as the other")]
pub(super) async fn perform(
    directory: &dyn UserDirectory,
    operation: Operation,
    mut from: Incoming<'_, '_>,
) -> Result<Answer> {
    match operation {
        Operation::List => {
            let query = from.query.user_query()?;
            Answer::complete(directory.list(&query).await?)
        }
        Operation::Count => {
            let filter = from.query.user_filter()?;
            Answer::json(&Count { object: "total_count", total_count: directory.count(&filter).await? })
        }
        Operation::Create => {
            let new_user = bodies::new_user(&from.json()?)?;
            Answer::complete(directory.create(&new_user).await?)
        }
        Operation::Get => Answer::complete(directory.get(&from.user()?).await?),
        Operation::Update => {
            let user_id = from.user()?;
            let (update, metadata) = bodies::user_update(&from.json()?, from.version)?;
            check_replacement(&metadata)?;
            Answer::complete(update_with_metadata(directory, &user_id, &update, &metadata).await?)
        }
        Operation::Delete => Answer::json(&directory.delete(&from.user()?).await?),
        Operation::Ban => Answer::complete(directory.ban(&from.user_alone()?).await?),
        Operation::Unban => Answer::complete(directory.unban(&from.user_alone()?).await?),
        Operation::Lock => Answer::complete(directory.lock(&from.user_alone()?).await?),
        Operation::Unlock => Answer::complete(directory.unlock(&from.user_alone()?).await?),
        Operation::SetProfileImage => {
            let user_id = from.user()?;
            let image = from.image().await?;
            Answer::complete(directory.set_profile_image(&user_id, &image).await?)
        }
        Operation::DeleteProfileImage => Answer::complete(directory.delete_profile_image(&from.user()?).await?),
        Operation::UpdateMetadata => {
            let user_id = from.user()?;
            let update = bodies::metadata_update(&from.json()?)?;
            Answer::complete(directory.update_metadata(&user_id, &update).await?)
        }
        Operation::ReplaceMetadata => {
            let user_id = from.user()?;
            let replacement = bodies::metadata_replacement(&from.json()?)?;
            Answer::complete(directory.replace_metadata(&user_id, &replacement).await?)
        }
        Operation::GetOAuthAccessToken => oauth_access_tokens(directory, from).await,
        Operation::GetOrganizationMemberships => {
            let user_id = from.user()?;
            let page = from.query.page()?;
            let mut memberships = directory.get_organization_memberships(&user_id, &page).await?;
            if memberships.data.iter().any(|membership| membership.public_user_data.is_none()) {
                let data = public_data_of(&directory.get(&user_id).await?);
                for membership in &mut memberships.data {
                    membership.public_user_data.get_or_insert_with(|| data.clone());
                }
            }
            Answer::complete_page(memberships)
        }
        Operation::GetOrganizationInvitations => {
            let user_id = from.user()?;
            let query = from.query.invitations()?;
            Answer::complete_page(directory.get_organization_invitations(&user_id, &query).await?)
        }
        Operation::VerifyPassword => {
            let user_id = from.user()?;
            let password = bodies::verify_password(&from.json()?)?;
            match directory.verify_password(&user_id, &password).await? {
                PasswordVerification::Correct => Answer::json(&Verified { verified: true, code_type: None }),
                PasswordVerification::Incorrect => Err(refusal::incorrect_password()),
            }
        }
        Operation::VerifyTotp => {
            let user_id = from.user()?;
            let code = bodies::verify_totp(&from.json()?)?;
            let code_type = match directory.verify_totp(&user_id, &code).await? {
                TotpVerification::Totp => Some("totp"),
                TotpVerification::BackupCode => Some("backup_code"),
                TotpVerification::OtherCode => None,
                TotpVerification::Incorrect => return Err(refusal::incorrect_code()),
            };
            Answer::json(&Verified { verified: true, code_type })
        }
        Operation::DisableMfa => Answer::json(&OfUser { user_id: &directory.disable_mfa(&from.user()?).await? }),
        Operation::DeleteTotp => Answer::json(&OfUser { user_id: &directory.delete_totp(&from.user()?).await? }),
        Operation::DeleteBackupCodes => {
            Answer::json(&OfUser { user_id: &directory.delete_backup_codes(&from.user()?).await? })
        }
        Operation::DeletePasskey => Answer::json(&directory.delete_passkey(&from.user()?, &from.part()?).await?),
        Operation::DeleteWeb3Wallet => Answer::json(&directory.delete_web3_wallet(&from.user()?, &from.part()?).await?),
        Operation::DeleteExternalAccount => {
            Answer::json(&directory.delete_external_account(&from.user()?, &from.part()?).await?)
        }
        Operation::BulkBan => {
            let user_ids = bodies::user_ids(&from.json()?)?;
            Answer::complete(directory.bulk_ban(&user_ids).await?)
        }
        Operation::BulkUnban => {
            let user_ids = bodies::user_ids(&from.json()?)?;
            Answer::complete(directory.bulk_unban(&user_ids).await?)
        }
        Operation::RemovePassword => {
            let user_id = from.user()?;
            let sessions = bodies::remove_password(&from.json()?)?;
            Answer::complete(directory.remove_password(&user_id, sessions).await?)
        }
        Operation::SetPasswordCompromised => {
            let user_id = from.user()?;
            let sessions = bodies::set_password_compromised(&from.json()?)?;
            Answer::complete(directory.set_password_compromised(&user_id, sessions).await?)
        }
        Operation::UnsetPasswordCompromised => {
            Answer::complete(directory.unset_password_compromised(&from.user_alone()?).await?)
        }
        Operation::ReplaceEmailAddress => {
            let user_id = from.user()?;
            let replacement = bodies::email_address_replacement(&from.json()?)?;
            Answer::complete(directory.replace_email_address(&user_id, &replacement).await?)
        }
        Operation::ReplacePhoneNumber => {
            let user_id = from.user()?;
            let replacement = bodies::phone_number_replacement(&from.json()?)?;
            Answer::complete(directory.replace_phone_number(&user_id, &replacement).await?)
        }
        Operation::ListTrustedDevices => Answer::complete_page(directory.list_trusted_devices(&from.user()?).await?),
        Operation::RevokeTrustedDevice => {
            Answer::complete(directory.revoke_trusted_device(&from.user()?, &from.part()?).await?)
        }
        Operation::GetBillingSubscription => Answer::complete(directory.get_billing_subscription(&from.user()?).await?),
        Operation::GetBillingCreditBalance => Answer::json(&directory.get_billing_credit_balance(&from.user()?).await?),
        Operation::AdjustBillingCreditBalance => {
            let user_id = from.user()?;
            let adjustment = bodies::credit_adjustment(&from.json()?)?;
            Answer::json(&directory.adjust_billing_credit_balance(&user_id, &adjustment).await?)
        }
    }
}

/// An update of a version of the API that takes metadata along: the port has two operations for that.
///
/// The metadata comes second. It is checked before, so only the user's deletion in between can keep it from being
/// replaced.
async fn update_with_metadata(
    directory: &dyn UserDirectory,
    user_id: &UserId,
    update: &UserUpdate,
    metadata: &MetadataReplacement,
) -> Result<User> {
    if *metadata == MetadataReplacement::new() {
        return directory.update(user_id, update).await;
    }
    if *update != UserUpdate::new() {
        directory.update(user_id, update).await?;
    }
    directory.replace_metadata(user_id, metadata).await
}

/// A bare list, or a page if one is asked for.
async fn oauth_access_tokens(directory: &dyn UserDirectory, mut from: Incoming<'_, '_>) -> Result<Answer> {
    let (user_id, provider) = (from.user()?, from.part()?);
    let page = from.query.page()?;
    page.validate()?;
    if !from.query.flag("paginated")? {
        let tokens = directory.get_oauth_access_token(&user_id, &provider, &page).await?;
        return Answer::json(&tokens.iter().map(WireToken::new).collect::<Vec<_>>());
    }
    // How many there are in all is only known from all of them.
    let tokens: Vec<OAuthAccessToken> = directory.get_oauth_access_token(&user_id, &provider, &Page::new()).await?;
    let (offset, limit) = page.bounds();
    let data: Vec<_> = tokens.iter().skip(offset).take(limit).map(WireToken::new).collect();
    Answer::json(&Paginated::new(data, tokens.len() as u64))
}

impl Incoming<'_, '_> {
    /// The user that the path names.
    fn user(&mut self) -> Result<UserId> {
        self.user_id.take().ok_or_else(|| refusal::not_found("There is no such user."))
    }

    /// The user that the path names, for an operation that takes nothing else.
    fn user_alone(&mut self) -> Result<UserId> {
        bodies::nothing(&self.json()?)?;
        self.user()
    }

    /// The thing of the user that the path names. What cannot be an id is nothing's.
    fn part<T: for<'a> TryFrom<&'a str>>(&self) -> Result<T> {
        let part = self.part.and_then(|part| T::try_from(part).ok());
        part.ok_or_else(|| refusal::not_found("There is no such thing of the user."))
    }

    /// The body, if it is one of JSON. No body at all is as good as one without fields.
    fn json(&mut self) -> Result<Bytes> {
        let body = match std::mem::replace(&mut self.body, ReadBody::BrokenOff) {
            ReadBody::Whole(body) if body.len() <= refusal::MAX_BODY => body,
            ReadBody::Whole(_) | ReadBody::TooLarge => return Err(refusal::body_too_large()),
            ReadBody::BrokenOff => return Err(refusal::body_invalid("The body breaks off.")),
        };
        if !body.is_empty() && !is_of_type(self.headers, "application/json") {
            return Err(refusal::unsupported_content_type("application/json"));
        }
        Ok(body)
    }

    /// The part named `file` of an upload.
    async fn image(&mut self) -> Result<ProfileImage> {
        let expected = "multipart/form-data";
        if !is_of_type(self.headers, expected) {
            return Err(refusal::unsupported_content_type(expected));
        }
        let body = match std::mem::replace(&mut self.body, ReadBody::BrokenOff) {
            ReadBody::Whole(body) => body,
            ReadBody::TooLarge => return Err(refusal::image_too_large()),
            ReadBody::BrokenOff => return Err(refusal::body_invalid("The upload breaks off.")),
        };
        let mut request = Request::new(Body::from(body));
        request.headers_mut().clone_from(self.headers);
        // What there is has been limited already.
        DefaultBodyLimit::disable().apply(&mut request);
        let upload = Multipart::from_request(request, &()).await;
        let mut upload = upload.map_err(|_| refusal::body_invalid("The upload has no boundary."))?;
        let broken = |_| refusal::body_invalid("The upload cannot be read.");
        while let Some(field) = upload.next_field().await.map_err(broken)? {
            if field.name() != Some("file") {
                continue;
            }
            let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let data = field.bytes().await.map_err(broken)?;
            if data.len() > refusal::MAX_BODY {
                return Err(refusal::image_too_large());
            }
            let image = ProfileImage::new(Vec::from(data), content_type);
            return Ok(match file_name {
                Some(file_name) => image.named(file_name),
                None => image,
            });
        }
        Err(refusal::image_missing())
    }
}

/// Whether a body has this media type, whatever its parameters.
fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}
