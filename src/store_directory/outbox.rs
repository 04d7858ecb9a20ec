//! [`Outbox`]: events that have not been delivered.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::reads::read;
use crate::account::Account;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{EventId, User};
use crate::rules::{self, Context, IdGenerator, view};
use crate::store::{Commit, CommitError, Deletion, Record, RecordChange, RecordStore, StoredRecord, Update};
use crate::webhooks::{DeletedUser, EventKind, UserEvent};

/// The collection of event records.
const COLLECTION: &str = "events";
/// The number of events per read when pending ids are passed to the generator.
const OBSERVED: usize = 100;
/// The maximum number of events that one commit acknowledges.
const ACKNOWLEDGEMENTS: usize = 500;

/// The undelivered events of a directory.
///
/// [`emit_events`](super::StoreUserDirectoryBuilder::emit_events) enables events. Each event is stored in the same
/// commit as the change that caused it. A consumer [reads](Self::read) the events, delivers them, and then
/// [acknowledges](Self::acknowledge) them. Acknowledged events are deleted. Events that are never acknowledged
/// accumulate.
///
/// An outbox must have only one consumer, because an acknowledged event is deleted for all consumers. To send events to
/// multiple receivers, acknowledge each event only after all of the receivers have received it.
///
/// Clones refer to the same outbox.
///
/// ```
/// use user_directory::webhooks::EventKind;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::builder().emit_events().build();
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let ada = directory.create(&new_user).await?;
///
/// let outbox = directory.outbox().expect("the directory emits events");
/// for pending in outbox.read(0, 100).await? {
///     // Deliver `pending.body` here.
///     assert_eq!(pending.event()?.kind, EventKind::Created(Box::new(ada.clone())));
///     outbox.acknowledge(&[pending.id]).await?;
/// }
/// assert!(outbox.read(0, 100).await?.is_empty());
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Outbox {
    store: Arc<dyn RecordStore>,
    /// Notifies the subscribers in this process.
    changes: watch::Sender<()>,
}

/// An event that has not been acknowledged.
///
/// In `Debug` output, the body is replaced by its size, because it contains a user's data.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingEvent {
    /// The position of the event in the outbox.
    pub position: u64,
    /// The id of the event.
    pub id: EventId,
    /// The body of the webhook message, as JSON.
    pub body: String,
}

impl PendingEvent {
    fn new(stored: StoredRecord) -> Result<Self> {
        let malformed =
            |error| Error::new(ErrorKind::Decode).with_message("a stored event is malformed").with_source(error);
        let StoredRecord { record: Record { key, value, .. }, position } = stored;
        Ok(Self { position, id: EventId::new(key).map_err(malformed)?, body: value })
    }

    /// Decodes the event.
    ///
    /// # Errors
    ///
    /// Returns [`Decode`](crate::ErrorKind::Decode) if the stored event is malformed.
    pub fn event(&self) -> Result<UserEvent> {
        UserEvent::from_json(self.id.clone(), self.body.as_bytes())
    }
}

impl std::fmt::Debug for PendingEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { position, id, body } = self;
        let body = format_args!("{} bytes", body.len());
        f.debug_struct("PendingEvent").field("position", position).field("id", id).field("body", &body).finish()
    }
}

impl Outbox {
    pub(super) fn new(store: Arc<dyn RecordStore>) -> Self {
        Self { store, changes: watch::Sender::new(()) }
    }

    /// Returns the first `limit` events with a position greater than `after`, oldest first.
    ///
    /// To start with the first event, pass 0 as `after`. If writes run concurrently, an event can become visible after
    /// events with greater positions. A consumer should therefore periodically read from 0 again, and skip events that
    /// it has already read.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, or [`Decode`](crate::ErrorKind::Decode) if the id of a stored event is
    /// malformed.
    pub async fn read(&self, after: u64, limit: usize) -> Result<Vec<PendingEvent>> {
        let records = self.store.records_after(COLLECTION, after, limit).await?;
        records.into_iter().map(PendingEvent::new).collect()
    }

    /// Deletes delivered events. Unknown ids are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, for example [`Unavailable`](crate::ErrorKind::Unavailable) if the database
    /// is busy. Some of the events may already have been deleted. It is safe to repeat the call.
    pub async fn acknowledge(&self, ids: &[EventId]) -> Result<()> {
        for ids in ids.chunks(ACKNOWLEDGEMENTS) {
            // A commit may contain at most one change to each record.
            let ids: BTreeSet<_> = ids.iter().collect();
            let commit =
                ids.into_iter().fold(Commit::new(), |commit, id| commit.remove_record(COLLECTION, id.as_str()));
            self.store.commit(commit).await.map_err(|error| match error {
                CommitError::Stale => Error::new(ErrorKind::Unavailable).with_message("the database is busy"),
                error => error.into(),
            })?;
        }
        Ok(())
    }

    /// Returns a handle for awaiting writes that may have added events.
    ///
    /// Only writes through the same directory or its clones wake the handle, so a consumer must also read the outbox
    /// periodically. To avoid missing a write, subscribe before reading:
    ///
    /// ```
    /// # use user_directory::InMemoryUserDirectory;
    /// # tokio_test::block_on(async {
    /// # let directory = InMemoryUserDirectory::builder().emit_events().build();
    /// # let outbox = directory.outbox().unwrap();
    /// let mut changes = outbox.subscribe();
    /// loop {
    ///     let events = outbox.read(0, 100).await?;
    ///     if events.is_empty() {
    ///         # break;
    ///         // Other processes that use the same database do not notify this one.
    ///         let _ = tokio::time::timeout(std::time::Duration::from_secs(5), changes.next()).await;
    ///     }
    ///     // …
    /// }
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn subscribe(&self) -> OutboxChanges {
        OutboxChanges(self.changes.subscribe())
    }

    /// Commits the changes of an operation, together with the resulting events.
    pub(super) async fn commit(&self, mut commit: Commit, context: Context<'_>) -> Result<(), CommitError> {
        let ids = add_events(&mut commit, context)?;
        // Subscribers are also notified if the commit fails or is canceled, because it may have been applied.
        let _notification = Notification(&self.changes);
        let result = self.store.commit(commit).await;
        if matches!(result, Err(CommitError::Taken)) {
            self.observe_taken(&ids, context.ids).await?;
        }
        result
    }

    /// Passes the ids of all pending events to the generator if a pending event has one of `ids`.
    async fn observe_taken(&self, ids: &[EventId], generator: &dyn IdGenerator) -> Result<()> {
        let keys: Vec<&str> = ids.iter().map(EventId::as_str).collect();
        if read(self.store.records(COLLECTION, &keys)).await?.is_empty() {
            return Ok(());
        }
        let mut position = 0;
        loop {
            let records = read(self.store.records_after(COLLECTION, position, OBSERVED)).await?;
            let Some(last) = records.last() else { return Ok(()) };
            position = last.position;
            for stored in &records {
                generator.observe(&stored.record.key);
            }
        }
    }
}

/// A guard that notifies the subscribers when it is dropped.
struct Notification<'a>(&'a watch::Sender<()>);

impl Drop for Notification<'_> {
    fn drop(&mut self) {
        self.0.send_replace(());
    }
}

/// A handle for awaiting writes that may have added events.
///
/// Returned by [`Outbox::subscribe`].
#[derive(Debug, Clone)]
pub struct OutboxChanges(watch::Receiver<()>);

impl OutboxChanges {
    /// Waits for a write that may have added events.
    ///
    /// Returns immediately if such a write has finished since the previous call returned or, for the first call, since
    /// [`subscribe`](Outbox::subscribe) was called. Otherwise, the future completes after the next such write. It never
    /// completes if the directory, its clones and all clones of the outbox have been dropped.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Adds the events that a commit causes, and returns their ids.
fn add_events(commit: &mut Commit, context: Context<'_>) -> Result<Vec<EventId>, CommitError> {
    let mut kinds = Vec::new();
    for account in &commit.insertions {
        kinds.push(EventKind::Created(Box::new(user_of(account, context))));
    }
    for Update { before, account } in &commit.updates {
        // Changes to resources that a `User` does not contain, such as credits, cause no event.
        if before.account.user != account.user || before.account.lock != account.lock {
            kinds.push(EventKind::Updated(Box::new(user_of(account, context))));
        }
    }
    for Deletion { before } in &commit.deletions {
        let mut deleted = DeletedUser::new(before.id().clone());
        deleted.external_id.clone_from(&before.account.user.external_id);
        kinds.push(EventKind::Deleted(deleted));
    }
    let mut ids = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let id: EventId = rules::new_id(context.ids, "msg").map_err(Error::with_nothing_changed)?;
        let mut event = UserEvent::new(id, kind);
        event.timestamp = Some(context.now);
        event.instance_id = Some(context.settings.id());
        commit.records.push(RecordChange::Insert(Record::new(COLLECTION, event.id.as_str(), event.to_json())));
        ids.push(event.id);
    }
    Ok(ids)
}

/// Returns the user for an event: the user that `get` returns, with SCIM data.
fn user_of(account: &Account, context: Context<'_>) -> User {
    let mut user = view::user(account, context);
    user.scim.clone_from(&account.user.scim);
    user
}
