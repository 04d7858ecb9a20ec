//! Finding users: `list`, `count` and `get`.

use std::hint::black_box;
use std::sync::Arc;

use jiff::Timestamp;

use super::filter::Matcher;
use super::record::{Position, Record};
use super::{Inner, blocking, refusal};
use crate::error::{Result, codes};
use crate::model::{Direction, OrderBy, OrderField, User, UserFilter, UserId, UserQuery};

/// How many users are looked at before the lock is let go, so that writers get their turn during a long search.
const CHUNK: usize = 256;

/// How many users' texts stay in the processor's nearest cache.
const NEARBY: usize = 32;

/// How many users a search may look at where it is called.
const SHORT: usize = 1024;

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
        let page = on_a_fitting_thread(short, move || search.page(&inner)).await;
        let now = self.now();
        Ok(page.iter().map(|record| record.view(now, &self.settings)).collect())
    }

    pub(super) async fn count(self: &Arc<Self>, filter: &UserFilter) -> Result<u64> {
        filter.validate()?;
        if filter.matches_no_users() {
            return Ok(0);
        }
        let matcher = Matcher::new(filter);
        if matcher.matches_everybody() {
            return Ok(self.read().len() as u64);
        }
        let short = matcher.is_indexed() || self.read().len() <= SHORT;
        let inner = Arc::clone(self);
        let count = move || match inner.candidates(&matcher) {
            Some(candidates) => candidates.len() as u64,
            None => inner.scan(&matcher, None, true, |_| ()).map(|chunk| chunk.len() as u64).sum(),
        };
        Ok(on_a_fitting_thread(short, count).await)
    }

    /// The users who match, if an index can tell.
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

    /// Something of the users who match, chunk by chunk, in the order of creation.
    fn scan<'a, T: 'a>(
        &'a self,
        matcher: &'a Matcher,
        mut from: Option<Position>,
        descending: bool,
        take: impl Fn(&Arc<Record>) -> T + 'a,
    ) -> impl Iterator<Item = Vec<T>> + 'a {
        std::iter::from_fn(move || {
            let store = self.read_in_turn();
            let (end, slots) = store.walk(from, descending, CHUNK)?;
            let slots: Vec<_> = slots.collect();
            let mut found = Vec::new();
            for slots in slots.chunks(NEARBY) {
                // They are anywhere in the memory, which is slow to get at one by one, and faster all at once.
                black_box(slots.iter().fold(0, |sum, slot| sum ^ matcher.touch(slot)));
                found.extend(slots.iter().filter(|slot| matcher.finds(slot)).map(|slot| take(&slot.record)));
            }
            from = Some(end);
            Some(found)
        })
    }
}

/// Runs a search here if it is short, and where it may block if it has to look at many users.
async fn on_a_fitting_thread<T: Send + 'static>(short: bool, search: impl FnOnce() -> T + Send + 'static) -> T {
    if short { search() } else { blocking(search).await }
}

/// A query, made ready.
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
            let message = "there is no such user to start after";
            let missing = || refusal::invalid(codes::FORM_RESOURCE_NOT_FOUND, "starting_after", message);
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

    /// Whether the search looks at few of so many users, or an index finds them.
    fn is_short(&self, users: usize) -> bool {
        let is_short = self.offset.saturating_add(self.limit) <= SHORT;
        users <= SHORT
            || self.matcher.is_indexed()
            || self.matcher.matches_everybody() && self.by_creation() && is_short
    }

    fn page(&self, inner: &Inner) -> Vec<Arc<Record>> {
        let descending = self.order_by.direction == Direction::Descending;
        let by_creation = self.by_creation();
        if let Some(mut found) = inner.candidates(&self.matcher) {
            if let Some(after) = self.after {
                found.retain(|record| (record.position() > after) != descending && record.position() != after);
            }
            sort(&mut found, self.order_by);
            return self.cut(found.into_iter());
        }
        if by_creation && self.matcher.matches_everybody() && self.offset == 0 {
            let store = inner.read();
            let page = store.walk(self.after, descending, self.limit);
            return page.into_iter().flat_map(|(_, slots)| slots).map(|slot| Arc::clone(&slot.record)).collect();
        }
        let found = inner.scan(&self.matcher, self.after, descending || !by_creation, Arc::clone).flatten();
        if by_creation {
            return self.cut(found);
        }
        let mut found: Vec<_> = found.collect();
        sort(&mut found, self.order_by);
        self.cut(found.into_iter())
    }

    fn cut(&self, found: impl Iterator<Item = Arc<Record>>) -> Vec<Arc<Record>> {
        found.skip(self.offset).take(self.limit).collect()
    }
}

/// What a user is ordered by.
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

/// Users who lack the field come last whichever way it goes; equal ones are newest first.
fn sort(records: &mut [Arc<Record>], order_by: OrderBy) {
    if order_by.field == OrderField::CreatedAt {
        records.sort_by_key(|record| record.position());
        if order_by.direction == Direction::Descending {
            records.reverse();
        }
        return;
    }
    records.sort_by_key(|record| std::cmp::Reverse(record.position()));
    let lacking_last = |key: Option<SortKey>| (key.is_none(), key);
    match order_by.direction {
        Direction::Ascending => {
            records.sort_by_cached_key(|record| lacking_last(sort_key(&record.user, order_by.field)));
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
    fn what_looks_at_many_users_may_block() {
        let directory = InMemoryUserDirectory::new();
        let by_name = || UserQuery::new().order_by(OrderBy::ascending(OrderField::FirstName));
        let filter = UserFilter::new;
        for (query, users, short) in [
            (UserQuery::new(), usize::MAX, true),
            (UserQuery::new().limit(500).offset(524), usize::MAX, true),
            (UserQuery::new().limit(500).offset(525), usize::MAX, false),
            (UserQuery::new().offset(u64::MAX), usize::MAX, false),
            (UserQuery::new().offset(u64::MAX), SHORT, true),
            (UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt)), usize::MAX, true),
            (by_name(), SHORT + 1, false),
            (by_name(), SHORT, true),
            (by_name().filter(filter().username("ada")), usize::MAX, true),
            (UserQuery::from(filter().banned(true)), usize::MAX, false),
            (UserQuery::from(filter().banned(true)), SHORT, true),
        ] {
            let search = Search::new(&directory.inner, &query).unwrap();
            assert_eq!(search.is_short(users), short, "{query:?} of {users}");
        }
    }
}
