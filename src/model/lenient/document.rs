//! Whole JSON documents, such as response bodies.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::limits::{allocate, limited};

/// Decodes a document as a `T`: a struct or a list of structs.
///
/// A struct must be an object. serde would also accept a list of field values. The memory of all lists is limited to
/// about 16 MiB plus 4 times the length of the document.
pub(crate) fn document<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    limited(json.len(), || read(json))
}

fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    // A user takes about 4 KB of JSON. With a slightly lower estimate, a list of users rarely has to grow.
    let capacity = (json.len() / 3072).min(512);
    let value = T::deserialize(Document { inner: &mut deserializer, capacity })?;
    deserializer.end()?;
    Ok(value)
}

/// Wraps a deserializer and the visitors and accessors that it uses for a list.
struct Document<T> {
    inner: T,
    /// The estimated number of elements if the document is a list.
    capacity: usize,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Document<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_seq(Document { inner: visitor, capacity: self.capacity })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Document<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Document { inner: list, capacity: self.capacity })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Document<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.inner.next_element_seed(Document { inner: seed, capacity: 0 })?;
        if element.is_some() {
            // `Vec` does not count its elements, unlike the lists in models. It may reserve memory for twice as many.
            allocate::<S::Value, _>(1)?;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().or(Some(self.capacity))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Document<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Document { inner: deserializer, capacity: self.capacity })
    }
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::error::ErrorDetail;
    use crate::model::{OrganizationMembership, Paginated, User};

    #[test]
    fn document_reads_one_object() {
        assert_eq!(document::<User>(r#" {"id":"user_1"} "#).unwrap().id, "user_1");
        for json in
            [r#"["user_1"]"#, "[]", "\"user_1\"", "7", "null", "", r#"{"id":"user_1"} {}"#, r#"{"id":"user_1"}]"#]
        {
            assert!(document::<User>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn document_rejects_lists_that_use_much_more_memory_than_bytes() {
        let list = |element: &str, number: usize| format!("[{}]", vec![element; number].join(","));
        let user = |emails: &str| format!(r#"{{"id":"user_1","email_addresses":{emails}}}"#);
        let error = document::<Vec<User>>(&list(r#"{"id":"a"}"#, 50_000)).map(drop).unwrap_err();
        assert!(error.to_string().starts_with("the lists of the document use too much memory"), "{error}");
        let emails = list("{}", 200_000);
        assert!(document::<User>(&user(&emails)).is_err());
        // The limit is that of all lists together.
        let many = list(&user(&list("{}", 400)), 500);
        assert!(document::<Vec<User>>(&many).is_err());
        let memberships =
            format!(r#"{{"data":{},"total_count":1}}"#, list(r#"{"id":"a","organization":{"id":"b"}}"#, 100_000));
        assert!(document::<Paginated<OrganizationMembership>>(&memberships).is_err());
        // The entries of `meta` are counted as well.
        let meta = (0..5000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(",");
        let details = |number| list(&format!(r#"{{"code":"a","meta":{{{meta}}}}}"#), number);
        assert_eq!(document::<Vec<ErrorDetail>>(&details(10)).unwrap().len(), 10);
        assert!(document::<Vec<ErrorDetail>>(&details(40)).is_err());
        // A page of the largest size is accepted, even if its users are small.
        assert_eq!(document::<Vec<User>>(&list(r#"{"id":"a"}"#, 500)).unwrap().len(), 500);
    }

    #[test]
    fn document_reads_a_list_of_objects() {
        assert_eq!(document::<Vec<User>>(r#"[{"id":"user_1"},{"id":"user_2"}]"#).unwrap().len(), 2);
        let long = format!("[{}]", vec![r#"{"id":"user_1"}"#; 1000].join(","));
        assert_eq!(document::<Vec<User>>(&long).unwrap().len(), 1000);
        for json in [r#"[["user_1"]]"#, "[null]", r#"["user_1"]"#, r#"{"id":"user_1"}"#, "null", "[]]"] {
            assert!(document::<Vec<User>>(json).is_err(), "{json}");
        }
    }
}
