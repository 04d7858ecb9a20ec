//! [`Rejects`]: the rejected rows and their reasons.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use user_directory::{Error, ErrorDetail};

use crate::Failure;
use crate::append_file::AppendFile;
use crate::one_line::on_one_line;
use crate::reading::Position;

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

    /// Converts an error from the directory.
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

    /// Returns the code and the parameter, by which rejections are counted. An ellipsis replaces text that is not a
    /// valid code or parameter, because a proxy may have sent it.
    pub fn kind(&self) -> String {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let checked = |text: &str| {
            if text.len() <= 64 && text.bytes().all(is_valid) { text.to_owned() } else { "…".to_owned() }
        };
        match self.param.as_deref().filter(|param| !param.is_empty()) {
            // Rejections for different unknown columns are counted together.
            Some(param) if self.code != "unknown_field" => format!("{} ({})", checked(&self.code), checked(param)),
            _ => checked(&self.code),
        }
    }
}

/// The prefix of every line.
pub const PREFIX: &str = "{\"line\":";

/// A line of a rejects file.
#[derive(Serialize, Deserialize)]
struct Reject {
    line: u64,
    /// The number of the element, if the row is an element of a JSON array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    element: Option<u64>,
    reason: String,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    param: Option<String>,
    original: Box<RawValue>,
}

/// The rejects file of a run. It contains the original rows, including passwords and digests, so on Unix only its owner
/// can read it. It can be corrected and imported.
#[derive(Debug)]
pub struct Rejects {
    file: AppendFile,
}

impl Rejects {
    /// Creates the file. A file of an earlier run is renamed first, because it may contain corrections.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let existing = open(path).or_else(|failure| open_on_several_lines(path).map_err(|_| failure))?;
        if existing.is_empty()? {
            return Ok(Self { file: existing });
        }
        drop(existing);
        std::fs::rename(path, previous(path)).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { file: open(path)? })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    pub fn add(&mut self, position: Position, original: Box<RawValue>, rejection: Rejection) -> Result<(), Failure> {
        let Rejection { reason, code, param } = rejection;
        let reject = Reject { line: position.line, element: position.element(), reason, code, param, original };
        // Only the original row can span multiple lines.
        self.file.append(&format!("{}\n", on_one_line(&serde_json::to_string(&reject)?)))
    }

    pub fn sync(&mut self) -> Result<(), Failure> {
        self.file.sync()
    }
}

/// Opens or creates a rejects file. Fails if an existing file was not written by this program, or if another run uses
/// it.
fn open(path: &Path) -> Result<AppendFile, Failure> {
    AppendFile::open(path, PREFIX, |line| serde_json::from_str::<Reject>(line).map(drop).map_err(|_| foreign()))
}

/// Opens a rejects file in which an object can span multiple lines, because another program has changed its layout, or
/// because an earlier version of this program kept the line breaks of the original rows.
fn open_on_several_lines(path: &Path) -> Result<AppendFile, Failure> {
    let mut text = String::new();
    AppendFile::open(path, PREFIX, |line| {
        text.push_str(line);
        text.push('\n');
        let json = on_one_line(&text).into_owned();
        match serde_json::from_str::<Reject>(&json) {
            Ok(_) => text.clear(),
            Err(error) if error.is_eof() && (json.starts_with(PREFIX) || PREFIX.starts_with(&*json)) => {}
            Err(_) => return Err(foreign()),
        }
        Ok(())
    })
}

fn foreign() -> Failure {
    "is not a line of a rejects file".into()
}

/// The suffix of the rejects file of the previous run.
pub const PREVIOUS: &str = ".previous";

/// Returns the path to which the rejects file of the previous run is renamed.
fn previous(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PREVIOUS);
    name.into()
}

#[cfg(test)]
mod tests {
    use user_directory::{ErrorKind, codes};

    use super::*;

    #[test]
    fn create_keeps_the_file_of_the_run_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects");
        let mut rejects = Rejects::create(&path).unwrap();
        let original: Box<RawValue> = serde_json::from_str(r#"{"email":"ada"}"#).unwrap();
        rejects.add(Position::on_line(3), original, Rejection::new("x", "no").param("email")).unwrap();
        drop(rejects);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"line\":3,\"reason\":\"no\",\"code\":\"x\",\"param\":\"email\",\"original\":{\"email\":\"ada\"}}\n"
        );
        drop(Rejects::create(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        assert_eq!(std::fs::read_to_string(previous(&path)).unwrap(), text);
        // An empty file does not replace it.
        drop(Rejects::create(&path).unwrap());
        assert_eq!(std::fs::read_to_string(previous(&path)).unwrap(), text);
        std::fs::write(&path, "hello\n").unwrap();
        assert!(Rejects::create(&path).is_err());
    }

    #[test]
    fn add_writes_one_line_and_create_accepts_several() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects");
        let mut rejects = Rejects::create(&path).unwrap();
        let original: Box<RawValue> = serde_json::from_str("{\n \"a\": {\n  \"b\": 1.0\n }\n}").unwrap();
        rejects.add(Position::on_line(3), original.clone(), Rejection::new("x", "no")).unwrap();
        drop(rejects);
        let line = std::fs::read_to_string(&path).unwrap();
        assert_eq!(line, "{\"line\":3,\"reason\":\"no\",\"code\":\"x\",\"original\":{\"a\":{\"b\":1.0}}}\n");
        let earlier = line.replace(r#"{"a":{"b":1.0}}"#, original.get());
        let reformatted = line.replace(r#"{"line""#, "{\n  \"line\"");
        for text in [earlier.repeat(2), reformatted + &earlier + &line] {
            std::fs::write(&path, &text).unwrap();
            drop(Rejects::create(&path).unwrap());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
            assert_eq!(std::fs::read_to_string(previous(&path)).unwrap(), text);
        }
        for text in ["{\n\"id\": 1\n}\n".to_owned(), earlier + "{\n\"id\": 1\n}\n", line + "hello\n"] {
            std::fs::write(&path, &text).unwrap();
            let error = Rejects::create(&path).unwrap_err().to_string();
            assert!(error.contains("is not a line of a rejects file"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
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
        assert_eq!(rejection.kind(), "form_param_format_invalid (email_address)");
        assert_eq!(Rejection::new("\u{1b}[2J", "no").kind(), "…");
    }
}
