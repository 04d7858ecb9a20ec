//! [`ApiVersion`]: the versions of the Clerk Backend API.

/// A version of the Clerk Backend API.
///
/// All versions return the same responses. They differ in the fields that `PATCH /users/{user_id}` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the versions")]
pub enum ApiVersion {
    V2025_04_10,
    V2025_11_10,
    V2026_05_12,
}

impl ApiVersion {
    /// Every supported version, from the oldest to the latest.
    pub const ALL: [Self; 3] = [Self::V2025_04_10, Self::V2025_11_10, Self::V2026_05_12];
    /// The latest version, which is the default for requests.
    pub const LATEST: Self = Self::V2026_05_12;
    /// The header that selects the version.
    pub const HEADER: &str = "clerk-api-version";
    /// The query parameter that selects the version.
    pub const PARAM: &str = "__clerk_api_version";

    /// Returns the version as it appears in requests, such as `2026-05-12`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2025_04_10 => "2025-04-10",
            Self::V2025_11_10 => "2025-11-10",
            Self::V2026_05_12 => "2026-05-12",
        }
    }

    /// Returns `true` if `PATCH /users/{user_id}` accepts metadata, which replaces the existing metadata.
    #[must_use]
    pub const fn update_takes_metadata(self) -> bool {
        !matches!(self, Self::V2026_05_12)
    }
}

#[cfg(feature = "wire")]
impl std::str::FromStr for ApiVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        Self::ALL.into_iter().find(|version| version.as_str() == text).ok_or(UnknownVersion)
    }
}

/// The error for a version that is not one of [`ApiVersion::ALL`].
#[cfg(feature = "wire")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown API version")]
pub struct UnknownVersion;
