//! Replacing and deleting identifiers, passkeys and external accounts.

use super::identifiers::{Key, Kind};
use super::record::Record;
use super::rejection::{self, invalid_params};
use super::store::Store;
use super::{Inner, credentials, rules};
use crate::error::{Error, ErrorDetail, Result, codes};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccountId, IdentifierStatus, OAuthAccessToken,
    PasskeyId, PhoneNumber, PhoneNumberReplacement, UserId, Verification, Web3WalletId,
};

impl Inner {
    pub(super) fn replace_email_address(
        &self,
        id: &UserId,
        replacement: &EmailAddressReplacement,
    ) -> Result<EmailAddress> {
        let mut store = self.write();
        let now = self.now();
        let mut email = EmailAddress::new(&replacement.email_address);
        email.id = Some(self.new_id("idn")?);
        let status = replacement.identification_status.unwrap_or_default();
        (email.reserved, email.verification) = status_of(status);
        (email.created_at, email.updated_at) = (Some(now), Some(now));

        let record = store.get(id).ok_or_else(|| super::no_user(id))?;
        let well_formed = rules::email_address(&email.email_address);
        check_replacement(&store, id, &Key::new(Kind::EmailAddress, &email.email_address), status, well_formed)?;
        if record.user.email_addresses.iter().any(|email| !email.linked_to.is_empty()) {
            let message = "an email address is linked to an external account";
            return Err(rejection::invalid(codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED, message));
        }
        store.edit(id, |record| {
            record.user.primary_email_address_id.clone_from(&email.id);
            record.user.email_addresses = vec![email.clone()];
            record.user.updated_at = Some(now);
        });
        Ok(email)
    }

    pub(super) fn replace_phone_number(
        &self,
        id: &UserId,
        replacement: &PhoneNumberReplacement,
    ) -> Result<PhoneNumber> {
        let mut store = self.write();
        let now = self.now();
        let mut phone = PhoneNumber::new(&replacement.phone_number);
        phone.id = Some(self.new_id("idn")?);
        let status = replacement.identification_status.unwrap_or_default();
        (phone.reserved, phone.verification) = status_of(status);
        (phone.created_at, phone.updated_at) = (Some(now), Some(now));

        let record = store.get(id).ok_or_else(|| super::no_user(id))?;
        let well_formed = rules::phone_number(&phone.phone_number);
        check_replacement(&store, id, &Key::new(Kind::PhoneNumber, &phone.phone_number), status, well_formed)?;
        let was_second_factor = record.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor);
        store.edit(id, |record| {
            if was_second_factor {
                credentials::disable_second_factors(record, now);
            }
            record.user.primary_phone_number_id.clone_from(&phone.id);
            record.user.phone_numbers = vec![phone.clone()];
            record.user.updated_at = Some(now);
        });
        Ok(phone)
    }

    pub(super) fn delete_passkey(&self, id: &UserId, passkey_id: &PasskeyId) -> Result<DeletedObject> {
        let missing = || rejection::not_found("passkey", passkey_id.as_str());
        self.delete_resource(id, DeletedObject::new("passkey", passkey_id.as_str()), missing, |record| {
            remove_first(&mut record.user.passkeys, |passkey| passkey.id.as_ref() == Some(passkey_id))
        })
    }

    pub(super) fn delete_web3_wallet(&self, id: &UserId, wallet_id: &Web3WalletId) -> Result<DeletedObject> {
        let missing = || rejection::not_found("web3_wallet", wallet_id.as_str());
        self.delete_resource(id, DeletedObject::new("web3_wallet", wallet_id.as_str()), missing, |record| {
            let user = &mut record.user;
            let taken = remove_first(&mut user.web3_wallets, |wallet| wallet.id.as_ref() == Some(wallet_id));
            if taken && user.primary_web3_wallet_id.as_ref() == Some(wallet_id) {
                let next = user.web3_wallets.iter().find(|wallet| wallet.is_verified());
                user.primary_web3_wallet_id = next.and_then(|wallet| wallet.id.clone());
            }
            taken
        })
    }

    pub(super) fn delete_external_account(&self, id: &UserId, account_id: &ExternalAccountId) -> Result<DeletedObject> {
        let deleted = DeletedObject::new("external_account", account_id.as_str());
        self.delete_resource(id, deleted, no_external_account, |record| {
            let user = &mut record.user;
            let Some(index) = user.external_accounts.iter().position(|account| account.id_to_delete() == account_id)
            else {
                return false;
            };
            let account = user.external_accounts.remove(index);
            // The identifiers that the account added stay, but are no longer linked to it.
            let is_link = |link: &str| {
                link == account.id.as_str() || account.identification_id.as_ref().is_some_and(|id| *id == link)
            };
            let emails = user.email_addresses.iter_mut().map(|email| &mut email.linked_to);
            let phones = user.phone_numbers.iter_mut().map(|phone| &mut phone.linked_to);
            emails.chain(phones).for_each(|links| links.retain(|link| !is_link(link.id.as_str())));
            // A token may refer to either of the account's ids.
            let is_its = |token: &OAuthAccessToken| {
                let id = token.external_account_id.as_ref();
                id.is_some_and(|id| *id == account.id || account.external_account_id.as_ref() == Some(id))
            };
            if let Some(resources) = &mut record.resources {
                resources.oauth_tokens.retain(|token| !is_its(token));
            }
            true
        })
    }

    /// Deletes a resource of a user with `take`, which returns whether it existed.
    fn delete_resource(
        &self,
        id: &UserId,
        deleted: DeletedObject,
        missing: impl FnOnce() -> Error,
        take: impl FnOnce(&mut Record) -> bool,
    ) -> Result<DeletedObject> {
        let mut store = self.write();
        let now = self.now();
        let taken = store.edit(id, |record| {
            let taken = take(record);
            if taken {
                record.user.updated_at = Some(now);
            }
            taken
        });
        match taken {
            None => Err(super::no_user(id)),
            Some(false) => Err(missing()),
            Some(true) => Ok(deleted),
        }
    }
}

fn no_external_account() -> Error {
    rejection::missing(codes::EXTERNAL_ACCOUNT_NOT_FOUND, "no such external account")
}

/// Removes the first element that satisfies `is` and returns whether there was one.
fn remove_first<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let index = list.iter().position(is);
    index.map(|index| list.remove(index)).is_some()
}

pub(super) fn status_of(status: IdentifierStatus) -> (bool, Option<Verification>) {
    match status {
        IdentifierStatus::Verified => (false, Some(Verification::by_admin())),
        IdentifierStatus::Reserved => (true, None),
        IdentifierStatus::Unverified => (false, None),
    }
}

/// Checks the format and the uniqueness of a replacement. Unverified identifiers need not be unique.
fn check_replacement(
    store: &Store,
    id: &UserId,
    key: &Key<'_>,
    status: IdentifierStatus,
    well_formed: Result<(), ErrorDetail>,
) -> Result<()> {
    let claimed = status != IdentifierStatus::Unverified;
    let taken = claimed && store.is_taken(key, Some(id));
    let exists = taken.then(|| rejection::taken(key));
    invalid_params(well_formed.err().into_iter().chain(exists).collect())
}
