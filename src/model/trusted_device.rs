//! [`TrustedDevice`]: a device that a user has enrolled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::TrustedDeviceId;
use crate::model::lenient::{self, millis, open_enum};
use crate::model::text::Text;

open_enum! {
    /// The platform of a [`TrustedDevice`].
    DevicePlatform {
        /// iOS and iPadOS.
        Ios = "ios",
        /// Android.
        Android = "android",
    }
}

open_enum! {
    /// The signature algorithm of a [`TrustedDevice`].
    DeviceAlgorithm {
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
    }
}

open_enum! {
    /// Whether a [`TrustedDevice`] is trusted.
    DeviceStatus {
        /// Trusted.
        Active = "active",
        /// No longer trusted.
        Revoked = "revoked",
    }
}

/// A device that a user has enrolled, so that sign-ins from it are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "trusted_device")]
#[non_exhaustive]
pub struct TrustedDevice {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: TrustedDeviceId,
    /// Its platform.
    #[serde(deserialize_with = "lenient::required")]
    pub platform: DevicePlatform,
    /// The application on it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub app_identifier: Text,
    /// The name that the user sees.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The algorithm of its key.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<DeviceAlgorithm>,
    /// Whether it is trusted.
    #[serde(deserialize_with = "lenient::required")]
    pub status: DeviceStatus,
    /// When it was enrolled.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When it was last used.
    #[serde(default, with = "millis")]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, with = "millis")]
    pub revoked_at: Option<Timestamp>,
}

impl TrustedDevice {
    /// An active device with nothing else known.
    #[must_use]
    pub fn new(id: TrustedDeviceId, platform: DevicePlatform, app_identifier: impl Into<Text>) -> Self {
        Self {
            id,
            platform,
            app_identifier: app_identifier.into(),
            name: None,
            algorithm: Some(DeviceAlgorithm::Es256),
            status: DeviceStatus::Active,
            created_at: None,
            updated_at: None,
            last_used_at: None,
            revoked_at: None,
        }
    }
}
