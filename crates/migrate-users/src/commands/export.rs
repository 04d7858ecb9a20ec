//! The command `export`.

use std::time::Instant;

use serde_json::json;

use super::{announce, elapsed_since, print_result};
use crate::Failure;
use crate::counted::Counted;
use crate::exporting::{End, Exported, export};
use crate::options::ExportOptions;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::targets::{self, Connection};

/// The page size of an export.
const PAGE_SIZE: u32 = user_directory::model::MAX_LIMIT;

pub async fn run(options: &ExportOptions, stop: &Stop) -> Result<bool, Failure> {
    let connection = Connection {
        location: &options.source,
        limits: options.connection.rate_limits,
        concurrency: 1,
        settings: targets::settings(options.connection.instance.as_deref())?,
        migrate: false,
    };
    let target = connection.open().await?;
    announce(format_args!("exporting {} to {}", target.description, options.out.display()));
    let (start, progress) = (Instant::now(), Progress::on_stderr());
    let exported = tokio::select! {
        exported = export(target.directory(), target.store(), &options.out, PAGE_SIZE, stop, &progress) => exported?,
        never = progress.update_periodically() => never,
    };
    progress.finish();
    let (is_complete, end) = describe(&exported);
    let result = json!({
        "exported": exported.added,
        "exported_before": exported.before,
        "complete": is_complete,
        "end": end,
        "file": options.out.display().to_string(),
    });
    print_result(&options.output, &result, || {
        let secrets = if target.store().is_some() { ", password digests and other secrets" } else { "" };
        format!(
            "{:>9} exported in {}; {} exported by earlier runs\n{} contains personal data{secrets}.\n{end}",
            Counted(exported.added, "user"),
            elapsed_since(start),
            exported.before,
            options.out.display()
        )
    })?;
    Ok(is_complete)
}

/// Returns whether the export is complete, and a message if it is not.
fn describe(exported: &Exported) -> (bool, String) {
    match &exported.end {
        End::Complete => (true, String::new()),
        End::Stopped => (false, "The export is incomplete. Run the command again to continue.".to_owned()),
        End::Failed(error) => (
            false,
            format!("stopped by an error: {error}\nThe export is incomplete. Run the command again to continue."),
        ),
        End::Missing(number) => (
            false,
            format!(
                "The file lacks {}. Run the command again to export new users. If users are still missing, their \
                 creation times are earlier than the latest one in the file: export all users to another file.",
                Counted(*number, "user")
            ),
        ),
    }
}
