//! Password digests: recognizes their formats, and converts them to the formats that Clerk imports.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use user_directory::model::{PasswordDigest, PasswordHasher};

/// The length of the shortest digest that [`contains_digest`] recognizes.
const MIN_DIGEST_LENGTH: usize = 20;

/// The length of the shortest value that [`is_password`] takes for a password. Shorter values are numbers or flags.
const MIN_PASSWORD_LENGTH: usize = 6;

/// The result of recognizing a digest by its prefix.
#[derive(Debug, PartialEq, Eq)]
pub enum Recognized {
    /// A digest that Clerk can import, in Clerk's format.
    Digest(PasswordDigest),
    /// A digest of a hasher that Clerk does not support.
    Unsupported,
    /// A marker for a user without a password.
    Unusable,
    /// Text without a known prefix. It may be a digest whose hasher is in another field.
    Unknown,
}

/// Recognizes a digest by its prefix, and converts it to Clerk's format.
pub fn recognize(text: &str) -> Recognized {
    use Recognized::{Digest, Unknown, Unsupported, Unusable};
    let digest = |hasher, digest: &str| Digest(PasswordDigest::new(hasher, digest));
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
    // The function `crypt` of C returns `*0` or `*1` if it fails.
    if text.starts_with('!') || matches!(text, "*" | "*0" | "*1") {
        return Unusable;
    }
    if let Some(recognized) = with_scheme(text) {
        return recognized;
    }
    if starts(&["$2a$", "$2b$", "$2y$"]) && text.len() == 60 {
        return digest(PasswordHasher::Bcrypt, text);
    }
    if starts(&["$argon2id$", "$argon2i$", "argon2$argon2id$", "argon2$argon2i$"]) {
        let phc = text.strip_prefix("argon2").filter(|phc| phc.starts_with('$')).unwrap_or(text);
        let hasher = if phc.starts_with("$argon2id$") { PasswordHasher::Argon2id } else { PasswordHasher::Argon2i };
        return digest(hasher, phc);
    }
    if let Some(bcrypt) = text.strip_prefix("bcrypt$") {
        return digest(PasswordHasher::Bcrypt, bcrypt);
    }
    if text.starts_with("bcrypt_sha256$") {
        return digest(PasswordHasher::BcryptSha256Django, text);
    }
    if starts(&["$P$", "$H$"]) && text.len() == 34 {
        // phpBB writes `$H$`, and the format is the same.
        return digest(PasswordHasher::Phpass, &format!("$P${}", &text[3..]));
    }
    if let Some(hash) = text.strip_prefix("md5$$") {
        // Django writes an empty salt for digests without one.
        return digest(PasswordHasher::Md5, hash);
    }
    if let Some(hash) = text.strip_prefix("md5$") {
        return digest(PasswordHasher::Md5Salted, hash);
    }
    if text.starts_with("{SSHA}") {
        return digest(PasswordHasher::LdapSsha, text);
    }
    if text.starts_with("scrypt:") {
        return digest(PasswordHasher::ScryptWerkzeug, text);
    }
    if text.starts_with("awscognito#") {
        return digest(PasswordHasher::AwsCognito, text);
    }
    if text.starts_with("sha512_symfony$") {
        return digest(PasswordHasher::Sha512Symfony, text);
    }
    if let Some(recognized) = pbkdf2(text).or_else(|| django_scrypt(text)) {
        return recognized;
    }
    let crypt = [
        "$2$",
        "$2x$",
        "$argon2d$",
        "$apr1$",
        "$md5$",
        "$sha1$",
        "$pbkdf2$",
        "$pbkdf2-",
        "$bcrypt-sha256$",
        "argon2$",
        "$wp$",
        "$1$",
        "$5$",
        "$6$",
        "$7$",
        "$y$",
        "$scrypt$",
        "$S$",
        "sha1$",
        "sha224$",
        "sha256$",
        "sha384$",
        "sha512$",
        "crypt$",
        "SCRAM-",
    ];
    let is_of_server = is_mysql(text) || is_sql_server(text);
    if starts(&crypt) || is_better_auth_scrypt(text) || is_asp_net_identity(text) || is_of_server {
        return Unsupported;
    }
    Unknown
}

/// The schemes of LDAP and of Spring Security that Clerk does not support, in lower case.
const UNSUPPORTED_SCHEMES: [&str; 16] = [
    "sha", "md5", "smd5", "sha256", "sha384", "sha512", "ssha256", "ssha384", "ssha512", "sha-1", "sha-256", "md4",
    "ldap", "noop", "pbkdf2", "scrypt",
];

/// Recognizes a digest after the name of its scheme, as LDAP and Spring Security write it: `{scheme}digest`.
fn with_scheme(text: &str) -> Option<Recognized> {
    let (scheme, rest) = text.strip_prefix('{')?.split_once('}')?;
    let scheme = scheme.to_ascii_lowercase();
    // The version of the encoder, as in `{pbkdf2@SpringSecurity_v5_8}`.
    let scheme = scheme.split('@').next().unwrap_or_default();
    match scheme {
        "bcrypt" => Some(Recognized::Digest(PasswordDigest::new(PasswordHasher::Bcrypt, rest))),
        "argon2" | "crypt" => Some(match recognize(rest) {
            Recognized::Unknown => Recognized::Unsupported,
            recognized => recognized,
        }),
        scheme => UNSUPPORTED_SCHEMES.contains(&scheme).then_some(Recognized::Unsupported),
    }
}

/// Returns whether text looks like a digest of any known format. Such text must not be imported as a plaintext
/// password.
pub fn looks_like_digest(text: &str) -> bool {
    // URLs and forms escape the delimiters of digests.
    let text = &text.replace("%24", "$").replace("%2F", "/").replace("%3D", "=");
    !matches!(recognize(text), Recognized::Unknown | Recognized::Unusable)
        || has_scheme(text)
        || has_hex_hash(text)
        || has_modular_digest(text)
        || has_algorithm(text)
        || has_base64_hash(text)
        || is_firebase(text)
        || is_base64_hash(text)
        || is_url_safe_hash(text)
        || is_hex_with_separators(text)
        || is_old_mysql(text)
        || is_extended_des(text)
}

/// Returns whether text is a digest, or contains one of bcrypt or argon2, for example in JSON. Hashes without a prefix
/// are not recognized.
pub fn contains_digest(text: &str) -> bool {
    let text = text.trim();
    // Other text can have the same prefix, such as `$1$ off` or `scrypt: a function`.
    let is_word = text.len() >= MIN_DIGEST_LENGTH && !text.contains(char::is_whitespace);
    is_word && matches!(recognize(text), Recognized::Digest(_) | Recognized::Unsupported)
        || text.contains('$') && has_modular_digest(text)
}

/// The words in the names of columns and keys with passwords.
const PASSWORD_WORDS: [&str; 9] =
    ["password", "passwd", "pass", "pwd", "pw", "psw", "passphrase", "passwort", "kennwort"];
/// The words in the names of columns and keys with hashes, without numbers.
const HASH_WORDS: [&str; 13] = [
    "hash",
    "hashed",
    "digest",
    "md",
    "sha",
    "bcrypt",
    "argon",
    "scrypt",
    "pbkdf",
    "crypt",
    "crypted",
    "encrypted",
    "hex",
];
/// Other words in such names. In names with other words, such as `password_reset_token` or `avatar_hash`, the value is
/// something else.
const OTHER_WORDS: [&str; 16] = [
    "user",
    "login",
    "legacy",
    "old",
    "custom",
    "current",
    "plain",
    "plaintext",
    "clear",
    "text",
    "auth",
    "account",
    "member",
    "customer",
    "web",
    "",
];

/// Returns whether a column or key with this normalized name contains a password or its hash. Names of hashes are also
/// used for other hashes, so that the value must look like a digest.
pub fn is_password(name: &str, value: &str) -> bool {
    // `password2` and `sha_256`.
    let without_number = |word: &'_ str| word.trim_end_matches(|character: char| character.is_ascii_digit()).to_owned();
    let words: Vec<_> = name.split('_').map(without_number).collect();
    let is_in = |list: &[&str], word: &String| list.contains(&word.as_str());
    let has = |list: &[&str]| words.iter().any(|word| is_in(list, word));
    let is_known =
        |word: &String| [&PASSWORD_WORDS[..], &HASH_WORDS, &OTHER_WORDS].into_iter().any(|list| is_in(list, word));
    words.iter().all(is_known)
        && (has(&PASSWORD_WORDS) && value.trim().len() >= MIN_PASSWORD_LENGTH
            || has(&HASH_WORDS) && looks_like_digest(value))
}

/// Returns whether text begins like a bcrypt or phpass digest, but is not one.
pub fn is_truncated(text: &str) -> bool {
    ["$2a$", "$2b$", "$2y$", "$P$", "$H$"].iter().any(|prefix| text.starts_with(prefix))
}

/// Returns whether a word of the text is a hexadecimal hash: alone, with a salt before or after it, or with a prefix,
/// as in PostgreSQL (`md5…`, `\x…`) and SQL Server (`0x…`).
fn has_hex_hash(text: &str) -> bool {
    let is_hash = |word: &str| is_hex(word) && is_length_of_hash(word.len());
    let without_prefix = |word: &str| {
        let prefixes = ["md5", "0x", "x"].iter();
        prefixes.filter_map(|prefix| word.strip_prefix(prefix)).any(is_hash)
    };
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| is_hash(word) || without_prefix(word))
}

/// Returns whether text contains a digest of bcrypt or argon2, for example after a prefix, in quotes or in JSON.
fn has_modular_digest(text: &str) -> bool {
    let text = text.replace('\\', "");
    ["$2a$", "$2b$", "$2y$", "$argon2"].iter().any(|scheme| text.contains(scheme))
}

/// Returns whether text begins with the name of an algorithm and has the length of a digest, such as
/// `sha1:64000:18:salt:hash`.
fn has_algorithm(text: &str) -> bool {
    let Some((name, rest)) = text.split_once(['$', ':', '+']) else { return false };
    let name = name.to_ascii_lowercase();
    let names = ["md5", "sha", "ssha", "bcrypt", "scrypt", "argon2", "pbkdf2", "crypt", "hmac", "phpass"];
    names.iter().any(|prefix| name.starts_with(prefix)) && rest.len() >= 16 && !rest.contains(char::is_whitespace)
}

/// Returns whether one of several parts of the text is a hash in Base64, as in `iterations.salt.hash`.
fn has_base64_hash(text: &str) -> bool {
    let is_hash = |part: &str| {
        let is_long_enough = part.len() >= 43 || part.len() >= 24 && part.ends_with('=');
        is_long_enough && STANDARD.decode(standard_base64(part)).is_ok()
    };
    let parts: Vec<_> = text.split(['$', ':', '.', ',', ';', '|']).collect();
    parts.len() > 1 && parts.into_iter().any(is_hash)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether text starts with `$scheme$`, as in modular crypt formats, or `{scheme}`, as in LDAP and Spring
/// Security.
fn has_scheme(text: &str) -> bool {
    let is_scheme =
        |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    [('$', '$'), ('{', '}')].iter().any(|(open, close)| {
        let scheme = text.strip_prefix(*open).and_then(|rest| rest.split_once(*close));
        scheme.is_some_and(|(scheme, _)| is_scheme(scheme))
    })
}

/// Returns whether text is a hash in Base64: at least 32 bytes, or the size of MD5 or SHA-1 with padding.
fn is_base64_hash(text: &str) -> bool {
    match STANDARD.decode(text) {
        Ok(hash) => text.len() >= 43 || text.ends_with('=') && matches!(hash.len(), 16 | 20),
        Err(_) => text.len() >= 43 && STANDARD_NO_PAD.decode(text).is_ok(),
    }
}

/// Returns whether text is a hash of at least 32 bytes in URL-safe Base64. Passphrases with hyphens have fewer digits
/// and capital letters.
fn is_url_safe_hash(text: &str) -> bool {
    let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let number = |is_counted: fn(&u8) -> bool| text.bytes().filter(is_counted).count();
    let text = text.trim_end_matches('=');
    text.len() >= 43
        && text.bytes().all(is_url_safe)
        && number(u8::is_ascii_digit) >= 3
        && number(u8::is_ascii_uppercase) >= 8
        && number(u8::is_ascii_lowercase) >= 8
}

/// Returns whether text is a hexadecimal hash in groups of digits, such as `5F-4D-CC-…` of .NET. A UUID is not a hash.
fn is_hex_with_separators(text: &str) -> bool {
    let is_hash = |separator| {
        let groups: Vec<_> = text.split(separator).collect();
        let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
        let are_hex = groups.iter().all(|group| !group.is_empty() && is_hex(group));
        groups.len() > 1 && !is_uuid && are_hex && is_length_of_hash(groups.iter().map(|group| group.len()).sum())
    };
    ['-', ':', ' ', '.', '_'].into_iter().any(is_hash)
}

/// Returns whether a hash can have this number of hexadecimal digits.
fn is_length_of_hash(digits: usize) -> bool {
    matches!(digits, 32 | 40 | 56 | 64 | 96 | 128)
}

/// Returns whether text is a digest of the extended DES of BSD. A digit or punctuation distinguishes it from a word
/// after an underscore.
fn is_extended_des(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    text.strip_prefix('_').is_some_and(|digest| {
        digest.len() == 19 && digest.bytes().all(is_part) && digest.bytes().any(|byte| !byte.is_ascii_alphabetic())
    })
}

/// Returns whether text is a digest of MySQL before 4.1: 16 hexadecimal digits in lower case.
fn is_old_mysql(text: &str) -> bool {
    text.len() == 16
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns whether text is a digest of MySQL 4.1 or later.
fn is_mysql(text: &str) -> bool {
    let is_upper_hex = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    text.strip_prefix('*').is_some_and(|hash| hash.len() == 40 && hash.bytes().all(is_upper_hex))
}

/// Returns whether text is a digest of SQL Server's `PWDENCRYPT`.
fn is_sql_server(text: &str) -> bool {
    let hash = text.strip_prefix("0x0100").or_else(|| text.strip_prefix("0x0200"));
    hash.is_some_and(|hash| !hash.is_empty() && is_hex(hash))
}

fn is_firebase(text: &str) -> bool {
    text.split('$').count() == 6
}

/// Returns whether text is a default digest of Better Auth: `salt:key`, both hexadecimal, without scrypt parameters.
fn is_better_auth_scrypt(text: &str) -> bool {
    text.split_once(':').is_some_and(|(salt, key)| (salt.len(), key.len()) == (32, 128) && is_hex(salt) && is_hex(key))
}

/// Returns whether text contains a default digest of Better Auth.
pub fn contains_better_auth_scrypt(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != ':').any(is_better_auth_scrypt)
}

/// Returns whether text is a digest of ASP.NET Core Identity version 3: in Base64, the version byte 1, and the number
/// of the pseudorandom function as a 32-bit big-endian integer.
fn is_asp_net_identity(text: &str) -> bool {
    text.starts_with("AQAAAA") && text.len() >= 80
}

/// Recognizes the PBKDF2 formats of Django, Werkzeug and Clerk.
fn pbkdf2(text: &str) -> Option<Recognized> {
    let digest = |hasher, digest: String| Recognized::Digest(PasswordDigest::new(hasher, digest));
    let clerk = |hasher| Some(digest(hasher, text.to_owned()));
    if text.starts_with("pbkdf2_sha512_hex$") {
        return clerk(PasswordHasher::Pbkdf2Sha512Hex);
    }
    if text.starts_with("pbkdf2_sha512$") {
        return clerk(PasswordHasher::Pbkdf2Sha512);
    }
    if let Some(rest) = text.strip_prefix("pbkdf2:") {
        let (parameters, rest) = rest.split_once('$')?;
        let (salt, hash) = rest.split_once('$')?;
        let (function, iterations) = parameters.split_once(':')?;
        return Some(match function {
            "sha256" => {
                let hash = STANDARD.encode(hex(hash)?);
                digest(PasswordHasher::Pbkdf2Sha256Django, format!("pbkdf2_sha256${iterations}${salt}${hash}"))
            }
            "sha512" => digest(PasswordHasher::Pbkdf2Sha512, format!("pbkdf2_sha512${iterations}${salt}${hash}")),
            _ => Recognized::Unsupported,
        });
    }
    if text.starts_with("pbkdf2_sha256$") {
        return clerk(PasswordHasher::Pbkdf2Sha256Django);
    }
    let rest = text.strip_prefix("pbkdf2_sha1$")?;
    let mut parts = rest.split('$');
    let (iterations, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    if hex(hash).is_some() {
        return clerk(PasswordHasher::Pbkdf2Sha1);
    }
    // In Django's format, the salt is text and the hash is in Base64. Both are converted to hexadecimal.
    let hash = STANDARD.decode(hash).ok()?;
    let (salt, length, hash) = (to_hex(salt.as_bytes()), hash.len(), to_hex(&hash));
    Some(digest(PasswordHasher::Pbkdf2Sha1, format!("pbkdf2_sha1${iterations}${salt}${hash}${length}")))
}

/// Recognizes Django's format, `scrypt$n$salt$r$p$hash`. Werkzeug's format has the same parameters and key length.
fn django_scrypt(text: &str) -> Option<Recognized> {
    let parts: Vec<_> = text.strip_prefix("scrypt$")?.split('$').collect();
    let [n, salt, r, p, hash] = parts[..] else { return Some(Recognized::Unsupported) };
    let hash = to_hex(&STANDARD.decode(hash).ok()?);
    let digest = format!("scrypt:{n}:{r}:{p}${salt}${hash}");
    Some(Recognized::Digest(PasswordDigest::new(PasswordHasher::ScryptWerkzeug, digest)))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let is_valid = !text.is_empty() && text.len().is_multiple_of(2) && text.is_ascii();
    let bytes = |index| u8::from_str_radix(text.get(index..index + 2)?, 16).ok();
    if is_valid { (0..text.len()).step_by(2).map(bytes).collect() } else { None }
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from(b"0123456789abcdef"[usize::from(digit)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Converts URL-safe Base64 to standard Base64 with padding.
pub fn standard_base64(text: &str) -> String {
    let mut standard = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    while !standard.len().is_multiple_of(4) {
        standard.push('=');
    }
    standard
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

    #[test]
    fn recognize_determines_the_hasher_by_the_prefix() {
        let argon2 = "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";
        for (text, hasher, digest) in [
            (BCRYPT, "bcrypt", BCRYPT),
            (&format!("bcrypt${BCRYPT}"), "bcrypt", BCRYPT),
            (&format!("{{bcrypt}}{BCRYPT}"), "bcrypt", BCRYPT),
            (&format!("{{BCRYPT}}{BCRYPT}"), "bcrypt", BCRYPT),
            (&format!("{{CRYPT}}{BCRYPT}"), "bcrypt", BCRYPT),
            (&format!("{{argon2}}{argon2}"), "argon2id", argon2),
            (&format!("{{argon2@SpringSecurity_v5_8}}{argon2}"), "argon2id", argon2),
            (argon2, "argon2id", argon2),
            (&format!("argon2{argon2}"), "argon2id", argon2),
            ("$P$5abcdefghAwHMLXeh48xCQuy..94JO/", "phpass", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
            ("$H$5abcdefghAwHMLXeh48xCQuy..94JO/", "phpass", "$P$5abcdefghAwHMLXeh48xCQuy..94JO/"),
            ("md5$$5f4dcc3b5aa765d61d8327deb882cf99", "md5", "5f4dcc3b5aa765d61d8327deb882cf99"),
            ("md5$pinch$d8a34b13f650968059e83be4fba755e7", "md5_salted", "pinch$d8a34b13f650968059e83be4fba755e7"),
            (
                "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA==",
                "ldap_ssha",
                "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA==",
            ),
        ] {
            assert_eq!(recognize(text), Recognized::Digest(PasswordDigest::new(hasher.into(), digest)), "{text}");
        }
    }

    #[test]
    fn recognize_converts_formats_that_clerk_writes_differently() {
        // hashlib.pbkdf2_hmac('sha1', b'correct horse', b'seasalt', 1000, 20), as Django and as Clerk write it.
        let key = STANDARD.encode([7; 64]);
        for (text, hasher, expected) in [
            (
                "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=".to_owned(),
                PasswordHasher::Pbkdf2Sha1,
                "pbkdf2_sha1$1000$73656173616c74$890be434e175c042f82a187c7a8809f2b5218a93$20".to_owned(),
            ),
            (
                format!("scrypt$16384$salt$8$1${key}"),
                PasswordHasher::ScryptWerkzeug,
                format!("scrypt:16384:8:1$salt${}", "07".repeat(64)),
            ),
            (
                "pbkdf2:sha256:1000$salt$0102".to_owned(),
                PasswordHasher::Pbkdf2Sha256Django,
                "pbkdf2_sha256$1000$salt$AQI=".to_owned(),
            ),
        ] {
            assert_eq!(recognize(&text), Recognized::Digest(PasswordDigest::new(hasher, expected)), "{text}");
        }
    }

    #[test]
    fn recognize_distinguishes_unusable_and_unsupported_passwords() {
        let better_auth = format!("{}:{}", "0f".repeat(16), "0f".repeat(64));
        for text in [
            "$wp$2y$10$abc",
            "$2x$04$abc",
            "$2$04$abc",
            "sha1$salt$0102",
            "sha256$salt$0102",
            "$6$salt$hash",
            "$apr1$salt$hash",
            "$pbkdf2-sha256$29000$salt$hash",
            "$S$Dabc",
            "{noop}secret",
            "{pbkdf2}0102",
            "{sha256}0102",
            "{CRYPT}$6$salt$hash",
            "{crypt}rEK1ecacw.7.c",
            "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
            &better_auth,
        ] {
            assert_eq!(recognize(text), Recognized::Unsupported, "{text}");
        }
        for text in ["!", "!unusable", "*", "*0", "*1"] {
            assert_eq!(recognize(text), Recognized::Unusable, "{text}");
        }
        for text in ["3cb4e732631f47e6eb961f34554b7cde", "{\"a\":1}", "{a b}c"] {
            assert_eq!(recognize(text), Recognized::Unknown, "{text}");
        }
    }

    #[test]
    fn looks_like_digest_distinguishes_digests_from_passwords() {
        let firebase = "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==";
        for digest in [
            BCRYPT,
            "3cb4e732631f47e6eb961f34554b7cde",
            "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
            "pinch$d8a34b13f650968059e83be4fba755e7",
            "$wp$2y$10$abc",
            &format!("{firebase}$AAEC$AAEC$Bw==$8$10"),
            firebase,
        ] {
            assert!(looks_like_digest(digest), "{digest}");
        }
        for digest in [
            "{bcrypt}$2a$10$abcdefghijklmnopqrstuu",
            "{noop}secret",
            "$S$DabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
            "d8a34b13f650968059e83be4fba755e7:abc salt",
            "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
            "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "0x0200ABCDEF0123456789",
            &BCRYPT[..59],
            &format!("bcrypt:{BCRYPT}"),
            &format!("\"{BCRYPT}\""),
            &BCRYPT.replace('$', "\\$"),
            &format!("{{\"hash\":\"{BCRYPT}\"}}"),
            "sha1:64000:18:B6oWbvtHvu8qCgoE75wxmvpidRnGzGFt:R1gkPOuVjqIoTulWP1TABS0H",
            "10000.c2FsdHNhbHQ=.q8mZ3oJ1bq2t5XW0m0fJb3c8V1xq2l0cVfTq3mYkz9U=",
            "sha256$salt$eHh4eHh4eHh4eHh4eHh4eA==",
            "c3Nzc3Nzc3Nzc3Nzc3Nzcw==:aGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGg=",
            "0xabababababababababababababababab",
            "\\xabababababababababababababababababababab",
            "md5abababababababababababababababab",
            "salt,abababababababababababababababababababab",
            "abababababababababababababababab-salt",
            "5F-4D-CC-3B-5A-A7-65-D6-1D-83-27-DE-B8-82-CF-99",
            "5f:4d:cc:3b:5a:a7:65:d6:1d:83:27:de:b8:82:cf:99",
            "5f 4d cc 3b 5a a7 65 d6 1d 83 27 de b8 82 cf 99",
            "5F4DCC3B 5AA765D6 1D8327DE B882CF99",
            "5BAA6-1E4C9-B93F3-F0682-250B6-CF833-1B7EE-68FD8",
            "5f4dcc3b5aa765d6.1d8327deb882cf99",
            "_J9..K0AyUubRWpMtFbU",
            &BCRYPT.replace('$', "%24").replace('/', "%2F"),
            "q8mZ3oJ1bq2t5XW0m0fJb3c8V1xq2l0cVfT_3mYkz9U",
            "5d2e19393cc5ef67",
        ] {
            assert!(looks_like_digest(digest), "{digest}");
        }
        for password in [
            "correct horse",
            "$ecret",
            "*secret",
            "abcd:efgh",
            "0x0100",
            "{a b}c",
            "$5 and $6",
            "MyPassword==",
            "pass:word",
            "!important",
            "hunter2hunter2",
            "a$b$c$d",
            "sha1: the first hash",
            "shared:secret",
            "correct-horse-battery-staple-and-some-more-words",
            "2024-01-15T10:30:00.000Z",
            "Correct-Horse-Battery-Staple-And-7-More-Words-Here",
            "550e8400-e29b-41d4-a716-446655440000",
            "abcdefabcdefabcd",
            "100% of $ecrets",
            "_CorrectHorseBattery",
            "dead beef cafe",
        ] {
            assert!(!looks_like_digest(password), "{password}");
        }
    }

    #[test]
    fn contains_digest_does_not_mistake_text_for_digests() {
        for text in [BCRYPT, "sha1$salt$0102030405060708", &format!("{{\"hash\":\"{BCRYPT}\"}}")] {
            assert!(contains_digest(text), "{text}");
        }
        for text in ["$1$ off", "$5$ or $6$, as agreed with us", "scrypt: a function for passwords", "md5$", "crypt"] {
            assert!(!contains_digest(text), "{text}");
        }
    }

    #[test]
    fn is_password_distinguishes_passwords_from_other_values() {
        let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
        for name in [
            "passwd",
            "pass",
            "pwd",
            "password2",
            "user_pass",
            "user_password",
            "legacy_password",
            "password_md5",
            "pw_hash",
            "hash",
            "custom_password_hash",
            "sha_256",
        ] {
            assert!(is_password(name, md5), "{name}");
        }
        for name in ["passwd", "pass", "old_password"] {
            assert!(is_password(name, "correct horse"), "{name}");
        }
        for (name, value) in [
            ("pass", "true"),
            ("pass", "3"),
            ("hash", "correct horse"),
            ("text", md5),
            ("user", md5),
            ("password_reset_token", md5),
            ("password_changed_at", "2024-01-15 10:30:00"),
            ("avatar_hash", md5),
            ("email_md5", md5),
            ("boarding_pass", "correct horse"),
            ("passport", "C01X00T47"),
            ("", md5),
        ] {
            assert!(!is_password(name, value), "{name}");
        }
    }

    #[test]
    fn standard_base64_converts_the_url_safe_alphabet() {
        assert_eq!(standard_base64("6dvrG1BL4YNd-_s"), "6dvrG1BL4YNd+/s=");
        assert_eq!(standard_base64("Bw=="), "Bw==");
    }
}
