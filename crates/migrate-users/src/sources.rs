//! The systems whose exports can be imported, one file per system.

mod auth0;
mod authjs;
mod better_auth;
mod clerk;
mod cognito;
mod django;
mod firebase;
mod generic;
mod laravel;
mod supabase;
mod wordpress;

use std::borrow::Cow;
use std::collections::HashSet;

use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::mapping::WithoutPlus;
use crate::mapping::draft::Draft;
use crate::mapping::fields::{Field, normalized};
use crate::reading::object::Object;
use crate::rejects::Rejection;

/// The system that a file comes from, which determines the names of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// Clerk: an `export` of this program, the dashboard's CSV, users from the JavaScript SDK, or the format of Clerk's
    /// migration tool
    Clerk,
    /// Auth0: the user export, the file of password hashes, or both
    Auth0,
    /// Firebase: `firebase auth:export` as CSV or JSON, or users from the Admin SDK
    Firebase,
    /// Supabase: the `auth.users` table, or users from `auth.admin.listUsers()` as JSON
    Supabase,
    /// Better Auth: the `user` table, optionally joined with `account`
    BetterAuth,
    /// AWS Cognito: the output of `list-users`, or a CSV with the attributes of the user pool
    Cognito,
    /// WordPress: the `wp_users` table
    Wordpress,
    /// Django: the `auth_user` table, or the output of `dumpdata auth.user`
    Django,
    /// Laravel: the `users` table
    Laravel,
    /// Auth.js (NextAuth): the users table
    Authjs,
    /// Any other CSV file
    Csv,
    /// Any other JSON file
    Jsonl,
}

impl System {
    pub fn source(self) -> &'static Source {
        match self {
            Self::Clerk => &clerk::SOURCE,
            Self::Auth0 => &auth0::SOURCE,
            Self::Firebase => &firebase::SOURCE,
            Self::Supabase => &supabase::SOURCE,
            Self::Authjs => &authjs::SOURCE,
            Self::BetterAuth => &better_auth::SOURCE,
            Self::Cognito => &cognito::SOURCE,
            Self::Wordpress => &wordpress::SOURCE,
            Self::Django => &django::SOURCE,
            Self::Laravel => &laravel::SOURCE,
            Self::Csv => &generic::CSV,
            Self::Jsonl => &generic::JSONL,
        }
    }

    /// Returns the first system with a signature whose names are all in `names`, or otherwise `Csv` or `Jsonl`. `names`
    /// are the columns or keys of a file.
    pub fn detect(names: &[String], is_table: bool) -> Self {
        let names: Vec<_> = names.iter().map(|name| normalized(name)).collect();
        let has_all = |set: &&[&str]| set.iter().all(|name| names.iter().any(|other| other == name));
        let known = Self::value_variants().iter().find(|from| from.source().signatures.iter().any(has_all));
        known.copied().unwrap_or(if is_table { Self::Csv } else { Self::Jsonl })
    }
}

/// The members of a row, in order.
pub type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// The status of email addresses and phone numbers in files without verification fields, if no option is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// They are verified, because the format lists unverified ones separately.
    Verified,
    /// They are not verified, and are imported as reserved.
    Unverified,
    /// The import requires `--unverified` or `--assume-verified`.
    Undecided,
}

/// The format of the exports of a system.
pub struct Source {
    pub name: &'static str,
    /// Sets of normalized names. A file that has all names of a set has this format.
    signatures: &'static [&'static [&'static str]],
    /// The normalized names of this format and the fields they are mapped to, with units.
    pub fields: &'static [(&'static str, &'static str)],
    /// The normalized names of values that Clerk cannot store.
    pub ignored: &'static [&'static str],
    /// Whether all other unknown names are also ignored and listed.
    pub ignores_unknown: bool,
    /// The normalized names that can contain the external id, in order of preference.
    pub external_id: &'static [&'static str],
    pub verification: Verification,
    /// The status of phone numbers, if it differs from [`Self::verification`].
    phones: Option<Verification>,
    /// The meaning of phone numbers without a plus sign, if the system determines it.
    pub phones_without_plus: Option<WithoutPlus>,
    /// The column names of CSV files without a header.
    pub columns: Option<&'static [&'static str]>,
    /// The normalized name of a column of tables that have multiple rows for each user, and advice for the user.
    pub several_rows: Option<(&'static str, &'static str)>,
    /// Replaces nested objects and lists by their members.
    pub unnest: for<'a> fn(Members<'a>) -> Result<Members<'a>, Rejection>,
    /// Returns the reason to skip a row after `unnest`, such as `not users`.
    pub skip: fn(&Members<'_>) -> Option<&'static str>,
    /// Derives fields from multiple members. Values of the normalized names in `ignored`, the names of `--ignore`, are
    /// not imported.
    pub complete: fn(members: &Members<'_>, draft: &mut Draft, ignored: &HashSet<String>),
}

impl Source {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            signatures: &[],
            fields: &[],
            ignored: &[],
            ignores_unknown: true,
            external_id: &["id"],
            verification: Verification::Unverified,
            phones: None,
            phones_without_plus: None,
            columns: None,
            several_rows: None,
            unnest: |members| Ok(members),
            skip: |_| None,
            complete: |_, _, _| {},
        }
    }

    pub fn phone_verification(&self) -> Verification {
        self.phones.unwrap_or(self.verification)
    }
}

/// Returns whether a column or key contains an identifier of a user in any format.
pub fn is_identifier(name: &str) -> bool {
    let normalized = normalized(name);
    let is_id = |from: &System| from.source().external_id.contains(&normalized.as_str());
    let fields = ["external_id", "email_address", "primary_email_address", "phone_number", "username"];
    Field::named(name).is_some_and(|field| fields.contains(&field.name)) || System::value_variants().iter().any(is_id)
}

/// Returns the member whose normalized name is `name`.
fn member<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(other, _)| normalized(other) == name).map(|(_, value)| *value)
}

/// Replaces the member `name`, if it is an object, by the members of that object. Their names are prefixed.
fn flatten<'a>(members: Members<'a>, name: &str, prefix: &str) -> Result<Members<'a>, Rejection> {
    let mut flat = Vec::with_capacity(members.len());
    for (member_name, value) in members {
        if member_name != name || !value.get().starts_with('{') {
            flat.push((member_name, value));
            continue;
        }
        let malformed = |_| Rejection::new("malformed", format!("{name} is not an object")).param(name);
        let Object(children) = serde_json::from_str(value.get()).map_err(malformed)?;
        flat.extend(children.into_iter().map(|(child, value)| (Cow::Owned(format!("{prefix}{child}")), value)));
    }
    Ok(flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::fields::FieldRef;

    #[test]
    fn tables_of_sources_are_normalized_and_refer_to_fields() {
        for from in System::value_variants() {
            let source = from.source();
            assert_eq!(from.to_possible_value().unwrap().get_name(), source.name);
            let names = source.fields.iter().map(|(name, _)| name).chain(source.ignored).chain(source.external_id);
            let names: Vec<_> = names.chain(source.signatures.iter().copied().flatten()).collect();
            for name in names {
                assert_eq!(normalized(name), **name, "{}", source.name);
            }
            assert!(source.several_rows.is_none_or(|(name, _)| normalized(name) == name));
            for (name, field) in source.fields {
                assert!(FieldRef::parse(field).is_ok(), "{}: {name}", source.name);
            }
        }
    }

    #[test]
    fn detect_recognizes_the_formats() {
        for (names, from) in [
            ("object id email_addresses", System::Clerk),
            ("id first_name last_name username primary_email_address password_digest", System::Clerk),
            ("userId email passwordHasher password", System::Clerk),
            ("id emailAddresses primaryEmailAddressId", System::Clerk),
            ("id email unverified_email_addresses", System::Clerk),
            ("user_id email email_verified identities", System::Auth0),
            ("user_id email user_metadata", System::Auth0),
            ("user_id email email_verified name nickname picture created_at", System::Auth0),
            ("user_id email email_verified name", System::Authjs),
            ("_id email passwordHash tenant connection", System::Auth0),
            ("localId email passwordHash salt", System::Firebase),
            ("uid email passwordSalt passwordHash metadata", System::Firebase),
            ("instance_id id email encrypted_password email_confirmed_at", System::Supabase),
            ("id email raw_user_meta_data", System::Supabase),
            ("id aud role email phone confirmed_at app_metadata user_metadata identities", System::Supabase),
            ("id name email emailVerified image", System::Authjs),
            ("id name email email_verified created_at", System::Authjs),
            ("id name email emailVerified image createdAt updatedAt", System::BetterAuth),
            ("cognito:username email email_verified", System::Cognito),
            ("Username Attributes UserStatus", System::Cognito),
            ("ID user_login user_pass user_email", System::Wordpress),
            ("id password last_login is_superuser username is_active date_joined", System::Django),
            ("model pk fields", System::Django),
            ("id name email email_verified_at password remember_token", System::Laravel),
            ("id email first_name", System::Csv),
            ("userId email firstName", System::Csv),
        ] {
            let names: Vec<_> = names.split(' ').map(str::to_owned).collect();
            assert_eq!(System::detect(&names, true), from, "{names:?}");
        }
        assert_eq!(System::detect(&["id".to_owned()], false), System::Jsonl);
    }
}
