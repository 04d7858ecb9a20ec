//! The tables of WordPress, Django and Laravel.

use crate::support::{BCRYPT, Case, PASSWORD, emails, names};

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_table_of_wordpress() {
    let table = "\"ID\",\"user_login\",\"user_pass\",\"user_nicename\",\"user_email\",\"user_url\",\"user_registered\",\
                 \"user_activation_key\",\"user_status\",\"display_name\"\n\
                 \"1\",\"ada.l\",\"$P$5abcdefghAwHMLXeh48xCQuy..94JO/\",\"ada\",\"ada@example.com\",\"\",\
                 \"2024-01-15 10:30:00\",\"\",\"0\",\"Ada \\\"The First\\\" Lovelace\"\n\
                 \"2\",\"ben\",\"$wp$2y$10$abcdefghijklmnopqrstuv\",\"ben\",\"ben@example.com\",\"\",\
                 \"0000-00-00 00:00:00\",\"\",\"0\",\"Ben\"\n\
                 \"3\",\"cleo\",\"3cb4e732631f47e6eb961f34554b7cde\",\"cleo\",\"cleo@example.com\",\"\",\
                 \"2024-01-15 10:30:00\",\"\",\"0\",\"Cleo\"\n";
    let case = Case::of("wp_users.csv", table).await;
    let run = case.import(&["wp_users.csv"]).await;
    assert!(run.stderr.contains("escaped with backslashes"), "{run}");
    assert!(run.stdout.contains("not verified: email addresses or phone numbers of 3 users"), "{run}");
    let ada = case.user("1").await;
    assert_eq!(names(&ada), (Some("Ada"), Some("\"The First\" Lovelace")));
    assert_eq!(emails(&ada), [("ada@example.com", false)]);
    assert!(case.verifies("1", PASSWORD).await && case.verifies("3", PASSWORD).await);
    let ben = case.user("2").await;
    assert!(!ben.password_enabled && ben.created_at > case.user("1").await.created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_users_of_django() {
    let sha256 = "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=";
    let bcrypt = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuOL1H1GR440DDnQdSdC8wM48hKIAo9Loa";
    let sha1 = "pbkdf2_sha1$1000$seasalt$iQvkNOF1wEL4Khh8eogJ8rUhipM=";
    let md5 = "md5$pinch$d8a34b13f650968059e83be4fba755e7";
    let header =
        "id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\n";
    let row = |id: u32, password: &str, active: &str| {
        format!("{id},{password},,f,user_{id},Ada,,user{id}@example.com,f,{active},2024-01-15 10:30:00+00\n")
    };
    let table = [
        header.to_owned(),
        row(1, sha256, "t"),
        row(2, bcrypt, "f"),
        row(3, "!kFJ3a", "t"),
        row(4, sha1, "t"),
        row(5, md5, "t"),
    ];
    let case = Case::of("auth_user.csv", table.concat()).await;
    case.import(&["auth_user.csv"]).await;
    for id in ["1", "2", "4", "5"] {
        assert!(case.verifies(id, PASSWORD).await, "{id}");
    }
    assert!(!case.user("1").await.banned && case.user("2").await.banned && !case.user("3").await.password_enabled);
    assert_eq!(emails(&case.user("1").await), [("user1@example.com", false)]);

    let dump = format!(
        r#"[{{"model": "auth.user", "pk": 7, "fields": {{"password": "{sha256}", "last_login": null,
        "is_superuser": false, "username": "ada_l", "first_name": "Ada", "last_name": "", "email": "ada@example.com",
        "is_staff": false, "is_active": true, "date_joined": "2024-01-15T10:30:00Z", "groups": [],
        "user_permissions": []}}}}]"#
    );
    let case = Case::of("dump.json", dump).await;
    case.import(&["dump.json"]).await;
    assert!(case.verifies("7", PASSWORD).await);
    assert_eq!(case.user("7").await.username.as_deref(), Some("ada_l"));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_table_of_laravel() {
    let laravel = BCRYPT.replace("$2b$", "$2y$");
    let table = format!(
        "id,name,email,email_verified_at,password,remember_token,created_at,updated_at\n\
         1,Ada Lovelace,ada@example.com,2024-01-15 10:30:00,{laravel},,2024-01-15 10:30:00,2024-01-15 10:30:00\n\
         2,Ben,ben@example.com,NULL,{laravel},abc,2024-01-15 10:30:00,\n"
    );
    let case = Case::of("users.csv", table).await;
    let run = case.import(&["users.csv"]).await;
    assert!(run.stderr.contains("in the format laravel, detected"), "{run}");
    assert!(case.verifies("1", PASSWORD).await && case.verifies("2", PASSWORD).await);
    assert_eq!(emails(&case.user("1").await), [("ada@example.com", true)]);
    assert_eq!(emails(&case.user("2").await), [("ben@example.com", false)]);
    assert_eq!(names(&case.user("1").await), (Some("Ada"), Some("Lovelace")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_reads_the_name_of_custom_users_of_django() {
    let table = "id,password,is_superuser,email,is_active,date_joined,name\n\
                 1,!,f,ada@example.com,t,2024-01-15 10:30:00+00,Ada Lovelace\n";
    let case = Case::of("users.csv", table).await;
    case.import(&["users.csv"]).await;
    assert_eq!(names(&case.user("1").await), (Some("Ada"), Some("Lovelace")));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_requires_one_row_for_each_user_of_wordpress() {
    let row = |name: &str| format!("1,ada_l,!,ada@example.com,2024-01-15 10:30:00,Ada,{name},x\n");
    let header = "ID,user_login,user_pass,user_email,user_registered,display_name,meta_key,meta_value\n";
    let case = Case::of("users.csv", [header.to_owned(), row("first_name"), row("last_name")].concat()).await;
    let run = case.try_import(&["users.csv"]).await;
    assert!(run.code == Some(2) && run.stderr.contains("export one row for each user"), "{run}");
    let run = case.try_import(&["users.csv", "--ignore", "meta_key"]).await;
    assert!(run.code == Some(1) && run.stdout.contains("1 created"), "{run}");
}
