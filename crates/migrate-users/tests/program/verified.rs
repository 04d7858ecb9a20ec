//! Which identifiers an import marks as verified, for every container, format and value.

use super::support::{BCRYPT, Case, Run, emails, phones};

/// The values of a field about verification, as JSON or absent, and whether they mean verified.
const VALUES: [(Option<&str>, bool); 9] = [
    (Some("true"), true),
    (Some("1.0"), true),
    (Some("1705314600000"), true),
    (Some("null"), false),
    (Some("\"\""), false),
    (Some("\"NULL\""), false),
    (Some("0.0"), false),
    (Some("\"0001-01-01T00:00:00Z\""), false),
    (None, false),
];

/// The containers of rows.
#[derive(Debug, Clone, Copy)]
enum Container {
    Csv,
    JsonLines,
    Array,
    PrettyArray,
    /// An object with an array of users, on one line.
    Object,
}

const CONTAINERS: [Container; 5] =
    [Container::Csv, Container::JsonLines, Container::Array, Container::PrettyArray, Container::Object];

/// A format of users: the option `--from`, the names of the id and of the field about verification, and other members.
struct Format {
    from: &'static str,
    id: &'static str,
    verified: &'static str,
    others: Vec<(&'static str, &'static str)>,
}

fn formats(container: Container) -> Vec<Format> {
    let generic = if matches!(container, Container::Csv) { "csv" } else { "jsonl" };
    let digest = vec![("password_digest", BCRYPT), ("password_hasher", "bcrypt")];
    vec![
        Format { from: generic, id: "id", verified: "email_verified", others: vec![] },
        Format { from: "clerk", id: "user_id", verified: "email_verified", others: digest },
        Format { from: "authjs", id: "id", verified: "emailVerified", others: vec![("name", "Ada")] },
        Format { from: "auth0", id: "user_id", verified: "email_verified", others: vec![("nickname", "ada")] },
    ]
}

fn file(container: Container, format: &Format, values: &[Option<&str>]) -> String {
    if matches!(container, Container::Csv) {
        let names: Vec<_> = format.others.iter().map(|(name, _)| *name).collect();
        let mut lines = vec![[&[format.id, "email", format.verified][..], &names].concat().join(",")];
        for (id, value) in values.iter().enumerate() {
            let (email, value) = (format!("user{id}@example.com"), value.unwrap_or_default().replace('"', ""));
            let others = format.others.iter().map(|(_, value)| format!(",{value}")).collect::<Vec<_>>().concat();
            lines.push(format!("{id},{email},{value}{others}"));
        }
        return lines.join("\n") + "\n";
    }
    let row = |(id, value): (usize, Option<&str>)| {
        let value = value.map(|value| format!(r#","{}":{value}"#, format.verified)).unwrap_or_default();
        let others =
            format.others.iter().map(|(name, value)| format!(r#","{name}":"{value}""#)).collect::<Vec<_>>().concat();
        format!(r#"{{"{}":"{id}","email":"user{id}@example.com"{value}{others}}}"#, format.id)
    };
    let rows: Vec<_> = values.iter().copied().enumerate().map(row).collect();
    match container {
        Container::Csv | Container::JsonLines => rows.join("\n") + "\n",
        Container::Array => format!("[{}]", rows.join(",")),
        Container::Object => format!("{{\"total\":1,\"users\":[{}]}}", rows.join(",")),
        Container::PrettyArray => format!("[\n  {}\n]\n", rows.join(",\n  ").replace(",\"", ",\n    \"")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_verifies_only_what_the_file_says_is_verified() {
    let values = VALUES.map(|(value, _)| value);
    for container in CONTAINERS {
        for format in formats(container) {
            let case = Case::of("users", file(container, &format, &values)).await;
            let run = case.import(&["users", "--from", format.from]).await;
            assert!(run.stdout.contains("not verified: email addresses or phone numbers of 6 users"), "{run}");
            for (id, (value, is_verified)) in VALUES.iter().enumerate() {
                let (user, email) = (case.user(&id.to_string()).await, format!("user{id}@example.com"));
                let expected = [(email.as_str(), *is_verified)];
                assert_eq!(emails(&user), expected, "{container:?}, {}, {value:?}", format.from);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_of_clerk_formats_does_not_verify_users_with_an_empty_flag() {
    let tool = format!(
        r#"{{"userId":"1","email":"a@example.com","password":"{BCRYPT}","passwordHasher":"bcrypt","emailVerified":null}}"#
    );
    for (name, content) in [
        ("users.jsonl", tool + "\n"),
        (
            "users.csv",
            format!("user_id,email,email_verified,password_digest,password_hasher\n1,a@example.com,,{BCRYPT},bcrypt\n"),
        ),
        ("users.csv", "id,primary_email_address,email_verified\n1,a@example.com,\n".to_owned()),
        (
            "users.jsonl",
            "{\"id\":\"1\",\"primary_email_address\":\"a@example.com\"}\n\
             {\"id\":\"2\",\"primary_email_address\":\"b@example.com\",\"email_verified\":true}\n"
                .to_owned(),
        ),
    ] {
        let case = Case::of(name, &content).await;
        case.import(&[name]).await;
        assert_eq!(emails(&case.user("1").await), [("a@example.com", false)], "{content}");
    }
    // Bodies of `create` verify identifiers without a status, but not those with an empty one.
    for (status, is_verified) in [("", true), (r#","email_address_identification_status":null"#, false)] {
        let rows = format!(
            "{{\"id\":\"1\",\"email_address\":[\"a@example.com\"]{status}}}\n{{\"id\":\"2\",\"email_address\":[\"b@example.com\"],\
             \"email_address_identification_status\":[\"reserved\"]}}\n"
        );
        let case = Case::of("users.jsonl", rows).await;
        case.import(&["users.jsonl"]).await;
        assert_eq!(emails(&case.user("1").await), [("a@example.com", is_verified)]);
    }
    let table = "id,primary_email_address,primary_phone_number,phone_verified,unverified_email_addresses\n\
                 1,a@example.com,+15550100001,,u@example.com\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    let user = case.user("1").await;
    assert_eq!(emails(&user), [("a@example.com", true), ("u@example.com", false)], "a list says nothing about others");
    assert_eq!(phones(&user), [("+15550100001", false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_decision_for_hashers_and_generic_names() {
    let table = format!("user_id,email,password_digest,password_hasher\n1,a@example.com,{BCRYPT},bcrypt\n");
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("the file does not indicate"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_numbers_that_are_not_times_of_a_verification() {
    let table = "id,email,email_verified,deleted_at,banned_at\n1,a@example.com,-1,,\n2,b@example.com,2,,\n\
                 3,c@example.com,1705314600,1970-01-01 00:00:00,0\n4,d@example.com,1705314600,1705314600000,\n\
                 5,e@example.com,true,-1,\n6,f@example.com,true,,2024-01-15 10:30:00\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.stdout.contains("1 skipped: deleted"), "{run}");
    assert!(run.stdout.contains("email_verified must be true, false or the time of the verification"), "{run}");
    let lines: Vec<_> = case.rejects("users.csv").into_iter().map(|(line, _)| line).collect();
    assert_eq!((lines, case.users.len()), (vec![2, 3, 6], 2));
    assert!(!case.user("3").await.banned && case.user("6").await.banned);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_decision_about_confirmations_next_to_phone_numbers() {
    let table = "id,email,phone,confirmed_at\n1,a@example.com,+15550100001,2024-01-15 10:30:00\n";
    let lines = "{\"id\":\"1\",\"email\":\"a@example.com\",\"confirmedAt\":\"2024-01-15T10:30:00Z\"}\n\
                 {\"id\":\"2\",\"phone\":\"\"}\n";
    for (name, content) in [("users.csv", table), ("users.jsonl", lines)] {
        for options in [&[][..], &["--unverified"], &["--ignore", "phone"]] {
            let case = Case::of(name, content).await;
            let run = case.try_import(&[&[name], options].concat()).await;
            assert!(run.code == Some(2) && run.stderr.contains("=email_verified if it is always the time"), "{run}");
            assert_eq!(case.files(), [name], "nothing is written");
            assert_eq!(case.run(&[&["check", name], options].concat()).await.code, Some(1));
        }
        for (options, is_verified) in
            [(["--map", "confirmed_at=email_verified"], true), (["--ignore", "confirmed_at"], false)]
        {
            let case = Case::of(name, content).await;
            case.try_import(&[&[name, "--unverified"], &options[..]].concat()).await;
            assert_eq!(emails(&case.user("1").await), [("a@example.com", is_verified)]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_applies_a_decision_to_the_types_without_a_flag() {
    let table = "id,email,phone,phone_verified\n1,a@example.com,+15550100001,\n";
    let import = async |options: &[&str]| -> (Case, Run) {
        let case = Case::of("users.csv", table).await;
        let run = case.import(&[&["users.csv"], options].concat()).await;
        (case, run)
    };
    for (options, is_verified) in [(&["--assume-verified"][..], true), (&[], false)] {
        let (case, _) = import(options).await;
        let user = case.user("1").await;
        assert_eq!(emails(&user), [("a@example.com", is_verified)], "{options:?}");
        assert_eq!(phones(&user), [("+15550100001", false)], "{options:?}");
    }
    let case = Case::of("users.csv", "id,email,email_verified\n1,a@example.com,\n").await;
    let run = case.import(&["users.csv", "--assume-verified"]).await;
    assert!(run.stdout.contains("--assume-verified have no effect"), "{run}");
    assert_eq!(emails(&case.user("1").await), [("a@example.com", false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_of_rows_without_a_flag_are_not_verified_when_they_are_imported() {
    let lines = "{\"id\":\"1\",\"primary_email_address\":\"a@example.com\",\"email_verified\":true}\n\
                 {\"id\":\"2\",\"primary_email_address\":\"b\"}\n";
    for from in ["clerk", "jsonl"] {
        let case = Case::of("users.jsonl", lines).await;
        assert_eq!(case.try_import(&["users.jsonl", "--from", from]).await.code, Some(1));
        let rejects = case.read("users.jsonl.rejects.jsonl");
        case.write("users.jsonl.rejects.jsonl", rejects.replace("\"b\"", "\"b@example.com\""));
        case.import(&["users.jsonl.rejects.jsonl", "--from", from]).await;
        assert_eq!(emails(&case.user("2").await), [("b@example.com", false)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_a_decision_about_ignored_columns_that_refer_to_a_verification() {
    let tool = |more: &str| {
        format!(
            "{{\"userId\":\"1\",\"email\":\"a@example.com\",\"password\":\"{BCRYPT}\",\"passwordHasher\":\"bcrypt\",{more}}}\n"
        )
    };
    let api = "{\"object\":\"user\",\"id\":\"user_1\",\"email_addresses\":[{\"email_address\":\"a@example.com\"}],\"verified\":false}\n";
    for (name, content, options) in [
        ("users.csv", "id,email,verification_status\n1,a@example.com,pending\n".to_owned(), &["--assume-verified"][..]),
        ("users.csv", "id,email,email_valid\n1,a@example.com,0\n".to_owned(), &["--assume-verified"]),
        ("users.jsonl", tool("\"verified\":false"), &[]),
        ("users.jsonl", tool("\"is_verified\":false"), &[]),
        ("users.csv", "id,primary_email_address,verified\n1,a@example.com,false\n".to_owned(), &["--from", "clerk"]),
        ("users.jsonl", api.to_owned(), &[]),
        ("users.jsonl", api.to_owned(), &["--unverified"]),
        ("users.jsonl", api.replace("\"object\":\"user\",", ""), &[]),
    ] {
        let case = Case::of(name, &content).await;
        let run = case.try_import(&[&[name, "--ignore-unknown"], options].concat()).await;
        assert!(
            run.code == Some(2) && run.stderr.contains("may indicate whether the identifiers are verified"),
            "{run}"
        );
    }
    // Tokens do not indicate whether a verification has succeeded.
    let table = "id,email,confirmation_token\n1,a@example.com,abc\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--ignore-unknown", "--assume-verified"]).await;
    let case = Case::of("users.csv", "id,primary_email_address,verified\n1,a@example.com,false\n").await;
    case.import(&["users.csv", "--from", "clerk", "--ignore", "verified"]).await;
    assert_eq!(emails(&case.user("1").await), [("a@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_announces_options_without_effect_on_users_of_the_api() {
    let user = r#"{"object":"user","id":"user_1","email_addresses":[{"email_address":"a@example.com","verification":{"status":"verified","strategy":"admin"}}]}"#;
    let case = Case::of("users.jsonl", user).await;
    let run = case.import(&["users.jsonl", "--unverified"]).await;
    assert!(run.stdout.contains("--unverified and --assume-verified have no effect"), "{run}");
}
