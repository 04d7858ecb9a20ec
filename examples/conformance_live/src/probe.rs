//! [`Probe`]: shared functions for the probes of assumptions.

use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::sync::{Mutex, PoisonError};

use user_directory::conformance::{Context, Failure};
use user_directory::jiff::{SignedDuration, Timestamp};
use user_directory::time::Clock;
use user_directory::{Error, ErrorKind, NewUser, OrderBy, Result, User, UserDirectory, UserFilter, UserId, UserQuery};

use crate::http::Http;

/// The time step of TOTP codes.
pub const TIME_STEP: SignedDuration = SignedDuration::from_secs(30);

/// The result of a probe: `Ok` if the service agrees with the assumption.
pub type Finding<T = ()> = std::result::Result<T, Disagreement>;

/// The reason why a probe did not confirm an assumption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// The service behaves differently.
    Differs(String),
    /// The settings of the instance do not allow the probe.
    NotApplicable(String),
    /// A call failed for another reason, such as a lost connection.
    Failed(String),
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs(message) | Self::NotApplicable(message) | Self::Failed(message) => f.write_str(message),
        }
    }
}

impl From<Error> for Disagreement {
    fn from(error: Error) -> Self {
        use ErrorKind::{
            Configuration, Connect, PaymentRequired, RateLimited, Server, Timeout, Transport, Unauthenticated,
            Unavailable,
        };
        let failed = [Configuration, Connect, RateLimited, Server, Timeout, Transport, Unauthenticated, Unavailable];
        if failed.contains(&error.kind()) {
            return Self::Failed(error.to_string());
        }
        let is_plan = error.kind() == PaymentRequired;
        let failure = Failure::from(error);
        let message = failure.to_string();
        if is_plan || failure.is_not_applicable() { Self::NotApplicable(message) } else { Self::Differs(message) }
    }
}

/// A directory, and a generator of unique identifiers.
pub struct Probe<'a> {
    pub users: &'a dyn UserDirectory,
    names: &'a Context<'a>,
    http: Option<&'a Http>,
    /// The external ids that have not been used yet.
    external_ids: Mutex<VecDeque<String>>,
}

impl<'a> Probe<'a> {
    pub fn new(
        users: &'a dyn UserDirectory,
        names: &'a Context<'a>,
        external_ids: impl Iterator<Item = String>,
    ) -> Self {
        Self { users, names, http: None, external_ids: Mutex::new(external_ids.collect()) }
    }

    /// Sets the access to the API of the directory.
    pub fn with_http(self, http: Option<&'a Http>) -> Self {
        Self { http, ..self }
    }

    /// Returns the access to the API, for requests that the client cannot send.
    pub fn http(&self) -> Finding<&'a Http> {
        self.http.ok_or_else(|| Disagreement::NotApplicable("the directory has no HTTP API".to_owned()))
    }

    /// Returns a unique lowercase word.
    pub fn word(&self) -> String {
        self.names.word()
    }

    pub fn email_address(&self) -> String {
        self.names.email_address()
    }

    pub fn phone_number(&self) -> String {
        self.names.phone_number()
    }

    pub fn web3_wallet(&self) -> String {
        self.names.web3_wallet()
    }

    /// Returns a unique external id for a user without other identifiers. The clean-up can find the user.
    pub fn external_id(&self) -> Finding<String> {
        let next = self.external_ids.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.ok_or_else(|| Disagreement::Failed("all external ids of the run are used".to_owned()))
    }

    /// Returns a user that a new instance accepts.
    pub fn new_user(&self) -> NewUser {
        NewUser::new().email_address(self.email_address()).skip_password_requirement(true)
    }

    pub async fn create(&self, new_user: NewUser) -> Finding<User> {
        Ok(self.users.create(&new_user).await?)
    }

    /// Creates a user with only an email address.
    pub async fn user(&self) -> Finding<User> {
        self.create(self.new_user()).await
    }

    /// Fails unless exactly these users match, in any order.
    pub async fn expect_listed(&self, filter: UserFilter, expected: &[&User]) -> Finding {
        let what = format!("the users that match {filter:?}");
        let mut found = self.ids(UserQuery::new().filter(filter).limit(100)).await?;
        let mut expected: Vec<_> = expected.iter().map(|user| user.id.clone()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        same(&what, &found, &expected)
    }

    /// Fails unless the users are listed in this order.
    pub async fn expect_order(&self, order_by: OrderBy, expected: &[&User]) -> Finding {
        let expected: Vec<_> = expected.iter().map(|user| user.id.clone()).collect();
        let filter = UserFilter::new().user_ids(expected.clone());
        let found = self.ids(UserQuery::new().filter(filter).order_by(order_by).limit(100)).await?;
        same(&format!("the order by {} {:?}", order_by.field.as_str(), order_by.direction), &found, &expected)
    }

    async fn ids(&self, query: UserQuery) -> Finding<Vec<UserId>> {
        Ok(self.users.list(&query).await?.into_iter().map(|user| user.id).collect())
    }
}

/// Fails unless the values are equal.
pub fn same<A, B>(what: &str, found: &A, expected: &B) -> Finding
where
    A: Debug + PartialEq<B> + ?Sized,
    B: Debug + ?Sized,
{
    if found == expected {
        return Ok(());
    }
    Err(Disagreement::Differs(format!("{what}: expected {expected:?}, found {found:?}")))
}

/// Fails unless the call is rejected with this code.
pub fn rejected<T>(what: &str, result: Result<T>, code: &str) -> Finding {
    rejected_if(what, result, code, |error| error.has_code(code))
}

/// Fails unless the call is rejected because of this parameter.
pub fn rejected_param<T>(what: &str, result: Result<T>, param_name: &str) -> Finding {
    let is_expected = |error: &Error| {
        error.kind() == ErrorKind::InvalidInput
            && error.details().iter().any(|detail| detail.param_name() == Some(param_name))
    };
    let result = result.map_err(|error| if is_disabled(&error) { Err(error) } else { Ok(error) });
    match result {
        Err(Err(disabled)) => Err(disabled.into()),
        Err(Ok(error)) => rejected_if::<T>(what, Err(error), param_name, is_expected),
        Ok(value) => rejected_if(what, Ok(value), param_name, is_expected),
    }
}

fn rejected_if<T>(what: &str, result: Result<T>, expected: &str, is_expected: impl Fn(&Error) -> bool) -> Finding {
    match result {
        Ok(_) => Err(Disagreement::Differs(format!("{what} is accepted, expected an error ({expected})"))),
        Err(error) if is_expected(&error) => Ok(()),
        Err(error) => Err(match Disagreement::from(error) {
            Disagreement::Differs(message) => Disagreement::Differs(format!("{what}: expected {expected}, {message}")),
            other => other,
        }),
    }
}

/// Returns `true` if the error means that the settings of the instance disable a feature that the call needs.
pub fn is_disabled(error: &Error) -> bool {
    matches!(Disagreement::from(error.clone()), Disagreement::NotApplicable(_))
}

/// Fails unless the call succeeds.
///
/// Use this for calls whose rejection contradicts the assumption, even if the error usually means that the settings of
/// the instance do not allow the call.
pub fn accepted<T>(what: &str, result: Result<T>) -> Finding<T> {
    result.map_err(|error| match Disagreement::from(error) {
        Disagreement::NotApplicable(message) | Disagreement::Differs(message) => {
            Disagreement::Differs(format!("{what} is rejected: {message}"))
        }
        failed @ Disagreement::Failed(_) => failed,
    })
}

/// Runs a check that depends on the current time step of TOTP codes. Repeats it if the step changes meanwhile.
pub async fn within_one_time_step<F>(clock: &dyn Clock, check: impl Fn(Timestamp) -> F) -> Finding
where
    F: Future<Output = Finding>,
{
    let step = |time: Timestamp| time.as_second() / TIME_STEP.as_secs();
    loop {
        let now = clock.now();
        let finding = check(now).await;
        if step(clock.now()) == step(now) {
            return finding;
        }
    }
}

/// Ignores a part of an assumption that cannot be probed with the settings of the instance.
pub fn if_enabled(finding: Finding) -> Finding {
    match finding {
        Err(Disagreement::NotApplicable(_)) => Ok(()),
        other => other,
    }
}

pub fn not_applicable<T>(reason: &str) -> Finding<T> {
    Err(Disagreement::NotApplicable(reason.to_owned()))
}
