//! `upsert`, and ids that the directory did not generate.

use user_directory::model::{DevicePlatform, EmailAddress, Passkey, PasswordVerification, TrustedDevice, Verification};
use user_directory::store_directory::InstanceSettings;
use user_directory::store_directory::{IdGenerator, SequentialIds};
use user_directory::{
    InMemoryUserDirectory, NewUser, Password, User, UserDirectory, UserFilter, UserId, UserQuery, codes,
};

fn id(text: &str) -> UserId {
    text.parse().unwrap()
}

/// A user with a verified email address, which has an id.
fn user(user_id: &str, email_address: &str) -> User {
    let mut email = EmailAddress::new(email_address);
    email.id = Some("idn_7".parse().unwrap());
    email.verification = Some(Verification::by_admin());
    let mut user = User::new(id(user_id));
    user.email_addresses = vec![email].into();
    user
}

fn sequential() -> InMemoryUserDirectory {
    InMemoryUserDirectory::builder().settings(InstanceSettings::permissive()).ids(SequentialIds::default()).build()
}

async fn matching(directory: &InMemoryUserDirectory, email_address: &str) -> Vec<UserId> {
    let users = directory.list(&UserQuery::from(UserFilter::new().email_address(email_address))).await.unwrap();
    users.into_iter().map(|user| user.id).collect()
}

#[tokio::test]
async fn upsert_inserts_and_replaces() {
    let directory = InMemoryUserDirectory::permissive();
    assert!(!directory.upsert(user("user_1", "ada@example.com")).await.unwrap());
    assert_eq!(matching(&directory, "ada@example.com").await, [id("user_1")]);

    let mut replacement = user("user_1", "lovelace@example.com");
    replacement.first_name = Some("Ada".into());
    replacement.created_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
    assert!(directory.upsert(replacement.clone()).await.unwrap());
    assert_eq!(directory.len(), 1);
    assert!(matching(&directory, "ada@example.com").await.is_empty());
    assert_eq!(matching(&directory, "lovelace@example.com").await, [id("user_1")]);
    let found = directory.get(&id("user_1")).await.unwrap();
    assert_eq!((found.first_name, found.created_at), (replacement.first_name, replacement.created_at));
}

#[tokio::test]
async fn upsert_moves_the_user_in_the_order_of_creation() {
    let directory = InMemoryUserDirectory::permissive();
    let created = |user_id, email, day: u8| {
        let mut user = user(user_id, email);
        user.created_at = Some(format!("2020-01-0{day}T00:00:00Z").parse().unwrap());
        user
    };
    directory.load([created("user_1", "a@example.com", 1), created("user_2", "b@example.com", 2)]).await.unwrap();
    directory.upsert(created("user_1", "a@example.com", 3)).await.unwrap();
    let listed = directory.list(&UserQuery::new()).await.unwrap();
    assert_eq!(listed.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["user_1", "user_2"]);
}

#[tokio::test]
async fn upsert_rejects_duplicate_identifier_and_changes_nothing() {
    let directory = InMemoryUserDirectory::permissive();
    directory.load([user("user_1", "ada@example.com"), user("user_2", "grace@example.com")]).await.unwrap();
    let before = directory.get(&id("user_2")).await.unwrap();
    for user_id in ["user_2", "user_3"] {
        let error = directory.upsert(user(user_id, "ADA@example.com")).await.unwrap_err();
        assert!(error.is_conflict() && error.has_code(codes::FORM_IDENTIFIER_EXISTS), "{error}");
        assert_eq!(error.param_name(), Some("email_address"));
    }
    assert_eq!(directory.len(), 2);
    assert_eq!(directory.get(&id("user_2")).await.unwrap(), before);
}

#[tokio::test]
async fn upsert_rejects_users_that_cannot_be_loaded() {
    let directory = InMemoryUserDirectory::permissive();
    directory.upsert(User::new(id("user_1"))).await.unwrap();
    let before = directory.get(&id("user_1")).await.unwrap();
    for (json, param_name) in [
        (
            r#"{"id": "user_1", "external_accounts": [
                {"id": "eac_1", "provider": "oauth_google", "provider_user_id": "7"},
                {"id": "eac_2", "provider": "oauth_google", "provider_user_id": "7"}
            ]}"#,
            "external_accounts",
        ),
        (
            r#"{"id": "user_2", "organization_memberships": [
                {"id": "orgmem_1", "role": "org:member", "organization": {"id": "org_1", "name": "Engines"}},
                {"id": "orgmem_2", "role": "org:admin", "organization": {"id": "org_1", "name": "Engines"}}
            ]}"#,
            "organization_memberships",
        ),
    ] {
        let user: User = serde_json::from_str(json).unwrap();
        assert!(InMemoryUserDirectory::new().load([user.clone()]).await.unwrap_err().is_conflict());
        let error = directory.upsert(user).await.unwrap_err();
        assert!(error.is_conflict() && error.has_code(codes::FORM_IDENTIFIER_EXISTS), "{error}");
        assert_eq!(error.param_name(), Some(param_name));
    }
    assert_eq!(directory.len(), 1);
    assert_eq!(directory.get(&id("user_1")).await.unwrap(), before);
}

#[tokio::test]
async fn upsert_keeps_data_that_is_not_part_of_the_user() {
    let directory = InMemoryUserDirectory::permissive();
    let password = Password::new("correct horse battery staple");
    let new = NewUser::new().username("ada_lovelace").password(password.clone()).backup_codes(["one-time-code"]);
    let mut ada = directory.create(&new).await.unwrap();
    let device = TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "com.example.app");
    directory.add_trusted_device(&ada.id, device).await.unwrap();

    ada.first_name = Some("Ada".into());
    assert!(directory.upsert(ada.clone()).await.unwrap());
    assert_eq!(directory.verify_password(&ada.id, &password).await.unwrap(), PasswordVerification::Correct);
    assert_eq!(directory.list_trusted_devices(&ada.id).await.unwrap().total_count, 1);
    assert!(directory.get(&ada.id).await.unwrap().backup_code_enabled);

    ada.password_enabled = false;
    directory.upsert(ada.clone()).await.unwrap();
    let error = directory.verify_password(&ada.id, &password).await.unwrap_err();
    assert!(error.has_code(codes::NO_PASSWORD_SET), "{error}");
}

#[tokio::test]
async fn sequential_ids_do_not_reuse_the_id_of_a_deleted_loaded_user() {
    let directory = sequential();
    directory.load([user("user_1", "ada@example.com")]).await.unwrap();
    directory.delete(&id("user_1")).await.unwrap();
    let created = directory.create(&NewUser::new().email_address("grace@example.com")).await.unwrap();
    assert_eq!(created.id, id("user_2"));
    assert_eq!(created.email_addresses[0].id, Some("idn_8".parse().unwrap()));
}

#[tokio::test]
async fn sequential_ids_do_not_reuse_the_id_of_a_deleted_upserted_user() {
    let directory = sequential();
    directory.upsert(user("user_41", "ada@example.com")).await.unwrap();
    directory.delete(&id("user_41")).await.unwrap();
    assert_eq!(directory.create(&NewUser::new().username("grace_hopper")).await.unwrap().id, id("user_42"));
}

#[tokio::test]
async fn sequential_ids_do_not_reuse_the_id_of_an_added_passkey() {
    let directory = sequential();
    let ada = directory.create(&NewUser::new().username("ada_lovelace")).await.unwrap().id;
    let mut passkey = Passkey::new("laptop");
    passkey.id = Some("idn_4".parse().unwrap());
    directory.add_passkey(&ada, passkey).await.unwrap();
    let grace = directory.create(&NewUser::new().email_address("grace@example.com")).await.unwrap();
    assert_eq!(grace.email_addresses[0].id, Some("idn_5".parse().unwrap()));
}

#[test]
fn sequential_ids_ignore_observed_ids_without_a_number() {
    let ids = SequentialIds::default();
    for observed in ["user", "user_", "user_abc", "user_2x", "user_99999999999999999999", ""] {
        ids.observe(observed);
    }
    assert_eq!(ids.next_id("user"), "user_1");
    ids.observe("user_5");
    ids.observe("user_3");
    assert_eq!(ids.next_id("user"), "user_6");
}
