//! A directory whose lists take a while: each is asked for when it is polled for the second time.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use user_directory::{InMemoryUserDirectory, Result, User, UserDirectory, UserQuery};

#[derive(Debug, Default)]
pub struct Slow {
    pub inner: InMemoryUserDirectory,
    /// How many lists were begun, and how many were finished.
    pub begun: AtomicUsize,
    pub finished: AtomicUsize,
    /// The most lists that were on their way at a time.
    pub most: AtomicUsize,
}

impl Slow {
    fn inner(&self) -> &InMemoryUserDirectory {
        &self.inner
    }

    pub fn lists(&self) -> (usize, usize) {
        (self.begun.load(Ordering::SeqCst), self.finished.load(Ordering::SeqCst))
    }
}

#[user_directory::async_trait]
impl UserDirectory for Slow {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(begun - self.finished.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let answer = self.inner.list(query).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        answer
    }

    user_directory::forward_operations! { Self::inner =>
        count, create, get, update, delete, ban, unban, lock, unlock, set_profile_image, delete_profile_image,
        update_metadata, get_oauth_access_token, get_organization_memberships, get_organization_invitations,
        verify_password, verify_totp, disable_mfa, delete_totp, delete_backup_codes, delete_passkey,
        delete_web3_wallet, delete_external_account, replace_metadata, bulk_ban, bulk_unban, remove_password,
        set_password_compromised, unset_password_compromised, replace_email_address, replace_phone_number,
        list_trusted_devices, revoke_trusted_device, get_billing_subscription, get_billing_credit_balance,
        adjust_billing_credit_balance
    }
}
