//! The API version of a request.

use axum::http::HeaderMap;
use user_directory::wire::ApiVersion;
use user_directory::wire::query::QueryReader;
use user_directory::{Operation, Result, Text};

use crate::rejection;

/// Returns the version in the header or the query parameter, or `None` if neither is present.
pub(crate) fn requested(headers: &HeaderMap, query: &mut QueryReader<'_>) -> Result<Option<ApiVersion>> {
    let mut all = headers.get_all(ApiVersion::HEADER).iter().map(|value| value.to_str().unwrap_or_default());
    let header = all.next();
    if all.any(|other| Some(other) != header) {
        return Err(rejection::api_version_invalid("there are several headers with different versions"));
    }
    let params = query.texts(ApiVersion::PARAM);
    if params.iter().any(|other| *other != params[0]) {
        return Err(rejection::api_version_invalid("there are several parameters with different versions"));
    }
    let version = match (header, params.first().map(Text::as_str)) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(rejection::api_version_invalid("it is present both as a header and as a parameter"));
        }
        (Some(version), None) | (None, Some(version)) => version,
    };
    version.parse().map(Some).map_err(|_| {
        let known = ApiVersion::ALL.map(ApiVersion::as_str).join(", ");
        rejection::api_version_invalid(&format!("it is not one of {known}"))
    })
}

/// Returns the version whose format a request uses. Rejects an operation that does not exist in that version.
///
/// A request without a version uses the format of the oldest version, but all operations are allowed, because programs
/// that send no version, such as Clerk's command-line tool, call operations of later versions.
pub(crate) fn select(requested: Option<ApiVersion>, operation: Operation) -> Result<ApiVersion> {
    let Some(version) = requested else { return Ok(ApiVersion::OLDEST) };
    let first = ApiVersion::first_with(operation);
    if version < first { Err(rejection::not_in_version(operation, version, first)) } else { Ok(version) }
}

#[cfg(test)]
mod tests {
    use user_directory::codes;

    use super::*;

    #[test]
    fn several_headers_must_have_the_same_version() {
        let requested = |versions: &[&str]| {
            let mut headers = HeaderMap::new();
            for version in versions {
                headers.append(ApiVersion::HEADER, version.parse().unwrap());
            }
            requested(&headers, &mut QueryReader::parse(""))
        };
        assert_eq!(requested(&[]).unwrap(), None);
        assert_eq!(requested(&["2025-04-10", "2025-04-10"]).unwrap(), requested(&["2025-04-10"]).unwrap());
        let error = requested(&["2026-05-12", "2025-04-10"]).unwrap_err();
        assert!(error.has_code(codes::API_VERSION_INVALID));
    }

    #[test]
    fn several_parameters_must_have_the_same_version() {
        let requested = |query: &str| requested(&HeaderMap::new(), &mut QueryReader::parse(query));
        let [old, new] = ["2025-04-10", "2026-05-12"].map(|version| format!("__clerk_api_version={version}"));
        assert_eq!(requested(&format!("{old}&{old}")).unwrap(), requested(&old).unwrap());
        let error = requested(&format!("{new}&{old}")).unwrap_err();
        assert!(error.has_code(codes::API_VERSION_INVALID));
    }
}
