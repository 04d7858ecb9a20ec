//! [`ExpiringCache`]: a cache with expiration and shared concurrent loads.

use std::hash::Hash;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

/// A map from `K` to `V` with a weight limit. Clones share the entries.
///
/// Expired entries are not returned, but stay in memory until they are replaced or evicted.
pub(super) struct ExpiringCache<K, V, E> {
    cache: Arc<Cache<K, Entry<V, E>, Weight<V>>>,
}

impl<K, V, E> Clone for ExpiringCache<K, V, E> {
    fn clone(&self) -> Self {
        Self { cache: self.cache.clone() }
    }
}

#[derive(Clone)]
struct Entry<V, E> {
    /// An error is stored only until the callers that wait for the result have been notified.
    result: Result<V, E>,
    expires_at: Instant,
}

/// Weighs the values of entries.
#[derive(Clone)]
struct Weight<V>(fn(&V) -> usize);

impl<K, V, E> Weighter<K, Entry<V, E>> for Weight<V> {
    fn weight(&self, _: &K, entry: &Entry<V, E>) -> u64 {
        entry.result.as_ref().map_or(1, |value| (self.0)(value) as u64)
    }
}

/// The result of [`ExpiringCache::get_or_load`].
#[derive(Debug)]
pub(super) struct Loaded<V, E> {
    pub(super) result: Result<V, E>,
    /// Whether this call loaded the value, instead of finding it in the cache or waiting for a concurrent call.
    pub(super) by_this_call: bool,
}

impl<K, V, E> ExpiringCache<K, V, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    E: Clone,
{
    /// Creates an empty cache for values with a total weight of about `max_weight`.
    ///
    /// A value that weighs more than 97% of `max_weight` is not kept. The cache is divided into shards, each with its
    /// own limit. The number of shards is limited, so that values up to `max_value_weight` do not exceed the limit of a
    /// shard.
    pub(super) fn new(max_weight: u64, max_value_weight: u64, weight: fn(&V) -> usize) -> Self {
        let shards = std::thread::available_parallelism().map_or(1, NonZero::get) * 4;
        // A shard keeps values of up to 97% of its capacity.
        let max_shards = usize::try_from(max_weight / (max_value_weight * 100 / 97 + 1)).unwrap_or(usize::MAX);
        // The cache rounds the number of shards up to a power of two.
        let shards = 1 << shards.min(max_shards).max(1).ilog2();
        let options = OptionsBuilder::new()
            .shards(shards)
            .estimated_items_capacity(usize::try_from(max_weight).unwrap_or(usize::MAX))
            .weight_capacity(max_weight)
            .build()
            .expect("the required options are set");
        let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { cache: Arc::new(Cache::with_options(options, Weight(weight), hasher, lifecycle)) }
    }

    pub(super) fn get<Q: Hash + Equivalent<K>>(&self, key: &Q) -> Option<V> {
        let entry = self.cache.get(key)?;
        if entry.is_expired() { None } else { entry.result.ok() }
    }

    pub(super) fn insert(&self, key: K, value: V, time_to_live: Duration) {
        self.cache.insert(key, Entry::new(Ok(value), time_to_live));
    }

    /// Returns the value for `key`. If there is none, awaits `load` and inserts its value.
    ///
    /// Of the concurrent calls with the same key, only one polls its future, and all return the result. If the polling
    /// call is dropped, another call polls its own future.
    pub(super) async fn get_or_load(
        &self,
        key: &K,
        time_to_live: Duration,
        load: impl Future<Output = Result<V, E>>,
    ) -> Loaded<V, E> {
        self.cache.remove_if(key, Entry::is_expired);
        match self.cache.get_value_or_guard_async(key).await {
            Ok(entry) => Loaded { result: entry.result, by_this_call: false },
            Err(guard) => {
                let result = load.await;
                // The insertion fails if the cache has been cleared, or the key inserted, since the load began.
                let _ = guard.insert(Entry::new(result.clone(), time_to_live));
                if result.is_err() {
                    self.cache.remove_if(key, |entry| entry.result.is_err());
                }
                Loaded { result, by_this_call: true }
            }
        }
    }

    pub(super) fn remove_if(&self, key: &K, predicate: impl Fn(&V) -> bool) {
        self.cache.remove_if(key, |entry| entry.result.as_ref().is_ok_and(predicate));
    }

    pub(super) fn clear(&self) {
        self.cache.clear();
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.cache.weight()
    }
}

impl<V, E> Entry<V, E> {
    fn new(result: Result<V, E>, time_to_live: Duration) -> Self {
        Self { result, expires_at: Instant::now() + time_to_live }
    }

    fn is_expired(&self) -> bool {
        self.expires_at <= Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use tokio_test::task::spawn;
    use tokio_test::{assert_pending, assert_ready};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn cache(max_weight: u64) -> ExpiringCache<u8, usize, &'static str> {
        ExpiringCache::new(max_weight, 500, |value| *value)
    }

    #[test]
    fn expired_entries_are_not_returned() {
        let cache = cache(100);
        cache.insert(1, 10, HOUR);
        cache.insert(2, 20, Duration::ZERO);
        assert_eq!((cache.get(&1), cache.get(&2)), (Some(10), None));
        let reload = assert_ready!(spawn(cache.get_or_load(&2, HOUR, async { Ok(21) })).poll());
        assert!(reload.by_this_call);
        assert_eq!((reload.result, cache.get(&2)), (Ok(21), Some(21)));
    }

    #[test]
    fn concurrent_callers_share_an_error_which_is_not_kept() {
        let cache = cache(100);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut first = spawn(cache.get_or_load(&1, HOUR, async { Err(receiver.await.unwrap()) }));
        let mut second = spawn(cache.get_or_load(&1, HOUR, async { panic!("two loads at once") }));
        assert_pending!(first.poll());
        assert_pending!(second.poll());
        sender.send("failed").unwrap();
        let (first, second) = (assert_ready!(first.poll()), assert_ready!(second.poll()));
        assert_eq!((first.result, first.by_this_call), (Err("failed"), true));
        assert_eq!((second.result, second.by_this_call), (Err("failed"), false));
        let third = assert_ready!(spawn(cache.get_or_load(&1, HOUR, async { Ok(10) })).poll());
        assert_eq!((third.result, third.by_this_call), (Ok(10), true));
    }

    #[test]
    fn concurrent_caller_takes_over_a_dropped_load() {
        let cache = cache(100);
        let mut first = spawn(cache.get_or_load(&1, HOUR, std::future::pending()));
        let mut second = spawn(cache.get_or_load(&1, HOUR, async { Ok(10) }));
        assert_pending!(first.poll());
        assert_pending!(second.poll());
        drop(first);
        assert!(second.is_woken());
        assert_eq!(assert_ready!(second.poll()).result, Ok(10));
    }

    #[test]
    fn load_that_began_before_clear_is_returned_but_not_kept() {
        let cache = cache(100);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut load = spawn(cache.get_or_load(&1, HOUR, async { Ok(receiver.await.unwrap()) }));
        assert_pending!(load.poll());
        cache.clear();
        sender.send(10).unwrap();
        assert_eq!(assert_ready!(load.poll()).result, Ok(10));
        assert_eq!(cache.get(&1), None);
    }

    #[test]
    fn values_of_up_to_97_percent_of_the_limit_are_kept() {
        for max_weight in [516, 517, 1_000, 1_031, 1_032, 9_999, 10_000, 1_000_000] {
            let cache = cache(max_weight);
            cache.insert(1, 500, HOUR);
            assert_eq!(cache.get(&1), Some(500), "{max_weight}");
        }
        for max_weight in [0, 1, 499, 515] {
            let cache = cache(max_weight);
            cache.insert(1, 500, HOUR);
            assert_eq!(cache.get(&1), None, "{max_weight}");
        }
    }

    #[test]
    fn total_weight_is_limited() {
        let cache = cache(100);
        (0..=u8::MAX).for_each(|key| cache.insert(key, 10, HOUR));
        assert!((50..=100).contains(&cache.weight()), "{}", cache.weight());
    }
}
