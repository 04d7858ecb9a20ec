//! Tests for requests that are rejected by their type's `validate` method.
//!
//! Each error must contain the name of the invalid parameter.

use super::check::{Outcome, ensure_eq, expect_invalid_param};
use super::context::{Context, GOOGLE, PNG, provider};
use crate::model::billing::CreditAdjustment;
use crate::model::{
    InvitationQuery, OrderBy, OrderField, OrganizationId, Page, ProfileImage, Sessions, UserFilter, UserId, UserQuery,
    UserUpdate,
};
use crate::operation::Operation;

behaviors! {
    List: list_rejects_limit_outside_1_to_500, list_rejects_empty_filter_value,
        list_rejects_more_than_100_filter_values, list_rejects_cursor_in_other_order, list_rejects_cursor_with_offset;
    Count: count_rejects_empty_filter_value, count_rejects_more_than_100_filter_values;
    Update: update_rejects_skip_password_checks_without_password,
        update_rejects_sign_out_of_other_sessions_without_password;
    GetOAuthAccessToken: get_oauth_access_token_rejects_limit_outside_1_to_500;
    GetOrganizationMemberships: get_organization_memberships_rejects_limit_outside_1_to_500;
    GetOrganizationInvitations: get_organization_invitations_rejects_limit_outside_1_to_500;
    SetProfileImage: set_profile_image_rejects_malformed_content_type,
        set_profile_image_rejects_control_characters_in_file_name;
    AdjustBillingCreditBalance: adjust_billing_credit_balance_rejects_zero_amount,
        adjust_billing_credit_balance_rejects_amount_above_63_bits,
        adjust_billing_credit_balance_rejects_empty_idempotency_key;
}

/// Invalid limits.
const LIMITS: [u32; 3] = [0, 501, u32::MAX];

/// Checks that `list` rejects a limit of 0 or above 500, and accepts 500.
pub async fn list_rejects_limit_outside_1_to_500(context: &Context<'_>) -> Outcome {
    for limit in LIMITS {
        let query = UserQuery::new().limit(limit);
        expect_invalid_param(context.directory().list(&query).await, Operation::List, "limit", &query)?;
    }
    context.directory().list(&UserQuery::new().limit(500)).await?;
    Ok(())
}

/// Returns each filter with the given number of values, and the name of its parameter.
fn filters(value: impl Fn(usize) -> String, values: usize) -> Vec<(&'static str, UserFilter)> {
    let texts = || (0..values).map(&value);
    let filter = UserFilter::new;
    vec![
        ("email_address", filter().email_addresses(texts())),
        ("phone_number", filter().phone_numbers(texts())),
        ("username", filter().usernames(texts())),
        ("web3_wallet", filter().web3_wallets(texts())),
        ("external_id", filter().external_ids(texts())),
        ("external_id", filter().exclude_external_ids(texts())),
        ("provider_user_id", filter().provider_users(provider(GOOGLE), texts())),
    ]
}

/// Returns each filter with too many values, and the name of its parameter.
fn long_filters(context: &Context<'_>) -> Vec<(&'static str, UserFilter)> {
    let mut filters = filters(|n| format!("v{n}"), 101);
    let users = || (0..101).map(|_| context.id::<UserId>("user"));
    let organizations = (0..101).map(|_| context.id::<OrganizationId>("org"));
    filters.push(("user_id", UserFilter::new().user_ids(users())));
    filters.push(("user_id", UserFilter::new().exclude_user_ids(users())));
    filters.push(("organization_id", UserFilter::new().organization_ids(organizations)));
    filters
}

/// Returns each filter with an empty value, and the name of its parameter.
///
/// Filters by id are not included, because an id cannot be empty.
fn empty_filters() -> Vec<(&'static str, UserFilter)> {
    let mut filters = filters(|_| String::new(), 1);
    let filter = UserFilter::new;
    filters.extend([
        ("query", filter().query("")),
        ("email_address_query", filter().email_address_query("")),
        ("phone_number_query", filter().phone_number_query("")),
        ("username_query", filter().username_query("")),
        ("name_query", filter().name_query("")),
    ]);
    filters
}

/// Checks that `list` rejects an empty filter value.
pub async fn list_rejects_empty_filter_value(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in empty_filters() {
        let query = UserQuery::from(filter);
        expect_invalid_param(context.directory().list(&query).await, Operation::List, param_name, &query)?;
    }
    Ok(())
}

/// Checks that `list` rejects a filter with more than 100 values.
pub async fn list_rejects_more_than_100_filter_values(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in long_filters(context) {
        let query = UserQuery::from(filter);
        expect_invalid_param(context.directory().list(&query).await, Operation::List, param_name, &query)?;
    }
    Ok(())
}

/// Checks that `list` rejects a cursor unless the order is by creation time.
pub async fn list_rejects_cursor_in_other_order(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let query = UserQuery::new().starting_after(user.id).order_by(OrderBy::ascending(OrderField::FirstName));
    expect_invalid_param(context.directory().list(&query).await, Operation::List, "starting_after", &query)
}

/// Checks that `list` rejects a cursor combined with an offset.
pub async fn list_rejects_cursor_with_offset(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let query = UserQuery::new().starting_after(user.id).offset(1);
    expect_invalid_param(context.directory().list(&query).await, Operation::List, "starting_after", &query)
}

/// Checks that `count` rejects an empty filter value.
pub async fn count_rejects_empty_filter_value(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in empty_filters() {
        expect_invalid_param(context.directory().count(&filter).await, Operation::Count, param_name, &filter)?;
    }
    Ok(())
}

/// Checks that `count` rejects a filter with more than 100 values.
pub async fn count_rejects_more_than_100_filter_values(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in long_filters(context) {
        expect_invalid_param(context.directory().count(&filter).await, Operation::Count, param_name, &filter)?;
    }
    Ok(())
}

/// Checks that `update` rejects `skip_password_checks` without a password, and changes nothing.
pub async fn update_rejects_skip_password_checks_without_password(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").skip_password_checks(true);
    let result = context.directory().update(&user.id, &update).await;
    expect_invalid_param(result, Operation::Update, "skip_password_checks", &update)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected update");
    Ok(())
}

/// Checks that `update` rejects `sign_out_of_other_sessions` without a password, and changes nothing.
pub async fn update_rejects_sign_out_of_other_sessions_without_password(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").other_sessions(Sessions::Revoke);
    let result = context.directory().update(&user.id, &update).await;
    expect_invalid_param(result, Operation::Update, "sign_out_of_other_sessions", &update)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected update");
    Ok(())
}

/// Checks that `get_oauth_access_token` rejects a limit of 0 or above 500.
pub async fn get_oauth_access_token_rejects_limit_outside_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let page = Page::new().limit(limit);
        let result = context.directory().get_oauth_access_token(&id, &provider(GOOGLE), &page).await;
        expect_invalid_param(result, Operation::GetOAuthAccessToken, "limit", &page)?;
    }
    Ok(())
}

/// Checks that `get_organization_memberships` rejects a limit of 0 or above 500.
pub async fn get_organization_memberships_rejects_limit_outside_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let page = Page::new().limit(limit);
        let result = context.directory().get_organization_memberships(&id, &page).await;
        expect_invalid_param(result, Operation::GetOrganizationMemberships, "limit", &page)?;
    }
    Ok(())
}

/// Checks that `get_organization_invitations` rejects a limit of 0 or above 500.
pub async fn get_organization_invitations_rejects_limit_outside_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let query = InvitationQuery::new().page(Page::new().limit(limit));
        let result = context.directory().get_organization_invitations(&id, &query).await;
        expect_invalid_param(result, Operation::GetOrganizationInvitations, "limit", &query)?;
    }
    Ok(())
}

/// Checks that `set_profile_image` rejects a content type that is not a media type.
pub async fn set_profile_image_rejects_malformed_content_type(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for content_type in ["", "png", "image/png\r\nx: y"] {
        let image = ProfileImage::new(PNG, content_type);
        let result = context.directory().set_profile_image(&id, &image).await;
        expect_invalid_param(result, Operation::SetProfileImage, "content_type", &image)?;
    }
    Ok(())
}

/// Checks that `set_profile_image` rejects a file name with control characters.
pub async fn set_profile_image_rejects_control_characters_in_file_name(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let image = ProfileImage::new(PNG, "image/png").named("a\r\nb");
    let result = context.directory().set_profile_image(&id, &image).await;
    expect_invalid_param(result, Operation::SetProfileImage, "file_name", &image)
}

/// Fails unless the adjustment is rejected and the user still has no balance.
async fn expect_no_credit(context: &Context<'_>, adjustment: CreditAdjustment, param_name: &str) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().adjust_billing_credit_balance(&id, &adjustment).await;
    expect_invalid_param(result, Operation::AdjustBillingCreditBalance, param_name, &adjustment)?;
    ensure_eq!(context.directory().get_billing_credit_balance(&id).await?.balance, None, "the credit");
    Ok(())
}

/// Checks that `adjust_billing_credit_balance` rejects an amount of zero and changes nothing.
pub async fn adjust_billing_credit_balance_rejects_zero_amount(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(0, context.word()), "amount").await
}

/// Checks that `adjust_billing_credit_balance` rejects an amount above `i64::MAX` and changes nothing.
pub async fn adjust_billing_credit_balance_rejects_amount_above_63_bits(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(1 << 63, context.word()), "amount").await
}

/// Checks that `adjust_billing_credit_balance` rejects an empty idempotency key and changes nothing.
pub async fn adjust_billing_credit_balance_rejects_empty_idempotency_key(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(100, ""), "idempotency_key").await
}
