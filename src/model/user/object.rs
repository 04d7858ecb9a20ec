//! Fields that distinguish a user from other objects during decoding. They contain no data.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::NOT_A_USER;
use crate::model::lenient::optional;
use crate::model::text::Text;

const USER: &str = "user";

/// The type of the object. Decoding fails for types other than `user`. Values that are not strings are ignored.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct UserObject;

impl fmt::Debug for UserObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        USER.fmt(f)
    }
}

impl Serialize for UserObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(USER)
    }
}

impl<'de> Deserialize<'de> for UserObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object: Option<Text> = optional(deserializer)?;
        if object.is_some_and(|object| !object.is_empty() && object != USER) { Err(not_a_user()) } else { Ok(Self) }
    }
}

/// Whether the user was deleted. Decoding fails for `true`.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct NotDeleted;

impl fmt::Debug for NotDeleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        false.fmt(f)
    }
}

impl<'de> Deserialize<'de> for NotDeleted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if optional(deserializer)? == Some(true) { Err(not_a_user()) } else { Ok(Self) }
    }
}

fn not_a_user<E: serde::de::Error>() -> E {
    E::custom(NOT_A_USER)
}

#[cfg(test)]
mod tests {
    use crate::model::User;

    #[test]
    fn user_is_decoded_if_the_type_is_missing_or_invalid() {
        for json in [
            r#"{"id":"user_1"}"#,
            r#"{"object":"user","id":"user_1","deleted":false}"#,
            r#"{"object":null,"id":"user_1","deleted":null}"#,
            r#"{"object":"","id":"user_1","deleted":""}"#,
            r#"{"object":["user"],"id":"user_1","deleted":"no"}"#,
        ] {
            let user: User = serde_json::from_str(json).unwrap();
            assert_eq!(user, User::new("user_1".parse().unwrap()), "{json}");
        }
    }

    #[test]
    fn deleted_users_and_other_objects_are_not_decoded_as_users() {
        for json in [
            r#"{"deleted":true,"id":"user_1","object":"user"}"#,
            r#"{"object":"user","id":"user_1","external_id":"x","deleted":true}"#,
            r#"{"object":"event","id":"user_1","data":{"object":"user","id":"user_1"}}"#,
            r#"{"id":"org_1","object":"organization"}"#,
        ] {
            let error = serde_json::from_str::<User>(json).unwrap_err();
            assert!(error.to_string().starts_with("the object is not a user"), "{error}");
        }
    }

    #[test]
    fn user_is_encoded_with_its_type() {
        let json = serde_json::to_value(User::new("user_1".parse().unwrap())).unwrap();
        assert_eq!(json["object"], "user");
        assert_eq!(json.get("deleted"), None);
    }
}
