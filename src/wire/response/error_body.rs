//! The body of an error response.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorDetail};
use crate::model::{Text, lenient};
#[cfg(feature = "wire")]
use {crate::error::codes, crate::wire::status, serde::Serialize, std::borrow::Cow};

/// The decoded body of an error response.
#[derive(Debug, Default)]
pub struct ErrorBody {
    /// The details of the error.
    pub details: Vec<ErrorDetail>,
    /// The trace id of the request.
    pub trace_id: Option<Text>,
    /// Whether the body is in the API's error format.
    pub is_from_api: bool,
}

impl ErrorBody {
    /// Decodes a body. If the body is not JSON, the result has no details.
    ///
    /// Details after the first [`Error::MAX_DETAILS`] are ignored.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        lenient::limited(body.len(), || Self::read_parts(body))
    }

    fn read_parts(body: &[u8]) -> Self {
        /// Each part is read separately, so that a malformed part does not affect the others.
        #[derive(Default, Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            errors: Option<&'a RawValue>,
            #[serde(borrow)]
            clerk_trace_id: Option<&'a RawValue>,
        }

        let body: Body<'_> = serde_json::from_slice(body).unwrap_or_default();
        let errors: Option<Vec<&RawValue>> = body.errors.and_then(read_part);
        let listed = errors.as_ref().map(Vec::len);
        let details = errors.into_iter().flatten().filter_map(read_part);
        let details: Vec<ErrorDetail> = details.take(Error::MAX_DETAILS).collect();
        // Errors from the API have codes. The list of errors may be empty.
        let is_from_api = listed == Some(0) || details.iter().any(|detail| !detail.code().is_empty());
        Self { details, trace_id: body.clerk_trace_id.and_then(read_part), is_from_api }
    }
}

fn read_part<'a, T: Deserialize<'a>>(part: &'a RawValue) -> Option<T> {
    serde_json::from_str(part.get()).ok()
}

/// Returns the error details to include in a server's response.
///
/// The result has at least one detail. Details with the code [`INVALID_REQUEST`](codes::INVALID_REQUEST), which the API
/// does not define, are replaced with details that use one of the API's codes.
#[cfg(feature = "wire")]
#[must_use]
pub fn response_details(error: &Error) -> Vec<Cow<'_, ErrorDetail>> {
    if error.details().is_empty() {
        let default = status::default_of_error(error);
        let detail = ErrorDetail::new(default.code).with_message(default.message);
        return vec![Cow::Owned(detail.with_long_message(default.long_message))];
    }
    error.details().iter().map(response_detail).collect()
}

/// Returns the detail that the service would return for input that this crate rejects with `detail`.
#[cfg(feature = "wire")]
pub(in crate::wire) fn response_detail(detail: &ErrorDetail) -> Cow<'_, ErrorDetail> {
    match detail.rule() {
        Some(rule) => Cow::Owned(rule.response_detail(detail)),
        // The detail was created by an adapter, so the violated rule is unknown.
        None if detail.code() == codes::INVALID_REQUEST => {
            Cow::Owned(detail.clone().with_code(codes::FORM_PARAM_VALUE_INVALID))
        }
        None => Cow::Borrowed(detail),
    }
}

/// Encodes the body of an error response.
#[cfg(feature = "wire")]
#[must_use]
pub fn write_error_body(details: &[Cow<'_, ErrorDetail>], trace_id: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        errors: Vec<Detail<'a>>,
        clerk_trace_id: &'a str,
    }

    /// Unlike in [`ErrorDetail`], the long message is always present.
    #[derive(Serialize)]
    struct Detail<'a> {
        message: &'a str,
        long_message: &'a str,
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<&'a crate::error::Meta>,
    }

    fn write(detail: &ErrorDetail) -> Detail<'_> {
        let (message, long_message) = (detail.message(), detail.long_message());
        Detail { message, long_message, code: detail.code(), meta: detail.all_meta() }
    }

    let errors = details.iter().map(|detail| write(detail)).collect();
    // The serialization of strings and valid JSON cannot fail.
    serde_json::to_vec(&Body { errors, clerk_trace_id: trace_id }).unwrap_or_default()
}
