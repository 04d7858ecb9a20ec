//! Payers and their payment methods.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::totals::Money;
use crate::model::id::{InstanceId, OrganizationId, PayerId, PaymentMethodId, UserId};
use crate::model::lenient::{self, millis, open_enum};
use crate::model::text::Text;

open_enum! {
    /// The type of a [`PaymentMethod`].
    PaymentType {
        /// A credit or debit card.
        Card = "card",
        /// Link by Stripe.
        Link = "link",
        /// The payer's credits.
        PayerCredits = "payer-credits",
    }
}

open_enum! {
    /// The status of a [`PaymentMethod`].
    PaymentMethodStatus {
        /// The payment method can be used.
        Active = "active",
        /// The payment method cannot be used.
        Disconnected = "disconnected",
    }
}

/// The payer of a subscription: a user or an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_payer")]
#[non_exhaustive]
pub struct Payer {
    /// The payer's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PayerId,
    /// The id of the Clerk instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The user's id, if the payer is a user.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The payer's first name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Text>,
    /// The payer's last name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Text>,
    /// The payer's email address.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub email: Option<Text>,
    /// The organization's id, if the payer is an organization.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The organization's name, if the payer is an organization.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<Text>,
    /// The URL of the payer's image.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// The payer's credit balance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits_balance: Option<Money>,
    /// When the payer was created.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the payer was last updated.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for Payer {}

impl Payer {
    /// Creates a payer with the given id.
    #[must_use]
    pub fn new(id: PayerId) -> Self {
        Self {
            id,
            instance_id: None,
            user_id: None,
            first_name: None,
            last_name: None,
            email: None,
            organization_id: None,
            organization_name: None,
            image_url: None,
            credits_balance: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A payer's payment method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_payment_method")]
#[non_exhaustive]
pub struct PaymentMethod {
    /// The payment method's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PaymentMethodId,
    /// The payer's id.
    #[serde(deserialize_with = "lenient::required")]
    pub payer_id: PayerId,
    /// The payment method type.
    #[serde(deserialize_with = "lenient::required")]
    pub payment_type: PaymentType,
    /// Whether this is the payer's default payment method.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub is_default: Option<bool>,
    /// The payment gateway.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub gateway: Text,
    /// The payment method's id at the gateway.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub gateway_external_id: Text,
    /// The id of the account at the gateway.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub gateway_external_account_id: Option<Text>,
    /// The card's last four digits.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last4: Option<Text>,
    /// Whether the payment method is active or disconnected.
    #[serde(deserialize_with = "lenient::required")]
    pub status: PaymentMethodStatus,
    /// The type of the digital wallet, if the payment method uses one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub wallet_type: Option<Text>,
    /// The card brand.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub card_type: Option<Text>,
    /// The card's expiration year.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub expiry_year: Option<u16>,
    /// The card's expiration month, from 1 to 12.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub expiry_month: Option<u8>,
    /// When the payment method was added.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the payment method was last updated.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Whether the payment method can be removed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub is_removable: Option<bool>,
}

impl lenient::Object for PaymentMethod {}

impl PaymentMethod {
    /// Creates an active payment method.
    #[must_use]
    pub fn new(id: PaymentMethodId, payer_id: PayerId, payment_type: PaymentType) -> Self {
        Self {
            id,
            payer_id,
            payment_type,
            is_default: None,
            gateway: Text::default(),
            gateway_external_id: Text::default(),
            gateway_external_account_id: None,
            last4: None,
            status: PaymentMethodStatus::Active,
            wallet_type: None,
            card_type: None,
            expiry_year: None,
            expiry_month: None,
            created_at: None,
            updated_at: None,
            is_removable: None,
        }
    }
}
