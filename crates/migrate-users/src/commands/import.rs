//! The command `import`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::prepare::{self, Prepared};
use super::{REJECTS, announce, confirm, default_journal, elapsed_since, print_result, with_suffix};
use crate::Failure;
use crate::counted::Counted;
use crate::importing::Import;
use crate::journal::Journal;
use crate::options::{ImportOptions, InputOptions};
use crate::progress::Progress;
use crate::rejects::Rejects;
use crate::stop::Stop;
use crate::summary::Summary;
use crate::targets::{self, Connection, Target};

/// The wait before the first retry of a row. The wait before the nth retry is n times as long.
const WAIT: Duration = Duration::from_millis(500);

/// The result that `--json` prints.
#[derive(Serialize)]
struct ImportResult<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    rejected: u64,
    remaining: u64,
    seconds: f64,
    notices: Vec<String>,
    journal: String,
    rejects: Option<String>,
}

pub async fn run(options: &ImportOptions, stop: Stop) -> Result<bool, Failure> {
    let opened = prepare::open(&options.input)?;
    let users = opened.0.path.clone();
    let journal_path = options.journal.clone().unwrap_or_else(|| default_journal(&users));
    let rejects_path = options.rejects.clone().unwrap_or_else(|| with_suffix(&users, REJECTS));
    check_outputs(&options.input, &journal_path, &rejects_path)?;
    // A new journal is created only after the file has been read and the directory has responded.
    let existing = journal_path.exists().then(|| Journal::open(&journal_path)).transpose()?;
    let prepared = Prepared::new(&options.input, opened, existing.as_ref(), &stop)?;
    let connection = Connection {
        location: &options.to,
        limits: options.connection.rate_limits,
        concurrency: usize::from(options.concurrency),
        settings: targets::settings(options.connection.instance.as_deref())?,
        migrate: true,
    };
    let target = connection.open().await?;
    let journal = existing.map_or_else(|| Journal::open(&journal_path), Ok)?;
    announce(format_args!("importing into {}", target.description));
    let imported = Counted(journal.len() as u64, "user");
    announce(format_args!("  journal: {} ({imported} of earlier runs)", journal_path.display()));
    if target.is_production && !options.yes {
        confirm(&format!("importing {} into {}", Counted(prepared.survey.users, "user"), target.description))?;
    }
    let advice = |failure: Failure| format!("{failure}; choose another --journal and --rejects");
    journal.check(target.directory()).await.map_err(advice)?;
    let rejects = Rejects::create(&rejects_path)?;
    import(options, prepared, &target, journal, rejects, stop).await
}

async fn import(
    options: &ImportOptions,
    prepared: Prepared,
    target: &Target,
    journal: Journal,
    rejects: Rejects,
    stop: Stop,
) -> Result<bool, Failure> {
    let (start, progress) = (Instant::now(), Progress::on_stderr());
    let Prepared { input, mapping, survey, claims, notices, .. } = prepared;
    let (journal_path, rejects_path) = (journal.path().to_owned(), rejects.path().to_owned());
    let import = Import {
        directory: target.directory(),
        mapping: &mapping,
        finished: &survey.finished,
        concurrency: usize::from(options.concurrency),
        wait: WAIT,
        adopt: options.adopt,
        update: options.update,
        stop_after: options.stop_after,
        stop,
        progress: &progress,
    };
    let summary = tokio::select! {
        summary = import.run(survey.rows, || input.lines(), claims, journal, rejects) => summary?,
        never = progress.update_periodically() => never,
    };
    progress.finish();
    let has_rejects = summary.rejected() > 0;
    if !has_rejects {
        std::fs::remove_file(&rejects_path)?;
    }
    let result = ImportResult {
        summary: &summary,
        rejected: summary.rejected(),
        remaining: summary.remaining(),
        seconds: start.elapsed().as_secs_f64(),
        notices,
        journal: journal_path.display().to_string(),
        rejects: has_rejects.then(|| rejects_path.display().to_string()),
    };
    print_result(&options.output, &result, || {
        let mut lines = vec![summary.to_string().trim_end().to_owned(), format!("Duration: {}", elapsed_since(start))];
        lines.extend(result.notices.iter().cloned());
        if has_rejects {
            lines.push(format!(
                "The rejected rows and reasons are in {0}. Correct the rows in that file and import it with the same \
                 options, or correct the original file and run the command again. {0} contains personal data and may \
                 contain passwords and digests.",
                rejects_path.display()
            ));
        }
        if summary.remaining() > 0 {
            lines.push("Run the command again to import the remaining rows.".to_owned());
        }
        lines.join("\n")
    })?;
    Ok(summary.is_complete())
}

/// Checks that each file is read or written only once. Otherwise, the import would read its own output.
fn check_outputs(options: &InputOptions, journal: &Path, rejects: &Path) -> Result<(), Failure> {
    let is_same = |one: &Path, other: &Path| {
        one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
    };
    for output in [journal, rejects] {
        if options.files.iter().any(|input| is_same(input, output)) {
            return Err(format!("{} is both input and output", output.display()).into());
        }
    }
    if is_same(journal, rejects) {
        return Err("--journal and --rejects must be different files".into());
    }
    Ok(())
}
