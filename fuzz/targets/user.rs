//! Users and pages of them: any bytes are users or an error, whichever way serde reads them, and what is written of a user
//! is read as the same user.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use user_directory::{InMemoryUserDirectory, User};

/// A field that is there twice is an error, and not to be seen in a `Value`.
fn has_twice<T>(outcome: &serde_json::Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.to_string().starts_with("duplicate field"))
}

fuzz_target!(|bytes: &[u8]| {
    let user = serde_json::from_slice::<User>(bytes);
    let page = serde_json::from_slice::<Vec<User>>(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        assert_eq!(serde_json::from_str::<User>(text).ok().as_ref(), user.as_ref().ok());
        // Its errors name a path, which is looked for in the text.
        let loaded = InMemoryUserDirectory::new().load_json(text);
        assert!(loaded.is_err() || user.is_ok() || page.is_ok() || text.trim_start().starts_with('{'));
    }
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        assert!(serde_json::from_value::<User>(value.clone()).is_ok() == user.is_ok() || has_twice(&user));
        assert!(serde_json::from_value::<Vec<User>>(value).is_ok() == page.is_ok() || has_twice(&page));
    }
    for mut user in user.into_iter().chain(page.into_iter().flatten()) {
        // Secrets are not written.
        user.phone_numbers.iter_mut().for_each(|phone| phone.backup_codes.clear());
        let written = serde_json::to_string(&user).expect("a user can be written");
        assert_eq!(serde_json::from_str::<User>(&written).expect("what was written can be read"), user);
        let _ = (user.metadata(), user.mfa_state(), user.full_name(), user.primary_email_address());
    }
});
