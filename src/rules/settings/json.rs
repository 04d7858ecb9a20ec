//! Reads instance settings from JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;
use crate::rules::password_hash::BCRYPT_COSTS;
use crate::rules::validation::MAX_PASSWORD_BYTES;

/// Parses a JSON object. Returns the reason if the text is not a JSON object.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().chars().next() {
        Some('{') => serde_json::from_str(text)
            .map_err(|error| Error::decode(&error).message().unwrap_or("malformed JSON").to_owned()),
        Some(_) => Err("the text is not a JSON object".to_owned()),
        None => Err("the text is empty; it must be a JSON object".to_owned()),
    }
}

/// Returns a description of the allowed values of a setting, or `None` if the setting is unknown.
pub(super) fn allowed_values(name: &str) -> Option<Cow<'static, str>> {
    Some(match name {
        "email_address" | "phone_number" | "username" | "web3_wallet" | "password" | "first_name" | "last_name" => {
            "`off`, `optional` or `required`".into()
        }
        "directory_managed" => "a list of attributes, such as `first_name`".into(),
        "min_username_length" | "max_username_length" => format!("an integer from 0 to {}", usize::MAX).into(),
        "max_verification_attempts" => format!("an integer from 0 to {}", u64::MAX).into(),
        "min_password_length" => format!("an integer from 0 to {MAX_PASSWORD_BYTES}").into(),
        "bcrypt_cost" => {
            let (min, max) = BCRYPT_COSTS.into_inner();
            format!("an integer from {min} to {max}, or `null`").into()
        }
        "max_users" => format!("an integer from 0 to {}, or `null`", usize::MAX).into(),
        "lockout_duration_in_seconds" => "a positive number of seconds, or `null` if locks do not expire".into(),
        "leaked_passwords" => "a list of strings".into(),
        "oauth_providers" => "a list of OAuth providers, or `null`".into(),
        "instance_id" => "an id, or `null`".into(),
        "extended_username_characters"
        | "require_uppercase"
        | "require_lowercase"
        | "require_number"
        | "require_special_character"
        | "unknown_password_hashers"
        | "lockout"
        | "bans"
        | "billing"
        | "organizations"
        | "trusted_devices" => "`true` or `false`".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::InstanceSettings;

    #[test]
    fn invalid_value_of_every_setting_is_rejected_with_the_allowed_values() {
        let settings = InstanceSettings::new();
        let all = serde_json::to_value(&settings).unwrap();
        for name in all.as_object().unwrap().keys() {
            let allowed = allowed_values(name).unwrap_or_else(|| panic!("{name} is missing"));
            for value in ["{}", "[[]]", "-1"] {
                let error = settings.with_json(&format!("{{\"{name}\": {value}}}")).unwrap_err();
                let expected = format!("invalid instance settings: `{name}` must be {allowed}");
                assert_eq!(error.message(), Some(&*expected), "{value}");
            }
        }
    }

    #[test]
    fn text_that_is_not_an_object_is_rejected() {
        for (text, why) in [
            ("", "the text is empty; it must be a JSON object"),
            (" \n", "the text is empty; it must be a JSON object"),
            ("[]", "the text is not a JSON object"),
            ("\"off\"", "the text is not a JSON object"),
            ("bans=true", "the text is not a JSON object"),
            ("{\n\"bans\": tru\n}", "malformed JSON at the end of line 2"),
            ("{\"bans\": true,}", "malformed JSON at line 1 column 15"),
            ("{\"bans\": true\n", "unexpected end of the document at the end of line 1"),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text:?}");
        }
        assert_eq!(parse("\u{feff}{\"bans\": true}").unwrap().len(), 1);
    }
}
