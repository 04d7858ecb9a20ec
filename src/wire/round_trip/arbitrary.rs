//! Generates random values of the request types. This module does not compile if a request type has a new field.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::{ErrorDetail, codes};
use crate::model::billing::CreditAdjustment;
use crate::model::{
    BackupCode, EmailAddressReplacement, IdentifierStatus, InvitationQuery, Metadata, MetadataReplacement,
    MetadataUpdate, NewIdentifier, NewPassword, NewUser, OAuthAccessToken, OAuthToken, OrderBy, OrderField, Page,
    Password, PasswordDigest, Patch, PhoneNumberReplacement, ProviderUsers, Selection, Sessions, Text, TotpSecret,
    UserFilter, UserIdBatch, UserMetadata, UserQuery, UserUpdate,
};

/// Ordinary characters, and characters with a special meaning in JSON, URLs or query values.
const ALPHABET: &[char] = &[
    'a', 'Z', '0', '9', ' ', '+', '-', '&', '=', '%', '?', '#', '/', '\\', '"', '\'', '\n', '\t', '\u{0}', '\u{7f}',
    'é', 'ß', '語', '🦀', '\u{2028}', '[', ']', '{', '}', ':', ',', '.', '@', '_',
];
/// Characters that are allowed in ids.
const ID_ALPHABET: &[char] = &['a', 'Z', '0', '9', ' ', '+', '-', '&', '=', '"', 'é', '🦀', ':', '.', '_'];

pub(super) struct Arbitrary(fastrand::Rng);

impl Arbitrary {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(super) fn bool(&mut self) -> bool {
        self.0.bool()
    }

    pub(super) fn u64(&mut self) -> u64 {
        // All magnitudes are equally likely.
        self.0.u64(..) >> self.0.u32(..64)
    }

    fn u32(&mut self) -> u32 {
        self.0.u32(..) >> self.0.u32(..32)
    }

    pub(super) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.0.usize(..values.len())]
    }

    pub(super) fn option<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| value(self))
    }

    pub(super) fn list<T>(&mut self, min: usize, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let length = self.0.usize(min..min + 4);
        (0..length).map(|_| value(self)).collect()
    }

    fn chars(&mut self, min: usize, alphabet: &[char]) -> String {
        let length = self.0.usize(min..min + 12);
        (0..length).map(|_| self.one_of(alphabet)).collect()
    }

    pub(super) fn text(&mut self) -> Text {
        self.chars(0, ALPHABET).into()
    }

    fn non_empty(&mut self) -> Text {
        self.chars(1, ALPHABET).into()
    }

    pub(super) fn id<T: for<'a> TryFrom<&'a str>>(&mut self) -> T {
        loop {
            // `.` and `..` are not ids.
            if let Ok(id) = T::try_from(&self.chars(1, ID_ALPHABET)) {
                return id;
            }
        }
    }

    /// Returns a time with nanosecond precision, for JSON.
    fn time(&mut self) -> Timestamp {
        let seconds = self.0.i64(Timestamp::MIN.as_second()..Timestamp::MAX.as_second());
        Timestamp::new(seconds, self.0.i32(0..1_000_000_000)).unwrap()
    }

    /// Returns a time with millisecond precision, for queries and responses.
    fn millis(&mut self) -> Timestamp {
        let millis = self.0.i64(Timestamp::MIN.as_millisecond()..Timestamp::MAX.as_millisecond());
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.0.usize(..if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.bool()),
            2 => json!(self.u64()),
            3 => json!(-f64::from(self.u32()) / 8.0),
            4 => json!(self.text()),
            5 => Value::Array(self.list(0, |any| any.json(depth - 1))),
            _ => Value::Object(self.object(depth - 1)),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        self.list(0, |any| (any.text().into(), any.json(depth))).into_iter().collect()
    }

    pub(super) fn metadata(&mut self) -> Metadata {
        let object = Value::Object(self.object(3));
        let json = if self.bool() { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
        json.unwrap().parse().unwrap()
    }

    fn patch<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Patch<T> {
        match self.0.u8(..3) {
            0 => Patch::Keep,
            1 => Patch::Clear,
            _ => Patch::Set(value(self)),
        }
    }

    fn identifier(&mut self) -> NewIdentifier {
        if self.bool() { NewIdentifier::verified(self.text()) } else { NewIdentifier::reserved(self.text()) }
    }

    pub(super) fn password(&mut self) -> Password {
        Password::new(self.text())
    }

    fn new_password(&mut self) -> NewPassword {
        if self.bool() {
            return self.password().into();
        }
        let hasher = if self.bool() { "bcrypt".into() } else { self.text() };
        PasswordDigest::new(hasher.as_str().into(), self.text()).into()
    }

    fn backup_codes(&mut self) -> Vec<BackupCode> {
        self.list(0, |any| BackupCode::new(any.text()))
    }

    fn identifier_status(&mut self) -> IdentifierStatus {
        self.one_of(&[IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified])
    }

    pub(super) fn sessions(&mut self) -> Sessions {
        self.one_of(&[Sessions::Keep, Sessions::Revoke])
    }

    pub(super) fn new_user(&mut self) -> NewUser {
        NewUser {
            external_id: self.option(Self::text),
            first_name: self.option(Self::text),
            last_name: self.option(Self::text),
            locale: self.option(Self::text),
            timezone: self.option(Self::text),
            email_addresses: self.list(0, Self::identifier),
            phone_numbers: self.list(0, Self::identifier),
            web3_wallets: self.list(0, Self::text),
            username: self.option(Self::text),
            password: self.option(Self::new_password),
            skip_password_checks: self.option(Self::bool),
            skip_password_requirement: self.option(Self::bool),
            totp_secret: self.option(|any| TotpSecret::new(any.text())),
            backup_codes: self.backup_codes(),
            metadata: UserMetadata { public: self.metadata(), private: self.metadata(), r#unsafe: self.metadata() },
            delete_self_enabled: self.option(Self::bool),
            legal_accepted_at: self.option(Self::time),
            skip_legal_checks: self.option(Self::bool),
            skip_user_requirement: self.option(Self::bool),
            create_organization_enabled: self.option(Self::bool),
            create_organizations_limit: self.option(Self::u32),
            created_at: self.option(Self::time),
            bypass_client_trust: self.option(Self::bool),
            banned: self.option(Self::bool),
            locked: self.option(Self::bool),
        }
    }

    pub(super) fn user_update(&mut self) -> UserUpdate {
        UserUpdate {
            external_id: self.patch(Self::text),
            first_name: self.patch(Self::text),
            last_name: self.patch(Self::text),
            locale: self.patch(Self::text),
            timezone: self.patch(Self::text),
            primary_email_address_id: self.patch(Self::id),
            notify_primary_email_address_changed: self.option(Self::bool),
            primary_phone_number_id: self.patch(Self::id),
            primary_web3_wallet_id: self.patch(Self::id),
            username: self.patch(Self::text),
            profile_image_id: self.patch(Self::id),
            password: self.option(Self::new_password),
            skip_password_checks: self.option(Self::bool),
            other_sessions: self.option(Self::sessions),
            totp_secret: self.patch(|any| TotpSecret::new(any.text())),
            backup_codes: self.option(Self::backup_codes),
            delete_self_enabled: self.patch(Self::bool),
            create_organization_enabled: self.patch(Self::bool),
            legal_accepted_at: self.patch(Self::time),
            skip_legal_checks: self.option(Self::bool),
            create_organizations_limit: self.patch(Self::u32),
            created_at: self.patch(Self::time),
            bypass_client_trust: self.patch(Self::bool),
        }
    }

    pub(super) fn metadata_update(&mut self) -> MetadataUpdate {
        MetadataUpdate {
            public: self.option(Self::metadata),
            private: self.option(Self::metadata),
            r#unsafe: self.option(Self::metadata),
        }
    }

    pub(super) fn metadata_replacement(&mut self) -> MetadataReplacement {
        MetadataReplacement {
            public: self.option(Self::metadata),
            private: self.option(Self::metadata),
            r#unsafe: self.option(Self::metadata),
        }
    }

    pub(super) fn email_address_replacement(&mut self) -> EmailAddressReplacement {
        EmailAddressReplacement {
            email_address: self.text(),
            identification_status: self.option(Self::identifier_status),
            notify_primary_email_address_changed: self.option(Self::bool),
        }
    }

    pub(super) fn phone_number_replacement(&mut self) -> PhoneNumberReplacement {
        PhoneNumberReplacement {
            phone_number: self.text(),
            identification_status: self.option(Self::identifier_status),
        }
    }

    pub(super) fn credit_adjustment(&mut self) -> CreditAdjustment {
        let (amount, key) = ((self.u64() >> 1).max(1), format!("key {}", self.text()));
        let adjustment =
            if self.bool() { CreditAdjustment::increase(amount, key) } else { CreditAdjustment::decrease(amount, key) };
        let CreditAdjustment { amount, direction, currency: _, idempotency_key, note: _ } = adjustment;
        let (currency, note) = (self.option(Self::text), self.option(Self::text));
        CreditAdjustment { amount, direction, currency, idempotency_key, note }
    }

    pub(super) fn user_ids(&mut self) -> UserIdBatch {
        UserIdBatch::new(self.list(1, Self::id)).unwrap()
    }

    /// Returns a selection. The list of included values is never empty, because no request is made for an empty list.
    fn selection<T>(&mut self, mut value: impl FnMut(&mut Self) -> T) -> Selection<T> {
        Selection { include: self.option(|any| any.list(1, &mut value)), exclude: self.list(0, value) }
    }

    /// Returns a filter for which a request is made.
    ///
    /// The filter contains no empty values, because they are invalid, and no empty lists, because they match no users.
    pub(super) fn user_filter(&mut self) -> UserFilter {
        let list = |any: &mut Self| any.list(1, Self::non_empty);
        UserFilter {
            email_addresses: self.option(list),
            phone_numbers: self.option(list),
            usernames: self.option(list),
            web3_wallets: self.option(list),
            external_ids: self.selection(Self::non_empty),
            user_ids: self.selection(Self::id),
            organization_ids: self.selection(Self::id),
            query: self.option(Self::non_empty),
            email_address_query: self.option(Self::non_empty),
            phone_number_query: self.option(Self::non_empty),
            username_query: self.option(Self::non_empty),
            name_query: self.option(Self::non_empty),
            banned: self.option(Self::bool),
            last_active_at_before: self.option(Self::millis),
            last_active_at_after: self.option(Self::millis),
            last_active_at_since: self.option(Self::millis),
            created_at_before: self.option(Self::millis),
            created_at_after: self.option(Self::millis),
            last_sign_in_at_before: self.option(Self::millis),
            last_sign_in_at_after: self.option(Self::millis),
            provider_users: self.option(|any| ProviderUsers { provider: any.id(), provider_user_ids: list(any) }),
        }
    }

    pub(super) fn page(&mut self) -> Page {
        Page { limit: self.option(Self::u32), offset: self.option(Self::u64) }
    }

    pub(super) fn user_query(&mut self) -> UserQuery {
        let order_by = |any: &mut Self| {
            let field = any.one_of(OrderField::ALL);
            if any.bool() { OrderBy::ascending(field) } else { OrderBy::descending(field) }
        };
        UserQuery {
            filter: self.user_filter(),
            order_by: self.option(order_by),
            page: self.page(),
            starting_after: self.option(Self::id),
        }
    }

    pub(super) fn invitation_query(&mut self) -> InvitationQuery {
        // The server rejects other statuses.
        let status = |any: &mut Self| any.one_of(&["pending", "accepted", "revoked", "expired"]).into();
        InvitationQuery { status: self.option(status), page: self.page() }
    }

    pub(super) fn oauth_access_token(&mut self) -> OAuthAccessToken {
        OAuthAccessToken {
            external_account_id: self.option(Self::id),
            provider_user_id: self.text(),
            token: OAuthToken::new(self.text()),
            expires_at: self.option(Self::millis),
            provider: self.text(),
            public_metadata: self.metadata(),
            label: self.option(Self::text),
            scopes: self.list(0, Self::text),
            id_token: self.option(|any| OAuthToken::new(any.text())),
            token_secret: self.option(|any| OAuthToken::new(any.text())),
        }
    }

    /// Returns a detail with a known code. The long message is set, because responses always have one.
    pub(super) fn error_detail(&mut self) -> ErrorDetail {
        let code = loop {
            let code = self.one_of(codes::ALL);
            if code != codes::INVALID_REQUEST {
                break code;
            }
        };
        let detail = ErrorDetail::new(code).with_message(String::from(self.text()));
        let detail = detail.with_long_message(String::from(self.text()));
        let detail =
            self.option(Self::text).into_iter().fold(detail, |detail, name| detail.with_param_name(String::from(name)));
        self.object(2).into_iter().fold(detail, |detail, (key, value)| detail.with_meta(key, value))
    }
}
