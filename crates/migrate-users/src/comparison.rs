//! Compares the user of a row with an existing user, and updates the existing user.

use user_directory::model::{EmailAddressReplacement, IdentifierStatus, PhoneNumberReplacement};
use user_directory::{
    Metadata, MetadataReplacement, NewUser, Patch, Result, Text, User, UserDirectory, UserId, UserUpdate,
};

use crate::identifiers;

/// Returns the fields that differ between the user of a row and an existing user. Fields that the row does not have are
/// equal, except `banned`.
pub fn differences(new: &NewUser, user: &User) -> Vec<&'static str> {
    let differs = |new: &Option<Text>, user: &Option<Text>| new.is_some() && new != user;
    let is_banned = new.banned == Some(true);
    // Times of users have a precision of milliseconds.
    let milliseconds = |time: Option<jiff::Timestamp>| time.map(jiff::Timestamp::as_millisecond);
    [
        (differs(&new.external_id, &user.external_id), "external_id"),
        (differs(&new.first_name, &user.first_name), "first_name"),
        (differs(&new.last_name, &user.last_name), "last_name"),
        (differs(&new.username, &user.username), "username"),
        (differs(&new.locale, &user.locale), "locale"),
        (differs(&new.timezone, &user.timezone), "timezone"),
        (emails_differ(new, user), "email_address"),
        (phones_differ(new, user), "phone_number"),
        (metadata_differs(&new.metadata.public, &user.public_metadata), "public_metadata"),
        (metadata_differs(&new.metadata.private, &user.private_metadata), "private_metadata"),
        (metadata_differs(&new.metadata.r#unsafe, &user.unsafe_metadata), "unsafe_metadata"),
        (new.created_at.is_some() && milliseconds(new.created_at) != milliseconds(user.created_at), "created_at"),
        (is_banned != user.banned, "banned"),
        (new.password.is_some() && !user.password_enabled, "password"),
        (new.totp_secret.is_some() && !user.totp_enabled, "totp_secret"),
        (!new.backup_codes.is_empty() && !user.backup_code_enabled, "backup_codes"),
    ]
    .into_iter()
    .filter_map(|(is_different, name)| is_different.then_some(name))
    .collect()
}

fn metadata_differs(new: &Metadata, user: &Metadata) -> bool {
    !new.is_empty() && new.compact() != user.compact()
}

/// Returns whether the existing user lacks an address of the row, or lacks its verification. Additional addresses of
/// the user are ignored, and so are addresses that were verified after the import.
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

/// Updates an existing user to the values of the row. Passwords, TOTP secrets and backup codes cannot be compared, so
/// they are always updated. Returns the differences that were not applied.
pub async fn update(directory: &dyn UserDirectory, user: &User, new: &NewUser) -> Result<Vec<&'static str>> {
    let (id, different) = (&user.id, differences(new, user));
    let mut unchanged = Vec::new();
    update_fields(directory, id, new).await?;
    let mut replacement = MetadataReplacement::new();
    for name in &different {
        match *name {
            "public_metadata" => replacement = replacement.public(new.metadata.public.clone()),
            "private_metadata" => replacement = replacement.private(new.metadata.private.clone()),
            "unsafe_metadata" => replacement = replacement.r#unsafe(new.metadata.r#unsafe.clone()),
            "banned" if new.banned == Some(true) => drop(directory.ban(id).await?),
            "banned" => drop(directory.unban(id).await?),
            "email_address" => match (&new.email_addresses[..], &user.email_addresses[..]) {
                // Replaces all addresses of the user, so the row and the user must have at most one.
                ([email], [] | [_]) => {
                    let email = EmailAddressReplacement::new(email.value()).identification_status(email.status());
                    directory.replace_email_address(id, &email).await?;
                }
                _ => unchanged.push("changes of several email addresses"),
            },
            "phone_number" => match (&new.phone_numbers[..], &user.phone_numbers[..]) {
                ([phone], [] | [_]) => {
                    let phone = PhoneNumberReplacement::new(phone.value()).identification_status(phone.status());
                    directory.replace_phone_number(id, &phone).await?;
                }
                _ => unchanged.push("changes of several phone numbers"),
            },
            _ => {}
        }
    }
    if replacement != MetadataReplacement::new() {
        directory.replace_metadata(id, &replacement).await?;
    }
    Ok(unchanged)
}

async fn update_fields(directory: &dyn UserDirectory, id: &UserId, new: &NewUser) -> Result<()> {
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
    directory.update(id, &update).await.map(drop)
}
