//! Recognizes the names of columns and keys that contain passwords or hashes, but do not map to a field.

use super::digests::looks_like_digest;

/// The length of the longest name that is recognized.
const MAX_NAME_LENGTH: usize = 64;
/// The length of the shortest value that can be a password. Shorter values are numbers or flags.
const MIN_PASSWORD_LENGTH: usize = 6;

const PASSWORD_WORDS: [&str; 19] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "psw",
    "passphrase",
    "passwort",
    "kennwort",
    "passwords",
    "senha",
    "contrasena",
    "contraseña",
    "motdepasse",
    "mdp",
    "wachtwoord",
    "haslo",
    "hasło",
    "parola",
];
/// The words for hashes and the algorithms. `clave` also means a key or a code.
const HASH_WORDS: [&str; 12] = [
    "hash",
    "hashed",
    "digest",
    "bcrypt",
    "argon",
    "scrypt",
    "pbkdf",
    "crypt",
    "crypted",
    "encrypted",
    "salted",
    "clave",
];
/// The algorithms that are named after their number. Without it, the words have other meanings.
const NUMBERED_ALGORITHMS: [&str; 2] = ["md", "sha"];
/// The words that can stand beside a word for a password.
const OTHER_WORDS: [&str; 22] = [
    "hex", "user", "login", "legacy", "old", "custom", "current", "plain", "clear", "text", "auth", "account",
    "member", "members", "customer", "web", "new", "temp", "tmp", "enc", "secure", "v",
];
/// The words beside a word for a password that indicate another value, which can look like a digest.
const UNRELATED_WORDS: [&str; 28] = [
    "token",
    "reset",
    "recovery",
    "recover",
    "forgot",
    "forgotten",
    "lost",
    "request",
    "activation",
    "hint",
    "question",
    "answer",
    "key",
    "code",
    "salt",
    "history",
    "id",
    "ids",
    "uuid",
    "guid",
    "url",
    "link",
    "selector",
    "nonce",
    "algorithm",
    "algo",
    "method",
    "type",
];

/// The values of a column or key with a recognized name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordName {
    /// Passwords in plain text or hashes.
    Password,
    /// Hashes, which are passwords only if they look like a digest.
    Hash,
}

impl PasswordName {
    /// Recognizes a normalized name that consists only of known words, with or without underscores between them: words
    /// for a password and related words, or only words for a hash and its algorithm.
    ///
    /// Other names with a word for a password, such as `forum_password`, are those of hashes, unless they also have a
    /// word such as `token`. In names such as `avatar_hash` or `passport`, the value is something else.
    pub fn of(name: &str) -> Option<Self> {
        if name.len() > MAX_NAME_LENGTH {
            return None;
        }
        if let Some(words) = words(&name.replace('_', "")) {
            if words.contains(&Word::Password) {
                return Some(Self::Password);
            }
            return words.iter().all(|word| *word == Word::Hash).then_some(Self::Hash);
        }
        let has_password = |part: &str| words(part).is_some_and(|words| words.contains(&Word::Password));
        let is_unrelated = |part: &str| UNRELATED_WORDS.contains(&part);
        (name.split('_').any(has_password) && !name.split('_').any(is_unrelated)).then_some(Self::Hash)
    }

    /// Returns whether a value with this name is a password or a hash.
    pub fn is_password(self, value: &str) -> bool {
        match self {
            Self::Password => value.trim().len() >= MIN_PASSWORD_LENGTH,
            Self::Hash => looks_like_digest(value),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Password,
    Hash,
    Other,
}

/// Splits a name into known words, each of which can have a number, as in `password2`. Returns `None` if the name has
/// other parts.
fn words(name: &str) -> Option<Vec<Word>> {
    let lists: [(&[&str], Word); 4] = [
        (&PASSWORD_WORDS, Word::Password),
        (&HASH_WORDS, Word::Hash),
        (&NUMBERED_ALGORITHMS, Word::Hash),
        (&OTHER_WORDS, Word::Other),
    ];
    let mut known = lists.into_iter().flat_map(|(list, kind)| list.iter().map(move |word| (*word, kind)));
    known.find_map(|(word, kind)| {
        let with_number = name.strip_prefix(word)?;
        let rest = with_number.trim_start_matches(|character: char| character.is_ascii_digit());
        if NUMBERED_ALGORITHMS.contains(&word) && rest.len() == with_number.len() {
            return None;
        }
        let mut words = if rest.is_empty() { Vec::new() } else { words(rest)? };
        words.push(kind);
        Some(words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_recognizes_names_of_passwords() {
        for name in [
            "passwd",
            "pass",
            "pwd",
            "password2",
            "user_pass",
            "userpass",
            "user_password",
            "legacy_password",
            "password_md5",
            "passwordhash",
            "passwordmd5",
            "hashedpassword",
            "members_pass_hash",
            "pw_hash",
            "pwhash",
            "custom_password_hash",
            "password_sha_256",
            "temp_password",
            "password_new",
            "password_enc",
            "encpass",
            "passwordhash_v2",
            "senha",
            "mot_de_passe",
        ] {
            assert_eq!(PasswordName::of(name), Some(PasswordName::Password), "{name}");
        }
        for name in
            ["hash", "digest", "md5", "sha1", "sha_256", "sha512_hash", "md5hash", "bcrypt", "salted_hash", "clave"]
        {
            assert_eq!(PasswordName::of(name), Some(PasswordName::Hash), "{name}");
        }
    }

    #[test]
    fn of_recognizes_hashes_in_other_names_with_a_word_for_a_password() {
        for name in ["forum_password", "wp_pass", "password_changed_at", "passwordhash_backup", "season_pass"] {
            assert_eq!(PasswordName::of(name), Some(PasswordName::Hash), "{name}");
        }
        for name in [
            "forum_password_reset_token",
            "new_password_key",
            "forgotten_password_selector",
            "pass_id",
            "password_algorithm",
        ] {
            assert_eq!(PasswordName::of(name), None, "{name}");
        }
    }

    #[test]
    fn of_ignores_other_names() {
        let long = "pass".repeat(100_000);
        for name in [
            "",
            "text",
            "user",
            "password_reset_token",
            "password_hint",
            "avatar_hash",
            "user_hash",
            "account_hash",
            "legacy_hash",
            "email_md5",
            "md",
            "sha",
            "hex",
            "passport",
            "compass",
            "bypass",
            "passage",
            "hashtag",
            "hashtags",
            &long,
        ] {
            assert_eq!(PasswordName::of(name), None, "{name}");
        }
    }

    #[test]
    fn is_password_distinguishes_passwords_from_other_values() {
        let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
        for (name, value, expected) in [
            (PasswordName::Password, "correct horse", true),
            (PasswordName::Password, md5, true),
            (PasswordName::Password, "true", false),
            (PasswordName::Password, "3", false),
            (PasswordName::Hash, md5, true),
            (PasswordName::Hash, "correct horse", false),
        ] {
            assert_eq!(name.is_password(value), expected, "{value}");
        }
    }
}
