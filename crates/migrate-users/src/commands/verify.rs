//! The command `verify`: compares the users in a file with the imported users.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Serialize;
use user_directory::model::MAX_FILTER_VALUES;
use user_directory::{Error, ErrorKind, Password, Text, User, UserDirectory, UserDirectoryExt, UserFilter, UserQuery};

use super::prepare::{self, Prepared};
use super::{default_journal, print_result};
use crate::Failure;
use crate::comparison::{differences, remove_dropped};
use crate::counted::Counted;
use crate::examples::Examples;
use crate::journal::{DroppedValues, Entry};
use crate::mapping::fields::Field;
use crate::mapping::member_text;
use crate::mapping::value::Value;
use crate::mapping::{Candidate, DELETED, Row};
use crate::options::VerifyOptions;
use crate::progress::Progress;
use crate::reading::object::Object;
use crate::reading::{Input, Position, ReadOptions};
use crate::stop::Stop;
use crate::targets::{self, Connection};

/// The result of a verification.
#[derive(Default, Serialize)]
struct Verified {
    /// The number of users in the file.
    users: u64,
    /// The number of users in the directory, including users that are not in the file.
    users_in_directory: u64,
    equal: u64,
    missing: Examples,
    /// The users that differ, by field.
    different: BTreeMap<&'static str, Examples>,
    /// The users that were compared without values that the import dropped.
    dropped: Examples,
    /// The rows of deleted users that exist in the directory.
    deleted_in_file: Examples,
    /// The number of rows that cannot be imported, and are therefore not compared.
    rejected: u64,
    passwords: Option<Passwords>,
    complete: bool,
}

/// The results of verifying known passwords.
#[derive(Default, Serialize)]
struct Passwords {
    correct: u64,
    incorrect: Examples,
    /// The rows whose user does not exist, or whose password cannot be verified.
    unverifiable: Examples,
}

/// The expected user with the external id of a row.
enum Expected<'a> {
    /// A user, and the entry of the journal if the import dropped values of the row.
    User(Box<Candidate>, Option<&'a Entry>),
    /// No user, because the row is that of a deleted user.
    NoUser(Text),
}

/// Returns the positions in parentheses, or an empty string if there are none.
fn positions(examples: &Examples) -> String {
    if examples.rows == 0 { String::new() } else { format!(" ({examples})") }
}

pub async fn run(options: &VerifyOptions, stop: &Stop) -> Result<bool, Failure> {
    let prepared = Prepared::new(&options.input, prepare::open(&options.input)?, None, stop)?;
    let journal = options.journal.clone().unwrap_or_else(|| default_journal(&prepared.input.path));
    let is_read = options.journal.is_some() || journal.exists();
    let dropped = if is_read { DroppedValues::read(&journal)? } else { DroppedValues::default() };
    let connection = Connection {
        location: &options.to,
        limits: options.connection.rate_limits,
        concurrency: 1,
        settings: targets::settings(options.connection.instance.as_deref())?,
        migrate: false,
    };
    let target = connection.open().await?;
    let progress = Progress::on_stderr();
    let mut verified = compare(&prepared, &dropped, target.directory(), stop, &progress).await?;
    if let Some(path) = &options.check_passwords {
        verified.passwords = Some(check_passwords(path, target.directory(), stop, &mut verified.complete).await?);
    }
    progress.finish();
    print_result(&options.output, &verified, || describe(&verified))?;
    let are_passwords_correct =
        verified.passwords.as_ref().is_none_or(|passwords| passwords.incorrect.rows + passwords.unverifiable.rows == 0);
    let are_users_equal = verified.equal == verified.users && verified.deleted_in_file.rows == 0;
    Ok(verified.complete && are_users_equal && verified.rejected == 0 && are_passwords_correct)
}

async fn compare(
    prepared: &Prepared,
    dropped: &DroppedValues,
    directory: &dyn UserDirectory,
    stop: &Stop,
    progress: &Progress,
) -> Result<Verified, Failure> {
    let Prepared { input, mapping, survey, claims, .. } = prepared;
    let users_in_directory = directory.count(&UserFilter::new()).await?;
    let mut verified = Verified { users_in_directory, complete: true, ..Verified::default() };
    progress.set_total(survey.rows);
    let mut batch = Vec::with_capacity(MAX_FILTER_VALUES);
    for line in input.lines()? {
        let line = line?;
        match mapping.read(&line) {
            Ok(Row::Skipped(DELETED)) => {
                batch.extend(mapping.external_id_of(&line).map(|id| (line.position, Expected::NoUser(id))));
            }
            Ok(Row::Skipped(_)) => {}
            Ok(Row::User(mut candidate)) => {
                let mut shared = claims.shared(&candidate);
                match claims.drop_owned_by_others(line.position, &mut candidate, &mut shared) {
                    Ok(()) => {
                        let entry = dropped.of(&line, &candidate);
                        batch.push((line.position, Expected::User(candidate, entry)));
                    }
                    Err(_) => verified.rejected += 1,
                }
            }
            Err(_) => verified.rejected += 1,
        }
        if batch.len() == MAX_FILTER_VALUES {
            compare_batch(&mut batch, directory, &mut verified).await?;
            progress.done(MAX_FILTER_VALUES as u64);
        }
        if stop.is_requested() {
            verified.complete = false;
            break;
        }
    }
    compare_batch(&mut batch, directory, &mut verified).await?;
    Ok(verified)
}

async fn compare_batch(
    batch: &mut Vec<(Position, Expected<'_>)>,
    directory: &dyn UserDirectory,
    verified: &mut Verified,
) -> Result<(), Failure> {
    if batch.is_empty() {
        return Ok(());
    }
    let external_id = |expected: &Expected<'_>| match expected {
        Expected::User(candidate, _) => candidate.external_id.clone(),
        Expected::NoUser(external_id) => external_id.clone(),
    };
    let ids = batch.iter().map(|(_, expected)| external_id(expected));
    let filter = ids.fold(UserFilter::new(), UserFilter::external_id);
    // External ids are unique, so one page contains all users that are found.
    let found = directory.list(&UserQuery::from(filter).limit(user_directory::model::MAX_LIMIT)).await?;
    let found: HashMap<_, User> =
        found.into_iter().filter_map(|user| Some((user.external_id.clone()?, user))).collect();
    for (position, expected) in batch.drain(..) {
        let (mut candidate, entry) = match expected {
            Expected::User(candidate, entry) => (candidate, entry),
            Expected::NoUser(external_id) => {
                if found.contains_key(&external_id) {
                    verified.deleted_in_file.add(position);
                }
                continue;
            }
        };
        verified.users += 1;
        let Some(user) = found.get(&candidate.external_id) else {
            verified.missing.add(position);
            continue;
        };
        if let Some(entry) = entry.filter(|entry| entry.user_id == user.id) {
            remove_dropped(&mut candidate.new_user, &entry.dropped);
            verified.dropped.add(position);
        }
        let different = differences(&candidate.new_user, user);
        verified.equal += u64::from(different.is_empty());
        for field in different {
            verified.different.entry(field).or_default().add(position);
        }
    }
    Ok(())
}

/// Verifies the passwords in a file. Users are looked up by external id, email address, username or phone number.
///
/// If the verification is stopped, sets `complete` to `false`.
async fn check_passwords(
    path: &Path,
    directory: &dyn UserDirectory,
    stop: &Stop,
    complete: &mut bool,
) -> Result<Passwords, Failure> {
    let input = Input::detect(path, &ReadOptions::default())?;
    let mut passwords = Passwords::default();
    for line in input.lines()? {
        if stop.is_requested() {
            *complete = false;
            break;
        }
        let line = line?;
        let failed = |problem: &str| format!("{}, {}: {problem}", path.display(), line.position);
        let Object(members) = serde_json::from_str(line.json.get()).map_err(|_| failed("is not an object"))?;
        let value = |name: &str| {
            let is_named = |other: &str| Field::named(other).is_some_and(|field| field.name == name);
            let (_, json) = members.iter().find(|(other, _)| is_named(other))?;
            Value::of(json)
        };
        let text = |name: &str| value(name)?.text().ok();
        // Whitespace is part of a password.
        let password = value("password").and_then(|password| password.secret().ok());
        let password = password.ok_or_else(|| failed("has no password"))?;
        let id = || input.from.source().external_id.iter().find_map(|name| member_text(&members, name));
        let user = if let Some(external_id) = text("external_id").or_else(id) {
            directory.find_by_external_id(external_id).await?
        } else if let Some(email) = text("email_address").or_else(|| text("primary_email_address")) {
            directory.find_by_email_address(email).await?
        } else if let Some(username) = text("username") {
            directory.find_by_username(username).await?
        } else if let Some(phone) = text("phone_number") {
            directory.find_by_phone_number(phone).await?
        } else {
            return Err(failed("has no external_id, id, email_address, username or phone_number").into());
        };
        let result = match &user {
            Some(user) => match directory.verify_password(&user.id, &Password::new(password)).await {
                Ok(result) => Some(result),
                Err(error) if concerns_one_user(&error) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        match result {
            Some(result) if result.is_correct() => passwords.correct += 1,
            Some(_) => passwords.incorrect.add(line.position),
            None => passwords.unverifiable.add(line.position),
        }
    }
    Ok(passwords)
}

/// Returns whether an error from `verify_password` may concern only one user, for example because the user has no password
/// or because the digest cannot be verified.
fn concerns_one_user(error: &Error) -> bool {
    use ErrorKind::{Configuration, Conflict, Decode, InvalidInput, NotFound, Server};
    matches!(error.kind(), InvalidInput | NotFound | Conflict | Configuration | Server | Decode)
}

fn describe(verified: &Verified) -> String {
    let mut lines = vec![
        format!("{:>9} in the file", Counted(verified.users, "user")),
        format!("{:>9} in the directory", Counted(verified.users_in_directory, "user")),
        format!("{:>9} equal", verified.equal),
        format!("{:>9} missing{}", verified.missing.rows, positions(&verified.missing)),
    ];
    for (field, rows) in &verified.different {
        lines.push(format!("{:>9} with a different {field}{}", rows.rows, positions(rows)));
    }
    if verified.dropped.rows > 0 {
        let rows = &verified.dropped;
        lines.push(format!("{:>9} compared without values that the import dropped{}", rows.rows, positions(rows)));
    }
    if verified.deleted_in_file.rows > 0 {
        let rows = &verified.deleted_in_file;
        lines.push(format!("{:>9} deleted in the file, but not in the directory{}", rows.rows, positions(rows)));
    }
    if verified.rejected > 0 {
        lines.push(format!("{:>9} that cannot be imported", Counted(verified.rejected, "row")));
    }
    if let Some(Passwords { correct, incorrect, unverifiable }) = &verified.passwords {
        let (incorrect_passwords, others) =
            (Counted(incorrect.rows, "incorrect password"), Counted(unverifiable.rows, "password"));
        lines.push(format!("{:>9}", Counted(*correct, "correct password")));
        lines.push(format!("{incorrect_passwords:>9}{}", positions(incorrect)));
        lines.push(format!("{others:>9} that cannot be verified{}", positions(unverifiable)));
    }
    if !verified.complete {
        lines.push("The verification was stopped.".to_owned());
    }
    lines.join("\n")
}
