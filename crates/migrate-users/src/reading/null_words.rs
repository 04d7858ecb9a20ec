//! [`NullWords`]: words that programs write for missing values.

/// The words that databases write for missing values.
const LITERALS: [&str; 4] = ["NULL", "\\N", "null", "None"];
/// The words that programs write in brackets for missing values, in lower case.
const BRACKETED_LITERALS: [&str; 3] = ["null", "none", "nil"];
/// Other words that programs write for missing values. They are kept, because they can be values.
const OTHER_WORDS: [&str; 9] = ["NaN", "nan", "NA", "N/A", "n/a", "#N/A", "nil", "undefined", "<NA>"];

/// The words that mean a missing value.
#[derive(Debug, Clone, Default)]
pub struct NullWords {
    /// Whether words such as `NULL` in cells are text.
    pub keep_literals: bool,
    /// The words of the option `--null`.
    pub given: Vec<String>,
}

impl NullWords {
    /// Returns whether a cell of a table is a missing value.
    pub fn is_null_cell(&self, text: &str) -> bool {
        self.is_given(text) || !self.keep_literals && is_literal(text)
    }

    /// Returns whether an option says that a text is a missing value. JSON has `null`, so other words in JSON strings
    /// are kept.
    pub fn is_given(&self, text: &str) -> bool {
        self.given.iter().any(|word| word == text)
    }

    /// Returns whether text that is kept may mean a missing value.
    pub fn may_be_null(&self, text: &str) -> bool {
        OTHER_WORDS.contains(&text) || !self.keep_literals && is_literal(text)
    }
}

/// Returns whether text is a word for a missing value, also in brackets, such as `[NULL]` or `<null>`.
fn is_literal(text: &str) -> bool {
    let inner = [('[', ']'), ('<', '>'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    LITERALS.contains(&text)
        || inner.is_some_and(|word| BRACKETED_LITERALS.iter().any(|null| word.eq_ignore_ascii_case(null)))
}
