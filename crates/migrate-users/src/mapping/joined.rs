//! [`JoinedPasswords`]: the digests in another file, which are joined with the users by id or email address.

use std::cell::Cell;
use std::collections::HashMap;

use secrecy::SecretString;
use user_directory::store::Identifier;

use super::member_text;
use crate::Failure;
use crate::identifiers;
use crate::reading::Input;
use crate::reading::object::Object;
use crate::sources::{Members, System};

/// A digest, and whether it was assigned to a user.
struct Digest {
    digest: SecretString,
    is_used: Cell<bool>,
}

/// The digests in Auth0's file of password hashes.
pub struct JoinedPasswords {
    digests: Vec<Digest>,
    by_id: HashMap<String, usize>,
    by_email: HashMap<Identifier<'static>, usize>,
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
            joined.digests.push(Digest { digest: digest.into(), is_used: Cell::new(false) });
            joined.by_id.extend(id.map(|id| (id.trim_start_matches("auth0|").to_owned(), index)));
            joined.by_email.extend(email.map(|email| (identifiers::email(&email), index)));
        }
        Ok(joined)
    }

    /// Returns the digest of a user. Users of an identity provider have none, even if their email address is the same
    /// as that of a user with a password.
    pub fn digest_of(&self, members: &Members<'_>) -> Option<SecretString> {
        let id = member_text(members, "user_id").or_else(|| member_text(members, "id"))?;
        let id = id.strip_prefix("auth0|")?;
        let by_email = || self.by_email.get(&identifiers::email(&member_text(members, "email")?));
        let digest = &self.digests[*self.by_id.get(id).or_else(by_email)?];
        digest.is_used.set(true);
        Some(digest.digest.clone())
    }

    /// Returns the number of digests that were not assigned to a user.
    pub fn unused(&self) -> usize {
        self.digests.iter().filter(|digest| !digest.is_used.get()).count()
    }

    pub fn len(&self) -> usize {
        self.digests.len()
    }
}
