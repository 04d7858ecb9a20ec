//! [`OAuthProvider`]: the name of an OAuth provider.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::id::{self, InvalidId};
use crate::model::text::Text;

const PREFIX: &str = "oauth_";
const CUSTOM_PREFIX: &str = "oauth_custom_";

/// The providers listed in Clerk's documentation of SSO types (`OAuthProvider`) and in its JavaScript SDK.
const KNOWN: &[&str] = &[
    "apple",
    "atlassian",
    "bitbucket",
    "box",
    "coinbase",
    "discord",
    "dropbox",
    "enstall",
    "facebook",
    "github",
    "gitlab",
    "google",
    "hubspot",
    "huggingface",
    "instagram",
    "line",
    "linear",
    "linkedin",
    "linkedin_oidc",
    "microsoft",
    "notion",
    "slack",
    "spotify",
    "tiktok",
    "twitch",
    "twitter",
    "vercel",
    "x",
    "xero",
];

/// An OAuth provider, such as `oauth_google` or `oauth_custom_acme`.
///
/// Clerk's API requires the `oauth_` prefix. [`new`](Self::new) adds the prefix if it is missing.
///
/// ```
/// use user_directory::model::OAuthProvider;
///
/// let google = OAuthProvider::new("google")?;
/// assert_eq!(google, "oauth_google");
/// assert_eq!(google, OAuthProvider::new("oauth_google")?);
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OAuthProvider(Text);

impl OAuthProvider {
    /// Creates a provider from its name, with or without the `oauth_` prefix.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidId`] under the same conditions as [`UserId::new`](crate::UserId::new). The maximum length
    /// includes the prefix.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidId> {
        let name = name.as_ref();
        id::check(name)?;
        if name.starts_with(PREFIX) {
            return Ok(Self(name.into()));
        }
        let prefixed = format!("{PREFIX}{name}");
        id::check(&prefixed)?;
        Ok(Self(prefixed.into()))
    }

    /// Returns the name with the `oauth_` prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` for custom providers (`oauth_custom_…`) and for providers known to this crate.
    ///
    /// The known providers are those listed in Clerk's documentation or JavaScript SDK. Clerk may support others.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let name = self.as_str().strip_prefix(PREFIX).unwrap_or_default();
        KNOWN.contains(&name) || self.as_str().strip_prefix(CUSTOM_PREFIX).is_some_and(|name| !name.is_empty())
    }
}

impl fmt::Display for OAuthProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OAuthProvider {
    type Err = InvalidId;

    fn from_str(name: &str) -> Result<Self, InvalidId> {
        Self::new(name)
    }
}

impl TryFrom<&str> for OAuthProvider {
    type Error = InvalidId;

    fn try_from(name: &str) -> Result<Self, InvalidId> {
        Self::new(name)
    }
}

impl TryFrom<String> for OAuthProvider {
    type Error = InvalidId;

    fn try_from(name: String) -> Result<Self, InvalidId> {
        Self::new(name)
    }
}

impl From<&Self> for OAuthProvider {
    fn from(provider: &Self) -> Self {
        provider.clone()
    }
}

impl From<OAuthProvider> for String {
    fn from(provider: OAuthProvider) -> Self {
        provider.as_str().to_owned()
    }
}

impl AsRef<str> for OAuthProvider {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for OAuthProvider {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for OAuthProvider {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_adds_the_prefix_once() {
        for (name, provider) in [
            ("google", "oauth_google"),
            ("oauth_google", "oauth_google"),
            ("custom_acme", "oauth_custom_acme"),
            ("oauth_custom_acme", "oauth_custom_acme"),
        ] {
            assert_eq!(OAuthProvider::new(name).unwrap(), provider);
            assert_eq!(serde_json::from_value::<OAuthProvider>(name.into()).unwrap(), provider);
        }
        for malformed in ["", "..", "a/b", &"a".repeat(250)] {
            assert!(OAuthProvider::new(malformed).is_err(), "{malformed}");
        }
        assert!(OAuthProvider::new("a".repeat(249)).is_ok());
    }

    #[test]
    fn is_known_accepts_supported_and_custom_providers() {
        for known in ["google", "oauth_linkedin_oidc", "oauth_custom_acme"] {
            assert!(OAuthProvider::new(known).unwrap().is_known(), "{known}");
        }
        for unknown in ["gogle", "oauth_", "oauth_custom_", "oauth_oauth_google"] {
            assert!(!OAuthProvider::new(unknown).unwrap().is_known(), "{unknown}");
        }
    }
}
