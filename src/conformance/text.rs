//! Texts come back as they were given, and values are found whatever characters they have.

use super::check::{Outcome, ensure_eq};
use super::context::{Context, json};
use crate::model::{MetadataUpdate, NewUser, UserFilter, UserUpdate};

behaviours! {
    Create: names_of_any_script_are_kept, quotes_and_backslashes_in_names_are_kept,
        control_characters_in_names_are_kept, an_email_address_with_a_plus_is_kept,
        user_names_with_punctuation_are_kept;
    Update: updated_names_of_any_script_are_kept;
    UpdateMetadata: metadata_of_any_script_is_kept;
    List: an_email_address_with_a_plus_is_found, external_ids_with_signs_of_urls_are_found,
        external_ids_that_begin_with_a_sign_are_found, external_ids_with_commas_and_brackets_are_found,
        names_of_any_script_are_found;
}

const SCRIPTS: [&str; 5] = ["Zoë Ångström", "李小龍", "محمد", "🧑🏽‍🚀 e\u{301}", "Ελένη"];

/// Fails unless the name is kept, as first and as last name.
async fn expect_kept(context: &Context<'_>, name: &str) -> Outcome {
    let created = context.create(context.new_user().first_name(name).last_name(name)).await?;
    for user in [&created, &context.get(&created.id).await?] {
        ensure_eq!(user.first_name.as_deref(), Some(name), "the first name");
        ensure_eq!(user.last_name.as_deref(), Some(name), "the last name");
    }
    Ok(())
}

/// A name may be of any script, with accents and emoji.
pub async fn names_of_any_script_are_kept(context: &Context<'_>) -> Outcome {
    for name in SCRIPTS {
        expect_kept(context, name).await?;
    }
    Ok(())
}

/// What has a meaning in JSON, SQL and HTML has none in a name.
pub async fn quotes_and_backslashes_in_names_are_kept(context: &Context<'_>) -> Outcome {
    for name in [r#"Ada "Countess" O'Lovelace"#, r"a\nb\\c", "'; DROP TABLE users; --", "<b>&amp;</b>", "%00 %s ${x}"] {
        expect_kept(context, name).await?;
    }
    Ok(())
}

/// Line breaks, tabulators and other control characters are kept.
pub async fn control_characters_in_names_are_kept(context: &Context<'_>) -> Outcome {
    expect_kept(context, "a\tb\r\nc\u{1}d\u{7f}e\u{2028}f").await
}

/// A plus is part of an email address.
pub async fn an_email_address_with_a_plus_is_kept(context: &Context<'_>) -> Outcome {
    let email = format!("{}+tag@example.com", context.word());
    let user = context.create(NewUser::new().email_address(&email)).await?;
    let found: Vec<_> = user.email_addresses.iter().map(|found| found.email_address.as_str()).collect();
    ensure_eq!(found, [email.as_str()], "the email addresses");
    Ok(())
}

/// A user name may have `_` and `-`.
pub async fn user_names_with_punctuation_are_kept(context: &Context<'_>) -> Outcome {
    let name = format!("{}_b-c", context.word());
    let user = context.create(context.new_user().username(&name)).await?;
    ensure_eq!(user.username.as_deref(), Some(name.as_str()), "the user name");
    Ok(())
}

/// What an update sets may be of any script.
pub async fn updated_names_of_any_script_are_kept(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for name in SCRIPTS {
        context.directory().update(&id, &UserUpdate::new().first_name(name)).await?;
        ensure_eq!(context.get(&id).await?.first_name.as_deref(), Some(name), "the first name");
    }
    Ok(())
}

/// Keys and values of metadata may be of any script, and escaped.
pub async fn metadata_of_any_script_is_kept(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let metadata = json(r#"{"ключ":"🧑🏽‍🚀","a\"b\\c":"\u0001\n","":"李","x.y":{"$z":"'"}}"#);
    context.directory().update_metadata(&id, &MetadataUpdate::new().private(metadata.clone())).await?;
    let found = context.get(&id).await?.private_metadata;
    super::check::ensure!(found == metadata, "the metadata: {}", found.as_json());
    Ok(())
}

/// A plus in a filter is a plus, not a space.
pub async fn an_email_address_with_a_plus_is_found(context: &Context<'_>) -> Outcome {
    let email = format!("{}+tag@example.com", context.word());
    let ada = context.create(NewUser::new().email_address(&email)).await?;
    context.expect(UserFilter::new().email_address(&email), &[&ada]).await?;
    context.expect(UserFilter::new().query(&email), &[&ada]).await
}

/// Fails unless users with these external ids are each found by their own.
async fn expect_external_ids_found(context: &Context<'_>, external_ids: &[String]) -> Outcome {
    for external_id in external_ids {
        let user = context.create(context.new_user().external_id(external_id)).await?;
        ensure_eq!(user.external_id.as_deref(), Some(external_id.as_str()), "the external id");
        context.expect(UserFilter::new().external_id(external_id), &[&user]).await?;
    }
    Ok(())
}

/// What has a meaning in a URL has none in a value.
pub async fn external_ids_with_signs_of_urls_are_found(context: &Context<'_>) -> Outcome {
    let values = ["a%20b", "a&limit=1", "a=b", "a b", "a#b", "a?b", "a/b", "a%"];
    expect_external_ids_found(context, &values.map(|value| format!("{value}{}", context.word()))).await
}

/// A sign at the beginning is part of the value.
pub async fn external_ids_that_begin_with_a_sign_are_found(context: &Context<'_>) -> Outcome {
    expect_external_ids_found(context, &["-", "+", "--"].map(|sign| format!("{sign}{}", context.word()))).await
}

/// One value is one value.
pub async fn external_ids_with_commas_and_brackets_are_found(context: &Context<'_>) -> Outcome {
    let values = ["a,b", "a[]", "[a]", "a;b", "a|b", "a*"];
    expect_external_ids_found(context, &values.map(|value| format!("{value}{}", context.word()))).await
}

/// A name of any script is found by a part of it.
pub async fn names_of_any_script_are_found(context: &Context<'_>) -> Outcome {
    for name in ["Ångström", "李小龍", "🧑🏽‍🚀"] {
        let name = format!("{name}{}", context.word());
        let user = context.create(context.new_user().first_name(&name)).await?;
        context.expect(UserFilter::new().name_query(&name), &[&user]).await?;
    }
    Ok(())
}
