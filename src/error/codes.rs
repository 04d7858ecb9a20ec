//! Codes of rejections, from the error catalog of Clerk's Backend API.
//!
//! The list is not complete. A code that is not listed here is kept as it is.
//!
//! ```
//! use user_directory::{Error, ErrorDetail, ErrorKind, codes};
//!
//! let error = Error::rejected(ErrorKind::InvalidInput, [ErrorDetail::new(codes::FORM_PASSWORD_PWNED)]);
//! if error.has_code(codes::FORM_PASSWORD_PWNED) {
//!     println!("choose another password");
//! }
//! ```

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal;)+) => {
        $($(#[$meta])* #[doc = concat!("\n\nThe text is `", $code, "`.")] pub const $name: &str = $code;)+

        #[cfg(test)]
        pub(crate) const ALL: &[&str] = &[$($name),+];
    };
}

codes! {
    /// A request that this crate refused before sending it; not a code of the API.
    INVALID_REQUEST = "invalid_request";

    /// The request is malformed.
    BAD_REQUEST = "bad_request";
    /// The body is not what the operation takes.
    REQUEST_BODY_INVALID = "request_body_invalid";
    /// More than 50 users in a bulk operation.
    BULK_SIZE_EXCEEDED = "bulk_size_exceeded";
    /// The API version is unknown, or was given twice.
    API_VERSION_INVALID = "api_version_invalid";
    /// The user has no password to verify.
    NO_PASSWORD_SET = "no_password_set";
    /// The user has no authenticator app to verify.
    TOTP_DISABLED = "totp_disabled";
    /// The email address belongs to a connected account.
    DELETE_LINKED_IDENTIFICATION_DISALLOWED = "delete_linked_identification_disallowed";
    /// The last identifier cannot be deleted.
    IDENTIFICATION_DELETION_FAILED = "identification_deletion_failed";
    /// The token could not be refreshed by the provider.
    OAUTH_TOKEN_RETRIEVAL_ERROR = "oauth_token_retrieval_error";

    /// The secret key is wrong.
    CLERK_KEY_INVALID = "clerk_key_invalid";
    /// The `Authorization` header is not `Bearer …`.
    AUTHORIZATION_HEADER_FORMAT_INVALID = "authorization_header_format_invalid";

    /// The plan does not include the feature.
    UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES = "unsupported_subscription_plan_features";

    /// The key may not do this.
    AUTHORIZATION_INVALID = "authorization_invalid";
    /// The instance has as many users as it may.
    USER_QUOTA_EXCEEDED = "user_quota_exceeded";
    /// The feature is off for this instance.
    FEATURE_NOT_ENABLED = "feature_not_enabled";
    /// Passwords are off for this instance.
    PASSWORD_DISABLED = "password_disabled";
    /// Billing is off for this instance.
    BILLING_NOT_ENABLED = "billing_not_enabled";

    /// There is no such thing.
    RESOURCE_NOT_FOUND = "resource_not_found";
    /// There is no such external account.
    EXTERNAL_ACCOUNT_NOT_FOUND = "external_account_not_found";
    /// There is no such image.
    IMAGE_NOT_FOUND = "image_not_found";
    /// The OAuth provider is not enabled.
    OAUTH_TOKEN_PROVIDER_NOT_ENABLED = "oauth_token_provider_not_enabled";

    /// The resource is in a state that forbids the change.
    CONFLICT = "conflict";
    /// Another request is changing the resource; try again.
    RESOURCE_LOCKED = "resource_locked";
    /// The user is managed by a directory (SCIM).
    USER_MANAGED_BY_SCIM = "user_managed_by_scim";
    /// The attribute is managed by a directory (SCIM).
    ATTRIBUTE_MANAGED_BY_SCIM = "attribute_managed_by_scim";

    /// The image has more than 10 MB.
    IMAGE_TOO_LARGE = "image_too_large";
    /// The body is too large.
    REQUEST_BODY_TOO_LARGE = "request_body_too_large";
    /// The content type is not the one of the operation.
    UNSUPPORTED_CONTENT_TYPE = "unsupported_content_type";

    /// Another user has that identifier.
    FORM_IDENTIFIER_EXISTS = "form_identifier_exists";
    /// There is such a thing already.
    FORM_ALREADY_EXISTS = "form_already_exists";
    /// The parameter is not in the right format.
    FORM_PARAM_FORMAT_INVALID = "form_param_format_invalid";
    /// The parameter has a value that is not allowed.
    FORM_PARAM_VALUE_INVALID = "form_param_value_invalid";
    /// The operation has no such parameter.
    FORM_PARAM_UNKNOWN = "form_param_unknown";
    /// The parameter is missing.
    FORM_PARAM_MISSING = "form_param_missing";
    /// The parameter is `null` and must not be.
    FORM_PARAM_NIL = "form_param_nil";
    /// The parameter is not a time as RFC 3339 writes it.
    FORM_PARAM_INVALID_TIME = "form_param_invalid_time";
    /// The parameter is not a time in milliseconds since 1970.
    FORM_PARAM_INVALID_DATE = "form_param_invalid_date";
    /// The parameter came more than once.
    FORM_PARAM_DUPLICATE = "form_param_duplicate";
    /// The parameter (such as metadata over 8 KB) is too large.
    FORM_PARAM_EXCEEDS_ALLOWED_SIZE = "form_param_exceeds_allowed_size";
    /// The parameter is too long.
    FORM_PARAM_MAX_LENGTH_EXCEEDED = "form_param_max_length_exceeded";
    /// The list has too many items.
    FORM_PARAM_ARRAY_SIZE_EXCEEDED = "form_param_array_size_exceeded";
    /// Two lists that run in parallel differ in length.
    FORM_PARAM_ARRAY_LENGTH_MISMATCH = "form_param_array_length_mismatch";
    /// The parameter must not be given together with another.
    FORM_CONDITIONAL_PARAM_DISALLOWED = "form_conditional_param_disallowed";
    /// The parameter must be given together with another.
    FORM_CONDITIONAL_PARAM_MISSING = "form_conditional_param_missing";
    /// The parameter refers to something that does not exist.
    FORM_RESOURCE_NOT_FOUND = "form_resource_not_found";
    /// The identifier has to be verified first.
    FORM_VERIFICATION_NEEDED = "form_verification_needed";
    /// The user lacks what the instance requires, such as an identifier or a password.
    FORM_DATA_MISSING = "form_data_missing";
    /// The username is too short or too long.
    FORM_USERNAME_INVALID_LENGTH = "form_username_invalid_length";
    /// The username has a character that is not allowed.
    FORM_USERNAME_INVALID_CHARACTER = "form_username_invalid_character";
    /// The username is a phone number.
    FORM_USERNAME_CANNOT_BE_PHONE_NUMBER = "form_username_cannot_be_phone_number";
    /// The username has digits only.
    FORM_USERNAME_NEEDS_NON_NUMBER_CHAR = "form_username_needs_non_number_char";
    /// The password is too short.
    FORM_PASSWORD_LENGTH_TOO_SHORT = "form_password_length_too_short";
    /// The password is too long.
    FORM_PASSWORD_LENGTH_TOO_LONG = "form_password_length_too_long";
    /// The password has too many bytes.
    FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED = "form_password_size_in_bytes_exceeded";
    /// The password is in a list of leaked ones.
    FORM_PASSWORD_PWNED = "form_password_pwned";
    /// The password is not strong enough.
    FORM_PASSWORD_NOT_STRONG_ENOUGH = "form_password_not_strong_enough";
    /// The password is one of the user's identifiers.
    FORM_PASSWORD_MATCHES_IDENTIFIER = "form_password_matches_identifier";
    /// The digest is not one of the hasher's.
    FORM_PASSWORD_DIGEST_INVALID = "form_password_digest_invalid_code";
    /// The password is not the user's. An answer of `verify_password`, not an error.
    INCORRECT_PASSWORD = "incorrect_password";
    /// The code is not the user's. An answer of `verify_totp`, not an error.
    TOTP_INCORRECT_CODE = "totp_incorrect_code";
    /// The code has not the length of one. An answer of `verify_totp`, not an error.
    TOTP_INVALID_LENGTH = "totp_invalid_length";
    /// The TOTP secret is not base32.
    INVALID_TOTP_SECRET = "invalid_totp_secret_code";
    /// The amount of a credit adjustment is not positive.
    INVALID_CREDIT_AMOUNT = "invalid_credit_amount";
    /// More credit is taken than there is.
    INSUFFICIENT_CREDIT_BALANCE = "insufficient_credit_balance";
    /// The access token has expired and cannot be refreshed.
    OAUTH_MISSING_REFRESH_TOKEN = "oauth_missing_refresh_token";
    /// There is no access token.
    OAUTH_MISSING_ACCESS_TOKEN = "oauth_missing_access_token";

    /// Too many requests.
    TOO_MANY_REQUESTS = "too_many_requests";

    /// The service failed.
    INTERNAL_CLERK_ERROR = "internal_clerk_error";

    /// The directory behind the emulator does not offer the operation, field or filter; not a code of Clerk's API.
    UNSUPPORTED = "unsupported";

    /// The service is being maintained.
    MAINTENANCE_MODE = "maintenance_mode";
    /// The service is not available.
    SERVICE_UNAVAILABLE = "service_unavailable";
}
