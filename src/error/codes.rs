//! Error codes for rejected operations, mostly from the Clerk Backend API's error catalog.
//!
//! The list is not exhaustive: [`ErrorDetail::code`](crate::ErrorDetail::code) can return other codes.
//!
//! ```
//! use user_directory::{Error, ErrorDetail, ErrorKind, codes};
//!
//! let error = Error::rejected(ErrorKind::InvalidInput, [ErrorDetail::new(codes::FORM_PASSWORD_PWNED)]);
//! assert!(error.has_code(codes::FORM_PASSWORD_PWNED));
//! ```

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal;)+) => {
        $($(#[$meta])* pub const $name: &str = $code;)+

        #[cfg(all(test, feature = "wire"))]
        pub(crate) const ALL: &[&str] = &[$($name),+];
    };
}

codes! {
    /// The input was rejected before a request was sent.
    ///
    /// Clerk does not use this code.
    INVALID_REQUEST = "invalid_request";

    /// The request is malformed.
    BAD_REQUEST = "bad_request";
    /// The query string is malformed.
    MALFORMED_REQUEST_PARAMETERS = "malformed_request_parameters";
    /// The request body is malformed or does not match the operation.
    REQUEST_BODY_INVALID = "request_body_invalid";
    /// The bulk operation specifies more than 50 users.
    BULK_SIZE_EXCEEDED = "bulk_size_exceeded";
    /// The API version is unknown or was specified twice.
    API_VERSION_INVALID = "api_version_invalid";
    /// The user has no password.
    NO_PASSWORD_SET = "no_password_set";
    /// The user has no authenticator app.
    ///
    /// `StoreUserDirectory` uses this code only if the user also has no backup codes.
    TOTP_DISABLED = "totp_disabled";
    /// The email address cannot be deleted, because it is linked to an external account.
    DELETE_LINKED_IDENTIFICATION_DISALLOWED = "delete_linked_identification_disallowed";
    /// The user's only remaining identifier or external account cannot be deleted.
    IDENTIFICATION_DELETION_FAILED = "identification_deletion_failed";
    /// The user's only remaining identifier of a required kind cannot be deleted.
    LAST_REQUIRED_IDENTIFICATION_DELETION_FAILED = "last_required_identification_deletion_failed";
    /// The user's only remaining identifier cannot be reserved for use as a second factor.
    IDENTIFICATION_UPDATE_FAILED = "identification_update_failed";
    /// The user is already a member of the organization.
    ALREADY_A_MEMBER_IN_ORGANIZATION = "already_a_member_in_organization";
    /// The email address already has a pending invitation to the organization.
    ORGANIZATION_INVITATION_NOT_UNIQUE = "organization_invitation_not_unique";
    /// The OAuth provider is unknown.
    OAUTH_UNSUPPORTED_PROVIDER = "oauth_unsupported_provider";
    /// The currency is not supported.
    CURRENCY_INVALID = "currency_invalid";
    /// The OAuth provider did not refresh the access token.
    OAUTH_TOKEN_RETRIEVAL_ERROR = "oauth_token_retrieval_error";

    /// The secret key is invalid.
    CLERK_KEY_INVALID = "clerk_key_invalid";
    /// The `Authorization` header does not have the form `Bearer …`.
    AUTHORIZATION_HEADER_FORMAT_INVALID = "authorization_header_format_invalid";

    /// The Clerk plan does not include the feature.
    UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES = "unsupported_subscription_plan_features";

    /// The secret key is not allowed to perform this operation.
    AUTHORIZATION_INVALID = "authorization_invalid";
    /// The instance has reached its maximum number of users.
    USER_QUOTA_EXCEEDED = "user_quota_exceeded";
    /// The feature is disabled for this instance.
    FEATURE_NOT_ENABLED = "feature_not_enabled";
    /// Passwords are disabled for this instance.
    PASSWORD_DISABLED = "password_disabled";
    /// Organizations are disabled for this instance.
    ORGANIZATION_NOT_ENABLED_IN_INSTANCE = "organization_not_enabled_in_instance";
    /// Billing is disabled for this instance.
    BILLING_NOT_ENABLED = "billing_not_enabled";

    /// The resource does not exist.
    RESOURCE_NOT_FOUND = "resource_not_found";
    /// The external account does not exist.
    EXTERNAL_ACCOUNT_NOT_FOUND = "external_account_not_found";
    /// The image does not exist.
    IMAGE_NOT_FOUND = "image_not_found";
    /// The user has no subscription.
    SUBSCRIPTION_NOT_FOUND = "subscription_not_found";
    /// The OAuth provider is not enabled.
    OAUTH_TOKEN_PROVIDER_NOT_ENABLED = "oauth_token_provider_not_enabled";

    /// The change conflicts with the state of the resource.
    CONFLICT = "conflict";
    /// Another request is changing the resource.
    RESOURCE_LOCKED = "resource_locked";
    /// The user is managed through SCIM.
    USER_MANAGED_BY_SCIM = "user_managed_by_scim";
    /// The attribute is managed through SCIM.
    ATTRIBUTE_MANAGED_BY_SCIM = "attribute_managed_by_scim";

    /// The image is larger than 10 MiB.
    IMAGE_TOO_LARGE = "image_too_large";
    /// The request body is too large.
    REQUEST_BODY_TOO_LARGE = "request_body_too_large";
    /// The operation does not accept this content type.
    UNSUPPORTED_CONTENT_TYPE = "unsupported_content_type";

    /// Another user already has the identifier or the external id.
    FORM_IDENTIFIER_EXISTS = "form_identifier_exists";
    /// The resource already exists.
    FORM_ALREADY_EXISTS = "form_already_exists";
    /// The format of the parameter is invalid.
    FORM_PARAM_FORMAT_INVALID = "form_param_format_invalid";
    /// The value of the parameter has the wrong JSON type.
    FORM_PARAM_TYPE_INVALID = "form_param_type_invalid";
    /// The value of the parameter is not allowed.
    FORM_PARAM_VALUE_INVALID = "form_param_value_invalid";
    /// The operation does not accept this parameter, or the instance settings disable it.
    FORM_PARAM_UNKNOWN = "form_param_unknown";
    /// The parameter is missing.
    FORM_PARAM_MISSING = "form_param_missing";
    /// The parameter must not be `null`.
    FORM_PARAM_NIL = "form_param_nil";
    /// The parameter is not a time in RFC 3339 format.
    FORM_PARAM_INVALID_TIME = "form_param_invalid_time";
    /// The parameter is not a Unix timestamp in milliseconds.
    FORM_PARAM_INVALID_DATE = "form_param_invalid_date";
    /// The parameter was sent more than once, or its value contains duplicates.
    FORM_PARAM_DUPLICATE = "form_param_duplicate";
    /// The parameter is too large. For example, metadata exceeds 8 KB.
    FORM_PARAM_EXCEEDS_ALLOWED_SIZE = "form_param_exceeds_allowed_size";
    /// The parameter is too long.
    FORM_PARAM_MAX_LENGTH_EXCEEDED = "form_param_max_length_exceeded";
    /// The list has too many items.
    FORM_PARAM_ARRAY_SIZE_EXCEEDED = "form_param_array_size_exceeded";
    /// Two lists that must have the same length have different lengths.
    FORM_PARAM_ARRAY_LENGTH_MISMATCH = "form_param_array_length_mismatch";
    /// The parameter is not allowed in combination with another parameter.
    FORM_CONDITIONAL_PARAM_DISALLOWED = "form_conditional_param_disallowed";
    /// The parameter is missing, but another parameter requires it.
    FORM_CONDITIONAL_PARAM_MISSING = "form_conditional_param_missing";
    /// The parameter refers to a resource that does not exist.
    FORM_RESOURCE_NOT_FOUND = "form_resource_not_found";
    /// The identifier must be verified.
    FORM_VERIFICATION_NEEDED = "form_verification_needed";
    /// A field that the instance requires, such as the password, is missing.
    FORM_DATA_MISSING = "form_data_missing";
    /// The username is too short or too long.
    FORM_USERNAME_INVALID_LENGTH = "form_username_invalid_length";
    /// The username contains a character that is not allowed.
    FORM_USERNAME_INVALID_CHARACTER = "form_username_invalid_character";
    /// The username is a phone number.
    FORM_USERNAME_CANNOT_BE_PHONE_NUMBER = "form_username_cannot_be_phone_number";
    /// The username contains no letters.
    FORM_USERNAME_NEEDS_NON_NUMBER_CHAR = "form_username_needs_non_number_char";
    /// The password is too short.
    FORM_PASSWORD_LENGTH_TOO_SHORT = "form_password_length_too_short";
    /// The password is too long.
    FORM_PASSWORD_LENGTH_TOO_LONG = "form_password_length_too_long";
    /// The password exceeds the maximum size in bytes.
    FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED = "form_password_size_in_bytes_exceeded";
    /// The password is on a list of leaked passwords.
    FORM_PASSWORD_PWNED = "form_password_pwned";
    /// The password contains no uppercase letters.
    FORM_PASSWORD_NO_UPPERCASE = "form_password_no_uppercase";
    /// The password contains no lowercase letters.
    FORM_PASSWORD_NO_LOWERCASE = "form_password_no_lowercase";
    /// The password contains no digits.
    FORM_PASSWORD_NO_NUMBER = "form_password_no_number";
    /// The password contains no special characters.
    FORM_PASSWORD_NO_SPECIAL_CHAR = "form_password_no_special_char";
    /// The password is not strong enough.
    FORM_PASSWORD_NOT_STRONG_ENOUGH = "form_password_not_strong_enough";
    /// The password is equal to one of the user's identifiers.
    FORM_PASSWORD_MATCHES_IDENTIFIER = "form_password_matches_identifier";
    /// The password digest is not valid for its hasher.
    FORM_PASSWORD_DIGEST_INVALID = "form_password_digest_invalid_code";
    /// The password is incorrect.
    ///
    /// [`verify_password`](crate::UserDirectory::verify_password) returns `PasswordVerification::Incorrect` instead of
    /// this error.
    INCORRECT_PASSWORD = "incorrect_password";
    /// The TOTP or backup code is incorrect.
    ///
    /// [`verify_totp`](crate::UserDirectory::verify_totp) returns `TotpVerification::Incorrect` instead of this error.
    TOTP_INCORRECT_CODE = "totp_incorrect_code";
    /// The TOTP code has an invalid length.
    ///
    /// [`verify_totp`](crate::UserDirectory::verify_totp) returns `TotpVerification::Incorrect` instead of this error.
    TOTP_INVALID_LENGTH = "totp_invalid_length";
    /// The TOTP secret is not valid base32.
    INVALID_TOTP_SECRET = "invalid_totp_secret_code";
    /// The action of a credit adjustment is neither `increase` nor `decrease`.
    INVALID_CREDIT_ACTION = "invalid_credit_action";
    /// The amount of a credit adjustment is not positive, or is too large.
    INVALID_CREDIT_AMOUNT = "invalid_credit_amount";
    /// The decrease exceeds the credit balance.
    INSUFFICIENT_CREDIT_BALANCE = "insufficient_credit_balance";
    /// The access token has expired and cannot be refreshed.
    OAUTH_MISSING_REFRESH_TOKEN = "oauth_missing_refresh_token";
    /// The external account has no access token.
    OAUTH_MISSING_ACCESS_TOKEN = "oauth_missing_access_token";

    /// The rate limit was exceeded.
    TOO_MANY_REQUESTS = "too_many_requests";

    /// Clerk failed with an internal error.
    INTERNAL_CLERK_ERROR = "internal_clerk_error";

    /// The directory that `clerk-emulator` serves does not support the operation, field or filter.
    ///
    /// Clerk does not use this code.
    UNSUPPORTED = "unsupported";

    /// Clerk is in maintenance mode.
    MAINTENANCE_MODE = "maintenance_mode";
    /// Clerk is unavailable.
    SERVICE_UNAVAILABLE = "service_unavailable";
}
