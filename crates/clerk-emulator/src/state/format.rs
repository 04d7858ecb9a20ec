//! What the lines of a state file look like.
//!
//! The first line names the format. Each other one is a batch of changes with its checksum:
//! `{"sha256":"…","batch":{"put":[record, …],"delete":[user id, …]}}`. The last word on a user counts.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use user_directory::in_memory::snapshot::{Change, Record, why};
use user_directory::{Text, UserId};

/// The first line. Its version is to be raised when a file that is written can no longer be read by versions before.
pub(super) const HEADER: &[u8] = b"{\"format\":\"user-directory state\",\"version\":1}\n";

const BEFORE_CHECKSUM: &[u8] = b"{\"sha256\":\"";
const BEFORE_BATCH: &[u8] = b"\",\"batch\":";
const AFTER_BATCH: &[u8] = b"}\n";
const CHECKSUM: usize = 64;

/// What is wrong with the first line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WrongHeader {
    /// It is something else.
    Format,
    /// It is a state file of a later version.
    Version(u64),
}

pub(super) fn check_header(line: &[u8]) -> Result<(), WrongHeader> {
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
            Err(WrongHeader::Version(version))
        }
        _ => Err(WrongHeader::Format),
    }
}

/// Writes changes as one line.
pub(super) fn write_batch(changes: &[Change], out: &mut Vec<u8>) -> serde_json::Result<()> {
    let put = changes.iter().filter_map(|(_, record)| record.as_ref());
    let deleted = changes.iter().filter(|(_, record)| record.is_none()).map(|(id, _)| id);
    write_line(put, deleted, out)
}

/// Writes one user as a line.
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
    out.resize(checksum_at + CHECKSUM, b'0');
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
    out[checksum_at..checksum_at + CHECKSUM].copy_from_slice(checksum.as_bytes());
    out.extend_from_slice(AFTER_BATCH);
    Ok(())
}

/// What a line says.
pub(super) struct Batch {
    pub(super) put: Vec<Record>,
    pub(super) deleted: Vec<UserId>,
}

/// The batch of a line that is whole, or why it is not.
pub(super) fn verify(line: &[u8]) -> Result<&[u8], String> {
    let framed = line.strip_prefix(BEFORE_CHECKSUM).and_then(|line| line.split_at_checked(CHECKSUM));
    let framed = framed.and_then(|(checksum, rest)| {
        let batch = rest.strip_prefix(BEFORE_BATCH)?.strip_suffix(AFTER_BATCH)?;
        Some((checksum, batch))
    });
    let Some((checksum, batch)) = framed else { return Err("is no batch of changes".to_owned()) };
    if hex::encode(Sha256::digest(batch)).as_bytes() != checksum {
        return Err("does not match its checksum".to_owned());
    }
    Ok(batch)
}

/// Reads a line, or says why it cannot, in words that hold nothing of it.
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
        serde_json::from_slice(batch).map_err(|error| format!("cannot be read: {}", why(&error)))?;
    let record = |(index, json): (usize, &RawValue)| {
        Record::read(json.get()).map_err(|why| format!("cannot be read: user {} of it: {why}", index + 1))
    };
    let put = put.into_iter().enumerate().map(record).collect::<Result<_, _>>()?;
    Ok(Batch { put, deleted: delete })
}
