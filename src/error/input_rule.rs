//! [`InputRule`]: rules for input that are checked before a request is sent.

#[cfg(feature = "wire")]
use super::rejection::{array_size_exceeded, disallowed_with, param, request_body_invalid, required_with};
use super::{Error, ErrorDetail, ErrorKind, codes};

/// A rule for input that every implementation checks before it sends a request.
///
/// For a violation, the library returns the code [`INVALID_REQUEST`](codes::INVALID_REQUEST) and its own message. A
/// server built on the `wire` module responds with Clerk's code and message instead, which
/// [`response_detail`](Self::response_detail) returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputRule {
    /// The size of a page is 1 to 500.
    PageLimit,
    /// A filter has no empty value.
    FilterValue,
    /// A filter has at most 100 values.
    FilterSize,
    /// A cursor is combined only with ordering by creation time.
    CursorOrder,
    /// A cursor is not combined with an offset.
    CursorOffset,
    /// `skip_password_checks` and `sign_out_of_other_sessions` require a plaintext password.
    PlainPassword,
    /// A bulk operation has at least one user.
    BatchNotEmpty,
    /// A bulk operation has at most 50 users.
    BatchSize,
    /// Metadata is an object.
    MetadataObject,
    /// The content type of an image is a media type.
    ImageType,
    /// The file name of an image has no control characters.
    ImageFileName,
    /// An amount of credit is positive and fits in 63 bits.
    CreditAmount,
    /// An idempotency key is not empty.
    IdempotencyKey,
    /// A TOTP secret is encoded in base32.
    #[cfg(any(feature = "store", feature = "conformance"))]
    TotpSecret,
    /// A user that is created idempotently has an external id.
    ExternalId,
    /// The URL of a request is not too long.
    #[cfg(feature = "clerk")]
    UrlLength,
    /// A body can be encoded.
    #[cfg(feature = "clerk")]
    Body,
}

impl InputRule {
    /// Creates the error for a parameter that violates the rule.
    pub(crate) fn violated_by(self, param_name: &'static str) -> Error {
        let message = self.message();
        let detail = ErrorDetail::new(codes::INVALID_REQUEST).with_param_name(param_name).with_message(message);
        Error::rejected(ErrorKind::InvalidInput, [detail.with_rule(self)]).with_message(message)
    }

    const fn message(self) -> &'static str {
        match self {
            Self::PageLimit => "the limit must be between 1 and 500",
            Self::FilterValue => "a filter value must not be empty",
            Self::FilterSize => "a filter accepts at most 100 values",
            Self::CursorOrder => "a cursor requires ordering by creation time",
            Self::CursorOffset => "a cursor cannot be combined with an offset",
            Self::PlainPassword => "this parameter requires a plaintext password",
            Self::BatchNotEmpty | Self::BatchSize => "a bulk operation accepts 1 to 50 user ids",
            Self::MetadataObject => "metadata must be a JSON object",
            Self::ImageType => "the image content type must be a media type",
            Self::ImageFileName => "the file name must not contain control characters",
            Self::CreditAmount => "the amount must be greater than 0 and at most 2^63 - 1",
            Self::IdempotencyKey => "the idempotency key must not be empty",
            #[cfg(any(feature = "store", feature = "conformance"))]
            Self::TotpSecret => "the TOTP secret must be base32",
            Self::ExternalId => "an external id is required to look up the user",
            #[cfg(feature = "clerk")]
            Self::UrlLength => "the query is too long for a URL; use fewer filter values",
            #[cfg(feature = "clerk")]
            Self::Body => "the request cannot be encoded",
        }
    }

    /// Returns the detail that Clerk returns for a violation of this rule.
    ///
    /// `detail` is the detail from [`violated_by`](Self::violated_by).
    #[cfg(feature = "wire")]
    pub(crate) fn response_detail(self, detail: &ErrorDetail) -> ErrorDetail {
        let name = detail.param_name().unwrap_or_default().to_owned();
        let about_name = |code, message, long: String| param(code, name.clone(), message).with_long_message(long);
        let without_name = |code, message: &'static str, long: &'static str| {
            ErrorDetail::new(code).with_message(message).with_long_message(long)
        };
        let invalid = |long| about_name(codes::FORM_PARAM_VALUE_INVALID, "is invalid", long);
        match self {
            Self::PageLimit => invalid(format!("{name} is invalid. It must be 1 to 500.")),
            Self::FilterValue | Self::IdempotencyKey => invalid(format!("{name} is invalid. Must be not empty")),
            Self::FilterSize => array_size_exceeded(name, 100),
            Self::CursorOrder => {
                let long = "`starting_after` isn't allowed when `order_by` is not `created_at`.".to_owned();
                about_name(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "is not allowed", long)
            }
            Self::CursorOffset => disallowed_with("starting_after", "offset"),
            Self::PlainPassword => required_with("password", name),
            Self::BatchNotEmpty => {
                about_name(codes::FORM_PARAM_MISSING, "is missing", format!("{name} must be included."))
            }
            Self::BatchSize => {
                let long = "Parameters exceed the maximum allowed bulk processing size of 50.";
                without_name(codes::BULK_SIZE_EXCEEDED, "bulk size exceeded", long)
            }
            Self::MetadataObject => invalid(format!("{name} is invalid. It must be an object.")),
            Self::ImageType => {
                let long = "Images of this type are not currently supported. Please consult the API documentation for more \
                            information.";
                without_name(codes::REQUEST_BODY_INVALID, "Unsupported image type", long)
            }
            Self::ImageFileName => request_body_invalid("The file name has a control character."),
            Self::CreditAmount => about_name(
                codes::INVALID_CREDIT_AMOUNT,
                "Invalid credit amount",
                "Credit amount must be greater than zero".to_owned(),
            ),
            #[cfg(any(feature = "store", feature = "conformance"))]
            Self::TotpSecret => {
                let long = "The TOTP secret is invalid, please provide a valid one base32 encoded";
                without_name(codes::INVALID_TOTP_SECRET, "invalid TOTP secret", long)
            }
            Self::ExternalId => {
                about_name(codes::FORM_PARAM_MISSING, "is missing", format!("{name} must be included."))
            }
            #[cfg(feature = "clerk")]
            Self::UrlLength => without_name(
                codes::BAD_REQUEST,
                "Bad request",
                "Bad request. The query is too long. Use fewer filter values.",
            ),
            #[cfg(feature = "clerk")]
            Self::Body => request_body_invalid("It cannot be encoded."),
        }
    }
}
