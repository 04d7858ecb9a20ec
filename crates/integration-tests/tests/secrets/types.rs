//! The `Debug`, `Display` and `Serialize` output of types that can hold a secret.

use std::error::Error as _;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use integration_tests::printed;
use serde::Serialize;
use user_directory::model::{
    BackupCode, NewPassword, OAuthAccessToken, OAuthToken, OrganizationInvitation, PasswordDigest, PasswordHasher,
    PhoneNumber, TicketUrl, TotpCode, TotpSecret, UserMetadata, Verification,
};
use user_directory::webhooks::WebhookSecret;
use user_directory::wire;
use user_directory::{ClerkUserDirectory, Error, ErrorDetail, ErrorKind, Metadata, Password, SecretKey};

use crate::known::{
    BACKUP_CODE, DIGEST, ID_TOKEN, KEY, PASSWORD, PERSONAL, SECRETS, TICKET, TOKEN, TOKEN_SECRET, TOTP_CODE,
    TOTP_SECRET, assert_none_of,
};
use crate::runs::{metadata, new_user, user_update};
use crate::server::everything;

/// Checks at compile time whether a type implements a trait.
///
/// The constants of `Lacks` exist for every type. An inherent constant takes precedence and exists only if its bound
/// holds.
struct Has<T>(PhantomData<T>);

trait Lacks {
    const DISPLAY: bool = false;
    const SERIALIZE: bool = false;
    const COPY: bool = false;
}

impl<T> Lacks for Has<T> {}

impl<T: Display> Has<T> {
    const DISPLAY: bool = true;
}

impl<T: Serialize> Has<T> {
    const SERIALIZE: bool = true;
}

impl<T: Copy> Has<T> {
    const COPY: bool = true;
}

macro_rules! assert_sealed {
    ($($secret:ty),+ $(,)?) => {$(
        const _: () = assert!(!Has::<$secret>::DISPLAY && !Has::<$secret>::SERIALIZE && !Has::<$secret>::COPY);
    )+};
}

assert_sealed!(
    BackupCode,
    NewPassword,
    OAuthAccessToken,
    OAuthToken,
    Password,
    PasswordDigest,
    SecretKey,
    TotpCode,
    TotpSecret,
    WebhookSecret,
);
// A ticket URL is serialized as part of its object.
const _: () = assert!(!Has::<TicketUrl>::DISPLAY && Has::<TicketUrl>::SERIALIZE);
// Checks the check itself.
const _: () = assert!(Has::<String>::DISPLAY && Has::<String>::SERIALIZE && Has::<u8>::COPY && !Has::<String>::COPY);

#[track_caller]
fn assert_sealed(value: &dyn Debug, placeholder: &str) {
    let text = format!("{value:?} {value:#?}");
    assert_none_of(SECRETS, &text);
    assert!(text.contains(placeholder), "{text}");
}

#[test]
fn debug_redacts_secrets() {
    let key = SecretKey::new(KEY).unwrap();
    assert_sealed(&key, "sk_test_[REDACTED]");
    assert_sealed(&ClerkUserDirectory::builder(key.clone()), "REDACTED");
    let directory = ClerkUserDirectory::new(key).unwrap();
    assert_none_of(SECRETS, &format!("{directory:?} {directory:#?}"));

    let digest = || PasswordDigest::new(PasswordHasher::Bcrypt, DIGEST);
    assert_sealed(&Password::new(PASSWORD), "Password([REDACTED])");
    assert_sealed(&digest(), "Bcrypt, digest: [REDACTED]");
    assert_sealed(&NewPassword::from(digest()), "REDACTED");
    assert_sealed(&TotpSecret::new(TOTP_SECRET), "TotpSecret([REDACTED])");
    assert_sealed(&TotpCode::new(TOTP_CODE), "TotpCode([REDACTED])");
    assert_sealed(&BackupCode::new(BACKUP_CODE), "BackupCode([REDACTED])");
    assert_sealed(&TicketUrl::from(TICKET), "TicketUrl([REDACTED])");
    let webhook_secret = WebhookSecret::from_key(TOKEN.as_bytes()).unwrap();
    assert!(!format!("{webhook_secret:?}").contains(webhook_secret.expose_secret()));
    assert_sealed(&webhook_secret, "WebhookSecret([REDACTED])");

    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN));
    token.id_token = Some(OAuthToken::new(ID_TOKEN));
    token.token_secret = Some(OAuthToken::new(TOKEN_SECRET));
    assert_sealed(&token, "OAuthToken([REDACTED])");

    assert_sealed(&new_user(), "TotpSecret([REDACTED])");
    assert_sealed(&user_update(), "REDACTED");
    let mut phone = PhoneNumber::new("+15550100123");
    phone.backup_codes = vec![BackupCode::new(BACKUP_CODE)];
    assert_sealed(&phone, "BackupCode([REDACTED])");
    assert_none_of(SECRETS, &serde_json::to_string(&phone).unwrap());
    let mut verification = Verification::by_admin();
    verification.external_verification_redirect_url = Some(TICKET.into());
    verification.error = Some(Box::new(ErrorDetail::new("x").with_message(everything())));
    assert_sealed(&verification, "TicketUrl([REDACTED])");
    let mut invitation = OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:member");
    invitation.url = Some(TICKET.into());
    assert_sealed(&invitation, "TicketUrl([REDACTED])");
}

#[test]
fn debug_of_metadata_omits_content() {
    let all = UserMetadata { public: metadata(), private: metadata(), r#unsafe: metadata() };
    assert_none_of(PERSONAL, &format!("{all:?} {all:#?}"));
}

#[test]
fn errors_omit_texts_of_the_service_and_the_caller() {
    let detail = || {
        let error = ErrorDetail::new(everything()).with_message(everything()).with_long_message(everything());
        error.with_param_name(everything()).with_meta("x", everything())
    };
    for status in [400, 401, 402, 403, 404, 408, 409, 413, 422, 423, 429, 500, 503, 302] {
        let error = wire::status::error(status, vec![detail(), detail()]);
        assert_none_of(SECRETS.into_iter().chain(PERSONAL), &printed(&error));
        assert_eq!(error.details()[0].message(), everything(), "the getter returns the text");
    }
    for error in [
        "a/b".parse::<user_directory::UserId>().map_err(Error::from).unwrap_err(),
        format!("{KEY}/x").parse::<user_directory::UserId>().map_err(Error::from).unwrap_err(),
        SecretKey::new(format!("{KEY} ")).unwrap_err(),
        SecretKey::new(format!("\"{KEY}\"")).unwrap_err(),
        SecretKey::new(format!("Bearer {KEY}")).unwrap_err(),
        everything().parse::<Metadata>().unwrap_err(),
        metadata().get::<u8>("ssn").unwrap_err(),
        metadata().deserialize::<std::collections::HashMap<String, u8>>().unwrap_err(),
    ] {
        assert_none_of(SECRETS.into_iter().chain(PERSONAL), &printed(&error));
    }
    assert!(Error::new(ErrorKind::Timeout).source().is_none());
}
