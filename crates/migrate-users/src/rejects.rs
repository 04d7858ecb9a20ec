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

    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Converts an error of the directory. Its messages may quote the input, so they are written only to the file.
    pub fn from_error(error: &Error) -> Self {
        let reason = |detail: &ErrorDetail| match detail.param_name() {
            Some(param) => format!("{param}: {}", detail.long_message()),
            None => detail.long_message().to_owned(),
        };
        let reasons: Vec<_> = error.details().iter().map(reason).collect();
        let reason = if reasons.is_empty() { error.to_string() } else { reasons.join("; ") };
        let code = error.details().first().map_or(error.kind().to_string(), |first| first.code().to_owned());
        Self { reason, code, param: error.param_name().map(str::to_owned) }
    }
}

/// The prefix of every line.
const PREFIX: &str = "{\"line\":";

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
/// read it. It can be corrected and imported, except for table records with a wrong number of cells or invalid UTF-8,
/// because their cells cannot be assigned to columns.
#[derive(Debug)]
pub struct Rejects {
    file: AppendFile,
    /// The rejected lines by number.
    rejected: HashMap<u64, Box<RawValue>>,
}

impl Rejects {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut rejected = HashMap::new();
        let file = AppendFile::open(path, PREFIX, |line| {
            let reject: Reject = serde_json::from_str(line).map_err(|_| "is not a line of a rejects file")?;
            rejected.insert(reject.line, reject.original);
            Ok(())
        })?;
        Ok(Self { file, rejected })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns whether the line was rejected by an earlier run and is unchanged.
    pub fn contains(&self, line: &Line) -> bool {
        self.rejected.get(&line.number).is_some_and(|original| original.get() == line.json.get())
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
        Line { number, json: serde_json::from_str(json).unwrap(), malformed: None }
    }

    #[test]
    fn contains_recognizes_a_line_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects");
        let mut rejects = Rejects::open(&path).unwrap();
        let invalid = line(3, r#"{"email":"ada"}"#);
        assert!(!rejects.contains(&invalid));
        rejects.add(3, invalid.json.clone(), Rejection::new("x", "no").param("email")).unwrap();
        drop(rejects);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"line\":3,\"reason\":\"no\",\"code\":\"x\",\"param\":\"email\",\"original\":{\"email\":\"ada\"}}\n"
        );

        // An editor may remove the final line feed.
        std::fs::write(&path, text.trim_end()).unwrap();
        let rejects = Rejects::open(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(rejects.contains(&invalid));
        assert!(!rejects.contains(&line(3, r#"{"email":"ada@example.com"}"#)));
        assert!(!rejects.contains(&line(4, r#"{"email":"ada"}"#)));
    }

    #[test]
    fn from_error_includes_all_details() {
        let detail = |code, param, message| ErrorDetail::new(code).with_param_name(param).with_message(message);
        let error = Error::rejected(
            ErrorKind::InvalidInput,
            [
                detail(codes::FORM_PARAM_FORMAT_INVALID, "email_address", "must be valid"),
                detail(codes::FORM_PASSWORD_PWNED, "password", "was leaked"),
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
