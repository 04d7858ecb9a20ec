//! What an answer may be besides users: any bytes are one or an error, and what is written is read as the same.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use user_directory::wire::status;
use user_directory::{
    DeletedObject, EmailAddress, ErrorDetail, OAuthAccessToken, OrganizationInvitation, OrganizationMembership,
    Paginated, PhoneNumber, TrustedDevice, Verification,
};

fn read<T: DeserializeOwned>(bytes: &[u8], value: Option<&Value>) -> Option<T> {
    let answer = serde_json::from_slice::<T>(bytes);
    if let Some(value) = value {
        // Not the other way round: of a field that is there twice a `Value` has the last only, and so it can be read.
        assert!(answer.is_err() || serde_json::from_value::<T>(value.clone()).is_ok());
    }
    answer.ok()
}

fn read_and_write<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &[u8], value: Option<&Value>) {
    if let Some(answer) = read::<T>(bytes, value) {
        let written = serde_json::to_string(&answer).expect("an answer can be written");
        assert_eq!(serde_json::from_str::<T>(&written).expect("what was written can be read"), answer);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let value = serde_json::from_slice::<Value>(bytes).ok();
    let value = value.as_ref();
    read_and_write::<DeletedObject>(bytes, value);
    read_and_write::<EmailAddress>(bytes, value);
    read_and_write::<Paginated<OrganizationMembership>>(bytes, value);
    read_and_write::<Paginated<OrganizationInvitation>>(bytes, value);
    read_and_write::<Paginated<TrustedDevice>>(bytes, value);
    read_and_write::<TrustedDevice>(bytes, value);
    read_and_write::<Verification>(bytes, value);
    read_and_write::<Subscription>(bytes, value);
    read_and_write::<CreditBalance>(bytes, value);
    read_and_write::<CreditLedgerEntry>(bytes, value);
    // Secrets are not written.
    read::<PhoneNumber>(bytes, value);
    read::<Paginated<OAuthAccessToken>>(bytes, value);
    if let Some(error) = read::<ErrorDetail>(bytes, value) {
        for status in [400, 404, 409, 422, 503] {
            let error = status::error(status, vec![error.clone()]);
            assert!(!format!("{error} {error:?}").contains('\n'));
        }
        read_and_write::<ErrorDetail>(bytes, value);
    }
});
