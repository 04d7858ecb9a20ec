//! A `Debug` implementation for request types that shows only the fields that are set.

use std::fmt::{Debug, DebugStruct};

/// Implements `Debug` for a request type. Fields with their default values are omitted.
///
/// The list must contain every field of the type. A missing field is a compile error.
macro_rules! debug_set_fields {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self { $($field),+ } = self;
                let mut output = f.debug_struct(stringify!($name));
                $($crate::model::debug::field(&mut output, stringify!($field), $field);)+
                output.finish()
            }
        }
    };
}
pub(crate) use debug_set_fields;

pub(crate) fn field<T: Debug + Default + PartialEq>(output: &mut DebugStruct<'_, '_>, name: &str, value: &T) {
    if *value != T::default() {
        output.field(name.trim_start_matches("r#"), value);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{
        EmailAddressReplacement, InvitationQuery, InvitationStatus, Metadata, MetadataReplacement, MetadataUpdate,
        NewUser, OrderBy, OrderField, Page, Password, PhoneNumberReplacement, TotpSecret, UserFilter, UserQuery,
        UserUpdate,
    };

    #[test]
    fn debug_of_new_user_shows_only_set_fields_and_no_secrets() {
        assert_eq!(format!("{:?}", NewUser::new()), "NewUser");
        let ada = NewUser::new()
            .email_address("ada@example.com")
            .password(Password::new("correct horse"))
            .totp_secret(TotpSecret::new("JBSWY3DPEHPK3PXP"))
            .backup_codes(["spring-rain"])
            .private_metadata(Metadata::new(&serde_json::json!({ "ssn": "123" })).unwrap())
            .banned(false);
        assert_eq!(
            format!("{ada:?}"),
            "NewUser { \
             email_addresses: [NewIdentifier { value: \"ada@example.com\", status: Verified }], \
             password: Some(Plain(Password([REDACTED]))), \
             totp_secret: Some(TotpSecret([REDACTED])), \
             backup_codes: [BackupCode([REDACTED])], \
             metadata: UserMetadata { private: Metadata(13 bytes) }, \
             banned: Some(false) }"
        );
    }

    #[test]
    fn debug_of_user_update_shows_cleared_and_set_fields() {
        let update = UserUpdate::new().first_name("Ada").clear_last_name().password(Password::new("correct horse"));
        assert_eq!(
            format!("{update:?}"),
            "UserUpdate { first_name: Set(\"Ada\"), last_name: Clear, password: Some(Plain(Password([REDACTED]))) }"
        );
        assert_eq!(format!("{:?}", UserUpdate::new()), "UserUpdate");
    }

    #[test]
    fn debug_of_user_query_shows_only_set_fields() {
        let none: [&str; 0] = [];
        let query = UserQuery::new()
            .filter(UserFilter::new().usernames(none).exclude_external_ids(["a"]))
            .order_by(OrderBy::ascending(OrderField::Username))
            .limit(5);
        assert_eq!(
            format!("{query:?}"),
            "UserQuery { \
             filter: UserFilter { usernames: Some([]), external_ids: Selection { include: None, exclude: [\"a\"] } }, \
             order_by: Some(OrderBy { field: Username, direction: Ascending }), \
             page: Page { limit: Some(5) } }"
        );
        assert_eq!(format!("{:?}", UserQuery::new()), "UserQuery");
    }

    #[test]
    fn debug_of_other_requests_shows_only_set_fields() {
        let metadata = Metadata::default();
        for (shown, expected) in [
            (format!("{:?}", Page::new().offset(7)), "Page { offset: Some(7) }"),
            (
                format!("{:?}", InvitationQuery::new().status(InvitationStatus::Pending)),
                "InvitationQuery { status: Some(Pending) }",
            ),
            (
                format!("{:?}", MetadataUpdate::new().r#unsafe(metadata.clone())),
                "MetadataUpdate { unsafe: Some(Metadata(2 bytes)) }",
            ),
            (
                format!("{:?}", MetadataReplacement::new().public(metadata)),
                "MetadataReplacement { public: Some(Metadata(2 bytes)) }",
            ),
            (
                format!("{:?}", EmailAddressReplacement::new("ada@example.com")),
                "EmailAddressReplacement { email_address: \"ada@example.com\" }",
            ),
            (
                format!("{:?}", PhoneNumberReplacement::new("+15550100123")),
                "PhoneNumberReplacement { phone_number: \"+15550100123\" }",
            ),
        ] {
            assert_eq!(shown, expected);
        }
    }
}
