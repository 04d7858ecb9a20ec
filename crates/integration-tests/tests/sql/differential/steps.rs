//! Random steps: one call of an operation or of a seeding method, with the same arguments for every directory.

use std::time::Duration;

use fastrand::Rng;
use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    EmailAddressId, EmailAddressReplacement, IdentifierStatus, ImageId, InvitationQuery, InvitationStatus,
    PasswordDigest, PasswordHasher, PhoneNumberId, PhoneNumberReplacement, ProfileImage, TotpCode, Web3WalletId,
};
use user_directory::{
    MetadataReplacement, MetadataUpdate, NewUser, Operation, Page, Password, Sessions, UserDirectory as _, UserFilter,
    UserId, UserIdBatch, UserQuery, UserUpdate,
};

use super::queries::{random_filter, random_query};
use super::random::{
    BACKUP_CODES, Choose as _, EMAIL_ADDRESSES, EXTERNAL_IDS, NAMES, PHONE_NUMBERS, PROVIDERS, TOTP_SECRETS, USERNAMES,
    WALLETS,
};
use super::seeds;
use super::worlds::Worlds;

/// A bcrypt digest of `correct horse battery`, with the lowest cost.
const DIGEST: &str = "$2b$04$QkGr9D4uRl0BI25N/Qz.2ORAq5eyvXnCJxh9EdeuAOlHNzowx5Z0m";
const STATUSES: [IdentifierStatus; 3] =
    [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified];

/// Makes one random call in all worlds and compares the results.
pub(super) async fn run(worlds: &Worlds, random: &mut Rng) {
    match random.u8(..100) {
        0..=19 => create(worlds, random).await,
        20..=29 => update(worlds, random).await,
        30..=33 => worlds.clock.advance(Duration::from_secs(random.u64(..3))),
        34..=49 => seeds::seed(worlds, random).await,
        50..=53 => seeds::load(worlds, random).await,
        _ => {
            let operation = random.one(Operation::ALL);
            call(worlds, random, operation).await;
        }
    }
}

async fn create(worlds: &Worlds, random: &mut Rng) {
    let new = random_user(random);
    worlds.agree(&("create", &new), async |directory| directory.create(&new).await).await;
}

fn random_user(random: &mut Rng) -> NewUser {
    let mut new = NewUser::new().skip_user_requirement(true);
    if let Some(address) = random.maybe(&EMAIL_ADDRESSES) {
        new = if random.bool() { new.email_address(address) } else { new.reserved_email_address(address) };
    }
    if random.chance(20) {
        new = new.email_address(random.one(&EMAIL_ADDRESSES));
    }
    if random.chance(30) {
        let number = random.one(&PHONE_NUMBERS);
        new = if random.bool() { new.phone_number(number) } else { new.reserved_phone_number(number) };
    }
    if random.chance(30) {
        new = new.web3_wallet(random.one(&WALLETS));
    }
    if random.chance(40) {
        new = new.username(random.one(&USERNAMES));
    }
    if random.chance(40) {
        new = new.external_id(random.one(&EXTERNAL_IDS));
    }
    new = new.first_name(random.maybe(&NAMES)).last_name(random.maybe(&NAMES));
    if random.chance(20) {
        new = new.created_at(random.time());
    }
    if random.chance(20) {
        new = new.password(digest());
    }
    if random.chance(20) {
        new = new.totp_secret(random.one(&TOTP_SECRETS));
    }
    if random.chance(20) {
        new = new.backup_codes(random.some(&BACKUP_CODES, 3));
    }
    if random.chance(30) {
        new = new.public_metadata(random.metadata()).private_metadata(random.metadata());
    }
    if random.chance(10) {
        new = new.banned(true);
    }
    if random.chance(10) {
        new = new.locked(true);
    }
    new
}

fn digest() -> PasswordDigest {
    PasswordDigest::new(PasswordHasher::Bcrypt, DIGEST)
}

async fn update(worlds: &Worlds, random: &mut Rng) {
    let id = random.user_id();
    let mut update = UserUpdate::new();
    for _ in 0..random.u8(1..4) {
        update = match random.u8(..18) {
            0 => update.external_id(random.one(&EXTERNAL_IDS)),
            1 => update.clear_external_id(),
            2 => update.first_name(random.one(&NAMES)),
            3 => update.clear_first_name(),
            4 => update.last_name(random.one(&NAMES)),
            5 => update.username(random.one(&USERNAMES)),
            6 => update.clear_username(),
            7 => update.created_at(random.time()),
            8 => update.primary_email_address_id(random.id::<EmailAddressId>("idn")),
            9 => update.primary_phone_number_id(random.id::<PhoneNumberId>("idn")),
            10 => update.primary_web3_wallet_id(random.id::<Web3WalletId>("idn")),
            11 => update.clear_primary_email_address_id(),
            12 => update.totp_secret(random.one(&TOTP_SECRETS)),
            13 => update.clear_totp_secret(),
            14 => update.backup_codes(random.some(&BACKUP_CODES, 3)),
            15 => update.password(digest()),
            16 => update.locale("en-US").timezone("Europe/London").delete_self_enabled(random.bool()),
            _ => update.profile_image_id(random.id::<ImageId>("img")),
        };
    }
    worlds.agree(&("update", &id, &update), async |directory| directory.update(&id, &update).await).await;
}

/// Calls an operation with random arguments.
#[allow(clippy::too_many_lines, reason = "a few lines for each operation")]
async fn call(worlds: &Worlds, random: &mut Rng, operation: Operation) {
    use Operation as Op;
    let id = &random.user_id();
    let what = &(operation, id);
    match operation {
        Op::List => {
            let filter = random_filter(random);
            let query = random_query(random, filter);
            worlds.agree(&query, async |d| d.list(&query).await).await;
        }
        Op::Count => {
            let filter = random_filter(random);
            worlds.agree(&filter, async |d| d.count(&filter).await).await;
        }
        Op::Create => create(worlds, random).await,
        Op::Update => update(worlds, random).await,
        Op::Get => worlds.agree(what, async |d| d.get(id).await).await,
        Op::Delete => worlds.agree(what, async |d| d.delete(id).await).await,
        Op::Ban => worlds.agree(what, async |d| d.ban(id).await).await,
        Op::Unban => worlds.agree(what, async |d| d.unban(id).await).await,
        Op::Lock => worlds.agree(what, async |d| d.lock(id).await).await,
        Op::Unlock => worlds.agree(what, async |d| d.unlock(id).await).await,
        Op::SetProfileImage => {
            let image = ProfileImage::new(b"\x89PNG\r\n\x1a\n".as_slice(), "image/png");
            worlds.agree(what, async |d| d.set_profile_image(id, &image).await).await;
        }
        Op::DeleteProfileImage => worlds.agree(what, async |d| d.delete_profile_image(id).await).await,
        Op::UpdateMetadata => {
            let update = MetadataUpdate::new().public(random.metadata()).r#unsafe(random.metadata());
            worlds.agree(&(what, &update), async |d| d.update_metadata(id, &update).await).await;
        }
        Op::ReplaceMetadata => {
            let replacement = MetadataReplacement::new().private(random.metadata());
            worlds.agree(&(what, &replacement), async |d| d.replace_metadata(id, &replacement).await).await;
        }
        Op::GetOAuthAccessToken => {
            let (provider, page) = (random.one(&PROVIDERS).parse().unwrap(), Page::new().limit(random.u32(1..4)));
            worlds.agree(what, async |d| d.get_oauth_access_token(id, &provider, &page).await).await;
        }
        Op::GetOrganizationMemberships => {
            let page = Page::new().offset(random.u64(..3));
            worlds.agree(what, async |d| d.get_organization_memberships(id, &page).await).await;
        }
        Op::GetOrganizationInvitations => {
            let query = InvitationQuery::new().status(InvitationStatus::Pending);
            worlds.agree(what, async |d| d.get_organization_invitations(id, &query).await).await;
        }
        Op::VerifyPassword => {
            let password = Password::new(if random.bool() { "correct horse battery" } else { "wrong" });
            worlds.agree(what, async |d| d.verify_password(id, &password).await).await;
        }
        Op::VerifyTotp => {
            let code = TotpCode::new(random.one(&BACKUP_CODES));
            worlds.agree(what, async |d| d.verify_totp(id, &code).await).await;
        }
        Op::DisableMfa => worlds.agree(what, async |d| d.disable_mfa(id).await).await,
        Op::DeleteTotp => worlds.agree(what, async |d| d.delete_totp(id).await).await,
        Op::DeleteBackupCodes => worlds.agree(what, async |d| d.delete_backup_codes(id).await).await,
        Op::DeletePasskey => {
            let passkey = random.id("idn");
            worlds.agree(&(what, &passkey), async |d| d.delete_passkey(id, &passkey).await).await;
        }
        Op::DeleteWeb3Wallet => {
            let wallet = random.id("idn");
            worlds.agree(&(what, &wallet), async |d| d.delete_web3_wallet(id, &wallet).await).await;
        }
        Op::DeleteExternalAccount => {
            let account = random.id("eac");
            worlds.agree(&(what, &account), async |d| d.delete_external_account(id, &account).await).await;
        }
        Op::BulkBan | Op::BulkUnban => {
            let mut ids = random.user_ids(4);
            ids.push(id.clone());
            let ids = UserIdBatch::new(ids).unwrap();
            if operation == Op::BulkBan {
                worlds.agree(&ids, async |d| d.bulk_ban(&ids).await).await;
            } else {
                worlds.agree(&ids, async |d| d.bulk_unban(&ids).await).await;
            }
        }
        Op::RemovePassword => worlds.agree(what, async |d| d.remove_password(id, Sessions::Keep).await).await,
        Op::SetPasswordCompromised => {
            worlds.agree(what, async |d| d.set_password_compromised(id, Sessions::Revoke).await).await;
        }
        Op::UnsetPasswordCompromised => {
            worlds.agree(what, async |d| d.unset_password_compromised(id).await).await;
        }
        Op::ReplaceEmailAddress => {
            let replacement = EmailAddressReplacement::new(random.one(&EMAIL_ADDRESSES));
            let replacement = replacement.identification_status(random.one(&STATUSES));
            worlds.agree(&(what, &replacement), async |d| d.replace_email_address(id, &replacement).await).await;
        }
        Op::ReplacePhoneNumber => {
            let replacement = PhoneNumberReplacement::new(random.one(&PHONE_NUMBERS));
            let replacement = replacement.identification_status(random.one(&STATUSES));
            worlds.agree(&(what, &replacement), async |d| d.replace_phone_number(id, &replacement).await).await;
        }
        Op::ListTrustedDevices => worlds.agree(what, async |d| d.list_trusted_devices(id).await).await,
        Op::RevokeTrustedDevice => {
            let device = random.id("tdv");
            worlds.agree(&(what, &device), async |d| d.revoke_trusted_device(id, &device).await).await;
        }
        Op::GetBillingSubscription => worlds.agree(what, async |d| d.get_billing_subscription(id).await).await,
        Op::GetBillingCreditBalance => {
            worlds.agree(what, async |d| d.get_billing_credit_balance(id).await).await;
        }
        Op::AdjustBillingCreditBalance => {
            let (amount, key) = (random.u64(1..3), random.one(&["key-1", "key-2", "key-3"]));
            let adjustment = if random.bool() {
                CreditAdjustment::increase(amount, key)
            } else {
                CreditAdjustment::decrease(amount, key)
            };
            worlds.agree(&(what, &adjustment), async |d| d.adjust_billing_credit_balance(id, &adjustment).await).await;
        }
        other => panic!("{other}: add a call of this operation"),
    }
}

/// Compares a random query, its number of matches, and the users themselves.
pub(super) async fn compare(worlds: &Worlds, random: &mut Rng) {
    let filter = random_filter(random);
    worlds.agree(&filter, async |directory| directory.count(&filter).await).await;
    let query = random_query(random, filter);
    worlds.agree(&query, async |directory| directory.list(&query).await).await;
}

/// Compares everything that the stores contain.
pub(super) async fn compare_all(worlds: &Worlds) {
    let all = UserQuery::from(UserFilter::new()).limit(500);
    worlds.agree(&"all users", async |directory| directory.list(&all).await).await;
    let ids: Vec<UserId> = (1..60).map(|n| format!("user_{n}").parse().unwrap()).collect();
    worlds
        .agree(&"all accounts", async |directory| {
            let mut accounts = directory.store().load(&ids).await?;
            accounts.sort_by_key(|account| account.sequence);
            Ok(accounts.iter().map(|account| account.account.clone()).collect::<Vec<_>>())
        })
        .await;
}
