use serde_json::Value;
use tempfile::TempDir;
use user_directory::decorators::{Fault, FaultyUserDirectory};
use user_directory::time::FakeTimer;
use user_directory::{Error, ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectoryExt, UserFilter};

use super::placing::MAX_ATTEMPTS;
use super::*;
use crate::reading::{Input, ReadOptions};
use crate::survey::Survey;

/// A file to import, and the files written next to it.
struct Files {
    folder: TempDir,
    name: &'static str,
}

impl Files {
    fn new(name: &'static str, text: &str) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), name };
        std::fs::write(files.folder.path().join(name), text).unwrap();
        files
    }

    fn with_users(number: u32) -> Self {
        Self::new("users.jsonl", &(0..number).map(|number| line(number) + "\n").collect::<String>())
    }

    fn path(&self, suffix: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{}{suffix}", self.name))
    }

    fn read(&self, suffix: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(suffix)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn rejects(&self) -> Vec<(u64, String)> {
        let reject = |reject: &Value| (reject["line"].as_u64().unwrap(), reject["code"].as_str().unwrap().to_owned());
        let mut rejects: Vec<_> = self.read(".rejects.jsonl").iter().map(reject).collect();
        rejects.sort();
        rejects
    }

    async fn import(&self, directory: &dyn UserDirectory) -> Summary {
        self.import_until(directory, Stop::default(), |_| {}).await.unwrap()
    }

    /// Imports the file, and visits each row.
    async fn import_until(
        &self,
        directory: &dyn UserDirectory,
        stop: Stop,
        visit: impl Fn(u64),
    ) -> Result<Summary, Failure> {
        let input = Input::detect(&self.path(""), &ReadOptions::default())?;
        let mut mapping = Mapping::new(input.from.source(), "2026-01-01T00:00:00Z".parse().unwrap());
        mapping.rules.passwords.plaintext = true;
        let progress = Progress::silent();
        let (journal, rejects) =
            (Journal::open(&self.path(".journal.jsonl"))?, Rejects::create(&self.path(".rejects.jsonl"))?);
        let mut survey = Survey::of(&input, &mapping, Some(&journal), &Stop::default())?;
        let claims = survey.claims(&input, &mapping)?;
        let import = Import {
            directory,
            mapping: &mapping,
            finished: &survey.finished,
            concurrency: 4,
            wait: Duration::ZERO,
            adopt: false,
            update: false,
            stop_after: 0,
            stop,
            progress: &progress,
        };
        let number = |line: &Result<Line, Failure>| line.as_ref().map_or(0, |line| line.position.line);
        let lines = || Ok(input.lines()?.inspect(|line| visit(number(line))));
        import.run(survey.rows, lines, claims, journal, rejects).await
    }
}

fn line(number: u32) -> String {
    format!(r#"{{"external_id":"e{number}","username":"user_{number}"}}"#)
}

fn error(kind: ErrorKind) -> Fault {
    Fault::kind(kind).operation(Operation::Create)
}

#[tokio::test]
async fn second_import_skips_imported_rows() {
    let (files, directory) = (Files::with_users(20), InMemoryUserDirectory::permissive());
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.remaining(), summary.is_complete()), (20, 0, true));
    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(Fault::kind(ErrorKind::Server));
    let summary = files.import(&users).await;
    assert_eq!((summary.created, summary.imported_before, summary.is_complete()), (0, 20, true));
    assert_eq!(directory.len(), 20);
}

#[tokio::test]
async fn second_import_checks_new_and_changed_rows_and_duplicates_of_imported_rows() {
    let (files, directory) = (Files::with_users(5), InMemoryUserDirectory::permissive());
    files.import(&directory).await;
    let changed = line(1).replace('}', r#","first_name":"Ada"}"#);
    let taken = line(9).replace("user_9", "USER_2");
    let rows = [line(3), line(0), changed, line(2), taken, line(3), line(4), line(5)];
    std::fs::write(files.path(""), rows.join("\n")).unwrap();
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.imported_before, summary.changed), (1, 5, 1));
    assert_eq!(files.rejects(), [(5, "duplicate".to_owned()), (6, "duplicate".to_owned())]);
    // Rejected rows are tried again: the username is free now.
    std::fs::write(files.path(""), [line(0), rows[4].replace("USER_2", "user_9")].join("\n")).unwrap();
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.imported_before), (1, 1));
}

#[tokio::test]
async fn import_finds_users_that_are_not_in_the_journal() {
    let (files, directory) = (Files::with_users(20), InMemoryUserDirectory::permissive());
    files.import(&directory).await;
    let journal = std::fs::read_to_string(files.path(".journal.jsonl")).unwrap();
    let cut = journal.match_indices('\n').nth(11).unwrap().0 + 30;
    std::fs::write(files.path(".journal.jsonl"), &journal[..cut]).unwrap();
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.found, summary.imported_before), (0, 8, 12));
    assert_eq!(directory.len(), 20);
    assert_eq!(files.read(".journal.jsonl").len(), 20);
}

#[tokio::test]
async fn import_retries_temporary_errors_and_unknown_outcomes() {
    let (files, directory) = (Files::with_users(30), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone());
    for fault in [
        error(ErrorKind::Unavailable),
        error(ErrorKind::Unavailable).after_work(),
        error(ErrorKind::Unavailable).after_work(),
        error(ErrorKind::Server),
        error(ErrorKind::RateLimited),
        error(ErrorKind::Locked),
    ] {
        users.add_fault(fault.times(3));
    }
    for kind in [ErrorKind::Server, ErrorKind::Unavailable] {
        users.add_fault(Fault::kind(kind).operation(Operation::List).times(2));
    }
    let summary = files.import(&users).await;
    assert!(summary.created + summary.found == 30 && summary.found > 0, "{summary}");
    assert_eq!(directory.len(), 30);
}

#[tokio::test]
async fn import_rejects_invalid_rows_which_can_be_corrected() {
    let text = [
        &*line(1),
        "{\"external_id\":",
        r#"{"external_id":"e3","email":"invalid","email_verified":true}"#,
        r#"{"external_id":"e1","username":"user_4"}"#,
        r#"{"external_id":"e5","username":"user_5","password":"secret","skip_password_checks":false}"#,
    ]
    .join("\n");
    let (files, directory) = (Files::new("users.jsonl", &text), InMemoryUserDirectory::permissive());
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.rejected(), summary.remaining()), (1, 4, 0));
    let expected = [
        (2, "malformed".to_owned()),
        (3, "form_param_format_invalid".to_owned()),
        (4, "duplicate".to_owned()),
        (5, "form_password_length_too_short".to_owned()),
    ];
    assert_eq!(files.rejects(), expected);
    let report = summary.to_string();
    assert!(report.contains("4 rejected\n"), "{report}");
    assert!(!report.contains("secret") && !report.contains("\"invalid\""), "{report}");

    // Rejected rows are tried again, and corrected rows are imported.
    std::fs::write(files.path(""), text.replace("\"invalid\"", "\"ada@example.com\"")).unwrap();
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.imported_before, summary.rejected()), (1, 1, 3));
    assert_eq!(files.rejects().len(), 3);

    // Alternatively, the corrected rejects file is imported.
    let corrected = std::fs::read_to_string(files.path(".rejects.jsonl")).unwrap();
    let corrected =
        corrected.replace("{\\\"external_id\\\":", "{\\\"external_id\\\":\\\"e2\\\",\\\"username\\\":\\\"user_2\\\"}");
    let corrected = Files::new("rejects.jsonl", &corrected.replace("\"secret\"", "\"a long secret\""));
    let summary = corrected.import(&directory).await;
    // The other row still has the external id of the first.
    assert_eq!((summary.created, summary.rejected()), (2, 1), "{summary}");
    assert_eq!(corrected.rejects()[0].1, "external_id_taken");
    assert_eq!(directory.len(), 4);
}

#[tokio::test]
async fn import_reads_tables() {
    let table = "id,Email,email_verified,First Name,Phone,password_hash,password_hasher,public_metadata,created_at\n\
                 7,ada@example.com,true,Ada,+15550100007,3cb4e732631f47e6eb961f34554b7cde,md5,\"{\"\"plan\"\":\"\"pro\"\"}\",2020-01-01\n\
                 8,grace@example.com,false,Grace,,,,,2020-01-01 00:00:00\n\
                 9,mary@example.com\n";
    let (files, directory) = (Files::new("users.csv", table), InMemoryUserDirectory::permissive());
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.rejected()), (2, 1), "{summary}");
    assert_eq!(files.rejects(), [(4, "malformed".to_owned())]);
    let ada = directory.find_by_external_id("7").await.unwrap().unwrap();
    assert!(ada.email_addresses[0].is_verified() && ada.password_enabled);
    assert_eq!(ada.public_metadata.as_json(), r#"{"plan":"pro"}"#);
    let correct = directory.verify_password(&ada.id, &user_directory::Password::new("correct horse")).await.unwrap();
    assert!(correct.is_correct());
    let grace = directory.find_by_external_id("8").await.unwrap().unwrap();
    assert!(grace.email_addresses[0].reserved);
    assert_eq!(grace.created_at, Some("2020-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(ada.created_at, grace.created_at);
}

#[tokio::test]
async fn import_completes_rows_in_flight_after_a_stop() {
    let (files, directory) = (Files::with_users(30), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone()).timer(FakeTimer::new());
    users.add_fault(Fault::delay(Duration::from_secs(1)));
    let stop = Stop::default();
    let visit = |number| {
        if number == 10 {
            stop.request();
        }
    };
    let summary = files.import_until(&users, stop.clone(), visit).await.unwrap();
    assert_eq!((summary.created, summary.remaining(), summary.is_complete()), (10, 20, false));
    assert_eq!((directory.len(), files.read(".journal.jsonl").len()), (10, 10));
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.imported_before, directory.len()), (20, 10, 30));
}

#[tokio::test]
async fn import_does_not_report_an_error_after_a_stop_as_its_end() {
    let (files, directory) = (Files::with_users(5), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(error(ErrorKind::Unavailable));
    let stop = Stop::default();
    let visit = |number| {
        if number == 2 {
            stop.request();
        }
    };
    let summary = files.import_until(&users, stop.clone(), visit).await.unwrap();
    assert_eq!((summary.created, summary.remaining()), (0, 5));
    assert!(!summary.to_string().contains("stopped"), "{summary}");
}

#[tokio::test]
async fn import_ends_if_the_directory_rejects_all_users_or_is_unreachable() {
    let (files, directory) = (Files::with_users(30), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(error(ErrorKind::Unauthenticated));
    let summary = files.import(&users).await;
    assert_eq!((summary.created, summary.rejected(), summary.remaining()), (0, 0, 30));
    assert!(summary.to_string().contains("stopped: create: unauthenticated"), "{summary}");
    assert!(files.read(".rejects.jsonl").is_empty());
    for kind in [ErrorKind::PaymentRequired, ErrorKind::Forbidden, ErrorKind::NotFound] {
        users.clear_faults();
        users.add_fault(error(kind));
        let summary = files.import(&users).await;
        assert_eq!((summary.rejected(), summary.remaining()), (0, 30), "{kind}");
        assert!(summary.to_string().contains("stopped: "), "{summary}");
    }

    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(Fault::error(Error::new(ErrorKind::Connect)));
    let summary = files.import(&users).await;
    assert!(summary.to_string().contains("connection failed"), "{summary}");
    assert_eq!(files.import(&directory).await.created, 30);
}

#[tokio::test]
async fn import_continues_after_a_persistent_server_error() {
    let (files, directory) = (Files::with_users(1), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(error(ErrorKind::Server).times(MAX_ATTEMPTS));
    let summary = files.import(&users).await;
    assert_eq!((summary.created, summary.remaining()), (0, 1));
    assert!(!summary.to_string().contains("stopped"), "{summary}");
    assert_eq!(files.import(&users).await.created, 1);
}

#[tokio::test]
async fn import_defers_a_duplicate_of_a_row_that_failed() {
    let text = "{\"external_id\":\"e1\",\"username\":\"user_1\"}\n{\"external_id\":\"e2\",\"username\":\"user_1\"}\n";
    let (files, directory) = (Files::new("users.jsonl", text), InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(directory.clone());
    users.add_fault(error(ErrorKind::Server).times(MAX_ATTEMPTS));
    let summary = files.import(&users).await;
    assert_eq!((summary.created, summary.rejected(), summary.remaining()), (0, 0, 2), "{summary}");
    let summary = files.import(&users).await;
    assert_eq!((summary.created, summary.rejected()), (1, 1), "{summary}");
    assert!(directory.find_by_external_id("e1").await.unwrap().is_some());
}

#[tokio::test]
async fn import_rejects_an_identifier_of_another_user() {
    let (files, directory) = (Files::with_users(3), InMemoryUserDirectory::permissive());
    directory.create(&NewUser::new().username("user_1")).await.unwrap();
    directory.create(&NewUser::new().username("user_of_old").external_id("e2")).await.unwrap();
    let summary = files.import(&directory).await;
    assert_eq!((summary.created, summary.found, summary.rejected()), (1, 0, 2));
    let expected = [(2, "form_identifier_exists".to_owned()), (3, "external_id_taken".to_owned())];
    assert_eq!(files.rejects(), expected);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 3);
}

#[tokio::test]
async fn import_reports_the_differences_of_a_user_that_is_found_after_a_stop() {
    let text = r#"{"external_id":"e1","username":"user_1","first_name":"Ada"}"#;
    let (files, directory) = (Files::new("users.jsonl", text), InMemoryUserDirectory::permissive());
    directory.create(&NewUser::new().username("user_1").external_id("e1").first_name("Augusta")).await.unwrap();
    let users = FaultyUserDirectory::new(directory);
    users.add_fault(error(ErrorKind::Unavailable));
    let stop = Stop::default();
    let summary = files.import_until(&users, stop.clone(), |_| stop.request()).await.unwrap();
    assert_eq!((summary.found, summary.different.get("first_name")), (1, Some(&1)), "{summary}");
    let entry = &files.read(".journal.jsonl")[0];
    assert_eq!((&entry["outcome"], &entry["row"]), (&"created_or_found".into(), &"ffffffffffffffff".into()));
}
