//! The command `check`: reports every problem of a file.

use std::collections::BTreeMap;

use serde::Serialize;
use user_directory::store_directory::InstanceSettings;
use user_directory::{InMemoryUserDirectory, UserDirectory};

use super::prepare::Prepared;
use super::print_result;
use crate::Failure;
use crate::claims::{Admission, Claims};
use crate::importing::{drop_optional, is_unverified};
use crate::mapping::draft::INVALID_OPTIONAL;
use crate::mapping::{Candidate, Row};
use crate::options::CheckOptions;
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
    notes: BTreeMap<&'static str, u64>,
    notices: Vec<String>,
    /// The reason why the import requires another option.
    undecided: Option<String>,
    complete: bool,
}

pub async fn run(options: &CheckOptions, stop: &Stop) -> Result<bool, Failure> {
    // The lowest cost, because each plaintext password is hashed. Unknown hashers are accepted, because Clerk may
    // support them.
    let settings = targets::settings(options.instance.as_deref())?.bcrypt_cost(4).unknown_password_hashers(true);
    let prepared = Prepared::to_check(&options.input, stop)?;
    let progress = Progress::on_stderr();
    let checked = check(prepared, settings, stop, &progress).await?;
    progress.finish();
    print_result(&options.output, &checked, || describe(&checked))?;
    Ok(checked.rejected == 0 && checked.undecided.is_none() && checked.complete)
}

async fn check(
    prepared: Prepared,
    settings: InstanceSettings,
    stop: &Stop,
    progress: &Progress,
) -> Result<Checked, Failure> {
    let Prepared { input, mapping, survey, mut claims, undecided } = prepared;
    let directory = InMemoryUserDirectory::builder().settings(settings).build();
    let undecided = undecided.map(|failure| failure.to_string());
    let mut checked = Checked { complete: true, notices: survey.notices(), undecided, ..Checked::default() };
    progress.set_total(survey.rows);
    for line in input.lines()? {
        let line = line?;
        if stop.is_requested() {
            checked.complete = false;
            break;
        }
        checked.rows += 1;
        let result = match mapping.read(&line) {
            Ok(Row::Skipped(reason)) => {
                *checked.skipped.entry(reason).or_default() += 1;
                continue;
            }
            Ok(Row::User(mut candidate)) => {
                check_candidate(line.position, &mut candidate, &mut claims, &directory).await.map(|()| candidate)
            }
            Err(rejection) => Err(rejection),
        };
        match result {
            Ok(candidate) => {
                checked.importable += 1;
                checked.unverified += u64::from(is_unverified(&candidate.new_user));
                for note in candidate.notes {
                    *checked.notes.entry(note).or_default() += 1;
                }
                progress.done(1);
            }
            Err(rejection) => {
                checked.problems.add(line.position, &rejection);
                progress.error();
            }
        }
    }
    checked.rejected = checked.problems.rows();
    Ok(checked)
}

/// Creates a user in `directory` to apply its rules, and deletes the user to limit memory use. Duplicates are therefore
/// detected by `claims`.
async fn check_candidate(
    position: Position,
    candidate: &mut Candidate,
    claims: &mut Claims,
    directory: &InMemoryUserDirectory,
) -> Result<(), Rejection> {
    claims.drop_owned_by_others(position, candidate)?;
    let shared = claims.register(position, candidate);
    let result = match claims.admission(position, &shared) {
        Admission::Duplicate(rejection) => Err(rejection),
        _ => create(candidate, directory).await,
    };
    if result.is_ok() {
        claims.imported(position, &shared);
    } else {
        claims.rejected(position, &shared);
    }
    result
}

async fn create(candidate: &mut Candidate, directory: &InMemoryUserDirectory) -> Result<(), Rejection> {
    let user = loop {
        match directory.create(&candidate.new_user).await {
            Ok(user) => break user,
            Err(error) if drop_optional(&mut candidate.new_user, &error) => candidate.note(INVALID_OPTIONAL),
            Err(error) => return Err(Rejection::from_error(&error)),
        }
    };
    directory.delete(&user.id).await.map(drop).map_err(|error| Rejection::from_error(&error))
}

fn describe(checked: &Checked) -> String {
    let mut lines = vec![format!("{:>9} rows", checked.rows), format!("{:>9} can be imported", checked.importable)];
    lines.extend(checked.skipped.iter().map(|(reason, rows)| format!("{rows:>9} skipped: {reason}")));
    lines.push(format!("{:>9} rejected", checked.rejected));
    lines.extend(checked.problems.to_string().lines().map(|line| format!("  {line}")));
    lines.extend(checked.undecided.iter().map(|reason| format!("The import requires another option: {reason}.")));
    if checked.unverified > 0 {
        lines.push(format!("not verified: email addresses or phone numbers of {} users", checked.unverified));
    }
    lines.extend(checked.notes.iter().map(|(note, users)| format!("not imported for {users} users: {note}")));
    lines.extend(checked.notices.iter().cloned());
    if !checked.complete {
        lines.push("The check was stopped.".to_owned());
    }
    lines.join("\n")
}
