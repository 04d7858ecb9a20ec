use super::*;

fn lines(text: &[u8]) -> Vec<Line> {
    JsonLines::new(text, false).map(Result::unwrap).collect()
}

#[test]
fn blank_lines_are_skipped_and_counted() {
    let lines = lines(b"{\"a\":1}\n\n  \r\n{\"b\":2}\r\n{\"c\":3}");
    let read: Vec<_> = lines.iter().map(|line| (line.position.line, line.json.get())).collect();
    assert_eq!(read, [(1, r#"{"a":1}"#), (4, r#"{"b":2}"#), (5, r#"{"c":3}"#)]);
}

#[test]
fn other_lines_are_kept_and_marked_as_malformed() {
    let lines = lines(b"{\"a\":\n[1]\nhello\n");
    let read: Vec<_> = lines.iter().map(|line| (line.json.get(), line.malformed.is_some())).collect();
    assert_eq!(read, [(r#""{\"a\":""#, true), ("[1]", true), (r#""hello""#, true)]);
}

#[test]
fn invalid_utf_8_is_malformed_until_it_is_corrected() {
    let text = &b"{\"first_name\":\"Zo\xeb\"}\n"[..];
    assert!(JsonLines::new(text, true).next().unwrap().is_err());
    let line = &lines(text)[0];
    assert!(line.malformed.is_some());
    let reject = format!("{{\"line\":1,\"reason\":\"no\",\"code\":\"x\",\"original\":{}}}", line.json);
    assert!(lines(reject.as_bytes())[0].malformed.is_some());
    let corrected = lines(reject.replace('\u{fffd}', "ë").as_bytes());
    assert!(corrected[0].malformed.is_none());
    assert_eq!(corrected[0].json.get(), r#"{"first_name":"Zoë"}"#);
}

#[test]
fn rejected_line_is_read_as_the_original_line() {
    let text = concat!(
        r#"{"line":7,"reason":"no","code":"x","param":"p","original":{"a":1}}"#,
        "\n",
        r#"{"line":8,"reason":"no","code":"x","original":"{\"b\":2}"}"#,
        "\n",
        r#"{"original":{"a":1}}"#,
        "\n",
        r##"{"line":9,"reason":"no","code":"x","original":{"a":1,"#problem":"incomplete"}}"##,
    );
    let lines = lines(text.as_bytes());
    let read: Vec<_> =
        lines.iter().map(|line| (line.position.line, line.json.get(), line.malformed.is_some())).collect();
    assert_eq!(read[..3], [(1, r#"{"a":1}"#, false), (2, r#"{"b":2}"#, false), (3, r#"{"original":{"a":1}}"#, false)]);
    assert!(read[3].2);
}

#[test]
fn values_of_containers_have_the_lines_on_which_they_start() {
    let text =
        "\n{ \"total\": 2, \"nested\": {\"users\": 1}, \"users\" : [\n {\"a\": \"}\\\"]\"},\n\n{\"b\":[{}]}, 7 ] }";
    let (layout, _) = Layout::detect(text.as_bytes()).unwrap();
    let values: Vec<_> = JsonValues::new(text.as_bytes(), layout).map(Result::unwrap).collect();
    let read: Vec<_> =
        values.iter().map(|line| (line.position.line, line.json.get(), line.malformed.is_some())).collect();
    assert_eq!(read, [(3, r#"{"a": "}\"]"}"#, false), (5, r#"{"b":[{}]}"#, false), (5, "7", true)]);
}

#[test]
fn format_is_detected_by_the_first_line() {
    for (name, text, format) in [
        ("users.json", "{\"id\":1}\n{\"id\":2}\n", Format::Jsonl),
        ("users.json", "{\n  \"id\": 1\n}\n", Format::Json),
        ("users.json", "{\"users\": [{\"id\":1}]}", Format::Json),
        ("users.txt", " \n[{\"id\":1}]", Format::Json),
        ("users.json", "{\"id\":\"1\",\n\"email\": \"a\"}\n{\"id\":\"2\",\n\"email\": \"b\"}\n", Format::Json),
        ("users.json", "{\"id\":1}{\"id\":2}\n", Format::Json),
        ("users.json", "{\"total\":1,\"items\":[{\"id\":1}]}\n", Format::Json),
        ("users.json", "{id: 1}\n{\"id\":2}\n", Format::Jsonl),
        ("users.jsonl", "id,email\n", Format::Jsonl),
        ("users", "id,email\n", Format::Csv),
        ("users.csv", "[id],[email]\n", Format::Csv),
        ("users.csv", "[{\"id\":1}]\n", Format::Json),
    ] {
        assert_eq!(detect_format(Path::new(name), text, || Ok(text.as_bytes())).unwrap().0, format, "{text}");
    }
}

#[test]
fn text_that_contains_the_problem_key_is_not_a_problem() {
    let lines = lines(br#"{"bio":"no #problem"}"#);
    assert!(lines[0].malformed.is_none());
}

fn detect(name: &str, bytes: &[u8]) -> Result<(Vec<Line>, tempfile::TempDir), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let message = |failure: Failure| failure.to_string();
    let input = Input::detect(&path, &ReadOptions::default()).map_err(message)?;
    let lines = input.lines().map_err(message)?.collect::<Result<Vec<_>, _>>().map_err(message)?;
    Ok((lines, folder))
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn carriage_returns_do_not_end_rows() {
    let failure = detect("users.csv", b"id,email\r1,a@example.com\r2,b@example.com\r").unwrap_err();
    assert!(failure.contains("carriage returns"), "{failure}");
    let (lines, _folder) = detect("users.csv", b"id,first_name\r\n1,Ada\rLovelace\r\n2,Ben\r\r\n").unwrap();
    let read: Vec<_> = lines.iter().map(|line| line.json.get()).collect();
    assert_eq!(read, [r#"{"id":"1","first_name":"Ada\rLovelace"}"#, r#"{"id":"2","first_name":"Ben"}"#]);
}

#[test]
fn cell_that_contains_other_rows_is_malformed() {
    for (table, malformed) in [
        (
            "id,email,first_name\n1,a@example.com,\"Ada\n2,b@example.com,Ben\n3,c@example.com,\"\n\
             4,d@example.com,\"Dora\nMay, dora@example.com\"\n",
            &[true, false][..],
        ),
        ("id,username,bio\n1,ada_1,\"hello\n2,ben_2,b\n3,cle_3\n4,dor_4,d\"\n5,eva_5,e\n", &[true, false]),
        ("id, username, bio\n1, ada_1, \"hello\n22, ben_2, b\"\n4, dor_4, d\n", &[true, false]),
        ("username;first_name\r\nada_1;\"Ada\r\nben_1;Ben\"\r\ncle_1;Cleo\r\n", &[true, false]),
        ("id,username,skills\n1,ada_1,\"Skills:\nC, C++, Rust\nGo, Java, Kotlin\"\n", &[false]),
    ] {
        let (lines, _folder) = detect("users.csv", table.as_bytes()).unwrap();
        let read: Vec<_> = lines.iter().map(|line| line.malformed.is_some()).collect();
        assert_eq!(read, malformed, "{table}");
        assert_eq!(lines[0].json.get().contains(PROBLEM_KEY), malformed[0], "{table}");
    }
}

#[test]
fn separator_lines_and_repeated_headers_are_skipped() {
    for (table, skipped) in [
        ("id,username\n--,--------\n1,ada_1\n", "separator lines"),
        ("id|username\n--+-----\n1|ada_1\n", "separator lines"),
        ("|id|username|\n|---|---|\n|1|ada_1|\n", "separator lines"),
        ("id,username\n\u{feff}id,username\n1,ada_1\n", "repeated headers"),
        ("id,username\nID,Username\n1,ada_1\n", "repeated headers"),
        ("`id`,`username`\nid,username\n1,ada_1\n", "repeated headers"),
        (",id,username\n,id,username\n0,1,ada_1\n", "repeated headers"),
    ] {
        let (lines, _folder) = detect("users.csv", table.as_bytes()).unwrap();
        let read: Vec<_> = lines.iter().map(|line| line.skipped).collect();
        assert_eq!(read, [Some(skipped), None], "{table}");
        assert!(lines.iter().all(|line| line.malformed.is_none()), "{table}");
    }
}

#[test]
fn rows_that_resemble_separator_lines_or_headers_are_read() {
    for table in ["id,User Name\nID,username\n1,ada_1\n", "id,username\n-,ada_1\n1,ada_1\n"] {
        let (lines, _folder) = detect("users.csv", table.as_bytes()).unwrap();
        let are_rows = lines.iter().all(|line| line.skipped.is_none() && line.malformed.is_none());
        assert!(are_rows && lines.len() == 2, "{table}");
    }
}

#[test]
fn header_with_the_columns_in_another_order_is_an_error() {
    let failure = detect("users.csv", b"id,username\n1,ada_1\nusername,id\nben_2,2\n").unwrap_err();
    assert!(failure.contains("line 3: another header has the columns in another order"), "{failure}");
}

#[test]
fn digests_in_columns_without_a_name_are_kept() {
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    let (lines, _folder) =
        detect("users.csv", format!("id,username,\n1,ada_1,{digest}\n2,ben_2,x\n").as_bytes()).unwrap();
    assert_eq!(lines[0].json.get(), format!(r#"{{"id":"1","username":"ada_1","column 3":"{digest}"}}"#));
    assert_eq!(lines[1].json.get(), r#"{"id":"2","username":"ben_2"}"#);
}

#[test]
fn cells_of_columns_without_a_name_can_be_missing_at_the_end_of_a_row() {
    let table = "id,username,,\n1,ada_1,,\n2,ben_2\n3,cle_3,x\n4\n5,eva_5,,,\n6,\"fay_6\n7,gus_7\"\n";
    let (lines, _folder) = detect("users.csv", table.as_bytes()).unwrap();
    let read: Vec<_> = lines.iter().map(|line| line.malformed.is_some()).collect();
    assert_eq!(read, [false, false, false, true, true, true]);
    assert_eq!(lines[1].json.get(), r#"{"id":"2","username":"ben_2"}"#);
}

#[test]
fn first_line_of_firebase_is_not_a_header() {
    for (verified, time, is_detected, is_row) in [
        ("true", "1704067200000", true, true),
        ("FALSE", "1.70407E+12", true, true),
        ("WAHR", "1704067200000", true, true),
        ("", "1704067200000", true, true),
        ("", "1.70407E+12", false, true),
        ("emailVerified", "createdAt", false, false),
        ("y", "username", false, false),
    ] {
        let mut cells = vec![""; 29];
        (cells[0], cells[2], cells[23]) = ("fb1", verified, time);
        let cells: Vec<_> = cells.into_iter().map(str::to_owned).collect();
        for (from, expected) in [(None, is_detected), (Some(System::Firebase), is_row)] {
            assert_eq!(table::is_row_of_firebase(&cells, from), expected, "{verified}, {time}");
        }
        assert!(!table::is_row_of_firebase(&cells, Some(System::Csv)));
    }
}

#[test]
fn malformed_encodings_and_other_formats_are_rejected() {
    let mut surrogate = utf16("\u{feff}id,first_name\n1,Ada");
    surrogate.extend([0x00, 0xd8, b'\n', 0]);
    let mut odd = utf16("\u{feff}id,first_name\n1,Ada\n");
    odd.pop();
    let utf32: Vec<u8> = "\u{feff}id".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    for (bytes, message) in [
        (&surrogate[..], "line 2 is not UTF-16LE"),
        (&odd, "is not UTF-16LE"),
        (&utf32, "UTF-32"),
        (b"PK\x03\x04\x14\x00", "Excel"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"<html><body>Sign in</body></html>\n", "XML or HTML"),
        (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n", "XML or HTML"),
        (b"--\n-- PostgreSQL database dump\n--\n", "SQL statements"),
        (b"INSERT INTO users VALUES (1);\n", "SQL statements"),
        (b"+----+-------+\n| id | email |\n", "output of a database client"),
        (b"dn: uid=ada,dc=example,dc=com\n", "LDIF"),
        (b"---\r\n- id: 1\r\n", "YAML"),
    ] {
        let failure = detect("users.csv", bytes).unwrap_err();
        assert!(failure.contains(message), "{failure}");
    }
    let (lines, _folder) = detect("users.csv", &utf16("\u{feff}id,first_name\n1,Zoë\n")).unwrap();
    assert_eq!(lines[0].json.get(), r#"{"id":"1","first_name":"Zoë"}"#);
}

#[test]
fn json_of_php_my_admin_is_rejected_with_advice() {
    let text = r#"[{"type":"header","version":"5"},{"type":"database","name":"wp"},
        {"type":"table","name":"wp_users","database":"wp","data":[{"ID":"1","user_login":"ada"}]}]"#;
    let failure = detect("users.json", text.as_bytes()).unwrap_err();
    assert!(failure.contains("jq '.[]"), "{failure}");
}
