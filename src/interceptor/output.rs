//! [`OperationOutput`]: the result types of the operations.

use std::slice;

use crate::model::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use crate::model::{
    DeletedObject, EmailAddress, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, Paginated,
    PasswordVerification, PhoneNumber, TotpVerification, TrustedDevice, User, UserId,
};

/// A trait for the result types of [`UserDirectory`](crate::UserDirectory) operations.
///
/// This trait is sealed. It is implemented for the result type of every operation.
pub trait OperationOutput: sealed::Sealed + Send + Sync + 'static {
    /// Returns the users in the result.
    ///
    /// For `User`, the slice contains the user. For `Vec<User>`, it contains all elements. For all other types, it is
    /// empty.
    ///
    /// ```
    /// use user_directory::interceptor::OperationOutput;
    /// use user_directory::{User, UserId};
    ///
    /// let ada = User::new(UserId::new("user_1")?);
    /// assert_eq!(ada.users()[0].id, ada.id);
    /// assert_eq!(vec![ada.clone(), ada].users().len(), 2);
    /// assert!(7_u64.users().is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    fn users(&self) -> &[User] {
        &[]
    }
}

mod sealed {
    pub trait Sealed {}
}

impl OperationOutput for User {
    fn users(&self) -> &[User] {
        slice::from_ref(self)
    }
}

impl OperationOutput for Vec<User> {
    fn users(&self) -> &[User] {
        self
    }
}

impl OperationOutput for u64 {}
impl OperationOutput for UserId {}
impl OperationOutput for DeletedObject {}
impl OperationOutput for Vec<OAuthAccessToken> {}
impl OperationOutput for Paginated<OrganizationMembership> {}
impl OperationOutput for Paginated<OrganizationInvitation> {}
impl OperationOutput for PasswordVerification {}
impl OperationOutput for TotpVerification {}
impl OperationOutput for EmailAddress {}
impl OperationOutput for PhoneNumber {}
impl OperationOutput for TrustedDevice {}
impl OperationOutput for Paginated<TrustedDevice> {}
impl OperationOutput for Subscription {}
impl OperationOutput for CreditBalance {}
impl OperationOutput for CreditLedgerEntry {}

impl sealed::Sealed for User {}
impl sealed::Sealed for Vec<User> {}
impl sealed::Sealed for u64 {}
impl sealed::Sealed for UserId {}
impl sealed::Sealed for DeletedObject {}
impl sealed::Sealed for Vec<OAuthAccessToken> {}
impl sealed::Sealed for PasswordVerification {}
impl sealed::Sealed for TotpVerification {}
impl sealed::Sealed for EmailAddress {}
impl sealed::Sealed for PhoneNumber {}
impl sealed::Sealed for TrustedDevice {}
impl<T> sealed::Sealed for Paginated<T> {}
impl sealed::Sealed for Subscription {}
impl sealed::Sealed for CreditBalance {}
impl sealed::Sealed for CreditLedgerEntry {}
