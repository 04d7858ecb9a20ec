//! Truncation of timestamps to milliseconds, the precision of the API.

use jiff::Timestamp;

use crate::model::billing::{NextPayment, Subscription, SubscriptionItem};
pub(crate) use crate::model::lenient::to_millisecond;
use crate::model::{
    EnterpriseConnection, OrganizationInvitation, OrganizationMembership, TrustedDevice, User, Verification,
};

/// Truncates a timestamp to the start of the day in UTC, the precision of `last_active_at` in responses.
pub(crate) fn to_day(at: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(DAY)).unwrap_or(Timestamp::MIN)
}

/// Truncates the timestamps of a user, which can be more precise if they do not come from the API.
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
    truncate_optional(&mut user.last_active_at);
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
        truncate_connection(&mut account.saml_connection);
    }
    for account in &mut user.enterprise_accounts {
        truncate_optional(&mut account.last_authenticated_at);
        verification(&mut account.verification);
        truncate_connection(&mut account.enterprise_connection);
    }
}

fn truncate_connection(connection: &mut Option<EnterpriseConnection>) {
    if let Some(connection) = connection {
        truncate_all([&mut connection.created_at, &mut connection.updated_at]);
    }
}

/// Truncates the timestamps of a membership.
pub(crate) fn truncate_membership(membership: &mut OrganizationMembership) {
    truncate_all([&mut membership.created_at, &mut membership.updated_at]);
    let organization = &mut membership.organization;
    truncate_all([&mut organization.created_at, &mut organization.updated_at, &mut organization.last_active_at]);
}

/// Truncates the timestamps of an invitation.
pub(crate) fn truncate_invitation(invitation: &mut OrganizationInvitation) {
    truncate_all([&mut invitation.expires_at, &mut invitation.created_at, &mut invitation.updated_at]);
}

/// Truncates the timestamps of a trusted device.
pub(crate) fn truncate_trusted_device(device: &mut TrustedDevice) {
    truncate_all([&mut device.created_at, &mut device.updated_at, &mut device.last_used_at, &mut device.revoked_at]);
}

/// Truncates the timestamps of a subscription.
pub(crate) fn truncate_subscription(subscription: &mut Subscription) {
    truncate_all([
        &mut subscription.created_at,
        &mut subscription.updated_at,
        &mut subscription.active_at,
        &mut subscription.past_due_at,
    ]);
    truncate_next_payment(&mut subscription.next_payment);
    subscription.subscription_items.iter_mut().for_each(truncate_item);
}

fn truncate_item(item: &mut SubscriptionItem) {
    truncate_all([
        &mut item.period_start,
        &mut item.period_end,
        &mut item.canceled_at,
        &mut item.past_due_at,
        &mut item.ended_at,
        &mut item.created_at,
        &mut item.updated_at,
    ]);
    truncate_next_payment(&mut item.next_payment);
    if let Some(payer) = &mut item.payer {
        truncate_all([&mut payer.created_at, &mut payer.updated_at]);
    }
    if let Some(method) = &mut item.payment_method {
        truncate_all([&mut method.created_at, &mut method.updated_at]);
    }
}

fn truncate_next_payment(payment: &mut Option<NextPayment>) {
    if let Some(payment) = payment {
        truncate_optional(&mut payment.date);
    }
}

fn truncate_all<const N: usize>(all: [&mut Option<Timestamp>; N]) {
    all.into_iter().for_each(truncate_optional);
}

/// Truncates an optional timestamp.
pub(crate) fn truncate_optional(at: &mut Option<Timestamp>) {
    *at = at.map(to_millisecond);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_day_returns_the_start_of_the_day() {
        for (given, truncated) in [
            ("2026-05-12T23:59:59.999Z", "2026-05-12T00:00:00Z"),
            ("2026-05-12T00:00:00Z", "2026-05-12T00:00:00Z"),
            ("1969-12-31T00:00:01Z", "1969-12-31T00:00:00Z"),
        ] {
            assert_eq!(to_day(given.parse().unwrap()), truncated.parse().unwrap(), "{given}");
        }
        assert_eq!(to_day(Timestamp::MIN), Timestamp::MIN);
    }
}
