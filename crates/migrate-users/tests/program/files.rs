//! Containers, encodings and notations of files, which are read correctly or rejected at once.

use super::support::{Case, names};

const OPTIONS: [&str; 2] = ["--unverified", "--ignore-unknown"];

async fn imported(name: &str, content: impl AsRef<[u8]>) -> (Case, String) {
    let case = Case::of(name, content).await;
    let run = case.import(&[&[name], &OPTIONS[..]].concat()).await;
    (case, run.stderr)
}

/// Imports a file that must be rejected before anything is written, and returns the message.
async fn rejected(name: &str, content: impl AsRef<[u8]>) -> String {
    let case = Case::of(name, content).await;
    let run = case.try_import(&[&[name], &OPTIONS[..]].concat()).await;
    assert_eq!(run.code, Some(2), "{run}");
    assert_eq!(case.files(), [name]);
    run.stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_arrays_and_containers() {
    for content in [
        "[{\"id\":\"1\",\"username\":\"ada_1\"},{\"id\":\"2\",\"username\":\"ben_2\"}]",
        "[\n  {\n    \"id\": \"1\",\n    \"username\": \"ada_1\"\n  },\n  {\n    \"id\": \"2\",\n    \"username\": \"ben_2\"\n  }\n]\n",
        "{\"users\": [{\"id\":\"1\",\"username\":\"ada_1\"},\n{\"id\":\"2\",\"username\":\"ben_2\"}], \"total\": 2}",
        "{\n  \"total\": 2,\n  \"data\": [\n    {\"id\":\"1\",\"username\":\"ada_1\"},\n    {\"id\":\"2\",\"username\":\"ben_2\"}\n  ]\n}",
        "{\n  \"id\": \"1\",\n  \"username\": \"ada_1\"\n}\n{\n  \"id\": \"2\",\n  \"username\": \"ben_2\"\n}\n",
        "{\"start\":0,\"limit\":50,\"users\":[{\"id\":\"1\",\"username\":\"ada_1\"},{\"id\":\"2\",\"username\":\"ben_2\"}]}",
        "{\"totalCount\":2,\"data\":[{\"id\":\"1\",\"username\":\"ada_1\"},{\"id\":\"2\",\"username\":\"ben_2\"}]}\n",
        "{\"results\": [\n{\"id\":\"1\",\"username\":\"ada_1\"},\n{\"id\":\"2\",\"username\":\"ben_2\"}\n]}\n",
        "{\n  \"items\": [\n    {\"id\":\"1\",\"username\":\"ada_1\"},\n    {\"id\":\"2\",\"username\":\"ben_2\"}\n  ]\n}\n",
        "{\"id\":\"1\",\n\"username\":\"ada_1\"}\n{\"id\":\"2\",\n\"username\":\"ben_2\"}\n",
        "{\"id\":\"1\",\"username\":\"ada_1\"}\n\n{\"id\":\"2\",\"username\":\"ben_2\"}",
        "\u{feff}{\"id\":\"1\",\"username\":\"ada_1\"}\r\n{\"id\":\"2\",\"username\":\"ben_2\"}\r\n",
    ] {
        let (case, _) = imported("users.json", content).await;
        assert_eq!(case.user("1").await.username.as_deref(), Some("ada_1"), "{content}");
        assert_eq!(case.user("2").await.username.as_deref(), Some("ben_2"), "{content}");
        assert_eq!(case.users.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_truncated_containers() {
    for content in ["[{\"id\":\"1\",\"username\":\"ada_1\"},", "{\"users\": [{\"id\":\"1\"}, {\"id\""] {
        assert!(rejected("users.json", content).await.contains("the file ends inside"), "{content}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_every_notation_of_tables() {
    let (table, mark) = ("id\tUsername\tVorname\n1\tada_1\tZoë\n", "\u{feff}");
    let utf16 = |text: String, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for (content, notice) in [
        (b"id;username;first_name\n1;ada_1;Zo\xc3\xab\n".to_vec(), "the delimiter is `;`"),
        (b"sep=;\r\nid;username;first_name\r\n1;ada_1;Zo\xc3\xab\r\n".to_vec(), "skipped before the header: 1 line"),
        (b"# exported\n\nid,username,first_name\n1,ada_1,Zo\xc3\xab\n".to_vec(), "skipped before the header: 2 lines"),
        (b"id\tusername\tfirst_name\n1\tada_1\tZo\xc3\xab\n".to_vec(), "the delimiter is a tab"),
        (b",id,username,first_name\n0,1,ada_1,Zo\xc3\xab\n".to_vec(), "column 1 has no name and is ignored"),
        (b"id, username, first_name\n1, ada_1, \"Zo\xc3\xab\"\n".to_vec(), "surrounding whitespace of "),
        (b"#,id,username,first_name\n1,1,ada_1,Zo\xc3\xab\n".to_vec(), "column 1 has no name and is ignored"),
        (
            b"# exported, in full, today\nid,username,first_name\n1,ada_1,Zo\xc3\xab\n".to_vec(),
            "skipped before the header: 1 line",
        ),
        (
            b"# exported, in full\n#id,username,first_name\n1,ada_1,Zo\xc3\xab\n".to_vec(),
            "skipped before the header: 1 line",
        ),
        (b"\"sep=;\"\nid;username;first_name\n1;ada_1;Zo\xc3\xab\n".to_vec(), "skipped before the header: 1 line"),
        (b"SEP=;\nid;username;first_name\n1;ada_1;Zo\xc3\xab\n".to_vec(), "skipped before the header: 1 line"),
        (b"Unnamed: 0,id,username,first_name\n0,1,ada_1,Zo\xc3\xab\n".to_vec(), "column 1 has no name"),
        (b"id,username,first_name\n1,ada_1,Zo\xc3\xab,\n".to_vec(), "the rows end with a delimiter"),
        (b"id,username,first_name\n1,ada_1,Zo\xc3\xab".to_vec(), "no final line feed"),
        (utf16(format!("{mark}{table}"), u16::to_le_bytes), "encoded in UTF-16LE"),
        (utf16(format!("{mark}{table}"), u16::to_be_bytes), "encoded in UTF-16BE"),
        (utf16(table.to_owned(), u16::to_le_bytes), "encoded in UTF-16LE"),
        (utf16(table.to_owned(), u16::to_be_bytes), "encoded in UTF-16BE"),
    ] {
        let case = Case::of("users.csv", content).await;
        let run = case.import(&["users.csv", "--map", "vorname=first_name"]).await;
        assert!(run.stderr.contains(notice), "{notice}: {run}");
        let ada = case.user("1").await;
        assert_eq!((ada.username.as_deref(), ada.first_name.as_deref()), (Some("ada_1"), Some("Zoë")), "{notice}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_quotes_that_are_escaped_with_backslashes() {
    let table =
        "id,username,first_name,last_name\n1,ada_1,\"Ada \\\"The First\\\" A.\",One\n2,ben_2,\"a, b\",\"two\nlines\"\n";
    let (case, notices) = imported("users.csv", table).await;
    assert!(notices.contains("escaped with backslashes"), "{notices}");
    assert_eq!(names(&case.user("1").await), (Some("Ada \"The First\" A."), Some("One")));
    assert_eq!(names(&case.user("2").await), (Some("a, b"), Some("two\nlines")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_a_file_with_an_unclosed_quote() {
    let users: Vec<_> = (2..500).map(|id| format!("{id},user_{id},\n")).collect();
    let users = users.concat();
    let message = rejected("users.csv", format!("id,username,notes\n1,user_1,\"5' 11\n{users}")).await;
    assert!(message.contains("ends inside a quoted cell that starts on line 2"), "{message}");
    let two = format!("id,username,notes\n1,user_1,\"5' 11\n{users}600,user_600,\"6' 2\n");
    let message = rejected("users.csv", two).await;
    assert!(message.contains("line 501: a quote does not enclose a whole cell"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_text_in_another_encoding_with_advice() {
    let table = b"id,username,first_name\n1,ada_1,Zo\xeb\n2,ben_2,Ben\n";
    let message = rejected("users.csv", table).await;
    assert!(message.contains("line 2 is not UTF-8; use --encoding windows-1252"), "{message}");
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--encoding", "windows-1252"]).await;
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Zoë"));
    let case = Case::of("users.csv", table).await;
    assert_eq!(case.try_import(&["users.csv", "--encoding", "utf-8"]).await.code, Some(1));
    assert_eq!((case.rejects("users.csv").len(), case.users.len()), (1, 1));
    let message = rejected("users.jsonl", b"{\"id\":1,\"username\":\"Zo\xeb\"}\n").await;
    assert!(message.contains("line 1 is not UTF-8"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_treats_null_literals_as_empty() {
    let table = "id,username,first_name,last_name\n1,ada_1,NULL,\\N\n2,ben_2,null,None\n3,NULL,Null,Nulls\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("5 values with a word for a missing value"), "{run}");
    assert_eq!(names(&case.user("1").await), (None, None));
    assert_eq!(case.user("3").await.username, None);
    assert_eq!(names(&case.user("3").await), (Some("Null"), Some("Nulls")));
    let case = Case::of("users.csv", table).await;
    case.try_import(&["users.csv", "--keep-null-literals"]).await;
    assert_eq!(names(&case.user("1").await), (Some("NULL"), Some("\\N")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_line_numbers_of_the_editor() {
    for end in ["\n", "\r\n"] {
        let table = ["id,username,bio", "1,ada_1,\"two", "lines\"", "2", "", "3,a b,x", ""].join(end);
        let case = Case::of("users.csv", table).await;
        assert_eq!(case.try_import(&["users.csv", "--ignore", "bio"]).await.code, Some(1));
        let lines: Vec<_> = case.rejects("users.csv").into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [4, 6], "{end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_tables_that_it_cannot_map() {
    let message = rejected("users.csv", "1,ada@example.com\n2,ben@example.com\n").await;
    assert!(message.contains("the first line is not a header"), "{message}");
    let case = Case::of("users.csv", "id,Shoe Size,username\n1,38,ada_1\n").await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("unknown columns or keys: Shoe Size; use --map"), "{run}");
    let case = Case::of("users.csv", "").await;
    assert_eq!(case.try_import(&["users.csv"]).await.code, Some(2));
    let run = case.try_import(&["missing.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("missing.csv: "), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_can_be_corrected_and_imported() {
    let table = "id,username,first_name\n1,a b,NULL\n2,ben_2\n3,cleo_3,Cleo\n";
    let case = Case::of("users.csv", table).await;
    assert_eq!(case.try_import(&["users.csv"]).await.code, Some(1));
    let rejects = case.read("users.csv.rejects.jsonl");
    #[cfg(unix)]
    assert_eq!(super::support::mode(&case.path("users.csv.rejects.jsonl")), 0o600);
    // Unchanged, the rows are rejected again: the incomplete one has a mark that must be removed.
    assert_eq!(case.try_import(&["users.csv.rejects.jsonl"]).await.code, Some(1));
    assert_eq!(case.users.len(), 1);
    let mark = ",\"#problem\":\"the record has 2 cells, but the table has 3 columns\"";
    assert!(rejects.contains(mark), "{rejects}");
    case.write("users.csv.rejects.jsonl", rejects.replace("a b", "ada_1").replace(mark, ""));
    case.import(&["users.csv.rejects.jsonl"]).await;
    assert_eq!(case.user("1").await.first_name, None, "NULL is still empty");
    assert_eq!(case.user("2").await.username.as_deref(), Some("ben_2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_a_table_of_excel_with_custom_columns() {
    let table = "Customer No\tE-Mail\tVorname\tNachname\tTelefon\tRegistered\tNotes\tHash\tHasher\r\n\
                 K-1\txl.one@example.com\tZoë\tO’Brien\t0171 1234567\t2021-03-04T05:06:07Z\t\"two\nlines\"\t\t\r\n\
                 K-2\tone.xl@example.com|two.xl@example.com\tAda\t\t\t2021-03-04\t\t3cb4e732631f47e6eb961f34554b7cde\tmd5\r\n";
    let utf16: Vec<u8> = format!("\u{feff}{table}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let case = Case::of("users.csv", utf16).await;
    let options = [
        "--map",
        "customer no=external_id",
        "--map",
        "vorname=first_name",
        "--map",
        "nachname=last_name",
        "--map",
        "telefon=phone",
        "--map",
        "registered=created_at",
        "--map",
        "hash=password_digest",
        "--map",
        "hasher=password_hasher",
        "--ignore",
        "notes",
        "--default-country",
        "DE",
        "--assume-verified",
    ];
    case.import(&[&["users.csv"], &options[..]].concat()).await;
    let first = case.user("K-1").await;
    assert_eq!(names(&first), (Some("Zoë"), Some("O’Brien")));
    assert_eq!(super::support::phones(&first), [("+491711234567", true)]);
    let second = case.user("K-2").await;
    let expected = [("one.xl@example.com", true), ("two.xl@example.com", true)];
    assert_eq!(super::support::emails(&second), expected);
    assert!(case.verifies("K-2", super::support::PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_accepts_external_ids_with_signs() {
    let (case, _) = imported("users.csv", "external_id,username\n-100123456,ada_1\n+15550100009,ben_2\n").await;
    assert_eq!(case.user("-100123456").await.username.as_deref(), Some("ada_1"));
    case.import(&["users.csv"]).await;
    assert_eq!(case.users.len(), 2);
}

/// Returns rows as JSON Lines, as an array on one line, and as a container on one line.
fn json_files(rows: &[&str]) -> [String; 3] {
    let list = rows.join(",");
    [rows.join("\n") + "\n", format!("[{list}]"), format!("{{\"total\":2,\"users\":[{list}]}}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn import_prefers_the_verified_owner_in_rows_on_one_line() {
    let rows = [
        r#"{"id":"1","email":"victim@example.com","email_verified":false}"#,
        r#"{"id":"2","email":"victim@example.com","email_verified":true}"#,
        r#"{"id":"3","email":["c@example.com","Victim@example.com"],"email_verified":false}"#,
    ];
    for content in json_files(&rows) {
        let case = Case::of("users.json", &content).await;
        let run = case.try_import(&["users.json"]).await;
        assert!(run.stdout.contains("verified in another row (line "), "{run}");
        assert_eq!(super::support::emails(&case.user("2").await), [("victim@example.com", true)], "{content}");
        assert_eq!(super::support::emails(&case.user("3").await), [("c@example.com", false)], "{content}");
        assert_eq!(case.users.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_distinguishes_duplicates_on_one_line() {
    let rows = [
        r#"{"id":"1","username":"a b","email":"a@example.com","email_verified":true}"#,
        r#"{"id":"2","email":"b@example.com","email_verified":true}"#,
        r#"{"id":"3","email":"B@example.com","email_verified":true}"#,
    ];
    for (content, is_element) in json_files(&rows).iter().zip([false, true, true]) {
        let case = Case::of("users.json", content).await;
        let run = case.try_import(&["users.json"]).await;
        let expected =
            if is_element { "duplicate of line 1, element 2 (element 3 on line 1)" } else { "line 2 (line 3)" };
        assert!(run.code == Some(1) && run.stdout.contains(expected), "{run}");
        assert_eq!(case.users.len(), 2, "{content}");
        let (rejects, journal) = (case.read("users.json.rejects.jsonl"), case.read("users.json.journal.jsonl"));
        assert_eq!(rejects.contains("{\"line\":1,\"element\":3,"), is_element, "{rejects}");
        assert_eq!(journal.contains("{\"line\":1,\"element\":2,"), is_element, "{journal}");
        let check = case.run(&["check", "users.json", "--json"]).await;
        assert_eq!(check.stdout.contains("\"elements\""), is_element, "{check}");
        // The rejects file has another line for each row.
        case.write("users.json.rejects.jsonl", rejects.replace("B@example.com", "c@example.com"));
        case.import(&["users.json.rejects.jsonl"]).await;
        assert_eq!(super::support::emails(&case.user("3").await), [("c@example.com", true)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_users_that_are_not_in_one_array() {
    for (content, advice) in [
        (
            "{\"users\": {\n\"1\": {\"username\":\"ada_1\"},\n\"2\": {\"username\":\"ben_2\"}}}\n",
            "jq '[.users | to_entries[]",
        ),
        ("{\"admins\":[{\"id\":1}],\"members\":[{\"id\":2}]}", "several arrays of objects (admins, members)"),
        ("[{\"id\":\"1\",\"username\":\"ada_1\"}]\n[{\"id\":\"2\"}]\n", "the array is followed by other text"),
    ] {
        let message = rejected("users.json", content).await;
        assert!(message.contains(advice), "{content}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_read_as_utf_8_json_with_the_options_of_the_table() {
    let table = b"id;username;first_name\n1;a b;Zo\xeb\n2;ben_2;Ben\n";
    let options = ["--encoding", "windows-1252", "--format", "csv", "--delimiter", ";"];
    let case = Case::of("users.csv", table).await;
    assert_eq!(case.try_import(&[&["users.csv"], &options[..]].concat()).await.code, Some(1));
    case.write("users.csv.rejects.jsonl", case.read("users.csv.rejects.jsonl").replace("a b", "ada_1"));
    case.import(&[&["users.csv.rejects.jsonl"], &options[..]].concat()).await;
    assert_eq!(case.user("1").await.first_name.as_deref(), Some("Zoë"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_a_quote_escaped_with_a_backslash_at_the_end_of_a_cell() {
    let table = "id,first_name,username\n1,\"5 11\\\"\",ada_1\n2,\"6 2\\\"\",ben_2\n";
    let (case, notices) = imported("users.csv", table).await;
    assert!(notices.contains("escaped with backslashes"), "{notices}");
    assert_eq!(names(&case.user("1").await), (Some("5 11\""), None));
    assert_eq!(case.user("2").await.username.as_deref(), Some("ben_2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_decision_about_escape_sequences_without_escaped_quotes() {
    let table =
        "id,username,first_name,last_name\n1,ada_1,O\\'Brien,\"A\\\\B\"\n2,ben_2,\\N,\"two\\nlines\"\n3,eve_3,a\\,b,\n";
    let message = rejected("users.csv", table).await;
    assert!(message.contains("line 2: a cell has a backslash") && message.contains("--backslashes"), "{message}");

    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--backslashes", "escape"]).await;
    assert_eq!(names(&case.user("1").await), (Some("O'Brien"), Some("A\\B")));
    assert_eq!(names(&case.user("2").await), (None, Some("two\nlines")));
    assert_eq!(names(&case.user("3").await), (Some("a,b"), None));

    let table = table.replace("a\\,b", "ab");
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--backslashes", "keep"]).await;
    assert_eq!(names(&case.user("1").await), (Some("O\\'Brien"), Some("A\\\\B")));
    assert_eq!(names(&case.user("2").await), (None, Some("two\\nlines")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_line_feeds_that_mysql_escapes() {
    let table = "id\tusername\tfirst_name\n1\tada_1\ttwo\\\nlines\n2\tben_2\tBen\n";
    let case = Case::of("users.tsv", table).await;
    case.import(&["users.tsv", "--backslashes", "escape"]).await;
    assert_eq!(names(&case.user("1").await).0, Some("two\nlines"));
    assert_eq!(names(&case.user("2").await).0, Some("Ben"));
    // A quote that is escaped shows the notation of the file.
    let table = "id,username,first_name\n1,ada_1,\"5 11\\\"\"\n2,ben_2,\"two\\nlines\"\n";
    let (case, notices) = imported("users.csv", table).await;
    assert!(notices.contains("escaped with backslashes"), "{notices}");
    assert_eq!(names(&case.user("2").await).0, Some("two\nlines"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_keeps_backslashes_of_json_and_of_other_values() {
    let table = "id,username,first_name,public_metadata\n1,ada_1,DOMAIN\\ada,\"{\"\"note\"\":\"\"two\\nlines\"\"}\"\n2,ben_2,\\N,\n";
    let (case, _) = imported("users.csv", table).await;
    let ada = case.user("1").await;
    assert_eq!(names(&ada).0, Some("DOMAIN\\ada"));
    assert_eq!(ada.public_metadata.get::<String>("note").unwrap().as_deref(), Some("two\nlines"));
    assert_eq!(names(&case.user("2").await).0, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_treats_bracketed_and_given_words_as_empty() {
    let table = "id,username,first_name,last_name\n1,ada_1,[NULL],<null>\n2,ben_2,(null),<nil>\n3,nan,Null,nil\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv", "--null", "nan", "--null", "nil"]).await;
    assert!(run.stdout.contains("6 values with a word for a missing value"), "{run}");
    assert_eq!(names(&case.user("1").await), (None, None));
    assert_eq!(names(&case.user("2").await), (None, None));
    assert_eq!((names(&case.user("3").await), case.user("3").await.username), ((Some("Null"), None), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_keeps_null_words_in_json_and_announces_them() {
    let lines = "{\"id\":1,\"username\":\"NULL\",\"first_name\":\" \\\\N \",\"last_name\":null}\n\
                 {\"id\":2,\"username\":\"nan_2\",\"first_name\":\"NaN\"}\n";
    let case = Case::of("users.jsonl", lines).await;
    let run = case.import(&["users.jsonl"]).await;
    assert!(run.stdout.contains("3 values that may mean a missing value, such as NaN, undefined"), "{run}");
    assert_eq!(case.user("1").await.username.as_deref(), Some("NULL"));
    let case = Case::of("users.jsonl", lines).await;
    let run = case.import(&["users.jsonl", "--null", "NULL", "--null", "\\N", "--null", "NaN"]).await;
    assert!(run.stdout.contains("3 values with a word for a missing value") && !run.stdout.contains("kept"), "{run}");
    assert_eq!((case.user("1").await.username, case.user("2").await.first_name), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_rows_with_a_value_after_the_last_column() {
    let table = "id,username,first_name\n1,ada_1,Ada,\n2,ben_2,Ben,x\n";
    let case = Case::of("users.csv", table).await;
    assert_eq!(case.try_import(&["users.csv"]).await.code, Some(1));
    assert_eq!(case.rejects("users.csv").len(), 2, "only a delimiter in all rows is ignored");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_writes_files_with_names_that_windows_accepts() {
    let case = Case::of("users.csv", "id,username\n1,ada_1\n2,a b\n").await;
    for _ in 0..2 {
        assert_eq!(case.try_import(&["users.csv"]).await.code, Some(1));
    }
    let files = case.files();
    assert!(files.len() >= 4, "the table, the journal and the rejects of two runs: {files:?}");
    for name in files {
        assert!(!name.contains(['<', '>', ':', '"', '/', '\\', '|', '?', '*']), "{name}");
        assert!(!name.ends_with([' ', '.']), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_only_the_users_of_a_django_dump() {
    let dump = r#"[{"model":"auth.group","pk":1,"fields":{"name":"editors"}},
        {"model":"newsletter.subscriber","pk":902,"fields":{"email":"ada@example.com","is_active":false}},
        {"model":"auth.user","pk":1,"fields":{"username":"ada_l","email":"ada@example.com","password":"!",
        "is_active":true}}]"#;
    let case = Case::of("dump.json", dump).await;
    let run = case.import(&["dump.json"]).await;
    assert!(run.stdout.contains("2 skipped: not users"), "{run}");
    let ada = case.user("1").await;
    assert_eq!((ada.username.as_deref(), ada.banned), (Some("ada_l"), false));
    assert_eq!(case.users.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_cells_that_spreadsheets_must_not_convert() {
    let table = "=\"id\",username,first_name,last_name\n=\"00123\",ada_1,\"=\"\"Ada\"\"\",#N/A\n\
                 =\"00124\",ben_2,#NAME?,=A1\n";
    let (case, _) = imported("users.csv", table).await;
    assert_eq!(names(&case.user("00123").await), (Some("Ada"), None));
    assert_eq!(names(&case.user("00124").await), (None, Some("=A1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_of_objects_on_several_lines_can_be_corrected_and_imported() {
    let content = "[\n {\n  \"id\": \"1\",\n  \"username\": \"a b\",\n  \"private_metadata\": {\n   \"n\": 1.0,\n   \
                   \"text\": \"[ \\\" ]\"\n  }\n },\n {\n  \"id\": \"2\",\n  \"username\": \"ben_2\",\n  \
                   \"password\": \"correct horse\"\n }\n]\n";
    let case = Case::of("users.json", content).await;
    // The second run replaces the rejects file.
    for _ in 0..2 {
        let run = case.try_import(&["users.json"]).await;
        assert_eq!(run.code, Some(1), "{run}");
        let lines: Vec<_> = case.rejects("users.json").into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 10]);
    }
    let rejects = case.read("users.json.rejects.jsonl");
    let expected = r#""original":{"id":"1","username":"a b","private_metadata":{"n":1.0,"text":"[ \" ]"}}"#;
    assert!(rejects.contains(expected), "{rejects}");
    case.write("users.json.rejects.jsonl", rejects.replace("a b", "ada_1"));
    let run = case.import(&["users.json.rejects.jsonl", "--plaintext-passwords"]).await;
    assert!(run.stdout.contains("        2 created"), "{run}");
    // The rows of the corrected file are those of the corrected rejects file.
    case.write("users.json", content.replace("a b", "ada_1"));
    let run = case.import(&["users.json", "--plaintext-passwords"]).await;
    assert!(run.stdout.contains("2 imported by earlier runs") && !run.stdout.contains("changed"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_skips_repeated_headers() {
    let case = Case::of("users.csv", "id,username\n1,ada_1\nid,username\n2,ben_2\n").await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stdout.contains("skipped: 1 row (repeated headers)"), "{run}");
    assert_eq!(case.users.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_read_in_any_layout() {
    let case = Case::of("users.csv", "id,username\n1,a b\n2,b c\n").await;
    assert_eq!(case.try_import(&["users.csv"]).await.code, Some(1));
    let rejects = case.read("users.csv.rejects.jsonl").replace("a b", "ada_1").replace("b c", "ben_2");
    let values: Vec<serde_json::Value> = rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pretty: Vec<_> = values.iter().map(|value| serde_json::to_string_pretty(value).unwrap()).collect();
    // The members of a `Value` are sorted by name.
    let sorted: Vec<_> = values.iter().map(ToString::to_string).collect();
    let array = serde_json::to_string_pretty(&values).unwrap();
    for content in [pretty.join("\n"), sorted.join("\n"), array] {
        let case = Case::of("corrected.json", content).await;
        case.import(&["corrected.json"]).await;
        assert_eq!(case.user("1").await.username.as_deref(), Some("ada_1"));
        assert_eq!(case.users.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_announces_a_response_that_may_lack_users() {
    for content in [
        "{\"total\":100,\"users\":[{\"id\":\"1\",\"username\":\"ada_1\"}]}",
        "{\"results\":[{\"id\":\"1\",\"username\":\"ada_1\"}],\"next\":\"https://example.com/?page=2\"}",
        "{\"users\":[{\"id\":\"1\",\"username\":\"ada_1\"}],\"errors\":[{\"message\":\"page 2 timed out\"}]}",
        "{\"data\":[{\"id\":\"1\",\"username\":\"ada_1\"}],\"next_page_url\":\"https://example.com/?page=2\"}",
        "{\"data\":[{\"id\":\"1\",\"username\":\"ada_1\"}],\"meta\":{\"last_page\":9,\"current_page\":1}}",
    ] {
        let (case, notices) = imported("users.json", content).await;
        assert!(notices.contains("the file may lack users, because "), "{notices}");
        assert_eq!(case.users.len(), 1);
        for command in ["check", "import"] {
            let run = case.run(&[&[command, "users.json", "--json"], &OPTIONS[..]].concat()).await;
            let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            let notice = json["notices"][0].as_str().unwrap_or_default();
            assert!(notice.starts_with("the file may lack users, because "), "{run}");
        }
    }
    for content in [
        "{\"users\":[],\"error\":\"rate limit exceeded\"}",
        "{\"users\":[],\"errors\":[\"rate limit exceeded\"]}",
        "{\"users\":[],\"errors\":[{\"message\":\"timeout\"}]}",
    ] {
        let message = rejected("users.json", content).await;
        assert!(message.contains("the request failed"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_rows_that_contain_other_rows() {
    let options = ["users.csv", "--ignore-unknown"];
    for (table, is_rejected) in [
        ("id, username, bio\n1, ada_1, \"hello\n22, ben_2, b\"\n4, dor_4, d\n", true),
        ("id,username,bio\n1,ada_1,\"hello\n2,ben_2,b\n3,cle_3\n4,dor_4,d\"\n5,eva_5,e\n", true),
        ("id,username,skills\n1,ada_1,\"Skills:\nC, C++, Rust\nGo, Java, Kotlin\"\n4,dor_4,d\n", false),
        ("id,username,address,city\nck1,ada_1,\"12 Main St,Apt 4\nSpringfield,IL,62701\",X\nck4,dor_4,d,Y\n", false),
        ("username,role,id\nada_1,\"admin,1\nben_2,user,2\ncle,user\",3\ndor_4,user,4\n", true),
        (
            "id,username,email,email_verified,address\n1,ada_1,a@example.com,true,\"Residence X\n12, rue Y, 3rd floor, \
             Paris, FR\"\n4,dor_4,d@example.com,true,d\n",
            false,
        ),
    ] {
        let case = Case::of("users.csv", table).await;
        let run = case.try_import(&options).await;
        assert_eq!(run.code, Some(i32::from(is_rejected)), "{table}: {run}");
        assert_eq!(case.users.len(), if is_rejected { 1 } else { 2 }, "{table}");
    }
}
