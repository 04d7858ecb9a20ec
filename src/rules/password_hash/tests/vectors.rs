//! Digests from independent implementations.
//!
//! Unless noted otherwise, they are digests of [`PASSWORD`](super::PASSWORD) with the lowest cost. They were generated
//! with Python 3.11: passlib 1.7.4 (with bcrypt 4.0.1), Django 5.2, Werkzeug 3.1, argon2-cffi 25.1, hashlib, and
//! `PyCryptodome` for AES.

/// `passlib.hash.bcrypt.using(rounds=4, ident='2b', salt='abcdefghijklmnopqrstuO')`.
pub(super) const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

/// `passlib.hash.phpass.using(rounds=7, salt='abcdefgh')`.
pub(super) const PHPASS: &str = "$P$5abcdefghAwHMLXeh48xCQuy..94JO/";

/// `argon2.low_level.hash_secret(.., b'saltsaltsalt', time_cost=2, memory_cost=64, parallelism=2,
/// hash_len=32, type=Type.ID)`.
pub(super) const ARGON2ID: &str =
    "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs";

/// `hashlib.pbkdf2_hmac('sha256', .., bytes(range(16)), 1000)`, with salt and hash in base64.
pub(super) const PBKDF2_SHA256: &str =
    "pbkdf2_sha256$1000$AAECAwQFBgcICQoLDA0ODw==$yRTMTwbMbo9G0VfjobWqerzuuxe7BETNTErBbKKumGQ=";

/// `hashlib.scrypt(.., salt=bytes(range(16)) + b'\x07', n=2**10, r=8, p=1)[:32]` as the key of
/// AES-256-CTR from counter 0 over `bytes(range(64))`. The same script reproduces the vector published with
/// <https://github.com/firebase/scrypt>.
pub(super) const FIREBASE: &str = "POYVYL15xxWomL/ByLxTw3FjDXkDoG+HIRDRcC/BCVk1lk4/Rnr22f/5mhWxG0jrpycQYR4udoF4LA6yMKqB+A==$AAECAwQFBgcICQoLDA0ODw==$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==$Bw==$8$10";

/// `werkzeug.security._hash_internal('scrypt:1024:8:1', 'seasalt', ..)`.
pub(super) const WERKZEUG: &str = "scrypt:1024:8:1$seasalt$6fdbea39ed01e47661d9fd7443d44f37d38534fb666fe7b3a7960e96766c250d2f4392377aaf19b7b18532ea90e7cc42c5322f54bd5008bfcf4d7116afe44d1c";

/// SHA-512 of `password{pinch}`, then 49 times SHA-512 of the previous hash and `password{pinch}`, with hashlib.
pub(super) const SYMFONY: &str =
    "sha512_symfony$50$pinch$mnoS3G7eN08vy0tcjft9BDC/wZ6li5T2PCt0GhmN/KaPa7mkNbWPqrsInJV5WxBl8sWBlztdrt5mKAJUM32q7g==";

/// A digest of [`PASSWORD`] for each hasher that can be verified.
pub(super) const VECTORS: &[(&str, &str)] = &[
    // As ARGON2ID, with Type.I.
    ("argon2i", "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$+u3Ae3i3dDGUNVbG0gAropXbviHE8MmLzeOwOH2GLmI"),
    ("argon2id", ARGON2ID),
    ("bcrypt", BCRYPT),
    // As BCRYPT, with ident='2a' and '2y'.
    ("bcrypt", "$2a$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2"),
    ("bcrypt", "$2y$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2"),
    // As BCRYPT, with ident='2a', of the password and 'pep$per'.
    ("bcrypt_peppered", "$2a$04$abcdefghijklmnopqrstuOl2yNgQR6AoJ42t.LiOZSIO3YV8wztbO$pep$per"),
    // django.contrib.auth.hashers.BCryptSHA256PasswordHasher().encode(.., salt as for BCRYPT)
    ("bcrypt_sha256_django", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuOL1H1GR440DDnQdSdC8wM48hKIAo9Loa"),
    // passlib.hash.ldap_salted_sha1.using(salt=b'abcdefgh')
    ("ldap_ssha", "{SSHA}ua6N/fCd4la954HsMzWu42bRsfJhYmNkZWZnaA=="),
    // hashlib.md5(..)
    ("md5", "3cb4e732631f47e6eb961f34554b7cde"),
    ("md5", "3CB4E732631F47E6EB961F34554B7CDE"),
    // As PHPASS, of hashlib.md5(..).hexdigest()
    ("md5_phpass", "$P$5abcdefghSzbfh.1XKLuWTlVz6bCGl0"),
    // hashlib.md5(b'pinch' + ..)
    ("md5_salted", "pinch$d8a34b13f650968059e83be4fba755e7"),
    // hashlib.pbkdf2_hmac('sha1', .., b'seasalt', 1000, 32)
    ("pbkdf2_sha1", "pbkdf2_sha1$1000$seasalt$890be434e175c042f82a187c7a8809f2b5218a93031ddd480be8a6520c28352c"),
    // hashlib.pbkdf2_hmac('sha1', .., bytes.fromhex('00ff10'), 1000, 20)
    ("pbkdf2_sha1", "pbkdf2_sha1$1000$00ff10$08ee53cf3ae2bc40280d9f8a888a28f6146dfde5$20"),
    ("pbkdf2_sha256", PBKDF2_SHA256),
    // django.contrib.auth.hashers.PBKDF2PasswordHasher().encode(.., 'seasalt', 1000)
    ("pbkdf2_sha256_django", "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso="),
    // hashlib.pbkdf2_hmac('sha512', .., b'seasalt', 1000)
    (
        "pbkdf2_sha512",
        "pbkdf2_sha512$1000$seasalt$081c76ae4a6f8f2100a28a4d56e45958e3b14d3470a15e898eb1c04590265a84467fb06597ff8deadb55ff8816bed775e8d27de0ea55a591e6e3821d32b1542e",
    ),
    // hashlib.pbkdf2_hmac('sha512', .., bytes(range(16)), 1000)
    (
        "pbkdf2_sha512_hex",
        "pbkdf2_sha512_hex$1000$000102030405060708090a0b0c0d0e0f$5e9c74ed68d5c78bc222fae60518fcb8ea1556d1aa26ab54bf62796e18b3490b3ba2c0ad785ed6e00eb57590ea488a908cef9dc4eea9e454ff532ed04415d25c",
    ),
    ("phpass", PHPASS),
    ("scrypt_firebase", FIREBASE),
    ("scrypt_werkzeug", WERKZEUG),
    // hashlib.sha256(..)
    ("sha256", "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"),
    // hashlib.sha256(b'pinch' + ..)
    ("sha256_salted", "pinch$a0e9cc666413aac206081ea86633f0de528e695e4cdde4f134a23d47a4a0e0bf"),
    ("sha512_symfony", SYMFONY),
];

/// A reference to an AWS Cognito user.
pub(super) const COGNITO: &str = "awscognito#us-east-1_abc#client#ada@example.com";
