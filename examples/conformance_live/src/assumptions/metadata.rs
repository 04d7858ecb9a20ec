//! The size limit of metadata.

use user_directory::{Metadata, MetadataUpdate, codes};

use super::{Assumption, probed};
use crate::probe::{Finding, Probe, rejected, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("The limit is 8,192 bytes of JSON.", |probe| Box::pin(limit_is_8192_bytes(probe))),
    probed("Whitespace outside of strings is neither stored nor counted.", |probe| {
        Box::pin(whitespace_is_not_counted(probe))
    }),
    probed("The limit also applies to the patch before it is merged.", |probe| {
        Box::pin(limit_applies_to_the_patch(probe))
    }),
];

const LIMIT: usize = 8 * 1024;

async fn limit_is_8192_bytes(probe: &Probe<'_>) -> Finding {
    let metadata =
        |bytes: usize| format!(r#"{{"a":"{}"}}"#, "b".repeat(bytes - r#"{"a":""}"#.len())).parse::<Metadata>();
    probe.create(probe.new_user().public_metadata(metadata(LIMIT)?)).await?;
    let result = probe.users.create(&probe.new_user().public_metadata(metadata(LIMIT + 1)?)).await;
    rejected("metadata of 8,193 bytes", result, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE)
}

async fn whitespace_is_not_counted(probe: &Probe<'_>) -> Finding {
    let metadata: Metadata = format!("{{\"a\":{}1}}", " ".repeat(LIMIT)).parse()?;
    let ada = probe.create(probe.new_user().public_metadata(metadata)).await?;
    let found = probe.users.get(&ada.id).await?.public_metadata;
    same("the stored metadata", found.as_json(), r#"{"a":1}"#)
}

async fn limit_applies_to_the_patch(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    // The merged metadata is empty, because every key is removed.
    let keys: Vec<_> = (0..LIMIT / 10).map(|number| format!("\"k{number:06}\":null")).collect();
    let patch: Metadata = format!("{{{}}}", keys.join(",")).parse()?;
    let result = probe.users.update_metadata(&ada.id, &MetadataUpdate::new().public(patch)).await;
    rejected("a patch of more than 8 KiB", result, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE)
}
