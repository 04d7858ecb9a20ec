//! Case folding for all case-insensitive comparisons.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// Folds the case of a string and normalizes it, for case-insensitive comparisons.
///
/// The comparison is canonical caseless matching as defined by the Unicode Standard (section 3.13, definition D145),
/// which applies full case folding to canonically decomposed text. The result is composed (NFC). For example, `straße`
/// and `STRASSE` are equal, as are `Σ` and `ς`, and the composed and decomposed forms of `é`.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().default_case_fold().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn fold_ignores_case_and_normalization_form() {
        for (this, other) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("straße", "STRASSE"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσεύς"),
            ("Σ", "ς"),
            ("\u{e9}", "e\u{301}"),
            ("\u{c9}", "e\u{301}"),
            ("\u{1f80}", "\u{1f88}"),
            ("\u{212a}", "k"),
            ("ﬁ", "FI"),
        ] {
            assert_eq!(fold(this), fold(other), "{this} {other}");
        }
        for (this, other) in [("e", "é"), ("ı", "i"), ("I", "ı"), ("ss", "s"), ("①", "1")] {
            assert_ne!(fold(this), fold(other), "{this} {other}");
        }
    }

    #[test]
    fn fold_is_idempotent() {
        for character in '\0'..=char::MAX {
            let folded = fold(&character.to_string());
            assert_eq!(fold(&folded), folded, "{character:?}");
        }
    }
}
