//! The API version of a request.

use axum::http::HeaderMap;
use user_directory::Result;
use user_directory::wire::ApiVersion;
use user_directory::wire::query::QueryReader;

use crate::rejection;

/// Returns the version in the header or the parameter, or the latest version if neither is present.
pub(crate) fn requested(headers: &HeaderMap, query: &mut QueryReader<'_>) -> Result<ApiVersion> {
    let header = headers.get(ApiVersion::HEADER).map(|value| value.to_str().unwrap_or_default());
    let param = query.text(ApiVersion::PARAM);
    let version = match (header, param.as_deref()) {
        (None, None) => return Ok(ApiVersion::LATEST),
        (Some(_), Some(_)) => {
            return Err(rejection::api_version_invalid("it is present both as a header and as a parameter"));
        }
        (Some(version), None) | (None, Some(version)) => version,
    };
    version.parse().map_err(|_| rejection::api_version_invalid("it is unknown"))
}
