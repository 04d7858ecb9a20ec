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
    let layout = Layout::detect(text.as_bytes()).unwrap();
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
    ] {
        assert_eq!(detect_format(Path::new(name), text, || Ok(text.as_bytes())).unwrap().0, format, "{text}");
    }
}
