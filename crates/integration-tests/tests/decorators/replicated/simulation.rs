//! A simulation: random changes whose events are repeated, reordered and lost, and a receiver that is killed.

use fastrand::Rng;
use tokio::task::JoinSet;
use user_directory::decorators::ReplicaReport;
use user_directory::store::RecordStore;
use user_directory::webhooks::UserEvent;

use super::changes::Changes;
use super::stores::TestStore;
use super::support::{Replica, World};

/// The size and the faults of a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Simulation {
    pub seed: u64,
    pub changes: usize,
    /// How often each event is delivered.
    pub copies: usize,
    /// The percentage of events that are never delivered.
    pub dropped: u8,
    /// How often the receiver is killed.
    pub kills: usize,
}

/// The number of events that are applied at the same time.
const CONCURRENT: usize = 16;

/// A receiver that can be killed.
struct Receiver<S: RecordStore + Clone> {
    world: World,
    store: S,
    replica: Replica<S>,
    rng: Rng,
    pending: Vec<UserEvent>,
    lost: usize,
}

impl Simulation {
    /// Runs the simulation, and returns the replica and the number of lost events.
    pub async fn run<S: RecordStore + Clone>(self, world: &World, store: S) -> (Replica<TestStore<S>>, usize) {
        let store = TestStore::new(store);
        let replica = world.replica_in(store.clone());
        let rng = Rng::with_seed(self.seed);
        let mut receiver = Receiver { world: world.clone(), store, replica, rng, pending: Vec::new(), lost: 0 };
        let mut changes = Changes::new(world.clone(), self.seed);
        let rounds = self.kills.max(10);
        let mut backfill = false;
        for round in 0..rounds {
            for _ in 0..self.changes / rounds {
                for event in changes.make().await {
                    receiver.send(&event, self.copies, self.dropped);
                }
            }
            let is_killed = round < self.kills;
            // The backfill begins when some users exist, and competes with events until it is complete.
            let replica = receiver.replica.clone();
            let filling = (round > 0 && !backfill).then(|| tokio::spawn(async move { replica.backfill().await }));
            // Some of the events are delivered later than those of the following rounds.
            let delivered = receiver.pending.len() * 2 / 3;
            receiver.deliver(delivered, is_killed).await;
            if let Some(filling) = filling {
                if is_killed {
                    filling.abort();
                    backfill = filling.await.is_ok_and(|result| result.is_ok());
                } else {
                    filling.await.unwrap().unwrap();
                    backfill = true;
                }
            }
        }
        receiver.deliver(usize::MAX, false).await;
        assert!(receiver.pending.is_empty());
        receiver.replica.backfill().await.unwrap();
        (receiver.replica, receiver.lost)
    }
}

impl<S: RecordStore + Clone> Receiver<S> {
    fn send(&mut self, event: &UserEvent, copies: usize, dropped: u8) {
        if self.rng.u8(..100) < dropped {
            self.lost += 1;
            return;
        }
        self.pending.extend(std::iter::repeat_n(event.clone(), copies));
    }

    /// Delivers random pending events. If the receiver is killed, the events that it was applying are delivered again.
    async fn deliver(&mut self, mut count: usize, is_killed: bool) {
        self.rng.shuffle(&mut self.pending);
        let mut kill_after = is_killed.then(|| self.rng.usize(..=count.min(self.pending.len()) / CONCURRENT));
        while count > 0 && !self.pending.is_empty() {
            let batch = count.min(self.pending.len()).min(CONCURRENT);
            count -= batch;
            let batch = self.pending.split_off(self.pending.len() - batch);
            let mut tasks = JoinSet::new();
            for (number, event) in batch.iter().cloned().enumerate() {
                let replica = self.replica.clone();
                tasks.spawn(async move { replica.apply(&event).await.map(|_| number) });
            }
            let is_last = kill_after == Some(0);
            if is_last {
                for _ in 0..self.rng.usize(..20) {
                    tokio::task::yield_now().await;
                }
                tasks.abort_all();
            }
            kill_after = kill_after.and_then(|batches| batches.checked_sub(1));
            let mut applied = vec![false; batch.len()];
            while let Some(task) = tasks.join_next().await {
                match task {
                    Ok(result) => applied[result.unwrap()] = true,
                    Err(error) => assert!(error.is_cancelled(), "{error}"),
                }
            }
            let again = batch.into_iter().zip(applied).filter(|(_, applied)| !applied).map(|(event, _)| event);
            self.pending.extend(again);
            if is_last {
                self.replica = self.world.replica_in(self.store.clone());
                self.rng.shuffle(&mut self.pending);
            }
        }
    }
}

/// Runs a simulation, and asserts that the replica is equal to the primary: at once if no events are lost, and otherwise
/// after a reconciliation, whose report is returned.
pub async fn assert_converges<S: RecordStore + Clone>(simulation: Simulation, store: S) -> ReplicaReport {
    let world = World::new();
    let (replica, lost) = simulation.run(&world, store).await;
    assert_eq!(replica.status().await.unwrap().stale_users, 0, "{simulation:?}");
    if lost == 0 {
        world.assert_replicated(&replica).await;
    }
    let report = replica.reconcile().await.unwrap();
    world.assert_replicated(&replica).await;
    assert_eq!((report.stale, report.examined), (0, world.directory.len() as u64));
    if lost == 0 {
        assert_eq!((report.inserted, report.updated, report.deleted), (0, 0, 0), "{simulation:?}");
    }
    let again = replica.reconcile().await.unwrap();
    assert_eq!((again.inserted, again.updated, again.deleted, again.refreshed), (0, 0, 0, 0), "{simulation:?}");
    report
}
