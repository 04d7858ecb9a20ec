//! Truncation of timestamps to milliseconds, the precision of the API.

use jiff::Timestamp;

pub(crate) use crate::model::lenient::to_millisecond;
use crate::model::{User, Verification};

/// Truncates a timestamp to the start of the day in UTC, the precision of `last_active_at`.
fn to_day(at: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(DAY)).unwrap_or(Timestamp::MIN)
}

/// Truncates the timestamps of a user, which are more precise if they do not come from the API.
pub(crate) fn truncate(user: &mut User) {
    let verification = |verification: &mut Option<Verification>| {
        if let Some(verification) = verification {
            truncate_optional(&mut verification.expire_at);
        }
    };
    truncate_optional(&mut user.mfa_enabled_at);
    truncate_optional(&mut user.mfa_disabled_at);
    truncate_optional(&mut user.password_last_updated_at);
    truncate_optional(&mut user.last_sign_in_at);
    user.last_active_at = user.last_active_at.map(to_day);
    truncate_optional(&mut user.legal_accepted_at);
    truncate_optional(&mut user.updated_at);
    truncate_optional(&mut user.created_at);
    for email in &mut user.email_addresses {
        truncate_optional(&mut email.created_at);
        truncate_optional(&mut email.updated_at);
        verification(&mut email.verification);
    }
    for phone in &mut user.phone_numbers {
        truncate_optional(&mut phone.created_at);
        truncate_optional(&mut phone.updated_at);
        verification(&mut phone.verification);
    }
    for wallet in &mut user.web3_wallets {
        truncate_optional(&mut wallet.created_at);
        truncate_optional(&mut wallet.updated_at);
        verification(&mut wallet.verification);
    }
    for passkey in &mut user.passkeys {
        truncate_optional(&mut passkey.last_used_at);
        verification(&mut passkey.verification);
    }
    for account in &mut user.external_accounts {
        truncate_optional(&mut account.created_at);
        truncate_optional(&mut account.updated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.saml_accounts {
        truncate_optional(&mut account.last_authenticated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.enterprise_accounts {
        truncate_optional(&mut account.last_authenticated_at);
        verification(&mut account.verification);
        if let Some(connection) = &mut account.enterprise_connection {
            truncate_optional(&mut connection.created_at);
            truncate_optional(&mut connection.updated_at);
        }
    }
}

/// Truncates an optional timestamp.
pub(crate) fn truncate_optional(at: &mut Option<Timestamp>) {
    *at = at.map(to_millisecond);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;

    #[test]
    fn last_active_at_has_the_precision_of_a_day() {
        for (given, truncated) in [
            ("2026-05-12T23:59:59.999Z", "2026-05-12T00:00:00Z"),
            ("2026-05-12T00:00:00Z", "2026-05-12T00:00:00Z"),
            ("1969-12-31T00:00:01Z", "1969-12-31T00:00:00Z"),
        ] {
            let mut user = User::new(UserId::new("user_1").unwrap());
            user.last_active_at = Some(given.parse().unwrap());
            user.last_sign_in_at = user.last_active_at;
            truncate(&mut user);
            assert_eq!(user.last_active_at, Some(truncated.parse().unwrap()), "{given}");
            assert_eq!(user.last_sign_in_at, Some(given.parse().unwrap()), "{given}");
        }
        assert_eq!(to_day(Timestamp::MIN), Timestamp::MIN);
    }
}
