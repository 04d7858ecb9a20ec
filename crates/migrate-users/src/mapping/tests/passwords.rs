//! Passwords, digests and unmapped columns that contain them.

use user_directory::model::{NewPassword, PasswordHasher};

use super::*;

#[test]
fn every_password_hasher_is_supported_and_not_printed() {
    let hashers = "argon2i argon2id awscognito bcrypt bcrypt_peppered bcrypt_sha256_django hmac_sha256_utf16_b64 ldap_ssha \
                   md5 md5_phpass md5_salted pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha256_django pbkdf2_sha512 \
                   pbkdf2_sha512_hex phpass scrypt_werkzeug sha256 sha256_salted sha512_symfony future_hasher";
    for hasher in hashers.split(' ').filter(|hasher| !hasher.is_empty()) {
        let json = format!(r#"{{"id":"1","password_digest":"the digest","password_hasher":"{hasher}"}}"#);
        let candidate = user(&mapping(|_| Ok(())), &json).unwrap();
        assert!(!format!("{candidate:?}").contains("the digest"));
        let Some(NewPassword::Digest(digest)) = candidate.new_user.password else { panic!("{hasher}") };
        assert_eq!((digest.hasher().as_str(), digest.expose_secret()), (hasher, "the digest"));
        let known = !matches!(digest.hasher(), PasswordHasher::Other(_));
        assert_eq!(known, hasher != "future_hasher", "{hasher}");
    }
}

#[test]
fn unusable_digests_are_rejected_with_the_reason() {
    let firebase = of(System::Firebase, |mapping| {
        mapping.rules.passwords.firebase = Some(FirebaseParameters {
            signer_key: "AAEC".into(),
            salt_separator: "Bw==".to_owned(),
            rounds: 8,
            mem_cost: 14,
        });
        Ok(())
    });
    let rejection = user(&firebase, r#"{"localId":"a","email":"a@example.com","passwordHash":"AAEC"}"#).unwrap_err();
    assert_eq!(rejection.param.as_deref(), Some("password_salt"));
    let rejection = user(&mapping(|_| Ok(())), r#"{"id":1,"password_hash":"$2b$04$abcdefghijk"}"#).unwrap_err();
    assert!(rejection.reason.contains("truncated"), "{}", rejection.reason);
}

#[test]
fn digests_without_a_field_are_rejected_unless_ignored() {
    let ignoring = mapping(|mapping| {
        mapping.ignore_unknown = true;
        Ok(())
    });
    let storing = mapping(|mapping| {
        mapping.unknown_into = Some(UnknownInto::Public);
        Ok(())
    });
    let authjs = of(System::Authjs, |_| Ok(()));
    for json in [
        format!(r#"{{"id":1,"crypted_password":"{BCRYPT}"}}"#),
        r#"{"id":1,"crypted_password":"pbkdf2_sha256$1000$salt$AQI="}"#.to_owned(),
        format!(r#"{{"id":1,"auth":{{"local":{{"hash":"{BCRYPT}"}}}}}}"#),
    ] {
        for mapping in [&ignoring, &storing, &authjs] {
            assert_eq!(user(mapping, &json).unwrap_err().code, "unmapped_digest", "{json}");
        }
    }
    let json = format!(r#"{{"id":1,"crypted_password":"{BCRYPT}"}}"#);
    let mapped = mapping(|mapping| mapping.map("crypted_password=password_digest"));
    assert!(user(&mapped, &json).unwrap().new_user.password.is_some());
    let ignored = mapping(|mapping| {
        mapping.ignore("crypted_password");
        Ok(())
    });
    assert!(user(&ignored, &json).unwrap().new_user.password.is_none());
}

#[test]
fn digests_in_metadata_that_clients_can_read_are_rejected() {
    let metadata = format!(r#"{{"old":{{"hash":"{BCRYPT}"}}}}"#);
    for (from, json, is_rejected) in [
        (System::Supabase, format!(r#"{{"id":1,"raw_user_meta_data":{metadata}}}"#), true),
        (System::Auth0, format!(r#"{{"user_id":"auth0|1","user_metadata":{metadata}}}"#), true),
        (System::Auth0, format!(r#"{{"user_id":"auth0|1","app_metadata":{metadata}}}"#), false),
        (System::Jsonl, format!(r#"{{"id":1,"public_metadata":{metadata}}}"#), true),
        (System::Jsonl, format!(r#"{{"id":1,"private_metadata":{metadata}}}"#), false),
        (System::Jsonl, r#"{"id":1,"public_metadata":{"price":"$2"}}"#.to_owned(), false),
    ] {
        let code = user(&of(from, |_| Ok(())), &json).err().map(|rejection| rejection.code);
        assert_eq!(code.as_deref(), is_rejected.then_some("published_digest"), "{json}");
    }
    let mapped = of(System::Auth0, |mapping| mapping.map("user_metadata=private_metadata"));
    let json = format!(r#"{{"user_id":"auth0|1","user_metadata":{metadata}}}"#);
    assert!(!user(&mapped, &json).unwrap().new_user.metadata.private.is_empty());
}

#[test]
fn passwords_without_a_field_are_rejected_unless_ignored() {
    let authjs = of(System::Authjs, |_| Ok(()));
    let storing = mapping(|mapping| {
        mapping.unknown_into = Some(UnknownInto::Public);
        Ok(())
    });
    for json in [
        r#"{"id":1,"passwd":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"Pass":"correct horse"}"#,
        r#"{"id":1,"passwordMD5":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"passwordhash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"members_pass_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"temp_password":"correct horse"}"#,
        r#"{"id":1,"forum_password":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"custom_password_hash":{"algorithm":"md5","hash":{"value":"5f4dcc3b5aa765d61d8327deb882cf99"}}}"#,
    ] {
        for mapping in [&authjs, &storing] {
            assert_eq!(user(mapping, json).unwrap_err().code, "unmapped_password", "{json}");
        }
    }
    let json = r#"{"id":1,"passwd":"correct horse"}"#;
    let ignoring = of(System::Authjs, |mapping| {
        mapping.ignore("passwd");
        Ok(())
    });
    assert!(user(&ignoring, json).is_ok());
    for json in [
        r#"{"id":1,"pass":true}"#,
        r#"{"id":1,"reset_password_token":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"user_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"md":"See commit 5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"}"#,
        r#"{"id":1,"season_pass":"Season pass"}"#,
        r#"{"id":1,"boarding_pass":"550e8400-e29b-41d4-a716-446655440000"}"#,
        r#"{"id":1,"password_changed_at":"2024-01-15T10:30:00.000Z"}"#,
        r#"{"id":1,"password_history":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
    ] {
        assert!(user(&authjs, json).is_ok(), "{json}");
    }
}

#[test]
fn passwords_of_accounts_of_better_auth_are_read_in_every_shape() {
    let better_auth = of(System::BetterAuth, |_| Ok(()));
    let ignoring = of(System::BetterAuth, |mapping| {
        mapping.ignore("accounts");
        Ok(())
    });
    let account = format!(r#"{{"providerId":"credential","password":"{BCRYPT}"}}"#);
    let text = raw(&account);
    for accounts in [
        format!(r#"{{"nodes":[{account}]}}"#),
        format!(r#"{{"edges":[{{"node":{account}}}]}}"#),
        format!(r#"{{"data":[{account}]}}"#),
        format!("[[{account}]]"),
        format!(r#"[{{"account":{account}}}]"#),
        format!("[{}]", account.replace("password", "passwordHash")),
        format!("[{text}]"),
        format!(r#"{{"password":null,"credential":{account}}}"#),
        format!(r#"[],"account":{account}"#),
    ] {
        let json = format!(r#"{{"_id":"1","email":"a@example.com","accounts":{accounts}}}"#);
        let candidate = user(&better_auth, &json).unwrap();
        assert!(candidate.external_id == "1" && candidate.new_user.password.is_some(), "{json}");
    }
    for accounts in [
        format!(r#"{{"(a,credential,{BCRYPT})"}}"#),
        format!("[{{'password': '{BCRYPT}'}}]"),
        format!("{{bad {BCRYPT}"),
    ] {
        let json = format!(r#"{{"id":"1","accounts":{}}}"#, raw(&accounts));
        assert_eq!(user(&better_auth, &json).unwrap_err().code, "unmapped_digest", "{json}");
        assert!(user(&ignoring, &json).unwrap().new_user.password.is_none());
    }
    // A readable password is ignored, too, but the other accounts are not.
    let json = format!(r#"{{"id":"1","accounts":[{account}]}}"#);
    assert!(user(&ignoring, &json).unwrap().new_user.password.is_none());
    let json = format!(r#"{{"id":"1","accounts":[{account}],"account":{account}}}"#);
    assert!(user(&ignoring, &json).unwrap().new_user.password.is_some());
    let scrypt = format!("{{(a,{}:{})}}", "0f".repeat(16), "0f".repeat(64));
    let json = format!(r#"{{"id":"1","accounts":{}}}"#, raw(&scrypt));
    assert_eq!(user(&better_auth, &json).unwrap().notes, [draft::UNSUPPORTED_PASSWORD]);
}

#[test]
fn passwords_of_accounts_of_better_auth_are_found_to_a_limited_depth() {
    let better_auth = of(System::BetterAuth, |_| Ok(()));
    let nested = |depth: usize, value: &str| {
        format!(r#"{{"id":"1","accounts":{}{value}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    let account = format!(r#"{{"password":"{BCRYPT}"}}"#);
    assert!(user(&better_auth, &nested(15, &account)).unwrap().new_user.password.is_some());
    assert_eq!(user(&better_auth, &nested(16, &account)).unwrap_err().code, "unmapped_digest");
    assert!(user(&better_auth, &nested(100, "")).unwrap().new_user.password.is_none());
}

#[test]
fn nested_schemes_of_digests_do_not_overflow_the_stack() {
    let json = format!(r#"{{"id":1,"bio":"{}"}}"#, "{crypt}".repeat(20_000));
    assert_eq!(user(&of(System::Authjs, |_| Ok(())), &json).unwrap_err().code, "unmapped_digest");
}
