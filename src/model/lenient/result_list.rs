//! Decodes lists that are the whole result of a call.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::list::{Resources, list_for, push};
use super::skip_elements;

/// Decodes a list of users that is the whole result of a call.
///
/// `null` is treated as an empty list. An invalid element, such as `null`, is an error. If it were skipped, callers
/// could create a user who already exists, or stop paginating too early because a page is not full.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or null")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = list_for(&elements)?;
            while let Some(element) = elements.next_element_seed(Element(PhantomData))? {
                push(&mut list, Some(element))?;
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(List(PhantomData))
}

/// An element of a list. It must be an object, because for a struct, serde would also accept a list of field values.
struct Element<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Element<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Element<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        // The whole list is read, so that the position of the error is the list and not its first element.
        skip_elements(&mut list)?;
        Err(A::Error::invalid_type(Unexpected::Seq, &self))
    }
}

/// Decodes a list of resources that is the whole result of a call.
///
/// Unlike in [`resources`](super::resources), `null` is an error.
pub(crate) fn resource_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Resources(PhantomData))
}
