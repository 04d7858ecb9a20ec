//! String enums that preserve unknown values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Visitor};

/// Defines a string enum that preserves unknown values.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        ///
        /// Unknown values are decoded as `Other` and encoded unchanged. Equality compares the encoded text, so an
        /// `Other` value is equal to the variant with the same text.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("Encoded as `", $text, "`.")] $variant,)+
            /// A value that is unknown to this version of the crate.
            Other($crate::model::text::Text),
        }

        impl $name {
            /// All values except `Other`.
            #[allow(dead_code, reason = "only some messages list the values")]
            pub(crate) const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the encoded value.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl $crate::model::lenient::FromJson<'_> for $name {
            const EXPECTED: &'static str = "text";

            fn from_str(text: &str) -> Option<Self> {
                Some(text.into())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::lenient::string(deserializer)
            }
        }
    };
}
pub(crate) use open_enum;

/// Deserializes a string, and converts it without an intermediate `String`.
pub(crate) fn string<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct StringVisitor<T>(PhantomData<T>);

    impl<T: for<'a> From<&'a str>> Visitor<'_> for StringVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E>(self, value: &str) -> Result<T, E> {
            Ok(T::from(value))
        }
    }

    deserializer.deserialize_str(StringVisitor(PhantomData))
}

#[cfg(test)]
mod tests {
    use crate::model::DeviceStatus;

    #[test]
    fn open_enum_keeps_unknown_values_and_compares_by_text() {
        let statuses: Vec<DeviceStatus> = serde_json::from_str(r#"["active","lost"]"#).unwrap();
        assert_eq!(statuses, [DeviceStatus::Active, DeviceStatus::Other("lost".into())]);
        assert_eq!(serde_json::to_string(&statuses).unwrap(), r#"["active","lost"]"#);
        assert_eq!(DeviceStatus::Other("active".into()), DeviceStatus::Active);
    }
}
