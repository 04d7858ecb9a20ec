//! Secrets: what is on the disk, in errors and in debug output, and what happens without the right key.

use user_directory::model::{OAuthAccessToken, OAuthToken, OrganizationInvitation, TotpCode};
use user_directory::store::UserStore as _;
use user_directory::store_directory::InstanceSettings;
use user_directory::{ErrorKind, NewUser, Page, Password, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate};
use user_directory_sql::{EncryptionKeys, SqlUserDirectory};

use crate::support::{Database, TOTP_SECRET, assert_hides, builder, keys, user, user_with_secrets};

const PASSWORD: &str = "correct horse battery staple";
const BACKUP_CODE: &str = "backup-code-1";
const TOKEN: &str = "ya29.an-oauth-access-token";
const ID_TOKEN: &str = "eyJ.an-oauth-id-token";
/// A ticket URL, which is stored in plain text.
const TICKET_URL: &str = "https://accounts.example.com/accept?ticket=a-ticket";
/// The secrets that are encrypted or hashed.
const SECRETS: [&str; 5] = [PASSWORD, TOTP_SECRET, BACKUP_CODE, TOKEN, ID_TOKEN];

fn contains(content: &[u8], text: &str) -> bool {
    content.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn user_with_every_secret(directory: &SqlUserDirectory, name: &str) -> UserId {
    let id = directory.create(&user_with_secrets(name).password(Password::new(PASSWORD))).await.unwrap().id;
    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN));
    token.id_token = Some(OAuthToken::new(ID_TOKEN));
    directory.directory().add_oauth_access_token(&id, token).await.unwrap();
    let mut invitation = OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:member");
    invitation.url = Some(TICKET_URL.into());
    directory.directory().add_organization_invitation(&id, invitation).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn database_contains_no_secret_except_ticket_urls_as_plain_text() {
    for database in Database::shareable() {
        let directory = database.open_fast(InstanceSettings::permissive()).await;
        let ada = user_with_every_secret(&directory, "ada").await;
        user_with_every_secret(&directory, "grace").await;
        // Earlier versions of a row may still be on the disk.
        directory.update(&ada, &UserUpdate::new().first_name("Ada").password(Password::new(PASSWORD))).await.unwrap();
        assert!(directory.verify_totp(&ada, &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());

        let content = database.content();
        for text in ["ada@example.com", "oauth_google", TICKET_URL] {
            assert!(contains(&content, text), "{database:?}: {text}");
        }
        for secret in SECRETS {
            assert!(!contains(&content, secret), "{database:?}: {secret}");
        }
        // The secrets are complete nevertheless.
        assert!(directory.verify_password(&ada, &Password::new(PASSWORD)).await.unwrap().is_correct());
        let google = "oauth_google".parse().unwrap();
        let tokens = directory.get_oauth_access_token(&ada, &google, &Page::new()).await.unwrap();
        assert_eq!(tokens[0].token.expose_secret(), TOKEN);
        assert_eq!(tokens[0].id_token.as_ref().unwrap().expose_secret(), ID_TOKEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_secrets_have_different_ciphertexts() {
    for database in Database::shareable() {
        let directory = database.open().await;
        for name in ["ada", "grace"] {
            directory.create(&user_with_secrets(name)).await.unwrap();
        }
        let distinct = "SELECT count(DISTINCT secrets) FROM user_directory_users";
        assert_eq!(database.value(distinct).await, "2", "{database:?}");
    }
}

/// The ciphertext is bound to the user, so that write access to the table is not enough to swap second factors.
#[tokio::test(flavor = "multi_thread")]
async fn ciphertext_of_another_user_is_rejected() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let ada = directory.create(&user_with_secrets("ada")).await.unwrap().id;
        let grace = directory.create(&user_with_secrets("grace")).await.unwrap().id;
        let copy = format!(
            "UPDATE user_directory_users SET secrets =
             (SELECT secrets FROM user_directory_users WHERE user_id = '{ada}') WHERE user_id = '{grace}'"
        );
        database.execute(&copy).await;
        let error = directory.verify_totp(&grace, &TotpCode::new(BACKUP_CODE)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
        assert!(directory.verify_totp(&ada, &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_rejected_without_a_key() {
    for database in Database::all() {
        let directory = database.open_with(SqlUserDirectory::builder().settings(InstanceSettings::permissive())).await;
        let google = OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN));
        // A digest of a password is not a secret that has to be encrypted.
        let id = directory.create(&user("ada").password(Password::new(PASSWORD))).await.unwrap().id;
        let results = [
            directory.create(&user("grace").totp_secret(TOTP_SECRET)).await.map(drop),
            directory.create(&user("grace").backup_codes([BACKUP_CODE])).await.map(drop),
            directory.update(&id, &UserUpdate::new().totp_secret(TOTP_SECRET)).await.map(drop),
            directory.directory().add_oauth_access_token(&id, google).await,
        ];
        for result in results {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
            assert!(!error.is_outcome_unknown() && error.to_string().contains("key"), "{error}");
            assert_hides(&error, &SECRETS);
        }
        assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
        assert!(!directory.get(&id).await.unwrap().totp_enabled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_key_is_a_configuration_error_for_users_with_secrets() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let ada = directory.create(&user_with_secrets("ada")).await.unwrap().id;
        let grace = directory.create(&user("grace")).await.unwrap().id;
        let wrong = [
            Some(EncryptionKeys::new().key("test", &[8; 32]).unwrap()),
            Some(EncryptionKeys::new().key("other", &[7; 32]).unwrap()),
            None,
        ];
        for keys in wrong {
            let mut builder = SqlUserDirectory::builder().settings(InstanceSettings::permissive());
            if let Some(keys) = keys {
                builder = builder.encryption_keys(keys);
            }
            let other = builder.open(database.url()).await.unwrap();
            let error = other.verify_totp(&ada, &TotpCode::new(BACKUP_CODE)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
            assert_hides(&error, &SECRETS);
            let error = other.ban(&ada).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{database:?}: {error:?}");
            assert!(!error.is_outcome_unknown(), "{error:?}");
            // Users without secrets are not affected.
            other.ban(&grace).await.unwrap();
        }
        assert!(directory.verify_totp(&ada, &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());
        assert!(!directory.get(&ada).await.unwrap().banned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_can_be_rotated() {
    for database in Database::shareable() {
        let old = database.open().await;
        let mut ids = Vec::new();
        for n in 0..30 {
            ids.push(old.create(&user_with_secrets(&format!("u{n}"))).await.unwrap().id);
        }
        old.create(&user("without-secrets")).await.unwrap();

        // The new key encrypts, and both decrypt.
        let both = EncryptionKeys::new().key("new", &[9; 32]).unwrap().key("test", &[7; 32]).unwrap();
        let rotating = SqlUserDirectory::builder()
            .settings(InstanceSettings::permissive())
            .encryption_keys(both)
            .open(database.url())
            .await
            .unwrap();
        assert!(rotating.verify_totp(&ids[0], &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());
        // The call above has encrypted the secrets of one user already.
        assert_eq!(rotating.store().reencrypt().await.unwrap(), 29, "{database:?}");
        assert_eq!(rotating.store().reencrypt().await.unwrap(), 0, "{database:?}");

        let keys = EncryptionKeys::new().key("new", &[9; 32]).unwrap();
        let new = SqlUserDirectory::builder()
            .settings(InstanceSettings::permissive())
            .encryption_keys(keys)
            .open(database.url())
            .await
            .unwrap();
        assert!(!new.verify_totp(&ids[0], &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());
        for id in &ids[1..] {
            assert!(new.verify_totp(id, &TotpCode::new(BACKUP_CODE)).await.unwrap().is_correct());
        }
        let error = old.get(&ids[1]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn debug_output_contains_no_secret() {
    for database in Database::shareable() {
        let directory = database.open_fast(InstanceSettings::permissive()).await;
        user_with_every_secret(&directory, "ada").await;
        let stored = directory.store().load(&[directory.list(&UserQuery::new()).await.unwrap()[0].id.clone()]).await;
        let sql = database.open().await;
        let text = format!("{:?} {:?} {directory:?} {sql:?} {:?} {stored:?}", keys(), builder(), sql.store());
        for secret in SECRETS.into_iter().chain([TICKET_URL, "7, 7, 7", "0707", "BwcHBwcH"]) {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let error = directory.create(&user_with_secrets("ada").password(Password::new(PASSWORD))).await.unwrap_err();
        assert_hides(&error, &SECRETS);
    }
}

/// Personal data may be in the database, but not in errors from the database, which often repeat values.
#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_database_contain_no_values() {
    for database in Database::shareable() {
        let directory = database.open().await;
        let id = directory.create(&user("ada")).await.unwrap().id;
        database.execute("ALTER TABLE user_directory_users RENAME TO renamed").await;
        let results = [
            directory.create(&NewUser::new().username("personal.name")).await.map(drop),
            directory.list(&UserQuery::from(UserFilter::new().query("personal.name"))).await.map(drop),
            directory.update(&id, &UserUpdate::new().first_name("personal.name")).await.map(drop),
        ];
        for result in results {
            assert_hides(&result.unwrap_err(), &["personal.name"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_passwords_have_a_production_cost() {
    let database = Database::memory();
    let directory = database.open().await;
    let id = directory.create(&user("ada").password(Password::new(PASSWORD))).await.unwrap().id;
    let stored = directory.store().load(&[id]).await.unwrap();
    let digest = stored[0].account.password.as_ref().unwrap();
    let cost: u32 = digest.expose_secret().split('$').nth(2).unwrap().parse().unwrap();
    assert!(cost >= 10, "{cost}");
}
