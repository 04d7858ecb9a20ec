//! Authenticator apps, backup codes and phone numbers as second factors.

use integration_tests::together::together;
use jiff::{SignedDuration, Timestamp};
use user_directory::model::{TotpCode, TotpVerification};
use user_directory::store_directory::totp_code;
use user_directory::{ErrorKind, NewUser, Operation, User, UserDirectory, UserId, UserUpdate, codes};

use crate::support::{World, assert_not_found, assert_rejected, at, start, unknown_user_id, user_id};

/// The secret of RFC 6238, appendix B, `12345678901234567890`, in base32.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// The times of the RFC and the last six of its eight digits.
const CODES: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn ada() -> NewUser {
    NewUser::new().email_address("ada@example.com")
}

async fn verify(world: &World, id: &UserId, code: &str) -> TotpVerification {
    world.directory.verify_totp(id, &TotpCode::new(code)).await.unwrap()
}

#[tokio::test]
async fn verify_totp_accepts_codes_of_rfc_6238() {
    let world = World::new();
    let user = world.create(ada().totp_secret(SECRET)).await;
    assert!(user.totp_enabled && user.two_factor_enabled && !user.backup_code_enabled);
    for (second, code) in CODES {
        world.clock.set(Timestamp::from_second(second).unwrap());
        assert_eq!(verify(&world, &user.id, code).await, TotpVerification::Totp, "{second}");
        // Unlike a backup code, a TOTP code can be used again.
        assert_eq!(verify(&world, &user.id, code).await, TotpVerification::Totp, "{second}");
    }
}

#[test]
fn totp_code_generates_codes_of_rfc_6238() {
    for (second, code) in CODES {
        let shown = totp_code(&SECRET.into(), Timestamp::from_second(second).unwrap()).unwrap();
        assert_eq!(shown.expose_secret(), code, "{second}");
    }
    for secret in ["", "not base32!", "12345678"] {
        let error = totp_code(&secret.into(), start()).unwrap_err();
        assert_eq!((error.kind(), error.param_name()), (ErrorKind::InvalidInput, Some("totp_secret")), "{secret:?}");
        assert!(!format!("{error:?}").contains("not base32!"));
    }
}

#[tokio::test]
async fn verify_totp_accepts_adjacent_time_steps_only() {
    let world = World::new();
    let id = world.create(ada().totp_secret(SECRET)).await.id;
    // The code is that of the time step from 1_111_111_080 to 1_111_111_109.
    for (second, expected) in [
        (1_111_111_049, TotpVerification::Incorrect),
        (1_111_111_050, TotpVerification::Totp),
        (1_111_111_080, TotpVerification::Totp),
        (1_111_111_109, TotpVerification::Totp),
        (1_111_111_139, TotpVerification::Totp),
        (1_111_111_140, TotpVerification::Incorrect),
    ] {
        world.clock.set(Timestamp::from_second(second).unwrap());
        assert_eq!(verify(&world, &id, "081804").await, expected, "{second}");
    }
}

#[tokio::test]
async fn verify_totp_returns_incorrect_for_malformed_codes() {
    let world = World::new();
    let before = world.create(ada().totp_secret(SECRET)).await;
    world.clock.set(Timestamp::from_second(59).unwrap());
    for code in ["", "28708", "2870820", "94287082", " 287082", "287 082", "28708２", "abcdef", "000000"] {
        assert_eq!(verify(&world, &before.id, code).await, TotpVerification::Incorrect, "{code:?}");
    }
    assert_eq!(world.get(&before.id).await.updated_at, before.updated_at);
}

#[tokio::test]
async fn verify_totp_accepts_a_backup_code_once() {
    let world = World::new();
    let id = world.create(ada().totp_secret(SECRET).backup_codes(["first", "second"])).await.id;
    assert_eq!(verify(&world, &id, "third").await, TotpVerification::Incorrect);
    assert_eq!(verify(&world, &id, "FIRST").await, TotpVerification::Incorrect);
    assert_eq!(verify(&world, &id, "first").await, TotpVerification::BackupCode);
    assert_eq!(verify(&world, &id, "first").await, TotpVerification::Incorrect);
    assert!(world.get(&id).await.backup_code_enabled);
    assert_eq!(verify(&world, &id, "second").await, TotpVerification::BackupCode);
    let user = world.get(&id).await;
    assert!(!user.backup_code_enabled && user.totp_enabled && user.two_factor_enabled);
}

#[tokio::test]
async fn verify_totp_accepts_a_hashed_backup_code_once() {
    let world = World::new();
    // The digest of `correct horse`.
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    let id = world.create(ada().totp_secret(SECRET).backup_codes([digest, "plain"])).await.id;
    assert_eq!(verify(&world, &id, digest).await, TotpVerification::Incorrect);
    assert_eq!(verify(&world, &id, "correct horse").await, TotpVerification::BackupCode);
    assert_eq!(verify(&world, &id, "correct horse").await, TotpVerification::Incorrect);
    assert_eq!(verify(&world, &id, "plain").await, TotpVerification::BackupCode);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn verify_totp_accepts_a_backup_code_once_under_concurrency() {
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    for (kept, typed) in [("one-time", "one-time"), (digest, "correct horse")] {
        let world = World::new();
        let id = world.create(ada().totp_secret(SECRET).backup_codes([kept, "other"])).await.id;
        let results = together(50, |_| {
            let (directory, id) = (world.directory.clone(), id.clone());
            async move { directory.verify_totp(&id, &TotpCode::new(typed)).await.unwrap() }
        });
        let mut won = 0;
        for result in results.await {
            match result {
                TotpVerification::BackupCode => won += 1,
                returned => assert_eq!(returned, TotpVerification::Incorrect),
            }
        }
        assert_eq!(won, 1, "{kept}");
        assert_eq!(verify(&world, &id, "other").await, TotpVerification::BackupCode);
    }
}

#[tokio::test]
async fn verify_totp_rejects_user_without_app_and_backup_codes() {
    let world = World::new();
    let id = world.create(ada()).await.id;
    let result = world.directory.verify_totp(&id, &TotpCode::new("287082")).await;
    let bad = (400, ErrorKind::InvalidInput);
    assert_rejected(result, Operation::VerifyTotp, bad, codes::TOTP_DISABLED, None);
    assert_not_found(world.directory.verify_totp(&unknown_user_id(), &TotpCode::new("1")).await, Operation::VerifyTotp);

    let only_codes = world.create(NewUser::new().username("grace").backup_codes(["code"])).await.id;
    assert_eq!(verify(&world, &only_codes, "code").await, TotpVerification::BackupCode);
    let result = world.directory.verify_totp(&only_codes, &TotpCode::new("code")).await;
    assert_rejected(result, Operation::VerifyTotp, bad, codes::TOTP_DISABLED, None);
}

#[tokio::test]
async fn verify_totp_returns_incorrect_for_loaded_user() {
    let world = World::new();
    let mut app = User::new(user_id("user_app"));
    (app.totp_enabled, app.two_factor_enabled) = (true, true);
    let mut backup = User::new(user_id("user_backup"));
    (backup.backup_code_enabled, backup.two_factor_enabled) = (true, true);
    world.directory.load([app.clone(), backup.clone()]).await.unwrap();
    for user in [app, backup] {
        assert_eq!(verify(&world, &user.id, "287082").await, TotpVerification::Incorrect);
        let now = world.get(&user.id).await;
        assert_eq!((now.totp_enabled, now.backup_code_enabled), (user.totp_enabled, user.backup_code_enabled));
    }
}

#[tokio::test]
async fn create_and_update_reject_totp_secret_that_is_not_base32() {
    let world = World::new();
    let bad = (422, ErrorKind::InvalidInput);
    let before = world.user("grace").await;
    for secret in ["", "not base32!", "GEZDGNBV1", "0189"] {
        let result = world.directory.create(&ada().totp_secret(secret)).await;
        assert_rejected(result, Operation::Create, bad, codes::INVALID_TOTP_SECRET, None);
        let result = world.directory.update(&before.id, &UserUpdate::new().totp_secret(secret)).await;
        assert_rejected(result, Operation::Update, bad, codes::INVALID_TOTP_SECRET, None);
    }
    assert_eq!(world.all_users().await, [before]);
}

#[tokio::test]
async fn update_sets_and_clears_totp_secret_and_backup_codes() {
    let world = World::new();
    let id = world.create(ada()).await.id;
    let update = async |update: UserUpdate| world.directory.update(&id, &update).await.unwrap();
    let user = update(UserUpdate::new().totp_secret(SECRET).backup_codes(["one"])).await;
    assert!(user.totp_enabled && user.backup_code_enabled && user.two_factor_enabled);
    world.clock.set(Timestamp::from_second(59).unwrap());
    assert_eq!(verify(&world, &id, "287082").await, TotpVerification::Totp);
    update(UserUpdate::new().backup_codes(["two"])).await;
    assert_eq!(verify(&world, &id, "one").await, TotpVerification::Incorrect);
    let user = update(UserUpdate::new().clear_totp_secret()).await;
    assert!(!user.totp_enabled && user.two_factor_enabled);
    assert_eq!(verify(&world, &id, "287082").await, TotpVerification::Incorrect);
    let user = update(UserUpdate::new().backup_codes([""; 0])).await;
    assert!(!user.backup_code_enabled && !user.two_factor_enabled);
}

#[tokio::test]
async fn mfa_timestamps_change_with_the_first_and_last_second_factor() {
    let world = World::new();
    let second = |n: i64| Some(start() + SignedDuration::from_secs(n));
    let user = world.create(ada().phone_number("+15550100001")).await;
    let id = &user.id;
    assert_eq!((user.mfa_enabled_at, user.mfa_disabled_at), (None, None));

    world.tick();
    world.directory.update(id, &UserUpdate::new().totp_secret(SECRET)).await.unwrap();
    world.tick();
    // Adding another second factor does not change the timestamps.
    let phone = user.primary_phone_number_id.clone().unwrap();
    world.directory.reserve_for_second_factor(id, &phone).await.unwrap();
    let now = world.get(id).await;
    assert_eq!((now.mfa_enabled_at, now.mfa_disabled_at), (second(1), None));
    assert_eq!(now.mfa_state().phone_numbers, ["+15550100001"]);
    assert!(now.phone_numbers[0].default_second_factor);

    world.tick();
    assert_eq!(world.directory.delete_totp(id).await.unwrap(), *id);
    let now = world.get(id).await;
    assert!(!now.totp_enabled && now.two_factor_enabled && now.mfa_state().is_enabled());
    assert_eq!((now.mfa_enabled_at, now.mfa_disabled_at), (second(1), None));

    world.tick();
    assert_eq!(world.directory.disable_mfa(id).await.unwrap(), *id);
    let now = world.get(id).await;
    assert!(!now.two_factor_enabled && !now.phone_numbers[0].reserved_for_second_factor);
    assert!(!now.phone_numbers[0].default_second_factor);
    assert_eq!((now.mfa_enabled_at, now.mfa_disabled_at), (second(1), second(4)));

    world.tick();
    world.directory.update(id, &UserUpdate::new().backup_codes(["code"])).await.unwrap();
    let now = world.get(id).await;
    assert_eq!((now.mfa_enabled_at, now.mfa_disabled_at), (second(5), second(4)));
    world.tick();
    // The backup code was the last second factor.
    assert_eq!(verify(&world, id, "code").await, TotpVerification::BackupCode);
    let now = world.get(id).await;
    assert_eq!((now.two_factor_enabled, now.mfa_disabled_at, now.updated_at), (false, second(6), second(6)));
}

#[tokio::test]
async fn update_that_replaces_second_factors_keeps_mfa_timestamps() {
    let world = World::new();
    let before = world.create(ada().totp_secret(SECRET)).await;
    world.tick();
    let update = UserUpdate::new().clear_totp_secret().backup_codes(["code"]);
    let user = world.directory.update(&before.id, &update).await.unwrap();
    assert!(user.two_factor_enabled && user.backup_code_enabled && !user.totp_enabled);
    assert_eq!((user.mfa_enabled_at, user.mfa_disabled_at), (before.mfa_enabled_at, None));
}

#[tokio::test]
async fn disable_mfa_removes_all_second_factors() {
    let world = World::new();
    let new = ada().phone_number("+15550100001").totp_secret(SECRET).backup_codes(["code"]);
    let user = world.create(new).await;
    world.directory.reserve_for_second_factor(&user.id, &user.primary_phone_number_id.clone().unwrap()).await.unwrap();
    world.directory.disable_mfa(&user.id).await.unwrap();
    let now = world.get(&user.id).await;
    assert!(!now.totp_enabled && !now.backup_code_enabled && !now.two_factor_enabled);
    assert!(!now.mfa_state().is_enabled());
    let bad = (400, ErrorKind::InvalidInput);
    for code in ["code", "287082"] {
        let result = world.directory.verify_totp(&user.id, &TotpCode::new(code)).await;
        assert_rejected(result, Operation::VerifyTotp, bad, codes::TOTP_DISABLED, None);
    }
}

#[tokio::test]
async fn delete_backup_codes_keeps_the_authenticator_app() {
    let world = World::new();
    let id = world.create(ada().totp_secret(SECRET).backup_codes(["code"])).await.id;
    assert_eq!(world.directory.delete_backup_codes(&id).await.unwrap(), id);
    let user = world.get(&id).await;
    assert!(!user.backup_code_enabled && user.totp_enabled && user.two_factor_enabled);
    assert_eq!(verify(&world, &id, "code").await, TotpVerification::Incorrect);
    world.clock.set(at("1970-01-01T00:00:59Z"));
    assert_eq!(verify(&world, &id, "287082").await, TotpVerification::Totp);
}

#[tokio::test]
async fn deleting_absent_second_factors_succeeds_and_keeps_mfa_timestamps() {
    let world = World::new();
    let id = world.create(ada()).await.id;
    world.directory.delete_totp(&id).await.unwrap();
    world.directory.delete_backup_codes(&id).await.unwrap();
    world.directory.disable_mfa(&id).await.unwrap();
    let user = world.get(&id).await;
    assert_eq!((user.mfa_enabled_at, user.mfa_disabled_at), (None, None));
    assert_not_found(world.directory.delete_totp(&unknown_user_id()).await, Operation::DeleteTotp);
    assert_not_found(world.directory.delete_backup_codes(&unknown_user_id()).await, Operation::DeleteBackupCodes);
    assert_not_found(world.directory.disable_mfa(&unknown_user_id()).await, Operation::DisableMfa);
}

#[tokio::test]
async fn update_of_other_fields_keeps_second_factors_of_loaded_user() {
    let world = World::new();
    let json = r#"[
        {"id":"user_flag","two_factor_enabled":true},
        {"id":"user_app","totp_enabled":true}
    ]"#;
    world.directory.load_json(json).await.unwrap();
    for id in ["user_flag", "user_app"] {
        let id = id.parse().unwrap();
        let before = world.directory.get(&id).await.unwrap();
        let after = world.directory.update(&id, &UserUpdate::new().first_name("Ada")).await.unwrap();
        let shown = |user: &User| (user.two_factor_enabled, user.mfa_state());
        assert_eq!(shown(&after), shown(&before));
    }
}
