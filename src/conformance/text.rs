//! Tests for text in any script and with special characters.

use super::check::{Outcome, ensure_eq};
use super::context::{Context, json};
use crate::model::{MetadataUpdate, UserFilter, UserUpdate};

behaviors! {
    Create: create_stores_names_in_any_script, create_stores_special_characters_in_names,
        create_stores_control_characters_in_names, create_stores_plus_sign_in_email_address,
        create_stores_punctuation_in_username;
    Update: update_stores_names_in_any_script;
    UpdateMetadata: update_metadata_stores_any_script;
    List: list_filters_by_email_address_with_plus_sign, list_filters_by_external_id_with_url_characters,
        list_filters_by_external_id_with_leading_sign, list_filters_by_external_id_with_list_characters,
        list_name_query_matches_any_script;
}

const SCRIPTS: [&str; 5] = ["Zoë Ångström", "李小龍", "محمد", "🧑🏽‍🚀 e\u{301}", "Ελένη"];

/// Fails unless the name is stored unchanged, both as a first name and as a last name.
async fn expect_kept(context: &Context<'_>, name: &str) -> Outcome {
    let created = context.create(context.new_user().first_name(name).last_name(name)).await?;
    for user in [&created, &context.get(&created.id).await?] {
        ensure_eq!(user.first_name.as_deref(), Some(name), "the first name");
        ensure_eq!(user.last_name.as_deref(), Some(name), "the last name");
    }
    Ok(())
}

/// Checks that `create` stores names in any script unchanged, including accents and emoji.
pub async fn create_stores_names_in_any_script(context: &Context<'_>) -> Outcome {
    for name in SCRIPTS {
        expect_kept(context, name).await?;
    }
    Ok(())
}

/// Checks that `create` stores characters that are special in JSON, SQL and HTML unchanged.
pub async fn create_stores_special_characters_in_names(context: &Context<'_>) -> Outcome {
    for name in
        [r#"Ada "Countess" O'Lovelace"#, r"a\nb\\c", "'; DROP TABLE users; --", "a < b &amp; c > d", "%00 %s ${x}"]
    {
        expect_kept(context, name).await?;
    }
    Ok(())
}

/// Checks that `create` stores line breaks, tabs and other control characters in names unchanged.
pub async fn create_stores_control_characters_in_names(context: &Context<'_>) -> Outcome {
    expect_kept(context, "a\tb\r\nc\u{1}d\u{7f}e\u{2028}f").await
}

/// Checks that `create` stores an email address with a plus sign unchanged.
pub async fn create_stores_plus_sign_in_email_address(context: &Context<'_>) -> Outcome {
    let email = format!("{}+tag@example.com", context.word());
    let user = context.create(context.new_user_with_email_address(&email)).await?;
    let found: Vec<_> = user.email_addresses.iter().map(|found| found.email_address.as_str()).collect();
    ensure_eq!(found, [email.as_str()], "the email addresses");
    Ok(())
}

/// Checks that `create` stores a username with `_` and `-` unchanged.
pub async fn create_stores_punctuation_in_username(context: &Context<'_>) -> Outcome {
    let name = format!("{}_b-c", context.word());
    let user = context.create(context.new_user().username(&name)).await?;
    ensure_eq!(user.username.as_deref(), Some(name.as_str()), "the username");
    Ok(())
}

/// Checks that `update` stores names in any script unchanged, including accents and emoji.
pub async fn update_stores_names_in_any_script(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for name in SCRIPTS {
        context.directory().update(&id, &UserUpdate::new().first_name(name)).await?;
        ensure_eq!(context.get(&id).await?.first_name.as_deref(), Some(name), "the first name");
    }
    Ok(())
}

/// Checks that `update_metadata` stores keys and values in any script unchanged.
pub async fn update_metadata_stores_any_script(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let metadata = json(r#"{"ключ":"🧑🏽‍🚀","a\"b\\c":"\u0001\n","":"李","x.y":{"$z":"'"}}"#);
    context.directory().update_metadata(&id, &MetadataUpdate::new().private(metadata.clone())).await?;
    let found = context.get(&id).await?.private_metadata;
    super::check::ensure!(found == metadata, "the metadata: {}", found.as_json());
    Ok(())
}

/// Checks that the `email_address` and `query` filters find an email address with a plus sign.
pub async fn list_filters_by_email_address_with_plus_sign(context: &Context<'_>) -> Outcome {
    let email = format!("{}+tag@example.com", context.word());
    let ada = context.seed_user(context.new_user_with_email_address(&email)).await?;
    context.expect(UserFilter::new().email_address(&email), &[&ada]).await?;
    context.expect(UserFilter::new().query(&email), &[&ada]).await
}

/// Fails unless the `external_id` filter finds users with these external ids.
async fn expect_external_ids_found(context: &Context<'_>, external_ids: &[String]) -> Outcome {
    for external_id in external_ids {
        let user = context.seed_user(context.new_user().external_id(external_id)).await?;
        ensure_eq!(user.external_id.as_deref(), Some(external_id.as_str()), "the external id");
        context.expect(UserFilter::new().external_id(external_id), &[&user]).await?;
    }
    Ok(())
}

/// Checks that `list` finds a user by an external id with characters that are special in URLs.
pub async fn list_filters_by_external_id_with_url_characters(context: &Context<'_>) -> Outcome {
    let values = ["a%20b", "a&limit=1", "a=b", "a b", "a#b", "a?b", "a/b", "a%"];
    expect_external_ids_found(context, &values.map(|value| format!("{value}{}", context.word()))).await
}

/// Checks that `list` finds a user by an external id that begins with a plus or minus sign.
pub async fn list_filters_by_external_id_with_leading_sign(context: &Context<'_>) -> Outcome {
    expect_external_ids_found(context, &["-", "+", "--"].map(|sign| format!("{sign}{}", context.word()))).await
}

/// Checks that `list` finds a user by an external id with commas, brackets and similar characters.
pub async fn list_filters_by_external_id_with_list_characters(context: &Context<'_>) -> Outcome {
    let values = ["a,b", "a[]", "[a]", "a;b", "a|b", "a*"];
    expect_external_ids_found(context, &values.map(|value| format!("{value}{}", context.word()))).await
}

/// Checks that `name_query` matches a name in any script.
pub async fn list_name_query_matches_any_script(context: &Context<'_>) -> Outcome {
    for name in ["Ångström", "李小龍", "🧑🏽‍🚀"] {
        let name = format!("{name}{}", context.word());
        let user = context.seed_user(context.new_user().first_name(&name)).await?;
        context.expect(UserFilter::new().name_query(&name), &[&user]).await?;
    }
    Ok(())
}
