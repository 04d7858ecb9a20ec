//! The rules of trials: what happens to whom on which day.
//!
//! Nothing here does I/O or asks for the time. The directory's `User` is used as it is: another type in front of it
//! would say the same again.

use serde::Deserialize;
use user_directory::jiff::civil::Date;
use user_directory::{Text, User, UserId};

/// How many days before the end somebody is reminded.
pub const REMINDER_DAYS: i32 = 3;

/// What this application keeps in the public metadata of a user, under `plan`.
#[derive(Deserialize)]
struct Plan {
    name: Text,
    /// The last day, such as `2026-12-01`.
    ends: Option<Text>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Leave,
    Remind {
        days_left: i32,
    },
    Suspend,
    /// Somebody has to look at it.
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

/// A letter to somebody whose trial ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub to: UserId,
    pub name: String,
    pub days_left: i32,
}

/// Takes letters. To deliver them, and what can go wrong with that, is a matter of its own.
///
/// This is a port of the domain's own, because nobody else has one that fits.
pub trait Outbox: Send + Sync {
    fn put(&self, letter: Reminder);
}

/// What somebody is called.
pub fn name_of(user: &User) -> String {
    user.full_name().or_else(|| user.username.as_deref().map(str::to_owned)).unwrap_or_else(|| user.id.to_string())
}
