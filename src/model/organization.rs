//! What a user has to do with organizations: memberships and invitations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::{OrganizationId, OrganizationInvitationId, OrganizationMembershipId, UserId};
use crate::model::lenient::{self, millis, open_enum};
use crate::model::metadata::Metadata;
use crate::model::secret::TicketUrl;
use crate::model::text::Text;

/// An organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization")]
#[non_exhaustive]
pub struct Organization {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationId,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// Its logo.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether somebody has chosen the logo.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// How many members it has.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub members_count: Option<u64>,
    /// Whether no member could manage it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub missing_member_with_elevated_permissions: Option<bool>,
    /// How many invitations are open.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub pending_invitations_count: Option<u64>,
    /// How many members it may have; 0 means any number.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub max_allowed_memberships: Option<u64>,
    /// Whether its administrators may delete it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub admin_delete_enabled: bool,
    /// Metadata that the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// Metadata that only the backend can read. Absent in some answers.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// The user who created it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When it was last active.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
    /// The role set that it uses.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub role_set_key: Option<Text>,
}

impl lenient::Object for Organization {}

impl Organization {
    /// An organization with nothing else known.
    #[must_use]
    pub fn new(id: OrganizationId, name: impl Into<Text>) -> Self {
        Self {
            id,
            name: name.into(),
            slug: Text::default(),
            image_url: None,
            has_image: false,
            members_count: None,
            missing_member_with_elevated_permissions: None,
            pending_invitations_count: None,
            max_allowed_memberships: None,
            admin_delete_enabled: false,
            public_metadata: Metadata::default(),
            private_metadata: None,
            created_by: None,
            created_at: None,
            updated_at: None,
            last_active_at: None,
            role_set_key: None,
        }
    }
}

/// What everybody in an organization may know about a member or inviter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicUserData {
    /// The user.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub user_id: Option<UserId>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The profile image, under its older name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub profile_image_url: Option<Text>,
    /// The profile image.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether the user has chosen the profile image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// The identifier that the user goes by.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Text>,
    /// The user name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub username: Option<Text>,
    /// Whether the user is banned.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub banned: Option<bool>,
    /// Whether directory sync has taken the user's access away.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub deprovisioned: Option<bool>,
}

impl lenient::Object for PublicUserData {}

impl PublicUserData {
    /// A user with nothing else known.
    #[must_use]
    pub fn new(user_id: UserId) -> Self {
        Self {
            user_id: Some(user_id),
            first_name: None,
            last_name: None,
            profile_image_url: None,
            image_url: None,
            has_image: false,
            identifier: None,
            username: None,
            banned: None,
            deprovisioned: None,
        }
    }
}

/// A user's membership of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization_membership")]
#[non_exhaustive]
pub struct OrganizationMembership {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationMembershipId,
    /// The key of the role, such as `org:admin`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: Text,
    /// The name of the role.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub role_name: Option<Text>,
    /// The keys of the permissions that the role gives.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub permissions: Vec<Text>,
    /// Metadata that the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// Metadata that only the backend can read.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// The organization.
    #[serde(deserialize_with = "lenient::required")]
    pub organization: Organization,
    /// The member.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub public_user_data: Option<PublicUserData>,
    /// When the user became a member.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for OrganizationMembership {}

impl OrganizationMembership {
    /// A membership with this role and nothing else known.
    #[must_use]
    pub fn new(id: OrganizationMembershipId, organization: Organization, role: impl Into<Text>) -> Self {
        Self {
            id,
            role: role.into(),
            role_name: None,
            permissions: Vec::new(),
            public_metadata: Metadata::default(),
            private_metadata: None,
            organization,
            public_user_data: None,
            created_at: None,
            updated_at: None,
        }
    }
}

open_enum! {
    /// What has become of an [`OrganizationInvitation`].
    InvitationStatus {
        /// Waiting for an answer.
        Pending = "pending",
        /// Accepted.
        Accepted = "accepted",
        /// Taken back.
        Revoked = "revoked",
        /// Not answered in time.
        Expired = "expired",
    }
}

/// What an invited person may know about the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicOrganizationData {
    /// The organization.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationId,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// Its name in URLs.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// Its logo.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether somebody has chosen the logo.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
}

impl lenient::Object for PublicOrganizationData {}

impl PublicOrganizationData {
    /// An organization with nothing else known.
    #[must_use]
    pub fn new(id: OrganizationId, name: impl Into<Text>) -> Self {
        Self { id, name: name.into(), slug: Text::default(), image_url: None, has_image: false }
    }
}

/// An invitation of a user to an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization_invitation")]
#[non_exhaustive]
pub struct OrganizationInvitation {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationInvitationId,
    /// The address that was invited.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The key of the role that is offered.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: Text,
    /// The name of the role.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role_name: Text,
    /// The organization.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The user who invited.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub inviter_id: Option<UserId>,
    /// The user who invited, as others may see.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub public_inviter_data: Option<PublicUserData>,
    /// What has become of it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub status: Option<InvitationStatus>,
    /// Metadata that the membership will have.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// Metadata that the membership will have, for the backend only.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// Where the invitation can be accepted.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub url: Option<TicketUrl>,
    /// Until when it can be accepted.
    #[serde(default, with = "millis")]
    pub expires_at: Option<Timestamp>,
    /// When it was sent.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// The organization, as the invited person may see it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub public_organization_data: Option<PublicOrganizationData>,
}

impl OrganizationInvitation {
    /// A pending invitation with nothing else known.
    #[must_use]
    pub fn new(id: OrganizationInvitationId, email_address: impl Into<Text>, role: impl Into<Text>) -> Self {
        Self {
            id,
            email_address: email_address.into(),
            role: role.into(),
            role_name: Text::default(),
            organization_id: None,
            inviter_id: None,
            public_inviter_data: None,
            status: Some(InvitationStatus::Pending),
            public_metadata: Metadata::default(),
            private_metadata: None,
            url: None,
            expires_at: None,
            created_at: None,
            updated_at: None,
            public_organization_data: None,
        }
    }
}
