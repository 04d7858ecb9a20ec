//! Bans and locks.

use super::record::{self, Record};
use super::{Inner, rejection};
use crate::error::{Result, codes};
use crate::model::{User, UserId};

impl Inner {
    pub(super) fn set_banned(&self, id: &UserId, banned: bool) -> Result<User> {
        self.check_bans()?;
        self.edit(id, |record, _| record.user.banned = banned)
    }

    pub(super) fn set_all_banned(&self, ids: &[UserId], banned: bool) -> Result<Vec<User>> {
        self.check_bans()?;
        let mut store = self.write();
        let now = self.now();
        if let Some(id) = ids.iter().find(|id| store.get(id).is_none()) {
            return Err(super::no_user(id));
        }
        let change = |record: &mut Record| {
            record.user.banned = banned;
            record.user.updated_at = Some(now);
            record.view(now, &self.settings)
        };
        Ok(ids.iter().filter_map(|id| store.edit(id, change)).collect())
    }

    pub(super) fn set_locked(&self, id: &UserId, locked: bool) -> Result<User> {
        if !self.settings.lockout {
            return Err(rejection::forbidden(codes::FEATURE_NOT_ENABLED, "user lockout is disabled"));
        }
        let duration = self.settings.lockout_duration;
        self.edit(id, |record, now| record.lock = locked.then(|| record::lock(now, duration)))
    }

    fn check_bans(&self) -> Result<()> {
        if self.settings.bans { Ok(()) } else { Err(rejection::payment_required("ban_user")) }
    }
}
