//! [`TrustedDevice`]: a device that a user enrolled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::TrustedDeviceId;
use crate::model::lenient::{self, millis, open_enum};
use crate::model::text::Text;

open_enum! {
    /// The platform of a [`TrustedDevice`].
    DevicePlatform {
        /// iOS or iPadOS.
        Ios = "ios",
        /// Android.
        Android = "android",
    }
}

open_enum! {
    /// The signature algorithm of a [`TrustedDevice`]'s key.
    DeviceAlgorithm {
        /// ECDSA with the P-256 curve and SHA-256.
        Es256 = "ES256",
    }
}

open_enum! {
    /// The status of a [`TrustedDevice`].
    DeviceStatus {
        /// The device is trusted.
        Active = "active",
        /// The device is no longer trusted.
        Revoked = "revoked",
    }
}

/// A device that a user enrolled as trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "trusted_device")]
#[non_exhaustive]
pub struct TrustedDevice {
    /// The device's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: TrustedDeviceId,
    /// The device platform.
    #[serde(deserialize_with = "lenient::required")]
    pub platform: DevicePlatform,
    /// The identifier of the app on the device, such as `com.example.app`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub app_identifier: Text,
    /// The device's display name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The signature algorithm of the device's key.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<DeviceAlgorithm>,
    /// Whether the device is active or revoked.
    #[serde(deserialize_with = "lenient::required")]
    pub status: DeviceStatus,
    /// When the device was enrolled.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the device was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When the device was last used.
    #[serde(default, with = "millis")]
    pub last_used_at: Option<Timestamp>,
    /// When the device was revoked.
    #[serde(default, with = "millis")]
    pub revoked_at: Option<Timestamp>,
}

impl TrustedDevice {
    /// Creates an active device with an ES256 key.
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
