//! `list`, `count` and `get`.

use std::hint::black_box;
use std::sync::Arc;

use jiff::Timestamp;

use super::filter::Matcher;
use super::record::{Position, Record};
use super::{Inner, blocking, rejection};
use crate::error::{Result, codes};
use crate::model::{Direction, OrderBy, OrderField, User, UserFilter, UserId, UserQuery};

/// The number of users scanned before the lock is released, so that a long search does not block writers.
const CHUNK: usize = 256;

/// The number of users whose search texts fit into the fastest CPU cache.
const PREFETCH: usize = 32;

/// The number of users that a search may scan without moving to the blocking thread pool.
const SHORT_SEARCH: usize = 1024;

impl Inner {
    pub(super) fn get(&self, id: &UserId) -> Result<User> {
        Ok(self.record(id)?.view(self.now(), &self.settings))
    }

    pub(super) async fn list(self: &Arc<Self>, query: &UserQuery) -> Result<Vec<User>> {
        query.validate()?;
        if query.filter.matches_no_users() {
            return Ok(Vec::new());
        }
        let search = Search::new(self, query)?;
        let short = search.is_short(self.read().len());
        let inner = Arc::clone(self);
        let page = run_search(short, move || search.page(&inner)).await;
        let now = self.now();
        Ok(page.iter().map(|record| record.view(now, &self.settings)).collect())
    }

    pub(super) async fn count(self: &Arc<Self>, filter: &UserFilter) -> Result<u64> {
        filter.validate()?;
        if filter.matches_no_users() {
            return Ok(0);
        }
        let matcher = Matcher::new(filter);
        if matcher.matches_all() {
            return Ok(self.read().len() as u64);
        }
        let short = matcher.is_indexed() || self.read().len() <= SHORT_SEARCH;
        let inner = Arc::clone(self);
        let count = move || match inner.candidates(&matcher) {
            Some(candidates) => candidates.len() as u64,
            None => inner.scan(&matcher, None, true, |_| ()).map(|chunk| chunk.len() as u64).sum(),
        };
        Ok(run_search(short, count).await)
    }

    /// Returns all matching users if an index yields the candidates, or `None` if a scan is required.
    fn candidates(&self, matcher: &Matcher) -> Option<Vec<Arc<Record>>> {
        let store = self.read();
        let found: Vec<_> = if let Some(ids) = matcher.required_ids() {
            let mut ids: Vec<_> = ids.iter().collect();
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter().filter_map(|id| store.get(id)).collect()
        } else {
            store.owners(matcher.required_keys()?.into_iter())
        };
        let mut candidates: Vec<_> = found.into_iter().cloned().collect();
        drop(store);
        candidates.retain(|record| matcher.matches(record));
        Some(candidates)
    }

    /// Returns an iterator over chunks of matching users, mapped by `take`, in the order of creation.
    fn scan<'a, T: 'a>(
        &'a self,
        matcher: &'a Matcher,
        mut from: Option<Position>,
        descending: bool,
        take: impl Fn(&Arc<Record>) -> T + 'a,
    ) -> impl Iterator<Item = Vec<T>> + 'a {
        std::iter::from_fn(move || {
            let store = self.read_after_writers();
            let (end, slots) = store.walk(from, descending, CHUNK)?;
            let slots: Vec<_> = slots.collect();
            let mut found = Vec::new();
            for slots in slots.chunks(PREFETCH) {
                // Texts are scattered in memory. Touching several in a row lets their cache misses overlap.
                black_box(slots.iter().fold(0, |sum, slot| sum ^ matcher.touch(slot)));
                found.extend(slots.iter().filter(|slot| matcher.finds(slot)).map(|slot| take(&slot.record)));
            }
            from = Some(end);
            Some(found)
        })
    }
}

/// Runs a short search on the current thread and a long one on the blocking thread pool.
async fn run_search<T: Send + 'static>(short: bool, search: impl FnOnce() -> T + Send + 'static) -> T {
    if short { search() } else { blocking(search).await }
}

/// A preprocessed [`UserQuery`].
struct Search {
    matcher: Matcher,
    order_by: OrderBy,
    offset: usize,
    limit: usize,
    after: Option<Position>,
}

impl Search {
    fn new(inner: &Inner, query: &UserQuery) -> Result<Self> {
        let position = |id| {
            let message = "is not the id of a user";
            let missing = || rejection::invalid_param(codes::FORM_RESOURCE_NOT_FOUND, "starting_after", message);
            inner.read().position(id).ok_or_else(missing)
        };
        let after = query.starting_after.as_ref().map(position).transpose()?;
        let (offset, limit) = query.page.bounds();
        Ok(Self {
            matcher: Matcher::new(&query.filter),
            order_by: query.order_by.unwrap_or_default(),
            offset,
            limit,
            after,
        })
    }

    fn by_creation(&self) -> bool {
        self.order_by.field == OrderField::CreatedAt
    }

    /// Returns `true` if the search scans few of `users` users or uses an index.
    fn is_short(&self, users: usize) -> bool {
        let is_short = self.offset.saturating_add(self.limit) <= SHORT_SEARCH;
        users <= SHORT_SEARCH
            || self.matcher.is_indexed()
            || self.matcher.matches_all() && self.by_creation() && is_short
    }

    fn page(&self, inner: &Inner) -> Vec<Arc<Record>> {
        let descending = self.order_by.direction == Direction::Descending;
        let by_creation = self.by_creation();
        if let Some(mut found) = inner.candidates(&self.matcher) {
            if let Some(after) = self.after {
                found.retain(|record| (record.position() > after) != descending && record.position() != after);
            }
            sort(&mut found, self.order_by);
            return self.paginate(found.into_iter());
        }
        if by_creation && self.matcher.matches_all() && self.offset == 0 {
            let store = inner.read();
            let page = store.walk(self.after, descending, self.limit);
            return page.into_iter().flat_map(|(_, slots)| slots).map(|slot| Arc::clone(&slot.record)).collect();
        }
        let found = inner.scan(&self.matcher, self.after, descending || !by_creation, Arc::clone).flatten();
        if by_creation {
            return self.paginate(found);
        }
        let mut found: Vec<_> = found.collect();
        sort(&mut found, self.order_by);
        self.paginate(found.into_iter())
    }

    fn paginate(&self, found: impl Iterator<Item = Arc<Record>>) -> Vec<Arc<Record>> {
        found.skip(self.offset).take(self.limit).collect()
    }
}

/// The value by which a user is ordered.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Time(Timestamp),
    Text(String),
}

fn sort_key(user: &User, field: OrderField) -> Option<SortKey> {
    let time = |at: Option<Timestamp>| at.map(SortKey::Time);
    let text = |text: Option<&str>| text.map(|text| SortKey::Text(text.to_lowercase()));
    match field {
        OrderField::CreatedAt => time(user.created_at),
        OrderField::UpdatedAt => time(user.updated_at),
        OrderField::LastActiveAt => time(user.last_active_at),
        OrderField::LastSignInAt => time(user.last_sign_in_at),
        OrderField::FirstName => text(user.first_name.as_deref()),
        OrderField::LastName => text(user.last_name.as_deref()),
        OrderField::Username => text(user.username.as_deref()),
        OrderField::EmailAddress => text(user.primary_email_address().map(|email| &*email.email_address)),
        OrderField::PhoneNumber => text(user.primary_phone_number().map(|phone| &*phone.phone_number)),
        OrderField::Web3Wallet => text(user.primary_web3_wallet().map(|wallet| &*wallet.web3_wallet)),
    }
}

/// Sorts records. Users without the field come last in both directions, and ties are sorted newest first.
fn sort(records: &mut [Arc<Record>], order_by: OrderBy) {
    if order_by.field == OrderField::CreatedAt {
        records.sort_by_key(|record| record.position());
        if order_by.direction == Direction::Descending {
            records.reverse();
        }
        return;
    }
    records.sort_by_key(|record| std::cmp::Reverse(record.position()));
    let missing_last = |key: Option<SortKey>| (key.is_none(), key);
    match order_by.direction {
        Direction::Ascending => {
            records.sort_by_cached_key(|record| missing_last(sort_key(&record.user, order_by.field)));
        }
        Direction::Descending => records.sort_by_cached_key(|record| {
            let key = sort_key(&record.user, order_by.field);
            (key.is_none(), key.map(std::cmp::Reverse))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::in_memory::InMemoryUserDirectory;

    #[test]
    fn list_scans_of_many_users_are_not_short() {
        let directory = InMemoryUserDirectory::new();
        let by_name = || UserQuery::new().order_by(OrderBy::ascending(OrderField::FirstName));
        let filter = UserFilter::new;
        for (query, users, short) in [
            (UserQuery::new(), usize::MAX, true),
            (UserQuery::new().limit(500).offset(524), usize::MAX, true),
            (UserQuery::new().limit(500).offset(525), usize::MAX, false),
            (UserQuery::new().offset(u64::MAX), usize::MAX, false),
            (UserQuery::new().offset(u64::MAX), SHORT_SEARCH, true),
            (UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)), usize::MAX, true),
            (by_name(), SHORT_SEARCH + 1, false),
            (by_name(), SHORT_SEARCH, true),
            (by_name().filter(filter().username("ada")), usize::MAX, true),
            (UserQuery::from(filter().banned(true)), usize::MAX, false),
            (UserQuery::from(filter().banned(true)), SHORT_SEARCH, true),
        ] {
            let search = Search::new(&directory.inner, &query).unwrap();
            assert_eq!(search.is_short(users), short, "{query:?} of {users}");
        }
    }
}
