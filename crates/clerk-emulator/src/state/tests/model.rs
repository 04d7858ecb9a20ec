//! Property test: after random operations, the file contains the directory as of the last save.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::*;
use user_directory::model::EmailAddressReplacement;
use user_directory::{User, UserUpdate};

#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    Load(u8),
    Delete(Index),
    Rename(Index, u8),
    ReplaceEmail(Index, u8),
    Ban(Vec<Index>, bool),
    Lock(Index),
    Metadata(Index, i32),
    Credit(Index, u8),
    UseBackupCode(Index, u8),
    Clear,
    Tick,
    Save,
    Compact,
    CompactConcurrently(Index),
    Restart,
}

fn steps() -> impl Strategy<Value = Step> {
    let user = any::<Index>;
    prop_oneof![
        6 => (0..20_u8).prop_map(Step::Create),
        1 => (0..20_u8).prop_map(Step::Load),
        2 => user().prop_map(Step::Delete),
        2 => (user(), 0..20_u8).prop_map(|(user, name)| Step::Rename(user, name)),
        2 => (user(), 0..20_u8).prop_map(|(user, name)| Step::ReplaceEmail(user, name)),
        2 => (proptest::collection::vec(user(), 1..4), any::<bool>()).prop_map(|(users, banned)| Step::Ban(users, banned)),
        1 => user().prop_map(Step::Lock),
        2 => (user(), any::<i32>()).prop_map(|(user, value)| Step::Metadata(user, value)),
        2 => (user(), 0..4_u8).prop_map(|(user, key)| Step::Credit(user, key)),
        1 => (user(), 0..3_u8).prop_map(|(user, code)| Step::UseBackupCode(user, code)),
        1 => Just(Step::Clear),
        2 => Just(Step::Tick),
        6 => Just(Step::Save),
        1 => Just(Step::Compact),
        1 => user().prop_map(Step::CompactConcurrently),
        1 => Just(Step::Restart),
    ]
}

/// A directory, its state file, and the contents of both after each save.
struct Run {
    world: World,
    directory: InMemoryUserDirectory,
    state: Option<StateFile>,
    saves: Vec<(Vec<u8>, Vec<Arc<Record>>)>,
}

impl Run {
    fn new() -> Self {
        let world = World::new();
        let (directory, state) = world.open().unwrap();
        Self { world, directory, state: Some(state), saves: Vec::new() }
    }

    fn user(&self, index: Index) -> Option<UserId> {
        let records = records(&self.directory);
        (!records.is_empty()).then(|| index.get(&records).id().clone())
    }

    fn state(&mut self) -> &mut StateFile {
        self.state.as_mut().unwrap()
    }

    fn record_save(&mut self) {
        self.saves.push((self.world.bytes(), records(&self.directory)));
    }

    /// Performs a step. Some operations fail, such as the creation of a duplicate; they must not affect the file.
    async fn step(&mut self, step: Step) {
        let directory = self.directory.clone();
        match step {
            Step::Create(name) => {
                let mut new =
                    NewUser::new().username(format!("user-{name}")).email_address(format!("u{name}@example.com"));
                new.backup_codes = (0..3).map(|code| BackupCode::new(format!("code-{code}"))).collect();
                let _ = directory.create(&new).await;
            }
            Step::Load(name) => {
                let user = User::new(format!("user_loaded_{name}").parse().unwrap());
                let _ = directory.load([user, User::new(format!("user_also_{name}").parse().unwrap())]);
            }
            Step::Clear => directory.clear(),
            Step::Tick => self.world.clock.advance(std::time::Duration::from_millis(1)),
            Step::Save => {
                self.state().save().unwrap();
                self.record_save();
            }
            Step::Compact => {
                self.state().save_and_compact();
                self.record_save();
            }
            Step::CompactConcurrently(index) => {
                let state = self.state();
                let from = state.length;
                let compaction = state.start_compaction();
                if let Some(id) = self.user(index) {
                    let _ = directory.delete(&id).await;
                }
                let state = self.state();
                state.save().unwrap();
                let compacted = compaction.run().unwrap();
                state.finish_compaction(compacted, from).unwrap();
                self.record_save();
            }
            Step::Restart => {
                self.state().save().unwrap();
                self.state = None;
                let (restarted, state) = self.world.open().unwrap();
                assert_eq!(records(&restarted), records(&directory));
                (self.directory, self.state) = (restarted, Some(state));
            }
            Step::Ban(users, banned) => {
                let ids: Vec<_> = users.into_iter().filter_map(|index| self.user(index)).collect();
                if let Ok(ids) = UserIdBatch::new(ids) {
                    let _ = if banned { directory.bulk_ban(&ids).await } else { directory.bulk_unban(&ids).await };
                }
            }
            Step::Delete(index) => {
                if let Some(id) = self.user(index) {
                    directory.delete(&id).await.unwrap();
                }
            }
            Step::Rename(index, _)
            | Step::ReplaceEmail(index, _)
            | Step::Lock(index)
            | Step::Metadata(index, _)
            | Step::Credit(index, _)
            | Step::UseBackupCode(index, _) => {
                if let Some(id) = self.user(index) {
                    edit(&directory, &id, &step).await;
                }
            }
        }
    }
}

/// Asserts that a file with these bytes, such as after a crash, contains the expected records.
fn assert_records(bytes: &[u8], expected: &[Arc<Record>]) {
    let world = World::new();
    world.write(bytes);
    assert_eq!(world.records(), expected);
}

async fn edit(directory: &InMemoryUserDirectory, id: &UserId, step: &Step) {
    match step {
        Step::Rename(_, name) => {
            let _ = directory.update(id, &UserUpdate::new().username(format!("user-{name}"))).await;
        }
        Step::ReplaceEmail(_, name) => {
            let replacement = EmailAddressReplacement::new(format!("u{name}@example.com"));
            let _ = directory.replace_email_address(id, &replacement).await;
        }
        Step::Metadata(_, value) => {
            let metadata = Metadata::new(&serde_json::json!({ "value": value })).unwrap();
            directory.update_metadata(id, &MetadataUpdate::new().private(metadata)).await.unwrap();
        }
        Step::Credit(_, key) => {
            let adjustment = CreditAdjustment::increase(u64::from(*key) + 1, format!("key-{key}"));
            directory.adjust_billing_credit_balance(id, &adjustment).await.unwrap();
        }
        Step::UseBackupCode(_, code) => {
            let _ = directory.verify_totp(id, &format!("code-{code}").into()).await;
        }
        _ => drop(directory.lock(id).await.unwrap()),
    }
}

#[test]
fn file_contains_the_last_save_after_a_crash() {
    let config = Config {
        cases: 48,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_512),
        max_shrink_iters: 200,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cases = (proptest::collection::vec(steps(), 1..60), proptest::collection::vec(any::<Index>(), 8));
    let result = TestRunner::new(config).run(&cases, |(steps, cuts)| {
        runtime.block_on(async {
            let mut run = Run::new();
            for step in steps {
                run.step(step).await;
            }
            for (bytes, records) in &run.saves {
                assert_records(bytes, records);
            }
            // Crashes in the middle of a write: truncate between two saves to the same file.
            let mut pairs = run.saves.windows(2).filter(|pair| pair[1].0.len() > pair[0].0.len());
            for cut in &cuts {
                let Some([(before, records), (after, _)]) = pairs.next() else { break };
                // A line without its line feed is complete.
                let added = after.len() - before.len() - 1;
                if after.starts_with(before) && lines(&after[before.len()..]) == 1 {
                    assert_records(&after[..before.len() + cut.index(added)], records);
                }
            }
        });
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
