//! Users and pages of users: any bytes decode or fail, with the same result for bytes, text and `Value`, and encoding
//! round-trips.
#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use user_directory::{InMemoryUserDirectory, User};

thread_local! {
    static RUNTIME: LazyCell<Runtime> = LazyCell::new(|| Builder::new_current_thread().build().expect("a runtime"));
}

fuzz_target!(|bytes: &[u8]| {
    let user = serde_json::from_slice::<User>(bytes);
    let page = serde_json::from_slice::<Vec<User>>(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        assert_eq!(serde_json::from_str::<User>(text).ok().as_ref(), user.as_ref().ok());
        // Errors of `load_json` name a path, which is computed from the text.
        let directory = InMemoryUserDirectory::permissive();
        let loaded = RUNTIME.with(|runtime| runtime.block_on(directory.load_json(text)));
        assert!(loaded.is_err() || user.is_ok() || page.is_ok() || text.trim_start().starts_with('{'));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        // The converse does not hold: a `Value` drops duplicate fields, which are an error in `User`.
        assert!(user.is_err() || serde_json::from_value::<User>(value.clone()).is_ok());
        assert!(page.is_err() || serde_json::from_value::<Vec<User>>(value).is_ok());
    }
    for mut user in user.into_iter().chain(page.into_iter().flatten()) {
        // Secrets are never encoded.
        user.phone_numbers.iter_mut().for_each(|phone| phone.backup_codes.clear());
        let encoded = serde_json::to_string(&user).expect("a user can be encoded");
        assert_eq!(serde_json::from_str::<User>(&encoded).expect("an encoded user can be decoded"), user);
        let _ = (user.metadata(), user.mfa_state(), user.full_name(), user.primary_email_address());
    }
});
