//! [`Rejects`]: the lines that did not become users, and why.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use user_directory::{Error, ErrorDetail};

use crate::Failure;
use crate::append_file::AppendFile;
use crate::source::Line;

/// Why a line did not become a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: String,
    /// The API's, or one of this program.
    pub code: String,
    pub param: Option<String>,
}

impl Rejection {
    pub fn new(code: &str, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code: code.to_owned(), param: None }
    }

    pub fn of(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// What the directory says is wrong. Its messages may repeat what was sent, so they are for the file alone.
    pub fn from_error(error: &Error) -> Self {
        let told = |told: &ErrorDetail| match told.param_name() {
            Some(param) => format!("{param}: {}", told.long_message()),
            None => told.long_message().to_owned(),
        };
        let reasons: Vec<_> = error.details().iter().map(told).collect();
        let reason = if reasons.is_empty() { error.to_string() } else { reasons.join("; ") };
        let code = error.details().first().map_or(error.kind().to_string(), |first| first.code().to_owned());
        Self { reason, code, param: error.param_name().map(str::to_owned) }
    }
}

/// How every line begins.
const BEGINNING: &str = "{\"line\":";

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Reject {
    line: u64,
    reason: String,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    param: Option<String>,
    original: Box<RawValue>,
}

/// The file of rejects. It has the lines as they were, with passwords and digests, so on Unix only its owner can read
/// it. When it was corrected, it can be imported itself, but for the records of a table that have another length or are
/// not UTF-8: what their cells mean is not known.
#[derive(Debug)]
pub struct Rejects {
    file: AppendFile,
    /// What is in it.
    known: HashMap<u64, Box<RawValue>>,
}

impl Rejects {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut known = HashMap::new();
        let file = AppendFile::open(path, BEGINNING, |line| {
            let reject: Reject = serde_json::from_str(line).map_err(|_| "is not a line of a file of rejects")?;
            known.insert(reject.line, reject.original);
            Ok(())
        })?;
        Ok(Self { file, known })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Whether the line was rejected before, and has not been changed since.
    pub fn has(&self, line: &Line) -> bool {
        self.known.get(&line.number).is_some_and(|original| original.get() == line.json.get())
    }

    pub fn add(&mut self, number: u64, original: Box<RawValue>, rejection: Rejection) -> Result<(), Failure> {
        let Rejection { reason, code, param } = rejection;
        let reject = Reject { line: number, reason, code, param, original };
        self.file.append(&format!("{}\n", serde_json::to_string(&reject)?))
    }

    pub fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync()
    }
}

#[cfg(test)]
mod tests {
    use user_directory::{ErrorKind, codes};

    use super::*;

    fn line(number: u64, json: &str) -> Line {
        Line { number, json: serde_json::from_str(json).unwrap(), unreadable: None }
    }

    #[test]
    fn a_reject_is_known_again_until_its_line_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects");
        let mut rejects = Rejects::open(&path).unwrap();
        let wrong = line(3, r#"{"email":"ada"}"#);
        assert!(!rejects.has(&wrong));
        rejects.add(3, wrong.json.clone(), Rejection::new("x", "no").of("email")).unwrap();
        drop(rejects);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"line\":3,\"reason\":\"no\",\"code\":\"x\",\"param\":\"email\",\"original\":{\"email\":\"ada\"}}\n"
        );

        // Also if an editor took the last end of a line away.
        std::fs::write(&path, text.trim_end()).unwrap();
        let rejects = Rejects::open(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(rejects.has(&wrong));
        assert!(!rejects.has(&line(3, r#"{"email":"ada@example.com"}"#)));
        assert!(!rejects.has(&line(4, r#"{"email":"ada"}"#)));
    }

    #[test]
    fn everything_that_the_directory_says_is_told() {
        let of = |code, param, message| ErrorDetail::new(code).with_param_name(param).with_message(message);
        let error = Error::rejected(
            ErrorKind::InvalidInput,
            [
                of(codes::FORM_PARAM_FORMAT_INVALID, "email_address", "must be valid"),
                of(codes::FORM_PASSWORD_PWNED, "password", "was leaked"),
            ],
        );
        let rejection = Rejection::from_error(&error);
        assert_eq!(rejection.reason, "email_address: must be valid; password: was leaked");
        assert_eq!(
            (&*rejection.code, rejection.param.as_deref()),
            ("form_param_format_invalid", Some("email_address"))
        );
    }
}
