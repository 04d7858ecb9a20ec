//! [`Json`]: a serde deserializer for a document.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StringDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::scanner::Scanner;
use crate::error::UNKNOWN_FIELD;
use crate::model::account::ExternalAccount;
use crate::model::lenient::limits::allocate;
use crate::model::lenient::strict::is_strict;
use crate::model::metadata::RAW_JSON;

/// The maximum nesting depth of decoded values, as in `serde_json`. Ignored values can be nested more deeply.
const MAX_DEPTH: u8 = 127;

/// The reason why a document cannot be decoded.
///
/// The reason is boxed, because almost every function returns a `Failure`.
#[derive(Debug)]
pub(super) struct Failure(Box<Reason>);

#[derive(Debug)]
pub(super) enum Reason {
    /// The JSON is malformed, or contains a value that this decoder does not support.
    Malformed,
    /// A value is invalid.
    Invalid {
        message: String,
        /// The number of bytes that were read before the error.
        at: Option<usize>,
    },
}

impl Failure {
    #[cold]
    pub(super) fn malformed() -> Self {
        Self(Box::new(Reason::Malformed))
    }

    pub(super) fn reason(self) -> Reason {
        *self.0
    }

    /// Sets the position, unless it is already set.
    #[cold]
    fn locate(&mut self, position: usize) {
        if let Reason::Invalid { at: at @ None, .. } = &mut *self.0 {
            *at = Some(position);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Malformed => f.write_str("malformed JSON"),
            Reason::Invalid { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl Error for Failure {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Reason::Invalid { message: message.to_string(), at: None }))
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// Decodes the value at the current position of a scanner.
pub(super) struct Json<'a, 'de>(pub(super) &'a mut Scanner<'de>);

impl<'de> Json<'_, 'de> {
    /// Reads a value, and sets the position of an error.
    // The result stays in one variable, so that a large value is not copied.
    #[inline]
    fn read<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mut value = read(&mut self);
        if let Err(failure) = &mut value {
            failure.locate(self.0.position());
        }
        value
    }

    #[inline]
    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if !self.enter() {
            return Err(Failure::malformed());
        }
        let mut value = visitor.visit_seq(Elements { scanner: self.0, is_first: true });
        if !self.leave(b']') && value.is_ok() {
            value = Err(Failure::malformed());
        }
        value
    }

    #[inline]
    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if !self.enter() {
            return Err(Failure::malformed());
        }
        let mut value = visitor.visit_map(Entries { scanner: self.0, is_first: true });
        if !self.leave(b'}') && value.is_ok() {
            value = Err(Failure::malformed());
        }
        value
    }

    /// Reads the start of a list or an object. Returns `false` if it is nested too deeply.
    #[inline]
    fn enter(&mut self) -> bool {
        if self.0.depth == MAX_DEPTH {
            return false;
        }
        self.0.advance();
        self.0.depth += 1;
        true
    }

    /// Reads the end of a list or an object. Returns `false` if it is missing.
    #[inline]
    fn leave(&mut self, end: u8) -> bool {
        self.0.depth -= 1;
        self.0.read(end).is_some()
    }

    #[inline]
    fn any<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'"' => {
                self.0.advance();
                match self.0.plain_string() {
                    Some(text) => visitor.visit_borrowed_str(text),
                    None => visit_uncommon(unescape(self.0).map(Uncommon::Text), visitor),
                }
            }
            b'{' => self.object(visitor),
            b'[' => self.list(visitor),
            b'n' => self.word("null", ()).and_then(|()| visitor.visit_unit()),
            b't' => self.word("true", true).and_then(|value| visitor.visit_bool(value)),
            b'f' => self.word("false", false).and_then(|value| visitor.visit_bool(value)),
            _ => match self.0.integer() {
                Some(value) => visitor.visit_u64(value),
                None => visit_uncommon(number(self.0), visitor),
            },
        }
    }

    #[inline]
    fn word<T>(&mut self, word: &str, value: T) -> Result<T> {
        self.0.word(word).map(|()| value).ok_or_else(Failure::malformed)
    }

    /// Reads a value that is neither a list nor an object, and returns an error for its type.
    #[cold]
    fn unexpected<V: Visitor<'de>, T>(&mut self, visitor: &V) -> Result<T> {
        if !matches!(self.0.peek(), b'{' | b'[') {
            self.0.value().ok_or_else(Failure::malformed)?;
        }
        Err(Failure::custom(format_args!("invalid type: expected {}", Expected(visitor))))
    }
}

/// A value that requires more than reading a part of the document.
enum Uncommon {
    /// A string that contained escapes.
    Text(String),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

// A single function for all of these values, because it is compiled for every visitor.
#[cold]
fn visit_uncommon<'de, V: Visitor<'de>>(value: Result<Uncommon>, visitor: V) -> Result<V::Value> {
    match value? {
        Uncommon::Text(text) => visitor.visit_str(&text),
        Uncommon::Unsigned(value) => visitor.visit_u64(value),
        Uncommon::Signed(value) => visitor.visit_i64(value),
        Uncommon::Float(value) => visitor.visit_f64(value),
    }
}

/// An enum variant with content. It is encoded as an object with one entry, whose key is the name of the variant.
struct Variant<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> std::result::Result<V::Value, A::Error> {
        self.0.visit_enum(MapAccessDeserializer::new(object))
    }
}

struct Expected<'a, V>(&'a V);

impl<'de, V: Visitor<'de>> fmt::Display for Expected<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

/// Decodes a string after its opening quotation mark.
#[cold]
fn unescape(scanner: &mut Scanner<'_>) -> Result<String> {
    let json = scanner.string().ok_or_else(Failure::malformed)?;
    // This fails if the string contains an unpaired surrogate.
    serde_json::from_str(json).map_err(|_| Failure::malformed())
}

/// Decodes a number that [`Scanner::integer`] does not read.
#[cold]
fn number(scanner: &mut Scanner<'_>) -> Result<Uncommon> {
    let json = scanner.number().ok_or_else(Failure::malformed)?;
    let number: serde_json::Number = serde_json::from_str(json).map_err(|_| Failure::malformed())?;
    let number = if let Some(value) = number.as_u64() {
        Uncommon::Unsigned(value)
    } else if let Some(value) = number.as_i64() {
        Uncommon::Signed(value)
    } else {
        // If the `arbitrary_precision` feature of `serde_json` is enabled, the number can be out of range.
        Uncommon::Float(number.as_f64().ok_or_else(Failure::malformed)?)
    };
    Ok(number)
}

impl<'de> Deserializer<'de> for Json<'_, 'de> {
    type Error = Failure;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.read(|json| json.any(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'n' => self.read(|json| json.word("null", ()).and_then(|()| visitor.visit_none())),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name != RAW_JSON {
            return visitor.visit_newtype_struct(self);
        }
        self.read(|json| {
            let json = json.0.value().ok_or_else(Failure::malformed)?;
            visitor.visit_map(Raw(Some(json)))
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.read(|json| match json.0.peek() {
            b'[' => json.list(visitor),
            _ => json.unexpected(&visitor),
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.read(|json| match json.0.peek() {
            b'{' => json.object(visitor),
            _ => json.unexpected(&visitor),
        })
    }

    /// Decodes a struct from an object. Unlike `serde_json`, does not accept a list of field values.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.read(|json| match json.0.peek() {
            b'"' => {
                json.0.advance();
                visitor.visit_enum(StringDeserializer::new(unescape(json.0)?))
            }
            b'{' => json.object(Variant(visitor)),
            _ => json.unexpected(&visitor),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let start = self.0.position();
        self.0.value().ok_or_else(Failure::malformed)?;
        if is_strict() && self.0.depth > 1 && is_unknown_field(&self.0.text()[..start]) {
            let mut failure = Failure::custom(UNKNOWN_FIELD);
            failure.locate(self.0.position());
            return Err(failure);
        }
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct identifier
    }
}

/// Returns `true` if the value after this part of the document belongs to a field that models neither read nor ignore.
///
/// The field name is read from the document, because the deserializer does not store it. A value without a name is an
/// element of a list.
#[cold]
fn is_unknown_field(before: &str) -> bool {
    let Some(name) = before.trim_end().strip_suffix(':').and_then(|name| name.trim_end().strip_suffix('"')) else {
        return false;
    };
    // Every object has a type, which few models read.
    !name.rsplit('"').next().is_some_and(|name| name == "object" || ExternalAccount::IGNORED_FIELDS.contains(&name))
}

/// The elements of a list.
struct Elements<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Failure;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.scanner.peek() {
            b']' => return Ok(None),
            b',' if !self.is_first => {
                self.scanner.advance();
                if self.scanner.peek() == b']' {
                    return Err(Failure::malformed());
                }
            }
            _ if self.is_first => {}
            _ => return Err(Failure::malformed()),
        }
        self.is_first = false;
        let element = seed.deserialize(Json(self.scanner))?;
        if self.scanner.depth == 1 {
            // Unlike the lists in models, a `Vec` does not count the memory of its elements. Its capacity can be twice
            // its length.
            allocate::<S::Value, _>(1)?;
        }
        Ok(Some(element))
    }

    /// Returns an estimate if the list is the whole document, which is usually a list of users.
    fn size_hint(&self) -> Option<usize> {
        // A user has about 4 KB of JSON. The estimate assumes less, so that the list rarely has to grow.
        (self.scanner.depth == 1).then(|| (self.scanner.text().len() / 3072).min(512))
    }
}

/// The entries of an object.
struct Entries<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    is_first: bool,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Failure;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.is_first || !self.scanner.read_comma_and_quotation_mark() {
            match self.scanner.peek() {
                b'}' => return Ok(None),
                b',' if !self.is_first => {
                    self.scanner.advance();
                    self.scanner.read(b'"')
                }
                b'"' if self.is_first => {
                    self.scanner.advance();
                    Some(())
                }
                _ => None,
            }
            .ok_or_else(Failure::malformed)?;
        }
        self.is_first = false;
        match self.scanner.plain_string() {
            Some(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            None => escaped_key(self.scanner, seed),
        }
        .map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        self.scanner.read(b':').ok_or_else(Failure::malformed)?;
        seed.deserialize(Json(self.scanner))
    }

    // The default implementation compiles two more functions for each field of each model.
    #[inline]
    fn next_value<T: Deserialize<'de>>(&mut self) -> Result<T> {
        self.scanner.read(b':').ok_or_else(Failure::malformed)?;
        T::deserialize(Json(self.scanner))
    }
}

/// Decodes a key with escapes after its opening quotation mark.
#[cold]
fn escaped_key<'de, S: DeserializeSeed<'de>>(scanner: &mut Scanner<'de>, seed: S) -> Result<S::Value> {
    seed.deserialize(StringDeserializer::new(unescape(scanner)?))
}

/// A value as JSON text. It is passed as an object with one entry, whose key is [`RAW_JSON`].
struct Raw<'de>(Option<&'de str>);

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Failure;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        self.0.map(|_| seed.deserialize(BorrowedStrDeserializer::new(RAW_JSON))).transpose()
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let json = self.0.take().unwrap_or_default();
        seed.deserialize(BorrowedStrDeserializer::new(json))
    }
}
