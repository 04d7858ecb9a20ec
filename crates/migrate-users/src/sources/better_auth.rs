//! Better Auth: the table `user`, optionally joined with the passwords in the table `account`.

use secrecy::ExposeSecret;

use super::{Members, Source, flatten, member};
use crate::mapping::draft::Draft;
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
    // A join in Drizzle returns an object for each table.
    unnest: |members| flatten(members, "user", ""),
    complete,
    ..Source::new("better-auth")
};

/// Reads the password from the accounts of the user, if the row has them as objects, as queries with relations return
/// them.
fn complete(members: &Members<'_>, draft: &mut Draft) {
    let accounts = ["accounts", "account"].iter().find_map(|name| member(members, name)).and_then(Value::of);
    let Some(accounts) = accounts else { return };
    let mut passwords = passwords(accounts.as_str());
    passwords.extend(draft.credentials.digest.as_ref().map(|digest| digest.expose_secret().to_owned()));
    passwords.sort_unstable();
    passwords.dedup();
    if passwords.len() > 1 {
        let reason = "the accounts of the user have different passwords; remove all but one";
        draft.rejection = Some(Rejection::new("ambiguous_password", reason).param("password_digest"));
    }
    draft.credentials.digest = passwords.pop().map(Into::into);
}

/// Returns the passwords of accounts in JSON: an account, a list of accounts, or an object with an account for each
/// provider. Accounts at identity providers have none.
fn passwords(accounts: &str) -> Vec<String> {
    let accounts = match serde_json::from_str(accounts) {
        Ok(Object(members)) if member(&members, "password").is_some() => vec![Object(members)],
        Ok(Object(members)) => {
            members.iter().filter_map(|(_, account)| serde_json::from_str(account.get()).ok()).collect()
        }
        Err(_) => serde_json::from_str::<Vec<Object<'_>>>(accounts).unwrap_or_default(),
    };
    let password = |Object(account): &Object<'_>| member(account, "password").and_then(Value::of)?.text().ok();
    accounts.iter().filter_map(password).collect()
}
