//! An adapter for a table of employees, who have a login and a first name.
//!
//! The adapter implements the six operations that the table supports. Other operations, fields and filters fail with
//! `ErrorKind::Unsupported`. The program and its test run the conformance suite on the adapter.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use user_directory::conformance::{Context, Fixture, Report, Suite};
use user_directory::jiff::Timestamp;
use user_directory::model::DeletedObject;
use user_directory::time::{Clock, SystemClock};
use user_directory::{
    Error, ErrorDetail, ErrorKind, NewUser, Operation, OrderBy, Result, Text, User, UserDirectory, UserFilter, UserId,
    UserQuery, UserUpdate, async_trait, codes,
};

/// A row of the table.
#[derive(Debug)]
struct Employee {
    login: Text,
    first_name: Option<Text>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The table. Newer rows have greater ids.
#[derive(Debug, Default)]
struct Employees {
    rows: Mutex<BTreeMap<UserId, Employee>>,
    last_id: AtomicU64,
}

fn user((id, row): (&UserId, &Employee)) -> User {
    let mut user = User::new(id.clone());
    user.username = Some(row.login.clone());
    user.first_name.clone_from(&row.first_name);
    (user.created_at, user.updated_at) = (Some(row.created_at), Some(row.updated_at));
    user
}

fn not_found() -> Error {
    Error::rejected(ErrorKind::NotFound, [ErrorDetail::new(codes::RESOURCE_NOT_FOUND).with_param_name("user_id")])
}

fn invalid(code: &'static str) -> Error {
    Error::rejected(ErrorKind::InvalidInput, [ErrorDetail::new(code).with_param_name("username")])
}

/// Fails if the request contains anything that is not in `supported`, the supported part of the request.
fn check_supported<T: PartialEq>(operation: Operation, request: &T, supported: &T) -> Result<()> {
    if request == supported { Ok(()) } else { Err(unsupported(operation)) }
}

fn unsupported(operation: Operation) -> Error {
    Error::unsupported(operation).with_message("employees have only a username and a first name")
}

fn check_login(login: &str) -> Result<()> {
    let is_phone_number = login.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if is_phone_number {
        return Err(invalid(codes::FORM_USERNAME_CANNOT_BE_PHONE_NUMBER));
    }
    if !(4..=64).contains(&login.chars().count()) {
        return Err(invalid(codes::FORM_USERNAME_INVALID_LENGTH));
    }
    if !login.contains(|c: char| c.is_ascii_alphabetic()) {
        return Err(invalid(codes::FORM_USERNAME_NEEDS_NON_NUMBER_CHAR));
    }
    if !login.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        return Err(invalid(codes::FORM_USERNAME_INVALID_CHARACTER));
    }
    Ok(())
}

impl Employees {
    /// Returns the matching users, newest first.
    fn matching(&self, operation: Operation, filter: &UserFilter) -> Result<Vec<User>> {
        filter.validate()?;
        if filter.matches_no_users() {
            return Ok(Vec::new());
        }
        let mut supported = UserFilter::new();
        supported.usernames.clone_from(&filter.usernames);
        supported.user_ids.include.clone_from(&filter.user_ids.include);
        check_supported(operation, filter, &supported)?;
        let matches = |(id, row): &(&UserId, &Employee)| {
            let is_login = |login: &Text| login.eq_ignore_ascii_case(&row.login);
            filter.usernames.as_ref().is_none_or(|logins| logins.iter().any(is_login))
                && filter.user_ids.include.as_ref().is_none_or(|ids| ids.contains(id))
        };
        Ok(self.rows.lock().unwrap().iter().rev().filter(matches).map(user).collect())
    }

    fn select(&self, query: &UserQuery) -> Result<Vec<User>> {
        query.validate()?;
        check_supported(Operation::List, &query.order_by.unwrap_or_default(), &OrderBy::default())?;
        if query.starting_after.as_ref().is_some_and(|after| !self.rows.lock().unwrap().contains_key(after)) {
            let missing = ErrorDetail::new(codes::FORM_RESOURCE_NOT_FOUND).with_param_name("starting_after");
            return Err(Error::rejected(ErrorKind::InvalidInput, [missing]));
        }
        let (offset, limit) = (query.page.offset.unwrap_or(0), query.page.limit.unwrap_or(10));
        let users = self.matching(Operation::List, &query.filter)?.into_iter();
        let users = users.filter(|user| query.starting_after.as_ref().is_none_or(|after| user.id < *after));
        Ok(users.skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(limit as usize).collect())
    }

    fn insert(&self, new: &NewUser) -> Result<User> {
        let login = new.username.clone().ok_or_else(|| unsupported(Operation::Create))?;
        let mut supported = NewUser::new().username(&login);
        supported.first_name.clone_from(&new.first_name);
        check_supported(Operation::Create, new, &supported)?;
        check_login(&login)?;
        let mut rows = self.rows.lock().unwrap();
        if rows.values().any(|row| row.login.eq_ignore_ascii_case(&login)) {
            let taken = ErrorDetail::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("username");
            return Err(Error::rejected(ErrorKind::Conflict, [taken]));
        }
        let id = UserId::new(format!("employee_{:012}", self.last_id.fetch_add(1, Relaxed)))?;
        let (first_name, now) = (new.first_name.clone(), SystemClock.now());
        let row = Employee { login, first_name, created_at: now, updated_at: now };
        Ok(user((&id, rows.entry(id.clone()).or_insert(row))))
    }

    fn change(&self, id: &UserId, update: &UserUpdate) -> Result<User> {
        update.validate()?;
        let mut supported = UserUpdate::new();
        supported.first_name.clone_from(&update.first_name);
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(id).ok_or_else(not_found)?;
        check_supported(Operation::Update, update, &supported)?;
        update.first_name.clone().apply_to(&mut row.first_name);
        row.updated_at = SystemClock.now();
        Ok(user((id, row)))
    }
}

#[async_trait]
impl UserDirectory for Employees {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        self.select(query).map_err(|error| error.with_operation(Operation::List))
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        let users = self.matching(Operation::Count, filter);
        users.map(|users| users.len() as u64).map_err(|error| error.with_operation(Operation::Count))
    }

    async fn create(&self, new: &NewUser) -> Result<User> {
        self.insert(new).map_err(|error| error.with_operation(Operation::Create))
    }

    async fn get(&self, id: &UserId) -> Result<User> {
        let user = self.rows.lock().unwrap().get_key_value(id).map(user);
        user.ok_or_else(|| not_found().with_operation(Operation::Get))
    }

    async fn update(&self, id: &UserId, update: &UserUpdate) -> Result<User> {
        self.change(id, update).map_err(|error| error.with_operation(Operation::Update))
    }

    async fn delete(&self, id: &UserId) -> Result<DeletedObject> {
        let row = self.rows.lock().unwrap().remove(id);
        row.ok_or_else(|| not_found().with_operation(Operation::Delete))?;
        Ok(DeletedObject::new("user", id.as_str()))
    }
}

/// A fixture that creates users with a username and without an email address.
struct Logins;

#[async_trait]
impl Fixture for Logins {
    fn new_user(&self, context: &Context<'_>) -> NewUser {
        NewUser::new().username(context.word())
    }
}

async fn run_suite() -> Report {
    Suite::new(&Employees::default()).fixture(&Logins).run().await
}

#[tokio::main]
async fn main() {
    println!("{}", run_suite().await);
}

#[tokio::test]
async fn employees_conform() {
    use Operation::{Count, Create, Delete, Get, List, Update};
    let report = run_suite().await;
    report.assert_conformant_for(&[List, Count, Create, Get, Update, Delete]);
    assert!(report.passed().count() >= 50, "{report}");
}
