//! Random steps. Each step calls an operation or a seeding method with the same arguments in every directory.

use std::time::Duration;

use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    EmailAddressId, EmailAddressReplacement, IdentifierStatus, ImageId, InvitationQuery, InvitationStatus,
    PasswordDigest, PasswordHasher, PhoneNumberId, PhoneNumberReplacement, ProfileImage, TotpCode, Web3WalletId,
};
use user_directory::{
    MetadataReplacement, MetadataUpdate, NewUser, Operation, Page, Password, Sessions, UserDirectory as _, UserIdBatch,
    UserUpdate,
};

use crate::directories::Directories;
use crate::queries::{random_filter, random_query};
use crate::random::{
    BACKUP_CODES, EMAIL_ADDRESSES, EXTERNAL_IDS, NAMES, PHONE_NUMBERS, PROVIDERS, Random, TOTP_SECRETS, USERNAMES,
    WALLETS,
};
use crate::seeds;

/// A bcrypt digest of `correct horse battery` with the lowest cost.
const DIGEST: &str = "$2b$04$QkGr9D4uRl0BI25N/Qz.2ORAq5eyvXnCJxh9EdeuAOlHNzowx5Z0m";
const LOCALES: [&str; 4] = ["en-US", "de", "x", "not a locale"];
const TIMEZONES: [&str; 4] = ["Europe/London", "Etc/GMT+1", "UTC", "not a time zone"];
const STATUSES: [IdentifierStatus; 3] =
    [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified];

/// Makes one random call in all directories and compares the results.
pub async fn run(directories: &Directories, random: &mut Random<'_>) {
    match random.below(100) {
        0..=19 => create(directories, random).await,
        20..=29 => update(directories, random).await,
        30..=32 => directories.clock.advance(Duration::from_secs(random.number(0..=2))),
        33 => directories.clock.set(random.time()),
        34..=49 => seeds::seed(directories, random).await,
        50..=53 => seeds::load(directories, random).await,
        _ => {
            let operation = random.one(Operation::ALL);
            call(directories, random, operation).await;
        }
    }
}

async fn create(directories: &Directories, random: &mut Random<'_>) {
    let new = random_user(random);
    directories.agree(&("create", &new), async |directory| directory.create(&new).await).await;
}

fn random_user(random: &mut Random<'_>) -> NewUser {
    let mut new = NewUser::new();
    if let Some(address) = random.maybe_text(&EMAIL_ADDRESSES) {
        new = if random.bool() { new.email_address(address) } else { new.reserved_email_address(address) };
    }
    if random.chance(20) {
        new = new.email_address(random.text(&EMAIL_ADDRESSES));
    }
    if random.chance(30) {
        let number = random.text(&PHONE_NUMBERS);
        new = if random.bool() { new.phone_number(number) } else { new.reserved_phone_number(number) };
    }
    if random.chance(30) {
        new = new.web3_wallet(random.text(&WALLETS));
    }
    if random.chance(40) {
        new = new.username(random.text(&USERNAMES));
    }
    if random.chance(40) {
        new = new.external_id(random.text(&EXTERNAL_IDS));
    }
    new = new.first_name(random.maybe_text(&NAMES)).last_name(random.maybe_text(&NAMES));
    if random.chance(20) {
        new = new.created_at(random.time());
    }
    if random.chance(20) {
        new = new.password(digest());
    }
    if random.chance(20) {
        new = new.totp_secret(random.text(&TOTP_SECRETS));
    }
    if random.chance(20) {
        new = new.backup_codes(random.texts(&BACKUP_CODES, 3));
    }
    if random.chance(30) {
        new = new.public_metadata(random.metadata()).private_metadata(random.metadata());
    }
    if random.chance(20) {
        new = new.unsafe_metadata(random.metadata()).legal_accepted_at(random.time());
        new = new.locale(random.maybe_text(&LOCALES)).timezone(random.maybe_text(&TIMEZONES));
        new.create_organizations_limit = u32::try_from(random.any_number()).ok();
        new = new.create_organization_enabled(random.bool()).delete_self_enabled(random.bool());
        new = new.bypass_client_trust(random.bool());
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

async fn update(directories: &Directories, random: &mut Random<'_>) {
    let id = random.user_id();
    let mut update = UserUpdate::new();
    for _ in 0..=random.below(3) {
        update = match random.below(22) {
            0 => update.external_id(random.text(&EXTERNAL_IDS)),
            1 => update.clear_external_id(),
            2 => update.first_name(random.text(&NAMES)),
            3 => update.clear_first_name(),
            4 => update.last_name(random.text(&NAMES)),
            5 => update.username(random.text(&USERNAMES)),
            6 => update.clear_username(),
            7 => update.created_at(random.time()),
            8 => update.primary_email_address_id(random.id::<EmailAddressId>("idn")),
            9 => update.primary_phone_number_id(random.id::<PhoneNumberId>("idn")),
            10 => update.primary_web3_wallet_id(random.id::<Web3WalletId>("idn")),
            11 => update.clear_primary_email_address_id(),
            12 => update.totp_secret(random.text(&TOTP_SECRETS)),
            13 => update.clear_totp_secret(),
            14 => update.backup_codes(random.texts(&BACKUP_CODES, 3)),
            15 => update.password(digest()),
            16 => update.locale(random.text(&LOCALES)).timezone(random.text(&TIMEZONES)),
            17 => update.delete_self_enabled(random.bool()).create_organization_enabled(random.bool()),
            18 => update.legal_accepted_at(random.time()).bypass_client_trust(random.bool()),
            19 => update.create_organizations_limit(u32::try_from(random.any_number()).unwrap_or(7)),
            20 => update.clear_locale().clear_timezone().clear_last_name().clear_legal_accepted_at(),
            _ => update.profile_image_id(random.id::<ImageId>("img")),
        };
    }
    directories.agree(&("update", &id, &update), async |directory| directory.update(&id, &update).await).await;
}

/// Calls an operation with random arguments in all directories.
#[allow(clippy::too_many_lines, reason = "a few lines for each operation")]
async fn call(directories: &Directories, random: &mut Random<'_>, operation: Operation) {
    use Operation as Op;
    let id = &random.user_id();
    let what = &(operation, id);
    match operation {
        Op::List => {
            let filter = random_filter(random);
            let query = random_query(random, filter);
            directories.agree(&query, async |d| d.list(&query).await).await;
        }
        Op::Count => {
            let filter = random_filter(random);
            directories.agree(&filter, async |d| d.count(&filter).await).await;
        }
        Op::Create => create(directories, random).await,
        Op::Update => update(directories, random).await,
        Op::Get => directories.agree(what, async |d| d.get(id).await).await,
        Op::Delete => directories.agree(what, async |d| d.delete(id).await).await,
        Op::Ban => directories.agree(what, async |d| d.ban(id).await).await,
        Op::Unban => directories.agree(what, async |d| d.unban(id).await).await,
        Op::Lock => directories.agree(what, async |d| d.lock(id).await).await,
        Op::Unlock => directories.agree(what, async |d| d.unlock(id).await).await,
        Op::SetProfileImage => {
            let data = random.one::<&'static [u8]>(&[b"\x89PNG\r\n\x1a\n", b"GIF89a", b"text", b""]);
            let image = ProfileImage::new(data, random.text(&["image/png", "image/gif; a=b", "text"]));
            let image = image.named(random.text(&NAMES));
            directories.agree(&(what, &image), async |d| d.set_profile_image(id, &image).await).await;
        }
        Op::DeleteProfileImage => directories.agree(what, async |d| d.delete_profile_image(id).await).await,
        Op::UpdateMetadata => {
            let update = MetadataUpdate::new().public(random.metadata()).private(random.metadata());
            let update = update.r#unsafe(random.metadata());
            directories.agree(&(what, &update), async |d| d.update_metadata(id, &update).await).await;
        }
        Op::ReplaceMetadata => {
            let replacement = MetadataReplacement::new().private(random.metadata()).r#unsafe(random.metadata());
            directories.agree(&(what, &replacement), async |d| d.replace_metadata(id, &replacement).await).await;
        }
        Op::GetOAuthAccessToken => {
            let (provider, page) = (
                random.one(&PROVIDERS).parse().unwrap(),
                Page::new().limit(1 + u32::try_from(random.below(3)).unwrap()),
            );
            directories.agree(what, async |d| d.get_oauth_access_token(id, &provider, &page).await).await;
        }
        Op::GetOrganizationMemberships => {
            let page = Page::new().offset(random.number(0..=2));
            directories.agree(what, async |d| d.get_organization_memberships(id, &page).await).await;
        }
        Op::GetOrganizationInvitations => {
            let query = InvitationQuery::new().status(InvitationStatus::Pending);
            directories.agree(what, async |d| d.get_organization_invitations(id, &query).await).await;
        }
        Op::VerifyPassword => {
            let password = Password::new(if random.bool() { "correct horse battery" } else { "wrong" });
            directories.agree(what, async |d| d.verify_password(id, &password).await).await;
        }
        Op::VerifyTotp => {
            let code = TotpCode::new(random.text(&BACKUP_CODES));
            directories.agree(what, async |d| d.verify_totp(id, &code).await).await;
        }
        Op::DisableMfa => directories.agree(what, async |d| d.disable_mfa(id).await).await,
        Op::DeleteTotp => directories.agree(what, async |d| d.delete_totp(id).await).await,
        Op::DeleteBackupCodes => directories.agree(what, async |d| d.delete_backup_codes(id).await).await,
        Op::DeletePasskey => {
            let passkey = random.id("idn");
            directories.agree(&(what, &passkey), async |d| d.delete_passkey(id, &passkey).await).await;
        }
        Op::DeleteWeb3Wallet => {
            let wallet = random.id("idn");
            directories.agree(&(what, &wallet), async |d| d.delete_web3_wallet(id, &wallet).await).await;
        }
        Op::DeleteExternalAccount => {
            let account = random.id("eac");
            directories.agree(&(what, &account), async |d| d.delete_external_account(id, &account).await).await;
        }
        Op::BulkBan | Op::BulkUnban => {
            let mut ids = random.user_ids(4);
            ids.push(id.clone());
            let ids = UserIdBatch::new(ids).unwrap();
            if operation == Op::BulkBan {
                directories.agree(&ids, async |d| d.bulk_ban(&ids).await).await;
            } else {
                directories.agree(&ids, async |d| d.bulk_unban(&ids).await).await;
            }
        }
        Op::RemovePassword => directories.agree(what, async |d| d.remove_password(id, Sessions::Keep).await).await,
        Op::SetPasswordCompromised => {
            directories.agree(what, async |d| d.set_password_compromised(id, Sessions::Revoke).await).await;
        }
        Op::UnsetPasswordCompromised => {
            directories.agree(what, async |d| d.unset_password_compromised(id).await).await;
        }
        Op::ReplaceEmailAddress => {
            let replacement = EmailAddressReplacement::new(random.text(&EMAIL_ADDRESSES));
            let replacement = replacement.identification_status(random.one(&STATUSES));
            directories.agree(&(what, &replacement), async |d| d.replace_email_address(id, &replacement).await).await;
        }
        Op::ReplacePhoneNumber => {
            let replacement = PhoneNumberReplacement::new(random.text(&PHONE_NUMBERS));
            let replacement = replacement.identification_status(random.one(&STATUSES));
            directories.agree(&(what, &replacement), async |d| d.replace_phone_number(id, &replacement).await).await;
        }
        Op::ListTrustedDevices => directories.agree(what, async |d| d.list_trusted_devices(id).await).await,
        Op::RevokeTrustedDevice => {
            let device = random.id("tdv");
            directories.agree(&(what, &device), async |d| d.revoke_trusted_device(id, &device).await).await;
        }
        Op::GetBillingSubscription => directories.agree(what, async |d| d.get_billing_subscription(id).await).await,
        Op::GetBillingCreditBalance => {
            directories.agree(what, async |d| d.get_billing_credit_balance(id).await).await;
        }
        Op::AdjustBillingCreditBalance => {
            let (amount, key) = (random.any_number(), random.text(&["key-1", "key-2", "key-3"]));
            let mut adjustment = if random.bool() {
                CreditAdjustment::increase(amount, key)
            } else {
                CreditAdjustment::decrease(amount, key)
            };
            adjustment.currency = random.chance(20).then(|| random.text(&["usd", "EUR"]).into());
            adjustment.note = random.maybe_text(&NAMES).map(Into::into);
            directories
                .agree(&(what, &adjustment), async |d| d.adjust_billing_credit_balance(id, &adjustment).await)
                .await;
        }
        other => panic!("{other}: add a call of this operation"),
    }
}
