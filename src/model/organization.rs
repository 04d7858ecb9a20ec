//! Organizations, memberships and invitations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::{OrganizationId, OrganizationInvitationId, OrganizationMembershipId, UserId};
use crate::model::lenient::{self, expiration, millis, open_enum};
use crate::model::metadata::Metadata;
use crate::model::secret::TicketUrl;
use crate::model::text::Text;

/// A Clerk organization: a group of users with roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization")]
#[non_exhaustive]
pub struct Organization {
    /// The organization's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationId,
    /// The organization's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The slug (URL-friendly name).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// The URL of the logo.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether a logo was uploaded. If not, the image URL points to a generated image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// The number of members.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub members_count: Option<u64>,
    /// Whether the organization has no member with permission to manage it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub missing_member_with_elevated_permissions: Option<bool>,
    /// The number of pending invitations.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub pending_invitations_count: Option<u64>,
    /// The maximum number of members; 0 means no limit.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub max_allowed_memberships: Option<u64>,
    /// Whether administrators can delete the organization.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub admin_delete_enabled: bool,
    /// The public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The private metadata, which only the backend can read. Some responses omit this field.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// The id of the user who created the organization.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// When the organization was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the organization was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When the organization was last active.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
    /// The key of the organization's role set.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub role_set_key: Option<Text>,
}

impl lenient::Object for Organization {}

impl Organization {
    /// Creates an organization with the given id and name.
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

/// Public data about a member of an organization, or about the sender of an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicUserData {
    /// The user's id.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub user_id: Option<UserId>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The URL of the profile image. Deprecated in Clerk's API: use [`image_url`](Self::image_url).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub profile_image_url: Option<Text>,
    /// The URL of the profile image.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether a profile image was uploaded. If not, the image URL points to a generated image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// The user's identifier, such as an email address.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Text>,
    /// The username.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub username: Option<Text>,
    /// Whether the user is banned.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub banned: Option<bool>,
    /// Whether the user was deprovisioned through directory sync (SCIM).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub deprovisioned: Option<bool>,
}

impl lenient::Object for PublicUserData {}

impl PublicUserData {
    /// Creates public data for the user with the given id.
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

/// A user's membership in an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization_membership")]
#[non_exhaustive]
pub struct OrganizationMembership {
    /// The membership's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationMembershipId,
    /// The role key, such as `org:admin`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: Text,
    /// The role name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub role_name: Option<Text>,
    /// The keys of the permissions that the role grants.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub permissions: Vec<Text>,
    /// The public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The private metadata, which only the backend can read.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// The organization.
    #[serde(deserialize_with = "lenient::required")]
    pub organization: Organization,
    /// The member's public data.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub public_user_data: Option<PublicUserData>,
    /// When the user became a member.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the membership was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for OrganizationMembership {}

impl OrganizationMembership {
    /// Creates a membership in an organization, with a role such as `org:admin`.
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
    /// The status of an [`OrganizationInvitation`].
    InvitationStatus {
        /// The invitation has not been accepted yet.
        Pending = "pending",
        /// The invitation was accepted.
        Accepted = "accepted",
        /// The invitation was revoked.
        Revoked = "revoked",
        /// The invitation has expired.
        Expired = "expired",
    }
}

/// Public data about the organization of an [`OrganizationInvitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicOrganizationData {
    /// The organization's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationId,
    /// The organization's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The slug (URL-friendly name).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub slug: Text,
    /// The URL of the logo.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether a logo was uploaded. If not, the image URL points to a generated image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
}

impl lenient::Object for PublicOrganizationData {}

impl PublicOrganizationData {
    /// Creates public data for an organization with the given id and name.
    #[must_use]
    pub fn new(id: OrganizationId, name: impl Into<Text>) -> Self {
        Self { id, name: name.into(), slug: Text::default(), image_url: None, has_image: false }
    }
}

/// An invitation to join an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "organization_invitation")]
#[non_exhaustive]
pub struct OrganizationInvitation {
    /// The invitation's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: OrganizationInvitationId,
    /// The invited person's email address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The key of the invited person's role, such as `org:admin`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: Text,
    /// The role name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role_name: Text,
    /// The organization's id.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The inviter's user id.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub inviter_id: Option<UserId>,
    /// The inviter's public data.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub public_inviter_data: Option<PublicUserData>,
    /// The invitation status.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub status: Option<InvitationStatus>,
    /// The public metadata of the future membership.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The private metadata of the future membership.
    #[serde(default, deserialize_with = "lenient::optional_metadata", skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Metadata>,
    /// The URL for accepting the invitation.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub url: Option<TicketUrl>,
    /// When the invitation expires.
    ///
    /// The API encodes the time in milliseconds. The decoder also accepts seconds.
    #[serde(default, with = "expiration")]
    pub expires_at: Option<Timestamp>,
    /// When the invitation was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the invitation was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// The organization's public data.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub public_organization_data: Option<PublicOrganizationData>,
}

impl OrganizationInvitation {
    /// Creates a pending invitation for an email address, with a role such as `org:admin`.
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
