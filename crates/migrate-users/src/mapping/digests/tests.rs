use super::*;

const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

#[test]
fn recognize_determines_the_hasher_by_the_prefix() {
    let argon2 = "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";
    for (text, hasher, digest) in [
        (BCRYPT, "bcrypt", BCRYPT),
        (&format!("bcrypt${BCRYPT}"), "bcrypt", BCRYPT),
        (&format!("{{bcrypt}}{BCRYPT}"), "bcrypt", BCRYPT),
        (&format!("{{BCRYPT}}{BCRYPT}"), "bcrypt", BCRYPT),
        (&format!("{{CRYPT}}{BCRYPT}"), "bcrypt", BCRYPT),
        (&format!("{{argon2}}{argon2}"), "argon2id", argon2),
        (&format!("{{argon2@SpringSecurity_v5_8}}{argon2}"), "argon2id", argon2),
        (argon2, "argon2id", argon2),
        (&format!("argon2{argon2}"), "argon2id", argon2),
        ("$P$5abcdefghAwHMLXeh48xCQuy..94JO/", "phpass", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
        ("$H$5abcdefghAwHMLXeh48xCQuy..94JO/", "phpass", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
        ("md5$$5f4dcc3b5aa765d61d8327deb882cf99", "md5", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("md5$pinch$d8a34b13f650968059e83be4fba755e7", "md5_salted", "pinch$d8a34b13f650968059e83be4fba755e7"),
        (
            "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA==",
            "ldap_ssha",
            "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA==",
        ),
    ] {
        assert_eq!(recognize(text), Recognized::Digest(PasswordDigest::new(hasher.into(), digest)), "{text}");
    }
}

#[test]
fn recognize_converts_formats_that_clerk_writes_differently() {
    // hashlib.pbkdf2_hmac('sha1', b'correct horse', b'seasalt', 1000, 20), as Django and as Clerk write it.
    let key = STANDARD.encode([7; 64]);
    for (text, hasher, expected) in [
        (
            "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=".to_owned(),
            PasswordHasher::Pbkdf2Sha1,
            "pbkdf2_sha1$1000$73656173616c74$890be434e175c042f82a187c7a8809f2b5218a93$20".to_owned(),
        ),
        (
            format!("scrypt$16384$salt$8$1${key}"),
            PasswordHasher::ScryptWerkzeug,
            format!("scrypt:16384:8:1$salt${}", "07".repeat(64)),
        ),
        (
            "pbkdf2:sha256:1000$salt$0102".to_owned(),
            PasswordHasher::Pbkdf2Sha256Django,
            "pbkdf2_sha256$1000$salt$AQI=".to_owned(),
        ),
    ] {
        assert_eq!(recognize(&text), Recognized::Digest(PasswordDigest::new(hasher, expected)), "{text}");
    }
}

#[test]
fn recognize_distinguishes_unusable_and_unsupported_passwords() {
    let better_auth = format!("{}:{}", "0f".repeat(16), "0f".repeat(64));
    for text in [
        "$wp$2y$10$abc",
        "$2x$04$abc",
        "$2$04$abc",
        "sha1$salt$0102",
        "sha256$salt$0102",
        "$6$salt$hash",
        "$apr1$salt$hash",
        "$pbkdf2-sha256$29000$salt$hash",
        "$S$Dabc",
        "{noop}secret",
        "{pbkdf2}0102",
        "{sha256}0102",
        "{CRYPT}$6$salt$hash",
        "{crypt}rEK1ecacw.7.c",
        "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
        &format!("{{crypt}}{{bcrypt}}{BCRYPT}"),
        &better_auth,
    ] {
        assert_eq!(recognize(text), Recognized::Unsupported, "{text}");
    }
    for text in ["!", "!unusable", "*", "*0", "*1"] {
        assert_eq!(recognize(text), Recognized::Unusable, "{text}");
    }
    for text in ["3cb4e732631f47e6eb961f34554b7cde", "{\"a\":1}", "{a b}c"] {
        assert_eq!(recognize(text), Recognized::Unknown, "{text}");
    }
}

#[test]
fn recognize_does_not_overflow_the_stack() {
    for scheme in ["{crypt}", "{argon2}"] {
        assert_eq!(recognize(&scheme.repeat(100_000)), Recognized::Unsupported);
    }
}

#[test]
fn looks_like_digest_distinguishes_digests_from_passwords() {
    let firebase = "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==";
    for digest in [
        BCRYPT,
        "3cb4e732631f47e6eb961f34554b7cde",
        "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
        "pinch$d8a34b13f650968059e83be4fba755e7",
        "$wp$2y$10$abc",
        &format!("{firebase}$AAEC$AAEC$Bw==$8$10"),
        firebase,
    ] {
        assert!(looks_like_digest(digest), "{digest}");
    }
    for digest in [
        "{bcrypt}$2a$10$abcdefghijklmnopqrstuu",
        "{noop}secret",
        "$S$DabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
        "d8a34b13f650968059e83be4fba755e7:abc salt",
        "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
        "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "0x0200ABCDEF0123456789",
        &BCRYPT[..59],
        &format!("bcrypt:{BCRYPT}"),
        &format!("\"{BCRYPT}\""),
        &BCRYPT.replace('$', "\\$"),
        &format!("{{\"hash\":\"{BCRYPT}\"}}"),
        "sha1:64000:18:B6oWbvtHvu8qCgoE75wxmvpidRnGzGFt:R1gkPOuVjqIoTulWP1TABS0H",
        "10000.c2FsdHNhbHQ=.q8mZ3oJ1bq2t5XW0m0fJb3c8V1xq2l0cVfTq3mYkz9U=",
        "sha256$salt$eHh4eHh4eHh4eHh4eHh4eA==",
        "c3Nzc3Nzc3Nzc3Nzc3Nzcw==:aGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGg=",
        "0xabababababababababababababababab",
        "\\xabababababababababababababababababababab",
        "md5abababababababababababababababab",
        "salt,abababababababababababababababababababab",
        "abababababababababababababababab-salt",
        "5F-4D-CC-3B-5A-A7-65-D6-1D-83-27-DE-B8-82-CF-99",
        "5f:4d:cc:3b:5a:a7:65:d6:1d:83:27:de:b8:82:cf:99",
        "5f 4d cc 3b 5a a7 65 d6 1d 83 27 de b8 82 cf 99",
        "5F4DCC3B 5AA765D6 1D8327DE B882CF99",
        "5BAA6-1E4C9-B93F3-F0682-250B6-CF833-1B7EE-68FD8",
        "5f4dcc3b5aa765d6.1d8327deb882cf99",
        "_J9..K0AyUubRWpMtFbU",
        &BCRYPT.replace('$', "%24").replace('/', "%2F"),
        "q8mZ3oJ1bq2t5XW0m0fJb3c8V1xq2l0cVfT_3mYkz9U",
        "5d2e19393cc5ef67",
    ] {
        assert!(looks_like_digest(digest), "{digest}");
    }
    for password in [
        "correct horse",
        "$ecret",
        "*secret",
        "abcd:efgh",
        "0x0100",
        "{a b}c",
        "$5 and $6",
        "MyPassword==",
        "pass:word",
        "!important",
        "hunter2hunter2",
        "a$b$c$d",
        "sha1: the first hash",
        "shared:secret",
        "correct-horse-battery-staple-and-some-more-words",
        "2024-01-15T10:30:00.000Z",
        "Correct-Horse-Battery-Staple-And-7-More-Words-Here",
        "550e8400-e29b-41d4-a716-446655440000",
        "abcdefabcdefabcd",
        "100% of $ecrets",
        "_CorrectHorseBattery",
        "_MyStrongPassword123",
        "dead beef cafe",
    ] {
        assert!(!looks_like_digest(password), "{password}");
    }
}

#[test]
fn contains_digest_does_not_mistake_text_for_digests() {
    for text in [
        BCRYPT,
        "sha1$salt$0102030405060708",
        &format!("{{\"hash\":\"{BCRYPT}\"}}"),
        r#"{"old": {"hash": "pbkdf2_sha256$1000$salt$AQI="}}"#,
        r#"["$P$5abcdefghAwHMLXeh48xCQuy..94JO\/"]"#,
    ] {
        assert!(contains_digest(text), "{text}");
    }
    for text in [
        r#"{"price":"$5","note":"scrypt: a function for passwords","md5":"3cb4e732631f47e6eb961f34554b7cde"}"#,
        "$1$ off",
        "$5$ or $6$, as agreed with us",
        "scrypt: a function for passwords",
        "md5$",
        "crypt",
    ] {
        assert!(!contains_digest(text), "{text}");
    }
}

#[test]
fn standard_base64_converts_the_url_safe_alphabet() {
    assert_eq!(standard_base64("6dvrG1BL4YNd-_s"), "6dvrG1BL4YNd+/s=");
    assert_eq!(standard_base64("Bw=="), "Bw==");
}
