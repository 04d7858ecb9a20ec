//! JSON response bodies, with encoders for servers and decoders for clients.
//!
//! Models such as [`User`](crate::User) implement `Serialize` and `Deserialize` themselves. This module contains the
//! bodies that are not models, and the `FillRequired` trait, which fills required fields of models.

mod error_body;
#[cfg(feature = "wire")]
mod fill;
#[cfg(feature = "wire")]
mod oauth_tokens;
#[cfg(feature = "wire")]
mod old_subscription;
mod page;
mod verification;

use serde::{Deserialize, Serialize};

pub use error_body::ErrorBody;
#[cfg(feature = "wire")]
pub(in crate::wire) use error_body::response_detail;
#[cfg(feature = "wire")]
pub use error_body::{response_details, write_error_body};
#[cfg(feature = "wire")]
pub use fill::{FillRequired, public_user_data};
#[cfg(feature = "wire")]
pub use oauth_tokens::OAuthTokenBody;
#[cfg(feature = "wire")]
pub use old_subscription::write_old_subscription;
pub use page::{ResourceListBody, ResourcePageBody, UserPageBody};
pub use verification::{VerificationBody, read_password_verification, read_totp_verification};
#[cfg(feature = "wire")]
pub use verification::{write_password_verification, write_totp_verification};

use crate::model::{UserId, lenient};

/// The response body of `GET /users/count`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "object", rename = "total_count")]
pub struct CountBody {
    /// The number of users.
    #[serde(deserialize_with = "lenient::required")]
    pub total_count: u64,
}

/// The response body of `disable_mfa`, `delete_totp` and `delete_backup_codes`.
#[derive(Debug, Serialize, Deserialize)]
pub struct UserIdBody {
    /// The user's id.
    #[serde(deserialize_with = "lenient::required")]
    pub user_id: UserId,
}
