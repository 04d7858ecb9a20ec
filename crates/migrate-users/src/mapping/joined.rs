//! [`JoinedPasswords`]: the digests in another file, which are joined with the users by id or email address.

use std::cell::Cell;
use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};
use user_directory::store::Identifier;

use super::member_text;
use super::value::Value;
use crate::Failure;
use crate::identifiers;
use crate::reading::object::Object;
use crate::reading::{Input, Position};
use crate::rejects::Rejection;
use crate::sources::{Members, System};

/// A digest of the file.
struct Digest {
    text: SecretString,
    position: Position,
    /// Whether the file of users has a user with the id of the digest.
    has_owner: Cell<bool>,
    /// Whether the digest belongs to a user.
    is_used: Cell<bool>,
}

/// The digests in Auth0's file of password hashes.
pub struct JoinedPasswords {
    digests: Vec<Digest>,
    by_id: HashMap<String, Vec<usize>>,
    by_email: HashMap<Identifier<'static>, Vec<usize>>,
}

impl JoinedPasswords {
    /// Reads the file. Each row has an id or an email address, and may have a digest.
    pub fn read(input: &Input) -> Result<Self, Failure> {
        let mut joined = Self { digests: Vec::new(), by_id: HashMap::new(), by_email: HashMap::new() };
        for line in input.lines()? {
            let line = line?;
            let malformed = || format!("{}, {}: is not a password hash of Auth0", input.path.display(), line.position);
            let Object(members) = serde_json::from_str(line.json.get()).map_err(|_| malformed())?;
            let members = (System::Auth0.source().unnest)(members).map_err(|_| malformed())?;
            let Some(digest) = member_text(&members, "password_hash") else { continue };
            let (id, email) = (member_text(&members, "user_id"), member_text(&members, "email"));
            if id.is_none() && email.is_none() {
                return Err(malformed().into());
            }
            let index = joined.digests.len();
            joined.digests.push(Digest {
                text: digest.into(),
                position: line.position,
                has_owner: Cell::new(false),
                is_used: Cell::new(false),
            });
            if let Some(id) = id {
                joined.by_id.entry(id.trim_start_matches("auth0|").to_owned()).or_default().push(index);
            }
            if let Some(email) = email {
                joined.by_email.entry(identifiers::email(&email)).or_default().push(index);
            }
        }
        Ok(joined)
    }

    /// Records the ids of the users. The digest of a user is not assigned to another user with the same email address.
    pub fn note_owners(&self, users: &Input) -> Result<(), Failure> {
        for line in users.lines()? {
            let line = line?;
            let Ok(Object(members)) = serde_json::from_str(line.json.get()) else { continue };
            let Ok(members) = (System::Auth0.source().unnest)(members) else { continue };
            let ids = id_of(&members).into_iter().chain(linked_ids(&members));
            for index in ids.filter_map(|id| self.by_id.get(&id)).flatten() {
                self.digests[*index].has_owner.set(true);
            }
        }
        Ok(())
    }

    /// Returns the digest of a user. Users of an identity provider have none, even if their email address is the same
    /// as that of a user with a password, unless a user with a password is linked to them.
    ///
    /// # Errors
    ///
    /// Rejects a user for whom the file has several different digests.
    pub fn digest_of(&self, members: &Members<'_>) -> Result<Option<SecretString>, Rejection> {
        let id = id_of(members);
        let all = |indices: &Vec<usize>| indices.iter().map(|index| &self.digests[*index]).collect::<Vec<_>>();
        let with_email = || {
            if id.is_none() {
                return Vec::new();
            }
            let email = member_text(members, "email").map(|email| identifiers::email(&email));
            let mut digests = email.and_then(|email| self.by_email.get(&email)).map_or_else(Vec::new, all);
            digests.retain(|digest| !digest.has_owner.get());
            digests
        };
        let with_id = |id: &String| self.by_id.get(id).map(all);
        let of_linked = || linked_ids(members).iter().filter_map(with_id).flatten().collect::<Vec<_>>();
        let mut of_user = id.as_ref().and_then(with_id).unwrap_or_default();
        if of_user.is_empty() {
            of_user = of_linked();
        }
        if of_user.is_empty() {
            of_user = with_email();
        }
        let Some((first, others)) = of_user.split_first() else { return Ok(None) };
        for digest in &of_user {
            digest.is_used.set(true);
        }
        let is_same = |other: &&&Digest| other.text.expose_secret() == first.text.expose_secret();
        if let Some(other) = others.iter().find(|other| !is_same(other)) {
            let reason = format!(
                "the file of password hashes has different hashes for this user on {} and {}; remove all but one",
                first.position, other.position
            );
            return Err(Rejection::new("ambiguous_password", reason).param("password_digest"));
        }
        Ok(Some(first.text.clone()))
    }

    /// Returns the number of digests that belong to no user.
    pub fn unused(&self) -> usize {
        self.digests.iter().filter(|digest| !digest.is_used.get()).count()
    }

    pub fn len(&self) -> usize {
        self.digests.len()
    }
}

/// Returns the ids of the users with a password that are linked to a user, without the prefix `auth0|`.
fn linked_ids(members: &Members<'_>) -> Vec<String> {
    let identities = members.iter().find(|(name, _)| name == "identities").and_then(|(_, json)| Value::of(json));
    let Some(identities) = identities else { return Vec::new() };
    let identities: Vec<Object<'_>> = serde_json::from_str(identities.as_str()).unwrap_or_default();
    let of_auth0 =
        identities.iter().filter(|Object(identity)| member_text(identity, "provider").as_deref() == Some("auth0"));
    let ids = of_auth0.filter_map(|Object(identity)| member_text(identity, "user_id"));
    ids.map(|id| id.trim_start_matches("auth0|").to_owned()).collect()
}

/// Returns the id of a user with a password, without the prefix `auth0|`.
fn id_of(members: &Members<'_>) -> Option<String> {
    let id = member_text(members, "user_id").or_else(|| member_text(members, "id"))?;
    id.strip_prefix("auth0|").map(str::to_owned)
}
