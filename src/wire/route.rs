//! The HTTP method and path of each operation.

use crate::operation::Operation;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// Returns the method name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The HTTP method and path of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path relative to the base URL, with parameters in braces.
    pub path: &'static str,
}

impl Route {
    /// Returns the route of an operation.
    #[must_use]
    pub const fn of(operation: Operation) -> Self {
        use Method::{Delete, Get, Patch, Post, Put};
        let (method, path) = match operation {
            Operation::List => (Get, "/users"),
            Operation::Count => (Get, "/users/count"),
            Operation::Create => (Post, "/users"),
            Operation::Get => (Get, "/users/{user_id}"),
            Operation::Update => (Patch, "/users/{user_id}"),
            Operation::Delete => (Delete, "/users/{user_id}"),
            Operation::Ban => (Post, "/users/{user_id}/ban"),
            Operation::Unban => (Post, "/users/{user_id}/unban"),
            Operation::Lock => (Post, "/users/{user_id}/lock"),
            Operation::Unlock => (Post, "/users/{user_id}/unlock"),
            Operation::SetProfileImage => (Post, "/users/{user_id}/profile_image"),
            Operation::DeleteProfileImage => (Delete, "/users/{user_id}/profile_image"),
            Operation::UpdateMetadata => (Patch, "/users/{user_id}/metadata"),
            Operation::GetOAuthAccessToken => (Get, "/users/{user_id}/oauth_access_tokens/{provider}"),
            Operation::GetOrganizationMemberships => (Get, "/users/{user_id}/organization_memberships"),
            Operation::GetOrganizationInvitations => (Get, "/users/{user_id}/organization_invitations"),
            Operation::VerifyPassword => (Post, "/users/{user_id}/verify_password"),
            Operation::VerifyTotp => (Post, "/users/{user_id}/verify_totp"),
            Operation::DisableMfa => (Delete, "/users/{user_id}/mfa"),
            Operation::DeleteTotp => (Delete, "/users/{user_id}/totp"),
            Operation::DeleteBackupCodes => (Delete, "/users/{user_id}/backup_code"),
            Operation::DeletePasskey => (Delete, "/users/{user_id}/passkeys/{passkey_identification_id}"),
            Operation::DeleteWeb3Wallet => (Delete, "/users/{user_id}/web3_wallets/{web3_wallet_identification_id}"),
            Operation::DeleteExternalAccount => (Delete, "/users/{user_id}/external_accounts/{external_account_id}"),
            Operation::ReplaceMetadata => (Put, "/users/{user_id}/metadata"),
            Operation::BulkBan => (Post, "/users/ban"),
            Operation::BulkUnban => (Post, "/users/unban"),
            Operation::RemovePassword => (Post, "/users/{user_id}/remove_password"),
            Operation::SetPasswordCompromised => (Post, "/users/{user_id}/password/set_compromised"),
            Operation::UnsetPasswordCompromised => (Post, "/users/{user_id}/password/unset_compromised"),
            Operation::ReplaceEmailAddress => (Put, "/users/{user_id}/email_address"),
            Operation::ReplacePhoneNumber => (Put, "/users/{user_id}/phone_number"),
            Operation::ListTrustedDevices => (Get, "/users/{user_id}/trusted_devices"),
            Operation::RevokeTrustedDevice => (Delete, "/users/{user_id}/trusted_devices/{trusted_device_id}"),
            Operation::GetBillingSubscription => (Get, "/users/{user_id}/billing/subscription"),
            Operation::GetBillingCreditBalance => (Get, "/users/{user_id}/billing/credits"),
            Operation::AdjustBillingCreditBalance => (Post, "/users/{user_id}/billing/credits"),
        };
        Self { method, path }
    }
}

/// Returns `true` if `/users/{id}` collides with a fixed path of the API, such as `/users/count`.
///
/// A request for a user with such an id could be routed to a different operation. Clerk does not assign such ids.
#[must_use]
pub fn is_reserved_user_id(id: &str) -> bool {
    matches!(id, "ban" | "count" | "unban")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_its_own_route() {
        let routes: BTreeSet<_> = Operation::ALL.iter().map(|operation| Route::of(*operation)).collect();
        assert_eq!(routes.len(), Operation::ALL.len());
    }

    #[test]
    fn every_route_begins_with_users() {
        for operation in Operation::ALL {
            assert_eq!(Route::of(*operation).path.split('/').nth(1), Some("users"), "{operation}");
        }
    }

    #[test]
    fn names_in_paths_are_reserved_user_ids() {
        let names = Operation::ALL.iter().filter_map(|operation| Route::of(*operation).path.split('/').nth(2));
        let names: BTreeSet<_> = names.filter(|name| !name.starts_with('{')).collect();
        assert_eq!(names, BTreeSet::from(["ban", "count", "unban"]));
        assert!(names.iter().all(|id| is_reserved_user_id(id)));
        for id in ["user_1", "metadata", "users", "{user_id}", "Count"] {
            assert!(!is_reserved_user_id(id), "{id}");
        }
    }

    #[test]
    fn read_only_operations_are_get_requests_and_verify_password() {
        for operation in Operation::ALL {
            let reads = Route::of(*operation).method == Method::Get || *operation == Operation::VerifyPassword;
            assert_eq!(operation.is_read_only(), reads, "{operation}");
        }
    }
}
