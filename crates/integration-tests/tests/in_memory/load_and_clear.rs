//! `load`, `load_json`, `clear` and the seeding methods.

use user_directory::billing::Subscription;
use user_directory::model::{
    DevicePlatform, EmailAddress, ExternalAccount, InvitationQuery, OAuthAccessToken, OAuthProvider, OAuthToken,
    Organization, OrganizationInvitation, OrganizationMembership, Passkey, TrustedDevice, Verification,
};
use user_directory::{ErrorKind, NewUser, Page, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate, codes};

use crate::support::{World, at, ids, json, start, unknown_user_id, user_id};

fn examples() -> Vec<User> {
    serde_json::from_str(include_str!("../../../../examples/users.json")).unwrap()
}

fn with_email(id: &str, address: &str, verified: bool) -> User {
    let mut email = EmailAddress::new(address);
    email.verification = verified.then(Verification::by_admin);
    let mut user = User::new(user_id(id));
    user.email_addresses = vec![email].into();
    user
}

#[tokio::test]
async fn load_makes_users_available_to_list_and_get() {
    let world = World::new();
    let users = examples();
    world.directory.load(users.clone()).await.unwrap();
    let listed = world.all_users().await;
    let mut expected = users.clone();
    expected.sort_by_key(|user| std::cmp::Reverse(user.created_at));
    assert_eq!(ids(&listed), ids(&expected));
    for user in &users {
        let now = world.get(&user.id).await;
        assert_eq!((&now.email_addresses, &now.phone_numbers), (&user.email_addresses, &user.phone_numbers));
        assert_eq!(now.metadata(), user.metadata());
        assert_eq!((now.locked, now.lockout_expires_in_seconds), (user.locked, user.lockout_expires_in_seconds));
        for email in &user.email_addresses {
            let found = world.matching(UserFilter::new().email_address(email.email_address.to_uppercase())).await;
            assert!(found.contains(&user.id.to_string()), "{}", email.email_address);
        }
        if let Some(username) = &user.username {
            assert_eq!(world.matching(UserFilter::new().username(username)).await, [user.id.as_str()]);
        }
        if let Some(external_id) = &user.external_id {
            assert_eq!(world.matching(UserFilter::new().external_id(external_id)).await, [user.id.as_str()]);
        }
    }
}

#[tokio::test]
async fn load_json_is_equivalent_to_load() {
    let (world, other) = (World::new(), World::new());
    let count = world.directory.load_json(include_str!("../../../../examples/users.json")).await.unwrap();
    other.directory.load(examples()).await.unwrap();
    assert_eq!(count, examples().len());
    assert_eq!(world.all_users().await, other.all_users().await);
    assert_eq!(World::new().directory.load_json("[]").await.unwrap(), 0);
}

#[tokio::test]
async fn load_json_rejects_invalid_json_with_the_number_of_the_user() {
    let world = World::new();
    for (json, why) in [
        ("", "the text is empty; it must be a JSON array of users, or one JSON object per line"),
        ("\"ada\"", "the text is not JSON; it must be a JSON array of users, or one JSON object per line"),
        ("id,username\n1,ada\n", "the text is not JSON; it must be a JSON array of users, or one JSON object per line"),
        ("[\n{\"id\":\"user_a\",\"banned\":tru\n}]", "malformed JSON at the end of line 2"),
        ("[\n{\"id\":\"user_a\"},\n", "unexpected end of the document at the end of line 2"),
        (r#"[{"id":"user_a"}"#, "unexpected end of the document at line 1 column 16"),
        (r#"[{"id":"user_a"},{"first_name":"Ada"}]"#, "user 2: the field `id` is missing at line 1 column 37"),
        (r#"[{"id":"user_a"},null]"#, "user 2: a value has the wrong type at line 1 column 21"),
        (
            r#"[{"object":"organization","id":"org_a"}]"#,
            "user 1: the object is not a user at `object`, line 1 column 25",
        ),
        (r#"[{"object":7,"id":"user_a"}]"#, "user 1: the object is not a user at `object`, line 1 column 12"),
        (
            r#"[{"deleted":true,"id":"user_a","object":"user"}]"#,
            "user 1: the object is not a user at `deleted`, line 1 column 16",
        ),
    ] {
        let error = world.directory.load_json(json).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{json}");
        assert_eq!(error.to_string(), format!("invalid response: {why}"), "{json}");
        assert!(std::error::Error::source(&error).is_none());
    }
    let lines = "{\"id\":\"user_a\"}\n\n{\"first_name\":\"Ada\"}\n";
    for error in [world.directory.load_json(lines).await, world.directory.load_json_lines(lines.as_bytes()).await] {
        let why = "invalid response: user 2: the field `id` is missing at line 3 column 20";
        assert_eq!(error.unwrap_err().to_string(), why);
    }
    let error = world.directory.load_json(r#"[{"id":"user_a"},{"object":"user","id":"user_a"}]"#).await.unwrap_err();
    assert!(error.is_conflict());
    let error = world.directory.load_json_lines(&b"{\"id\":\"user_a\"}\n{\"id\":\"Jos\xe9\"}\n"[..]).await.unwrap_err();
    assert_eq!(error.message(), Some("line 2 is not UTF-8; save the text as UTF-8"));
    assert_eq!(world.all_users().await, []);
    assert_eq!(world.directory.load_json(r#"[{"object":null,"id":"user_a"}]"#).await.unwrap(), 1);
}

#[tokio::test]
async fn load_json_rejects_values_that_would_be_ignored() {
    let world = World::new();
    for (field, why, column) in [
        (r#""banned":"Ada""#, "invalid value: expected a boolean at `banned`", 29),
        (r#""public_metadata":"x""#, "a value has the wrong type at `public_metadata`", 36),
        (
            r#""email_addresses":[{"email":"ada@example.com"}]"#,
            "the field is unknown at `email_addresses[0].email`",
            60,
        ),
        (r#""email_addresses":["ada@example.com"]"#, "invalid value: expected an object at `email_addresses[0]`", 51),
        (
            r#""external_accounts":[{"provider":"oauth_google"}]"#,
            "the field `id` is missing at `external_accounts[0]`",
            63,
        ),
    ] {
        let user = format!(r#"{{"id":"user_b",{field}}}"#);
        let expected =
            |line: usize, column: usize| format!("invalid response: user 2: {why}, line {line} column {column}");
        let list = format!(r#"[{{"id":"user_a"}},{user}]"#);
        let start = r#"[{"id":"user_a"},"#.len();
        assert_eq!(world.directory.load_json(&list).await.unwrap_err().to_string(), expected(1, start + column));
        let pretty = list.replace("},{\"id\"", "},\n  {\"id\"");
        assert_eq!(world.directory.load_json(&pretty).await.unwrap_err().to_string(), expected(2, 2 + column));
        let lines = format!("{{\"id\":\"user_a\"}}\n{user}\n");
        assert_eq!(
            world.directory.load_json_lines(lines.as_bytes()).await.unwrap_err().to_string(),
            expected(2, column)
        );
    }
    assert_eq!(world.all_users().await, []);
}

#[tokio::test]
async fn load_json_truncates_timestamps_to_milliseconds() {
    let world = World::new();
    let fine = r#""2026-05-12T09:00:00.123456789Z""#;
    let json = r#"[{
        "id": "user_a", "created_at": AT, "updated_at": AT, "last_sign_in_at": AT, "last_active_at": AT,
        "legal_accepted_at": AT, "mfa_enabled_at": AT, "mfa_disabled_at": AT, "password_last_updated_at": AT,
        "email_addresses": [{ "id": "idn_1", "email_address": "a@b.cd", "created_at": AT, "updated_at": AT,
            "verification": { "status": "unverified", "expire_at": AT } }],
        "phone_numbers": [{ "id": "idn_2", "phone_number": "+1", "created_at": AT, "updated_at": AT }],
        "web3_wallets": [{ "id": "idn_3", "web3_wallet": "0x", "created_at": AT, "updated_at": AT }],
        "passkeys": [{ "id": "idn_4", "name": "laptop", "last_used_at": AT }],
        "external_accounts": [{ "id": "eac_1", "created_at": AT, "updated_at": AT }],
        "saml_accounts": [{ "id": "samlacc_1", "last_authenticated_at": AT,
            "saml_connection": { "id": "samlc_1", "created_at": AT, "updated_at": AT } }],
        "enterprise_accounts": [{ "id": "entacc_1", "last_authenticated_at": AT,
            "enterprise_connection": { "id": "entconn_1", "created_at": AT, "updated_at": AT } }]
    }]"#;
    world.directory.load_json(&json.replace("AT", fine)).await.unwrap();
    let id = user_id("user_a");
    let survives = async || {
        let user = world.get(&id).await;
        let again: User = serde_json::from_str(&serde_json::to_string(&user).unwrap()).unwrap();
        assert_eq!(again, user);
    };
    survives().await;

    let at = at("2026-05-13T09:00:00.123456789Z");
    world.directory.record_sign_in(&id, at).await.unwrap();
    let mut passkey = Passkey::new("phone");
    passkey.last_used_at = Some(at);
    world.directory.add_passkey(&id, passkey).await.unwrap();
    let mut account = ExternalAccount::new("eac_2".parse().unwrap(), "oauth_google");
    account.created_at = Some(at);
    world.directory.add_external_account(&id, account).await.unwrap();
    let mut verification = Verification::by_admin();
    verification.expire_at = Some(at);
    world.directory.set_web3_wallet_verification(&id, &"idn_3".parse().unwrap(), Some(verification)).await.unwrap();
    survives().await;
}

#[tokio::test]
async fn load_copies_users_of_another_directory() {
    let (from, to) = (World::new(), World::new());
    for n in 0..20 {
        let new = NewUser::new().email_address(format!("u{n}@example.com")).username(format!("user{n}"));
        from.create(new.public_metadata(json(r#"{"a":[1,2]}"#)).locked(n % 2 == 0).banned(n % 3 == 0)).await;
        from.tick();
    }
    to.clock.advance(std::time::Duration::from_secs(20));
    let users = from.all_users().await;
    to.directory.load(users.clone()).await.unwrap();
    assert_eq!(to.all_users().await, users);
}

#[tokio::test]
async fn load_is_atomic() {
    let world = World::new();
    world.create(NewUser::new().username("ada_lovelace").email_address("ada@example.com")).await;
    let before = world.all_users().await;
    let named = |id: &str, username: &str| {
        let mut user = User::new(user_id(id));
        user.username = Some(username.into());
        user
    };
    for users in [
        vec![User::new(user_id("user_a")), User::new(user_id("user_1"))],
        vec![User::new(user_id("user_a")), User::new(user_id("user_b")), User::new(user_id("user_a"))],
        vec![User::new(user_id("user_a")), named("user_b", "ADA_lovelace")],
        vec![named("user_a", "grace"), named("user_b", "Grace")],
        vec![User::new(user_id("user_a")), with_email("user_b", "ADA@example.com", true)],
    ] {
        let error = world.directory.load(users).await.unwrap_err();
        assert!(error.is_conflict());
        assert_eq!(world.all_users().await, before);
    }
    assert_eq!(world.matching(UserFilter::new().username("grace")).await, [""; 0]);
    world.directory.load([named("user_a", "grace")]).await.unwrap();
    assert_eq!(world.matching(UserFilter::new().username("grace")).await, ["user_a"]);
}

#[tokio::test]
async fn load_accepts_iterator_that_calls_the_directory() {
    let world = World::new();
    let known = format!("{:?}", world.directory);
    let users = ["user_a", "user_b"].into_iter().map(|id| {
        // This would deadlock if `load` held the lock. No user is visible before all are loaded.
        assert_eq!(format!("{:?}", world.directory), known);
        User::new(user_id(id))
    });
    world.directory.load(users).await.unwrap();
    assert_eq!(ids(&world.all_users().await), ["user_b", "user_a"]);
}

#[tokio::test]
async fn load_adds_no_user_if_the_iterator_panics() {
    let world = World::new();
    let users = [Some("user_a"), None].into_iter().map(|id| User::new(user_id(id.unwrap())));
    let directory = world.directory.clone();
    assert!(tokio::spawn(async move { directory.load(users).await }).await.unwrap_err().is_panic());
    assert_eq!(world.all_users().await, []);
}

#[tokio::test]
async fn load_accepts_the_same_address_twice_in_one_user() {
    let world = World::new();
    let mut user = with_email("user_a", "ada@example.com", true);
    let email = user.email_addresses[0].clone();
    user.email_addresses.push(email);
    world.directory.load([user.clone()]).await.unwrap();
    user.id = user_id("user_b");
    assert!(world.directory.load([user]).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn load_ignores_empty_identifiers() {
    let world = World::new();
    let document = |id: &str| {
        let json = r#"{
            "id": "ID", "username": "", "external_id": "", "phone_numbers": [{ "phone_number": "", "reserved": true }],
            "email_addresses": [{ "email_address": "", "verification": { "status": "verified" } }],
            "web3_wallets": [{ "web3_wallet": "" }],
            "external_accounts": [{ "id": "eac_ID", "provider": "oauth_google" }]
        }"#;
        serde_json::from_str::<User>(&json.replace("ID", id)).unwrap()
    };
    world.directory.load(["user_a", "user_b"].map(document)).await.unwrap();
    world.directory.load([document("user_c")]).await.unwrap();
    assert_eq!(ids(&world.all_users().await), ["user_c", "user_b", "user_a"]);
}

#[tokio::test]
async fn load_accepts_shared_unverified_addresses() {
    let world = World::new();
    let users = ["user_a", "user_b"].map(|id| with_email(id, "shared@example.com", false));
    world.directory.load(users).await.unwrap();
    world.directory.load([with_email("user_c", "shared@example.com", true)]).await.unwrap();
    let filter = UserFilter::new().email_address("shared@example.com");
    assert_eq!(world.matching(filter.clone()).await, ["user_c", "user_b", "user_a"]);
    for (deleted, left) in [("user_b", vec!["user_c", "user_a"]), ("user_c", vec!["user_a"]), ("user_a", vec![])] {
        world.directory.delete(&user_id(deleted)).await.unwrap();
        assert_eq!(world.matching(filter.clone()).await, left);
    }
}

#[tokio::test]
async fn load_accepts_external_accounts_without_provider_user_id() {
    let world = World::new();
    let users = ["user_a", "user_b"].map(|id| {
        let mut user = User::new(user_id(id));
        let account = ExternalAccount::new(format!("eac_{id}").parse().unwrap(), "oauth_google");
        user.external_accounts = vec![account].into();
        user
    });
    world.directory.load(users).await.unwrap();
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 2);
}

#[tokio::test]
async fn load_moves_memberships_to_get_organization_memberships() {
    let world = World::new();
    let organization = Organization::new("org_1".parse().unwrap(), "Acme");
    let mut user = User::new(user_id("user_a"));
    user.organization_memberships =
        vec![OrganizationMembership::new("orgmem_1".parse().unwrap(), organization.clone(), "org:admin")].into();
    world.directory.load([user]).await.unwrap();
    let memberships = world.directory.get_organization_memberships(&user_id("user_a"), &Page::new()).await.unwrap();
    assert_eq!(memberships.total_count, 1);
    assert_eq!(world.get(&user_id("user_a")).await.organization_memberships, []);
    assert_eq!(world.matching(UserFilter::new().organization_id(organization.id)).await, ["user_a"]);
}

#[tokio::test]
async fn load_json_rejects_several_memberships_in_an_organization() {
    let world = World::new();
    let json = r#"[{"id":"user_a"},{"id":"user_b","organization_memberships":[
        {"id":"orgmem_1","role":"org:admin","organization":{"id":"org_1","name":"Acme"}},
        {"id":"orgmem_2","role":"org:member","organization":{"id":"org_1","name":"Acme"}}
    ]}]"#;
    let error = world.directory.load_json(json).await.unwrap_err();
    assert_eq!((error.kind(), error.param_name()), (ErrorKind::Conflict, Some("organization_memberships")));
    let why = "user 2 (line 1): organization_memberships contains several memberships in the organization org_1";
    assert_eq!(error.message(), Some(why));
    assert_eq!(world.directory.load_json(&json.replacen("org_1", "org_2", 1)).await.unwrap(), 2);
}

#[tokio::test]
async fn load_json_rejects_the_same_external_account_twice_in_one_user() {
    let world = World::new();
    let json = r#"[{"id":"user_a"},{"id":"user_b","external_accounts":[
        {"id":"eac_1","provider":"oauth_google","provider_user_id":"7"},
        {"id":"eac_2","provider":"google","provider_user_id":"7"}
    ]}]"#;
    let error = world.directory.load_json(json).await.unwrap_err();
    assert_eq!((error.kind(), error.param_name()), (ErrorKind::Conflict, Some("external_accounts")));
    let why =
        "user 2 (line 1): external_accounts contains several accounts with the same provider and provider_user_id";
    assert_eq!(error.message(), Some(why));
    assert_eq!(world.directory.load_json(&json.replacen('7', "8", 1)).await.unwrap(), 2);
}

#[tokio::test]
async fn load_json_generates_missing_ids_of_identifiers() {
    let world = World::new();
    // The second user has the id that the generator would return first.
    let json = r#"[
        {"id":"user_a","email_addresses":[{"email_address":"ada@example.com","verification":{"status":"verified"}}],
            "phone_numbers":[{"phone_number":"+15550100001"}],"web3_wallets":[{"web3_wallet":"0x1"}],
            "passkeys":[{"name":"laptop"}]},
        {"id":"user_b","email_addresses":[{"id":"idn_1","email_address":"grace@example.com"}]}
    ]"#;
    world.directory.load_json(json).await.unwrap();
    let user = world.get(&user_id("user_a")).await;
    let (email, wallet) = (user.email_addresses[0].id.clone().unwrap(), user.web3_wallets[0].id.clone().unwrap());
    assert_ne!(email, "idn_1");
    assert!(user.phone_numbers[0].id.is_some() && user.passkeys[0].id.is_some());
    let update = UserUpdate::new().primary_email_address_id(email.clone());
    assert_eq!(world.directory.update(&user.id, &update).await.unwrap().primary_email_address_id, Some(email));
    world.directory.delete_web3_wallet(&user.id, &wallet).await.unwrap();
}

#[tokio::test]
async fn load_json_finds_accounts_of_providers_without_prefix() {
    let world = World::new();
    let account = |id: &str, provider: &str| {
        format!(
            r#"{{"id":"{id}","external_accounts":[{{"id":"eac_1","provider":"{provider}","provider_user_id":"7"}}]}}"#
        )
    };
    world.directory.load_json(&account("user_a", "google")).await.unwrap();
    for provider in ["google", "oauth_google"] {
        let filter = UserFilter::new().provider_users(OAuthProvider::new(provider).unwrap(), ["7"]);
        assert_eq!(world.directory.count(&filter).await.unwrap(), 1, "{provider}");
        assert!(world.directory.load_json(&account("user_b", provider)).await.unwrap_err().is_conflict(), "{provider}");
    }
}

#[tokio::test]
async fn clear_removes_users_and_identifiers() {
    let world = World::new();
    world.directory.load(examples()).await.unwrap();
    world.directory.clear().await.unwrap();
    assert_eq!(world.all_users().await, []);
    assert_eq!(world.directory.count(&UserFilter::new()).await.unwrap(), 0);
    let email = examples()[0].email_addresses[0].email_address.clone();
    assert_eq!(world.matching(UserFilter::new().email_address(email)).await, [""; 0]);
    world.directory.load(examples()).await.unwrap();
    assert_eq!(world.directory.list(&UserQuery::new().limit(500)).await.unwrap().len(), examples().len());
}

#[tokio::test]
async fn clones_share_users() {
    let world = World::new();
    let clone = world.directory.clone();
    let id = world.user("ada").await.id;
    assert_eq!(clone.get(&id).await.unwrap(), world.get(&id).await);
    clone.clear().await.unwrap();
    assert!(world.directory.get(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn add_methods_reject_taken_ids() {
    let world = World::new();
    let directory = &world.directory;
    let (ada, grace) = (world.user("ada").await.id, world.user("grace").await.id);
    let membership = || {
        let organization = Organization::new("org_1".parse().unwrap(), "Acme");
        OrganizationMembership::new("orgmem_1".parse().unwrap(), organization, "org:member")
    };
    let invitation = || OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:member");
    let device = || TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app");
    let account = || ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google");
    let mut passkey = Passkey::new("laptop");
    // The next id of the generator.
    passkey.id = Some("idn_3".parse().unwrap());
    let add = async |id: &UserId| {
        [
            directory.add_passkey(id, passkey.clone()).await.map(drop),
            directory.add_external_account(id, account()).await.map(drop),
            directory.add_organization_membership(id, membership()).await.map(drop),
            directory.add_organization_invitation(id, invitation()).await.map(drop),
            directory.add_trusted_device(id, device()).await.map(drop),
        ]
    };
    assert!(add(&ada).await.iter().all(Result::is_ok));
    let before = world.get(&ada).await;
    for error in add(&ada).await.map(Result::unwrap_err) {
        assert!(error.is_conflict() && error.has_code(codes::FORM_IDENTIFIER_EXISTS), "{error:?}");
        assert_eq!((error.kind(), error.param_name()), (ErrorKind::Conflict, Some("id")));
    }
    assert_eq!(world.get(&ada).await, before);
    assert_eq!(directory.list_trusted_devices(&ada).await.unwrap().total_count, 1);
    assert_eq!(directory.get_organization_memberships(&ada, &Page::new()).await.unwrap().total_count, 1);
    assert_eq!(directory.get_organization_invitations(&ada, &InvitationQuery::new()).await.unwrap().total_count, 1);
    assert_eq!(directory.add_passkey(&ada, Passkey::new("phone")).await.unwrap(), "idn_4");
    assert!(add(&grace).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn seeding_methods_fail_for_unknown_user() {
    let world = World::new();
    let directory = &world.directory;
    let organization = Organization::new("org_1".parse().unwrap(), "Acme");
    let membership = OrganizationMembership::new("orgmem_1".parse().unwrap(), organization, "org:member");
    let invitation = OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:member");
    let device = TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app");
    let (wallet, phone) = ("idn_1".parse().unwrap(), "idn_1".parse().unwrap());
    for id in [unknown_user_id(), world.user("ada").await.id] {
        let verification = directory.set_web3_wallet_verification(&id, &wallet, None).await;
        let second_factor = directory.reserve_for_second_factor(&id, &phone).await;
        // The existing user has neither a wallet nor a phone number.
        assert!(verification.unwrap_err().is_not_found() && second_factor.unwrap_err().is_not_found());
    }
    for result in [
        directory.add_passkey(&unknown_user_id(), Passkey::new("laptop")).await.map(drop),
        directory
            .add_oauth_access_token(&unknown_user_id(), OAuthAccessToken::new("oauth_google", OAuthToken::new("token")))
            .await,
        directory.add_organization_membership(&unknown_user_id(), membership).await.map(drop),
        directory.add_organization_invitation(&unknown_user_id(), invitation).await.map(drop),
        directory.add_trusted_device(&unknown_user_id(), device).await.map(drop),
        directory.set_billing_subscription(&unknown_user_id(), Subscription::new("csub_1".parse().unwrap())).await,
        directory.record_sign_in(&unknown_user_id(), start()).await,
        directory.set_managed_by_scim(&unknown_user_id(), "dir_1").await,
    ] {
        assert!(result.unwrap_err().is_not_found());
    }
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1);
}
