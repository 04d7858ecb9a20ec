//! Tests that a failed rule neither changes the account nor generates an id.

use super::*;
use crate::model::billing::CreditAdjustment;
use crate::model::{
    EmailAddressReplacement, MetadataReplacement, MetadataUpdate, PhoneNumberReplacement, ProfileImage, UserUpdate,
};
use crate::rules::{
    IdGenerator, billing, contacts, images, metadata as metadata_rules, passwords, resources, seed, update,
};

/// The name of a rule, and a call that fails.
type Rejected = (&'static str, fn(&mut Account, Context<'_>) -> Result<()>);

fn nobody() -> TakenIdentifiers {
    TakenIdentifiers::new()
}

fn large() -> Metadata {
    metadata(&format!(r#"{{"a":"{}"}}"#, "x".repeat(8192)))
}

fn check_and_apply(account: &mut Account, update: &UserUpdate, context: Context<'_>) -> Result<()> {
    update::check(account, update, &nobody(), context)?;
    update::apply(account, update, None, context);
    Ok(())
}

/// Calls that fail for every account.
const FOR_EVERY_ACCOUNT: &[Rejected] = &[
    ("update", |account, context| {
        check_and_apply(account, &UserUpdate::new().first_name("Grace").locale("-"), context)
    }),
    ("update_metadata", |account, context| {
        let update = MetadataUpdate::new().public(metadata(r#"{"a":1}"#)).private(large());
        metadata_rules::update_metadata(account, &update, context)
    }),
    ("replace_metadata", |account, context| {
        let replacement = MetadataReplacement::new().public(metadata("{}")).r#unsafe(large());
        metadata_rules::replace_metadata(account, &replacement, context)
    }),
    ("replace_email_address", |account, context| {
        let replacement = EmailAddressReplacement::new("invalid");
        contacts::replace_email_address(account, &replacement, &nobody(), context).map(drop)
    }),
    ("replace_phone_number", |account, context| {
        let taken = taken(&[(IdentifierKind::PhoneNumber, "+15555550199")]);
        let replacement = PhoneNumberReplacement::new("+15555550199");
        contacts::replace_phone_number(account, &replacement, &taken, context).map(drop)
    }),
    ("delete_passkey", |account, context| contacts::delete_passkey(account, &id("idn_9"), context).map(drop)),
    ("delete_web3_wallet", |account, context| contacts::delete_web3_wallet(account, &id("idn_9"), context).map(drop)),
    ("delete_external_account", |account, context| {
        contacts::delete_external_account(account, &id("eac_9"), context).map(drop)
    }),
    ("set_profile_image", |account, context| {
        images::set_profile_image(account, &ProfileImage::new(&b"text"[..], "image/png"), context)
    }),
    ("revoke_trusted_device", |account, context| {
        resources::revoke_trusted_device(account, &id("td_9"), context).map(drop)
    }),
    ("adjust_billing_credit_balance", |account, context| {
        billing::adjust_credit(account, &CreditAdjustment::decrease(501, "key"), context).map(drop)
    }),
    ("set_web3_wallet_verification", |account, _| {
        seed::set_web3_wallet_verification(account, &id("idn_9"), Some(Verification::by_admin()))
    }),
    ("reserve_for_second_factor", |account, context| seed::reserve_for_second_factor(account, &id("idn_9"), context)),
];

/// Calls that fail because of the data in [`full_account`].
const FOR_FULL_ACCOUNT: &[Rejected] = &[
    ("replace_email_address", |account, context| {
        // An address is linked to an external account.
        let replacement = EmailAddressReplacement::new("grace@example.com");
        contacts::replace_email_address(account, &replacement, &nobody(), context).map(drop)
    }),
    ("adjust_billing_credit_balance", |account, context| {
        let adjustment = CreditAdjustment::increase(1, "key").currency("EUR");
        billing::adjust_credit(account, &adjustment, context).map(drop)
    }),
    ("add_passkey", |account, context| {
        let passkey = account.user.passkeys[0].clone();
        seed::add_passkey(account, passkey, context).map(drop)
    }),
    ("add_external_account", |account, context| {
        let external = account.user.external_accounts[0].clone();
        seed::add_external_account(account, external, context)
    }),
    ("add_organization_membership", |account, _| {
        let membership = account.resources.as_ref().unwrap().memberships[0].clone();
        seed::add_organization_membership(account, membership)
    }),
    ("add_organization_membership", |account, _| {
        let mut membership = account.resources.as_ref().unwrap().memberships[0].clone();
        membership.id = id("orgmem_9");
        seed::add_organization_membership(account, membership)
    }),
    ("add_organization_invitation", |account, context| {
        let invitation = account.resources.as_ref().unwrap().invitations[0].clone();
        seed::add_organization_invitation(account, invitation, context)
    }),
    ("add_organization_invitation", |account, context| {
        let mut invitation = OrganizationInvitation::new(id("orginv_9"), "ada@example.com", "org:member");
        invitation.organization_id = Some(id("org_1"));
        seed::add_organization_invitation(account, invitation, context)
    }),
    ("add_trusted_device", |account, _| {
        let device = account.resources.as_ref().unwrap().trusted_devices[0].clone();
        seed::add_trusted_device(account, device)
    }),
];

/// Calls that fail because data is missing from [`empty_account`].
const FOR_EMPTY_ACCOUNT: &[Rejected] =
    &[("set_password_compromised", |account, context| passwords::set_password_compromised(account, true, context))];

#[track_caller]
fn assert_unchanged(rules: &[Rejected], account: fn() -> Account) {
    for (name, rule) in rules {
        let instance = Instance::default();
        let mut changed = account();
        assert!(rule(&mut changed, instance.context()).is_err(), "{name}");
        assert_eq!(changed, account(), "{name}");
        assert_eq!(instance.context().ids.next_id("idn"), SequentialIds::default().next_id("idn"), "{name}");
    }
}

#[test]
fn rejected_changes_leave_the_account_unchanged() {
    assert_unchanged(FOR_EVERY_ACCOUNT, full_account);
    assert_unchanged(FOR_EVERY_ACCOUNT, empty_account);
    assert_unchanged(FOR_FULL_ACCOUNT, full_account);
    assert_unchanged(FOR_EMPTY_ACCOUNT, empty_account);
}
