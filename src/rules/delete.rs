//! `delete`.

use super::rejection;
use crate::account::Account;
use crate::error::Result;
use crate::model::DeletedObject;

/// Checks that the user can be deleted, and returns the result of the deletion.
pub(crate) fn delete(account: &Account) -> Result<DeletedObject> {
    if account.user.scim.is_some() {
        return Err(rejection::managed_by_scim());
    }
    let mut deleted = DeletedObject::new("user", account.user.id.as_str());
    deleted.external_id.clone_from(&account.user.external_id);
    Ok(deleted)
}
