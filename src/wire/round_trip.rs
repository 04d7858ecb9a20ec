//! Round trips: the server decodes the client's requests, and the client decodes the server's responses.
#![allow(clippy::redundant_closure_for_method_calls, reason = "the path of a method is bound to one lifetime")]

mod arbitrary;

use std::fmt::Debug;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{MetadataReplacement, Paginated, PasswordVerification, TotpCode, TotpVerification, lenient};
use crate::wire::ApiVersion;
use crate::wire::body::{
    CreditAdjustmentBody, EmailAddressReplacementBody, MetadataReplacementBody, MetadataUpdateBody, NewUserBody,
    PhoneNumberReplacementBody, RemovePasswordBody, SetPasswordCompromisedBody, UserIdsBody, UserUpdateBody,
    VerifyPasswordBody, VerifyTotpBody, read_credit_adjustment, read_email_address_replacement,
    read_metadata_replacement, read_metadata_update, read_new_user, read_phone_number_replacement,
    read_remove_password, read_set_password_compromised, read_user_ids, read_user_update, read_verify_password,
    read_verify_totp,
};
use crate::wire::query::{QueryReader, QueryWriter};
use crate::wire::response::{
    CountBody, ErrorBody, OAuthTokenBody, ResourcePageBody, UserIdBody, VerificationBody, read_password_verification,
    read_totp_verification, response_details, write_error_body, write_password_verification, write_totp_verification,
};
use crate::wire::status;
use arbitrary::Arbitrary;

const CASES: u64 = 500;

fn for_each_case(mut check: impl FnMut(&mut Arbitrary)) {
    for seed in 0..CASES {
        // Printed if the check fails.
        println!("seed {seed}");
        check(&mut Arbitrary::new(seed));
    }
}

/// Checks that the server reads `value` from the body that the client writes.
#[track_caller]
fn assert_body<T: PartialEq + Debug>(value: &T, body: &impl Serialize, read: impl Fn(&[u8]) -> Result<T>) {
    let json = serde_json::to_string(body).unwrap();
    let result = read(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(result, *value, "{json}");
}

/// Checks that the server reads `value` from the query that the client writes, and uses all parameters.
#[track_caller]
fn assert_query<T: PartialEq + Debug>(
    value: &T,
    query: &QueryWriter<'_>,
    read: impl Fn(&mut QueryReader<'_>) -> Result<T>,
) {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(query.pairs()).finish();
    let mut reader = QueryReader::parse(&text);
    let result = read(&mut reader).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(result, *value, "{text}");
    assert!(reader.ignored().is_empty(), "{text}");
}

/// Decodes a response as the client does.
#[track_caller]
fn decode<T: serde::de::DeserializeOwned>(body: &impl Serialize) -> T {
    let json = serde_json::to_string(body).unwrap();
    lenient::document(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn user_bodies_round_trip() {
    for_each_case(|any| {
        let new_user = any.new_user();
        assert_body(&new_user, &NewUserBody(&new_user), read_new_user);
        let update = any.user_update();
        for version in ApiVersion::ALL {
            let expected = (update.clone(), MetadataReplacement::new());
            assert_body(&expected, &UserUpdateBody(&update), |body| read_user_update(body, version));
        }
        let user_ids = any.user_ids();
        assert_body(&user_ids, &UserIdsBody(&user_ids), read_user_ids);
    });
}

#[test]
fn metadata_bodies_round_trip() {
    for_each_case(|any| {
        let update = any.metadata_update();
        assert_body(&update, &MetadataUpdateBody(&update), read_metadata_update);
        let replacement = any.metadata_replacement();
        assert_body(&replacement, &MetadataReplacementBody(&replacement), read_metadata_replacement);
    });
}

#[test]
fn identifier_and_credit_bodies_round_trip() {
    for_each_case(|any| {
        let email = any.email_address_replacement();
        assert_body(&email, &EmailAddressReplacementBody(&email), read_email_address_replacement);
        let phone = any.phone_number_replacement();
        assert_body(&phone, &PhoneNumberReplacementBody(&phone), read_phone_number_replacement);
        let adjustment = any.credit_adjustment();
        assert_body(&adjustment, &CreditAdjustmentBody(&adjustment), read_credit_adjustment);
    });
}

#[test]
fn password_and_code_bodies_round_trip() {
    for_each_case(|any| {
        let password = any.password();
        assert_body(&password, &VerifyPasswordBody(&password), read_verify_password);
        let code = TotpCode::new(any.text());
        assert_body(&code, &VerifyTotpBody(&code), read_verify_totp);
        let sessions = any.sessions();
        assert_body(&sessions, &RemovePasswordBody(sessions), read_remove_password);
        assert_body(&sessions, &SetPasswordCompromisedBody(sessions), read_set_password_compromised);
    });
}

#[test]
fn queries_round_trip() {
    for_each_case(|any| {
        let query = any.user_query();
        assert_query(&query, &QueryWriter::user_query(&query), |query| query.user_query());
        let filter = any.user_filter();
        assert_query(&filter, &QueryWriter::user_filter(&filter), |query| query.user_filter());
        let page = any.page();
        assert_query(&page, &QueryWriter::page(&page), |query| query.page());
        let is_paginated = page != crate::Page::new();
        assert_query(&(page, is_paginated), &QueryWriter::token_page(&page), |query| query.token_page());
        let query = any.invitation_query();
        assert_query(&query, &QueryWriter::invitation_query(&query), |query| query.invitation_query());
    });
}

#[test]
fn count_and_id_responses_round_trip() {
    for_each_case(|any| {
        let total_count = any.u64();
        assert_eq!(decode::<CountBody>(&CountBody { total_count }).total_count, total_count);
        let user_id: crate::UserId = any.id();
        let body = UserIdBody { user_id };
        assert_eq!(decode::<UserIdBody>(&body).user_id, body.user_id);
    });
}

#[test]
fn verification_responses_round_trip() {
    // A rejection is an error response, so the client also receives its status.
    fn received(response: Result<VerificationBody>) -> Result<VerificationBody> {
        response.map(|body| decode(&body)).map_err(|error| {
            let status = status::status_of(&error);
            error.with_status(status)
        })
    }

    for verification in [PasswordVerification::Correct, PasswordVerification::Incorrect] {
        let response = received(write_password_verification(verification));
        assert_eq!(read_password_verification(response).unwrap(), verification);
    }
    for verification in
        [TotpVerification::Totp, TotpVerification::BackupCode, TotpVerification::OtherCode, TotpVerification::Incorrect]
    {
        assert_eq!(
            read_totp_verification(received(write_totp_verification(verification, &TotpCode::new("123456")))).unwrap(),
            verification
        );
    }
    let other = || Error::new(ErrorKind::InvalidInput).with_status(422);
    assert!(read_password_verification(Err(other())).is_err());
    assert!(read_totp_verification(Err(other())).is_err());
}

#[test]
fn oauth_token_responses_round_trip() {
    for_each_case(|any| {
        let tokens = any.list(0, Arbitrary::oauth_access_token);
        let body: Vec<_> = tokens.iter().map(OAuthTokenBody::new).collect();
        assert_eq!(decode::<Vec<crate::model::OAuthAccessToken>>(&body), tokens);
        assert_eq!(
            decode::<ResourcePageBody<crate::model::OAuthAccessToken>>(&Paginated::new(body, any.u64())).data,
            tokens
        );
    });
}

#[test]
fn error_responses_round_trip() {
    for_each_case(|any| {
        let kind =
            any.one_of(&[ErrorKind::InvalidInput, ErrorKind::Conflict, ErrorKind::NotFound, ErrorKind::Forbidden]);
        let details = any.list(1, Arbitrary::error_detail);
        let error = Error::rejected(kind, details.clone());
        let body = write_error_body(&response_details(&error), "trace_1");
        let ErrorBody { details: received, trace_id, is_from_api } = ErrorBody::read(&body);
        assert_eq!((received, trace_id.as_deref(), is_from_api), (details, Some("trace_1"), true));
    });
}

#[test]
fn error_responses_without_details_round_trip() {
    for kind in [ErrorKind::NotFound, ErrorKind::Locked, ErrorKind::RateLimited, ErrorKind::Unavailable] {
        let error = Error::new(kind);
        let body = write_error_body(&response_details(&error), "trace_1");
        let received = status::error(status::status_of(&error), ErrorBody::read(&body).details);
        assert_eq!((received.kind(), received.details().len()), (kind, 1));
    }
}
