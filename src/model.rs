//! Domain types: the arguments and results of [`UserDirectory`](crate::UserDirectory) methods.

// Each file is named after its main type.

mod account;
pub mod billing;
mod debug;
mod deleted_object;
mod error_detail;
mod id;
mod identifier;
mod identifier_replacement;
mod identifier_status;
mod image;
mod into_optional_text;
pub(crate) mod lenient;
mod limits;
mod list;
pub(crate) mod metadata;
mod metadata_change;
mod mfa;
mod new_user;
mod oauth;
mod oauth_provider;
mod organization;
mod page;
mod paginated;
mod password;
mod secret;
mod sessions;
mod text;
mod trusted_device;
mod user;
mod user_filter;
mod user_id_batch;
mod user_query;
mod user_update;
mod verification;

pub use account::{
    EnterpriseAccount, EnterpriseConnection, EnterpriseProtocol, ExternalAccount, ExternalAccountKind, SamlAccount,
};
pub use deleted_object::DeletedObject;
pub use id::{
    CreditLedgerEntryId, EmailAddressId, EnterpriseAccountId, EnterpriseConnectionId, EventId, ExternalAccountId,
    FeatureId, IdentificationId, ImageId, InstanceId, InvalidId, MAX_ID_BYTES, OrganizationId,
    OrganizationInvitationId, OrganizationMembershipId, PasskeyId, PayerId, PaymentMethodId, PhoneNumberId, PlanId,
    PriceId, SamlAccountId, SubscriptionId, SubscriptionItemId, TrustedDeviceId, UserId, Web3WalletId,
};
pub use identifier::{EmailAddress, IdentificationLink, Passkey, PhoneNumber, Web3Wallet};
pub use identifier_replacement::{EmailAddressReplacement, PhoneNumberReplacement};
pub use identifier_status::IdentifierStatus;
pub use image::ProfileImage;
#[cfg(any(feature = "store", feature = "wire"))]
pub(crate) use image::avatar_url;
pub use into_optional_text::IntoOptionalText;
pub use limits::{DEFAULT_LIMIT, MAX_BULK_SIZE, MAX_FILTER_VALUES, MAX_LIMIT, MAX_LIST_VALUES};
pub use list::List;
pub use metadata::{Metadata, UserMetadata};
pub use metadata_change::{MetadataReplacement, MetadataUpdate};
pub use mfa::{MfaState, TotpVerification};
pub use new_user::{NewIdentifier, NewUser};
pub use oauth::OAuthAccessToken;
pub use oauth_provider::OAuthProvider;
pub use organization::{
    InvitationStatus, Organization, OrganizationInvitation, OrganizationMembership, PublicOrganizationData,
    PublicUserData,
};
pub use page::{InvitationQuery, Page};
pub use paginated::Paginated;
pub use password::{NewPassword, PasswordDigest, PasswordHasher, PasswordVerification};
#[cfg(any(feature = "clerk", feature = "webhooks", feature = "wire"))]
pub(crate) use secret::sealed;
pub use secret::{BackupCode, OAuthToken, Password, TicketUrl, TotpCode, TotpSecret};
pub use sessions::Sessions;
pub use text::Text;
pub use trusted_device::{DeviceAlgorithm, DevicePlatform, DeviceStatus, TrustedDevice};
pub use user::{ScimProvisioning, User};
pub use user_filter::{ProviderUsers, Selection, UserFilter};
pub use user_id_batch::UserIdBatch;
pub use user_query::{Direction, OrderBy, OrderField, UserQuery};
pub use user_update::{Patch, UserUpdate};
pub use verification::{Verification, VerificationKind, VerificationStatus, VerificationStrategy};
