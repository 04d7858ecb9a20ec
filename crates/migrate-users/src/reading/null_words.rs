//! [`NullWords`]: words for missing values.

/// The words that databases write for missing values.
const LITERALS: [&str; 4] = ["NULL", "\\N", "null", "None"];
/// The errors that spreadsheets write instead of values.
const SPREADSHEET_ERRORS: [&str; 7] = ["#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"];
/// The words that programs write in brackets for missing values, in lower case.
const BRACKETED_LITERALS: [&str; 3] = ["null", "none", "nil"];
/// Other words that programs write for missing values. They are kept, because they may be values.
const OTHER_WORDS: [&str; 8] = ["NaN", "nan", "NA", "N/A", "n/a", "nil", "undefined", "<NA>"];

/// The words that are treated as missing values.
#[derive(Debug, Clone, Default)]
pub struct NullWords {
    /// Whether words such as `NULL` are kept in CSV cells.
    pub keep_literals: bool,
    /// The words of `--null`.
    pub given: Vec<String>,
}

impl NullWords {
    /// Returns whether a CSV cell is a missing value.
    pub fn is_null_cell(&self, text: &str) -> bool {
        self.is_given(text) || !self.keep_literals && is_literal(text)
    }

    /// Returns whether the text is a word of `--null`. In JSON strings, only these words are missing values.
    pub fn is_given(&self, text: &str) -> bool {
        self.given.iter().any(|word| word == text)
    }

    /// Returns whether the text, which is kept, may mean a missing value.
    pub fn may_be_null(&self, text: &str) -> bool {
        OTHER_WORDS.contains(&text) || !self.keep_literals && is_literal(text)
    }
}

/// Returns whether the text is a word for a missing value, with or without brackets, such as `NULL` or `[NULL]`.
fn is_literal(text: &str) -> bool {
    let inner = [('[', ']'), ('<', '>'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    LITERALS.contains(&text)
        || SPREADSHEET_ERRORS.contains(&text)
        || inner.is_some_and(|word| BRACKETED_LITERALS.iter().any(|null| word.eq_ignore_ascii_case(null)))
}
