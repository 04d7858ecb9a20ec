//! Converts an exported user to a new user, and lists fields that `create` does not support.

use user_directory::{NewUser, User};

/// Returns the fields of a user for which `create` has no parameter.
pub fn not_imported(user: &User) -> Vec<&'static str> {
    let is_unverified = |reserved: bool, verified: bool| !reserved && !verified;
    let unverified = user.email_addresses.iter().any(|email| is_unverified(email.reserved, email.is_verified()))
        || user.phone_numbers.iter().any(|phone| is_unverified(phone.reserved, phone.is_verified()));
    let has_accounts =
        [user.external_accounts.is_empty(), user.saml_accounts.is_empty(), user.enterprise_accounts.is_empty()]
            .contains(&false);
    [
        (user.password_enabled, "passwords (exports have none)"),
        (user.totp_enabled || user.backup_code_enabled, "authenticator apps and backup codes (exports have none)"),
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
    ]
    .into_iter()
    .filter_map(|(is_used, field)| is_used.then_some(field))
    .collect()
}

/// Converts an exported user: primary identifiers first, unverified ones reserved, and without the password
/// requirement, because exports contain no passwords.
pub fn apply(user: &User, mut new: NewUser) -> NewUser {
    let texts = [
        (&user.external_id, &mut new.external_id),
        (&user.first_name, &mut new.first_name),
        (&user.last_name, &mut new.last_name),
        (&user.locale, &mut new.locale),
        (&user.timezone, &mut new.timezone),
        (&user.username, &mut new.username),
    ];
    for (from, to) in texts {
        if from.is_some() {
            to.clone_from(from);
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
    new.skip_password_requirement = Some(new.skip_password_requirement.unwrap_or(true));

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

#[cfg(test)]
mod tests {
    use user_directory::model::{EmailAddress, IdentifierStatus, Verification};

    use super::*;

    fn email(id: &str, address: &str, verified: bool) -> EmailAddress {
        let mut email = EmailAddress::new(address);
        email.id = Some(id.parse().unwrap());
        email.verification = verified.then(Verification::by_admin);
        email
    }

    #[test]
    fn apply_puts_the_primary_address_first_and_reserves_unverified_ones() {
        let mut user = User::new("user_1".parse().unwrap());
        user.email_addresses = vec![email("idn_1", "b@example.com", false), email("idn_2", "a@example.com", true)];
        user.primary_email_address_id = Some("idn_2".parse().unwrap());
        let new = apply(&user, NewUser::new());
        let emails: Vec<_> = new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect();
        assert_eq!(
            emails,
            [("a@example.com", IdentifierStatus::Verified), ("b@example.com", IdentifierStatus::Reserved)]
        );
        assert_eq!(not_imported(&user), ["the status of unverified identifiers (reserved instead)"]);
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
    fn not_imported_lists_fields_that_create_does_not_support() {
        let mut user = User::new("user_1".parse().unwrap());
        assert!(not_imported(&user).is_empty());
        user.password_enabled = true;
        user.has_image = true;
        assert_eq!(not_imported(&user), ["passwords (exports have none)", "profile images"]);
    }
}
