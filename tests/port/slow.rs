//! A directory whose `list` calls complete on the second poll.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use user_directory::{InMemoryUserDirectory, Result, User, UserDirectory, UserQuery};

#[derive(Debug, Default)]
pub struct Slow {
    pub inner: InMemoryUserDirectory,
    /// The numbers of started and finished `list` calls.
    pub started: AtomicUsize,
    pub finished: AtomicUsize,
    /// The maximum number of concurrent `list` calls.
    pub max_concurrent: AtomicUsize,
}

impl Slow {
    fn inner(&self) -> &InMemoryUserDirectory {
        &self.inner
    }

    pub fn lists(&self) -> (usize, usize) {
        (self.started.load(Ordering::SeqCst), self.finished.load(Ordering::SeqCst))
    }
}

#[user_directory::async_trait]
impl UserDirectory for Slow {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let started = self.started.fetch_add(1, Ordering::SeqCst) + 1;
        self.max_concurrent.fetch_max(started - self.finished.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let result = self.inner.list(query).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        result
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
