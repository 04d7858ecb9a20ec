//! How an application that has a table of users already puts it behind the port: it implements the
//! operations that the table can serve. The others fail as unsupported. The example runs the conformance suite on it; so does `cargo test`.

use std::collections::BTreeMap;
use std::sync::{Mutex, atomic::AtomicU64, atomic::Ordering::Relaxed};

use user_directory::{
    ApiError, DeletedObject, EmailAddress, Error, ErrorKind, NewUser, Operation, OrderBy, Result, Text, User,
    UserDirectory, UserFilter, UserId, UserQuery, UserUpdate, Verification, codes, conformance::Suite, jiff::Timestamp,
    time::Clock, time::SystemClock,
};

#[derive(Debug)]
struct Employee {
    email: Text,
    name: Option<Text>,
    hired: Timestamp,
    changed: Timestamp,
}

/// The ids of later rows are greater.
#[derive(Debug, Default)]
struct StaffDirectory(Mutex<BTreeMap<UserId, Employee>>);

fn named<T>(operation: Operation, work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().map_err(|error| error.with_operation(operation))
}

fn refused(status: u16, code: &'static str, param_name: &str) -> Error {
    Error::from_api(status, vec![ApiError::new(code).with_param_name(param_name)])
}

fn no_row() -> Error {
    refused(404, codes::RESOURCE_NOT_FOUND, "user_id")
}

/// Fails unless the table has all that is asked for: asking for `offered` only would be the same.
fn check_offered<T: PartialEq>(asked: &T, offered: &T) -> Result<()> {
    if asked == offered { Ok(()) } else { Err(Error::new(ErrorKind::Unsupported)) }
}

fn user((id, row): (&UserId, &Employee)) -> User {
    let mut email = EmailAddress::new(&row.email);
    email.id = format!("{id}_email").parse().ok();
    email.verification = Some(Verification::by_admin());
    let mut user = User::new(id.clone());
    user.primary_email_address_id.clone_from(&email.id);
    user.email_addresses = vec![email];
    (user.first_name, user.created_at, user.updated_at) = (row.name.clone(), Some(row.hired), Some(row.changed));
    user
}

/// Those who match, newest first.
fn matching(rows: &BTreeMap<UserId, Employee>, filter: &UserFilter) -> Result<Vec<User>> {
    filter.validate()?;
    if filter.matches_nobody() {
        return Ok(Vec::new());
    }
    let mut offered = UserFilter::new();
    offered.email_addresses.clone_from(&filter.email_addresses);
    offered.user_ids.include.clone_from(&filter.user_ids.include);
    check_offered(filter, &offered)?;
    let matches = |(id, row): &(&UserId, &Employee)| {
        filter.email_addresses.as_ref().is_none_or(|emails| emails.contains(&row.email))
            && filter.user_ids.include.as_ref().is_none_or(|ids| ids.contains(id))
    };
    Ok(rows.iter().rev().filter(matches).map(user).collect())
}

#[user_directory::async_trait]
impl UserDirectory for StaffDirectory {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        named(Operation::List, || {
            query.validate()?;
            check_offered(&query.order_by.unwrap_or_default(), &OrderBy::default())?;
            let offset = usize::try_from(query.page.offset.unwrap_or(0)).unwrap_or(usize::MAX);
            let users = matching(&self.0.lock().unwrap(), &query.filter)?.into_iter();
            let users = users.filter(|user| query.starting_after.as_ref().is_none_or(|after| user.id < *after));
            Ok(users.skip(offset).take(query.page.limit.unwrap_or(10) as usize).collect())
        })
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        named(Operation::Count, || Ok(matching(&self.0.lock().unwrap(), filter)?.len() as u64))
    }

    async fn create(&self, new: &NewUser) -> Result<User> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        named(Operation::Create, || {
            let email = new.email_addresses.first().map_or(Text::default(), |email| email.value.clone());
            let mut offered = NewUser::new().email_address(&email);
            offered.first_name.clone_from(&new.first_name);
            check_offered(new, &offered)?;
            let mut rows = self.0.lock().unwrap();
            let taken = rows.values().any(|row| row.email.eq_ignore_ascii_case(&email));
            if taken || !email.contains('@') {
                let code = if taken { codes::FORM_IDENTIFIER_EXISTS } else { codes::FORM_PARAM_FORMAT_INVALID };
                return Err(refused(422, code, "email_address"));
            }
            let id = UserId::new(format!("staff_{:012}", NEXT.fetch_add(1, Relaxed)))?;
            let (name, now) = (new.first_name.clone(), SystemClock.now());
            let row = rows.entry(id.clone()).or_insert(Employee { email, name, hired: now, changed: now });
            Ok(user((&id, row)))
        })
    }

    async fn get(&self, id: &UserId) -> Result<User> {
        named(Operation::Get, || self.0.lock().unwrap().get_key_value(id).map(user).ok_or_else(no_row))
    }

    async fn update(&self, id: &UserId, update: &UserUpdate) -> Result<User> {
        named(Operation::Update, || {
            update.validate()?;
            let mut rows = self.0.lock().unwrap();
            let row = rows.get_mut(id).ok_or_else(no_row)?;
            let mut offered = UserUpdate::new();
            offered.first_name = update.first_name.clone();
            check_offered(update, &offered)?;
            offered.first_name.apply_to(&mut row.name);
            row.changed = SystemClock.now();
            Ok(user((id, row)))
        })
    }

    async fn delete(&self, id: &UserId) -> Result<DeletedObject> {
        named(Operation::Delete, || self.0.lock().unwrap().remove(id).ok_or_else(no_row))?;
        Ok(DeletedObject::new("user", id.as_str()))
    }
}

#[tokio::main]
async fn main() {
    let report = Suite::new(&StaffDirectory::default()).run().await;
    println!("{report}");
    assert!(report.is_conformant() && report.passed().count() >= 30, "the table can do more than that");
}

#[test]
fn the_table_does_as_it_should_where_it_does_anything() {
    main();
}
