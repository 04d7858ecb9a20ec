//! Names and locales: splits full names, and corrects values that Clerk would reject.

/// Titles and generations that follow a name and a comma, in lower case and without dots.
const SUFFIXES: [&str; 19] = [
    "jr", "sr", "ii", "iii", "iv", "phd", "psyd", "pharmd", "md", "dds", "esq", "mba", "msc", "bsc", "cpa", "inc",
    "ltd", "llc", "gmbh",
];

/// Academic degrees, licenses and orders that follow a name and a comma, without dots.
const CREDENTIALS: [&str; 28] = [
    "BS", "CFA", "CFP", "CISSP", "CNM", "DC", "DMD", "DVM", "EDD", "EdD", "FNP", "LCSW", "LLB", "LLM", "LMFT", "LPN",
    "MBE", "MEd", "MFA", "MPH", "MS", "MSN", "MSW", "NP", "OBE", "PE", "PMP", "RN",
];
/// Credentials that are also first names.
const CREDENTIALS_OR_NAMES: [&str; 5] = ["BA", "DO", "JD", "KC", "MA"];
/// The words before the main part of a last name, in lower case.
const PARTICLES: [&str; 12] = ["da", "de", "del", "den", "der", "dos", "la", "las", "le", "los", "van", "von"];

/// The comma, and the comma of East Asian text.
const COMMAS: [char; 2] = [',', '\u{ff0c}'];

fn is_suffix(part: &str) -> bool {
    let part = part.replace('.', "");
    SUFFIXES.iter().any(|suffix| part.eq_ignore_ascii_case(suffix))
}

/// Returns whether a part of a name is a suffix of the part before it. A credential must follow a full name, such as
/// `Ada Lovelace, RN`. A credential that can be a first name must not follow a last name that begins with two particles
/// or whose second word is in capitals, as in `De La Cruz, MA` and `NGUYEN VAN, BA`.
fn is_suffix_of(name: &str, part: &str) -> bool {
    let mut words = name.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return is_suffix(part) };
    let is_particle = |word: &str| PARTICLES.contains(&word.to_lowercase().as_str());
    let letters = second.chars().filter(|character| character.is_alphabetic());
    let is_capital = !second.contains(char::is_lowercase) && letters.count() > 1;
    let is_last_name = is_capital || is_particle(first) && is_particle(second);
    let credential = part.replace('.', "");
    let is_credential = CREDENTIALS.contains(&credential.as_str())
        || CREDENTIALS_OR_NAMES.contains(&credential.as_str()) && !is_last_name;
    is_suffix(part) || is_credential && first.starts_with(char::is_uppercase)
}

/// Returns the first and the last name of a name in the notation `Lovelace, Ada`, or `None` for other notations. A
/// suffix such as `Jr.` remains part of the last name.
fn inverted(full_name: &str) -> Option<(String, String)> {
    let parts: Vec<_> = full_name.split(COMMAS).map(str::trim).collect();
    let (first, last) = match parts[..] {
        [last, first] => (first, last.to_owned()),
        [last, first, suffix] if is_suffix_of(last, suffix) => (first, format!("{last}, {suffix}")),
        [last, suffix, first] if is_suffix_of(last, suffix) => (first, format!("{last}, {suffix}")),
        _ => return None,
    };
    let is_name = |name: &str| !name.is_empty() && !is_suffix_of(parts[0], name);
    (is_name(first) && is_name(parts[0])).then(|| (first.to_owned(), last))
}

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
pub fn complete(full: &str, first: Option<&str>, last: Option<&str>) -> (Option<String>, Option<String>) {
    let full = full.trim().trim_matches(COMMAS).trim();
    if let Some((of_first, of_last)) = inverted(full) {
        // The comma separates the names, so they need no comparison with a known name.
        return (Some(of_first).filter(|_| first.is_none()), Some(of_last).filter(|_| last.is_none()));
    }
    let (of_first, of_last) = split(full);
    let of_first = of_first.trim_end_matches(COMMAS);
    let of_last = of_last.map(str::to_owned);
    let part = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
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
        for (full, known, expected) in [
            ("Ada Lovelace", (None, None), (Some("Ada"), Some("Lovelace"))),
            ("Ada Lovelace", (None, Some("King")), (Some("Ada"), None)),
            ("Mary Ann King", (None, Some("King")), (Some("Mary Ann"), None)),
            ("King", (None, Some("King")), (None, None)),
            ("Ada Lovelace", (Some("Ada"), None), (None, Some("Lovelace"))),
            ("Ada Lovelace", (Some("Augusta"), None), (None, Some("Lovelace"))),
            ("Ada Lovelace", (Some("A."), Some("L.")), (None, None)),
            ("Annabel Lee", (Some("Ann"), None), (None, Some("Lee"))),
            ("Mary Hawking", (None, Some("king")), (Some("Mary"), None)),
            ("Ada", (Some("Ada"), None), (None, None)),
            ("", (None, None), (None, None)),
        ] {
            let (first, last) = complete(full, known.0, known.1);
            assert_eq!((first.as_deref(), last.as_deref()), expected, "{full}");
        }
    }

    #[test]
    fn complete_reads_the_last_name_before_a_comma() {
        for (full, known, expected) in [
            ("Lovelace, Ada", (None, None), (Some("Ada"), Some("Lovelace"))),
            ("Lovelace,Ada", (None, None), (Some("Ada"), Some("Lovelace"))),
            ("Lovelace, Ada", (Some("Ada"), None), (None, Some("Lovelace"))),
            ("Lovelace, Ada", (None, Some("Lovelace")), (Some("Ada"), None)),
            ("Lovelace, Ada", (Some("Augusta"), None), (None, Some("Lovelace"))),
            ("de la Cruz, Mar\u{ed}a Jos\u{e9}", (Some("Mar\u{ed}a"), None), (None, Some("de la Cruz"))),
            ("de la Cruz, Mar\u{ed}a Jos\u{e9}", (None, Some("Cruz")), (Some("Mar\u{ed}a Jos\u{e9}"), None)),
            ("Lovelace, Ada", (Some("A."), Some("L.")), (None, None)),
            ("Ada Lovelace, RN", (None, None), (Some("Ada"), Some("Lovelace, RN"))),
            ("Ada Lovelace, C.F.A.", (None, None), (Some("Ada"), Some("Lovelace, C.F.A."))),
            ("Ada Lovelace, RN, MSN", (None, None), (Some("Ada"), Some("Lovelace, RN, MSN"))),
            ("Ma, Jack", (None, None), (Some("Jack"), Some("Ma"))),
            ("Nguyen, DO", (None, None), (Some("DO"), Some("Nguyen"))),
            ("de la Cruz, MA", (None, None), (Some("MA"), Some("de la Cruz"))),
            ("De La Cruz, MA", (None, None), (Some("MA"), Some("De La Cruz"))),
            ("NGUYEN VAN, BA", (None, None), (Some("BA"), Some("NGUYEN VAN"))),
            ("ADA LOVELACE, RN", (None, None), (Some("ADA"), Some("LOVELACE, RN"))),
            ("Ada Lovelace, MA", (None, None), (Some("Ada"), Some("Lovelace, MA"))),
            ("Vincent van Gogh, MA", (None, None), (Some("Vincent"), Some("van Gogh, MA"))),
            ("Kim B., MA", (None, None), (Some("Kim"), Some("B., MA"))),
            ("Ada Lovelace, EdD", (None, None), (Some("Ada"), Some("Lovelace, EdD"))),
            ("Ada Lovelace, Ed.D.", (None, None), (Some("Ada"), Some("Lovelace, Ed.D."))),
            ("Ada Lovelace, PharmD", (None, None), (Some("Ada"), Some("Lovelace, PharmD"))),
            ("van der Berg, Jan Piet", (None, None), (Some("Jan Piet"), Some("van der Berg"))),
            ("King, Martin Luther, Jr.", (None, None), (Some("Martin Luther"), Some("King, Jr."))),
            ("King, Jr., Martin", (None, None), (Some("Martin"), Some("King, Jr."))),
            ("Bob Smith, Ph.D.", (None, None), (Some("Bob"), Some("Smith, Ph.D."))),
            ("Bob Smith, MD, PhD", (None, None), (Some("Bob"), Some("Smith, MD, PhD"))),
            ("Lovelace\u{ff0c}Ada", (None, None), (Some("Ada"), Some("Lovelace"))),
            ("Acme, Inc.", (None, None), (Some("Acme"), Some("Inc."))),
            ("Smith, Bob, Sales", (None, None), (Some("Smith"), Some("Bob, Sales"))),
            ("Lovelace,", (None, None), (Some("Lovelace"), None)),
            (", Ada", (None, None), (Some("Ada"), None)),
        ] {
            let (first, last) = complete(full, known.0, known.1);
            assert_eq!((first.as_deref(), last.as_deref()), expected, "{full}");
        }
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
