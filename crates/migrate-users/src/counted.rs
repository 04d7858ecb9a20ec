//! [`Counted`]: a number with its noun.

use std::fmt;

/// A number with its noun, such as `1 row` or `2 rows`. The width of the format applies to the number.
#[derive(Debug, Clone, Copy)]
pub struct Counted(pub u64, pub &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, noun) = self;
        let plural = match noun {
            _ if *number == 1 => "",
            noun if noun.ends_with('s') || noun.ends_with("sh") => "es",
            _ => "s",
        };
        fmt::Display::fmt(number, f)?;
        write!(f, " {noun}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_writes_the_singular_or_the_plural() {
        for (number, noun, expected) in [
            (0, "row", "0 rows"),
            (1, "row", "1 row"),
            (2, "row", "2 rows"),
            (1, "password hash", "1 password hash"),
            (2, "password hash", "2 password hashes"),
            (2, "address", "2 addresses"),
        ] {
            assert_eq!(Counted(number, noun).to_string(), expected);
        }
        assert_eq!(format!("{:>9}", Counted(12, "user")), "       12 users");
    }
}
