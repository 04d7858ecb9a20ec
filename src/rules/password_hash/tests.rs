//! Test vectors from independent implementations, and a round trip of bcrypt.

mod rejections;
mod vectors;

use super::{DigestError, check_format, hash_bcrypt, memory, verify};
use vectors::{ARGON2ID, VECTORS, WERKZEUG};

/// The password of the test vectors.
const PASSWORD: &str = "correct horse";

#[test]
fn verify_accepts_only_the_correct_password() {
    for (hasher, digest) in VECTORS {
        assert_eq!(check_format(hasher, digest), Ok(()), "{hasher}");
        assert_eq!(verify(hasher, digest, PASSWORD), Ok(true), "{hasher}");
        for wrong in ["", "correct horsE", "correct horse "] {
            assert_eq!(verify(hasher, digest, wrong), Ok(false), "{hasher} {wrong:?}");
        }
    }
}

#[test]
fn verify_accepts_werkzeug_digest_with_leading_dollar() {
    assert_eq!(verify("scrypt_werkzeug", &format!("${WERKZEUG}"), PASSWORD), Ok(true));
}

#[test]
fn memory_is_that_of_the_parameters() {
    assert_eq!(memory("argon2id", ARGON2ID), 64 * 1024);
    assert_eq!(memory("argon2id", &ARGON2ID.replace("m=64", "m=262144")), 256 * 1024 * 1024);
    // The table has 1024 blocks of 1 KiB, and scrypt needs two more blocks.
    assert_eq!(memory("scrypt_werkzeug", WERKZEUG), 1026 * 1024);
    assert_eq!(memory("scrypt_werkzeug", &WERKZEUG.replace(":1024:8:1", ":32768:8:1")), 32770 * 1024);
    assert_eq!(memory("md5", "5f4dcc3b5aa765d61d8327deb882cf99"), 0);
    assert_eq!(memory("argon2id", "malformed"), 0);
}

#[test]
fn check_format_accepts_examples_of_clerks_documentation() {
    let examples = [
        ("md5", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        (
            "argon2i",
            "$argon2i$v=19$m=4096,t=3,p=1$4t6CL3P7YiHBtwESXawI8Hm20zJj4cs7/4/G3c187e0$m7RQFczcKr5bIR0IIxbpO2P0tyrLjf3eUW3M3QSwnLc",
        ),
        ("argon2id", "$argon2id$v=19$m=64,t=4,p=8$Z2liZXJyaXNo$iGXEpMBTDYQ8G/71tF0qGjxRHEmR3gpGULcE93zUJVU"),
    ];
    for (hasher, digest) in examples {
        assert_eq!(check_format(hasher, digest), Ok(()), "{hasher}");
    }
}

#[test]
fn verify_ignores_bytes_after_the_72nd_for_bcrypt() {
    // Like BCRYPT, of 72 times 'x'. passlib returns another digest for 71.
    let digest = "$2b$04$abcdefghijklmnopqrstuOHAaFgMEOClarCCel/CCFxFJxa3fcx7i";
    for (length, matches) in [(71, false), (72, true), (73, true), (10_000, true)] {
        assert_eq!(verify("bcrypt", digest, &"x".repeat(length)), Ok(matches), "{length}");
    }
}

#[test]
fn verify_hashes_utf8_for_bcrypt() {
    let digest = "$2b$04$abcdefghijklmnopqrstuOXYOq5D6pARe5WQ33/M1.m7Zq7OpoX2u";
    assert_eq!(verify("bcrypt", digest, "pässwörd €"), Ok(true));
}

#[test]
fn hash_bcrypt_returns_a_digest_that_verifies() -> Result<(), DigestError> {
    let long = "é".repeat(1000);
    for password in [PASSWORD, "", &long] {
        let digest = hash_bcrypt(password, 4)?;
        assert_eq!(check_format("bcrypt", &digest), Ok(()));
        assert_eq!(verify("bcrypt", &digest, password), Ok(true));
        assert_eq!(verify("bcrypt", &digest, "wrong"), Ok(false));
    }
    assert_ne!(hash_bcrypt(PASSWORD, 4)?, hash_bcrypt(PASSWORD, 4)?);
    Ok(())
}
