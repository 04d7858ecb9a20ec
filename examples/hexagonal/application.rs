//! The use cases. They use `UserDirectory` directly, because it is a port. A port of your own in front of it is useful
//! only if the application has other terms for users.

use std::sync::Arc;

use user_directory::jiff::civil::Date;
use user_directory::{Error, Result, UserDirectory, UserDirectoryExt, UserId, UserQuery};

use crate::domain::{Decision, Outbox, Reminder, decide, name_of};

/// Reviews the trials once a day.
pub struct TrialReview {
    users: Arc<dyn UserDirectory>,
    outbox: Arc<dyn Outbox>,
}

/// The actions of a review.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub fine: usize,
    pub to_remind: Vec<Reminder>,
    pub to_suspend: Vec<UserId>,
    pub unclear: Vec<(UserId, &'static str)>,
}

/// The results of a review.
#[derive(Debug, Default)]
pub struct Outcome {
    pub suspended: Vec<UserId>,
    pub failed: Vec<(UserId, Error)>,
}

impl TrialReview {
    pub fn new(users: Arc<dyn UserDirectory>, outbox: Arc<dyn Outbox>) -> Self {
        Self { users, outbox }
    }

    /// Reads without writing.
    pub async fn find(&self, today: Date) -> Result<Findings> {
        let mut findings = Findings::default();
        let mut users = self.users.stream(UserQuery::new());
        while let Some(user) = users.next().await {
            let user = user?;
            match decide(&user, today) {
                Decision::Leave => findings.fine += 1,
                Decision::Remind { days_left } => {
                    let name = name_of(&user);
                    findings.to_remind.push(Reminder { to: user.id, name, days_left });
                }
                Decision::Suspend => findings.to_suspend.push(user.id),
                Decision::Unclear(why) => findings.unclear.push((user.id, why)),
            }
        }
        Ok(findings)
    }

    /// A failure for one user does not affect the others.
    pub async fn carry_out(&self, findings: Findings, today: Date) -> Outcome {
        findings.to_remind.into_iter().for_each(|letter| self.outbox.put(letter));
        let mut outcome = Outcome::default();
        for id in findings.to_suspend {
            match self.suspend(&id, today).await {
                Ok(true) => outcome.suspended.push(id),
                Ok(false) => {}
                Err(error) => outcome.failed.push((id, error)),
            }
        }
        outcome
    }

    async fn suspend(&self, id: &UserId, today: Date) -> Result<bool> {
        // Since the users were read, the user may have chosen a plan or deleted the account.
        let still = self.users.find(id).await?.is_some_and(|user| decide(&user, today) == Decision::Suspend);
        if still {
            self.users.ban(id).await?;
        }
        Ok(still)
    }
}

/// Renders the greeting at the top of a page.
pub struct Welcome {
    users: Arc<dyn UserDirectory>,
}

impl Welcome {
    pub fn new(users: Arc<dyn UserDirectory>) -> Self {
        Self { users }
    }

    pub async fn line(&self, id: &UserId, today: Date) -> Result<String> {
        let Some(user) = self.users.find(id).await? else { return Ok("Welcome!".to_owned()) };
        let name = name_of(&user);
        Ok(match decide(&user, today) {
            Decision::Remind { days_left: 0 } => format!("Welcome, {name}! Your trial ends today."),
            Decision::Remind { days_left } => format!("Welcome, {name}! Your trial ends in {days_left} days."),
            Decision::Leave | Decision::Suspend | Decision::Unclear(_) => format!("Welcome, {name}!"),
        })
    }
}
