//! The rules of trials, without I/O and without a clock. They use the `User` of the directory, because a type of their
//! own would only repeat it.

use serde::Deserialize;
use user_directory::jiff::civil::Date;
use user_directory::{Text, User, UserId};

/// The number of days before the end at which a reminder is sent.
pub const REMINDER_DAYS: i32 = 3;

/// The value of `plan` in the public metadata of a user.
#[derive(Deserialize)]
struct Plan {
    name: Text,
    /// The last day, for example `2026-12-01`.
    ends: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Leave,
    Remind {
        days_left: i32,
    },
    Suspend,
    /// The user needs a manual check.
    Unclear(&'static str),
}

pub fn decide(user: &User, today: Date) -> Decision {
    if user.banned {
        return Decision::Leave;
    }
    let Ok(plan) = user.public_metadata.get::<Plan>("plan") else { return Decision::Unclear("the plan is not one") };
    let Some(trial) = plan.filter(|plan| plan.name == "trial") else { return Decision::Leave };
    let Some(ends) = trial.ends else { return Decision::Unclear("the trial has no end") };
    let Ok(ends) = ends.parse::<Date>() else { return Decision::Unclear("the end of the trial is no date") };
    match (ends - today).get_days() {
        ..0 => Decision::Suspend,
        days_left @ ..=REMINDER_DAYS => Decision::Remind { days_left },
        _ => Decision::Leave,
    }
}

/// A letter to a user whose trial ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub to: UserId,
    pub name: String,
    pub days_left: i32,
}

/// Accepts letters for delivery. This is a port that the domain defines.
pub trait Outbox: Send + Sync {
    fn put(&self, letter: Reminder);
}

/// Returns the name to address a user with.
pub fn name_of(user: &User) -> String {
    user.full_name().or_else(|| user.username.as_deref().map(str::to_owned)).unwrap_or_else(|| user.id.to_string())
}
