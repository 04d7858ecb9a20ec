//! Phone numbers: converts the notations of exports to the international format.

/// How the file writes phone numbers without a plus sign.
#[derive(Debug, Clone, Copy, Default)]
pub struct PhoneFormat {
    /// Numbers are international, but without the plus sign.
    pub without_plus: bool,
    /// The country of national numbers.
    pub country: Option<&'static Country>,
}

/// The dialing rules of a country.
#[derive(Debug)]
pub struct Country {
    /// The ISO 3166 code.
    pub code: &'static str,
    /// The country calling code.
    calling_code: &'static str,
    /// The prefix of national numbers that is omitted after the calling code.
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

impl PhoneFormat {
    /// Returns a number in the international format, such as `+15550100001`, if the notation is known. Other text is
    /// returned unchanged, so that the target rejects it.
    pub fn normalize(self, text: &str) -> String {
        let is_separator = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{a0}');
        let digits: String = text.chars().filter(|c| !is_separator(*c)).collect();
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(international) = digits.strip_prefix('+') {
            // `+44 (0)20`: the trunk prefix in parentheses is not dialed from abroad.
            let without_trunk = text.replace("(0)", "");
            if is_number(international) && without_trunk.len() != text.len() {
                return self.normalize(&without_trunk);
            }
            return digits;
        }
        if !is_number(&digits) {
            return text.to_owned();
        }
        if let Some(international) = digits.strip_prefix("00") {
            return format!("+{international}");
        }
        match self.country {
            _ if self.without_plus => format!("+{digits}"),
            Some(country) => {
                // A shorter number is not one with the prefix: 10 digits in North America.
                let national = digits
                    .strip_prefix(country.trunk_prefix)
                    .filter(|rest| country.calling_code != "1" || rest.len() == 10);
                format!("+{}{}", country.calling_code, national.unwrap_or(&digits))
            }
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalize(text: &str, country: Option<&str>) -> String {
        let country = country.map(|code| Country::of(code).unwrap());
        PhoneFormat { without_plus: false, country }.normalize(text)
    }

    #[test]
    fn normalize_converts_national_numbers_of_the_default_country() {
        for (text, country, expected) in [
            ("+1 (555) 010-0001", None, "+15550100001"),
            ("0049 30 123456", None, "+4930123456"),
            ("+44 (0)20 7946 0000", None, "+442079460000"),
            ("030 123456", Some("DE"), "+4930123456"),
            ("(555) 010-0001", Some("US"), "+15550100001"),
            ("1 555 010 0001", Some("us"), "+15550100001"),
            ("06 1234 5678", Some("IT"), "+390612345678"),
            ("06 30 123 4567", Some("HU"), "+36301234567"),
            ("+33 1 23 45 67 89", Some("DE"), "+33123456789"),
        ] {
            assert_eq!(normalize(text, country), expected, "{text}");
        }
    }

    #[test]
    fn normalize_does_not_guess() {
        for text in ["030 123456", "0123", "call me", ""] {
            assert_eq!(normalize(text, None), text);
        }
        assert_eq!(PhoneFormat { without_plus: true, country: None }.normalize("15550100001"), "+15550100001");
        assert!(Country::of("XX").unwrap_err().starts_with("must be one of AE, "));
    }

    #[test]
    fn countries_are_sorted_and_unique() {
        assert!(COUNTRIES.is_sorted_by(|one, next| one.code < next.code));
    }
}
