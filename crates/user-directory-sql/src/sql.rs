//! [`Sql`]: the text of a statement and its values.

use std::fmt::Write as _;

/// Converts a number to `i64`. Returns the maximum if the number is too large.
pub(crate) fn to_int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A value of a statement.
#[derive(PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

/// A statement with its values. Values never become part of the text.
///
/// Both databases use placeholders such as `$1`.
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
    /// Whether the driver caches the prepared statement. This is useful only if the same text is used again.
    ///
    /// PostgreSQL plans an uncached statement for its specific values, which is better for partial matches.
    pub(crate) keep: bool,
    /// Whether the result has at most one row.
    pub(crate) is_single: bool,
}

impl Sql {
    /// Creates a statement.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new(), keep: true, is_single: false }
    }

    /// Appends text to the statement.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder and its value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Appends a list of placeholders in parentheses, and their values.
    pub(crate) fn bind_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self.push(")")
    }

    /// Appends a comparison with one or more values. Each value must match at most one row.
    pub(crate) fn is_any_of(&mut self, values: &[&str]) -> &mut Self {
        match values {
            [value] => self.push("= ").bind(*value).single(),
            // The text varies with the number of values, so caching the statement is not useful.
            values => self.push("IN ").bind_list(values.iter().copied()).once(),
        }
    }

    /// Adds a value for a placeholder that is already in the text.
    pub(crate) fn value(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Declares that the result has at most one row.
    pub(crate) fn single(&mut self) -> &mut Self {
        self.is_single = true;
        self
    }

    /// Prevents the driver from caching the prepared statement.
    pub(crate) fn once(&mut self) -> &mut Self {
        self.keep = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bind_numbers_placeholders() {
        let mut sql = Sql::new("SELECT ");
        sql.bind(1).push(", ").bind("a").push(" IN ").bind_list(["b", "c"]);
        assert_eq!(sql.text, "SELECT $1, $2 IN ($3, $4)");
        assert_eq!(sql.values.len(), 4);
    }
}
