//! Decodes lists that are part of a model or a result.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::limits::allocate;
use super::{FromJson, Reader, is_about_required_value, skip_elements, skip_entries};

/// Decodes a list of a user's resources in a result with other fields.
///
/// `null` is treated as an empty list. Elements that are `null` or invalid are skipped. All skipped elements cause a
/// single warning.
pub(crate) fn resources<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Resources(PhantomData))
}

pub(super) struct Resources<T>(pub(super) PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Resources<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = list_for(&elements)?;
        let (mut skipped, mut first_reason) = (0, None);
        while let Some(resource) = elements.next_element_seed(Resource(PhantomData))? {
            match resource {
                Ok(resource) => push(&mut list, resource)?,
                Err(reason) => {
                    skipped += 1;
                    first_reason.get_or_insert(reason);
                }
            }
        }
        if let Some(reason) = first_reason {
            warn_skipped(skipped, &reason);
        }
        Ok(list)
    }
}

/// Logs that elements were skipped. `first_reason` contains no values of the document.
#[cold]
fn warn_skipped(skipped: u64, first_reason: &str) {
    #[cfg(feature = "clerk")]
    if super::limits::may_warn() {
        tracing::warn!(target: "user_directory", skipped, first_reason, "skipped invalid elements of a list");
    }
    #[cfg(not(feature = "clerk"))]
    let _ = (skipped, first_reason);
}

/// Decodes an object, `null`, or the reason why the element is invalid.
struct Resource<T>(PhantomData<T>);

const NOT_AN_OBJECT: &str = "the element is not an object";

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Resource<T> {
    type Value = Result<Option<T>, Cow<'static, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Resource<T> {
    type Value = Result<Option<T>, Cow<'static, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Ok(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        match T::deserialize(MapAccessDeserializer::new(&mut object)) {
            Ok(resource) => Ok(Ok(Some(resource))),
            Err(error) if is_about_required_value(&error) => {
                skip_entries(&mut object)?;
                Ok(Err(error.to_string().into()))
            }
            Err(error) => Err(error),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        skip_elements(&mut list)?;
        Ok(Err(NOT_AN_OBJECT.into()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Err(NOT_AN_OBJECT.into()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err(NOT_AN_OBJECT.into()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Err(NOT_AN_OBJECT.into()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Err(NOT_AN_OBJECT.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err(NOT_AN_OBJECT.into()))
    }
}

/// Decodes a list in a model. Invalid elements are skipped.
impl<'de, T: FromJson<'de>> FromJson<'de> for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn from_list<A: SeqAccess<'de>>(elements: &mut A) -> Result<Option<Self>, A::Error> {
        let mut list = list_for(elements)?;
        loop {
            let mut element = None;
            if elements.next_element_seed(Reader { required: false, into: &mut element })?.is_none() {
                return Ok(Some(list));
            }
            push(&mut list, element)?;
        }
    }
}

impl<'de, T: FromJson<'de>> FromJson<'de> for crate::model::List<T> {
    const EXPECTED: &'static str = Vec::<T>::EXPECTED;

    fn from_list<A: SeqAccess<'de>>(elements: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::from_list(elements)?.map(Self::from))
    }
}

/// Creates a list with the capacity of the size hint, but at most 512, because the hint can be wrong.
#[inline]
pub(super) fn list_for<'de, A: SeqAccess<'de>, T>(elements: &A) -> Result<Vec<T>, A::Error> {
    let capacity = elements.size_hint().unwrap_or(0).min(512);
    if capacity > 0 {
        allocate::<T, _>(capacity)?;
    }
    Ok(Vec::with_capacity(capacity))
}

/// Adds an element. Returns an error if the lists and maps of the document use too much memory.
// This function is inlined, so that the element is not copied.
#[inline]
pub(super) fn push<T, E: Error>(list: &mut Vec<T>, element: Option<T>) -> Result<(), E> {
    let Some(element) = element else { return Ok(()) };
    // Most lists have one element, and `Vec::push` would allocate space for four.
    if list.len() == list.capacity() {
        let additional = list.len().max(1);
        allocate::<T, E>(additional)?;
        list.reserve_exact(additional);
    }
    list.push(element);
    Ok(())
}
