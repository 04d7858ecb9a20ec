//! Id newtypes, one for each type of object.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::error::Error;

/// The maximum length of an id in bytes.
pub const MAX_ID_BYTES: usize = 255;

/// The error returned when a string is not a valid id.
///
/// The error message does not contain the string.
///
/// ```
/// use user_directory::model::InvalidId;
/// use user_directory::UserId;
///
/// assert_eq!(UserId::new(""), Err(InvalidId::Empty));
/// let error = UserId::new("../secret").unwrap_err();
/// assert!(!error.to_string().contains("secret"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// The string is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The string is longer than [`MAX_ID_BYTES`].
    #[error("an id must not be longer than {MAX_ID_BYTES} bytes")]
    TooLong,
    /// The string is `.` or `..`, which are dot segments in URL paths.
    #[error("an id must not be `.` or `..`")]
    DotSegment,
    /// The string contains a character that is special in URL paths (`/`, `\`, `?`, `#`, `%`).
    #[error("an id must not contain `/`, `\\`, `?`, `#` or `%`")]
    Separator,
    /// The string contains a control character or line separator, which could split a log line.
    #[error("an id must not contain control characters or line separators")]
    Control,
}

impl From<InvalidId> for Error {
    fn from(error: InvalidId) -> Self {
        Self::invalid_input("id", "the id is malformed").with_source(error)
    }
}

pub(super) fn check(id: &str) -> Result<(), InvalidId> {
    check_length(id)?;
    if are_plain(id.as_bytes()) { Ok(()) } else { check_characters(id) }
}

fn check_length(id: &str) -> Result<(), InvalidId> {
    match id {
        "" => Err(InvalidId::Empty),
        "." | ".." => Err(InvalidId::DotSegment),
        _ if id.len() > MAX_ID_BYTES => Err(InvalidId::TooLong),
        _ => Ok(()),
    }
}

/// Returns `true` if all bytes are printable ASCII characters that are valid in ids.
///
/// Nearly all ids are plain. The loop has no branches, so that it can be vectorized.
#[inline]
fn are_plain(bytes: &[u8]) -> bool {
    let special = |byte: u8| !matches!(byte, b' '..=b'~') | matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'%');
    !bytes.iter().fold(false, |any, byte| any | special(*byte))
}

fn check_characters(id: &str) -> Result<(), InvalidId> {
    for character in id.chars() {
        match character {
            '/' | '\\' | '?' | '#' | '%' => return Err(InvalidId::Separator),
            '\u{2028}' | '\u{2029}' => return Err(InvalidId::Control),
            _ if character.is_control() => return Err(InvalidId::Control),
            _ => {}
        }
    }
    Ok(())
}

/// The storage of an id.
///
/// Clerk's ids are 31 to 37 bytes long, which exceeds the inline capacity of [`Text`](crate::Text). A page of users can
/// contain thousands of ids, each of which would need an allocation.
#[derive(Clone)]
enum Repr {
    Inline { length: u8, bytes: [u8; INLINE] },
    Shared(Arc<str>),
}

const INLINE: usize = 38;
/// The length to which ids are padded: a multiple of the size of a vector register.
const PADDED: usize = 48;

impl Repr {
    fn new(id: &str) -> Result<Self, InvalidId> {
        check_length(id)?;
        // The padding is a valid character, so that a constant number of bytes can be checked.
        let mut padded = [b'0'; PADDED];
        if let (0..=INLINE, Ok(length), Some(start)) = (id.len(), u8::try_from(id.len()), padded.get_mut(..id.len())) {
            start.copy_from_slice(id.as_bytes());
            if !are_plain(&padded) {
                check_characters(id)?;
            }
            let mut bytes = [0; INLINE];
            bytes.copy_from_slice(&padded[..INLINE]);
            return Ok(Self::Inline { length, bytes });
        }
        check_characters(id)?;
        Ok(Self::Shared(id.into()))
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Self::Shared(id) => id.as_bytes(),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            // The bytes are valid UTF-8, so the default is never used. Omitting the check would require `unsafe`.
            Self::Inline { .. } => str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Self::Shared(id) => id,
        }
    }
}

impl PartialEq for Repr {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Repr {}

impl PartialOrd for Repr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Repr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Repr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // `Borrow<str>` requires the same hash as that of `str`, which depends on the hasher: it can override
        // `write_str`.
        self.as_str().hash(state);
    }
}

/// Deserializes an id without an intermediate `String`.
struct IdVisitor;

impl serde::de::Visitor<'_> for IdVisitor {
    type Value = Repr;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Repr, E> {
        Repr::new(id).map_err(E::custom)
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        ///
        /// Characters that could change the structure of a URL path or split a log line are rejected; see
        /// [`InvalidId`].
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Repr);

        impl $name {
            /// Creates an id from a string.
            ///
            /// # Errors
            ///
            /// Returns [`InvalidId`] if `id` is empty, is `.` or `..`, is longer than [`MAX_ID_BYTES`], or contains a
            /// control character, a line separator or any of `/`, `\`, `?`, `#` and `%`.
            pub fn new(id: impl AsRef<str>) -> Result<Self, InvalidId> {
                Repr::new(id.as_ref()).map(Self)
            }

            /// Returns the id as a string slice.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(id: &str) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;

            fn try_from(id: &str) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(id: String) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<$name> for str {
            fn eq(&self, other: &$name) -> bool {
                self == other.as_str()
            }
        }

        impl PartialEq<$name> for &str {
            fn eq(&self, other: &$name) -> bool {
                *self == other.as_str()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl crate::model::lenient::FromJson<'_> for $name {
            const EXPECTED: &'static str = "an id, which is not empty and contains no `/`, `\\`, `?`, `#` or `%`";

            fn from_str(id: &str) -> Option<Self> {
                Self::new(id).ok()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor).map(Self)
            }
        }
    )+};
}

ids! {
    /// The id of a [`User`](crate::User), such as `user_2abc…`.
    ///
    /// ```
    /// use user_directory::model::InvalidId;
    /// use user_directory::UserId;
    ///
    /// let id: UserId = "user_123".parse()?;
    /// assert_eq!(id.as_str(), "user_123");
    /// assert_eq!(UserId::new("../organizations"), Err(InvalidId::Separator));
    /// # Ok::<(), InvalidId>(())
    /// ```
    UserId,
    /// The id of an [`EmailAddress`](crate::model::EmailAddress), such as `idn_2abc…`.
    EmailAddressId,
    /// The id of a [`PhoneNumber`](crate::model::PhoneNumber), such as `idn_2abc…`.
    PhoneNumberId,
    /// The id of a [`Web3Wallet`](crate::model::Web3Wallet), such as `idn_2abc…`.
    Web3WalletId,
    /// The id of a [`Passkey`](crate::model::Passkey), such as `idn_2abc…`.
    PasskeyId,
    /// The id of an [`ExternalAccount`](crate::model::ExternalAccount), such as `eac_2abc…`.
    ExternalAccountId,
    /// The id of a [`SamlAccount`](crate::model::SamlAccount), such as `samlacc_2abc…`.
    SamlAccountId,
    /// The id of an [`EnterpriseAccount`](crate::model::EnterpriseAccount), such as `entacc_2abc…`.
    EnterpriseAccountId,
    /// The id of an [`EnterpriseConnection`](crate::model::EnterpriseConnection), such as `samlc_2abc…`.
    EnterpriseConnectionId,
    /// The id of a webhook event, such as `msg_2abc…`.
    EventId,
    /// The id of an identification, such as `idn_2abc…`.
    ///
    /// An identification is Clerk's record of an identifier or a linked account.
    IdentificationId,
    /// The id of a [`TrustedDevice`](crate::model::TrustedDevice).
    TrustedDeviceId,
    /// The id of an [`Organization`](crate::model::Organization), such as `org_2abc…`.
    OrganizationId,
    /// The id of an [`OrganizationMembership`](crate::model::OrganizationMembership), such as `orgmem_2abc…`.
    OrganizationMembershipId,
    /// The id of an [`OrganizationInvitation`](crate::model::OrganizationInvitation), such as `orginv_2abc…`.
    OrganizationInvitationId,
    /// The id of an uploaded image, such as `img_2abc…`.
    ImageId,
    /// The id of a Clerk instance, such as `ins_2abc…`.
    ///
    /// An instance is the production or development environment of an application.
    InstanceId,
    /// The id of a [`Subscription`](crate::billing::Subscription), such as `csub_2abc…`.
    SubscriptionId,
    /// The id of a [`SubscriptionItem`](crate::billing::SubscriptionItem), such as `csub_item_2abc…`.
    SubscriptionItemId,
    /// The id of a [`Plan`](crate::billing::Plan), such as `cplan_2abc…`.
    PlanId,
    /// The id of a price, such as `cprice_2abc…`.
    PriceId,
    /// The id of a [`Payer`](crate::billing::Payer), such as `cpayer_2abc…`.
    PayerId,
    /// The id of a [`PaymentMethod`](crate::billing::PaymentMethod), such as `cpm_2abc…`.
    PaymentMethodId,
    /// The id of a [`Feature`](crate::billing::Feature), such as `feat_2abc…`.
    FeatureId,
    /// The id of a [`CreditLedgerEntry`](crate::billing::CreditLedgerEntry).
    CreditLedgerEntryId,
}

#[cfg(feature = "cache")]
impl UserId {
    /// Returns the bytes of the id without the UTF-8 check of [`as_str`](Self::as_str).
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn id_rejects_path_separators_and_control_characters() {
        for (id, error) in [
            ("", InvalidId::Empty),
            (".", InvalidId::DotSegment),
            ("..", InvalidId::DotSegment),
            ("a/b", InvalidId::Separator),
            ("a\\b", InvalidId::Separator),
            ("a?b", InvalidId::Separator),
            ("a#b", InvalidId::Separator),
            ("a%2Fb", InvalidId::Separator),
            ("a\nb", InvalidId::Control),
            ("a\u{0}", InvalidId::Control),
            ("a\u{85}", InvalidId::Control),
            ("a\u{2028}", InvalidId::Control),
        ] {
            assert_eq!(UserId::new(id), Err(error), "{id:?}");
            assert!(serde_json::from_value::<UserId>(id.into()).is_err(), "{id:?}");
        }
        assert_eq!(UserId::new("a".repeat(256)), Err(InvalidId::TooLong));
        assert!(UserId::new("a".repeat(255)).is_ok());
        assert!(UserId::new("...").is_ok());
        assert!(UserId::new("idn_ü").is_ok());
    }

    #[test]
    fn ids_in_hash_maps_are_found_by_strings() {
        for text in ["user_1", "user_ü", &"a".repeat(INLINE), &"a".repeat(INLINE + 1)] {
            let ids = HashSet::from([UserId::new(text).unwrap()]);
            assert!(ids.contains(text), "{text}");
        }
    }

    #[test]
    fn id_displays_and_serializes_as_its_string() {
        let id = UserId::new("user_1").unwrap();
        assert_eq!(id.to_string(), "user_1");
        assert_eq!(format!("{id:?}"), "UserId(\"user_1\")");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"user_1\"");
    }
}
