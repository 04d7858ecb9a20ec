//! [`Streak`]: consecutive rejections or failures for the same reason.

use user_directory::codes;

use crate::rejects::Rejection;

/// Consecutive rejections or failures for the same reason.
#[derive(Debug, Default)]
pub(super) struct Streak {
    reason: String,
    rows: u32,
}

impl Streak {
    /// Counts a row, and returns the number of consecutive rows that were rejected or failed for the same reason.
    pub(super) fn add(&mut self, reason: String) -> u32 {
        if self.reason != reason {
            *self = Self { reason, rows: 0 };
        }
        self.rows += 1;
        self.rows
    }

    /// Ends the streak, because a row was imported, or its user exists.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }
}

/// Returns text that is equal for rows that are rejected for the same reason.
pub(super) fn reason_of(rejection: &Rejection) -> String {
    match rejection.code.as_str() {
        // The instance settings can disable multiple fields of the file.
        codes::FORM_PARAM_UNKNOWN => rejection.code.clone(),
        // The reason contains the other row, which differs unless all rows have the same identifier.
        "duplicate" => rejection.reason.clone(),
        _ => rejection.kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_counts_consecutive_rows_with_the_same_reason() {
        let invalid = |param: &str, reason: &str| Rejection::new("invalid_value", reason).param(param);
        let duplicate =
            |line: u32| Rejection::new("duplicate", format!("a duplicate of line {line}")).param("username");
        let unknown = |param: &str| Rejection::new(codes::FORM_PARAM_UNKNOWN, "is not a valid parameter").param(param);
        let mut streak = Streak::default();
        for (rejection, expected) in [
            (invalid("banned", "must be true or false"), 1),
            // The reason can contain values.
            (invalid("banned", "suspended: must be true or false"), 2),
            (invalid("created_at", "must be a time"), 1),
            (duplicate(2), 1),
            (duplicate(3), 1),
            (duplicate(3), 2),
            (unknown("username"), 1),
            (unknown("phone_number"), 2),
        ] {
            assert_eq!(streak.add(reason_of(&rejection)), expected, "{rejection:?}");
        }
        streak.end();
        assert_eq!(streak.add(reason_of(&unknown("username"))), 1);
    }
}
