//! Text encodings and a constant-time comparison for the digest formats.

use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq;

/// Standard base64. Padding is optional, because some systems omit it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes standard base64 with optional padding.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// Decodes hex, case-insensitively.
pub(super) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text).ok()
}

/// Decodes exactly `N` bytes of hex, case-insensitively.
pub(super) fn decode_hex_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode_hex(text)?.try_into().ok()
}

/// Parses a decimal number. Unlike `str::parse`, it rejects a leading `+`.
pub(super) fn decimal(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then_some(text)?.parse().ok()
}

/// Splits `text` at each `$` into exactly `N` parts.
pub(super) fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

/// Compares two byte strings in constant time.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}
