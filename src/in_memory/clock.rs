//! Times with milliseconds, and the directory as a clock.

use jiff::Timestamp;

use super::InMemoryUserDirectory;
use crate::model::{User, Verification};
use crate::time::Clock;

/// The time of the directory's clock, plus what the directory was [advanced](Self::advance_clock) by.
impl Clock for InMemoryUserDirectory {
    fn now(&self) -> Timestamp {
        self.now()
    }
}

/// The times that the API knows have milliseconds.
pub(super) fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Cuts a user's times off to the millisecond: who is loaded may come from code, or from dates in text.
pub(super) fn cut_off(user: &mut User) {
    let verification = |verification: &mut Option<Verification>| {
        if let Some(verification) = verification {
            cut(&mut verification.expire_at);
        }
    };
    cut(&mut user.mfa_enabled_at);
    cut(&mut user.mfa_disabled_at);
    cut(&mut user.password_last_updated_at);
    cut(&mut user.last_sign_in_at);
    cut(&mut user.last_active_at);
    cut(&mut user.legal_accepted_at);
    cut(&mut user.updated_at);
    cut(&mut user.created_at);
    for email in &mut user.email_addresses {
        cut(&mut email.created_at);
        cut(&mut email.updated_at);
        verification(&mut email.verification);
    }
    for phone in &mut user.phone_numbers {
        cut(&mut phone.created_at);
        cut(&mut phone.updated_at);
        verification(&mut phone.verification);
    }
    for wallet in &mut user.web3_wallets {
        cut(&mut wallet.created_at);
        cut(&mut wallet.updated_at);
        verification(&mut wallet.verification);
    }
    for passkey in &mut user.passkeys {
        cut(&mut passkey.last_used_at);
        verification(&mut passkey.verification);
    }
    for account in &mut user.external_accounts {
        cut(&mut account.created_at);
        cut(&mut account.updated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.saml_accounts {
        cut(&mut account.last_authenticated_at);
        verification(&mut account.verification);
    }
    for account in &mut user.enterprise_accounts {
        cut(&mut account.last_authenticated_at);
        verification(&mut account.verification);
        if let Some(connection) = &mut account.enterprise_connection {
            cut(&mut connection.created_at);
            cut(&mut connection.updated_at);
        }
    }
}

/// Cuts one time off to the millisecond.
pub(super) fn cut(at: &mut Option<Timestamp>) {
    *at = at.map(to_the_millisecond);
}
