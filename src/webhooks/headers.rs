//! The headers of a signed message.

use super::error::VerifyError;
use super::signature::Signatures;
use crate::model::EventId;

/// The names of the Svix headers: id, timestamp and signature.
pub(super) const SVIX: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];
/// The names of the same headers in Standard Webhooks.
pub(super) const STANDARD: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// The validated headers of a message.
pub(super) struct Headers {
    pub(super) id: EventId,
    /// The timestamp header, which is part of the signed text.
    pub(super) timestamp: String,
    /// When the message was sent, in seconds since the Unix epoch.
    pub(super) sent_at: i64,
    pub(super) signatures: Signatures,
}

impl Headers {
    /// Finds the headers of the message, and validates their format.
    ///
    /// If the Svix headers and the Standard Webhooks headers are both complete, the Svix headers are used.
    pub(super) fn read<N, V>(headers: impl IntoIterator<Item = (N, V)>) -> Result<Self, VerifyError>
    where
        N: AsRef<str>,
        V: AsRef<[u8]>,
    {
        let (mut svix, mut standard) = (Named::new(SVIX), Named::new(STANDARD));
        for (name, value) in headers {
            svix.add(name.as_ref(), value.as_ref());
            standard.add(name.as_ref(), value.as_ref());
        }
        let named = if standard.is_complete() && !svix.is_complete() || svix.is_absent() && !standard.is_absent() {
            standard
        } else {
            svix
        };
        named.parse()
    }
}

/// The names of a set of headers, and the values found for each name.
struct Named {
    names: [&'static str; 3],
    values: [Option<Found>; 3],
}

enum Found {
    Once(Vec<u8>),
    Repeated,
}

impl Named {
    fn new(names: [&'static str; 3]) -> Self {
        Self { names, values: [None, None, None] }
    }

    fn add(&mut self, name: &str, value: &[u8]) {
        let Some(index) = self.names.iter().position(|known| known.eq_ignore_ascii_case(name)) else { return };
        self.values[index] = Some(match self.values[index] {
            None => Found::Once(value.to_owned()),
            Some(_) => Found::Repeated,
        });
    }

    fn is_complete(&self) -> bool {
        self.values.iter().all(Option::is_some)
    }

    fn is_absent(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }

    fn parse(mut self) -> Result<Headers, VerifyError> {
        let [id_name, timestamp_name, signature_name] = self.names;
        let (id, timestamp, signature) = (self.text(0)?, self.text(1)?, self.text(2)?);
        let malformed = |name, problem| VerifyError::MalformedHeader { name, problem };
        let id = EventId::new(id).map_err(|_| malformed(id_name, "it is not a valid id"))?;
        // `parse` would also accept a sign.
        let is_number = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let Some(sent_at) = timestamp.parse().ok().filter(|_| is_number) else {
            return Err(malformed(timestamp_name, "it is not a number of seconds"));
        };
        let signatures = Signatures::read(&signature);
        if signatures.is_empty() {
            return Err(malformed(signature_name, "it contains no `v1` signature"));
        }
        Ok(Headers { id, timestamp, sent_at, signatures })
    }

    /// Takes the value of a header.
    fn text(&mut self, index: usize) -> Result<String, VerifyError> {
        let name = self.names[index];
        let malformed = |problem| VerifyError::MalformedHeader { name, problem };
        match self.values[index].take() {
            None => Err(VerifyError::MissingHeader { name }),
            Some(Found::Repeated) => Err(malformed("it occurs more than once")),
            Some(Found::Once(value)) => String::from_utf8(value).map_err(|_| malformed("it is not valid text")),
        }
    }
}
