//! Compares the directory with a naive model, a list of users, under random operations.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use user_directory::model::{Direction, EmailAddressReplacement, IdentifierStatus};
use user_directory::{NewUser, OrderBy, OrderField, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate};

use crate::support::{World, start};

const EMAILS: [&str; 6] =
    ["ada@example.com", "ADA@example.com", "grace@example.com", "linus@kernel.test", "é@example.com", "x@y.example"];
const USERNAMES: [&str; 5] = ["ada_lovelace", "ADA_lovelace", "grace", "linus", "Linus2"];
const NAMES: [&str; 5] = ["Ada", "ada", "Grace", "Émile", "ΑΔΑΜΑΣ"];
const QUERIES: [&str; 7] = ["ada", "EXAMPLE", "user_", "e", "é", "ας", "nobody"];
const FIELDS: [OrderField; 6] = [
    OrderField::CreatedAt,
    OrderField::UpdatedAt,
    OrderField::EmailAddress,
    OrderField::FirstName,
    OrderField::Username,
    OrderField::LastSignInAt,
];
const STATUSES: [IdentifierStatus; 3] =
    [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified];

/// A user of the model, with the fields that the operations below change.
#[derive(Debug, Clone, PartialEq)]
struct Naive {
    id: UserId,
    emails: Vec<Email>,
    username: Option<String>,
    first_name: Option<String>,
    banned: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_sign_in_at: Option<Timestamp>,
    /// Orders users with the same creation time.
    sequence: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Email {
    address: String,
    /// Verified or reserved.
    claimed: bool,
}

impl Naive {
    /// Converts a user of the directory, which has no sequence number.
    fn of(user: &User, sequence: usize) -> Self {
        let emails = user.email_addresses.iter().map(|email| Email {
            address: email.email_address.to_string(),
            claimed: email.is_verified() || email.reserved,
        });
        Self {
            id: user.id.clone(),
            emails: emails.collect(),
            username: user.username.as_ref().map(ToString::to_string),
            first_name: user.first_name.as_ref().map(ToString::to_string),
            banned: user.banned,
            created_at: user.created_at.unwrap(),
            updated_at: user.updated_at.unwrap(),
            last_sign_in_at: user.last_sign_in_at,
            sequence,
        }
    }

    fn place(&self) -> (Timestamp, usize) {
        (self.created_at, self.sequence)
    }
}

/// Returns `true` if a user has the address exclusively, compared case-insensitively.
fn address_is_taken(model: &[Naive], address: &str, except: Option<&UserId>) -> bool {
    let address = address.to_lowercase();
    let others = model.iter().filter(|user| Some(&user.id) != except);
    others.flat_map(|user| &user.emails).any(|email| email.claimed && email.address.to_lowercase() == address)
}

fn username_is_taken(model: &[Naive], username: &str, except: Option<&UserId>) -> bool {
    let username = username.to_lowercase();
    let others = model.iter().filter(|user| Some(&user.id) != except);
    others.filter_map(|user| user.username.as_ref()).any(|other| other.to_lowercase() == username)
}

#[derive(Debug, Clone)]
enum Step {
    Create { email: Option<usize>, reserved: bool, username: Option<usize>, name: Option<usize>, created: Option<i64> },
    Delete(Index),
    Rename(Index, Option<usize>),
    Name(Index, Option<usize>),
    Backdate(Index, i64),
    ReplaceEmail(Index, usize, usize),
    Ban(Index, bool),
    SignIn(Index, i64),
    Tick,
}

fn steps() -> impl Strategy<Value = Step> {
    let maybe = |below: usize| proptest::option::of(0..below);
    prop_oneof![
        5 => (maybe(EMAILS.len()), any::<bool>(), maybe(USERNAMES.len()), maybe(NAMES.len()), proptest::option::of(0..4_i64))
            .prop_map(|(email, reserved, username, name, created)| Step::Create { email, reserved, username, name, created }),
        2 => any::<Index>().prop_map(Step::Delete),
        1 => (any::<Index>(), maybe(USERNAMES.len())).prop_map(|(user, name)| Step::Rename(user, name)),
        1 => (any::<Index>(), maybe(NAMES.len())).prop_map(|(user, name)| Step::Name(user, name)),
        1 => (any::<Index>(), 0..4_i64).prop_map(|(user, second)| Step::Backdate(user, second)),
        2 => (any::<Index>(), 0..EMAILS.len(), 0..STATUSES.len()).prop_map(|(u, e, s)| Step::ReplaceEmail(u, e, s)),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(user, banned)| Step::Ban(user, banned)),
        1 => (any::<Index>(), 0..3_i64).prop_map(|(user, second)| Step::SignIn(user, second)),
        2 => Just(Step::Tick),
    ]
}

/// A query. Its users are chosen when it runs.
#[derive(Debug, Clone)]
struct RandomQuery {
    emails: Option<Vec<&'static str>>,
    usernames: Option<Vec<&'static str>>,
    include: Option<Vec<Index>>,
    exclude: Vec<Index>,
    banned: Option<bool>,
    query: Option<&'static str>,
    name_query: Option<&'static str>,
    created_after: Option<i64>,
    created_before: Option<i64>,
    signed_in_after: Option<i64>,
    field: usize,
    ascending: bool,
    limit: u32,
    offset: u64,
    cursor: Option<Index>,
}

fn random_queries() -> impl Strategy<Value = RandomQuery> {
    let rarely = |strategy: BoxedStrategy<i64>| proptest::option::weighted(0.15, strategy);
    let users = || proptest::collection::vec(any::<Index>(), 0..5);
    let filters = (
        proptest::option::weighted(0.25, subsequence(EMAILS.to_vec(), 0..4)),
        proptest::option::weighted(0.25, subsequence(USERNAMES.to_vec(), 0..3)),
        proptest::option::weighted(0.2, users()),
        proptest::option::weighted(0.2, users()),
        proptest::option::weighted(0.2, any::<bool>()),
        proptest::option::weighted(0.3, proptest::sample::select(QUERIES.to_vec())),
        proptest::option::weighted(0.15, proptest::sample::select(QUERIES.to_vec())),
        rarely((-1..6_i64).boxed()),
        rarely((-1..6_i64).boxed()),
        rarely((-1..4_i64).boxed()),
    );
    let part = (0..FIELDS.len(), any::<bool>(), 1..8_u32, 0..4_u64, proptest::option::of(any::<Index>()));
    (filters, part).prop_map(|(filters, (field, ascending, limit, offset, cursor))| {
        let (emails, usernames, include, exclude, banned, query, name_query, after, before, signed_in_after) = filters;
        RandomQuery {
            emails,
            usernames,
            include,
            exclude: exclude.unwrap_or_default(),
            banned,
            query,
            name_query,
            created_after: after,
            created_before: before,
            signed_in_after,
            field,
            ascending,
            limit,
            offset,
            cursor,
        }
    })
}

fn second(n: i64) -> Timestamp {
    start() + SignedDuration::from_secs(n)
}

fn pick(model: &[Naive], index: Index) -> Option<&Naive> {
    (!model.is_empty()).then(|| index.get(model))
}

fn picked(model: &[Naive], indexes: &[Index]) -> Vec<UserId> {
    indexes.iter().filter_map(|index| pick(model, *index)).map(|user| user.id.clone()).collect()
}

impl RandomQuery {
    fn order_by(&self) -> OrderBy {
        let direction = if self.ascending { Direction::Ascending } else { Direction::Descending };
        OrderBy { field: FIELDS[self.field], direction }
    }

    /// Cursors require the order of creation.
    fn cursor<'a>(&self, model: &'a [Naive]) -> Option<&'a Naive> {
        if FIELDS[self.field] == OrderField::CreatedAt { pick(model, self.cursor?) } else { None }
    }

    fn offset(&self, model: &[Naive]) -> u64 {
        if self.cursor(model).is_some() { 0 } else { self.offset }
    }

    fn filter(&self, model: &[Naive]) -> UserFilter {
        let mut filter = UserFilter::new().exclude_user_ids(picked(model, &self.exclude));
        if let Some(emails) = &self.emails {
            filter = filter.email_addresses(emails.iter().copied());
        }
        if let Some(usernames) = &self.usernames {
            filter = filter.usernames(usernames.iter().copied());
        }
        if let Some(include) = &self.include {
            filter = filter.user_ids(picked(model, include));
        }
        filter.banned = self.banned;
        filter.query = self.query.map(Into::into);
        filter.name_query = self.name_query.map(Into::into);
        filter.created_at_after = self.created_after.map(second);
        filter.created_at_before = self.created_before.map(second);
        filter.last_sign_in_at_after = self.signed_in_after.map(second);
        filter
    }

    fn query(&self, model: &[Naive]) -> UserQuery {
        let query = UserQuery::from(self.filter(model)).order_by(self.order_by()).limit(self.limit);
        match self.cursor(model) {
            Some(cursor) => query.starting_after(cursor.id.clone()),
            None => query.offset(self.offset),
        }
    }

    fn matches(&self, model: &[Naive], user: &Naive) -> bool {
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        let part = |text: &str, query: &str| text.to_lowercase().contains(&query.to_lowercase());
        let by_email = |address: &&str| user.emails.iter().any(|email| same(&email.address, address));
        let by_username = |name: &&str| user.username.as_ref().is_some_and(|username| same(username, name));
        let identified = self.emails.is_none() && self.usernames.is_none()
            || self.emails.iter().flatten().any(by_email)
            || self.usernames.iter().flatten().any(by_username);
        let named = |query: &str| user.first_name.as_ref().is_some_and(|name| part(name, query));
        let anything = |query: &str| {
            user.emails.iter().any(|email| part(&email.address, query))
                || user.username.as_ref().is_some_and(|name| part(name, query))
                || named(query)
                || part(user.id.as_str(), query)
        };
        identified
            && self.include.as_ref().is_none_or(|include| picked(model, include).contains(&user.id))
            && !picked(model, &self.exclude).contains(&user.id)
            && self.banned.is_none_or(|banned| banned == user.banned)
            && self.query.is_none_or(anything)
            && self.name_query.is_none_or(named)
            && self.created_after.is_none_or(|n| user.created_at > second(n))
            && self.created_before.is_none_or(|n| user.created_at < second(n))
            && self.signed_in_after.is_none_or(|n| user.last_sign_in_at.is_some_and(|at| at > second(n)))
    }

    fn compare(&self, one: &Naive, other: &Naive) -> Ordering {
        /// Missing values come last in both directions.
        fn lacking_last<T: Ord>(one: Option<T>, other: Option<T>, ascending: bool) -> Ordering {
            match (one, other) {
                (Some(one), Some(other)) if ascending => one.cmp(&other),
                (Some(one), Some(other)) => other.cmp(&one),
                (one, other) => one.is_none().cmp(&other.is_none()),
            }
        }
        let up = self.ascending;
        let lower = |text: Option<&String>| text.map(|text| text.to_lowercase());
        let address = |user: &Naive| lower(user.emails.first().map(|email| &email.address));
        let order = match FIELDS[self.field] {
            OrderField::UpdatedAt => lacking_last(Some(one.updated_at), Some(other.updated_at), up),
            OrderField::EmailAddress => lacking_last(address(one), address(other), up),
            OrderField::FirstName => lacking_last(lower(one.first_name.as_ref()), lower(other.first_name.as_ref()), up),
            OrderField::Username => lacking_last(lower(one.username.as_ref()), lower(other.username.as_ref()), up),
            OrderField::LastSignInAt => lacking_last(one.last_sign_in_at, other.last_sign_in_at, up),
            _ => return lacking_last(Some(one.place()), Some(other.place()), up),
        };
        order.then_with(|| other.place().cmp(&one.place()))
    }

    /// Returns the number of matches and the requested page.
    fn expected(&self, model: &[Naive]) -> (u64, Vec<Naive>) {
        let mut users: Vec<_> = model.iter().filter(|user| self.matches(model, user)).cloned().collect();
        let count = users.len() as u64;
        users.sort_by(|one, other| self.compare(one, other));
        if let Some(cursor) = self.cursor(model) {
            users.retain(|user| self.compare(user, cursor) == Ordering::Greater);
        }
        let offset = usize::try_from(self.offset(model)).unwrap();
        (count, users.into_iter().skip(offset).take(self.limit as usize).collect())
    }
}

/// The directory and its model.
struct Pair {
    world: World,
    model: Vec<Naive>,
    created: usize,
}

impl Pair {
    async fn create(&mut self, new: NewUser) {
        let email = new.email_addresses.first().map(|email| email.value().to_string());
        let username = new.username.as_ref().map(ToString::to_string);
        let taken = email.as_ref().is_some_and(|email| address_is_taken(&self.model, email, None))
            || username.as_ref().is_some_and(|username| username_is_taken(&self.model, username, None));
        match self.world.directory.create(&new).await {
            Err(error) => assert!(taken && error.is_conflict(), "{new:?}: {error:?}"),
            Ok(user) => {
                assert!(!taken, "{new:?}");
                self.created += 1;
                let now = self.world.get(&user.id).await.updated_at.unwrap();
                self.model.push(Naive {
                    id: user.id,
                    emails: email.map(|address| Email { address, claimed: true }).into_iter().collect(),
                    username,
                    first_name: new.first_name.as_ref().map(ToString::to_string),
                    banned: false,
                    created_at: new.created_at.unwrap_or(now),
                    updated_at: now,
                    last_sign_in_at: None,
                    sequence: self.created,
                });
            }
        }
    }

    /// Applies a change to both.
    async fn update(&mut self, index: Index, update: UserUpdate, change: impl FnOnce(&mut Naive)) {
        let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
        let user = self.world.directory.update(&id, &update).await.unwrap();
        self.change(&id, &user, change);
    }

    fn change(&mut self, id: &UserId, returned: &User, change: impl FnOnce(&mut Naive)) {
        let user = self.model.iter_mut().find(|user| user.id == *id).unwrap();
        change(user);
        user.updated_at = returned.updated_at.unwrap();
        assert_eq!(Naive::of(returned, user.sequence), *user);
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Create { email, reserved, username, name, created } => {
                let mut new = NewUser::new();
                if let Some(email) = email.map(|n| EMAILS[n]) {
                    new = if reserved { new.reserved_email_address(email) } else { new.email_address(email) };
                }
                new.username = username.map(|n| USERNAMES[n].into());
                new.first_name = name.map(|n| NAMES[n].into());
                new.created_at = created.map(second);
                self.create(new).await;
            }
            Step::Delete(index) => {
                let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
                self.world.directory.delete(&id).await.unwrap();
                self.model.retain(|user| user.id != id);
            }
            Step::Rename(index, None) => {
                // The last identification cannot be removed.
                if pick(&self.model, index).is_some_and(|user| user.username.is_none() || !user.emails.is_empty()) {
                    self.update(index, UserUpdate::new().clear_username(), |user| user.username = None).await;
                }
            }
            Step::Rename(index, Some(name)) => {
                let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
                let update = UserUpdate::new().username(USERNAMES[name]);
                if username_is_taken(&self.model, USERNAMES[name], Some(&id)) {
                    assert!(self.world.directory.update(&id, &update).await.unwrap_err().is_conflict());
                } else {
                    self.update(index, update, |user| user.username = Some(USERNAMES[name].to_owned())).await;
                }
            }
            Step::Name(index, name) => {
                let name = name.map(|n| NAMES[n]);
                let update = UserUpdate::new();
                let update = name.map_or(update.clone().clear_first_name(), |name| update.first_name(name));
                self.update(index, update, |user| user.first_name = name.map(str::to_owned)).await;
            }
            Step::Backdate(index, n) => {
                let update = UserUpdate::new().created_at(second(n));
                self.update(index, update, |user| user.created_at = second(n)).await;
            }
            Step::ReplaceEmail(index, address, status) => {
                self.replace(index, EMAILS[address], STATUSES[status]).await;
            }
            Step::Ban(index, banned) => {
                let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
                let directory = &self.world.directory;
                let user = if banned { directory.ban(&id).await } else { directory.unban(&id).await }.unwrap();
                self.change(&id, &user, |user| user.banned = banned);
            }
            Step::SignIn(index, n) => {
                let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
                self.world.directory.record_sign_in(&id, second(n)).await.unwrap();
                let user = self.world.get(&id).await;
                self.change(&id, &user, |user| user.last_sign_in_at = Some(second(n)));
            }
            Step::Tick => self.world.tick(),
        }
    }

    async fn replace(&mut self, index: Index, address: &str, status: IdentifierStatus) {
        let Some(id) = pick(&self.model, index).map(|user| user.id.clone()) else { return };
        let claimed = status != IdentifierStatus::Unverified;
        let replacement = EmailAddressReplacement::new(address).identification_status(status);
        let result = self.world.directory.replace_email_address(&id, &replacement).await;
        if claimed && address_is_taken(&self.model, address, Some(&id)) {
            assert!(result.unwrap_err().is_conflict());
            return;
        }
        result.unwrap();
        let user = self.world.get(&id).await;
        let email = Email { address: address.to_owned(), claimed };
        self.change(&id, &user, |user| user.emails = vec![email]);
    }

    async fn compare(&self, random_query: &RandomQuery) {
        let (count, expected) = random_query.expected(&self.model);
        assert_eq!(
            self.world.directory.count(&random_query.filter(&self.model)).await.unwrap(),
            count,
            "{random_query:?}"
        );
        let users = self.world.directory.list(&random_query.query(&self.model)).await.unwrap();
        let sequence = |user: &User| self.model.iter().find(|naive| naive.id == user.id).map_or(0, |n| n.sequence);
        let users: Vec<_> = users.iter().map(|user| Naive::of(user, sequence(user))).collect();
        assert_eq!(users, expected, "{random_query:?}");
    }
}

#[test]
fn list_count_and_get_agree_with_a_model() {
    let config = Config {
        cases: 512,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_512),
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cases = proptest::collection::vec((steps(), random_queries()), 1..60);
    let result = TestRunner::new(config).run(&cases, |case| {
        runtime.block_on(async {
            let mut pair = Pair { world: World::new(), model: Vec::new(), created: 0 };
            for (step, random_query) in &case {
                pair.step(step).await;
                pair.compare(random_query).await;
            }
            for naive in &pair.model {
                assert_eq!(Naive::of(&pair.world.get(&naive.id).await, naive.sequence), *naive);
            }
        });
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
