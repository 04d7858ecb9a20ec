//! Tests for passwords.

use super::check::{Outcome, ensure, ensure_eq, expect_error, expect_invalid, expect_invalid_param};
use super::context::Context;
use crate::error::{ErrorKind, codes};
use crate::model::{
    Password, PasswordDigest, PasswordHasher, PasswordVerification, Sessions, User, UserId, UserUpdate,
};
use crate::operation::Operation;

use PasswordVerification::{Correct, Incorrect};

behaviors! {
    Create: create_enables_password_if_given, create_rejects_too_short_password, create_rejects_too_long_password,
        create_accepts_short_password_if_checks_are_skipped, create_rejects_malformed_password_digest;
    Update: update_changes_password, update_adds_password, update_sets_password_digest,
        update_keeps_password_that_is_not_given, update_keeps_password_when_new_one_is_rejected,
        update_accepts_short_password_if_checks_are_skipped;
    VerifyPassword: verify_password_returns_correct_for_right_password,
        verify_password_returns_incorrect_for_wrong_password, verify_password_returns_incorrect_for_empty_password,
        verify_password_is_case_sensitive, verify_password_supports_any_script,
        verify_password_fails_for_user_without_password, verify_password_returns_incorrect_for_password_of_other_user,
        verify_password_supports_bcrypt_digest, verify_password_supports_argon2_digest,
        verify_password_supports_sha256_digest, verify_password_works_for_banned_user,
        verify_password_works_for_locked_user, verify_password_changes_nothing;
    RemovePassword: remove_password_removes_the_password, remove_password_accepts_user_without_password,
        remove_password_accepts_both_session_options;
    SetPasswordCompromised: set_password_compromised_requires_password_reset,
        set_password_compromised_fails_without_password, set_password_compromised_keeps_password;
    UnsetPasswordCompromised: unset_password_compromised_clears_required_reset,
        unset_password_compromised_fails_without_password;
}

const PASSWORD: &str = "correct horse battery staple";

fn password() -> Password {
    Password::new(PASSWORD)
}

/// Creates a user with [`PASSWORD`].
async fn user(context: &Context<'_>) -> Outcome<User> {
    context.seed_user(context.new_user().password(password())).await
}

/// Fails unless `verify_password` returns `expected`.
async fn expect(context: &Context<'_>, id: &UserId, password: &str, expected: PasswordVerification) -> Outcome {
    let found = context.directory().verify_password(id, &Password::new(password)).await?;
    ensure_eq!(found, expected, "the result of `verify_password`");
    Ok(())
}

/// Checks that `create` sets `password_enabled` if and only if a password is given.
pub async fn create_enables_password_if_given(context: &Context<'_>) -> Outcome {
    ensure!(user(context).await?.password_enabled, "`password_enabled` is false for a user with a password");
    ensure!(
        !context.create(context.new_user()).await?.password_enabled,
        "`password_enabled` is true for a user without a password"
    );
    Ok(())
}

/// Checks that `create` rejects a password of three characters.
pub async fn create_rejects_too_short_password(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(Password::new("x7!"));
    let result = context.try_create(&new).await;
    expect_invalid(result, Operation::Create, codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password"), &new)
}

/// Checks that `create` rejects a password of 3,000 characters.
pub async fn create_rejects_too_long_password(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(Password::new("x7!".repeat(1_000)));
    expect_invalid_param(context.try_create(&new).await, Operation::Create, "password", &new)
}

/// Checks that `create` accepts a short password if `skip_password_checks` is set.
pub async fn create_accepts_short_password_if_checks_are_skipped(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(Password::new("x7!")).skip_password_checks(true);
    expect(context, &context.create(new).await?.id, "x7!", Correct).await
}

/// Checks that `create` rejects a password digest that is not valid for its hasher.
pub async fn create_rejects_malformed_password_digest(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(PasswordDigest::new(PasswordHasher::Bcrypt, "not a digest"));
    let code = codes::FORM_PASSWORD_DIGEST_INVALID;
    expect_invalid(context.try_create(&new).await, Operation::Create, code, Some("password_digest"), &new)
}

/// Checks that `update` replaces the password.
pub async fn update_changes_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().password(Password::new("another horse battery"))).await?;
    expect(context, &id, PASSWORD, Incorrect).await?;
    expect(context, &id, "another horse battery", Correct).await
}

/// Checks that `update` adds a password to a user who has none.
pub async fn update_adds_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().password(password())).await?;
    ensure!(user.password_enabled, "the user has no password");
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `update` replaces the password with a digest.
pub async fn update_sets_password_digest(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let digest = PasswordDigest::new(PasswordHasher::Bcrypt, BCRYPT);
    context.directory().update(&id, &UserUpdate::new().password(digest)).await?;
    expect(context, &id, PASSWORD, Incorrect).await?;
    expect(context, &id, DIGESTED, Correct).await
}

/// Checks that `update` keeps the password if none is given.
pub async fn update_keeps_password_that_is_not_given(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `update` keeps the password and all other fields when the new password is rejected.
pub async fn update_keeps_password_when_new_one_is_rejected(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    let update = UserUpdate::new().first_name("Ada").password(Password::new("x7!"));
    let result = context.directory().update(&user.id, &update).await;
    expect_invalid(result, Operation::Update, codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password"), &update)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected update");
    expect(context, &user.id, PASSWORD, Correct).await
}

/// Checks that `update` accepts a short password if `skip_password_checks` is set.
pub async fn update_accepts_short_password_if_checks_are_skipped(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let update = UserUpdate::new().password(Password::new("x7!")).skip_password_checks(true);
    context.directory().update(&id, &update.other_sessions(Sessions::Revoke)).await?;
    expect(context, &id, "x7!", Correct).await
}

/// Checks that `verify_password` returns `Correct` for the correct password in two successive calls.
pub async fn verify_password_returns_correct_for_right_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    expect(context, &id, PASSWORD, Correct).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `verify_password` returns `Incorrect` rather than an error for an incorrect password.
pub async fn verify_password_returns_incorrect_for_wrong_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    expect(context, &id, "incorrect horse battery staple", Incorrect).await?;
    expect(context, &id, "correct horse battery stapl", Incorrect).await
}

/// Checks that `verify_password` returns `Incorrect` for an empty password.
pub async fn verify_password_returns_incorrect_for_empty_password(context: &Context<'_>) -> Outcome {
    expect(context, &user(context).await?.id, "", Incorrect).await
}

/// Checks that `verify_password` returns `Incorrect` for a password that differs only in case.
pub async fn verify_password_is_case_sensitive(context: &Context<'_>) -> Outcome {
    expect(context, &user(context).await?.id, &PASSWORD.to_uppercase(), Incorrect).await
}

/// Checks that `verify_password` supports passwords in any script, with accents and emoji.
pub async fn verify_password_supports_any_script(context: &Context<'_>) -> Outcome {
    let text = "päßwörd 李小龍 🧑🏽‍🚀 \"\\";
    let id = context.seed_user(context.new_user().password(Password::new(text))).await?.id;
    expect(context, &id, text, Correct).await?;
    expect(context, &id, "password 李小龍 🧑🏽‍🚀 \"\\", Incorrect).await
}

/// Checks that `verify_password` fails for a user who has no password.
pub async fn verify_password_fails_for_user_without_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().verify_password(&id, &password()).await;
    expect_invalid(result, Operation::VerifyPassword, codes::NO_PASSWORD_SET, None, &id)
}

/// Checks that `verify_password` returns `Incorrect` for the password of another user.
pub async fn verify_password_returns_incorrect_for_password_of_other_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = ["correct horse battery ada", "correct horse battery grace"];
    let id = context.seed_user(context.new_user().password(Password::new(ada))).await?.id;
    context.seed_user(context.new_user().password(Password::new(grace))).await?;
    expect(context, &id, grace, Incorrect).await
}

/// The password from which the following digests were computed.
const DIGESTED: &str = "correct horse";
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
const ARGON2ID: &str = "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";
const SHA256: &str = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";

/// Fails unless [`DIGESTED`] is the correct password and the digest itself is an incorrect one.
async fn expect_digest(context: &Context<'_>, hasher: PasswordHasher, digest: &str) -> Outcome {
    let user = context.seed_user(context.new_user().password(PasswordDigest::new(hasher, digest)));
    let id = user.await?.id;
    expect(context, &id, DIGESTED, Correct).await?;
    expect(context, &id, digest, Incorrect).await
}

/// Checks that `verify_password` verifies a password that was set as a bcrypt digest.
pub async fn verify_password_supports_bcrypt_digest(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Bcrypt, BCRYPT).await
}

/// Checks that `verify_password` verifies a password that was set as an Argon2id digest.
pub async fn verify_password_supports_argon2_digest(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Argon2id, ARGON2ID).await
}

/// Checks that `verify_password` verifies a password that was set as a SHA-256 digest.
pub async fn verify_password_supports_sha256_digest(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Sha256, SHA256).await
}

/// Checks that `verify_password` verifies the password of a banned user.
pub async fn verify_password_works_for_banned_user(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().ban(&id).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `verify_password` verifies the password of a locked user.
pub async fn verify_password_works_for_locked_user(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().lock(&id).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `verify_password` does not change the user.
pub async fn verify_password_changes_nothing(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    expect(context, &user.id, PASSWORD, Correct).await?;
    ensure_eq!(context.get(&user.id).await?, user, "the user");
    Ok(())
}

/// Checks that `remove_password` removes the password.
pub async fn remove_password_removes_the_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().remove_password(&id, Sessions::Keep).await?;
    ensure!(!user.password_enabled, "the user has a password");
    let result = context.directory().verify_password(&id, &password()).await;
    expect_invalid(result, Operation::VerifyPassword, codes::NO_PASSWORD_SET, None, &id)
}

/// Checks that `remove_password` accepts a user who has no password.
pub async fn remove_password_accepts_user_without_password(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let returned = context.directory().remove_password(&user.id, Sessions::Keep).await?;
    ensure_eq!((returned.id, returned.password_enabled), (user.id, false), "(id, password_enabled)");
    Ok(())
}

/// Checks that `remove_password` and `set_password_compromised` accept both values of `Sessions`.
pub async fn remove_password_accepts_both_session_options(context: &Context<'_>) -> Outcome {
    for sessions in [Sessions::Keep, Sessions::Revoke] {
        let id = user(context).await?.id;
        let marked = context.directory().set_password_compromised(&id, sessions).await?;
        ensure_eq!(marked.requires_password_reset, Some(true), "`requires_password_reset`");
        ensure!(
            !context.directory().remove_password(&id, sessions).await?.password_enabled,
            "`password_enabled` is true after the removal"
        );
    }
    Ok(())
}

/// Checks that `set_password_compromised` sets `requires_password_reset` to `true`.
pub async fn set_password_compromised_requires_password_reset(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    ensure_eq!(user.requires_password_reset, Some(true), "`requires_password_reset`");
    Ok(())
}

/// Checks that `set_password_compromised` fails with `InvalidInput` for a user who has no password.
pub async fn set_password_compromised_fails_without_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().set_password_compromised(&id, Sessions::Keep).await;
    expect_error(result, Operation::SetPasswordCompromised, ErrorKind::InvalidInput, &id).map(drop)
}

/// Checks that `set_password_compromised` keeps the password.
pub async fn set_password_compromised_keeps_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    ensure!(user.password_enabled, "the user has no password");
    expect(context, &id, PASSWORD, Correct).await
}

/// Checks that `unset_password_compromised` sets `requires_password_reset` to `false`.
pub async fn unset_password_compromised_clears_required_reset(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    let user = context.directory().unset_password_compromised(&id).await?;
    ensure_eq!(user.requires_password_reset, Some(false), "`requires_password_reset`");
    Ok(())
}

/// Checks that `unset_password_compromised` fails with `InvalidInput` for a user who has no password.
pub async fn unset_password_compromised_fails_without_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().unset_password_compromised(&id).await;
    expect_error(result, Operation::UnsetPasswordCompromised, ErrorKind::InvalidInput, &id).map(drop)
}
