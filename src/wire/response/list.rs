//! [`ListBody`]: a list, or a page of a list.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// The client's decoding of a list, which can also be a page: `{"data": […], "total_count": 2}`.
#[derive(Debug)]
pub struct ListBody<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListBody<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrPage<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOrPage<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or a page")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, page: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(bound = "T: Deserialize<'de>")]
                struct Page<T> {
                    data: Vec<T>,
                }
                Page::deserialize(MapAccessDeserializer::new(page)).map(|page| page.data)
            }
        }

        deserializer.deserialize_any(ListOrPage(PhantomData)).map(Self)
    }
}
