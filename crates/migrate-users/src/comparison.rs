//! Compares the user of a row with an existing user, and updates the existing user.

use jiff::Timestamp;
use user_directory::model::{
    EmailAddress, EmailAddressReplacement, IdentifierStatus, NewIdentifier, PhoneNumber, PhoneNumberReplacement,
};
use user_directory::{Metadata, MetadataReplacement, NewUser, Patch, Result, Text, User, UserDirectory, UserUpdate};

use crate::identifiers;
use crate::mapping::Candidate;

/// Returns the fields that differ between the user of a row and an existing user. Fields that the row does not have are
/// equal, except `banned`. `locked` differs only if the row locks the user, because locks end by themselves.
/// `verification` differs if an email address or phone number is verified for the user, but not in the row.
pub fn differences(new: &NewUser, user: &User) -> Vec<&'static str> {
    let differs = |new: &Option<Text>, user: &Option<Text>| new.is_some() && new != user;
    let is_banned = new.banned == Some(true);
    // Times of users have a precision of milliseconds.
    let time_differs = |new: Option<Timestamp>, user: Option<Timestamp>| {
        new.is_some() && new.map(Timestamp::as_millisecond) != user.map(Timestamp::as_millisecond)
    };
    let flag_differs = |new: Option<bool>, user: bool| new.is_some_and(|new| new != user);
    let limit_differs =
        new.create_organizations_limit.is_some_and(|limit| user.create_organizations_limit != Some(limit.into()));
    [
        (differs(&new.external_id, &user.external_id), "external_id"),
        (differs(&new.first_name, &user.first_name), "first_name"),
        (differs(&new.last_name, &user.last_name), "last_name"),
        (differs(&new.username, &user.username), "username"),
        (differs(&new.locale, &user.locale), "locale"),
        (differs(&new.timezone, &user.timezone), "timezone"),
        (emails_differ(new, user), "email_address"),
        (phones_differ(new, user), "phone_number"),
        (unverified_identifiers(new, user).any(|is_verified| is_verified), "verification"),
        (metadata_differs(&new.metadata.public, &user.public_metadata), "public_metadata"),
        (metadata_differs(&new.metadata.private, &user.private_metadata), "private_metadata"),
        (metadata_differs(&new.metadata.r#unsafe, &user.unsafe_metadata), "unsafe_metadata"),
        (time_differs(new.created_at, user.created_at), "created_at"),
        (time_differs(new.legal_accepted_at, user.legal_accepted_at), "legal_accepted_at"),
        (flag_differs(new.delete_self_enabled, user.delete_self_enabled), "delete_self_enabled"),
        (
            flag_differs(new.create_organization_enabled, user.create_organization_enabled),
            "create_organization_enabled",
        ),
        (limit_differs, "create_organizations_limit"),
        (flag_differs(new.bypass_client_trust, user.bypass_client_trust), "bypass_client_trust"),
        (is_banned != user.banned, "banned"),
        (new.locked == Some(true) && !user.locked, "locked"),
        (wallets_differ(new, user), "web3_wallet"),
        (new.password.is_some() && !user.password_enabled, "password"),
        (new.totp_secret.is_some() && !user.totp_enabled, "totp_secret"),
        (!new.backup_codes.is_empty() && !user.backup_code_enabled, "backup_codes"),
    ]
    .into_iter()
    .filter_map(|(is_different, name)| is_different.then_some(name))
    .collect()
}

/// Returns whether the row has a password, a TOTP secret or backup codes. Directories do not return them, so they cannot
/// be compared.
pub fn has_secrets(new: &NewUser) -> bool {
    new.password.is_some() || new.totp_secret.is_some() || !new.backup_codes.is_empty()
}

/// Removes values that an import has dropped: the values of these parameters, but of identifiers only the unverified
/// ones.
pub fn remove_dropped(new: &mut NewUser, params: &[Text]) {
    let is_verified = |identifier: &NewIdentifier| identifier.status() == IdentifierStatus::Verified;
    for param in params {
        match param.as_str() {
            "first_name" => new.first_name = None,
            "last_name" => new.last_name = None,
            "locale" => new.locale = None,
            "timezone" => new.timezone = None,
            "username" => new.username = None,
            "email_address" => new.email_addresses.retain(is_verified),
            "phone_number" => new.phone_numbers.retain(is_verified),
            _ => {}
        }
    }
}

fn metadata_differs(new: &Metadata, user: &Metadata) -> bool {
    !new.is_empty() && new.compact() != user.compact()
}

/// Returns whether the existing user lacks an address of the row, or lacks its verification. Additional addresses of
/// the user are ignored.
fn emails_differ(new: &NewUser, user: &User) -> bool {
    new.email_addresses.iter().any(|email| {
        let is_verified = email.status() == IdentifierStatus::Verified;
        !user.email_addresses.iter().any(|other| {
            identifiers::email(&other.email_address) == identifiers::email(email.value())
                && (other.is_verified() || !is_verified)
        })
    })
}

fn phones_differ(new: &NewUser, user: &User) -> bool {
    new.phone_numbers.iter().any(|phone| {
        let is_verified = phone.status() == IdentifierStatus::Verified;
        !user
            .phone_numbers
            .iter()
            .any(|other| other.phone_number == *phone.value() && (other.is_verified() || !is_verified))
    })
}

/// Returns whether the row has an email address or phone number that is verified neither in the row nor for the
/// existing user.
pub fn has_unverified(new: &NewUser, user: &User) -> bool {
    unverified_identifiers(new, user).any(|is_verified| !is_verified)
}

/// Returns whether the user has an email address as verified.
pub fn has_verified_email(user: &User, email: &NewIdentifier) -> bool {
    let is_same = |other: &EmailAddress| identifiers::email(&other.email_address) == identifiers::email(email.value());
    user.email_addresses.iter().any(|other| other.is_verified() && is_same(other))
}

/// Returns for each email address and phone number that is not verified in the row whether it is verified for the
/// existing user.
fn unverified_identifiers(new: &NewUser, user: &User) -> impl Iterator<Item = bool> {
    let is_unverified = |identifier: &&NewIdentifier| identifier.status() != IdentifierStatus::Verified;
    let emails = new.email_addresses.iter().filter(is_unverified).map(move |email| has_verified_email(user, email));
    let phones = new.phone_numbers.iter().filter(is_unverified).map(move |phone| {
        let is_same = |other: &PhoneNumber| other.phone_number == *phone.value() && other.is_verified();
        user.phone_numbers.iter().any(is_same)
    });
    emails.chain(phones)
}

/// Returns whether the existing user lacks a wallet of the row.
fn wallets_differ(new: &NewUser, user: &User) -> bool {
    let has = |wallet: &Text| {
        user.web3_wallets.iter().any(|other| identifiers::wallet(&other.web3_wallet) == identifiers::wallet(wallet))
    };
    !new.web3_wallets.iter().all(has)
}

/// Updates an existing user to the values of the row. Passwords, TOTP secrets and backup codes cannot be compared, so
/// they are always updated. Returns the differences that were not applied.
///
/// An error can leave the user partly updated. Addresses are updated first, because another user may have them.
pub async fn update(directory: &dyn UserDirectory, user: &User, row: &Candidate) -> Result<Vec<&'static str>> {
    let (id, new) = (&user.id, &row.new_user);
    let different = differences(new, user);
    let mut unchanged = Vec::new();
    if different.contains(&"email_address") {
        match (&new.email_addresses[..], &user.email_addresses[..]) {
            // Replaces all addresses of the user, so the row and the user must have at most one.
            ([email], [] | [_]) => {
                let email = EmailAddressReplacement::new(email.value()).identification_status(email.status());
                directory.replace_email_address(id, &email).await?;
            }
            _ => unchanged.push("changes to email addresses, because the row or the user has several"),
        }
    }
    if different.contains(&"phone_number") {
        match (&new.phone_numbers[..], &user.phone_numbers[..]) {
            ([phone], [] | [_]) => {
                let phone = PhoneNumberReplacement::new(phone.value()).identification_status(phone.status());
                directory.replace_phone_number(id, &phone).await?;
            }
            _ => unchanged.push("changes to phone numbers, because the row or the user has several"),
        }
    }
    directory.update(id, &fields(new, &different)).await?;
    let mut replacement = MetadataReplacement::new();
    for name in different {
        match name {
            "public_metadata" => replacement = replacement.public(new.metadata.public.clone()),
            "private_metadata" => replacement = replacement.private(new.metadata.private.clone()),
            "unsafe_metadata" => replacement = replacement.r#unsafe(new.metadata.r#unsafe.clone()),
            "banned" if new.banned == Some(true) => drop(directory.ban(id).await?),
            "banned" if row.is_banned == Some(false) => drop(directory.unban(id).await?),
            "banned" => unchanged.push("the end of bans, because the rows do not state that the users are not banned"),
            "locked" => drop(directory.lock(id).await?),
            // The user may have verified the address or number after the import.
            "verification" => unchanged.push("the removal of verifications of email addresses and phone numbers"),
            "web3_wallet" => unchanged.push("changes to Web3 wallets"),
            _ => {}
        }
    }
    if replacement != MetadataReplacement::new() {
        directory.replace_metadata(id, &replacement).await?;
    }
    Ok(unchanged)
}

/// Returns the update of all fields that one request updates. Permissions are included only if they differ, because
/// some plans reject these parameters.
fn fields(new: &NewUser, different: &[&str]) -> UserUpdate {
    let mut update = UserUpdate::new();
    let texts = [
        (&new.external_id, &mut update.external_id),
        (&new.first_name, &mut update.first_name),
        (&new.last_name, &mut update.last_name),
        (&new.username, &mut update.username),
        (&new.locale, &mut update.locale),
        (&new.timezone, &mut update.timezone),
    ];
    for (text, patch) in texts {
        if let Some(text) = text {
            *patch = Patch::Set(text.clone());
        }
    }
    let flags = [
        ("delete_self_enabled", new.delete_self_enabled, &mut update.delete_self_enabled),
        ("create_organization_enabled", new.create_organization_enabled, &mut update.create_organization_enabled),
        ("bypass_client_trust", new.bypass_client_trust, &mut update.bypass_client_trust),
    ];
    for (name, flag, patch) in flags {
        if let Some(flag) = flag.filter(|_| different.contains(&name)) {
            *patch = Patch::Set(flag);
        }
    }
    if let Some(limit) = new.create_organizations_limit.filter(|_| different.contains(&"create_organizations_limit")) {
        update = update.create_organizations_limit(limit);
    }
    if let Some(accepted_at) = new.legal_accepted_at.filter(|_| different.contains(&"legal_accepted_at")) {
        update = update.legal_accepted_at(accepted_at);
    }
    if let Some(created_at) = new.created_at {
        update = update.created_at(created_at);
    }
    if let Some(password) = &new.password {
        update = update.password(password.clone());
        if new.skip_password_checks == Some(true) {
            update = update.skip_password_checks(true);
        }
    }
    if let Some(secret) = &new.totp_secret {
        update = update.totp_secret(secret.clone());
    }
    if !new.backup_codes.is_empty() {
        update = update.backup_codes(new.backup_codes.clone());
    }
    update
}
