//! Tests with malformed digests, excessive costs and malicious input.

use super::super::{DigestError, check_format, hash_bcrypt, verify};
use super::PASSWORD;
use super::vectors::{ARGON2ID, BCRYPT, COGNITO, FIREBASE, PBKDF2_SHA256, PHPASS, SYMFONY, VECTORS, WERKZEUG};

#[test]
fn hash_bcrypt_rejects_costs_out_of_range() {
    for cost in [0, 3, 16, 31, u32::MAX] {
        assert_eq!(hash_bcrypt(PASSWORD, cost), Err(DigestError::InvalidCost), "{cost}");
    }
}

#[test]
fn verify_rejects_cognito_references() {
    assert_eq!(check_format("awscognito", COGNITO), Ok(()));
    assert_eq!(verify("awscognito", COGNITO, PASSWORD), Err(DigestError::NotVerifiableOffline));
    for malformed in ["awscognito", "awscognito#a#b", "awscognito#a##c", "cognito#a#b#c"] {
        assert_eq!(check_format("awscognito", malformed), Err(DigestError::InvalidFormat));
    }
}

#[test]
fn check_format_and_verify_reject_unknown_hashers() {
    for hasher in ["", "Bcrypt", "sha512", "bcrypt "] {
        assert_eq!(check_format(hasher, BCRYPT), Err(DigestError::UnknownHasher));
        assert_eq!(verify(hasher, BCRYPT, PASSWORD), Err(DigestError::UnknownHasher));
    }
}

/// Asserts that `digest`, with `from` replaced by `to`, is rejected by `check_format` and `verify`.
fn assert_rejected(hasher: &str, digest: &str, from: &str, to: &str) {
    let malformed = digest.replacen(from, to, 1);
    assert_ne!(digest, malformed, "{hasher}: nothing to replace");
    assert_eq!(check_format(hasher, &malformed), Err(DigestError::InvalidFormat), "{malformed}");
    assert_eq!(verify(hasher, &malformed, PASSWORD), Err(DigestError::InvalidFormat));
}

#[test]
fn check_format_and_verify_reject_malformed_digests() {
    let edits = [
        ("argon2id", ARGON2ID, "v=19", "v=16"),
        ("argon2id", ARGON2ID, "m=64", "m=+64"),
        ("argon2id", ARGON2ID, ",p=2", ""),
        ("argon2id", ARGON2ID, "$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs", "$"),
        ("bcrypt", BCRYPT, "$2b$", "$2x$"),
        ("bcrypt", BCRYPT, "0b2", "0b"),
        ("bcrypt_peppered", BCRYPT, "0b2", "0b2$"),
        ("bcrypt_sha256_django", BCRYPT, "$2b", "bcrypt_sha256$2b"),
        ("ldap_ssha", "{SSHA}ua6N/fCd4la954HsMzWu42bRsfI=", "{SSHA}", "{ssha}"),
        ("ldap_ssha", "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYg==", "JhYg==", "I="),
        ("md5", "3cb4e732631f47e6eb961f34554b7cde", "3c", "3g"),
        ("md5", "3cb4e732631f47e6eb961f34554b7cde", "3c", ""),
        ("md5_salted", "pinch$d8a34b13f650968059e83be4fba755e7", "pinch", ""),
        ("pbkdf2_sha1", "pbkdf2_sha1$1000$00ff10$08ee53cf3ae2bc40280d9f8a888a28f6146dfde5$20", "$20", ""),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$1000", "$"),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$1000", "$-1"),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ=", "$"),
        ("pbkdf2_sha256_django", PBKDF2_SHA256, "AAECAwQFBgcICQoLDA0ODw==", ""),
        ("pbkdf2_sha512", PBKDF2_SHA256, "256", "512"),
        ("pbkdf2_sha512_hex", PBKDF2_SHA256, "256", "512_hex"),
        ("phpass", PHPASS, "JO/", "JO!"),
        ("phpass", PHPASS, "JO/", "JO/."),
        ("phpass", PHPASS, "$P$", "$H$"),
        ("scrypt_firebase", FIREBASE, "POYV", ""),
        ("scrypt_firebase", FIREBASE, "$Bw==", ""),
        ("scrypt_werkzeug", WERKZEUG, "1024", "1023"),
        ("scrypt_werkzeug", WERKZEUG, "$6fdb", "$"),
        ("sha256_salted", "a0e9cc", "a0", "pinch$a0"),
        ("sha512_symfony", SYMFONY, "$50", "$0"),
        ("sha512_symfony", SYMFONY, "pinch", "{pinch}"),
        ("sha512_symfony", SYMFONY, "$mnoS", "$"),
    ];
    for (hasher, digest, from, to) in edits {
        assert_rejected(hasher, digest, from, to);
    }
}

#[test]
fn check_format_rejects_digest_of_another_hasher() {
    for (hasher, digest) in
        [("argon2i", ARGON2ID), ("bcrypt_sha256_django", BCRYPT), ("sha256", "3cb4e732631f47e6eb961f34554b7cde")]
    {
        assert_eq!(check_format(hasher, digest), Err(DigestError::InvalidFormat), "{hasher}");
    }
}

#[test]
fn check_format_accepts_the_maximum_costs() {
    for (hasher, digest, from, to) in [
        // 256 MiB, and 4 GiB in all passes.
        ("argon2id", ARGON2ID, "m=64,t=2", "m=262144,t=16"),
        ("bcrypt", BCRYPT, "$04", "$15"),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$1000", "$5000000"),
        ("phpass", PHPASS, "$P$5", "$P$G"),
        // The table has 128 MiB. The next size would need more than 256 MiB together with the other blocks.
        ("scrypt_firebase", FIREBASE, "$8$10", "$8$17"),
        ("scrypt_werkzeug", WERKZEUG, ":1024:8:1", ":131072:8:8"),
        ("sha512_symfony", SYMFONY, "$50", "$200000"),
    ] {
        let expensive = digest.replacen(from, to, 1);
        assert_ne!(digest, expensive, "{hasher}: nothing to replace");
        assert_eq!(check_format(hasher, &expensive), Ok(()), "{expensive}");
    }
}

#[test]
fn check_format_and_verify_reject_digests_over_4096_bytes() {
    let hash = "$d8a34b13f650968059e83be4fba755e7";
    for (length, expected) in [(4096, Ok(false)), (4097, Err(DigestError::InvalidFormat))] {
        let digest = format!("{}{hash}", "a".repeat(length - hash.len()));
        assert_eq!(check_format("md5_salted", &digest), expected.map(|_| ()), "{length}");
        assert_eq!(verify("md5_salted", &digest, PASSWORD), expected, "{length}");
    }
}

#[test]
fn verify_accepts_passwords_of_at_most_4096_bytes_for_phpass_and_symfony() {
    for (hasher, of_4096, of_4097) in [
        ("phpass", "$P$5abcdefghxBIGRTVIYKTacBAcxTQZY/", "$P$5abcdefghnWvivPTeDEl6opWiOU7Jb1"),
        (
            "sha512_symfony",
            "sha512_symfony$2$pinch$dpG6qdi8U6OEZu1LNfJ6ejf/233rmqZwSfr8WHpFFP/TMaKfrgQrzsNjF5J92GKf75NIFaxikvfrI/JsdtUi0w==",
            "sha512_symfony$2$pinch$QflUXonnj2tVyGzNay2Ys+cTVUCucHD/ho7K9BJG2zyCLVsT+J3ZdY3OHd6ENrsiHCR7dQx0ilx2JtpWl/rFGQ==",
        ),
    ] {
        assert_eq!(verify(hasher, of_4096, &"x".repeat(4096)), Ok(true), "{hasher}");
        assert_eq!(verify(hasher, of_4097, &"x".repeat(4097)), Ok(false), "{hasher}");
    }
}

#[test]
fn check_format_and_verify_reject_excessive_costs() {
    for (hasher, digest, from, to) in [
        ("argon2id", ARGON2ID, "m=64,t=2", "m=262144,t=17"),
        ("argon2id", ARGON2ID, "m=64", "m=4294967295"),
        ("argon2id", ARGON2ID, "m=64", "m=262145"),
        ("argon2id", ARGON2ID, "t=2", "t=4294967295"),
        ("argon2id", ARGON2ID, "p=2", "p=4294967295"),
        ("bcrypt", BCRYPT, "$04", "$16"),
        ("bcrypt", BCRYPT, "$04", "$31"),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$1000", "$5000001"),
        ("pbkdf2_sha256", PBKDF2_SHA256, "$1000", "$99999999999999999999"),
        ("phpass", PHPASS, "$P$5", "$P$H"),
        ("phpass", PHPASS, "$P$5", "$P$z"),
        ("scrypt_firebase", FIREBASE, "$8$10", "$8$4294967295"),
        ("scrypt_firebase", FIREBASE, "$8$10", "$4294967295$63"),
        ("scrypt_firebase", FIREBASE, "$8$10", "$8$18"),
        ("scrypt_firebase", FIREBASE, "$8$10", "$0$10"),
        // The table is small, but the blocks have 128 MiB.
        ("scrypt_firebase", FIREBASE, "$8$10", "$1048576$1"),
        ("scrypt_werkzeug", WERKZEUG, ":8:1", ":4294967295:4294967295"),
        ("scrypt_werkzeug", WERKZEUG, ":8:1", ":8:1025"),
        ("scrypt_werkzeug", WERKZEUG, ":1024:8:1", ":131072:8:9"),
        ("scrypt_werkzeug", WERKZEUG, ":1024:8:1", ":2:1:4194304"),
        ("scrypt_werkzeug", WERKZEUG, ":8:1", ":8:0"),
        ("sha512_symfony", SYMFONY, "$50", "$200001"),
    ] {
        assert_rejected(hasher, digest, from, to);
    }
}

#[test]
fn check_format_and_verify_do_not_panic_on_malicious_input() {
    let long = "$".repeat(10_000);
    let malformed = ["", "$", "€", "\0", "$$$$$$$", "#", "::", "€€€€€€€€€€€€€€€€€€€€", &long];
    let hashers = VECTORS.iter().map(|(hasher, _)| *hasher).chain(["awscognito"]);
    for hasher in hashers {
        for digest in malformed {
            assert_eq!(check_format(hasher, digest), Err(DigestError::InvalidFormat), "{hasher}");
            assert_eq!(verify(hasher, digest, &long), Err(DigestError::InvalidFormat));
        }
        // Truncate each digest at each position, and insert a multi-byte character there.
        for (_, digest) in VECTORS {
            for cut in 0..digest.len() {
                let (Some(head), Some(tail)) = (digest.get(..cut), digest.get(cut..)) else {
                    continue;
                };
                for damaged in [head.to_owned(), tail.to_owned(), format!("{head}€{tail}")] {
                    // This only checks for panics, because a digest with a damaged salt can still be valid.
                    let _ = check_format(hasher, &damaged);
                }
            }
        }
    }
}

#[test]
fn errors_do_not_contain_the_digest() {
    let error = check_format("md5", "secret").map_err(|error| error.to_string());
    assert_eq!(error, Err("the password digest is not valid for its hasher".to_owned()));
}
