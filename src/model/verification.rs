//! [`Verification`]: whether and how an identifier or account was verified.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::ErrorDetail;
use crate::model::lenient::{self, expiration, open_enum};
use crate::model::secret::TicketUrl;
use crate::model::text::Text;

open_enum! {
    /// The status of a [`Verification`].
    #[derive(Default)]
    VerificationStatus {
        /// The verification has not been completed.
        #[default]
        Unverified = "unverified",
        /// The verification succeeded.
        Verified = "verified",
        /// The verification failed.
        Failed = "failed",
        /// The verification expired before it was completed.
        Expired = "expired",
        /// The verification can be transferred between the sign-in and sign-up flows.
        Transferable = "transferable",
    }
}

open_enum! {
    /// The type of a [`Verification`] (its `object` field).
    VerificationKind {
        /// A one-time code.
        Otp = "verification_otp",
        /// Creation of a verified identifier through the Backend API.
        Admin = "verification_admin",
        /// An OAuth account with the same identifier.
        FromOAuth = "verification_from_oauth",
        /// A ticket, such as an invitation.
        Ticket = "verification_ticket",
        /// A SAML identity provider.
        Saml = "verification_saml",
        /// A link sent by email.
        EmailLink = "verification_email_link",
        /// Directory sync (SCIM).
        Scim = "verification_scim",
        /// An OAuth provider.
        OAuth = "verification_oauth",
        /// Google One Tap.
        GoogleOneTap = "verification_google_one_tap",
        /// A passkey.
        Passkey = "verification_passkey",
        /// A Web3 wallet signature.
        Web3 = "verification_web3",
    }
}

open_enum! {
    /// The strategy of a [`Verification`].
    ///
    /// OAuth strategies, such as `oauth_google` and `from_oauth_github`, are decoded as `Other`.
    VerificationStrategy {
        /// Creation of a verified identifier through the Backend API.
        Admin = "admin",
        /// A code sent to a phone number.
        PhoneCode = "phone_code",
        /// A code sent by email.
        EmailCode = "email_code",
        /// A code sent by email to reset a password.
        ResetPasswordEmailCode = "reset_password_email_code",
        /// A link sent by email.
        EmailLink = "email_link",
        /// A ticket, such as an invitation.
        Ticket = "ticket",
        /// A SAML identity provider.
        Saml = "saml",
        /// Directory sync (SCIM).
        Scim = "scim",
        /// Google One Tap.
        GoogleOneTap = "google_one_tap",
        /// A passkey.
        Passkey = "passkey",
        /// A MetaMask signature.
        Web3Metamask = "web3_metamask_signature",
        /// A Base wallet signature.
        Web3Base = "web3_base_signature",
        /// A Coinbase Wallet signature.
        Web3CoinbaseWallet = "web3_coinbase_wallet_signature",
        /// An OKX Wallet signature.
        Web3OkxWallet = "web3_okx_wallet_signature",
        /// A Solana wallet signature.
        Web3Solana = "web3_solana_signature",
    }
}

/// The verification details of an identifier or account.
///
/// This type has the fields of all verification schemas in Clerk's API, because some responses omit the field that
/// distinguishes between them.
///
/// `Debug` redacts the nonce, the message and the redirect URL.
///
/// ```
/// use user_directory::model::{EmailAddress, Verification};
///
/// let mut email = EmailAddress::new("ada@example.com");
/// email.verification = Some(Verification::by_admin());
/// assert!(email.is_verified());
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verification {
    /// The verification type.
    #[serde(
        rename = "object",
        default,
        deserialize_with = "lenient::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<VerificationKind>,
    /// The status, or [`Unverified`](VerificationStatus::Unverified) if the response does not include one.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub status: VerificationStatus,
    /// The verification strategy.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub strategy: Option<VerificationStrategy>,
    /// The number of attempts.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub attempts: Option<u32>,
    /// When the verification expires.
    ///
    /// Clerk does not document the unit, so the decoder accepts both milliseconds and seconds. The encoder uses
    /// milliseconds, or RFC 3339 if the number of milliseconds would be decoded as seconds.
    #[serde(default, with = "expiration")]
    pub expire_at: Option<Timestamp>,
    /// The id of the Clerk client (a browser or device) on which the verification was completed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub verified_at_client: Option<Text>,
    /// The delivery channel of a phone code, such as `sms`.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text>,
    /// The nonce to sign with the wallet or passkey.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Text>,
    /// The message to sign, which contains the nonce.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// The URL to which the user is redirected for verification.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_verification_redirect_url: Option<TicketUrl>,
    /// The reason for the failure, if the verification failed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<ErrorDetail>>,
}

impl lenient::Object for Verification {}

/// Replaces a secret in `Debug` output.
struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Because of the destructuring, omitting a field is a compile error.
        let Self {
            kind,
            status,
            strategy,
            attempts,
            expire_at,
            verified_at_client,
            channel,
            nonce,
            message,
            external_verification_redirect_url,
            error,
        } = self;
        let redacted = |secret: &Option<Text>| secret.as_ref().map(|_| Redacted);
        f.debug_struct("Verification")
            .field("kind", kind)
            .field("status", status)
            .field("strategy", strategy)
            .field("attempts", attempts)
            .field("expire_at", expire_at)
            .field("verified_at_client", verified_at_client)
            .field("channel", channel)
            .field("nonce", &redacted(nonce))
            .field("message", &redacted(message))
            .field("external_verification_redirect_url", external_verification_redirect_url)
            .field("error", error)
            .finish()
    }
}

impl Verification {
    /// Creates a verification with the given status.
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

    /// Creates the verification of an identifier that was marked as verified through the Backend API.
    #[must_use]
    pub fn by_admin() -> Self {
        Self {
            kind: Some(VerificationKind::Admin),
            strategy: Some(VerificationStrategy::Admin),
            ..Self::new(VerificationStatus::Verified)
        }
    }

    /// Returns `true` if the status is [`Verified`](VerificationStatus::Verified).
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == VerificationStatus::Verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_verification_hides_the_nonce_and_the_message() {
        let mut verification = Verification::new(VerificationStatus::Unverified);
        verification.nonce = Some("s3cret".into());
        verification.message = Some("Sign s3cret".into());
        let text = format!("{verification:?}");
        assert!(text.contains("nonce: Some([REDACTED])") && !text.contains("s3cret"), "{text}");
    }
}
