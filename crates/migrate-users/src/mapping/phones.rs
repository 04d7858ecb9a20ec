//! Phone numbers: converts the notations of exports to the international format.

use std::borrow::Cow;

use clap::ValueEnum;

use super::value::{is_converted_number, is_invisible, trimmed};
use crate::rejects::Rejection;

/// The format of phone numbers without a plus sign.
#[derive(Debug, Clone, Copy, Default)]
pub struct PhoneFormat {
    /// Whether numbers without a plus sign begin with a country code. If `None`, ambiguous numbers are rejected.
    pub without_plus: Option<WithoutPlus>,
    /// The country of national numbers.
    pub country: Option<&'static Country>,
}

/// The meaning of phone numbers without a plus sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WithoutPlus {
    /// The numbers begin with a country code
    International,
    /// The numbers are national numbers of the default country
    National,
}

/// The dialing rules of a country.
#[derive(Debug)]
pub struct Country {
    /// The ISO 3166 code.
    pub code: &'static str,
    /// The country code.
    calling_code: &'static str,
    /// The prefix of national numbers that is omitted after the country code.
    trunk_prefix: &'static str,
}

const fn country(code: &'static str, calling_code: &'static str, trunk_prefix: &'static str) -> Country {
    Country { code, calling_code, trunk_prefix }
}

/// Countries in which all national numbers follow one rule.
const COUNTRIES: &[Country] = &[
    country("AE", "971", "0"),
    country("AR", "54", "0"),
    country("AT", "43", "0"),
    country("AU", "61", "0"),
    country("BD", "880", "0"),
    country("BE", "32", "0"),
    country("BG", "359", "0"),
    country("BR", "55", "0"),
    country("CA", "1", "1"),
    country("CH", "41", "0"),
    country("CL", "56", ""),
    country("CN", "86", "0"),
    country("CO", "57", ""),
    country("CZ", "420", ""),
    country("DE", "49", "0"),
    country("DK", "45", ""),
    country("EE", "372", ""),
    country("EG", "20", "0"),
    country("ES", "34", ""),
    country("FI", "358", "0"),
    country("FR", "33", "0"),
    country("GB", "44", "0"),
    country("GR", "30", ""),
    country("HK", "852", ""),
    country("HR", "385", "0"),
    country("HU", "36", "06"),
    country("ID", "62", "0"),
    country("IE", "353", "0"),
    country("IL", "972", "0"),
    country("IN", "91", "0"),
    country("IT", "39", ""),
    country("JP", "81", "0"),
    country("KE", "254", "0"),
    country("KR", "82", "0"),
    country("LU", "352", ""),
    country("LV", "371", ""),
    country("MA", "212", "0"),
    country("MX", "52", ""),
    country("MY", "60", "0"),
    country("NG", "234", "0"),
    country("NL", "31", "0"),
    country("NO", "47", ""),
    country("NZ", "64", "0"),
    country("PE", "51", "0"),
    country("PH", "63", "0"),
    country("PK", "92", "0"),
    country("PL", "48", ""),
    country("PT", "351", ""),
    country("RO", "40", "0"),
    country("RS", "381", "0"),
    country("SA", "966", "0"),
    country("SE", "46", "0"),
    country("SG", "65", ""),
    country("SI", "386", "0"),
    country("SK", "421", "0"),
    country("TH", "66", "0"),
    country("TR", "90", "0"),
    country("TW", "886", "0"),
    country("UA", "380", "0"),
    country("US", "1", "1"),
    country("VN", "84", "0"),
    country("ZA", "27", "0"),
];

impl Country {
    pub fn of(code: &str) -> Result<&'static Self, String> {
        COUNTRIES.iter().find(|country| country.code.eq_ignore_ascii_case(code)).ok_or_else(|| {
            let codes: Vec<_> = COUNTRIES.iter().map(|country| country.code).collect();
            format!("must be one of {}; for other countries, write numbers with a plus sign", codes.join(", "))
        })
    }
}

impl Country {
    /// Converts a national number, with or without the trunk prefix.
    fn international(&self, digits: &str) -> String {
        // In North America, the prefix is removed only if 10 digits remain.
        let is_national = |rest: &&str| self.calling_code != "1" || rest.len() == 10;
        let national = digits.strip_prefix(self.trunk_prefix).filter(is_national).unwrap_or(digits);
        format!("+{}{national}", self.calling_code)
    }

    /// Returns whether a number without a plus sign may begin with a country code.
    fn is_ambiguous(&self, digits: &str) -> bool {
        if self.calling_code == "1" {
            // The trunk prefix is the same as the country code, so both meanings result in the same number.
            return digits.len() != 10 && !(digits.len() == 11 && digits.starts_with('1'));
        }
        if !self.trunk_prefix.is_empty() && digits.starts_with(self.trunk_prefix) {
            return false;
        }
        // National numbers rarely have more than 10 digits.
        let has_calling_code = || {
            digits.starts_with(['1', '7']) || COUNTRIES.iter().any(|country| digits.starts_with(country.calling_code))
        };
        digits.starts_with(self.calling_code) || digits.len() > 10 && has_calling_code()
    }
}

/// Removes the decimal of a number that a program wrote as a decimal number, such as `15550100001.0`.
fn without_decimal(text: &str) -> &str {
    let whole = text.trim().strip_suffix(".0");
    whole.filter(|whole| whole.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(text)
}

/// Removes the scheme `tel:` of a link, and the apostrophe before a plus sign, which prevents spreadsheets from reading
/// a formula.
fn without_prefix(text: &str) -> &str {
    let text = trimmed(text);
    let without_scheme = text.split_at_checked(4).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("tel:"));
    let text = without_scheme.map_or(text, |(_, number)| number);
    text.strip_prefix('\'').filter(|number| number.starts_with('+')).unwrap_or(text)
}

/// Removes the trunk prefix `0` after a country code, as in `49 0171 1234567`. In the countries whose numbers have this
/// prefix, no number begins with 0 after the country code.
fn without_trunk_prefix(digits: &str) -> Cow<'_, str> {
    let rest = |country: &Country| digits.strip_prefix(country.calling_code)?.strip_prefix('0');
    let mut countries = COUNTRIES.iter().filter(|country| country.trunk_prefix == "0");
    match countries.find_map(|country| Some((country, rest(country)?))) {
        Some((country, rest)) => Cow::Owned(format!("{}{rest}", country.calling_code)),
        None => Cow::Borrowed(digits),
    }
}

impl PhoneFormat {
    /// Returns a number in the international format, such as `+15550100001`, if the notation is known. Other text is
    /// returned unchanged, so that the directory rejects it.
    ///
    /// # Errors
    ///
    /// Rejects a number that may or may not begin with a country code, and a number without one if there is no default
    /// country.
    pub fn normalize(self, text: &str) -> Result<String, Rejection> {
        let text = without_decimal(without_prefix(text));
        if is_converted_number(text) {
            let reason = "the phone number is a number that a spreadsheet or another program has converted; export the \
                          numbers as text";
            return Err(Rejection::new("converted_phone_number", reason).param("phone_number"));
        }
        let is_separator = |c: char| {
            c.is_whitespace()
                || is_invisible(c)
                || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        };
        let digits: String = text.chars().filter(|c| !is_separator(*c)).collect();
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // `+44 (0)20`: the trunk prefix in parentheses is not dialed from abroad.
        let without_trunk = text.replace("(0)", "");
        let is_international = ["+", "00"].iter().any(|prefix| without_trunk.trim_start().starts_with(prefix));
        if is_international && without_trunk.len() != text.len() {
            return self.normalize(&without_trunk);
        }
        if let Some(international) = digits.strip_prefix('+') {
            return Ok(format!("+{}", without_trunk_prefix(international)));
        }
        if !is_number(&digits) {
            return Ok(text.to_owned());
        }
        if let Some(international) = digits.strip_prefix("00") {
            return Ok(format!("+{}", without_trunk_prefix(international)));
        }
        // No country code begins with 0.
        let is_international = self.without_plus == Some(WithoutPlus::International) && !digits.starts_with('0');
        match self.country {
            _ if is_international => Ok(format!("+{}", without_trunk_prefix(&digits))),
            Some(country) if self.without_plus.is_none() && country.is_ambiguous(&digits) => {
                let reason = format!(
                    "the phone number may begin with a country code, or be a national number of {}; use \
                     --phones-without-plus international or --phones-without-plus national, or write a plus sign",
                    country.code
                );
                Err(Rejection::new("ambiguous_phone_number", reason).param("phone_number"))
            }
            Some(country) => Ok(country.international(&digits)),
            None => {
                let reason = "the phone number has no country code; use --default-country CODE if it is a national \
                              number, or --phones-without-plus international if it begins with a country code";
                Err(Rejection::new("no_country_code", reason).param("phone_number"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalize(text: &str, country: Option<&str>) -> String {
        let country = country.map(|code| Country::of(code).unwrap());
        PhoneFormat { without_plus: None, country }.normalize(text).unwrap()
    }

    #[test]
    fn normalize_converts_national_numbers_of_the_default_country() {
        for (text, country, expected) in [
            ("+1 (555) 010-0001", None, "+15550100001"),
            ("0049 30 123456", None, "+4930123456"),
            ("+44 (0)20 7946 0000", None, "+442079460000"),
            ("0044 (0)20 7946 0000", None, "+442079460000"),
            ("(0)30 123456", Some("DE"), "+4930123456"),
            ("+1 555\u{2013}010\u{2011}0001", None, "+15550100001"),
            ("030 123456", Some("DE"), "+4930123456"),
            ("(555) 010-0001", Some("US"), "+15550100001"),
            ("1 555 010 0001", Some("us"), "+15550100001"),
            ("5550100001.0", Some("US"), "+15550100001"),
            ("+15550100001.0", None, "+15550100001"),
            ("'+15550100001", None, "+15550100001"),
            ("tel:+1-555-010-0001", None, "+15550100001"),
            ("\u{202a}+1 555 010\u{200b}0001\u{202c}", None, "+15550100001"),
            ("555.010.0001", Some("US"), "+15550100001"),
            ("06 1234 5678", Some("IT"), "+390612345678"),
            ("06 30 123 4567", Some("HU"), "+36301234567"),
            ("+33 1 23 45 67 89", Some("DE"), "+33123456789"),
            ("+49 0171 1234567", None, "+491711234567"),
            ("+33 06 12 34 56 78", None, "+33612345678"),
            ("0044 07700 900123", None, "+447700900123"),
            ("+39 06 1234 5678", None, "+390612345678"),
            ("+225 01 23 45 67 89", None, "+2250123456789"),
        ] {
            assert_eq!(normalize(text, country), expected, "{text}");
        }
    }

    #[test]
    fn normalize_does_not_guess() {
        for text in ["call me", ""] {
            assert_eq!(normalize(text, None), text);
        }
        for text in ["030 123456", "0123", "5550100001"] {
            assert_eq!(PhoneFormat::default().normalize(text).unwrap_err().code, "no_country_code", "{text}");
        }
        let rejection = PhoneFormat::default().normalize("1.5550E+10").unwrap_err();
        assert_eq!(rejection.code, "converted_phone_number");
        assert!(Country::of("XX").unwrap_err().starts_with("must be one of AE, "));
    }

    #[test]
    fn normalize_rejects_numbers_that_may_begin_with_a_calling_code() {
        use WithoutPlus::{International, National};
        let normalize = |text: &str, code: &str, without_plus| {
            PhoneFormat { without_plus, country: Some(Country::of(code).unwrap()) }.normalize(text)
        };
        for (text, code, national) in [
            ("4930123456", "DE", "+494930123456"),
            ("15550100001", "DE", "+4915550100001"),
            ("447911123456", "DE", "+49447911123456"),
            ("34612345678", "ES", "+3434612345678"),
            ("447911123456", "US", "+1447911123456"),
        ] {
            let rejection = normalize(text, code, None).unwrap_err();
            assert!(rejection.reason.contains("--phones-without-plus"), "{text}: {rejection:?}");
            assert_eq!(normalize(text, code, Some(International)), Ok(format!("+{text}")));
            assert_eq!(normalize(text, code, Some(National)).as_deref(), Ok(national));
        }
        for (text, code, expected) in [
            ("1711234567", "DE", "+491711234567"),
            ("04930123456", "DE", "+494930123456"),
            ("9876543210", "IN", "+919876543210"),
            ("612345678", "ES", "+34612345678"),
        ] {
            assert_eq!(normalize(text, code, None).as_deref(), Ok(expected), "{text}");
        }
        // Calling codes do not begin with 0.
        assert_eq!(normalize("030123456", "DE", Some(International)).as_deref(), Ok("+4930123456"));
        let format = PhoneFormat { without_plus: Some(International), country: None };
        assert_eq!(format.normalize("15550100001").as_deref(), Ok("+15550100001"));
    }

    #[test]
    fn countries_are_sorted_and_unique() {
        assert!(COUNTRIES.is_sorted_by(|one, next| one.code < next.code));
    }
}
