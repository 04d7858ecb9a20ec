//! Passwords: policy, imported digests, verification, removal and compromised passwords.

use user_directory::model::{
    NewPassword, PasswordDigest, PasswordHasher, PasswordVerification, TotpCode, TotpVerification,
};
use user_directory::{
    ErrorKind, NewUser, Operation, Password, Sessions, User, UserDirectory, UserId, UserUpdate, codes,
};

use crate::support::{
    World, assert_not_found, assert_param_rejected, assert_rejected, at, start, unknown_user_id, user_id,
};

const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const GOOD: &str = "correct horse battery";

/// Digests of [`HASHED`] by other implementations (Python's passlib, argon2-cffi, hashlib, Werkzeug, Django and
/// `PyCryptodome`). The unit tests have more.
const DIGESTS: [(PasswordHasher, &str); 8] = [
    (
        PasswordHasher::Argon2id,
        "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs",
    ),
    (
        PasswordHasher::Argon2i,
        "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$+u3Ae3i3dDGUNVbG0gAropXbviHE8MmLzeOwOH2GLmI",
    ),
    (PasswordHasher::Bcrypt, "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2"),
    (
        PasswordHasher::Pbkdf2Sha256,
        "pbkdf2_sha256$1000$AAECAwQFBgcICQoLDA0ODw==$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ=",
    ),
    (
        PasswordHasher::ScryptWerkzeug,
        "scrypt:1024:8:1$seasalt$6fdbea39ed01e47661d9fd7443d44f37d38534fb666fe7b3a7960e96766c250d2f4392377aaf19b7b18532ea90e7cc42c5322f54bd5008bfcf4d7116afe44d1c",
    ),
    (
        PasswordHasher::ScryptFirebase,
        "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==$AAECAwQFBgcICQoLDA0ODw==$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==$Bw==$8$10",
    ),
    (PasswordHasher::Phpass, "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
    (PasswordHasher::Md5, "3cb4e732631f47e6eb961f34554b7cde"),
];
const HASHED: &str = "correct horse";

fn ada() -> NewUser {
    NewUser::new().email_address("ada@example.com")
}

async fn is(world: &World, id: &UserId, password: &str) -> bool {
    world.directory.verify_password(id, &Password::new(password)).await.unwrap().is_correct()
}

#[tokio::test]
async fn verify_password_returns_correct_or_incorrect() {
    let world = World::new();
    let user = world.create(ada().password(Password::new(GOOD))).await;
    assert!(user.password_enabled);
    assert_eq!(user.password_last_updated_at, Some(start()));
    for (password, expected) in [
        (GOOD, PasswordVerification::Correct),
        ("Correct horse battery", PasswordVerification::Incorrect),
        ("correct horse batter", PasswordVerification::Incorrect),
        ("", PasswordVerification::Incorrect),
    ] {
        let returned = world.directory.verify_password(&user.id, &Password::new(password)).await.unwrap();
        assert_eq!(returned, expected, "{password:?}");
    }
    assert_eq!(world.get(&user.id).await, user);
}

#[tokio::test]
async fn verify_password_and_verify_totp_accept_banned_and_locked_users() {
    let world = World::new();
    for (n, new) in [NewUser::new().banned(true), NewUser::new().locked(true)].into_iter().enumerate() {
        let new = new.username(format!("user{n}")).password(Password::new(GOOD)).backup_codes(["code"]);
        let id = world.create(new).await.id;
        assert!(is(&world, &id, GOOD).await && !is(&world, &id, "incorrect").await);
        let returned = world.directory.verify_totp(&id, &TotpCode::new("code")).await.unwrap();
        assert_eq!(returned, TotpVerification::BackupCode);
    }
}

#[tokio::test]
async fn verify_password_does_not_lock_after_failures() {
    let world = World::with(|settings| settings.max_verification_attempts(2));
    let user = world.create(ada().password(Password::new(GOOD))).await;
    for _ in 0..5 {
        assert!(!is(&world, &user.id, "incorrect").await);
    }
    assert!(!world.get(&user.id).await.locked);
    assert!(is(&world, &user.id, GOOD).await);
}

#[tokio::test]
async fn create_and_update_enforce_the_password_policy() {
    let world = World::with(|settings| settings.leaked_passwords(["password1"]));
    let ada = || ada().phone_number("+15550100001").web3_wallet(WALLET).username("ada_lovelace");
    for (password, code) in [
        ("", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
        ("1234567", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
        ("ééééééé", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
        ("password1", codes::FORM_PASSWORD_PWNED),
        ("ADA@example.com", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        ("+15550100001", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        ("ada_lovelace", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        (&WALLET.to_lowercase(), codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        (&"x".repeat(73), codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED),
        (&"é".repeat(37), codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED),
    ] {
        let result = world.directory.create(&ada().password(Password::new(password))).await;
        assert_param_rejected(result, Operation::Create, code, "password");
    }
    let before = world.create(ada().password(Password::new("éééééééé"))).await;
    for (password, code) in [
        ("1234567", codes::FORM_PASSWORD_LENGTH_TOO_SHORT),
        ("password1", codes::FORM_PASSWORD_PWNED),
        ("ADA_lovelace", codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
        (WALLET, codes::FORM_PASSWORD_MATCHES_IDENTIFIER),
    ] {
        let result = world.directory.update(&before.id, &UserUpdate::new().password(Password::new(password))).await;
        assert_param_rejected(result, Operation::Update, code, "password");
    }
    assert_eq!(world.get(&before.id).await, before);
    assert!(is(&world, &before.id, "éééééééé").await);
}

#[tokio::test]
async fn update_compares_password_with_the_new_username() {
    let world = World::new();
    let id = world.create(NewUser::new().username("ada_lovelace")).await.id;
    let update = UserUpdate::new().username("countess_ada").password(Password::new("countess_ada"));
    let result = world.directory.update(&id, &update).await;
    assert_param_rejected(result, Operation::Update, codes::FORM_PASSWORD_MATCHES_IDENTIFIER, "password");
    let update = UserUpdate::new().username("countess_ada").password(Password::new("ada_lovelace"));
    world.directory.update(&id, &update).await.unwrap();
    assert!(is(&world, &id, "ada_lovelace").await);
}

#[tokio::test]
async fn skip_password_checks_keeps_the_limit_of_72_bytes_in_create_and_update() {
    let world = World::new();
    let id = world.create(ada().password(Password::new("1")).skip_password_checks(true)).await.id;
    assert!(is(&world, &id, "1").await);
    let update = UserUpdate::new().password(Password::new("2")).skip_password_checks(true);
    world.directory.update(&id, &update).await.unwrap();
    assert!(is(&world, &id, "2").await && !is(&world, &id, "1").await);
    let long = UserUpdate::new().password(Password::new("x".repeat(73))).skip_password_checks(true);
    let result = world.directory.update(&id, &long).await;
    assert_param_rejected(result, Operation::Update, codes::FORM_PASSWORD_SIZE_IN_BYTES_EXCEEDED, "password");
    let longest = UserUpdate::new().password(Password::new("x".repeat(72)));
    world.directory.update(&id, &longest).await.unwrap();
    assert!(is(&world, &id, &"x".repeat(72)).await && !is(&world, &id, &"x".repeat(71)).await);
}

#[tokio::test]
async fn verify_password_supports_imported_digests() {
    let world = World::new();
    for (n, (hasher, digest)) in DIGESTS.into_iter().enumerate() {
        let password = || NewPassword::from(PasswordDigest::new(hasher.clone(), digest));
        let new = NewUser::new().email_address(format!("u{n}@example.com"));
        let created = world.create(new.clone().password(password())).await;
        assert!(created.password_enabled);
        assert!(is(&world, &created.id, HASHED).await, "{hasher:?}");
        assert!(!is(&world, &created.id, "correct horsE").await, "{hasher:?}");

        let update = UserUpdate::new().password(Password::new(GOOD));
        world.directory.update(&created.id, &update).await.unwrap();
        assert!(!is(&world, &created.id, HASHED).await, "{hasher:?}");
        world.directory.update(&created.id, &UserUpdate::new().password(password())).await.unwrap();
        assert!(is(&world, &created.id, HASHED).await, "{hasher:?}");
    }
}

#[tokio::test]
async fn create_and_update_reject_unknown_hashers_and_malformed_digests() {
    let world = World::new();
    let before = world.user("grace").await;
    let bcrypt = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    for (hasher, digest, code, param_name) in [
        (PasswordHasher::Other("rot13".into()), bcrypt, codes::FORM_PARAM_VALUE_INVALID, "password_hasher"),
        (PasswordHasher::Bcrypt, "", codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest"),
        (PasswordHasher::Bcrypt, "hunter22", codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest"),
        (PasswordHasher::Argon2id, bcrypt, codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest"),
        (PasswordHasher::Md5, "3cb4", codes::FORM_PASSWORD_DIGEST_INVALID, "password_digest"),
    ] {
        let digest = PasswordDigest::new(hasher, digest);
        let result = world.directory.create(&ada().password(digest.clone())).await;
        assert_param_rejected(result, Operation::Create, code, param_name);
        let result = world.directory.update(&before.id, &UserUpdate::new().password(digest)).await;
        assert_param_rejected(result, Operation::Update, code, param_name);
    }
    assert_eq!(world.all_users().await, [before]);
}

#[tokio::test]
async fn create_and_update_reject_digests_over_4096_bytes() {
    let world = World::new();
    let hash = "$d8a34b13f650968059e83be4fba755e7";
    let digest = |length: usize| {
        PasswordDigest::new(PasswordHasher::Md5Salted, format!("{}{hash}", "a".repeat(length - hash.len())))
    };
    let user = world.create(ada().password(digest(4096))).await;
    let update = |length| UserUpdate::new().password(digest(length));
    world.directory.update(&user.id, &update(4096)).await.unwrap();
    let grace = NewUser::new().email_address("grace@example.com").password(digest(4097));
    for error in [
        world.directory.create(&grace).await.unwrap_err(),
        world.directory.update(&user.id, &update(4097)).await.unwrap_err(),
    ] {
        assert!(error.is_invalid_input() && error.has_code(codes::FORM_PASSWORD_DIGEST_INVALID), "{error}");
    }
}

#[tokio::test]
async fn create_accepts_digests_that_verify_password_cannot_verify() {
    let world = World::with(|settings| settings.unknown_password_hashers(true));
    for (n, (hasher, digest)) in [
        (PasswordHasher::AwsCognito, "awscognito#us-east-1_abc#client#ada@example.com"),
        (PasswordHasher::HmacSha256Utf16B64, "c2FsdA=="),
        (PasswordHasher::Other("rot13".into()), "uhagre2"),
    ]
    .into_iter()
    .enumerate()
    {
        let new = NewUser::new().email_address(format!("u{n}@example.com"));
        let created = world.create(new.password(PasswordDigest::new(hasher, digest))).await;
        assert!(created.password_enabled);
        let error = world.directory.verify_password(&created.id, &Password::new(GOOD)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Configuration, Some(Operation::VerifyPassword)));
    }
}

#[tokio::test]
async fn verify_password_returns_incorrect_for_loaded_user() {
    let world = World::new();
    let mut user = User::new(user_id("user_loaded"));
    user.password_enabled = true;
    world.directory.load([user]).await.unwrap();
    assert!(!is(&world, &user_id("user_loaded"), GOOD).await);
    let update = UserUpdate::new().password(Password::new(GOOD));
    world.directory.update(&user_id("user_loaded"), &update).await.unwrap();
    assert!(is(&world, &user_id("user_loaded"), GOOD).await);
}

#[tokio::test]
async fn remove_password_is_idempotent() {
    let world = World::new();
    let id = world.create(ada().password(Password::new(GOOD))).await.id;
    world.tick();
    let user = world.directory.remove_password(&id, Sessions::Revoke).await.unwrap();
    assert!(!user.password_enabled);
    assert_eq!(user.password_last_updated_at, None);
    assert_eq!(user.updated_at, Some(at("2026-05-12T09:00:01Z")));
    let result = world.directory.verify_password(&id, &Password::new(GOOD)).await;
    let bad = (400, ErrorKind::InvalidInput);
    assert_rejected(result, Operation::VerifyPassword, bad, codes::NO_PASSWORD_SET, None);
    world.tick();
    assert_eq!(world.directory.remove_password(&id, Sessions::Keep).await.unwrap(), user);
    assert_not_found(
        world.directory.remove_password(&unknown_user_id(), Sessions::Keep).await,
        Operation::RemovePassword,
    );
}

#[tokio::test]
async fn set_password_compromised_lasts_until_unset_or_change_or_removal() {
    let world = World::new();
    let id = world.create(ada().password(Password::new(GOOD))).await.id;
    let set = async || world.directory.set_password_compromised(&id, Sessions::Keep).await.unwrap();
    assert_eq!(set().await.requires_password_reset, Some(true));
    // The password itself is unchanged.
    assert!(is(&world, &id, GOOD).await);
    let user = world.directory.unset_password_compromised(&id).await.unwrap();
    assert_eq!(user.requires_password_reset, Some(false));

    set().await;
    let update = UserUpdate::new().password(Password::new("another password"));
    assert_eq!(world.directory.update(&id, &update).await.unwrap().requires_password_reset, Some(false));
    set().await;
    let user = world.directory.remove_password(&id, Sessions::Keep).await.unwrap();
    assert_eq!(user.requires_password_reset, Some(false));
}

#[tokio::test]
async fn set_and_unset_password_compromised_require_a_password() {
    let world = World::new();
    let before = world.create(ada()).await;
    let bad = (400, ErrorKind::InvalidInput);
    let result = world.directory.set_password_compromised(&before.id, Sessions::Revoke).await;
    assert_rejected(result, Operation::SetPasswordCompromised, bad, codes::NO_PASSWORD_SET, None);
    let result = world.directory.unset_password_compromised(&before.id).await;
    assert_rejected(result, Operation::UnsetPasswordCompromised, bad, codes::NO_PASSWORD_SET, None);
    assert_eq!(world.get(&before.id).await, before);
    let result = world.directory.set_password_compromised(&unknown_user_id(), Sessions::Keep).await;
    assert_not_found(result, Operation::SetPasswordCompromised);
    let result = world.directory.unset_password_compromised(&unknown_user_id()).await;
    assert_not_found(result, Operation::UnsetPasswordCompromised);
}
