//! The use cases. They use `UserDirectory` directly as a port. Define a separate port only if the domain has its own
//! terminology for users.

use std::sync::Arc;

use user_directory::jiff::civil::Date;
use user_directory::{Error, Result, UserDirectory, UserDirectoryExt, UserId, UserQuery};

use crate::domain::{Decision, Outbox, Reminder, decide, display_name};

/// The review of all trials, which is intended to run once a day.
pub struct TrialReview {
    users: Arc<dyn UserDirectory>,
    outbox: Arc<dyn Outbox>,
}

/// The actions that a review proposes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub without_action: usize,
    pub to_remind: Vec<Reminder>,
    pub to_suspend: Vec<UserId>,
    pub to_check: Vec<(UserId, &'static str)>,
}

/// The results of the actions.
#[derive(Debug, Default)]
pub struct Outcome {
    pub suspended: Vec<UserId>,
    pub failed: Vec<(UserId, Error)>,
}

impl TrialReview {
    pub fn new(users: Arc<dyn UserDirectory>, outbox: Arc<dyn Outbox>) -> Self {
        Self { users, outbox }
    }

    /// Determines the actions for all users, without writing anything.
    pub async fn find(&self, today: Date) -> Result<Findings> {
        let mut findings = Findings::default();
        let mut users = self.users.stream(UserQuery::new());
        while let Some(user) = users.next().await {
            let user = user?;
            match decide(&user, today) {
                Decision::NoAction => findings.without_action += 1,
                Decision::Remind { days_left } => {
                    let name = display_name(&user);
                    findings.to_remind.push(Reminder { to: user.id, name, days_left });
                }
                Decision::Suspend => findings.to_suspend.push(user.id),
                Decision::Check(reason) => findings.to_check.push((user.id, reason)),
            }
        }
        Ok(findings)
    }

    /// Sends the reminders and suspends users. A failure for one user does not affect the others.
    pub async fn apply(&self, findings: Findings, today: Date) -> Outcome {
        findings.to_remind.into_iter().for_each(|reminder| self.outbox.send(reminder));
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
        // The user may have chosen a plan or deleted the account in the meantime.
        let must_suspend = self.users.find(id).await?.is_some_and(|user| decide(&user, today) == Decision::Suspend);
        if must_suspend {
            self.users.ban(id).await?;
        }
        Ok(must_suspend)
    }
}

/// The greeting at the top of a page.
pub struct Welcome {
    users: Arc<dyn UserDirectory>,
}

impl Welcome {
    pub fn new(users: Arc<dyn UserDirectory>) -> Self {
        Self { users }
    }

    pub async fn line(&self, id: &UserId, today: Date) -> Result<String> {
        let Some(user) = self.users.find(id).await? else { return Ok("Welcome!".to_owned()) };
        let name = display_name(&user);
        Ok(match decide(&user, today) {
            Decision::Remind { days_left: 0 } => format!("Welcome, {name}! Your trial ends today."),
            Decision::Remind { days_left } => format!("Welcome, {name}! Your trial ends in {days_left} days."),
            Decision::NoAction | Decision::Suspend | Decision::Check(_) => format!("Welcome, {name}!"),
        })
    }
}
