//! Passwords.

use super::check::{Outcome, ensure, ensure_eq, invalid, refused};
use super::context::Context;
use crate::error::{ErrorKind, codes};
use crate::model::{
    NewUser, Password, PasswordDigest, PasswordHasher, PasswordVerification, Sessions, User, UserId, UserUpdate,
};
use crate::operation::Operation;

use PasswordVerification::{Correct, Incorrect};

behaviours! {
    Create: a_user_has_a_password_if_one_was_given, a_password_that_is_too_short_is_refused,
        a_password_that_is_too_long_is_refused, a_short_password_is_taken_if_the_checks_are_skipped,
        a_malformed_digest_is_refused;
    Update: an_update_changes_the_password, an_update_gives_a_password, an_update_sets_a_digest,
        an_update_of_something_else_keeps_the_password, a_refused_password_leaves_the_old_one,
        a_short_new_password_is_taken_if_the_checks_are_skipped;
    VerifyPassword: the_right_password_is_correct, a_wrong_password_is_an_answer, an_empty_password_is_a_wrong_one,
        a_password_of_another_case_is_a_wrong_one, a_password_of_any_script_is_verified,
        the_password_of_a_user_without_one_cannot_be_verified, the_password_of_another_user_is_a_wrong_one,
        a_bcrypt_digest_is_verified, an_argon2_digest_is_verified, a_sha256_digest_is_verified,
        the_password_of_a_banned_user_is_verified, a_verification_changes_nothing;
    RemovePassword: a_removed_password_is_gone, a_user_without_password_stays_as_is, sessions_can_be_revoked_or_kept;
    SetPasswordCompromised: a_compromised_password_has_to_be_reset, a_compromised_password_needs_a_password,
        a_compromised_password_is_still_the_password;
    UnsetPasswordCompromised: the_mark_of_a_compromised_password_is_removed, there_is_no_mark_without_a_password;
}

const PASSWORD: &str = "correct horse battery staple";

fn password() -> Password {
    Password::new(PASSWORD)
}

/// Creates a user with [`PASSWORD`].
async fn user(context: &Context<'_>) -> Outcome<User> {
    context.create(context.new_user().password(password())).await
}

/// Fails unless the password is answered to be right or wrong.
async fn expect(context: &Context<'_>, id: &UserId, password: &str, expected: PasswordVerification) -> Outcome {
    let found = context.directory().verify_password(id, &Password::new(password)).await?;
    ensure_eq!(found, expected, "the verification of a password");
    Ok(())
}

/// `password_enabled` says whether there is a password.
pub async fn a_user_has_a_password_if_one_was_given(context: &Context<'_>) -> Outcome {
    ensure!(user(context).await?.password_enabled, "the user with a password has none");
    ensure!(!context.user().await?.password_enabled, "the user without a password has one");
    Ok(())
}

/// A password has more than three characters.
pub async fn a_password_that_is_too_short_is_refused(context: &Context<'_>) -> Outcome {
    let result = context.try_create(&context.new_user().password(Password::new("x7!"))).await;
    invalid(result, Operation::Create, codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password"))
}

/// A password does not have thousands of characters.
pub async fn a_password_that_is_too_long_is_refused(context: &Context<'_>) -> Outcome {
    let result = context.try_create(&context.new_user().password(Password::new("x7!".repeat(1_000)))).await;
    let error = refused(result, Operation::Create, ErrorKind::InvalidInput)?;
    ensure_eq!(error.param_name(), Some("password"), "the parameter that the error names");
    Ok(())
}

/// `skip_password_checks` passes over the policy.
pub async fn a_short_password_is_taken_if_the_checks_are_skipped(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(Password::new("x7!")).skip_password_checks(true);
    expect(context, &context.create(new).await?.id, "x7!", Correct).await
}

/// A digest is one of its hasher.
pub async fn a_malformed_digest_is_refused(context: &Context<'_>) -> Outcome {
    let new = context.new_user().password(PasswordDigest::new(PasswordHasher::Bcrypt, "not a digest"));
    let code = codes::FORM_PASSWORD_DIGEST_INVALID;
    invalid(context.try_create(&new).await, Operation::Create, code, Some("password_digest"))
}

/// The new password is right, and the old one wrong.
pub async fn an_update_changes_the_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().password(Password::new("another horse battery"))).await?;
    expect(context, &id, PASSWORD, Incorrect).await?;
    expect(context, &id, "another horse battery", Correct).await
}

/// A user without a password gets one.
pub async fn an_update_gives_a_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let user = context.directory().update(&id, &UserUpdate::new().password(password())).await?;
    ensure!(user.password_enabled, "the user has no password");
    expect(context, &id, PASSWORD, Correct).await
}

/// A digest takes the place of the password.
pub async fn an_update_sets_a_digest(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let digest = PasswordDigest::new(PasswordHasher::Bcrypt, BCRYPT);
    context.directory().update(&id, &UserUpdate::new().password(digest)).await?;
    expect(context, &id, PASSWORD, Incorrect).await?;
    expect(context, &id, DIGESTED, Correct).await
}

/// A password that is not named stays.
pub async fn an_update_of_something_else_keeps_the_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// A refused update changes no password and nothing else.
pub async fn a_refused_password_leaves_the_old_one(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    let update = UserUpdate::new().first_name("Ada").password(Password::new("x7!"));
    let result = context.directory().update(&user.id, &update).await;
    invalid(result, Operation::Update, codes::FORM_PASSWORD_LENGTH_TOO_SHORT, Some("password"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused update");
    expect(context, &user.id, PASSWORD, Correct).await
}

/// `skip_password_checks` passes over the policy.
pub async fn a_short_new_password_is_taken_if_the_checks_are_skipped(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let update = UserUpdate::new().password(Password::new("x7!")).skip_password_checks(true);
    context.directory().update(&id, &update.other_sessions(Sessions::Revoke)).await?;
    expect(context, &id, "x7!", Correct).await
}

/// The user's password is correct, each time it is asked for.
pub async fn the_right_password_is_correct(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    expect(context, &id, PASSWORD, Correct).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// A wrong password is an answer, not an error.
pub async fn a_wrong_password_is_an_answer(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    expect(context, &id, "incorrect horse battery staple", Incorrect).await?;
    expect(context, &id, "correct horse battery stapl", Incorrect).await
}

/// Nothing is not the password.
pub async fn an_empty_password_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    expect(context, &user(context).await?.id, "", Incorrect).await
}

/// Case matters.
pub async fn a_password_of_another_case_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    expect(context, &user(context).await?.id, &PASSWORD.to_uppercase(), Incorrect).await
}

/// A password may be of any script.
pub async fn a_password_of_any_script_is_verified(context: &Context<'_>) -> Outcome {
    let text = "päßwörd 李小龍 🧑🏽‍🚀 \"\\";
    let id = context.create(context.new_user().password(Password::new(text))).await?.id;
    expect(context, &id, text, Correct).await?;
    expect(context, &id, "password 李小龍 🧑🏽‍🚀 \"\\", Incorrect).await
}

/// There is nothing to compare with, which is an error.
pub async fn the_password_of_a_user_without_one_cannot_be_verified(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().verify_password(&id, &password()).await;
    invalid(result, Operation::VerifyPassword, codes::NO_PASSWORD_SET, None)
}

/// A password is of one user.
pub async fn the_password_of_another_user_is_a_wrong_one(context: &Context<'_>) -> Outcome {
    let [ada, grace] = ["correct horse battery ada", "correct horse battery grace"];
    let id = context.create(context.new_user().password(Password::new(ada))).await?.id;
    context.create(context.new_user().password(Password::new(grace))).await?;
    expect(context, &id, grace, Incorrect).await
}

/// What the digests are of.
const DIGESTED: &str = "correct horse";
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
const ARGON2ID: &str = 
    "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";
const SHA256: &str = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631";

/// Fails unless the password of a digest is right, and another one wrong.
async fn expect_digest(context: &Context<'_>, hasher: PasswordHasher, digest: &str) -> Outcome {
    let user = context.create(NewUser::new().username(context.word()).password(PasswordDigest::new(hasher, digest)));
    let id = user.await?.id;
    expect(context, &id, DIGESTED, Correct).await?;
    expect(context, &id, digest, Incorrect).await
}

/// A user who was moved with a bcrypt digest has the same password as before.
pub async fn a_bcrypt_digest_is_verified(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Bcrypt, BCRYPT).await
}

/// A user who was moved with an Argon2 digest has the same password as before.
pub async fn an_argon2_digest_is_verified(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Argon2id, ARGON2ID).await
}

/// A user who was moved with a SHA-256 digest has the same password as before.
pub async fn a_sha256_digest_is_verified(context: &Context<'_>) -> Outcome {
    expect_digest(context, PasswordHasher::Sha256, SHA256).await
}

/// Whether the password is right is another question than whether the user may sign in.
pub async fn the_password_of_a_banned_user_is_verified(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().ban(&id).await?;
    expect(context, &id, PASSWORD, Correct).await
}

/// A right and a wrong password leave the user as it is.
pub async fn a_verification_changes_nothing(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    expect(context, &user.id, PASSWORD, Correct).await?;
    ensure_eq!(context.get(&user.id).await?, user, "the user");
    Ok(())
}

/// The user has no password any more.
pub async fn a_removed_password_is_gone(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().remove_password(&id, Sessions::Keep).await?;
    ensure!(!user.password_enabled, "the user has a password");
    let result = context.directory().verify_password(&id, &password()).await;
    invalid(result, Operation::VerifyPassword, codes::NO_PASSWORD_SET, None)
}

/// Without a password there is nothing to remove, which is no error.
pub async fn a_user_without_password_stays_as_is(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let answer = context.directory().remove_password(&user.id, Sessions::Keep).await?;
    ensure_eq!((answer.id, answer.password_enabled), (user.id, false), "(user, password)");
    Ok(())
}

/// Either way the password is removed.
pub async fn sessions_can_be_revoked_or_kept(context: &Context<'_>) -> Outcome {
    for sessions in [Sessions::Keep, Sessions::Revoke] {
        let id = user(context).await?.id;
        let marked = context.directory().set_password_compromised(&id, sessions).await?;
        ensure_eq!(marked.requires_password_reset, Some(true), "whether the password has to be reset");
        ensure!(!context.directory().remove_password(&id, sessions).await?.password_enabled, "there is a password");
    }
    Ok(())
}

/// The user who is answered has to reset the password.
pub async fn a_compromised_password_has_to_be_reset(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    ensure_eq!(user.requires_password_reset, Some(true), "whether the password has to be reset");
    Ok(())
}

/// A password that is not there cannot be compromised.
pub async fn a_compromised_password_needs_a_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().set_password_compromised(&id, Sessions::Keep).await;
    refused(result, Operation::SetPasswordCompromised, ErrorKind::InvalidInput).map(drop)
}

/// The mark does not change the password.
pub async fn a_compromised_password_is_still_the_password(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let user = context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    ensure!(user.password_enabled, "the user has no password");
    expect(context, &id, PASSWORD, Correct).await
}

/// The user who is answered has not to reset the password.
pub async fn the_mark_of_a_compromised_password_is_removed(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().set_password_compromised(&id, Sessions::Keep).await?;
    let user = context.directory().unset_password_compromised(&id).await?;
    ensure_eq!(user.requires_password_reset, Some(false), "whether the password has to be reset");
    Ok(())
}

/// Without a password there is no mark to remove.
pub async fn there_is_no_mark_without_a_password(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().unset_password_compromised(&id).await;
    refused(result, Operation::UnsetPasswordCompromised, ErrorKind::InvalidInput).map(drop)
}
