//! Password digests: recognizes their formats, and converts them to the formats that Clerk imports.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use user_directory::model::{PasswordDigest, PasswordHasher};

use super::value::is_uuid;

/// The length of the shortest digest that [`contains_digest`] recognizes.
const MIN_DIGEST_LENGTH: usize = 20;

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
        // A second scheme is not resolved, so that the depth of the recursion is limited.
        "argon2" | "crypt" if rest.starts_with('{') => Some(Recognized::Unsupported),
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

/// Returns whether text is a digest, is JSON with a digest, or contains a bcrypt or argon2 digest. Hashes without a
/// prefix are not recognized.
pub fn contains_digest(text: &str) -> bool {
    let text = text.trim();
    let is_json = text.starts_with(['{', '[']);
    is_digest(text)
        || is_json && text.replace('\\', "").split('"').any(is_digest)
        || text.contains('$') && has_modular_digest(text)
}

fn is_digest(text: &str) -> bool {
    // Other text can have the same prefix, such as `$1$ off` or `scrypt: a function`.
    let is_word = text.len() >= MIN_DIGEST_LENGTH && !text.contains(char::is_whitespace);
    is_word && matches!(recognize(text), Recognized::Digest(_) | Recognized::Unsupported)
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

/// Returns whether one of multiple parts of the text is a hash in Base64, as in `iterations.salt.hash`.
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
        let are_hex = groups.iter().all(|group| !group.is_empty() && is_hex(group));
        let digits = groups.iter().map(|group| group.len()).sum();
        groups.len() > 1 && are_hex && is_length_of_hash(digits) && !is_uuid(text, separator)
    };
    ['-', ':', ' ', '.', '_'].into_iter().any(is_hash)
}

/// Returns whether a hash can have this number of hexadecimal digits.
fn is_length_of_hash(digits: usize) -> bool {
    matches!(digits, 32 | 40 | 56 | 64 | 96 | 128)
}

/// Returns whether text is a digest of the extended DES of BSD. The fourth character is a dot if the number of rounds
/// is less than 2^18, which distinguishes the digest from a password that begins with an underscore.
fn is_extended_des(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    text.strip_prefix('_')
        .is_some_and(|digest| digest.len() == 19 && digest.as_bytes()[3] == b'.' && digest.bytes().all(is_part))
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
mod tests;
