//! Bulk bans.

use user_directory::{ErrorKind, User, UserIdBatch};

use super::{Assumption, probed};
use crate::probe::{Disagreement, Finding, Probe, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "If any user of a bulk operation does not exist, no user is changed and the operation fails with `NotFound`.",
        |probe| Box::pin(unknown_user_rejects_the_batch(probe)),
    ),
    probed(
        "Users are returned in the order of the request, and a user with a repeated id is returned once per occurrence.",
        |probe| Box::pin(users_keep_the_order(probe)),
    ),
];

/// Fails unless `bulk_ban` returns the users in this order.
async fn expect_banned(probe: &Probe<'_>, users: &[&User]) -> Finding {
    let ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    let banned = probe.users.bulk_ban(&UserIdBatch::new(ids.clone())?).await?;
    same("the banned users", &banned.into_iter().map(|user| user.id).collect::<Vec<_>>(), &ids)
}

async fn unknown_user_rejects_the_batch(probe: &Probe<'_>) -> Finding {
    let (ada, deleted) = (probe.user().await?, probe.user().await?);
    probe.users.delete(&deleted.id).await?;
    let batch = UserIdBatch::new([ada.id.clone(), deleted.id])?;
    match probe.users.bulk_ban(&batch).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Disagreement::Differs("a batch with an unknown user is accepted".to_owned())),
    }
    same("banned", &probe.users.get(&ada.id).await?.banned, &false)
}

async fn users_keep_the_order(probe: &Probe<'_>) -> Finding {
    let (first, second, third) = (probe.user().await?, probe.user().await?, probe.user().await?);
    expect_banned(probe, &[&second, &third, &first, &second]).await
}
