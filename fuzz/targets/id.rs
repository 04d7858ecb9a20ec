//! Ids and secret keys: any text is kept or rejected, and valid values are safe in URLs and logs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use user_directory::model::OAuthProvider;
use user_directory::{SecretKey, UserId};

fuzz_target!(|text: &str| {
    match UserId::new(text) {
        Ok(id) => {
            assert_eq!(id.as_str(), text);
            assert_eq!(serde_json::from_value::<UserId>(text.into()).expect("a valid id decodes"), id);
            assert!(!text.contains(|c: char| "/\\?#%\u{2028}\u{2029}".contains(c) || c.is_control()));
            assert!(!["", ".", ".."].contains(&text) && text.len() <= user_directory::model::MAX_ID_BYTES);
        }
        Err(_) => assert!(serde_json::from_value::<OAuthProvider>(text.into()).is_err()),
    }
    match SecretKey::new(text) {
        Ok(key) => {
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(text.len() < 24 || !format!("{key:?}").contains(text));
        }
        // A text with spaces may be a part of the message.
        Err(error) => assert!(text.len() < 24 || text.contains(' ') || !format!("{error} {error:?}").contains(text)),
    }
});
