//! [`Claims`]: identifiers that occur in several rows of a file.
//!
//! An email address or phone number that is verified in one row is removed from the rows in which it is unverified. Of
//! several rows with the same external id, rows without a password are rejected if another row has one.
//! Otherwise, the first row with the identifier is imported, and later rows are rejected as duplicates. Rejected rows
//! have no effect on other rows. Rows that depend on other rows are therefore imported last.
//!
//! Only identifiers that occur in several rows are kept in memory. The first pass over the file detects them by their
//! hashes.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use user_directory::model::{IdentifierStatus, NewIdentifier};
use user_directory::store::Identifier;
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

/// Returns the identifiers of a new user, and whether each is verified.
fn of_new(new: &NewUser) -> Vec<(Identifier<'static>, bool)> {
    let is_verified = |new: &NewIdentifier| new.status() == IdentifierStatus::Verified;
    let emails = new.email_addresses.iter().map(|email| (identifiers::email(email.value()), is_verified(email)));
    let phones = new.phone_numbers.iter().map(|phone| (identifiers::phone(phone.value()), is_verified(phone)));
    let wallets = new.web3_wallets.iter().map(|wallet| (identifiers::wallet(wallet), true));
    let username = new.username.iter().map(|username| (identifiers::username(username), true));
    emails.chain(phones).chain(wallets).chain(username).collect()
}

fn of_candidate(candidate: &Candidate) -> Vec<(Identifier<'static>, bool)> {
    let mut identifiers = vec![(identifiers::external_id(&candidate.external_id), true)];
    identifiers.extend(of_new(&candidate.new_user));
    identifiers
}

fn of_user(user: &User) -> Vec<Identifier<'static>> {
    let emails = user.email_addresses.iter().map(|email| identifiers::email(&email.email_address));
    let phones = user.phone_numbers.iter().map(|phone| identifiers::phone(&phone.phone_number));
    let wallets = user.web3_wallets.iter().map(|wallet| identifiers::wallet(&wallet.web3_wallet));
    let username = user.username.iter().map(|username: &Text| identifiers::username(username));
    emails.chain(phones).chain(wallets).chain(username).collect()
}

/// Rejects a row if the existing user with its external id has none of its other identifiers.
pub fn check_found(candidate: &Candidate, user: &User) -> Result<(), Rejection> {
    let (expected, found) = (of_new(&candidate.new_user), of_user(user));
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
    /// The rows in which the identifier is verified and that are not rejected, in order.
    owners: Vec<Position>,
    /// The rows with the identifier that have a password and are not rejected, in order.
    with_password: Vec<Position>,
    /// The rows that have the identifier and are not rejected, in order.
    rows: Vec<(Position, Outcome)>,
}

impl Claim {
    /// Returns the first other row in which the identifier is verified, unless it is verified in the row itself.
    fn other_owner(&self, position: Position) -> Option<Position> {
        if self.owners.contains(&position) { None } else { self.owners.first().copied() }
    }

    /// Returns the first row that has a password, unless the candidate has one.
    fn row_with_password(&self, candidate: &Candidate) -> Option<Position> {
        self.with_password.first().copied().filter(|_| candidate.new_user.password.is_none())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Pending,
    Imported,
    /// The row failed because of an error that its values did not cause. The next run retries it.
    Failed,
}

/// Whether a row can be imported.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// No earlier row with the same identifier is being imported, was imported or has failed.
    Free,
    /// An earlier row with the same identifier is being imported.
    Wait,
    /// An earlier row with the same identifier was imported.
    Duplicate(Rejection),
    /// An earlier row with the same identifier failed.
    Failed,
}

/// The identifiers that several rows have, and the outcomes of these rows.
#[derive(Debug, Default)]
pub struct Claims(HashMap<Identifier<'static>, Claim>);

impl Claims {
    /// Adds the identifiers of a row whose hashes are in `repeated`. Returns whether there are any.
    pub fn note(&mut self, position: Position, candidate: &Candidate, repeated: &HashSet<u64>) -> bool {
        let mut has_repeated = false;
        for (identifier, is_verified) in of_candidate(candidate) {
            if repeated.contains(&hash(&identifier)) {
                let claim = self.0.entry(identifier).or_default();
                if is_verified {
                    claim.owners.push(position);
                }
                if candidate.new_user.password.is_some() {
                    claim.with_password.push(position);
                }
                has_repeated = true;
            }
        }
        has_repeated
    }

    /// Returns whether other rows determine whether a row is imported, or with which identifiers.
    pub fn depends_on_others(&self, position: Position, candidate: &Candidate) -> bool {
        !self.preferred_rows(position, candidate).is_empty()
    }

    /// Returns whether one of the rows on which a row depends has failed.
    pub fn depends_on_failed(&self, position: Position, candidate: &Candidate) -> bool {
        let mut preferred = self.preferred_rows(position, candidate).into_iter();
        preferred.any(|(claim, row)| claim.rows.contains(&(row, Outcome::Failed)))
    }

    /// Returns the rows that have an identifier of a row as verified, or a password for its external id.
    fn preferred_rows(&self, position: Position, candidate: &Candidate) -> Vec<(&Claim, Position)> {
        let mut rows = Vec::new();
        if self.0.is_empty() {
            return rows;
        }
        let unverified = of_new(&candidate.new_user).into_iter().filter(|(_, is_verified)| !is_verified);
        for claim in unverified.filter_map(|(identifier, _)| self.0.get(&identifier)) {
            rows.extend(claim.other_owner(position).map(|row| (claim, row)));
        }
        if let Some(claim) = self.0.get(&identifiers::external_id(&candidate.external_id)) {
            rows.extend(claim.row_with_password(candidate).map(|row| (claim, row)));
        }
        rows
    }

    /// Removes the unverified identifiers of a row that are verified in another row.
    ///
    /// # Errors
    ///
    /// Rejects the row if no identifier remains. Also rejects a row without a password if another row with the same
    /// external id has one, as in the join of a table of users with a table of accounts.
    pub fn drop_owned_by_others(&self, position: Position, candidate: &mut Candidate) -> Result<(), Rejection> {
        if self.0.is_empty() {
            return Ok(());
        }
        let same_user = self.0.get(&identifiers::external_id(&candidate.external_id));
        if let Some(other) = same_user.and_then(|claim| claim.row_with_password(candidate)) {
            let reason = format!("the external_id is a duplicate of {other}, which has a password");
            return Err(Rejection::new("duplicate", reason).param("external_id"));
        }
        let owner = |identifier: &Identifier<'static>| self.0.get(identifier)?.other_owner(position);
        let (mut owned_by, new) = (None, &mut candidate.new_user);
        let mut retain = |values: &mut Vec<NewIdentifier>, identifier: fn(&str) -> Identifier<'static>| {
            values.retain(|value| {
                let is_unverified = value.status() != IdentifierStatus::Verified;
                let other = owner(&identifier(value.value())).filter(|_| is_unverified);
                owned_by = owned_by.or(other);
                other.is_none()
            });
        };
        retain(&mut new.email_addresses, identifiers::email);
        retain(&mut new.phone_numbers, identifiers::phone);
        let Some(owner) = owned_by else { return Ok(()) };
        if of_new(new).is_empty() {
            let reason = format!("the row has only unverified identifiers that are verified in another row ({owner})");
            return Err(Rejection::new("duplicate", reason));
        }
        candidate.note(DROPPED_UNVERIFIED);
        Ok(())
    }

    /// Marks a row as rejected that is not registered.
    pub fn release(&mut self, position: Position, candidate: &Candidate) {
        let identifiers: Vec<_> = of_candidate(candidate).into_iter().map(|(identifier, _)| identifier).collect();
        self.rejected(position, &identifiers);
    }

    /// Registers a row, and returns the identifiers that it shares with other rows. Must be called in file order.
    pub fn register(&mut self, position: Position, candidate: &Candidate) -> Vec<Identifier<'static>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut shared = Vec::new();
        for (identifier, _) in of_candidate(candidate) {
            if let Some(claim) = self.0.get_mut(&identifier) {
                claim.rows.push((position, Outcome::Pending));
                shared.push(identifier);
            }
        }
        shared
    }

    /// Returns whether a registered row can be imported.
    pub fn admission(&self, position: Position, shared: &[Identifier<'static>]) -> Admission {
        let mut admission = Admission::Free;
        for identifier in shared {
            let rows = self.0.get(identifier).map_or(&[][..], |claim| &claim.rows);
            for (earlier, outcome) in rows.iter().take_while(|(other, _)| *other != position) {
                match outcome {
                    Outcome::Imported => {
                        let name = identifier.kind().as_str();
                        let reason = format!("the {name} is a duplicate of {earlier}");
                        return Admission::Duplicate(Rejection::new("duplicate", reason).param(name));
                    }
                    Outcome::Pending => admission = Admission::Wait,
                    Outcome::Failed if admission == Admission::Free => admission = Admission::Failed,
                    Outcome::Failed => {}
                }
            }
        }
        admission
    }

    pub fn imported(&mut self, position: Position, shared: &[Identifier<'static>]) {
        self.settle(position, shared, Some(Outcome::Imported));
    }

    pub fn rejected(&mut self, position: Position, shared: &[Identifier<'static>]) {
        self.settle(position, shared, None);
    }

    pub fn failed(&mut self, position: Position, shared: &[Identifier<'static>]) {
        self.settle(position, shared, Some(Outcome::Failed));
    }

    /// Sets the outcome of a row. `None` removes the row, which was rejected.
    fn settle(&mut self, position: Position, shared: &[Identifier<'static>], outcome: Option<Outcome>) {
        for identifier in shared {
            let Some(claim) = self.0.get_mut(identifier) else { continue };
            if let Some(outcome) = outcome {
                claim.rows.iter_mut().filter(|(other, _)| *other == position).for_each(|row| row.1 = outcome);
            } else {
                claim.rows.retain(|(other, _)| *other != position);
                claim.owners.retain(|other| *other != position);
                claim.with_password.retain(|other| *other != position);
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
            claims.note(at(row), candidate, &repeated);
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
        let mut claims = claims(&rows);
        let shared: Vec<_> = (1..).zip(&rows).map(|(number, row)| claims.register(at(number), row)).collect();
        assert_eq!(shared.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(claims.admission(at(1), &shared[0]), Admission::Free);
        assert_eq!(claims.admission(at(2), &shared[1]), Admission::Wait);
        claims.failed(at(1), &shared[0]);
        assert_eq!(claims.admission(at(2), &shared[1]), Admission::Failed);
        claims.imported(at(1), &shared[0]);
        let Admission::Duplicate(rejection) = claims.admission(at(2), &shared[1]) else { panic!("is a duplicate") };
        assert_eq!(rejection.reason, "the email_address is a duplicate of line 1, element 1");
        claims.rejected(at(1), &shared[0]);
        assert_eq!(claims.admission(at(2), &shared[1]), Admission::Free);
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
        let depends = |number: u64, row: &Candidate| claims.depends_on_others(at(number), row);
        let dependent: Vec<_> =
            (1..).zip(&rows).filter(|(number, row)| depends(*number, row)).map(|(n, _)| n).collect();
        assert_eq!(dependent, [1, 2, 4]);
        for (number, row) in (1..).zip(&mut rows) {
            let dropped = claims.drop_owned_by_others(at(number), row);
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
            let reason = claims.drop_owned_by_others(at(number), row).err().map(|rejection| rejection.reason);
            let expected = "the external_id is a duplicate of line 1, element 2, which has a password";
            assert_eq!(reason.as_deref(), (number == 1).then_some(expected));
        }
    }

    type Settle = fn(&mut Claims, Position, &[Identifier<'static>]);

    #[test]
    fn rejected_and_failed_rows_do_not_own_identifiers() {
        let password = || NewUser::new().email_address("a@example.com").password(Password::new("correct horse"));
        let rows = [
            candidate("a", NewUser::new().email_address("a@example.com")),
            candidate("a", password()),
            candidate("b", NewUser::new().username("ben_2").reserved_email_address("c@example.com")),
            candidate("c", NewUser::new().email_address("c@example.com")),
        ];
        for (settle, is_failed) in [(Claims::rejected as Settle, false), (Claims::failed, true)] {
            let mut claims = claims(&rows);
            for (number, row) in [(2, &rows[1]), (4, &rows[3])] {
                let shared = claims.register(at(number), row);
                settle(&mut claims, at(number), &shared);
            }
            for (number, row) in [(1, &rows[0]), (3, &rows[2])] {
                assert_eq!(claims.depends_on_others(at(number), row), is_failed);
                assert_eq!(claims.depends_on_failed(at(number), row), is_failed);
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
