//! The command `check`: reports every problem of a file.

use std::collections::BTreeMap;

use serde::Serialize;
use user_directory::model::IdentifierStatus;
use user_directory::store_directory::InstanceSettings;
use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};

use super::prepare::Prepared;
use super::print_result;
use crate::Failure;
use crate::claims::{Admission, Claims, Dependence, Shared};
use crate::counted::Counted;
use crate::examples::Notes;
use crate::importing::drop_optional;
use crate::mapping::{Candidate, Row};
use crate::options::CheckOptions;
use crate::passes::Passes;
use crate::problems::Problems;
use crate::progress::Progress;
use crate::reading::Position;
use crate::rejects::Rejection;
use crate::stop::Stop;
use crate::targets;

/// The result of a check.
#[derive(Default, Serialize)]
struct Checked {
    rows: u64,
    importable: u64,
    skipped: BTreeMap<&'static str, u64>,
    unverified: u64,
    rejected: u64,
    problems: Problems,
    notes: Notes,
    notices: Vec<String>,
    /// The reasons why the import requires another option.
    undecided: Vec<String>,
    complete: bool,
}

pub async fn run(options: &CheckOptions, stop: &Stop) -> Result<bool, Failure> {
    // The lowest cost, because each plaintext password is hashed. Unknown hashers are accepted, because Clerk may
    // support them.
    let settings = targets::settings(options.instance.as_deref())?.bcrypt_cost(4).unknown_password_hashers(true);
    let prepared = Prepared::for_check(&options.input, stop)?;
    let progress = Progress::on_stderr();
    let checked = check(prepared, settings, stop, &progress).await?;
    progress.finish();
    print_result(&options.output, &checked, || describe(&checked))?;
    Ok(checked.rejected == 0 && checked.undecided.is_empty() && checked.complete)
}

async fn check(
    prepared: Prepared,
    settings: InstanceSettings,
    stop: &Stop,
    progress: &Progress,
) -> Result<Checked, Failure> {
    let Prepared { input, mapping, survey, mut claims, notices, undecided } = prepared;
    let directory = InMemoryUserDirectory::builder().settings(settings).build();
    let mut checked = Checked { complete: true, notices, undecided, ..Checked::default() };
    progress.set_total(survey.rows);
    // As in the import, rows that depend on other rows are checked after these rows.
    let mut passes = Passes::default();
    loop {
        for line in input.lines()? {
            let line = line?;
            if stop.is_requested() {
                checked.complete = false;
                break;
            }
            if !passes.contains(line.position) {
                continue;
            }
            checked.rows += u64::from(passes.is_first());
            let result = match mapping.read(&line) {
                Ok(Row::Skipped(reason)) => {
                    *checked.skipped.entry(reason).or_default() += 1;
                    continue;
                }
                Ok(Row::User(candidate)) => {
                    let shared = claims.shared(&candidate);
                    let is_settled = |row| passes.is_settled(row);
                    if claims.dependence(line.position, &candidate, &shared, is_settled) == Dependence::Unsettled {
                        passes.postpone(line.position);
                        continue;
                    }
                    check_candidate(line.position, candidate, shared, &mut claims, &directory).await
                }
                Err(rejection) => Err(rejection),
            };
            checked.add(line.position, result, progress);
        }
        if !checked.complete || !passes.advance() {
            break;
        }
    }
    checked.rejected = checked.problems.rows();
    Ok(checked)
}

impl Checked {
    fn add(&mut self, position: Position, result: Result<Box<Candidate>, Rejection>, progress: &Progress) {
        match result {
            Ok(candidate) => {
                self.importable += 1;
                self.unverified += u64::from(is_unverified(&candidate.new_user));
                self.notes.add(position, &candidate.notes);
                progress.done(1);
            }
            Err(rejection) => {
                self.problems.add(position, &rejection);
                progress.error();
            }
        }
    }
}

/// Creates a user in `directory` to apply its rules, and deletes the user to limit memory use. Duplicates are therefore
/// detected by `claims`.
async fn check_candidate(
    position: Position,
    mut candidate: Box<Candidate>,
    mut shared: Shared,
    claims: &mut Claims,
    directory: &InMemoryUserDirectory,
) -> Result<Box<Candidate>, Rejection> {
    if let Err(rejection) = claims.drop_owned_by_others(position, &mut candidate, &mut shared) {
        claims.rejected(position, &shared);
        return Err(rejection);
    }
    claims.register(position, &shared);
    let result = match claims.admission(position, &shared) {
        Admission::Duplicate(rejection) => Err(rejection),
        _ => create(&mut candidate, directory).await,
    };
    if result.is_ok() {
        claims.imported(position, &shared);
    } else {
        claims.rejected(position, &shared);
    }
    result.map(|()| candidate)
}

async fn create(candidate: &mut Candidate, directory: &InMemoryUserDirectory) -> Result<(), Rejection> {
    let user = loop {
        match directory.create(&candidate.new_user).await {
            Ok(user) => break user,
            Err(error) => {
                if drop_optional(candidate, &error).is_empty() {
                    return Err(Rejection::from_error(&error));
                }
            }
        }
    };
    directory.delete(&user.id).await.map(drop).map_err(|error| Rejection::from_error(&error))
}

/// Returns whether a user has an email address or phone number that is not verified.
fn is_unverified(new: &NewUser) -> bool {
    let mut identifiers = new.email_addresses.iter().chain(&new.phone_numbers);
    identifiers.any(|identifier| identifier.status() != IdentifierStatus::Verified)
}

fn describe(checked: &Checked) -> String {
    let rows = Counted(checked.rows, "row");
    let mut lines = vec![format!("{rows:>9}"), format!("{:>9} can be imported", checked.importable)];
    lines.extend(checked.skipped.iter().map(|(reason, rows)| format!("{rows:>9} skipped: {reason}")));
    lines.push(format!("{:>9} rejected", checked.rejected));
    lines.extend(checked.problems.to_string().lines().map(|line| format!("  {line}")));
    lines.extend(checked.undecided.iter().map(|reason| format!("The import requires another option: {reason}.")));
    if checked.unverified > 0 {
        let users = Counted(checked.unverified, "user");
        lines.push(format!("not verified: email addresses or phone numbers of {users}, which are reserved"));
    }
    lines.extend(checked.notes.to_string().lines().map(str::to_owned));
    lines.extend(checked.notices.iter().cloned());
    if !checked.complete {
        lines.push("The check was stopped.".to_owned());
    }
    lines.join("\n")
}
