//! The rules for trials, which use neither I/O nor a clock. They use `User` directly, because a separate type would
//! have the same fields.

use serde::Deserialize;
use user_directory::jiff::civil::Date;
use user_directory::{Text, User, UserId};

/// The number of days before the end of a trial during which reminders are sent.
pub const REMINDER_DAYS: i32 = 3;

/// The value of `plan` in a user's public metadata.
#[derive(Deserialize)]
struct Plan {
    name: Text,
    /// The last day of the trial, for example `2026-12-01`.
    ends: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    NoAction,
    Remind {
        days_left: i32,
    },
    Suspend,
    /// The plan is malformed and needs a manual check. Contains the reason.
    Check(&'static str),
}

pub fn decide(user: &User, today: Date) -> Decision {
    if user.banned {
        return Decision::NoAction;
    }
    let Ok(plan) = user.public_metadata.get::<Plan>("plan") else { return Decision::Check("the plan is malformed") };
    let Some(trial) = plan.filter(|plan| plan.name == "trial") else { return Decision::NoAction };
    let Some(ends) = trial.ends else { return Decision::Check("the trial has no end date") };
    let Ok(ends) = ends.parse::<Date>() else { return Decision::Check("the end date of the trial is malformed") };
    match (ends - today).get_days() {
        ..0 => Decision::Suspend,
        days_left @ ..=REMINDER_DAYS => Decision::Remind { days_left },
        _ => Decision::NoAction,
    }
}

/// A message to a user whose trial ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub to: UserId,
    pub name: String,
    pub days_left: i32,
}

/// A port that the domain defines, for sending reminders.
pub trait Outbox: Send + Sync {
    fn send(&self, reminder: Reminder);
}

/// Returns the user's full name, username or id.
pub fn display_name(user: &User) -> String {
    user.full_name().or_else(|| user.username.as_deref().map(str::to_owned)).unwrap_or_else(|| user.id.to_string())
}
