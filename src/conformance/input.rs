//! Input that the request types' `validate` refuses: nothing is done, and the parameter is named.

use super::check::{Outcome, ensure_eq, rejected};
use super::context::{Context, GOOGLE, PNG, provider};
use crate::model::billing::CreditAdjustment;
use crate::model::{
    Sessions, InvitationQuery, OrderBy, OrderField, OrganizationId, Page, ProfileImage, UserFilter, UserId, UserQuery, UserUpdate,
};
use crate::operation::Operation;

behaviours! {
    List: a_limit_is_1_to_500, an_empty_value_is_no_filter_of_a_list, a_filter_of_a_list_has_100_values_at_most,
        a_cursor_needs_the_order_of_creation, a_cursor_cannot_be_combined_with_an_offset;
    Count: an_empty_value_is_no_filter_of_a_count, a_filter_of_a_count_has_100_values_at_most;
    Update: skip_password_checks_needs_a_password, sign_out_of_other_sessions_needs_a_password;
    GetOAuthAccessToken: a_limit_of_tokens_is_1_to_500;
    GetOrganizationMemberships: a_limit_of_memberships_is_1_to_500;
    GetOrganizationInvitations: a_limit_of_invitations_is_1_to_500;
    SetProfileImage: the_content_type_of_an_image_is_a_media_type, the_file_name_of_an_image_has_no_control_characters;
    AdjustBillingCreditBalance: an_amount_of_credit_is_greater_than_zero, an_amount_of_credit_fits_63_bits,
        an_idempotency_key_is_not_empty;
}

/// Limits that are no limits.
const LIMITS: [u32; 3] = [0, 501, u32::MAX];

/// A page of nothing, and one that is too long, are refused.
pub async fn a_limit_is_1_to_500(context: &Context<'_>) -> Outcome {
    for limit in LIMITS {
        rejected(context.directory().list(&UserQuery::new().limit(limit)).await, Operation::List, "limit")?;
    }
    context.directory().list(&UserQuery::new().limit(500)).await?;
    Ok(())
}

/// Each filter with so many values, and the parameter that it is.
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

/// Each filter that is too long.
fn long_filters(context: &Context<'_>) -> Vec<(&'static str, UserFilter)> {
    let mut filters = filters(|n| format!("v{n}"), 101);
    let users = || (0..101).map(|_| context.id::<UserId>("user"));
    let organizations = (0..101).map(|_| context.id::<OrganizationId>("org"));
    filters.push(("user_id", UserFilter::new().user_ids(users())));
    filters.push(("user_id", UserFilter::new().exclude_user_ids(users())));
    filters.push(("organization_id", UserFilter::new().organization_ids(organizations)));
    filters
}

/// Each filter with an empty value. An id is never empty.
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

/// An empty value would be taken for no filter, which lists everybody.
pub async fn an_empty_value_is_no_filter_of_a_list(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in empty_filters() {
        rejected(context.directory().list(&UserQuery::from(filter)).await, Operation::List, param_name)?;
    }
    Ok(())
}

/// More than 100 values are refused.
pub async fn a_filter_of_a_list_has_100_values_at_most(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in long_filters(context) {
        rejected(context.directory().list(&UserQuery::from(filter)).await, Operation::List, param_name)?;
    }
    Ok(())
}

/// Where the next page begins is known in the order of creation only.
pub async fn a_cursor_needs_the_order_of_creation(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let query = UserQuery::new().starting_after(user.id).order_by(OrderBy::ascending(OrderField::FirstName));
    rejected(context.directory().list(&query).await, Operation::List, "starting_after")
}

/// A page begins after a user or after a number of users.
pub async fn a_cursor_cannot_be_combined_with_an_offset(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let query = UserQuery::new().starting_after(user.id).offset(1);
    rejected(context.directory().list(&query).await, Operation::List, "starting_after")
}

/// An empty value would be taken for no filter, which counts everybody.
pub async fn an_empty_value_is_no_filter_of_a_count(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in empty_filters() {
        rejected(context.directory().count(&filter).await, Operation::Count, param_name)?;
    }
    Ok(())
}

/// More than 100 values are refused.
pub async fn a_filter_of_a_count_has_100_values_at_most(context: &Context<'_>) -> Outcome {
    for (param_name, filter) in long_filters(context) {
        rejected(context.directory().count(&filter).await, Operation::Count, param_name)?;
    }
    Ok(())
}

/// Without a plain password there is nothing to check, and nothing is changed.
pub async fn skip_password_checks_needs_a_password(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").skip_password_checks(true);
    let result = context.directory().update(&user.id, &update).await;
    rejected(result, Operation::Update, "skip_password_checks")?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused update");
    Ok(())
}

/// Without a plain password nobody is signed out, and nothing is changed.
pub async fn sign_out_of_other_sessions_needs_a_password(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = UserUpdate::new().first_name("Ada").other_sessions(Sessions::Revoke);
    let result = context.directory().update(&user.id, &update).await;
    rejected(result, Operation::Update, "sign_out_of_other_sessions")?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused update");
    Ok(())
}

/// A page of nothing, and one that is too long, are refused.
pub async fn a_limit_of_tokens_is_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let result = context.directory().get_oauth_access_token(&id, &provider(GOOGLE), &Page::new().limit(limit)).await;
        rejected(result, Operation::GetOAuthAccessToken, "limit")?;
    }
    Ok(())
}

/// A page of nothing, and one that is too long, are refused.
pub async fn a_limit_of_memberships_is_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let result = context.directory().get_organization_memberships(&id, &Page::new().limit(limit)).await;
        rejected(result, Operation::GetOrganizationMemberships, "limit")?;
    }
    Ok(())
}

/// A page of nothing, and one that is too long, are refused.
pub async fn a_limit_of_invitations_is_1_to_500(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for limit in LIMITS {
        let query = InvitationQuery::new().page(Page::new().limit(limit));
        let result = context.directory().get_organization_invitations(&id, &query).await;
        rejected(result, Operation::GetOrganizationInvitations, "limit")?;
    }
    Ok(())
}

/// What is no media type cannot be written into an upload.
pub async fn the_content_type_of_an_image_is_a_media_type(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    for content_type in ["", "png", "image/png\r\nx: y"] {
        let result = context.directory().set_profile_image(&id, &ProfileImage::new(PNG, content_type)).await;
        rejected(result, Operation::SetProfileImage, "content_type")?;
    }
    Ok(())
}

/// A control character cannot be written into an upload.
pub async fn the_file_name_of_an_image_has_no_control_characters(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let image = ProfileImage::new(PNG, "image/png").named("a\r\nb");
    rejected(context.directory().set_profile_image(&id, &image).await, Operation::SetProfileImage, "file_name")
}

/// Fails unless the adjustment is refused, and there is no credit.
async fn expect_no_credit(context: &Context<'_>, adjustment: CreditAdjustment, param_name: &str) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().adjust_billing_credit_balance(&id, &adjustment).await;
    rejected(result, Operation::AdjustBillingCreditBalance, param_name)?;
    ensure_eq!(context.directory().get_billing_credit_balance(&id).await?.balance, None, "the credit");
    Ok(())
}

/// Nothing is no adjustment.
pub async fn an_amount_of_credit_is_greater_than_zero(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(0, context.word()), "amount").await
}

/// An amount that the API cannot write is refused.
pub async fn an_amount_of_credit_fits_63_bits(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(1 << 63, context.word()), "amount").await
}

/// Without a key, an adjustment could be made twice.
pub async fn an_idempotency_key_is_not_empty(context: &Context<'_>) -> Outcome {
    expect_no_credit(context, CreditAdjustment::increase(100, ""), "idempotency_key").await
}
