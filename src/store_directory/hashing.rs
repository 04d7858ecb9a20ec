//! [`HashingPool`]: hashes passwords on a limited number of blocking threads, with limited memory.

use std::sync::{Arc, LazyLock};
use std::thread;

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// The maximum memory of all running hash computations together. A single digest requires at most 256 MiB.
const MEMORY_MIB: u32 = 512;
const MIB: u64 = 1024 * 1024;

/// The pool that all directories in the process share.
static POOL: LazyLock<HashingPool> = LazyLock::new(|| {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    HashingPool::new(cores, MEMORY_MIB)
});

/// Runs `work`, a hash computation, in the shared pool.
///
/// `memory` is the memory that `work` needs, in bytes.
///
/// If the returned future is dropped before the work has started, the work does not start.
pub(super) async fn hash<T: Send + 'static>(memory: u64, work: impl FnOnce() -> T + Send + 'static) -> T {
    POOL.run(memory, work).await
}

/// A pool that limits the threads and the memory of concurrent work.
///
/// Further work waits for memory first, and then for a thread.
struct HashingPool {
    /// One permit per free thread.
    threads: Arc<Semaphore>,
    /// One permit per free MiB.
    memory: Arc<Semaphore>,
    /// The maximum memory in MiB.
    total_memory: u32,
}

impl HashingPool {
    fn new(threads: usize, memory_mib: u32) -> Self {
        let memory = Arc::new(Semaphore::new(memory_mib as usize));
        Self { threads: Arc::new(Semaphore::new(threads)), memory, total_memory: memory_mib }
    }

    /// Runs `work` on the blocking thread pool, or on the current thread outside of a runtime.
    async fn run<T: Send + 'static>(&self, memory: u64, work: impl FnOnce() -> T + Send + 'static) -> T {
        let memory = u32::try_from(memory.div_ceil(MIB)).map_or(self.total_memory, |mib| mib.min(self.total_memory));
        // Memory is always acquired before a thread, so two waiting calls cannot block each other. The semaphores are
        // never closed.
        let memory = Arc::clone(&self.memory).acquire_many_owned(memory).await;
        let thread = Arc::clone(&self.threads).acquire_owned().await;
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return work() };
        // The task owns the permits, because work that has started continues after this future is dropped.
        let task = runtime.spawn_blocking(move || {
            let result = work();
            drop((memory, thread));
            result
        });
        let _cancellation = AbortOnDrop(task.abort_handle());
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, and will also drop this future.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// A guard that aborts a blocking task on drop, unless the task has started.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::mpsc;

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    /// Returns the maximum memory in MiB that concurrent computations use together. Each needs `memory` MiB.
    async fn peak(pool: &HashingPool, memory: u64) -> u64 {
        let (used, peak) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let work = (0..20).map(|_| {
            let (used, peak) = (Arc::clone(&used), Arc::clone(&peak));
            pool.run(memory * MIB, move || {
                peak.fetch_max(used.fetch_add(memory, Ordering::SeqCst) + memory, Ordering::SeqCst);
                (0..100).for_each(|_| thread::yield_now());
                used.fetch_sub(memory, Ordering::SeqCst);
            })
        });
        join_all(work).await;
        peak.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn concurrent_verification_is_limited_by_threads_and_memory() {
        let pool = HashingPool::new(4, 512);
        assert!(peak(&pool, 1).await <= 4);
        assert!(peak(&pool, 256).await <= 512);
        assert_eq!(peak(&pool, 300).await, 300);
        // A computation that needs more than the total runs alone.
        assert_eq!(peak(&pool, 600).await, 600);
    }

    #[tokio::test]
    async fn canceled_verification_does_not_start() {
        let pool = HashingPool::new(1, 512);
        let (release, released) = mpsc::channel::<()>();
        let mut running = Box::pin(pool.run(0, move || released.recv().is_ok()));
        assert!((&mut running).now_or_never().is_none());
        let started = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&started);
        let mut waiting = Box::pin(pool.run(0, move || flag.store(true, Ordering::SeqCst)));
        assert!((&mut waiting).now_or_never().is_none());
        drop(waiting);
        release.send(()).unwrap();
        assert!(running.await);
        pool.run(0, || ()).await;
        assert!(!started.load(Ordering::SeqCst));
    }

    #[test]
    fn canceled_verification_that_waits_for_a_thread_of_the_runtime_does_not_start() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let pool = HashingPool::new(2, 512);
            let (release, released) = mpsc::channel::<()>();
            let mut running = Box::pin(pool.run(0, move || released.recv().is_ok()));
            assert!((&mut running).now_or_never().is_none());
            let started = Arc::new(AtomicBool::new(false));
            let flag = Arc::clone(&started);
            let mut waiting = Box::pin(pool.run(300 * MIB, move || flag.store(true, Ordering::SeqCst)));
            assert!((&mut waiting).now_or_never().is_none());
            assert_eq!((pool.threads.available_permits(), pool.memory.available_permits()), (0, 212));
            drop(waiting);
            release.send(()).unwrap();
            assert!(running.await);
            // This computation starts after the runtime has dropped the canceled task.
            pool.run(512 * MIB, || ()).await;
            assert!(!started.load(Ordering::SeqCst));
            assert_eq!((pool.threads.available_permits(), pool.memory.available_permits()), (2, 512));
        });
    }

    #[tokio::test]
    async fn verification_that_has_started_keeps_its_memory_after_the_caller_has_left() {
        let pool = HashingPool::new(2, 512);
        let (release, released) = mpsc::channel::<()>();
        let (start, in_progress) = tokio::sync::oneshot::channel();
        let mut running =
            Box::pin(pool.run(300 * MIB, move || start.send(()).and_then(|()| released.recv().map_err(drop)).is_ok()));
        assert!((&mut running).now_or_never().is_none());
        in_progress.await.unwrap();
        drop(running);
        assert_eq!(pool.memory.available_permits(), 212);
        release.send(()).unwrap();
        pool.run(512 * MIB, || ()).await;
        assert_eq!(pool.memory.available_permits(), 512);
    }

    #[test]
    fn work_outside_of_a_runtime_runs_on_the_current_thread() {
        let current = thread::current().id();
        let pool = HashingPool::new(1, 512);
        let used = pool.run(MIB, || thread::current().id()).now_or_never();
        assert_eq!(used, Some(current));
    }

    #[cfg(all(feature = "in-memory", feature = "password-hashes"))]
    #[tokio::test]
    async fn verify_password_waits_for_the_memory_of_the_digest_in_the_pool_of_the_process() {
        use crate::directory::UserDirectory;
        use crate::in_memory::InMemoryUserDirectory;
        use crate::model::{NewUser, Password, PasswordDigest, PasswordHasher};

        assert_eq!(POOL.total_memory, 512);
        let users = InMemoryUserDirectory::permissive();
        // These digests need 64 KiB and 1,088 KiB, which are counted as 1 MiB and 2 MiB.
        let [small, large] = ["m=64,t=1,p=1", "m=1088,t=1,p=1"].map(|costs| {
            let digest = format!("$argon2id$v=19${costs}$c2FsdHNhbHRzYWx0$THCSjrpCax479tYXWawe59i39WVulBofGTC62Hlp2Cs");
            NewUser::new().password(PasswordDigest::new(PasswordHasher::Argon2id, digest))
        });
        let (small, large) = (users.create(&small).await.unwrap().id, users.create(&large).await.unwrap().id);
        let password = Password::new("correct horse");

        let memory = POOL.memory.acquire_many(POOL.total_memory - 1).await.unwrap();
        assert!(!users.verify_password(&small, &password).await.unwrap().is_correct());
        let mut waiting = Box::pin(users.verify_password(&large, &password));
        assert!((&mut waiting).now_or_never().is_none());
        drop(memory);
        assert!(!waiting.await.unwrap().is_correct());
    }
}
