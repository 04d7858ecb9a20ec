//! Requests and responses over HTTP.

use user_directory::reqwest::Method;
use user_directory::{Metadata, UserFilter};

use super::{Assumption, not_probed, probed};
use crate::probe::{Disagreement, Finding, Probe, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "A request without an API version can call every operation, and its formats are those of the oldest version.",
        |probe| Box::pin(request_without_version_updates_metadata(probe)),
    ),
    probed("In `create`, `null` for a list or for metadata, and an empty username, are treated as absent.", |probe| {
        Box::pin(null_is_absent_in_create(probe))
    }),
    probed("Whitespace in metadata, outside of strings, is neither stored nor counted.", |probe| {
        Box::pin(whitespace_is_not_counted(probe))
    }),
    probed("In a query string, empty values are ignored.", |probe| Box::pin(empty_values_are_ignored(probe))),
    probed("A boolean can have any notation that Go parses, such as `True` or `1`.", |probe| {
        Box::pin(booleans_are_parsed_like_in_go(probe))
    }),
    not_probed(
        "The expiration of an OAuth token is encoded in milliseconds.",
        "no users operation creates tokens; a user has to sign in with a provider",
    ),
];

async fn request_without_version_updates_metadata(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let body = r#"{"public_metadata": {"probe": true}}"#.to_owned();
    let response = probe.http()?.send(Method::PATCH, &format!("/users/{}", ada.id), Some(body)).await?;
    response.accepted("an update of metadata")?;
    let metadata = probe.users.get(&ada.id).await?.public_metadata;
    same("the number of keys in the metadata", &metadata.is_empty(), &false)
}

async fn null_is_absent_in_create(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    let body = format!(
        r#"{{"email_address": ["{email}"], "skip_password_requirement": true, "phone_number": null,
            "backup_codes": null, "public_metadata": null, "username": ""}}"#
    );
    let response = probe.http()?.send(Method::POST, "/users", Some(body)).await?;
    // Deleted here, because only users who are created with the client are recorded.
    for user in probe.users.list(&UserFilter::new().email_address(email).into()).await? {
        probe.users.delete(&user.id).await?;
    }
    response.accepted("`null` and an empty username").map(drop)
}

async fn whitespace_is_not_counted(probe: &Probe<'_>) -> Finding {
    let metadata: Metadata = format!("{{\"a\":{}1}}", " ".repeat(8 * 1024)).parse()?;
    let ada = probe.create(probe.new_user().public_metadata(metadata)).await?;
    let found = probe.users.get(&ada.id).await?.public_metadata;
    same("the stored metadata", found.as_json(), r#"{"a":1}"#)
}

/// Returns the response of `count` for users with an email address.
async fn count(probe: &Probe<'_>, email: &str, parameters: &str) -> Finding<String> {
    let path = format!("/users/count?email_address={email}&{parameters}");
    let response = probe.http()?.send(Method::GET, &path, None).await?;
    let what = format!("the query `{parameters}`");
    Ok(response.accepted(&what)?.text.split_whitespace().collect())
}

async fn booleans_are_parsed_like_in_go(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    probe.create(probe.new_user().email_address(email.as_str())).await?;
    let (banned, not_banned) =
        (count(probe, &email, "banned=true").await?, count(probe, &email, "banned=false").await?);
    if banned == not_banned {
        return Err(Disagreement::Failed("the filter by `banned` has no effect".to_owned()));
    }
    for (value, expected) in [("True", &banned), ("1", &banned), ("False", &not_banned), ("0", &not_banned)] {
        let found = count(probe, &email, &format!("banned={value}")).await?;
        same(&format!("the count for banned={value}"), &found, expected)?;
    }
    Ok(())
}

async fn empty_values_are_ignored(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    probe.create(probe.new_user().email_address(email.as_str())).await?;
    let expected = count(probe, &email, "").await?;
    let found = count(probe, &email, "query=&username=").await?;
    same("the count with empty values", &found, &expected)
}
