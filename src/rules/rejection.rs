//! Creates rejections with the codes and messages of Clerk's error catalog.
//!
//! If an instance setting causes the error, the long message contains the name of the setting.

use std::fmt;

use super::settings::Attribute;
use crate::account::{Identifier, IdentifierKind};
pub(crate) use crate::error::rejection::{
    array_size_exceeded, image_not_found, image_too_large, invalid_param, invalid_params, param, param_detail,
    resource_missing,
};
use crate::error::{Error, ErrorDetail, ErrorKind, codes};
use crate::model::{OAuthProvider, OrganizationId, UserId};

fn rejected(kind: ErrorKind, code: &'static str, message: &'static str, long_message: impl Into<String>) -> Error {
    Error::rejected(kind, [ErrorDetail::new(code).with_message(message).with_long_message(long_message.into())])
}

pub(crate) fn missing(code: &'static str, message: &'static str, long_message: &'static str) -> Error {
    rejected(ErrorKind::NotFound, code, message, long_message)
}

pub(crate) fn invalid(code: &'static str, message: &'static str, long_message: impl Into<String>) -> Error {
    rejected(ErrorKind::InvalidInput, code, message, long_message)
}

pub(crate) fn conflict(reason: &str) -> Error {
    rejected(ErrorKind::Conflict, codes::CONFLICT, "Conflict", format!("Conflict. {reason}"))
}

/// Creates an error detail for an identifier that belongs to another user.
///
/// Its message is not in the catalog.
pub(crate) fn taken(identifier: &Identifier<'_>) -> ErrorDetail {
    let message = match identifier.kind() {
        IdentifierKind::EmailAddress => "That email address is taken. Please try another.",
        IdentifierKind::PhoneNumber => "That phone number is taken. Please try another.",
        IdentifierKind::Web3Wallet => "That web3 wallet is taken. Please try another.",
        IdentifierKind::Username => "That username is taken. Please try another.",
        IdentifierKind::ExternalId => "That external ID is taken. Please try another.",
        IdentifierKind::ProviderUser => "That external account is taken. Please try another.",
    };
    param_detail(codes::FORM_IDENTIFIER_EXISTS, identifier.kind().as_str(), message, message)
}

/// Creates the error for a user who does not exist.
pub(crate) fn no_user(id: &UserId) -> Error {
    Error::rejected(ErrorKind::NotFound, [ErrorDetail::user_not_found(id.as_str())])
}

/// Creates the error for a resource that the user does not have.
pub(crate) fn not_found(resource: &str, id: &str) -> Error {
    let long_message = format!("Resource not found. The user has no {resource} with id {id}.");
    rejected(ErrorKind::NotFound, codes::RESOURCE_NOT_FOUND, "not found", long_message)
}

/// Returns the last sentence of a long message, which contains the setting that caused the error.
pub(super) fn because_of(setting: &str, value: impl fmt::Display) -> String {
    format!(" The instance setting `{setting}` is `{value}`.")
}

/// Creates an error detail for a parameter whose attribute is disabled.
pub(crate) fn attribute_off(param_name: &'static str, attribute: Attribute) -> ErrorDetail {
    let long_message =
        format!("{param_name} is not a valid parameter for this request.{}", because_of(attribute.as_str(), "off"));
    param_detail(codes::FORM_PARAM_UNKNOWN, param_name, "is unknown", long_message)
}

/// Creates an error detail for missing required attributes.
pub(crate) fn data_missing(attributes: &[Attribute]) -> ErrorDetail {
    let names: Vec<_> = attributes.iter().map(|attribute| attribute.as_str()).collect();
    let quoted: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
    let settings: Vec<_> = names.iter().map(|name| because_of(name, "required")).collect();
    let long_message = format!(
        "[{}] data doesn't match user requirements set for this instance.{}",
        quoted.join(" "),
        settings.concat()
    );
    let detail = ErrorDetail::new(codes::FORM_DATA_MISSING).with_message("missing data");
    detail.with_long_message(long_message).with_param_names(names)
}

/// Explains in the detail of a missing password why `skip_password_requirement` has no effect.
pub(crate) fn password_is_only_way(missing: ErrorDetail) -> ErrorDetail {
    let why = "`skip_password_requirement` has no effect, because a password is the only way to sign in: email \
               addresses, phone numbers, wallets and OAuth providers are disabled.";
    let long_message = format!("{} {why}", missing.long_message());
    missing.with_long_message(long_message)
}

/// Creates an error detail for a user without any of these identifiers.
///
/// `enabled` contains the ones that are enabled.
pub(crate) fn identifier_missing(identifiers: &[Attribute], enabled: &[Attribute]) -> ErrorDetail {
    let listed = if enabled.is_empty() { identifiers } else { enabled };
    let names: Vec<_> = listed.iter().map(|attribute| attribute.as_str()).collect();
    let mut long_message = format!("at least one of `{}` must be provided", names.join("`, `"));
    if enabled.is_empty() {
        let settings: Vec<_> = names.iter().map(|name| because_of(name, "off")).collect();
        long_message.push('.');
        long_message.push_str(&settings.concat());
    }
    let detail = ErrorDetail::new(codes::FORM_PARAM_MISSING).with_message("at least one parameter must be provided");
    detail.with_long_message(long_message).with_param_names(names)
}

/// Creates the error for a feature that the plan does not include.
pub(crate) fn payment_required(feature: &'static str, setting: &str) -> Error {
    let long_message = format!(
        "Some features are not supported in your current plan. Upgrade your subscription to unlock them.{}",
        because_of(setting, false)
    );
    let detail = ErrorDetail::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES)
        .with_message("Unsupported plan features")
        .with_long_message(long_message);
    Error::rejected(ErrorKind::PaymentRequired, [detail.with_meta("unsupported_features", [feature])])
}

/// Creates the error for a disabled feature.
pub(crate) fn feature_disabled(setting: &str) -> Error {
    let long_message = format!("This feature is not enabled on this instance.{}", because_of(setting, false));
    rejected(ErrorKind::Forbidden, codes::FEATURE_NOT_ENABLED, "not enabled", long_message)
}

pub(crate) fn billing_disabled() -> Error {
    let long_message = format!(
        "The billing feature for users is not enabled for this instance. You can enable it at \
         https://dashboard.clerk.com.{}",
        because_of("billing", false)
    );
    rejected(ErrorKind::Forbidden, codes::BILLING_NOT_ENABLED, "access denied", long_message)
}

pub(crate) fn organizations_disabled() -> Error {
    let long_message = format!(
        "The organizations feature is not enabled for this instance. You can enable it at \
         https://dashboard.clerk.com.{}",
        because_of("organizations", false)
    );
    rejected(ErrorKind::Forbidden, codes::ORGANIZATION_NOT_ENABLED_IN_INSTANCE, "access denied", long_message)
}

pub(crate) fn passwords_disabled() -> Error {
    let long_message = format!(
        "Password is disabled for this instance. Cannot force a password reset.{}",
        because_of("password", "off")
    );
    rejected(ErrorKind::Forbidden, codes::PASSWORD_DISABLED, "password disabled", long_message)
}

/// Creates the error for removing the user's last identification.
pub(crate) fn last_identification() -> Error {
    let long_message = "You cannot delete your last identification.";
    invalid(codes::IDENTIFICATION_DELETION_FAILED, "Deletion failed", long_message)
}

/// Creates the error for removing the last identification of a required kind.
pub(crate) fn last_required_identification(attribute: Attribute) -> Error {
    let long_message = format!(
        "You are required to maintain at least one {attribute} in your account at all times.{}",
        because_of(attribute.as_str(), "required")
    );
    invalid(codes::LAST_REQUIRED_IDENTIFICATION_DELETION_FAILED, "Deletion failed", long_message)
}

/// Creates the error for reserving the user's last identification as a second factor.
pub(crate) fn last_identification_as_second_factor() -> Error {
    let long_message = "You cannot set your last identification as second factor.";
    invalid(codes::IDENTIFICATION_UPDATE_FAILED, "Update failed", long_message)
}

pub(crate) fn already_a_member(user: &UserId, organization: &OrganizationId) -> Error {
    let long_message = format!("{user} is already a member of the organization. Its id is {organization}.");
    invalid(codes::ALREADY_A_MEMBER_IN_ORGANIZATION, "already a member", long_message)
}

pub(crate) fn invitation_not_unique() -> Error {
    let long_message = "Organizations cannot have duplicate pending invitations for an email address.";
    invalid(codes::ORGANIZATION_INVITATION_NOT_UNIQUE, "organization invitation not unique", long_message)
}

/// Creates the error for an unknown OAuth provider. Its short message is not in the catalog.
pub(crate) fn unsupported_provider(provider: &OAuthProvider) -> Error {
    let long_message =
        format!("{provider} OAuth is not supported. Please contact us if you think this error should not appear.");
    invalid(codes::OAUTH_UNSUPPORTED_PROVIDER, "OAuth provider not supported", long_message)
}

pub(crate) fn provider_disabled() -> Error {
    let long_message = "Single-sign on for this OAuth provider is not enabled in the instance settings. The instance \
                        setting `oauth_providers` does not contain it.";
    let message = "OAuth provider not enabled";
    rejected(ErrorKind::NotFound, codes::OAUTH_TOKEN_PROVIDER_NOT_ENABLED, message, long_message)
}

pub(crate) fn quota_exceeded(max_users: usize) -> Error {
    let long_message =
        format!("You have reached your limit of {max_users} users.{}", because_of("max_users", max_users));
    rejected(ErrorKind::Forbidden, codes::USER_QUOTA_EXCEEDED, "user quota exceeded", long_message)
}

/// Creates the error for deleting a user who is managed by a SCIM directory.
pub(crate) fn managed_by_scim() -> Error {
    let long_message = "This user is managed by a directory and cannot be deleted manually.";
    let message = "user managed by directory sync";
    rejected(ErrorKind::Conflict, codes::USER_MANAGED_BY_SCIM, message, long_message)
}

/// Creates an error detail for changing an attribute that the user's SCIM directory manages.
pub(crate) fn attribute_managed_by_scim(param_name: &'static str) -> ErrorDetail {
    let long_message = format!(
        "This user is managed by a directory, and {param_name} cannot be changed manually. The instance setting \
         `directory_managed` contains it."
    );
    param_detail(codes::USER_MANAGED_BY_SCIM, param_name, "user managed by directory sync", long_message)
}
