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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, codes};
    use crate::model::ScimProvisioning;
    use crate::rules::tests::{assert_rejected, empty_account, full_account};

    #[test]
    fn delete_returns_the_id_and_the_external_id() {
        let mut expected = DeletedObject::new("user", "user_1");
        assert_eq!(delete(&empty_account()).unwrap(), expected);
        expected.external_id = Some("external-1".into());
        assert_eq!(delete(&full_account()).unwrap(), expected);
    }

    #[test]
    fn delete_rejects_user_managed_by_scim() {
        let mut account = full_account();
        account.user.scim = Some(ScimProvisioning::new("dir_1"));
        assert_rejected(delete(&account), ErrorKind::Conflict, &[(codes::USER_MANAGED_BY_SCIM, None)]);
    }
}
