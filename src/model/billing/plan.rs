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
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: FeatureId,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// What it is.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub description: Option<Text>,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// Its picture.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub avatar_url: Option<Text>,
}

impl lenient::Object for Feature {}

impl Feature {
    /// A feature with nothing else known.
    #[must_use]
    pub fn new(id: FeatureId, name: impl Into<Text>) -> Self {
        Self { id, name: name.into(), description: None, slug: Text::default(), avatar_url: None }
    }
}

/// The price of a range of units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitPriceTier {
    /// The first block of the range.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub starts_at_block: Option<u64>,
    /// The last block of the range; `None` means no end.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub ends_after_block: Option<u64>,
    /// The price of a block.
    #[serde(deserialize_with = "lenient::required")]
    pub fee_per_block: Money,
}

impl lenient::Object for UnitPriceTier {}

/// The price of a kind of unit, such as seats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitPrice {
    /// The name of the unit.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// How many units make a block.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub block_size: Option<u64>,
    /// The ranges.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tiers: Vec<UnitPriceTier>,
}

impl lenient::Object for UnitPrice {}

/// A plan that users can subscribe to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_plan")]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the switches of the API, one for one")]
pub struct Plan {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PlanId,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The price of a month.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub fee: Option<Money>,
    /// The price of a month when a year is paid.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub annual_monthly_fee: Option<Money>,
    /// The price of a year.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub annual_fee: Option<Money>,
    /// What it is.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub description: Option<Text>,
    /// The product that it belongs to. Deprecated by the API.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub product_id: Text,
    /// Whether users have it who have chosen none.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_default: bool,
    /// Whether it is billed again and again.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_recurring: bool,
    /// Whether everybody can see it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub publicly_visible: bool,
    /// Whether it has a price of its own, apart from units.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_base_fee: bool,
    /// Who it is for: `user` or `org`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub for_payer_type: Text,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// Its picture.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub avatar_url: Option<Text>,
    /// What it includes.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub features: Vec<Feature>,
    /// Whether it can be tried for nothing.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub free_trial_enabled: bool,
    /// For how many days.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub free_trial_days: Option<u32>,
    /// What units cost.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub unit_prices: Vec<UnitPrice>,
}

impl lenient::Object for Plan {}

impl Plan {
    /// A plan with nothing else known.
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
