//! Users in the format of the API: converts them to new users, and lists what `create` does not support.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;
use user_directory::model::{IdentifierStatus, NewIdentifier};
use user_directory::store::Identifier;
use user_directory::{NewUser, Text, User};

use super::draft::Draft;
use super::fields::{Field, normalized};
use super::value::Value;
use super::{Mapping, Row, check_published, times};
use crate::identifiers;
use crate::reading::object::Object;
use crate::reading::raw;
use crate::rejects::Rejection;
use crate::sources::Members;

/// The fields of a user in a response from the API.
const FIELDS: &[&str] = &[
    "object",
    "id",
    "external_id",
    "primary_email_address_id",
    "primary_phone_number_id",
    "primary_web3_wallet_id",
    "username",
    "first_name",
    "last_name",
    "locale",
    "timezone",
    "profile_image_url",
    "image_url",
    "has_image",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
    "email_addresses",
    "phone_numbers",
    "web3_wallets",
    "passkeys",
    "password_enabled",
    "two_factor_enabled",
    "totp_enabled",
    "backup_code_enabled",
    "mfa_enabled_at",
    "mfa_disabled_at",
    "password_last_updated_at",
    "requires_password_reset",
    "external_accounts",
    "saml_accounts",
    "enterprise_accounts",
    "organization_memberships",
    "last_sign_in_at",
    "banned",
    "locked",
    "deprovisioned",
    "lockout_expires_in_seconds",
    "verification_attempts_remaining",
    "updated_at",
    "created_at",
    "delete_self_enabled",
    "create_organization_enabled",
    "create_organizations_limit",
    "last_active_at",
    "legal_accepted_at",
    "bypass_client_trust",
    "scim",
];

/// Returns whether a key is a field of a user.
pub fn is_field(name: &str) -> bool {
    FIELDS.contains(&name)
}

/// Returns whether a value has the type of its field in a response from the API. Values of other types, such as metadata in
/// a string, would be lost if they were decoded as a response.
pub fn has_type_of_field(name: &str, json: &RawValue) -> bool {
    let is_number = json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    json.get() == "null"
        || match name {
            "public_metadata" | "private_metadata" | "unsafe_metadata" => json.get().starts_with('{'),
            "created_at" | "legal_accepted_at" => is_number,
            "banned" | "locked" => matches!(json.get(), "true" | "false"),
            _ => true,
        }
}

/// Returns whether the members are a user in the format of the API. The key `object` may be missing.
pub fn is_exported(members: &Members<'_>) -> bool {
    let is_user = |name: &str, json: &RawValue| match name {
        "object" => json.get() == r#""user""#,
        "email_addresses" => is_list_of(json, "email_address"),
        "phone_numbers" => is_list_of(json, "phone_number"),
        _ => false,
    };
    !has_plain_identifiers(members)
        && (members.iter().any(|(name, json)| is_user(name, json))
            || has_list_and(members, "email_addresses", "primary_email_address_id"))
}

/// Returns whether identifiers are strings, as in the format of Clerk's migration tool, instead of objects.
fn has_plain_identifiers(members: &Members<'_>) -> bool {
    const LISTS: [&str; 6] =
        ["email_addresses", "emailAddresses", "phone_numbers", "phoneNumbers", "web3_wallets", "web3Wallets"];
    let is_object = |value: &&RawValue| value.get().starts_with('{');
    let is_plain = |json: &RawValue| match serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        Ok(values) => !values.iter().all(is_object),
        Err(_) => json.get() != "null",
    };
    let is_list = |name: &str| LISTS.contains(&name);
    members.iter().any(|(name, json)| is_list(name) && is_plain(json))
}

/// Returns whether the members are a user of the JavaScript SDK.
pub fn is_sdk_user(members: &Members<'_>) -> bool {
    let is_user = |name: &str, json: &RawValue| match name {
        "emailAddresses" => is_list_of(json, "emailAddress"),
        "phoneNumbers" => is_list_of(json, "phoneNumber"),
        _ => false,
    };
    !has_plain_identifiers(members)
        && (members.iter().any(|(name, json)| is_user(name, json))
            || has_list_and(members, "emailAddresses", "primaryEmailAddressId"))
}

/// Returns whether a value is a list of one or more objects that all have a key.
fn is_list_of(json: &RawValue, key: &str) -> bool {
    // The value of a CSV cell is a string.
    let objects: Vec<Object<'_>> = match serde_json::from_str(json.get()) {
        Ok(objects) => objects,
        Err(_) => return false,
    };
    !objects.is_empty() && objects.iter().all(|Object(members)| members.iter().any(|(name, _)| name == key))
}

/// Returns whether the members have a list with the key `list`, which may be empty, and a value with the key `other`.
fn has_list_and(members: &Members<'_>, list: &str, other: &str) -> bool {
    let has_list = members.iter().any(|(name, json)| name == list && json.get().starts_with('['));
    has_list && members.iter().any(|(name, _)| name == other)
}

/// Converts a user of the JavaScript SDK to the format of the API.
pub fn from_sdk(json: &RawValue) -> Result<Box<RawValue>, Rejection> {
    let converted = snake_case(json).map_err(|_| Rejection::new("malformed", "the row is not a valid user"))?;
    let malformed = |_| Rejection::new("malformed", "the row is not a valid user");
    let Object(mut members) = serde_json::from_str(converted.get()).map_err(malformed)?;
    // The SDK may add the response from the API.
    members.retain(|(name, _)| !matches!(name.as_ref(), "object" | "raw" | "_raw"));
    let object = raw(&"user");
    members.insert(0, ("object".into(), &object));
    Ok(raw(&Object(members)))
}

/// Converts the keys of a value to snake case, except keys in metadata.
fn snake_case(json: &RawValue) -> serde_json::Result<Box<RawValue>> {
    match json.get().as_bytes().first() {
        Some(b'{') => {
            let Object(members) = serde_json::from_str(json.get())?;
            let mut converted = BTreeMap::new();
            for (name, value) in members {
                let value = if name.ends_with("etadata") { value.to_owned() } else { snake_case(value)? };
                converted.insert(normalized(&name), value);
            }
            Ok(raw(&converted))
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(json.get())?;
            Ok(raw(&values.into_iter().map(snake_case).collect::<serde_json::Result<Vec<_>>>()?))
        }
        _ => Ok(json.to_owned()),
    }
}

/// Returns descriptions of the data of a user that the new user lacks.
pub fn not_imported(user: &User, new: &NewUser) -> Vec<&'static str> {
    let is_unverified = |reserved: bool, verified: bool| !reserved && !verified;
    let unverified = user.email_addresses.iter().any(|email| is_unverified(email.reserved, email.is_verified()))
        || user.phone_numbers.iter().any(|phone| is_unverified(phone.reserved, phone.is_verified()));
    let has_accounts =
        [user.external_accounts.is_empty(), user.saml_accounts.is_empty(), user.enterprise_accounts.is_empty()]
            .contains(&false);
    let has_new_primary = user.primary_email_address().is_none() && !new.email_addresses.is_empty()
        || user.primary_phone_number().is_none() && !new.phone_numbers.is_empty()
        || user.primary_web3_wallet().is_none() && !new.web3_wallets.is_empty();
    [
        (user.password_enabled && new.password.is_none(), "passwords (the file has none)"),
        (user.totp_enabled && new.totp_secret.is_none(), "authenticator apps (the file has no secrets)"),
        (user.backup_code_enabled && new.backup_codes.is_empty(), "backup codes (the file has none)"),
        (
            user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor),
            "the use of phone numbers as second factors",
        ),
        (!user.passkeys.is_empty(), "passkeys"),
        (has_accounts, "accounts at identity providers (linked at the next sign-in)"),
        (user.has_image, "profile images"),
        (!user.organization_memberships.is_empty(), "organization memberships"),
        (user.web3_wallets.iter().any(|wallet| !wallet.is_verified()), "unverified wallets"),
        (unverified, "the status of unverified identifiers (reserved instead)"),
        (has_new_primary, "the absence of a primary identifier (the first one becomes primary)"),
        (user.last_sign_in_at.is_some() || user.last_active_at.is_some(), "times of the last sign-in and activity"),
        (
            user.mfa_enabled_at.is_some() || user.mfa_disabled_at.is_some(),
            "times at which two-factor authentication was enabled or disabled",
        ),
        (user.locked && user.lockout_expires_in_seconds.is_some(), "the end of a lock (a new lock starts)"),
        (user.requires_password_reset == Some(true), "required password resets"),
        (user.password_last_updated_at.is_some() && new.password.is_some(), "times of the last password change"),
        (user.scim.is_some(), "provisioning by SCIM"),
    ]
    .into_iter()
    .filter_map(|(is_used, field)| is_used.then_some(field))
    .collect()
}

/// Applies the fields of an exported user to `new`. Primary identifiers are the first, and unverified ones are
/// reserved.
pub fn apply(user: &User, mut new: NewUser) -> NewUser {
    let texts = [
        (&user.external_id, &mut new.external_id),
        (&user.first_name, &mut new.first_name),
        (&user.last_name, &mut new.last_name),
        (&user.locale, &mut new.locale),
        (&user.timezone, &mut new.timezone),
        (&user.username, &mut new.username),
    ];
    let is_set = |text: &&Text| !text.trim().is_empty();
    for (from, to) in texts {
        if let Some(text) = from.as_ref().filter(is_set) {
            *to = Some(text.clone());
        }
    }
    let metadata = [
        (&user.public_metadata, &mut new.metadata.public),
        (&user.private_metadata, &mut new.metadata.private),
        (&user.unsafe_metadata, &mut new.metadata.r#unsafe),
    ];
    for (from, to) in metadata {
        if !from.is_empty() {
            to.clone_from(from);
        }
    }
    new.created_at = user.created_at.or(new.created_at);
    new.legal_accepted_at = user.legal_accepted_at.or(new.legal_accepted_at);
    new.create_organizations_limit =
        user.create_organizations_limit.and_then(|limit| limit.try_into().ok()).or(new.create_organizations_limit);
    new.delete_self_enabled = Some(user.delete_self_enabled);
    new.create_organization_enabled = Some(user.create_organization_enabled);
    // Omitted if false, because some plans reject these parameters.
    new.bypass_client_trust = user.bypass_client_trust.then_some(true).or(new.bypass_client_trust);
    new.banned = user.banned.then_some(true).or(new.banned);
    new.locked = user.locked.then_some(true).or(new.locked);

    let mut emails: Vec<_> = user.email_addresses.iter().collect();
    emails.sort_by_key(|email| email.id.is_none() || email.id != user.primary_email_address_id);
    for email in emails {
        new = if email.is_verified() {
            new.email_address(&email.email_address)
        } else {
            new.reserved_email_address(&email.email_address)
        };
    }
    let mut phones: Vec<_> = user.phone_numbers.iter().collect();
    phones.sort_by_key(|phone| phone.id.is_none() || phone.id != user.primary_phone_number_id);
    for phone in phones {
        new = if phone.is_verified() {
            new.phone_number(&phone.phone_number)
        } else {
            new.reserved_phone_number(&phone.phone_number)
        };
    }
    // Created wallets are verified, so unverified ones must not be created.
    let mut wallets: Vec<_> = user.web3_wallets.iter().filter(|wallet| wallet.is_verified()).collect();
    wallets.sort_by_key(|wallet| wallet.id.is_none() || wallet.id != user.primary_web3_wallet_id);
    for wallet in wallets {
        new = new.web3_wallet(&wallet.web3_wallet);
    }
    new
}

impl Mapping {
    /// Converts a user in the format of the API. Keys that are not part of this format, such as secrets, and the keys
    /// of `--map` are mapped to fields. The words of `--null` are replaced only in values that are not nested.
    pub(super) fn read_exported(&self, mut members: Members<'_>) -> Result<Row, Rejection> {
        self.replace_null_words(&mut members);
        let members = &members;
        let is_kept = |name: &str| !self.ignored.contains(&normalized(name));
        let is_mapped = |name: &str| self.renamed.contains_key(&normalized(name));
        let kept = || members.iter().filter(|(name, _)| is_kept(name)).cloned();
        let is_field = |name: &str, json| is_field(name) && has_type_of_field(name, json);
        // A user needs an id, which is not imported, so its id can also be mapped.
        let is_own = |name: &str, json| name == "id" || is_field(name, json) && !is_mapped(name);
        let own: Vec<_> = kept().filter(|(name, json)| is_own(name, json)).collect();
        let others: Vec<_> = kept().filter(|(name, json)| is_mapped(name) || !is_field(name, json)).collect();
        let mut metadata = own.iter().filter(|(name, _)| name.ends_with("_metadata"));
        let published = metadata.try_for_each(|(name, json)| match (Field::named(name), Value::of(json)) {
            (Some(field), Some(value)) => check_published(name, field, &value),
            _ => Ok(()),
        });
        let flag = |name: &str| {
            let (_, json) = own.iter().find(|(other, _)| other == name)?;
            serde_json::from_str(json.get()).ok()
        };
        let (banned, locked) = (flag("banned"), flag("locked"));
        let object = raw(&"user");
        let has_object = own.iter().any(|(name, _)| name == "object");
        let own = own.into_iter().chain((!has_object).then_some(("object".into(), &*object))).collect();
        let user: serde_json::Result<User> = serde_json::from_str(raw(&Object(own)).get());
        let user = user.map_err(|_| Rejection::new("malformed", "the row is not a valid user").param("id"))?;
        if let Some(name) = others.iter().find_map(|(name, _)| self.target_in(name, &user)) {
            let reason = format!("two keys map to {name}; use --ignore for one of them");
            return Err(Rejection::new("ambiguous_field", reason).param(name));
        }
        check_unit("created_at", user.created_at)?;
        check_unit("legal_accepted_at", user.legal_accepted_at)?;
        if !self.renamed.is_empty() || !self.ignored.is_empty() {
            // The names are recorded for `unused_names`.
            for (name, _) in members {
                self.resolve(name);
            }
        }
        let (emails, phones) = (self.base.emails.only_flag(), self.base.phones.only_flag());
        let credentials = self.base.credentials.clone();
        let mut draft = Draft { emails, phones, credentials, banned, locked, ..Draft::default() };
        draft.user = apply(&user, self.base.clone().finish(&self.rules)?.0);
        let rest = self.fill(&mut draft, &others);
        // Errors from skipped rows are ignored.
        let rest = published.and(rest);
        let (emails, phones) = (draft.emails.is_flagged_unverified(), draft.phones.is_flagged_unverified());
        let mut row = self.finish(draft, members, rest, |new| not_imported(&user, new))?;
        if let Row::User(candidate) = &mut row {
            let new = &mut candidate.new_user;
            new.email_addresses = merged(&new.email_addresses, emails, identifiers::email);
            new.phone_numbers = merged(&new.phone_numbers, phones, identifiers::phone);
        }
        Ok(row)
    }

    /// Returns the field that a name is mapped to, if the user has a value for it.
    fn target_in(&self, name: &str, user: &User) -> Option<&'static str> {
        let target = self.renamed.get(&normalized(name))?.field.name;
        let is_set = match target {
            "external_id" => user.external_id.is_some(),
            "first_name" => user.first_name.is_some(),
            "last_name" => user.last_name.is_some(),
            "username" => user.username.is_some(),
            "locale" => user.locale.is_some(),
            "timezone" => user.timezone.is_some(),
            "created_at" => user.created_at.is_some(),
            "legal_accepted_at" => user.legal_accepted_at.is_some(),
            "public_metadata" => !user.public_metadata.is_empty(),
            "private_metadata" => !user.private_metadata.is_empty(),
            "unsafe_metadata" => !user.unsafe_metadata.is_empty(),
            _ => false,
        };
        is_set.then_some(target)
    }
}

/// Returns identifiers without duplicates. An identifier with different statuses is reserved, as are all identifiers of a
/// row with a field such as `email_verified` that is `false` or empty.
fn merged(
    all: &[NewIdentifier],
    is_unverified: bool,
    normalize: fn(&str) -> Identifier<'static>,
) -> Vec<NewIdentifier> {
    let mut merged: Vec<NewIdentifier> = Vec::new();
    for identifier in all {
        let is_reserved = is_unverified || identifier.status() == IdentifierStatus::Reserved;
        let value = normalize(identifier.value());
        let known = merged.iter_mut().find(|other| normalize(other.value()) == value);
        let reserved = |identifier: &NewIdentifier| NewIdentifier::reserved(identifier.value().clone());
        match known {
            Some(known) if is_reserved => *known = reserved(known),
            Some(_) => {}
            None => merged.push(if is_reserved { reserved(identifier) } else { identifier.clone() }),
        }
    }
    merged
}

/// Rejects a time that is a number of seconds. The numbers of the API are milliseconds.
fn check_unit(name: &str, time: Option<Timestamp>) -> Result<(), Rejection> {
    if !time.is_some_and(times::is_in_seconds) {
        return Ok(());
    }
    let reason = format!("{name} must be a number of milliseconds, but is one of seconds");
    Err(Rejection::new("invalid_value", reason).param(name))
}

#[cfg(test)]
mod tests {
    use user_directory::model::{EmailAddress, PasswordDigest, PasswordHasher, Verification};

    use super::*;

    fn email(id: &str, address: &str, verified: bool) -> EmailAddress {
        let mut email = EmailAddress::new(address);
        email.id = Some(id.parse().unwrap());
        email.verification = verified.then(Verification::by_admin);
        email
    }

    #[test]
    fn every_field_of_a_user_is_known() {
        let serde_json::Value::Object(members) = serde_json::to_value(User::new("user_1".parse().unwrap())).unwrap()
        else {
            panic!("a user is an object")
        };
        for name in members.keys() {
            assert!(is_field(name), "{name}");
        }
    }

    #[test]
    fn apply_puts_the_primary_address_first_and_reserves_unverified_ones() {
        let mut user = User::new("user_1".parse().unwrap());
        user.email_addresses =
            vec![email("idn_1", "b@example.com", false), email("idn_2", "a@example.com", true)].into();
        user.primary_email_address_id = Some("idn_2".parse().unwrap());
        let new = apply(&user, NewUser::new());
        let emails: Vec<_> = new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect();
        assert_eq!(
            emails,
            [("a@example.com", IdentifierStatus::Verified), ("b@example.com", IdentifierStatus::Reserved)]
        );
        assert_eq!(not_imported(&user, &new), ["the status of unverified identifiers (reserved instead)"]);
    }

    #[test]
    fn apply_does_not_override_values_of_the_user_with_defaults() {
        let mut user = User::new("user_1".parse().unwrap());
        user.first_name = Some("Ada".into());
        user.banned = true;
        let new = apply(&user, NewUser::new().first_name("Default").locale("en-GB").skip_password_requirement(false));
        assert_eq!(new.first_name.as_deref(), Some("Ada"));
        assert_eq!(new.locale.as_deref(), Some("en-GB"));
        assert_eq!((new.banned, new.skip_password_requirement), (Some(true), Some(false)));
    }

    #[test]
    fn not_imported_lists_what_create_does_not_support() {
        let mut user = User::new("user_1".parse().unwrap());
        let new = NewUser::new();
        assert!(not_imported(&user, &new).is_empty());
        user.password_enabled = true;
        user.has_image = true;
        user.locked = true;
        user.lockout_expires_in_seconds = Some(60);
        user.last_sign_in_at = Some("2024-01-15T10:30:00Z".parse().unwrap());
        user.mfa_enabled_at = user.last_sign_in_at;
        user.email_addresses = vec![email("idn_1", "a@example.com", true)].into();
        let expected = [
            "passwords (the file has none)",
            "profile images",
            "the absence of a primary identifier (the first one becomes primary)",
            "times of the last sign-in and activity",
            "times at which two-factor authentication was enabled or disabled",
            "the end of a lock (a new lock starts)",
        ];
        assert_eq!(not_imported(&user, &apply(&user, new)), expected);
        let new = NewUser::new().password(PasswordDigest::new(PasswordHasher::Bcrypt, "x"));
        assert!(!not_imported(&user, &new).contains(&expected[0]));
    }
}
