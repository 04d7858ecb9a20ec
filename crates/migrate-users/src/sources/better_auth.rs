//! Better Auth: the table `user`, optionally joined with the passwords in the table `account`.

use std::collections::HashSet;

use secrecy::ExposeSecret;
use serde_json::value::RawValue;

use super::{Members, Source, flatten, member};
use crate::mapping::digests::{contains_better_auth_scrypt, contains_digest};
use crate::mapping::draft::{Draft, UNSUPPORTED_PASSWORD};
use crate::mapping::fields::normalized;
use crate::mapping::value::Value;
use crate::reading::object::Object;
use crate::rejects::Rejection;

pub static SOURCE: Source = Source {
    signatures: &[
        &["name", "email", "email_verified", "image", "created_at", "updated_at"],
        &["email", "email_verified", "ban_reason"],
        &["email", "email_verified", "two_factor_enabled"],
        &["email", "email_verified", "display_username"],
    ],
    fields: &[
        ("name", "full_name"),
        ("password", "password_digest"),
        ("account_password", "password_digest"),
        ("ban_expires", "ban_expires:milliseconds"),
        ("created_at", "created_at:milliseconds"),
    ],
    ignored: &[
        "image",
        "updated_at",
        "display_username",
        "role",
        "ban_reason",
        "two_factor_enabled",
        "provider_id",
        "account_id",
        "account",
        "accounts",
    ],
    // MongoDB names the id `_id`.
    external_id: &["id", "_id"],
    // A join in Drizzle returns an object for each table.
    unnest: |members| flatten(flatten(members, "users", "")?, "user", ""),
    complete,
    ..Source::new("better-auth")
};

/// The depth of nested lists and objects in which passwords are found.
const MAX_DEPTH: u32 = 16;

/// Reads the password from the accounts of the user, if the row has them, as queries with relations return them.
fn complete(members: &Members<'_>, draft: &mut Draft, ignored: &HashSet<String>) {
    let mut passwords = Vec::new();
    for name in ["accounts", "account"].into_iter().filter(|name| !ignored.contains(*name)) {
        let Some(accounts) = member(members, name).and_then(Value::of) else { continue };
        let (text, number) = (accounts.as_str(), passwords.len());
        collect_passwords(text, MAX_DEPTH, &mut passwords);
        if passwords.len() > number {
            continue;
        }
        if contains_digest(text) {
            let reason = format!(
                "{name} contains a password hash in an unknown notation; write the accounts as a JSON list of objects \
                 with the key password, or use --ignore {name}"
            );
            draft.rejection = Some(Rejection::new("unmapped_digest", reason).param(name));
            return;
        }
        if contains_better_auth_scrypt(text) {
            draft.note(UNSUPPORTED_PASSWORD);
        }
    }
    passwords.extend(draft.credentials.digest.as_ref().map(|digest| digest.expose_secret().to_owned()));
    passwords.sort_unstable();
    passwords.dedup();
    if passwords.len() > 1 {
        let reason = "the accounts of the user have different passwords; remove all but one";
        draft.rejection = Some(Rejection::new("ambiguous_password", reason).param("password_digest"));
    }
    draft.credentials.digest = passwords.pop().map(Into::into);
}

/// Adds the passwords of accounts in JSON: an account, or accounts in lists and objects, as query languages return
/// them. Accounts at identity providers have none. `depth` limits the depth of lists and objects.
fn collect_passwords(json: &str, depth: u32, passwords: &mut Vec<String>) {
    let Some(inner_depth) = depth.checked_sub(1) else { return };
    match serde_json::from_str(json) {
        Ok(Object(members)) => {
            for (name, value) in members {
                let is_password = matches!(normalized(&name).as_str(), "password" | "password_hash");
                match Value::of(value) {
                    Some(Value::Text(password)) if is_password => passwords.push(password.trim().to_owned()),
                    Some(value) => collect_passwords(value.as_str(), inner_depth, passwords),
                    None => {}
                }
            }
        }
        Err(_) => {
            for element in serde_json::from_str::<Vec<&RawValue>>(json).unwrap_or_default() {
                // An element can be JSON in a string.
                if let Some(value) = Value::of(element) {
                    collect_passwords(value.as_str(), inner_depth, passwords);
                }
            }
        }
    }
}
