//! A process with concurrent writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use user_directory::billing::CreditAdjustment;
use user_directory::model::TotpCode;
use user_directory::time::{Clock as _, SystemClock};
use user_directory::{Metadata, MetadataUpdate, NewUser, Result, UserDirectory as _, UserDirectoryExt as _, UserId};
use user_directory_sql::SqlUserDirectory;

use crate::events::Event;
use crate::{Failure, open};

/// The number of backup codes of a user that the writers share.
const BACKUP_CODES: u32 = 10;

/// Runs writers until standard input is closed.
pub(crate) async fn run(url: &str, name: &str, writers: u32) -> Result<(), Failure> {
    let directory = loop {
        match open(url, 8).await {
            Ok(directory) => break directory,
            // The server may have been killed.
            Err(error) => eprintln!("{name}: {error}"),
        }
        pause().await;
    };
    let stopping = Arc::new(AtomicBool::new(false));
    let running: Vec<_> = (0..writers)
        .map(|number| {
            let writer = Writer {
                directory: directory.clone(),
                name: format!("{name}-{number}"),
                stopping: Arc::clone(&stopping),
            };
            tokio::spawn(writer.run())
        })
        .collect();
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    stopping.store(true, Relaxed);
    for writer in running {
        writer.await?;
    }
    Ok(())
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(5..50))).await;
}

struct Writer {
    directory: SqlUserDirectory,
    /// A prefix that makes this writer's values unique.
    name: String,
    stopping: Arc<AtomicBool>,
}

impl Writer {
    async fn run(self) {
        let mut round = 0;
        while !self.stopping.load(Relaxed) {
            round += 1;
            // A failed call ends the round, unless the call is repeated until its outcome is known.
            let _ = self.round(&format!("{}-{round}", self.name)).await;
        }
    }

    async fn round(&self, name: &str) -> Result<()> {
        self.create_anonymous(name).await?;
        self.claim_username().await?;
        self.share_user(name).await?;
        self.live(name).await
    }

    /// Creates and changes a user, and deletes the user in half of the rounds.
    async fn live(&self, external_id: &str) -> Result<()> {
        let new = NewUser::new().external_id(external_id).email_address(format!("{external_id}@example.com"));
        let id = self.repeat(|| self.directory.ensure(&new)).await?.into_user().id;
        Event::Created { external_id: external_id.to_owned() }.print();
        for step in 0..3 {
            self.add_credit(external_id, &id, &format!("{external_id}-{step}")).await?;
            self.add_key(external_id, &id, &format!("key{step}")).await?;
        }
        if fastrand::bool() {
            Event::Deleting { external_id: external_id.to_owned() }.print();
            // Returns `false` if an attempt with an unknown outcome has deleted the user.
            self.repeat(|| self.directory.delete_if_exists(&id)).await?;
            Event::Deleted { external_id: external_id.to_owned() }.print();
        }
        Ok(())
    }

    /// Creates a user without a unique identifier. The call is never repeated, because it could create a second user.
    async fn create_anonymous(&self, name: &str) -> Result<()> {
        let new = NewUser::new().first_name(name);
        self.noted(self.directory.create(&new).await)?;
        Event::CreatedAnonymous { first_name: name.to_owned() }.print();
        Ok(())
    }

    /// Creates a user with a username that other writers try to use at the same time.
    async fn claim_username(&self) -> Result<()> {
        let username = format!("shared-{}-{}", bucket(100), fastrand::u8(..4));
        match self.directory.create(&NewUser::new().username(&username)).await {
            Ok(user) => Event::ClaimedUsername { username, id: user.id }.print(),
            Err(error) if error.is_conflict() => {}
            Err(error) => return self.noted(Err(error)),
        }
        Ok(())
    }

    /// Changes a user that other writers change at the same time.
    async fn share_user(&self, name: &str) -> Result<()> {
        let external_id = format!("shared-{}", bucket(500));
        let codes = (0..BACKUP_CODES).map(|n| format!("code-{n}"));
        let new = NewUser::new().external_id(&external_id).backup_codes(codes);
        let id = self.repeat(|| self.directory.ensure(&new)).await?.into_user().id;
        Event::Created { external_id: external_id.clone() }.print();

        let code = format!("code-{}", fastrand::u32(..BACKUP_CODES));
        // Verification fails for a user who has no backup codes left.
        match self.directory.verify_totp(&id, &TotpCode::new(code.as_str())).await {
            Ok(verification) if verification.is_correct() => {
                Event::UsedCode { external_id: external_id.clone(), code }.print();
            }
            Err(error) if !error.is_invalid_input() => return self.noted(Err(error)),
            _ => {}
        }
        self.add_credit(&external_id, &id, name).await
    }

    /// Adds a credit of 1. All attempts use the same idempotency key.
    async fn add_credit(&self, external_id: &str, id: &UserId, key: &str) -> Result<()> {
        let adjustment = CreditAdjustment::increase(1, key);
        Event::AddingCredit { external_id: external_id.to_owned() }.print();
        self.repeat(|| self.directory.adjust_billing_credit_balance(id, &adjustment)).await?;
        Event::AddedCredit { external_id: external_id.to_owned() }.print();
        self.repeat(|| self.directory.adjust_billing_credit_balance(id, &adjustment)).await.map(drop)
    }

    async fn add_key(&self, external_id: &str, id: &UserId, key: &str) -> Result<()> {
        let update = MetadataUpdate::new().public(Metadata::new(&serde_json::json!({ key: 1 }))?);
        self.repeat(|| self.directory.update_metadata(id, &update)).await?;
        Event::AddedKey { external_id: external_id.to_owned(), key: key.to_owned() }.print();
        Ok(())
    }

    /// Repeats a call until its outcome is known.
    async fn repeat<T, F: Future<Output = Result<T>>>(&self, call: impl Fn() -> F) -> Result<T> {
        loop {
            match call().await {
                Err(error) if error.is_retryable() || error.is_outcome_unknown() => {
                    Event::failed(&error).print();
                    pause().await;
                }
                result => return self.noted(result),
            }
        }
    }

    /// Prints an error.
    #[allow(clippy::unused_self, reason = "reads like the other calls")]
    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        result.inspect_err(|error| Event::failed(error).print())
    }
}

/// Returns a number that changes every `milliseconds` and is the same in all processes.
fn bucket(milliseconds: i64) -> i64 {
    SystemClock.now().as_millisecond() / milliseconds
}
