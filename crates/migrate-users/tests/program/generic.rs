//! Tables and JSON of other systems, with aliases and options.

use user_directory::UserDirectory;

use super::support::{BCRYPT, Case, PASSWORD, emails, names, phones};

#[tokio::test(flavor = "multi_thread")]
async fn import_appends_the_pepper_of_devise() {
    // As BCRYPT, with ident='2a', of the password and `pep$per`.
    let table = "id,email,encrypted_password,confirmed_at,created_at\n\
                 1,ada@example.com,$2a$04$abcdefghijklmnopqrstuOl2yNgQR6AoJ42t.LiOZSIO3YV8wztbO,2024-01-15 10:30:00 UTC,\
                 2024-01-15 10:30:00 UTC\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv", "--devise-pepper", "pep$per"]).await;
    assert!(case.verifies("1", PASSWORD).await);
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_tables_and_json_of_other_systems() {
    let table = "Id,Email,EmailConfirmed,UserName,CreatedAt,Phone,PasswordHash,Hasher,Salt\n\
                 6f1c,ada@example.com,True,ada_one,2024-01-15 10:30:00.0000000 +00:00,0171 1234567,\
                 d8a34b13f650968059e83be4fba755e7,md5_salted,pinch\n";
    let case = Case::of("aspnet.csv", table).await;
    let options = ["--map", "hasher=password_hasher", "--map", "salt=password_salt", "--default-country", "DE"];
    case.import(&[&["aspnet.csv"], &options[..]].concat()).await;
    let ada = case.user("6f1c").await;
    assert_eq!((emails(&ada), phones(&ada)), (vec![("ada@example.com", true)], vec![("+491711234567", false)]));
    assert!(case.verifies("6f1c", PASSWORD).await);

    let lines =
        "{\"id\":1,\"email\":\"ada@example.com\",\"email_verified\":true,\"signup\":1705314600,\"plan\":\"pro\"}\n";
    let case = Case::of("users.jsonl", lines).await;
    let options = ["--map", "signup=created_at:seconds", "--unknown-into", "private_metadata"];
    case.import(&[&["users.jsonl"], &options[..]].concat()).await;
    let ada = case.user("1").await;
    assert_eq!(ada.created_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    assert_eq!(ada.private_metadata.as_json(), r#"{"plan":"pro"}"#);
    assert_eq!(case.users.count(&user_directory::UserFilter::new()).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_combines_lists_with_different_names() {
    let line = r#"{"userId":"1","email":"a@example.com","emailAddresses":["b@example.com"],"phone":"+15550100001","phoneNumbers":["+15550100002"],"passwordHasher":"BCrypt","password":"DIGEST"}"#;
    let case = Case::of("users.jsonl", line.replace("DIGEST", BCRYPT)).await;
    case.import(&["users.jsonl"]).await;
    let ada = case.user("1").await;
    assert_eq!(emails(&ada), [("a@example.com", true), ("b@example.com", true)]);
    assert_eq!(phones(&ada), [("+15550100001", true), ("+15550100002", true)]);
    assert!(case.verifies("1", PASSWORD).await, "the names of hashers are compared without case");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_trims_digests_and_salts_but_not_passwords() {
    let table = "id,username,password_digest,password_hasher,password_salt\n\
                 1,ada_1, d8a34b13f650968059e83be4fba755e7 , md5_salted, pinch\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert!(case.verifies("1", PASSWORD).await);

    let case = Case::of("users.csv", "id,username,password\n1,ada_1, correct horse \n").await;
    let run = case.import(&["users.csv", "--plaintext-passwords"]).await;
    assert!(run.stdout.contains("surrounding whitespace of 1 plaintext password is kept"), "{run}");
    assert!(case.verifies("1", " correct horse ").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_ambiguous_phone_numbers() {
    let table = "id,phone,phone_verified\n1,4930123456,true\n2,0301234567,true\n";
    let options = ["users.csv", "--default-country", "DE"];
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&options).await;
    assert!(run.code == Some(1) && run.stdout.contains("use --phones-without-plus international"), "{run}");
    assert_eq!(case.rejects("users.csv"), [(2, "ambiguous_phone_number".to_owned())]);
    case.import(&[&options[..], &["--phones-without-plus", "international"]].concat()).await;
    assert_eq!(phones(&case.user("1").await), [("+4930123456", true)]);
    assert_eq!(phones(&case.user("2").await), [("+49301234567", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_ids_and_times_of_mongodb() {
    let line = r#"{"_id":{"$oid":"60425dc4"},"name":"Ada","email":"ada@example.com","emailVerified":{"$date":"2024-01-15T10:30:00Z"}}"#;
    let case = Case::of("users.jsonl", line).await;
    let run = case.import(&["users.jsonl"]).await;
    assert!(run.stderr.contains("in the format authjs, detected"), "{run}");
    assert_eq!(emails(&case.user("60425dc4").await), [("ada@example.com", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_times_that_never_come_and_bans_the_user() {
    let table = "id,username,banned_until\n1,user_1,infinity\n2,user_2,9999-12-31 23:59:59+00\n\
                 3,user_3,0001-01-01 00:00:00+00\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert!(case.user("1").await.banned && case.user("2").await.banned && !case.user("3").await.banned);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_skips_deleted_rows_and_rejects_deletions_in_the_future() {
    let table = "id,username,deleted_at\n1,user_1,0001-01-01T00:00:00Z\n2,user_2,9999-12-31 00:00:00\n\
                 3,user_3,2020-01-01 00:00:00\n4,user_4,4070908800\n5,user_5,infinity\n6,user_6,\n7,user_7,1\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("2 skipped: deleted"), "{run}");
    assert!(
        run.stdout.contains("3 invalid_value (deleted_at): deleted_at is in the future; use --null VALUE"),
        "{run}"
    );
    let lines: Vec<_> = case.rejects("users.csv").into_iter().map(|(line, _)| line).collect();
    assert_eq!((lines, case.users.len()), (vec![3, 5, 6], 2));
    let words = ["--null", "9999-12-31 00:00:00", "--null", "infinity", "--null", "4070908800"];
    case.import(&[&["users.csv"], &words[..]].concat()).await;
    assert_eq!(case.users.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_verifications_in_the_future() {
    let table = "id,email,phone,email_verified_at,phone_verified_at\n1,a@example.com,,9999-12-31 23:59:59,\n\
                 2,b@example.com,,infinity,\n3,,+15550100003,,2099-01-01\n4,d@example.com,,4070908800,\n\
                 5,e@example.com,,2020-01-01,\n6,f@example.com,,,\n";
    let case = Case::of("users.csv", table).await;
    let run = case.try_import(&["users.csv"]).await;
    for reason in [
        "3 invalid_value (email_verified): email_verified is in the future; use --null VALUE",
        "1 invalid_value (phone_number_verified): phone_number_verified is in the future; use --null VALUE",
    ] {
        assert!(run.code == Some(1) && run.stdout.contains(reason), "{run}");
    }
    assert_eq!(emails(&case.user("5").await), [("e@example.com", true)]);
    let words = ["9999-12-31 23:59:59", "infinity", "2099-01-01", "4070908800"].map(|word| ["--null", word]).concat();
    case.import(&[&["users.csv"], &words[..]].concat()).await;
    assert_eq!(phones(&case.user("3").await), [("+15550100003", false)]);
    for (id, email) in [("1", "a@example.com"), ("2", "b@example.com"), ("4", "d@example.com")] {
        assert_eq!(emails(&case.user(id).await), [(email, false)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_ids_and_times_that_another_program_has_converted() {
    let table = "id,username,created_at,phone\n12.0,user_1,,\n1.23457E+17,user_2,,\n13,user_3,1705314600,\n\
                 14,user_4,1705314600000,15550100004.0\n1.5,user_5,,\n";
    let case = Case::of("users.csv", table).await;
    let options = ["--map", "created_at=created_at:milliseconds", "--phones-without-plus", "international"];
    let run = case.try_import(&[&["users.csv"], &options[..], &["--unverified"]].concat()).await;
    assert!(run.stdout.contains("a number of milliseconds, but is one of seconds"), "{run}");
    let expected = [
        (2, "converted_external_id".to_owned()),
        (3, "converted_external_id".to_owned()),
        (4, "invalid_value".to_owned()),
    ];
    assert_eq!(case.rejects("users.csv"), expected);
    let user = case.user("14").await;
    assert_eq!(user.created_at.unwrap().to_string(), "2024-01-15T10:30:00Z");
    assert_eq!(phones(&user), [("+15550100004", false)]);
    assert_eq!(case.user("1.5").await.username.as_deref(), Some("user_5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reports_bans_and_words_that_may_mean_a_missing_value() {
    let table = "id,username,first_name,last_name,active\n1,user_1,NA,undefined,true\n2,user_2,Na,Nil,false\n";
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    for notice in [
        "kept: 2 values that may mean a missing value, such as NaN, undefined, or NULL in JSON; use",
        "imported as banned: 1 user",
    ] {
        assert!(run.stderr.contains(notice) && run.stdout.contains(notice), "{notice}: {run}");
    }
    assert_eq!(names(&case.user("1").await), (Some("NA"), Some("undefined")));
    assert!(!case.user("1").await.banned && case.user("2").await.banned);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_recognizes_digests_in_json_lines() {
    let digests = [
        (BCRYPT, None),
        ("$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs", None),
        ("$P$5abcdefghAwHMLXeh48xCQuy..94JO/", None),
        ("pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=", None),
        ("md5$pinch$d8a34b13f650968059e83be4fba755e7", None),
        ("3cb4e732631f47e6eb961f34554b7cde", Some("md5")),
        ("4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631", Some("SHA256")),
    ];
    let row = |(id, (digest, hasher)): (usize, &(&str, Option<&str>))| {
        let hasher = hasher.map(|hasher| format!(r#","passwordHasher":"{hasher}""#)).unwrap_or_default();
        format!(
            r#"{{"_id":{id},"eMail":"User{id}@Example.com ","email_confirmed":{},"surname":" Ω’{id} ","passwordHash":"{digest}"{hasher}}}"#,
            id % 2
        )
    };
    let case = Case::of("users.jsonl", digests.iter().enumerate().map(row).collect::<Vec<_>>().join("\r\n")).await;
    let run = case.import(&["users.jsonl", "--from", "jsonl"]).await;
    assert!(run.stderr.contains("7 rows in the format jsonl; 7 users"), "{run}");
    for id in 0..digests.len() {
        let (user, id) = (case.user(&id.to_string()).await, id.to_string());
        assert_eq!(names(&user), (None, Some(&*format!("Ω’{id}"))));
        let email = format!("User{id}@Example.com");
        assert_eq!(emails(&user), [(&*email, user.external_id.as_deref().unwrap().parse::<u32>().unwrap() % 2 == 1)]);
        assert!(case.verifies(&id, PASSWORD).await && !case.verifies(&id, "wrong").await, "{id}");
    }
    // The hasher of a digest without a prefix is not guessed.
    let line = r#"{"id":1,"username":"ada_1","password_hash":"3cb4e732631f47e6eb961f34554b7cde"}"#;
    let case = Case::of("users.jsonl", line).await;
    let run = case.try_import(&["users.jsonl"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("add a column password_hasher"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_appends_the_pepper_to_digests_with_a_given_hasher() {
    // As in `import_appends_the_pepper_of_devise`.
    let table = "id,username,encrypted_password\n\
                 1,ada_1,$2a$04$abcdefghijklmnopqrstuOl2yNgQR6AoJ42t.LiOZSIO3YV8wztbO\n";
    let hasher = ["--set", "password_hasher=bcrypt_peppered"];
    let case = Case::of("users.csv", table).await;
    case.import(&[&["users.csv", "--devise-pepper", "pep$per"], &hasher[..]].concat()).await;
    assert!(case.verifies("1", PASSWORD).await);
    let case = Case::of("users.csv", table.replace("tbO\n", "tbO$pep$per\n")).await;
    case.import(&[&["users.csv", "--devise-pepper", "pep$per"], &hasher[..]].concat()).await;
    assert!(case.verifies("1", PASSWORD).await, "the digest already contains the pepper");
    let case = Case::of("users.csv", format!("id,username,password_hash\n1,ada_1,{BCRYPT}\n")).await;
    case.import(&["users.csv", "--devise-pepper", ""]).await;
    assert!(case.verifies("1", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_rejects_times_that_are_numbers_of_days() {
    let case = Case::of("users.csv", "id,username,created\n1,ada_1,45306.4375\n").await;
    for field in ["created_at", "created_at:seconds", "created_at:milliseconds"] {
        let run = case.try_import(&["users.csv", "--map", &format!("created={field}")]).await;
        assert!(
            run.code == Some(1) && run.stdout.contains("is a number of days, as spreadsheets store times"),
            "{run}"
        );
    }
}
