//! Tests of reading query strings.

use super::*;

#[test]
fn check_encoding_rejects_malformed_escapes_and_text_that_is_not_utf_8() {
    for query in ["", "query=a+b&limit=5", "query=%C3%A4%25", "query=%F0%9F%98%80&&=", "query=ä"] {
        assert!(QueryReader::check_encoding(query).is_ok(), "{query}");
    }
    for query in ["query=100%", "query=%", "query=%zz", "query=%4", "%u00e4=1", "query=%+1", "a=1&query=%2"] {
        let error = QueryReader::check_encoding(query).unwrap_err();
        assert!(error.has_code(codes::MALFORMED_REQUEST_PARAMETERS), "{query}");
    }
    for query in ["limit=5&query=%FF", "query=%C3%28", "query=%ed%a0%80", "query=%C3&limit=%A4"] {
        let error = QueryReader::check_encoding(query).unwrap_err();
        assert!(error.has_code(codes::FORM_PARAM_VALUE_INVALID), "{query}");
        assert_eq!(error.param_name(), Some("query"), "{query}");
    }
}

#[test]
fn repeated_parameters_are_rejected_if_they_accept_one_value() {
    let users = |query: &str| QueryReader::parse(query).user_query().map(drop);
    let invitations = |query: &str| QueryReader::parse(query).invitation_query().map(drop);
    let tokens = |query: &str| QueryReader::parse(query).token_page().map(drop);
    for (error, name) in [
        (users("limit=1&limit=501"), "limit"),
        (users("offset=1&offset=1"), "offset"),
        (users("query=a&query=b"), "query"),
        (users("banned=true&banned=x"), "banned"),
        (users("name_query=a&limit=1&name_query=b"), "name_query"),
        (users("created_at_after=1&created_at_after=2"), "created_at_after"),
        (users("order_by=username&order_by=zzz"), "order_by"),
        (users("starting_after=a&starting_after=b"), "starting_after"),
        (users("provider=google&provider=github&provider_user_id=1"), "provider"),
        (invitations("status=pending&status=accepted"), "status"),
        (tokens("paginated=true&paginated=true"), "paginated"),
    ] {
        let error = error.unwrap_err();
        assert!(error.has_code(codes::FORM_PARAM_DUPLICATE), "{error}");
        assert_eq!(error.param_name(), Some(name));
        let long_message = error.details()[0].long_message();
        assert_eq!(long_message, format!("{name} included multiple times. There should only be one."));
    }
    for query in ["limit=&limit=5", "username=a&username=b", "other=a&other=b"] {
        assert!(users(query).is_ok(), "{query}");
    }
}

#[test]
fn sign_of_a_selection_is_not_an_escaped_space() {
    for (query, value) in [
        ("lead", "lead"),
        ("+lead", "lead"),
        ("%2Blead", "lead"),
        ("%20lead", " lead"),
        ("%2B+lead", " lead"),
        ("%2B%20lead", " lead"),
        ("++lead", " lead"),
        ("%2B%2Blead", "+lead"),
    ] {
        let filter = QueryReader::parse(&format!("external_id={query}")).user_filter().unwrap();
        assert_eq!(filter.external_ids.include.unwrap(), [value], "{query}");
    }
    let filter = QueryReader::parse("external_id=-%20lead").user_filter().unwrap();
    assert_eq!(filter.external_ids.exclude, [" lead"]);
}

#[test]
fn starting_after_with_a_malformed_id_is_not_found() {
    let error = QueryReader::parse("starting_after=a/b").user_query().unwrap_err();
    assert!(error.has_code(codes::FORM_RESOURCE_NOT_FOUND));
}

#[test]
fn integer_must_be_in_the_range() {
    let read = |value: &str| QueryReader::parse(&format!("limit={value}")).integer("limit", 1..=500);
    assert_eq!((read("1").unwrap(), read("500").unwrap(), read("").unwrap()), (Some(1), Some(500), None));
    for value in ["0", "501", "-1", "abc", "1.0", "99999999999999999999"] {
        let error = read(value).unwrap_err();
        assert!(error.details()[0].long_message().ends_with("It must be 1 to 500."), "{value}");
    }
}

#[test]
fn rejected_values_of_a_list_name_the_allowed_values() {
    let long = |error: Error| error.details()[0].long_message().to_owned();
    let error = QueryReader::parse("order_by=created_at%20desc").user_query().unwrap_err();
    assert!(long(error).contains("Allowed values: created_at, updated_at, "));
    let error = QueryReader::parse("banned=yes").user_filter().unwrap_err();
    assert!(long(error).ends_with("Allowed values: true, false"));
}
