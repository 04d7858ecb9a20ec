//! Directories that violate one rule of the contract each, and the behavior that detects it.

use std::collections::HashSet;
use std::sync::Mutex;

use integration_tests::conforms::assert_conforms;
use user_directory::conformance::Suite;
use user_directory::model::{
    DeletedObject, Direction, NewIdentifier, OrganizationMembership, Paginated, PasswordVerification, TotpCode,
    TotpVerification,
};
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, MetadataReplacement, MetadataUpdate, NewUser, Operation, OrderBy, Page,
    Password, Result, User, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate, async_trait,
};

/// The rule that is violated.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mutation {
    None,
    IgnoresFilters,
    MatchesAllUsersForEmptyLists,
    SkipsValidation,
    IgnoresOrder,
    IgnoresCursors,
    CountsAllUsers,
    ReportsNotFoundAsInvalidInput,
    OmitsOperationInErrors,
    AcceptsDuplicateEmailAddresses,
    ClearsOtherFieldsInUpdate,
    UpdatesPartially,
    ReplacesMetadataInsteadOfMerging,
    LosesConcurrentMerges,
    KeepsIdentifiersOfDeletedUsers,
    KeepsUsedBackupCodes,
    ReportsWrongPasswordAsError,
    BansPartially,
    CountsOnePageOfMemberships,
    ReturnsStaleUsers,
}

/// An in-memory directory that violates one rule.
#[derive(Debug)]
struct Mutant {
    inner: InMemoryUserDirectory,
    mutation: Mutation,
    deleted: Mutex<HashSet<UserId>>,
    seen: Mutex<Vec<User>>,
    used: Mutex<HashSet<(UserId, String)>>,
}

impl Mutant {
    fn new(mutation: Mutation) -> Self {
        let inner = InMemoryUserDirectory::permissive();
        Self { inner, mutation, deleted: Mutex::default(), seen: Mutex::default(), used: Mutex::default() }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }

    fn is_deleted(&self, id: &UserId) -> bool {
        self.deleted.lock().unwrap().contains(id)
    }
}

fn not_found(operation: Operation) -> Error {
    Error::new(ErrorKind::NotFound).with_operation(operation)
}

#[async_trait]
impl UserDirectory for Mutant {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let mut query = query.clone();
        if self.is(Mutation::SkipsValidation) && query.validate().is_err() {
            return Ok(Vec::new());
        }
        if self.is(Mutation::IgnoresFilters)
            || self.is(Mutation::MatchesAllUsersForEmptyLists) && query.filter.matches_no_users()
        {
            query.filter = UserFilter::new();
        }
        if self.is(Mutation::IgnoresOrder) {
            query.order_by = query.order_by.map(|order| OrderBy { direction: Direction::Descending, ..order });
        }
        if self.is(Mutation::IgnoresCursors) {
            query.starting_after = None;
        }
        let mut users = self.inner.list(&query).await?;
        users.retain(|user| !self.is_deleted(&user.id));
        Ok(users)
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        if self.is(Mutation::CountsAllUsers) {
            filter.validate().map_err(|error| error.with_operation(Operation::Count))?;
            return self.inner.count(&UserFilter::new()).await;
        }
        self.inner.count(filter).await
    }

    async fn create(&self, new: &NewUser) -> Result<User> {
        let mut new = new.clone();
        if self.is(Mutation::AcceptsDuplicateEmailAddresses) {
            let taken = UserFilter::new().email_addresses(new.email_addresses.iter().map(NewIdentifier::value));
            if self.inner.count(&taken).await? > 0 {
                new.email_addresses.clear();
                new.skip_user_requirement = None;
            }
        }
        self.inner.create(&new).await
    }

    async fn get(&self, id: &UserId) -> Result<User> {
        if self.is_deleted(id) {
            return Err(not_found(Operation::Get));
        }
        let user = self.inner.get(id).await;
        match (self.mutation, user) {
            (Mutation::ReportsNotFoundAsInvalidInput, Err(_)) => {
                Err(Error::new(ErrorKind::InvalidInput).with_operation(Operation::Get))
            }
            (Mutation::OmitsOperationInErrors, Err(error)) => Err(Error::new(error.kind())),
            (Mutation::ReturnsStaleUsers, Ok(user)) => {
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
        if self.is(Mutation::ClearsOtherFieldsInUpdate) && update.last_name.is_keep() {
            update = update.clear_last_name();
        }
        if self.is(Mutation::UpdatesPartially) {
            let mut part = UserUpdate::new();
            part.first_name = update.first_name.clone();
            self.inner.update(id, &part).await?;
        }
        self.inner.update(id, &update).await
    }

    async fn delete(&self, id: &UserId) -> Result<DeletedObject> {
        if !self.is(Mutation::KeepsIdentifiersOfDeletedUsers) {
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
        if self.is(Mutation::LosesConcurrentMerges) {
            // Other calls run between the read and the write.
            let old = self.inner.get(id).await.map_err(|error| error.with_operation(Operation::UpdateMetadata))?;
            replacement.public = replacement.public.map(|patch| old.public_metadata.merge(&patch));
            replacement.private = replacement.private.map(|patch| old.private_metadata.merge(&patch));
            replacement.r#unsafe = replacement.r#unsafe.map(|patch| old.unsafe_metadata.merge(&patch));
            tokio::task::yield_now().await;
        }
        if self.is(Mutation::ReplacesMetadataInsteadOfMerging) || self.is(Mutation::LosesConcurrentMerges) {
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
        if self.is(Mutation::CountsOnePageOfMemberships) {
            memberships.total_count = memberships.data.len() as u64;
        }
        Ok(memberships)
    }

    async fn verify_password(&self, id: &UserId, password: &Password) -> Result<PasswordVerification> {
        match self.inner.verify_password(id, password).await? {
            PasswordVerification::Incorrect if self.is(Mutation::ReportsWrongPasswordAsError) => {
                Err(Error::new(ErrorKind::InvalidInput).with_operation(Operation::VerifyPassword))
            }
            verification => Ok(verification),
        }
    }

    async fn verify_totp(&self, id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        let verification = self.inner.verify_totp(id, code).await?;
        let key = (id.clone(), code.expose_secret().to_owned());
        if self.is(Mutation::KeepsUsedBackupCodes) {
            let mut used = self.used.lock().unwrap();
            if verification == TotpVerification::BackupCode {
                used.insert(key);
            } else if used.contains(&key) {
                return Ok(TotpVerification::BackupCode);
            }
        }
        Ok(verification)
    }

    async fn bulk_ban(&self, ids: &UserIdBatch) -> Result<Vec<User>> {
        if !self.is(Mutation::BansPartially) {
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

/// Each mutation, and a behavior that detects it.
const DETECTED: [(Mutation, &str); 19] = [
    (Mutation::IgnoresFilters, "list_filters_by_email_address"),
    (Mutation::MatchesAllUsersForEmptyLists, "list_returns_no_users_for_empty_filter_list"),
    (Mutation::SkipsValidation, "list_rejects_limit_outside_1_to_500"),
    (Mutation::IgnoresOrder, "list_orders_by_first_name"),
    (Mutation::IgnoresCursors, "list_pages_by_cursor_return_each_user_once"),
    (Mutation::CountsAllUsers, "count_returns_number_of_users_beyond_one_page"),
    (Mutation::ReportsNotFoundAsInvalidInput, "get_fails_for_unknown_user"),
    (Mutation::OmitsOperationInErrors, "get_fails_for_unknown_user"),
    (Mutation::AcceptsDuplicateEmailAddresses, "create_rejects_duplicate_email_address"),
    (Mutation::ClearsOtherFieldsInUpdate, "update_keeps_fields_that_are_not_given"),
    (Mutation::UpdatesPartially, "update_changes_nothing_when_rejected"),
    (Mutation::ReplacesMetadataInsteadOfMerging, "update_metadata_adds_and_changes_keys"),
    (Mutation::LosesConcurrentMerges, "update_metadata_keeps_concurrent_merges"),
    (Mutation::KeepsIdentifiersOfDeletedUsers, "delete_frees_email_addresses"),
    (Mutation::KeepsUsedBackupCodes, "verify_totp_consumes_backup_code"),
    (Mutation::ReportsWrongPasswordAsError, "verify_password_returns_incorrect_for_wrong_password"),
    (Mutation::BansPartially, "bulk_ban_changes_nothing_if_one_user_is_unknown"),
    (Mutation::CountsOnePageOfMemberships, "get_organization_memberships_returns_pages"),
    (Mutation::ReturnsStaleUsers, "ban_is_visible_to_next_read"),
];

#[tokio::test]
async fn wrapper_without_mutation_conforms() {
    let directory = Mutant::new(Mutation::None);
    assert_conforms("wrapper without mutation", &directory, &directory.inner).await;
}

#[tokio::test]
async fn each_mutation_is_detected() {
    for (mutation, name) in DETECTED {
        let directory = Mutant::new(mutation);
        // A user that must not be listed, counted or changed.
        directory.create(&NewUser::new().username("another_user")).await.unwrap();
        let report = Suite::new(&directory).fixture(&directory.inner).named(name).run().await;
        assert_eq!(report.failures().count(), 1, "{mutation:?} is not detected by {name}:\n{report}");
        assert!(report.to_string().contains("FAILED"), "{report}");
        assert!(!report.is_conformant());
    }
}

#[tokio::test]
async fn other_operations_of_a_mutant_pass() {
    let directory = Mutant::new(Mutation::KeepsUsedBackupCodes);
    let report = Suite::new(&directory).fixture(&directory.inner).run().await;
    let failed: Vec<_> = report.failures().map(|(behavior, _)| behavior.operation()).collect();
    assert!(!failed.is_empty() && failed.iter().all(|operation| *operation == Operation::VerifyTotp), "{report}");
}

#[tokio::test]
async fn users_are_deleted_after_a_failure() {
    let directory = Mutant::new(Mutation::ReportsNotFoundAsInvalidInput);
    let report = Suite::new(&directory).fixture(&directory.inner).run().await;
    assert!(report.failures().count() > 0);
    assert_eq!(directory.inner.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
#[should_panic = "the directory is not conformant:\nget_fails_for_unknown_user: `get`: expected an error (not found), \
                  found an error (get: invalid input), for an unknown id"]
async fn assert_conformant_lists_failures() {
    let directory = Mutant::new(Mutation::ReportsNotFoundAsInvalidInput);
    Suite::new(&directory).operation(Operation::Get).run().await.assert_conformant();
}

#[tokio::test]
async fn failure_shows_input() {
    let directory = Mutant::new(Mutation::SkipsValidation);
    let report = Suite::new(&directory).named("list_rejects_limit_outside_1_to_500").run().await;
    let (_, failure) = report.failures().next().unwrap();
    let expected =
        "`list`: expected an error (invalid input), found success, for UserQuery { page: Page { limit: Some(0) } }";
    assert_eq!(failure.to_string(), expected);
}
