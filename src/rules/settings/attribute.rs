//! [`Attribute`] and [`Requirement`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user attribute that an instance can require or disable.
///
/// ```
/// use user_directory::store_directory::Attribute;
///
/// assert_eq!(Attribute::PhoneNumber.to_string(), "phone_number");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Attribute {
    /// Email addresses.
    EmailAddress,
    /// Phone numbers.
    PhoneNumber,
    /// The username.
    Username,
    /// Web3 wallets.
    Web3Wallet,
    /// The password.
    Password,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
}

impl Attribute {
    /// All attributes.
    pub const ALL: [Self; 7] = [
        Self::EmailAddress,
        Self::PhoneNumber,
        Self::Username,
        Self::Web3Wallet,
        Self::Password,
        Self::FirstName,
        Self::LastName,
    ];

    /// Returns the name of the attribute, such as `phone_number`.
    ///
    /// The API parameter and the instance setting for the attribute have the same name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailAddress => "email_address",
            Self::PhoneNumber => "phone_number",
            Self::Username => "username",
            Self::Web3Wallet => "web3_wallet",
            Self::Password => "password",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether an [`Attribute`] is disabled, optional or required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// The attribute is disabled. Requests that set the attribute are rejected.
    Off,
    /// Users can have the attribute.
    Optional,
    /// New users must have the attribute, unless the request skips the requirement. Updates cannot clear the attribute.
    Required,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_same_name_in_json() {
        for attribute in Attribute::ALL {
            assert_eq!(serde_json::to_value(attribute).unwrap(), attribute.as_str());
        }
    }
}
