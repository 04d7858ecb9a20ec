//! [`Rejects`]: the rejected lines and their reasons.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use user_directory::{Error, ErrorDetail};

use crate::Failure;
use crate::append_file::AppendFile;
use crate::source::Line;

/// The reason for a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: String,
    /// A code of the API or of this program.
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

    /// Converts an error of the directory. Its messages may repeat the input, so they are only written to the file.
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

/// The prefix of every line.
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

/// The rejects file. It contains the original lines, including passwords and digests, so on Unix only its owner can
/// read it. After correction it can be imported, except for table records of a wrong length or with invalid UTF-8,
/// because the meaning of their cells is unknown.
#[derive(Debug)]
pub struct Rejects {
    file: AppendFile,
    /// The rejected lines.
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

    /// Returns whether the line was rejected before and is unchanged.
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
    fn reject_is_recognized_until_its_line_changes() {
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

        // Also if an editor removed the final line feed.
        std::fs::write(&path, text.trim_end()).unwrap();
        let rejects = Rejects::open(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(rejects.has(&wrong));
        assert!(!rejects.has(&line(3, r#"{"email":"ada@example.com"}"#)));
        assert!(!rejects.has(&line(4, r#"{"email":"ada"}"#)));
    }

    #[test]
    fn all_details_of_the_error_are_written() {
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
