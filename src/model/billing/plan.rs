//! Plans and their features.

use serde::{Deserialize, Serialize};

use super::totals::Money;
use crate::model::id::{FeatureId, PlanId};
use crate::model::lenient;
use crate::model::text::Text;

/// A feature that a plan includes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "feature")]
#[non_exhaustive]
pub struct Feature {
    /// The feature's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: FeatureId,
    /// The feature's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The feature's description.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub description: Option<Text>,
    /// The slug (URL-friendly name).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// The URL of the feature's image.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub avatar_url: Option<Text>,
}

impl lenient::Object for Feature {}

impl Feature {
    /// Creates a feature with the given id and name.
    #[must_use]
    pub fn new(id: FeatureId, name: impl Into<Text>) -> Self {
        Self { id, name: name.into(), description: None, slug: Text::default(), avatar_url: None }
    }
}

/// A price tier of a [`UnitPrice`], for a range of [blocks](UnitPrice::block_size).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitPriceTier {
    /// The first block in the tier.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub starts_at_block: Option<u64>,
    /// The last block in the tier, or `None` if the tier has no upper limit.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub ends_after_block: Option<u64>,
    /// The price per block.
    #[serde(deserialize_with = "lenient::required")]
    pub fee_per_block: Money,
}

impl lenient::Object for UnitPriceTier {}

/// The price of a billing unit, such as a seat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitPrice {
    /// The name of the unit, such as `seats`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The number of units per pricing block.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub block_size: Option<u64>,
    /// The price tiers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tiers: Vec<UnitPriceTier>,
}

impl lenient::Object for UnitPrice {}

/// A plan that users or organizations can subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_plan")]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "mirrors the boolean fields of the API")]
pub struct Plan {
    /// The plan's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PlanId,
    /// The plan's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The monthly price when billed monthly.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub fee: Option<Money>,
    /// The monthly price when billed annually.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub annual_monthly_fee: Option<Money>,
    /// The annual price when billed annually.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub annual_fee: Option<Money>,
    /// The plan's description.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub description: Option<Text>,
    /// The id of the product that the plan belongs to. Deprecated in Clerk's API.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub product_id: Text,
    /// Whether this is the default plan.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_default: bool,
    /// Whether the plan is recurring.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_recurring: bool,
    /// Whether the plan is publicly visible.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub publicly_visible: bool,
    /// Whether the plan has a base fee.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_base_fee: bool,
    /// The type of payer that the plan is for: `user` or `org`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub for_payer_type: Text,
    /// The slug (URL-friendly name).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// The URL of the plan's image.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub avatar_url: Option<Text>,
    /// The features that the plan includes.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub features: Vec<Feature>,
    /// Whether the plan has a free trial.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub free_trial_enabled: bool,
    /// The length of the free trial in days.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub free_trial_days: Option<u32>,
    /// The per-unit prices.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub unit_prices: Vec<UnitPrice>,
}

impl lenient::Object for Plan {}

impl Plan {
    /// Creates a publicly visible, recurring plan for users, with the given id and name.
    #[must_use]
    pub fn new(id: PlanId, name: impl Into<Text>) -> Self {
        Self {
            id,
            name: name.into(),
            fee: None,
            annual_monthly_fee: None,
            annual_fee: None,
            description: None,
            product_id: Text::default(),
            is_default: false,
            is_recurring: true,
            publicly_visible: true,
            has_base_fee: false,
            for_payer_type: Text::from_static("user"),
            slug: Text::default(),
            avatar_url: None,
            features: Vec::new(),
            free_trial_enabled: false,
            free_trial_days: None,
            unit_prices: Vec::new(),
        }
    }
}
