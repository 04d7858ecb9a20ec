//! [`Claims`]: identifiers that occur in multiple rows of a file.
//!
//! An email address or phone number that is verified in one row is removed from the rows in which it is unverified. Of
//! multiple rows with the same external id, rows without a password are rejected if another row has one.
//! Otherwise, the first row with the identifier is imported, and later rows are rejected as duplicates. Rejected rows
//! have no effect on other rows. Rows that depend on other rows are therefore imported last. If an earlier run imported
//! a row, and the row is unchanged, other rows with the same external id are rejected.
//!
//! Only identifiers that occur in multiple rows are kept in memory. The first pass over the file detects them by their
//! hashes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use user_directory::model::{IdentifierStatus, NewIdentifier};
use user_directory::store::{Identifier, IdentifierKind};
use user_directory::{NewUser, Text, User};

use crate::identifiers;
use crate::mapping::Candidate;
use crate::reading::Position;
use crate::rejects::Rejection;

/// The note for unverified identifiers that were removed because another row or user has them.
pub const DROPPED_UNVERIFIED: &str = "unverified identifiers that another user has";

fn hash(identifier: &Identifier<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    identifier.hash(&mut hasher);
    hasher.finish()
}

/// Returns the identifiers of a new user, and whether each is verified. Of the usernames, only those for which
/// `is_username` returns `true` are included.
fn of_new(new: &NewUser, is_username: impl Fn(&str) -> bool) -> Vec<(Identifier<'static>, bool)> {
    let is_verified = |new: &NewIdentifier| new.status() == IdentifierStatus::Verified;
    let emails = new.email_addresses.iter().map(|email| (identifiers::email(email.value()), is_verified(email)));
    let phones = new.phone_numbers.iter().map(|phone| (identifiers::phone(phone.value()), is_verified(phone)));
    let wallets = new.web3_wallets.iter().map(|wallet| (identifiers::wallet(wallet), true));
    let username = new.username.iter().filter(|username| is_username(username));
    let username = username.map(|username| (identifiers::username(username), true));
    emails.chain(phones).chain(wallets).chain(username).collect()
}

fn of_candidate(candidate: &Candidate) -> Vec<(Identifier<'static>, bool)> {
    let mut identifiers = vec![(identifiers::external_id(&candidate.external_id), true)];
    // A username that every instance rejects is dropped from the user.
    identifiers.extend(of_new(&candidate.new_user, identifiers::can_be_username));
    identifiers
}

fn of_user(user: &User) -> Vec<Identifier<'static>> {
    let emails = user.email_addresses.iter().map(|email| identifiers::email(&email.email_address));
    let phones = user.phone_numbers.iter().map(|phone| identifiers::phone(&phone.phone_number));
    let wallets = user.web3_wallets.iter().map(|wallet| identifiers::wallet(&wallet.web3_wallet));
    let username = user.username.iter().map(|username: &Text| identifiers::username(username));
    emails.chain(phones).chain(wallets).chain(username).collect()
}

/// Rejects a row if the existing user has the row's external id, but none of its other identifiers.
pub fn check_found(candidate: &Candidate, user: &User) -> Result<(), Rejection> {
    let (expected, found) = (of_new(&candidate.new_user, |_| true), of_user(user));
    if expected.is_empty() || expected.iter().any(|(identifier, _)| found.contains(identifier)) {
        return Ok(());
    }
    let reason = format!("{} has this external id, but none of the other identifiers of the row", user.id);
    Err(Rejection::new("external_id_taken", reason).param("external_id"))
}

/// The hashes of all identifiers of a file.
#[derive(Debug, Default)]
pub struct Hashes(Vec<u64>);

impl Hashes {
    pub fn add(&mut self, candidate: &Candidate) {
        self.0.extend(of_candidate(candidate).iter().map(|(identifier, _)| hash(identifier)));
    }

    /// Returns the hashes that occur several times. Different identifiers can have the same hash, so [`Claims`]
    /// compares the identifiers.
    pub fn repeated(mut self) -> HashSet<u64> {
        self.0.sort_unstable();
        self.0.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
    }
}

/// The rows that have the same identifier.
#[derive(Debug, Default)]
struct Claim {
    /// The rows in which the identifier is verified and that are not rejected. Empty for external ids.
    owners: BTreeSet<Position>,
    /// The rows with the external id that have a password and are not rejected. Empty for other identifiers.
    with_password: BTreeSet<Position>,
    /// The unchanged row with the external id that an earlier run imported. `None` for other identifiers.
    finished: Option<Position>,
    /// The registered rows without an outcome, in the order of their registration.
    pending: Vec<Position>,
    /// The first row that was imported.
    imported: Option<Position>,
    /// The rows that failed because of an error that their values did not cause. The next run retries them.
    failed: BTreeSet<Position>,
}

impl Claim {
    /// Returns the first other row in which the identifier is verified, unless it is verified in the row itself.
    fn other_owner(&self, position: Position) -> Option<Position> {
        if self.owners.contains(&position) { None } else { self.owners.first().copied() }
    }

    /// Returns the first row that has a password, unless the candidate has one.
    fn row_with_password(&self, candidate: &Candidate) -> Option<Position> {
        if candidate.new_user.password.is_some() { None } else { self.with_password.first().copied() }
    }
}

/// The identifiers that a row shares with other rows, and whether each is verified in the row.
#[derive(Debug, Default)]
pub struct Shared(Vec<(Identifier<'static>, bool)>);

/// Whether a row depends on other rows: rows that have its unverified identifiers as verified, or a password for its
/// external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// The row does not depend on other rows, or only on rows that were imported.
    None,
    /// The row must be imported in a later pass.
    Unsettled,
    /// The row depends on a row that failed.
    Failed,
}

/// Whether a row can be imported.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// No other row with the same identifier is being imported, was imported or has failed.
    Free,
    /// A row with the same identifier that was registered earlier is being imported.
    Wait,
    /// Another row with the same identifier was imported.
    Duplicate(Rejection),
    /// Another row with the same identifier failed.
    Failed,
}

/// The identifiers that multiple rows have, and the outcomes of these rows.
#[derive(Debug, Default)]
pub struct Claims(HashMap<Identifier<'static>, Claim>);

impl Claims {
    /// Adds the identifiers of a row whose hashes are in `repeated`. Returns whether there are any. `is_finished` is
    /// whether an earlier run imported the row and the row is unchanged.
    pub fn note(
        &mut self,
        position: Position,
        candidate: &Candidate,
        repeated: &HashSet<u64>,
        is_finished: bool,
    ) -> bool {
        let mut has_repeated = false;
        for (identifier, is_verified) in of_candidate(candidate) {
            if repeated.contains(&hash(&identifier)) {
                let is_external_id = identifier.kind() == IdentifierKind::ExternalId;
                let claim = self.0.entry(identifier).or_default();
                if is_external_id && is_finished {
                    claim.finished.get_or_insert(position);
                }
                if is_external_id && candidate.new_user.password.is_some() {
                    claim.with_password.insert(position);
                } else if !is_external_id && is_verified {
                    claim.owners.insert(position);
                }
                has_repeated = true;
            }
        }
        has_repeated
    }

    /// Returns the identifiers that a row shares with other rows.
    pub fn shared(&self, candidate: &Candidate) -> Shared {
        if self.0.is_empty() {
            return Shared::default();
        }
        Shared(of_candidate(candidate).into_iter().filter(|(identifier, _)| self.0.contains_key(identifier)).collect())
    }

    /// Returns the rejection of a row if an earlier run imported another row with its external id, and the other row is
    /// unchanged. Otherwise, the row would be treated as a change of the other row.
    pub fn duplicate_of_finished(
        &self,
        position: Position,
        candidate: &Candidate,
        shared: &Shared,
    ) -> Option<Rejection> {
        let mut claims = shared.0.iter().filter_map(|(identifier, _)| self.0.get(identifier));
        let (claim, other) = claims.find_map(|claim| {
            let other = claim.finished.filter(|other| *other != position)?;
            Some((claim, other))
        })?;
        let password = match (candidate.new_user.password.is_some(), claim.with_password.contains(&other)) {
            (false, true) => ", which has a password",
            (true, false) => ", which an earlier run imported without a password",
            _ => "",
        };
        let reason = format!("the external_id is a duplicate of {other}{password}");
        Some(Rejection::new("duplicate", reason).param("external_id"))
    }

    /// Returns whether other rows determine whether a row is imported, or with which identifiers. `is_settled` returns
    /// whether the outcome of another row is known.
    pub fn dependence(
        &self,
        position: Position,
        candidate: &Candidate,
        shared: &Shared,
        is_settled: impl Fn(Position) -> bool,
    ) -> Dependence {
        let mut dependence = Dependence::None;
        for (_, claim, row) in self.preferred_rows(position, candidate, shared) {
            if !is_settled(row) {
                return Dependence::Unsettled;
            }
            if claim.failed.contains(&row) {
                dependence = Dependence::Failed;
            }
        }
        dependence
    }

    /// Returns the rows that have an identifier of a row as verified, or a password for its external id, each with this
    /// identifier and its claim.
    fn preferred_rows<'a>(
        &'a self,
        position: Position,
        candidate: &'a Candidate,
        shared: &'a Shared,
    ) -> impl Iterator<Item = (&'a Identifier<'static>, &'a Claim, Position)> {
        shared.0.iter().filter_map(move |(identifier, is_verified)| {
            let claim = self.0.get(identifier)?;
            let row = match identifier.kind() {
                IdentifierKind::ExternalId => claim.row_with_password(candidate),
                _ if *is_verified => None,
                _ => claim.other_owner(position),
            };
            Some((identifier, claim, row?))
        })
    }

    /// Removes the unverified identifiers of a row that are verified in another row.
    ///
    /// # Errors
    ///
    /// Rejects the row if no identifier remains. Also rejects a row without a password if another row with the same
    /// external id has one, as in the join of a table of users with a table of accounts.
    pub fn drop_owned_by_others(
        &self,
        position: Position,
        candidate: &mut Candidate,
        shared: &mut Shared,
    ) -> Result<(), Rejection> {
        let (mut lost, mut owner) = (Vec::new(), None);
        for (identifier, _, other) in self.preferred_rows(position, candidate, shared) {
            if identifier.kind() == IdentifierKind::ExternalId {
                let reason = format!("the external_id is a duplicate of {other}, which has a password");
                return Err(Rejection::new("duplicate", reason).param("external_id"));
            }
            lost.push(identifier.clone());
            owner.get_or_insert(other);
        }
        let Some(owner) = owner else { return Ok(()) };
        let is_kept = |value: &NewIdentifier, identifier: fn(&str) -> Identifier<'static>| {
            value.status() == IdentifierStatus::Verified || !lost.contains(&identifier(value.value()))
        };
        let new = &mut candidate.new_user;
        new.email_addresses.retain(|email| is_kept(email, identifiers::email));
        new.phone_numbers.retain(|phone| is_kept(phone, identifiers::phone));
        shared.0.retain(|(identifier, _)| !lost.contains(identifier));
        if of_new(new, identifiers::can_be_username).is_empty() {
            let reason = format!("the row has only unverified identifiers that are verified in another row ({owner})");
            return Err(Rejection::new("duplicate", reason));
        }
        candidate.note(DROPPED_UNVERIFIED);
        Ok(())
    }

    /// Registers a row before it is imported.
    pub fn register(&mut self, position: Position, shared: &Shared) {
        for (identifier, _) in &shared.0 {
            if let Some(claim) = self.0.get_mut(identifier) {
                claim.pending.push(position);
            }
        }
    }

    /// Returns whether a registered row can be imported. Of multiple pending rows, the one that was registered first is
    /// imported first.
    pub fn admission(&self, position: Position, shared: &Shared) -> Admission {
        let mut admission = Admission::Free;
        for (identifier, _) in &shared.0 {
            let Some(claim) = self.0.get(identifier) else { continue };
            if let Some(other) = claim.imported.filter(|other| *other != position) {
                let name = identifier.kind().as_str();
                let reason = format!("the {name} is a duplicate of {other}");
                return Admission::Duplicate(Rejection::new("duplicate", reason).param(name));
            }
            if claim.pending.first().is_some_and(|first| *first != position) {
                admission = Admission::Wait;
            } else if admission == Admission::Free && !claim.failed.is_empty() {
                admission = Admission::Failed;
            }
        }
        admission
    }

    pub fn imported(&mut self, position: Position, shared: &Shared) {
        self.settle(position, shared, |claim| {
            claim.imported.get_or_insert(position);
        });
    }

    /// Marks a row as rejected, so that it has no effect on other rows. The row may be unregistered.
    pub fn rejected(&mut self, position: Position, shared: &Shared) {
        self.settle(position, shared, |claim| {
            claim.owners.remove(&position);
            claim.with_password.remove(&position);
        });
    }

    pub fn failed(&mut self, position: Position, shared: &Shared) {
        self.settle(position, shared, |claim| {
            claim.failed.insert(position);
        });
    }

    fn settle(&mut self, position: Position, shared: &Shared, outcome: impl Fn(&mut Claim)) {
        for (identifier, _) in &shared.0 {
            if let Some(claim) = self.0.get_mut(identifier) {
                claim.pending.retain(|other| *other != position);
                outcome(claim);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use user_directory::Password;
    use user_directory::model::{EmailAddress, PhoneNumber};

    use super::*;

    /// The position of a row in a JSON array on one line.
    fn at(row: u64) -> Position {
        Position { row, line: 1, is_element: true }
    }

    type Settle = fn(&mut Claims, Position, &Shared);

    fn candidate(external_id: &str, new_user: NewUser) -> Candidate {
        Candidate::new(external_id, new_user)
    }

    fn claims(candidates: &[Candidate]) -> Claims {
        let mut hashes = Hashes::default();
        for candidate in candidates {
            hashes.add(candidate);
        }
        let (repeated, mut claims) = (hashes.repeated(), Claims::default());
        for (row, candidate) in (1..).zip(candidates) {
            claims.note(at(row), candidate, &repeated, false);
        }
        claims
    }

    #[test]
    fn admission_of_a_duplicate_depends_on_the_outcome_of_the_first_row() {
        let rows = [
            candidate("a", NewUser::new().email_address("ada@example.com").username("ada_lovelace")),
            candidate("b", NewUser::new().email_address("ADA@example.com")),
            candidate("c", NewUser::new().email_address("grace@example.com")),
        ];
        let duplicate = Rejection::new("duplicate", "the email_address is a duplicate of line 1, element 1");
        for (settle, expected) in [
            (Claims::failed as Settle, Admission::Failed),
            (Claims::imported, Admission::Duplicate(duplicate.param("email_address"))),
            (Claims::rejected, Admission::Free),
        ] {
            let mut claims = claims(&rows);
            let shared: Vec<_> = rows.iter().map(|row| claims.shared(row)).collect();
            assert_eq!(shared.iter().map(|shared| shared.0.len()).collect::<Vec<_>>(), [1, 1, 0]);
            for (number, shared) in (1..).zip(&shared) {
                claims.register(at(number), shared);
            }
            assert_eq!(claims.admission(at(1), &shared[0]), Admission::Free);
            assert_eq!(claims.admission(at(2), &shared[1]), Admission::Wait);
            settle(&mut claims, at(1), &shared[0]);
            assert_eq!(claims.admission(at(2), &shared[1]), expected);
        }
    }

    #[test]
    fn drop_owned_by_others_keeps_only_the_verified_identifier() {
        let mut rows = [
            candidate("a", NewUser::new().email_address("a@example.com").reserved_email_address("victim@example.com")),
            candidate("b", NewUser::new().reserved_email_address("Victim@example.com")),
            candidate("c", NewUser::new().email_address("victim@example.com")),
            candidate("d", NewUser::new().reserved_email_address("straße@example.com")),
            candidate("e", NewUser::new().email_address("STRASSE@example.com")),
        ];
        let claims = claims(&rows);
        for (number, row) in (1..).zip(&mut rows) {
            let mut shared = claims.shared(row);
            let dependence = claims.dependence(at(number), row, &shared, |_| false);
            let expected = if matches!(number, 1 | 2 | 4) { Dependence::Unsettled } else { Dependence::None };
            assert_eq!(dependence, expected, "{number}");
            let dropped = claims.drop_owned_by_others(at(number), row, &mut shared);
            assert_eq!(dropped.is_err(), matches!(number, 2 | 4), "{dropped:?}");
        }
        assert_eq!(rows[0].new_user.email_addresses.len(), 1);
        assert_eq!(rows[0].notes, [DROPPED_UNVERIFIED]);
        assert_eq!(rows[2].new_user.email_addresses.len(), 1);
    }

    #[test]
    fn drop_owned_by_others_rejects_a_row_without_the_password_of_the_same_user() {
        let password = || NewUser::new().email_address("a@example.com").password(Password::new("correct horse"));
        let mut rows = [
            candidate("a", NewUser::new().email_address("a@example.com")),
            candidate("a", password()),
            candidate("a", password()),
            candidate("b", NewUser::new().email_address("a@example.com")),
        ];
        let claims = claims(&rows);
        for (number, row) in (1..).zip(&mut rows) {
            let mut shared = claims.shared(row);
            let dropped = claims.drop_owned_by_others(at(number), row, &mut shared);
            let reason = dropped.err().map(|rejection| rejection.reason);
            let expected = "the external_id is a duplicate of line 1, element 2, which has a password";
            assert_eq!(reason.as_deref(), (number == 1).then_some(expected));
        }
    }

    #[test]
    fn duplicate_of_finished_rejects_other_rows_with_the_external_id() {
        let user = || NewUser::new().email_address("a@example.com");
        let rows = [
            candidate("a", user().password(Password::new("correct horse"))),
            candidate("a", user()),
            candidate("a", user()),
            candidate("b", user()),
        ];
        let (without, with) = (", which an earlier run imported without a password", ", which has a password");
        for (finished, expected) in
            [(2, [Some(without), None, Some(""), None]), (1, [None, Some(with), Some(with), None])]
        {
            let mut claims = claims(&rows);
            claims.0.get_mut(&identifiers::external_id("a")).unwrap().finished = Some(at(finished));
            for ((number, row), expected) in (1..).zip(&rows).zip(expected) {
                let rejection = claims.duplicate_of_finished(at(number), row, &claims.shared(row));
                let prefix = format!("the external_id is a duplicate of line 1, element {finished}");
                let expected = expected.map(|password| prefix + password);
                assert_eq!(rejection.map(|rejection| rejection.reason), expected, "{number}");
            }
        }
    }

    #[test]
    fn rejected_and_failed_rows_do_not_own_identifiers() {
        let password = || NewUser::new().email_address("a@example.com").password(Password::new("correct horse"));
        let rows = [
            candidate("a", NewUser::new().email_address("a@example.com")),
            candidate("a", password()),
            candidate("b", NewUser::new().username("ben_2").reserved_email_address("c@example.com")),
            candidate("c", NewUser::new().email_address("c@example.com")),
        ];
        for (settle, before, after) in [
            (Claims::rejected as Settle, Dependence::None, Dependence::None),
            (Claims::failed, Dependence::Unsettled, Dependence::Failed),
        ] {
            let mut claims = claims(&rows);
            for (number, row) in [(2, &rows[1]), (4, &rows[3])] {
                let shared = claims.shared(row);
                claims.register(at(number), &shared);
                settle(&mut claims, at(number), &shared);
            }
            for (number, row) in [(1, &rows[0]), (3, &rows[2])] {
                let shared = claims.shared(row);
                assert_eq!(claims.dependence(at(number), row, &shared, |_| false), before);
                assert_eq!(claims.dependence(at(number), row, &shared, |_| true), after);
            }
        }
    }

    #[test]
    fn note_compares_the_case_of_solana_wallets_only() {
        let wallet = |address: &str| candidate(address, NewUser::new().web3_wallet(address));
        let solana = [
            wallet("7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv"),
            wallet("7s3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv"),
        ];
        assert!(claims(&solana).0.is_empty());
        assert_eq!(claims(&[wallet("0xAB"), wallet("0xab")]).0.len(), 1);
    }

    #[test]
    fn check_found_rejects_a_user_without_a_common_identifier() {
        let mut user = User::new("user_1".parse().unwrap());
        user.username = Some("ada_lovelace".into());
        user.email_addresses = vec![EmailAddress::new("ada@example.com")].into();
        user.phone_numbers = vec![PhoneNumber::new("+15550100001")].into();
        for (new, is_taken) in [
            (NewUser::new(), false),
            (NewUser::new().email_address("new@example.com").email_address("Ada@Example.com"), false),
            (NewUser::new().username("ADA_lovelace").email_address("new@example.com"), false),
            (NewUser::new().phone_number("+1 555 0100001"), false),
            (NewUser::new().email_address("grace@example.com"), true),
            (NewUser::new().username("ada@example.com"), true),
            (NewUser::new().web3_wallet("0x1"), true),
        ] {
            let code = check_found(&candidate("a", new), &user).err().map(|rejection| rejection.code);
            assert_eq!(code.as_deref(), is_taken.then_some("external_id_taken"));
        }
    }
}
