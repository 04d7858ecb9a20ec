//! Responses other than users, and error details: any bytes decode or fail, and encoding round-trips.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use user_directory::ErrorDetail;
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use user_directory::model::{
    DeletedObject, EmailAddress, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, Paginated,
    PhoneNumber, TrustedDevice, Verification,
};
use user_directory::wire::status;

fn read<T: DeserializeOwned>(bytes: &[u8], value: Option<&Value>) -> Option<T> {
    let response = serde_json::from_slice::<T>(bytes);
    if let Some(value) = value {
        // The converse does not hold: a `Value` drops duplicate fields, which are an error in `T`.
        assert!(response.is_err() || serde_json::from_value::<T>(value.clone()).is_ok());
    }
    response.ok()
}

fn round_trip<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8], value: Option<&Value>) {
    if let Some(response) = read::<T>(bytes, value) {
        let encoded = serde_json::to_string(&response).expect("a response can be encoded");
        assert_eq!(serde_json::from_str::<T>(&encoded).expect("an encoded response can be decoded"), response);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let value = serde_json::from_slice::<Value>(bytes).ok();
    let value = value.as_ref();
    round_trip::<DeletedObject>(bytes, value);
    round_trip::<EmailAddress>(bytes, value);
    round_trip::<Paginated<OrganizationMembership>>(bytes, value);
    round_trip::<Paginated<OrganizationInvitation>>(bytes, value);
    round_trip::<Paginated<TrustedDevice>>(bytes, value);
    round_trip::<TrustedDevice>(bytes, value);
    round_trip::<Verification>(bytes, value);
    round_trip::<Subscription>(bytes, value);
    round_trip::<CreditBalance>(bytes, value);
    round_trip::<CreditLedgerEntry>(bytes, value);
    // Secrets are never encoded.
    read::<PhoneNumber>(bytes, value);
    read::<Paginated<OAuthAccessToken>>(bytes, value);
    if let Some(error) = read::<ErrorDetail>(bytes, value) {
        for status in [400, 404, 409, 422, 503] {
            let error = status::error(status, vec![error.clone()]);
            assert!(!format!("{error} {error:?}").contains('\n'));
        }
        round_trip::<ErrorDetail>(bytes, value);
    }
});
