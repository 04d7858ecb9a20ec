//! Names and locales: splits full names, and corrects values that Clerk would reject.

/// Splits a full name at the first whitespace.
pub fn split(full_name: &str) -> (&str, Option<&str>) {
    let full_name = full_name.trim();
    match full_name.split_once(char::is_whitespace) {
        Some((first, last)) => (first, Some(last.trim_start())),
        None => (full_name, None),
    }
}

/// Returns the missing first or last name, taken from a full name. If one of them is known, the other is the rest of
/// the full name.
pub fn complete<'a>(full: &'a str, first: Option<&str>, last: Option<&str>) -> (Option<&'a str>, Option<&'a str>) {
    let full = full.trim();
    let (of_first, of_last) = split(full);
    let part = |text: &'a str| Some(text.trim()).filter(|text| !text.is_empty());
    // The known name must consist of whole words of the full name.
    let after = |first: &str| full.strip_prefix(first).filter(|rest| rest.trim_start().len() < rest.len());
    let before =
        |last: &str| full.strip_suffix(last).filter(|rest| rest.is_empty() || rest.trim_end().len() < rest.len());
    match (first.map(str::trim), last.map(str::trim)) {
        (Some(_), Some(_)) => (None, None),
        (Some(first), None) => (None, after(first).and_then(part).or(of_last)),
        (None, Some(last)) => (before(last).map_or_else(|| part(of_first), part), None),
        (None, None) => (part(of_first), of_last),
    }
}

/// Removes the suffix of a Discord name (`ada#0`), which Clerk would take for a URL.
pub fn without_discriminator(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => name.trim(),
        _ => name,
    }
}

/// Converts a POSIX locale such as `en_US.UTF-8` to a language tag. Returns `None` if it is malformed.
pub fn language_tag(locale: &str) -> Option<String> {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let mut subtags = tag.split('-');
    let language = subtags.next().unwrap_or_default();
    let is_valid = (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    is_valid.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_separates_the_first_word() {
        assert_eq!(split(" Ada  King Lovelace "), ("Ada", Some("King Lovelace")));
        assert_eq!(split("Ada"), ("Ada", None));
    }

    #[test]
    fn complete_returns_the_missing_parts() {
        assert_eq!(complete("Ada Lovelace", None, None), (Some("Ada"), Some("Lovelace")));
        assert_eq!(complete("Ada Lovelace", None, Some("King")), (Some("Ada"), None));
        assert_eq!(complete("Mary Ann King", None, Some("King")), (Some("Mary Ann"), None));
        assert_eq!(complete("King", None, Some("King")), (None, None));
        assert_eq!(complete("Ada Lovelace", Some("Ada"), None), (None, Some("Lovelace")));
        assert_eq!(complete("Ada Lovelace", Some("Augusta"), None), (None, Some("Lovelace")));
        assert_eq!(complete("Ada Lovelace", Some("A."), Some("L.")), (None, None));
        assert_eq!(complete("Annabel Lee", Some("Ann"), None), (None, Some("Lee")));
        assert_eq!(complete("Mary Hawking", None, Some("king")), (Some("Mary"), None));
        assert_eq!(complete("Ada", Some("Ada"), None), (None, None));
        assert_eq!(complete("", None, None), (None, None));
    }

    #[test]
    fn without_discriminator_keeps_other_names() {
        for (name, expected) in [("ada#0", "ada"), ("ada#1234", "ada"), ("C# Ada", "C# Ada"), ("Ada #", "Ada #")] {
            assert_eq!(without_discriminator(name), expected);
        }
    }

    #[test]
    fn language_tag_converts_posix_locales() {
        for (locale, expected) in [
            ("en_US", Some("en-US")),
            ("de_DE.UTF-8", Some("de-DE")),
            ("sr@latin", Some("sr")),
            ("C", None),
            ("", None),
        ] {
            assert_eq!(language_tag(locale).as_deref(), expected, "{locale}");
        }
    }
}
