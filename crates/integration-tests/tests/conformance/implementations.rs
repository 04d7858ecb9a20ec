//! The conformance suite on the implementations, and the proof that it notices a broken one.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use integration_tests::conforms::assert_conforms;
use user_directory::conformance::{Context, Suite, create};
use user_directory::emulator::Emulator;
use user_directory::{
    ClerkUserDirectory, DeletedObject, Direction, Error, ErrorKind, InMemoryUserDirectory, MetadataReplacement,
    MetadataUpdate, NewUser, Operation, OrderBy, OrganizationMembership, Page, Paginated, Password,
    PasswordVerification, Result, SecretKey, TotpCode, TotpVerification, User, UserDirectory, UserFilter, UserId,
    UserQuery, UserUpdate, async_trait,
};

#[tokio::test]
async fn the_in_memory_directory_conforms() {
    let directory = InMemoryUserDirectory::new();
    assert_conforms("InMemoryUserDirectory", &directory, &directory).await;
}

#[tokio::test]
async fn a_pointer_to_a_directory_conforms() {
    let directory = InMemoryUserDirectory::new();
    let pointer: Arc<dyn UserDirectory> = Arc::new(directory.clone());
    assert_conforms("Arc<dyn UserDirectory>", &pointer, &directory).await;
}

#[tokio::test]
async fn other_users_do_not_disturb_and_are_not_disturbed() {
    let directory = InMemoryUserDirectory::new();
    directory.load_json(include_str!("../../../../examples/users.json")).unwrap();
    let everybody = UserQuery::new().limit(500);
    let before = directory.list(&everybody).await.unwrap();
    assert!(before.len() > 10);
    assert_conforms("InMemoryUserDirectory with users", &directory, &directory).await;
    assert_eq!(directory.list(&everybody).await.unwrap().len(), before.len());
}

#[tokio::test]
async fn a_run_can_be_made_again_as_it_was() {
    let directory = InMemoryUserDirectory::new();
    for _ in 0..2 {
        let report = Suite::new(&directory).fixture(&directory).namespace("again").run().await;
        report.assert_conformant();
    }
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_the_fixture_cannot_arrange_is_not_applicable() {
    let report = Suite::new(&InMemoryUserDirectory::new()).run().await;
    report.assert_conformant();
    assert!(report.passed().count() >= 350, "{report}");
    let left_out: Vec<_> = report.not_applicable().map(|(behavior, _)| behavior.name()).collect();
    for name in [
        "delete_passkey_removes_the_passkey",
        "lock_expires_after_reported_seconds",
        "verify_totp_returns_totp_for_current_code",
    ] {
        assert!(left_out.contains(&name), "{report}");
    }
    let line = "lock_expires_after_reported_seconds: the fixture cannot arrange the passing of time";
    assert!(report.to_string().contains(line), "{report}");
}

/// Offers nothing.
#[derive(Debug)]
struct Nothing;

impl UserDirectory for Nothing {}

#[tokio::test]
async fn what_is_not_offered_is_not_applicable() {
    let report = Suite::new(&Nothing).run().await;
    assert_eq!((report.passed().count(), report.failures().count()), (0, 0), "{report}");
    for (behavior, why) in report.not_applicable() {
        let why = why.to_string();
        assert!(why.contains("is not offered"), "{behavior:?}: {why}");
        // These call nothing else, so they prove that each operation refuses in its own name.
        if behavior.name().ends_with("_of_nobody_is_not_found") {
            assert!(why.starts_with(&format!("{} is not offered", behavior.operation())), "{behavior:?}: {why}");
        }
    }
}

#[tokio::test]
async fn users_are_deleted_after_a_failure_too() {
    let directory = Broken::new(Fault::KindOfNotFound);
    let report = Suite::new(&directory).fixture(&directory.inner).run().await;
    assert!(report.failures().count() > 0);
    assert_eq!(directory.inner.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn one_behavior_is_a_function() {
    let directory = InMemoryUserDirectory::new();
    let context = Context::with_namespace(&directory, &(), "Mine!");
    assert_eq!(context.namespace(), "cmine");
    create::create_returns_user_that_get_returns(&context).await.unwrap();
    assert_eq!(directory.count(&UserFilter::new().query("cmine")).await.unwrap(), 1);
    context.clean_up().await;
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_run_of_nothing_is_not_conformant() {
    let report = Suite::new(&InMemoryUserDirectory::new()).named("no_such_behavior").run().await;
    assert!(!report.is_conformant());
}

#[tokio::test]
#[should_panic = "get: get_fails_for_unknown_user: get should have failed: not found; it failed with: get: invalid input"]
async fn the_assertion_lists_the_failures() {
    let report = Suite::new(&Broken::new(Fault::KindOfNotFound)).operation(Operation::Get).run().await;
    report.assert_conformant();
}

#[tokio::test]
#[should_panic = "no behavior was tried"]
async fn the_assertion_fails_if_nothing_was_tried() {
    Suite::new(&InMemoryUserDirectory::new()).named("no_such_behavior").run().await.assert_conformant();
}

/// A promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    FiltersAreIgnored,
    EmptyListsMatchEverybody,
    InputIsNotChecked,
    OrderIsIgnored,
    CursorsAreIgnored,
    CountsAreOfEverybody,
    KindOfNotFound,
    NoOperationInErrors,
    EmailAddressesAreNotUnique,
    UpdatesClearOtherFields,
    UpdatesAreDoneInPart,
    MetadataIsReplaced,
    MergesAreLost,
    DeletedUsersKeepIdentifiers,
    BackupCodesAreKept,
    WrongPasswordsAreErrors,
    BulkBansAreDoneInPart,
    MembershipsOfOnePage,
    WritesAreNotRead,
}

/// The promises of [`InMemoryUserDirectory`], but for one.
#[derive(Debug)]
struct Broken {
    inner: InMemoryUserDirectory,
    fault: Fault,
    deleted: Mutex<HashSet<UserId>>,
    seen: Mutex<Vec<User>>,
    used: Mutex<HashSet<(UserId, String)>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        let inner = InMemoryUserDirectory::new();
        Self { inner, fault, deleted: Mutex::default(), seen: Mutex::default(), used: Mutex::default() }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn is_deleted(&self, id: &UserId) -> bool {
        self.deleted.lock().unwrap().contains(id)
    }
}

fn not_found(operation: Operation) -> Error {
    Error::new(ErrorKind::NotFound).with_operation(operation)
}

#[async_trait]
impl UserDirectory for Broken {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let mut query = query.clone();
        if self.is(Fault::InputIsNotChecked) && query.validate().is_err() {
            return Ok(Vec::new());
        }
        if self.is(Fault::FiltersAreIgnored)
            || self.is(Fault::EmptyListsMatchEverybody) && query.filter.matches_nobody()
        {
            query.filter = UserFilter::new();
        }
        if self.is(Fault::OrderIsIgnored) {
            query.order_by = query.order_by.map(|order| OrderBy { direction: Direction::Descending, ..order });
        }
        if self.is(Fault::CursorsAreIgnored) {
            query.starting_after = None;
        }
        let mut users = self.inner.list(&query).await?;
        users.retain(|user| !self.is_deleted(&user.id));
        Ok(users)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        if self.is(Fault::CountsAreOfEverybody) {
            filter.validate().map_err(|error| error.with_operation(Operation::Count))?;
            return self.inner.count(&UserFilter::new()).await;
        }
        self.inner.count(filter).await
    }

    async fn create(&self, new: &NewUser) -> Result<User> {
        let mut new = new.clone();
        if self.is(Fault::EmailAddressesAreNotUnique) {
            let taken = UserFilter::new().email_addresses(new.email_addresses.iter().map(|email| &email.value));
            if self.inner.count(&taken).await? > 0 {
                new.email_addresses.clear();
                new.skip_user_requirement = Some(true);
            }
        }
        self.inner.create(&new).await
    }

    async fn get(&self, id: &UserId) -> Result<User> {
        if self.is_deleted(id) {
            return Err(not_found(Operation::Get));
        }
        let user = self.inner.get(id).await;
        match (self.fault, user) {
            (Fault::KindOfNotFound, Err(_)) => Err(Error::new(ErrorKind::InvalidInput).with_operation(Operation::Get)),
            (Fault::NoOperationInErrors, Err(error)) => Err(Error::new(error.kind())),
            (Fault::WritesAreNotRead, Ok(user)) => {
                let mut seen = self.seen.lock().unwrap();
                let first = seen.iter().find(|first| first.id == user.id).cloned().unwrap_or(user);
                seen.push(first.clone());
                Ok(first)
            }
            (_, user) => user,
        }
    }

    async fn update(&self, id: &UserId, update: &UserUpdate) -> Result<User> {
        let mut update = update.clone();
        if self.is(Fault::UpdatesClearOtherFields) && update.last_name.is_keep() {
            update = update.clear_last_name();
        }
        if self.is(Fault::UpdatesAreDoneInPart) {
            let mut part = UserUpdate::new();
            part.first_name = update.first_name.clone();
            self.inner.update(id, &part).await?;
        }
        self.inner.update(id, &update).await
    }

    async fn delete(&self, id: &UserId) -> Result<DeletedObject> {
        if !self.is(Fault::DeletedUsersKeepIdentifiers) {
            return self.inner.delete(id).await;
        }
        self.inner.get(id).await.map_err(|error| error.with_operation(Operation::Delete))?;
        if !self.deleted.lock().unwrap().insert(id.clone()) {
            return Err(not_found(Operation::Delete));
        }
        Ok(DeletedObject::new("user", id.as_str()))
    }

    async fn update_metadata(&self, id: &UserId, update: &MetadataUpdate) -> Result<User> {
        let mut replacement = MetadataReplacement::new();
        let MetadataUpdate { public, private, r#unsafe, .. } = update.clone();
        (replacement.public, replacement.private, replacement.r#unsafe) = (public, private, r#unsafe);
        if self.is(Fault::MergesAreLost) {
            // Read, merged, and written, with time for others in between.
            let old = self.inner.get(id).await.map_err(|error| error.with_operation(Operation::UpdateMetadata))?;
            replacement.public = replacement.public.map(|patch| old.public_metadata.merge(&patch));
            replacement.private = replacement.private.map(|patch| old.private_metadata.merge(&patch));
            replacement.r#unsafe = replacement.r#unsafe.map(|patch| old.unsafe_metadata.merge(&patch));
            tokio::task::yield_now().await;
        }
        if self.is(Fault::MetadataIsReplaced) || self.is(Fault::MergesAreLost) {
            let replaced = self.inner.replace_metadata(id, &replacement).await;
            return replaced.map_err(|error| error.with_operation(Operation::UpdateMetadata));
        }
        self.inner.update_metadata(id, update).await
    }

    async fn get_organization_memberships(
        &self,
        id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        let mut memberships = self.inner.get_organization_memberships(id, page).await?;
        if self.is(Fault::MembershipsOfOnePage) {
            memberships.total_count = memberships.data.len() as u64;
        }
        Ok(memberships)
    }

    async fn verify_password(&self, id: &UserId, password: &Password) -> Result<PasswordVerification> {
        match self.inner.verify_password(id, password).await? {
            PasswordVerification::Incorrect if self.is(Fault::WrongPasswordsAreErrors) => {
                Err(Error::new(ErrorKind::InvalidInput).with_operation(Operation::VerifyPassword))
            }
            verification => Ok(verification),
        }
    }

    async fn verify_totp(&self, id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        let verification = self.inner.verify_totp(id, code).await?;
        let key = (id.clone(), code.expose_secret().to_owned());
        if self.is(Fault::BackupCodesAreKept) {
            let mut used = self.used.lock().unwrap();
            if verification == TotpVerification::BackupCode {
                used.insert(key);
            } else if used.contains(&key) {
                return Ok(TotpVerification::BackupCode);
            }
        }
        Ok(verification)
    }

    async fn bulk_ban(&self, ids: &[UserId]) -> Result<Vec<User>> {
        if !self.is(Fault::BulkBansAreDoneInPart) || user_directory::validate_bulk(ids).is_err() {
            return self.inner.bulk_ban(ids).await;
        }
        let mut users = Vec::new();
        for id in ids {
            let user = self.inner.ban(id).await;
            users.push(user.map_err(|error| error.with_operation(Operation::BulkBan))?);
        }
        Ok(users)
    }
}

/// Each fault, and a behavior that notices it.
const NOTICED: [(Fault, &str); 19] = [
    (Fault::FiltersAreIgnored, "list_filters_by_email_address"),
    (Fault::EmptyListsMatchEverybody, "list_returns_no_users_for_empty_filter_list"),
    (Fault::InputIsNotChecked, "list_rejects_limit_outside_1_to_500"),
    (Fault::OrderIsIgnored, "list_orders_by_first_name"),
    (Fault::CursorsAreIgnored, "list_pages_by_cursor_return_each_user_once"),
    (Fault::CountsAreOfEverybody, "count_returns_number_of_users_beyond_one_page"),
    (Fault::KindOfNotFound, "get_fails_for_unknown_user"),
    (Fault::NoOperationInErrors, "get_fails_for_unknown_user"),
    (Fault::EmailAddressesAreNotUnique, "create_rejects_duplicate_email_address"),
    (Fault::UpdatesClearOtherFields, "update_keeps_fields_that_are_not_given"),
    (Fault::UpdatesAreDoneInPart, "update_changes_nothing_when_rejected"),
    (Fault::MetadataIsReplaced, "update_metadata_adds_and_changes_keys"),
    (Fault::MergesAreLost, "update_metadata_keeps_concurrent_merges"),
    (Fault::DeletedUsersKeepIdentifiers, "delete_frees_email_addresses"),
    (Fault::BackupCodesAreKept, "verify_totp_consumes_backup_code"),
    (Fault::WrongPasswordsAreErrors, "verify_password_returns_incorrect_for_wrong_password"),
    (Fault::BulkBansAreDoneInPart, "bulk_ban_changes_nothing_if_one_user_is_unknown"),
    (Fault::MembershipsOfOnePage, "get_organization_memberships_returns_pages"),
    (Fault::WritesAreNotRead, "ban_is_visible_to_next_read"),
];

#[tokio::test]
async fn a_wrapper_that_breaks_nothing_conforms() {
    let directory = Broken::new(Fault::None);
    assert_conforms("the wrapper of the faults", &directory, &directory.inner).await;
}

#[tokio::test]
async fn each_fault_is_noticed() {
    for (fault, name) in NOTICED {
        let directory = Broken::new(fault);
        // Somebody who must not be listed, counted or changed.
        directory.create(&NewUser::new().username("somebody.else")).await.unwrap();
        let report = Suite::new(&directory).fixture(&directory.inner).named(name).run().await;
        assert_eq!(report.failures().count(), 1, "{fault:?} is not noticed by {name}:\n{report}");
        assert!(report.to_string().contains("FAILED"), "{report}");
        assert!(!report.is_conformant());
    }
}

#[tokio::test]
async fn what_has_no_fault_passes_beside_what_has() {
    let directory = Broken::new(Fault::BackupCodesAreKept);
    let report = Suite::new(&directory).fixture(&directory.inner).run().await;
    let failed: Vec<_> = report.failures().map(|(behavior, _)| behavior.operation()).collect();
    assert!(!failed.is_empty() && failed.iter().all(|operation| *operation == Operation::VerifyTotp), "{report}");
}

#[tokio::test]
async fn the_http_adapter_conforms_with_the_emulator_behind_it() {
    let directory = InMemoryUserDirectory::new();
    let emulator = Emulator::builder().in_memory(directory.clone()).start().await.unwrap();
    let key = SecretKey::new("sk_test_notarealkey").unwrap();
    let clerk = ClerkUserDirectory::builder(key).base_url(emulator.api_url()).build().unwrap();
    assert_conforms("ClerkUserDirectory on the emulator", &clerk, &directory).await;
    emulator.stop().await.unwrap();
}
