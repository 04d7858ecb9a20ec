//! [`Verification`]: how, and whether, an identifier or account was verified.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::ErrorDetail;
use crate::model::lenient::{self, millis, open_enum};
use crate::model::secret::TicketUrl;
use crate::model::text::Text;

open_enum! {
    /// How far a [`Verification`] is.
    #[derive(Default)]
    VerificationStatus {
        /// Not verified yet.
        #[default]
        Unverified = "unverified",
        /// Verified.
        Verified = "verified",
        /// Tried without success.
        Failed = "failed",
        /// Not finished in time.
        Expired = "expired",
        /// Verified, but the account belongs to another user.
        Transferable = "transferable",
    }
}

open_enum! {
    /// What kind of object a [`Verification`] is (its `object` field).
    VerificationKind {
        /// By a one-time code.
        Otp = "verification_otp",
        /// By an administrator, through the Backend API.
        Admin = "verification_admin",
        /// Taken over from a verified OAuth account.
        FromOAuth = "verification_from_oauth",
        /// By a ticket, such as an invitation.
        Ticket = "verification_ticket",
        /// By a SAML identity provider.
        Saml = "verification_saml",
        /// By a link in an email.
        EmailLink = "verification_email_link",
        /// By directory sync.
        Scim = "verification_scim",
        /// By an OAuth provider.
        OAuth = "verification_oauth",
        /// By Google One Tap.
        GoogleOneTap = "verification_google_one_tap",
        /// By a passkey.
        Passkey = "verification_passkey",
        /// By the signature of a wallet.
        Web3 = "verification_web3",
    }
}

open_enum! {
    /// The strategy of a [`Verification`]. OAuth strategies (`oauth_google`, `from_oauth_github`, …) are `Other`.
    VerificationStrategy {
        /// By the Backend API.
        Admin = "admin",
        /// A code by SMS.
        PhoneCode = "phone_code",
        /// A code by email.
        EmailCode = "email_code",
        /// A code by email, to reset a password.
        ResetPasswordEmailCode = "reset_password_email_code",
        /// A link by email.
        EmailLink = "email_link",
        /// A ticket, such as an invitation.
        Ticket = "ticket",
        /// A SAML identity provider.
        Saml = "saml",
        /// Directory sync.
        Scim = "scim",
        /// Google One Tap.
        GoogleOneTap = "google_one_tap",
        /// A passkey.
        Passkey = "passkey",
        /// A signature by MetaMask.
        Web3Metamask = "web3_metamask_signature",
        /// A signature by Base.
        Web3Base = "web3_base_signature",
        /// A signature by Coinbase Wallet.
        Web3CoinbaseWallet = "web3_coinbase_wallet_signature",
        /// A signature by OKX Wallet.
        Web3OkxWallet = "web3_okx_wallet_signature",
        /// A signature by a Solana wallet.
        Web3Solana = "web3_solana_signature",
    }
}

/// How, and whether, an identifier or account was verified.
///
/// One type for the API's eleven verification schemas, because answers leave out the field that tells them apart.
///
/// ```
/// use user_directory::{EmailAddress, Verification};
///
/// let mut email = EmailAddress::new("ada@example.com");
/// email.verification = Some(Verification::by_admin());
/// assert!(email.is_verified());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verification {
    /// What kind of verification it is.
    #[serde(
        rename = "object",
        default,
        deserialize_with = "lenient::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<VerificationKind>,
    /// How far it is. An answer that does not say so counts as unverified.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub status: VerificationStatus,
    /// How it is done.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub strategy: Option<VerificationStrategy>,
    /// How often it was tried.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub attempts: Option<u32>,
    /// When it has to be finished.
    #[serde(default, with = "millis")]
    pub expire_at: Option<Timestamp>,
    /// The client (a device's session store) that verified.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub verified_at_client: Option<Text>,
    /// How the code was delivered (phone codes only).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text>,
    /// What a wallet or passkey has to sign.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Text>,
    /// The message around the nonce.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// Where the user is sent to verify.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_verification_redirect_url: Option<TicketUrl>,
    /// Why it failed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<ErrorDetail>>,
}

impl lenient::Object for Verification {}

impl Verification {
    /// A verification with this status and nothing else known.
    #[must_use]
    pub fn new(status: VerificationStatus) -> Self {
        Self {
            kind: None,
            status,
            strategy: None,
            attempts: None,
            expire_at: None,
            verified_at_client: None,
            channel: None,
            nonce: None,
            message: None,
            external_verification_redirect_url: None,
            error: None,
        }
    }

    /// The verification of an identifier that the Backend API created as verified.
    #[must_use]
    pub fn by_admin() -> Self {
        Self {
            kind: Some(VerificationKind::Admin),
            strategy: Some(VerificationStrategy::Admin),
            ..Self::new(VerificationStatus::Verified)
        }
    }

    /// Whether the status is [`Verified`](VerificationStatus::Verified).
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == VerificationStatus::Verified
    }
}

/// Whether a verification is there and done.
pub(crate) fn is_verified(verification: Option<&Verification>) -> bool {
    verification.is_some_and(Verification::is_verified)
}
