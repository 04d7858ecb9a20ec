//! The format of a state file: JSON lines.
//!
//! The first line identifies the format. Each other line is a batch of changes with its checksum:
//! `{"sha256":"…","batch":{"put":[record, …],"delete":[user id, …]}}`. The last change of a user wins.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use user_directory::in_memory::snapshot::{Change, Record, json_error_message};
use user_directory::{Text, UserId};

/// The first line. Increase the version when earlier versions of the emulator cannot read the format.
pub(super) const HEADER: &[u8] = b"{\"format\":\"user-directory state\",\"version\":1}\n";

const BEFORE_CHECKSUM: &[u8] = b"{\"sha256\":\"";
const BEFORE_BATCH: &[u8] = b"\",\"batch\":";
const AFTER_BATCH: &[u8] = b"}\n";
const CHECKSUM_LENGTH: usize = 64;

/// The error of an invalid first line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InvalidHeader {
    UnknownFormat,
    UnsupportedVersion(u64),
}

pub(super) fn check_header(line: &[u8]) -> Result<(), InvalidHeader> {
    #[derive(Deserialize)]
    struct Header {
        format: Text,
        version: u64,
    }

    if line == HEADER {
        return Ok(());
    }
    match serde_json::from_slice(line) {
        Ok(Header { format, version }) if format == "user-directory state" && version > 1 && line.ends_with(b"\n") => {
            Err(InvalidHeader::UnsupportedVersion(version))
        }
        _ => Err(InvalidHeader::UnknownFormat),
    }
}

/// Writes a batch of changes as one line.
pub(super) fn write_batch(changes: &[Change], out: &mut Vec<u8>) -> serde_json::Result<()> {
    let put = changes.iter().filter_map(|(_, record)| record.as_ref());
    let deleted = changes.iter().filter(|(_, record)| record.is_none()).map(|(id, _)| id);
    write_line(put, deleted, out)
}

/// Writes one record as one line.
pub(super) fn write_record(record: &Arc<Record>, out: &mut Vec<u8>) -> serde_json::Result<()> {
    write_line(std::iter::once(record), std::iter::empty(), out)
}

fn write_line<'a>(
    put: impl Iterator<Item = &'a Arc<Record>>,
    deleted: impl Iterator<Item = &'a UserId>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    out.extend_from_slice(BEFORE_CHECKSUM);
    let checksum_at = out.len();
    out.resize(checksum_at + CHECKSUM_LENGTH, b'0');
    out.extend_from_slice(BEFORE_BATCH);
    let batch_at = out.len();
    out.extend_from_slice(b"{\"put\":[");
    for (index, record) in put.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        record.write(out)?;
    }
    out.extend_from_slice(b"],\"delete\":[");
    for (index, id) in deleted.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, id)?;
    }
    out.extend_from_slice(b"]}");
    let checksum = hex::encode(Sha256::digest(&out[batch_at..]));
    out[checksum_at..checksum_at + CHECKSUM_LENGTH].copy_from_slice(checksum.as_bytes());
    out.extend_from_slice(AFTER_BATCH);
    Ok(())
}

/// The changes of a line.
pub(super) struct Batch {
    pub(super) put: Vec<Record>,
    pub(super) deleted: Vec<UserId>,
}

/// Checks the framing and the checksum of a line, and returns its batch as JSON.
pub(super) fn verify(line: &[u8]) -> Result<&[u8], String> {
    let framed = line.strip_prefix(BEFORE_CHECKSUM).and_then(|line| line.split_at_checked(CHECKSUM_LENGTH));
    let framed = framed.and_then(|(checksum, rest)| {
        let batch = rest.strip_prefix(BEFORE_BATCH)?.strip_suffix(AFTER_BATCH)?;
        Some((checksum, batch))
    });
    let Some((checksum, batch)) = framed else { return Err("is not a batch of changes".to_owned()) };
    if hex::encode(Sha256::digest(batch)).as_bytes() != checksum {
        return Err("does not match its checksum".to_owned());
    }
    Ok(batch)
}

/// Reads a line. The error message contains no data of the line.
pub(super) fn read_batch(line: &[u8]) -> Result<Batch, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Parts<'a> {
        #[serde(borrow)]
        put: Vec<&'a RawValue>,
        delete: Vec<UserId>,
    }

    let batch = verify(line)?;
    let Parts { put, delete } =
        serde_json::from_slice(batch).map_err(|error| format!("cannot be decoded: {}", json_error_message(&error)))?;
    let record = |(index, json): (usize, &RawValue)| {
        Record::read(json.get()).map_err(|error| format!("cannot be decoded: record {}: {error}", index + 1))
    };
    let put = put.into_iter().enumerate().map(record).collect::<Result<_, _>>()?;
    Ok(Batch { put, deleted: delete })
}
