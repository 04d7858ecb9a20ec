//! [`UsersFile`]: a file with generated users and invalid lines.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use user_directory::jiff::{SignedDuration, Timestamp};

/// The password of all users that have one.
pub const PASSWORD: &str = "correct horse";

/// Digests of the password, created by other programs.
const DIGESTS: [(&str, &str); 6] = [
    ("argon2id", "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs"),
    ("bcrypt", "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2"),
    ("md5", "3cb4e732631f47e6eb961f34554b7cde"),
    ("pbkdf2_sha256", "pbkdf2_sha256$1000$AAECAwQFBgcICQoLDA0ODw==$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ="),
    ("phpass", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
    ("sha256", "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"),
];

const NAMES: [&str; 4] = ["Ada", "Grace", "Mary", "Zoë"];

/// The number of valid lines between two invalid ones.
const INVALID_EVERY: u32 = 20;

/// A file and the expected result.
pub struct UsersFile {
    pub path: PathBuf,
    /// The users of the valid lines.
    pub users: Vec<Value>,
    /// The invalid lines and the expected codes.
    pub rejects: Vec<(u64, &'static str)>,
}

impl UsersFile {
    pub fn write(path: &Path, number: u32) -> Self {
        let (mut users, mut rejects, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..number {
            let user = user(number);
            lines.push(user.to_string());
            users.push(user);
            if number % INVALID_EVERY == INVALID_EVERY - 1 {
                let (line, code) = invalid_line(number);
                lines.push(line);
                rejects.push((lines.len() as u64, code));
            }
        }
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
        Self { path: path.to_owned(), users, rejects }
    }
}

impl UsersFile {
    /// Returns the path of the journal or the rejects file.
    pub fn output(&self, kind: &str) -> PathBuf {
        self.path.with_file_name(format!("users.jsonl.{kind}.jsonl"))
    }
}

/// Returns a user as a body of `create`.
fn user(number: u32) -> Value {
    let signed_up: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let mut user = json!({
        "external_id": format!("customer-{number}"),
        "email_address": [format!("customer_{number}@example.com")],
        "first_name": NAMES[number as usize % NAMES.len()],
        "last_name": format!("No. {number}"),
        "public_metadata": { "number": number, "plan": { "name": "pro", "seats": number % 10 } },
        "private_metadata": { "notes": "x".repeat(number as usize % 300) },
        "created_at": (signed_up + SignedDuration::from_mins(i64::from(number))).to_string(),
    });
    if number.is_multiple_of(3) {
        user["phone_number"] = json!([format!("+1555010{number:05}")]);
    }
    if number.is_multiple_of(4) {
        user["username"] = json!(format!("customer_{number}"));
    }
    if number.is_multiple_of(5) {
        user["email_address_identification_status"] = json!(["reserved"]);
    }
    if number.is_multiple_of(2) {
        let (hasher, digest) = DIGESTS[number as usize / 2 % DIGESTS.len()];
        user["password_hasher"] = json!(hasher);
        user["password_digest"] = json!(digest);
    }
    user
}

/// Returns an invalid line and the code of its rejection.
fn invalid_line(number: u32) -> (String, &'static str) {
    let id = format!("invalid-{number}");
    match number / INVALID_EVERY % 6 {
        0 => (format!(r#"{{"external_id":"{id}","email_address":["#), "malformed"),
        1 => (json!({ "external_id": id, "email": id }).to_string(), "form_param_format_invalid"),
        2 => {
            let line = json!({ "external_id": "customer-0", "email": format!("{id}@example.com") });
            (line.to_string(), "duplicate")
        }
        3 => {
            let line =
                json!({ "external_id": id, "username": id, "password_digest": "x", "password_hasher": "bcrypt" });
            (line.to_string(), "form_password_digest_invalid_code")
        }
        4 => (json!({ "email": format!("{id}@example.com") }).to_string(), "no_external_id"),
        _ => (json!({ "external_id": id, "username": id, "shoe_size": 38 }).to_string(), "unknown_field"),
    }
}
