use super::*;

fn new() -> UserFilter {
    UserFilter::new()
}

fn google() -> OAuthProvider {
    "oauth_google".parse().unwrap()
}

#[test]
fn user_filter_with_empty_list_matches_no_users() {
    let none: [&str; 0] = [];
    for filter in [
        new().email_addresses(none),
        new().usernames(none).phone_numbers(none),
        new().user_ids(Vec::<UserId>::new()).email_address("ada@example.com"),
        new().external_ids(none),
        new().organization_ids(Vec::<OrganizationId>::new()),
        new().provider_users(google(), none),
    ] {
        assert!(filter.matches_no_users(), "{filter:?}");
        assert!(filter.validate().is_ok(), "{filter:?}");
    }
}

#[test]
fn user_filter_with_empty_list_matches_users_by_another_identifier() {
    let none: [&str; 0] = [];
    for filter in [
        new(),
        new().email_addresses(none).phone_number("+15550100123"),
        new().exclude_user_ids(Vec::<UserId>::new()),
        new().exclude_external_ids(none),
    ] {
        assert!(!filter.matches_no_users(), "{filter:?}");
    }
}

#[test]
fn validate_rejects_empty_value() {
    for (filter, param_name) in [
        (new().email_addresses(["ada@example.com", ""]), "email_address"),
        (new().phone_number(""), "phone_number"),
        (new().username(""), "username"),
        (new().web3_wallet(""), "web3_wallet"),
        (new().external_id(""), "external_id"),
        (new().exclude_external_ids([""]), "external_id"),
        (new().provider_users(google(), [""]), "provider_user_id"),
        (new().query(""), "query"),
        (new().email_address_query(""), "email_address_query"),
        (new().phone_number_query(""), "phone_number_query"),
        (new().username_query(""), "username_query"),
        (new().name_query(""), "name_query"),
    ] {
        let error = filter.validate().unwrap_err();
        assert!(error.is_invalid_input() && error.status().is_none(), "{error}");
        assert_eq!(error.param_name(), Some(param_name));
    }
}

#[test]
fn validate_rejects_more_than_100_values_of_a_filter() {
    let values = |number: usize| (0..number).map(|n| format!("e{n}"));
    assert!(new().external_ids(values(100)).validate().is_ok());
    assert!(new().external_ids(values(101)).validate().is_err());
    // Included and excluded values share a limit, because they are sent in the same parameter.
    assert!(new().external_ids(values(60)).exclude_external_ids(values(41)).validate().is_err());
}
