//! Each decorator around a directory that conforms.

use std::collections::HashSet;
use std::time::Duration;

use crate::conforms::{assert_conforms, tell};
use user_directory::conformance::{Fixture, Outcome, Resource, Suite};
use user_directory::jiff::Timestamp;
use user_directory::{
    CachePolicy, CachedUserDirectory, DeletedObject, FaultyUserDirectory, InMemoryUserDirectory, NewUser, Operation,
    ReadOnlyUserDirectory, RecordingUserDirectory, Result, User, UserDirectory, UserFilter, UserId, async_trait,
};

/// Reads through a guard, and has the suite make and delete its users behind it.
#[derive(Debug)]
struct Prepared {
    guarded: ReadOnlyUserDirectory,
    directory: InMemoryUserDirectory,
}

impl Prepared {
    fn guarded(&self) -> &ReadOnlyUserDirectory {
        &self.guarded
    }
}

#[async_trait]
impl UserDirectory for Prepared {
    user_directory::forward_operations! { Self::guarded =>
        list, count, get, update, ban, unban, lock, unlock, set_profile_image, delete_profile_image, update_metadata,
        get_oauth_access_token, get_organization_memberships, get_organization_invitations, verify_password,
        verify_totp, disable_mfa, delete_totp, delete_backup_codes, delete_passkey, delete_web3_wallet,
        delete_external_account, replace_metadata, bulk_ban, bulk_unban, remove_password, set_password_compromised,
        unset_password_compromised, replace_email_address, replace_phone_number, list_trusted_devices,
        revoke_trusted_device, get_billing_subscription, get_billing_credit_balance, adjust_billing_credit_balance
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        self.directory.create(new_user).await
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        self.directory.delete(user_id).await
    }
}

#[tokio::test]
async fn read_only_conforms_as_far_as_it_goes() {
    let directory = InMemoryUserDirectory::new();
    let behind = RecordingUserDirectory::new(directory.clone());
    let guarded = ReadOnlyUserDirectory::new(behind.clone());

    // Without users there is little that it can be held to.
    let report = Suite::new(&guarded).fixture(&directory).run().await;
    report.assert_conformant();
    assert_eq!(report.passed().count(), 13, "{report}");

    let report = Suite::new(&Prepared { guarded, directory: directory.clone() }).fixture(&directory).run().await;
    report.assert_conformant();
    tell("ReadOnlyUserDirectory", &report);
    assert_eq!(report.passed().count(), 193, "{report}");
    for (behavior, why) in report.not_applicable() {
        assert!(why.to_string().contains("the directory is read-only"), "{behavior:?}: {why}");
    }

    let passed_on: HashSet<_> = behind.calls().iter().map(|call| call.operation).collect();
    let reads: HashSet<_> = Operation::ALL.iter().copied().filter(|operation| operation.is_read_only()).collect();
    assert_eq!(passed_on, reads);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn recording_conforms() {
    let directory = InMemoryUserDirectory::new();
    let users = RecordingUserDirectory::new(directory.clone());
    assert_conforms("RecordingUserDirectory", &users, &directory).await;
    for operation in Operation::ALL {
        assert!(users.times_called(*operation) > 0, "{operation}");
    }
}

#[tokio::test]
async fn faulty_conforms_without_faults() {
    let directory = InMemoryUserDirectory::new();
    assert_conforms("FaultyUserDirectory", &FaultyUserDirectory::new(directory.clone()), &directory).await;
}

/// Arranges things behind the memory, and tells it so, as a webhook would.
struct Telling {
    directory: InMemoryUserDirectory,
    users: CachedUserDirectory,
}

#[async_trait]
impl Fixture for Telling {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.directory.seed(user_id, resource).await?;
        self.users.invalidate(user_id);
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        Fixture::advance_clock(&self.directory, by).await?;
        self.users.invalidate_all();
        Ok(())
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Fixture::now(&self.directory).await
    }
}

/// Reads whom it is about to ask for, so that the memory holds the old user when a write comes.
#[derive(Debug)]
struct Warmed(CachedUserDirectory);

impl Warmed {
    fn users(&self) -> &CachedUserDirectory {
        &self.0
    }

    async fn warm<T>(&self, _: Operation, user_ids: &[UserId], work: impl Future<Output = Result<T>>) -> Result<T> {
        for user_id in user_ids {
            let _ = self.0.get(user_id).await;
        }
        work.await
    }
}

impl UserDirectory for Warmed {
    user_directory::forward_operations!(Self::users, Self::warm);
}

#[tokio::test]
async fn cached_conforms() {
    let directory = InMemoryUserDirectory::new();
    let policy = CachePolicy::default().time_to_live(Duration::from_secs(86_400));
    let users = CachedUserDirectory::new(directory.clone(), policy);
    let fixture = Telling { directory, users: users.clone() };
    assert_conforms("CachedUserDirectory", &Warmed(users.clone()), &fixture).await;
    assert!(users.stats().hits > 100, "{:?}", users.stats());
}
