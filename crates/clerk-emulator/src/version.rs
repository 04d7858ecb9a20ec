//! [`ApiVersion`]: which version of the API a request asks for.

use axum::http::HeaderMap;

use super::query::Query;
use super::refusal;
use crate::error::Result;

const HEADER: &str = "clerk-api-version";
const PARAMETER: &str = "__clerk_api_version";

/// A version of the API that the emulator speaks.
///
/// What the operations of this crate answer is the same in all of them; they differ in what an update takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiVersion {
    V2025_04_10,
    V2025_11_10,
    V2026_05_12,
}

impl ApiVersion {
    pub(super) const ALL: [Self; 3] = [Self::V2025_04_10, Self::V2025_11_10, Self::V2026_05_12];
    pub(super) const LATEST: Self = Self::V2026_05_12;

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::V2025_04_10 => "2025-04-10",
            Self::V2025_11_10 => "2025-11-10",
            Self::V2026_05_12 => "2026-05-12",
        }
    }

    /// The version that a request asks for: by header, by parameter, or the latest if by neither.
    pub(super) fn of(headers: &HeaderMap, query: &mut Query<'_>) -> Result<Self> {
        let header = headers.get(HEADER).map(|value| value.to_str().unwrap_or_default());
        let parameter = query.text(PARAMETER);
        let asked = match (header, parameter.as_deref()) {
            (None, None) => return Ok(Self::LATEST),
            (Some(_), Some(_)) => {
                return Err(refusal::api_version_invalid("it is given as a header and as a parameter"));
            }
            (Some(asked), None) | (None, Some(asked)) => asked,
        };
        let known = Self::ALL.into_iter().find(|version| version.as_str() == asked);
        known.ok_or_else(|| refusal::api_version_invalid("it is not a known one"))
    }

    /// Whether `PATCH /users/{user_id}` takes metadata, which replaces what there was.
    pub(super) const fn update_takes_metadata(self) -> bool {
        !matches!(self, Self::V2026_05_12)
    }
}
