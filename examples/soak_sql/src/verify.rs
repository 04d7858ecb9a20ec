//! Compares the events with the database.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use user_directory::{User, UserDirectory, UserDirectoryExt as _, UserId, UserQuery};

use crate::Failure;
use crate::chaos::History;
use crate::events::Event;

/// The result for one database.
pub(crate) struct Verdict {
    database: &'static str,
    killed_processes: u32,
    killed_servers: u32,
    acknowledged: u64,
    errors: u64,
    unknown_outcomes: u64,
    unexpected_errors: u64,
    lost: u64,
    applied_twice: u64,
    two_owners: u64,
    codes_used_twice: u64,
}

impl Verdict {
    pub(crate) fn passed(&self) -> bool {
        let failures = [self.unexpected_errors, self.lost, self.applied_twice, self.two_owners, self.codes_used_twice];
        failures == [0; 5] && self.acknowledged > 0
    }
}

/// The expected state of a user with an external id.
#[derive(Default)]
struct Expected {
    created: bool,
    credits_started: u64,
    credits_added: u64,
    keys: Vec<String>,
    deleting: bool,
    deleted: bool,
}

/// Compares the history with the database.
pub(crate) async fn verify(
    database: &'static str,
    directory: &dyn UserDirectory,
    history: History,
) -> Result<Verdict, Failure> {
    let mut verdict = Verdict {
        database,
        killed_processes: history.killed_processes,
        killed_servers: history.killed_servers,
        acknowledged: 0,
        errors: 0,
        unknown_outcomes: 0,
        unexpected_errors: 0,
        lost: 0,
        applied_twice: 0,
        two_owners: 0,
        codes_used_twice: 0,
    };
    let users = all_users(directory).await?;
    let mut anonymous: HashMap<&str, u64> = HashMap::new();
    for name in users.iter().filter(|user| user.external_id.is_none()).filter_map(|user| user.first_name.as_deref()) {
        *anonymous.entry(name).or_default() += 1;
    }
    verdict.applied_twice += anonymous.values().map(|count| count - 1).sum::<u64>();
    verdict.two_owners += identifiers_with_two_owners(&users);

    let owners: HashMap<&str, &UserId> =
        users.iter().filter_map(|user| Some((user.username.as_deref()?, &user.id))).collect();
    let mut expected: HashMap<String, Expected> = HashMap::new();
    let mut claimed = HashSet::new();
    let mut codes = HashSet::new();
    for event in history.events {
        verdict.acknowledged += u64::from(event.is_acknowledgment());
        match event {
            Event::Created { external_id } => expected.entry(external_id).or_default().created = true,
            Event::CreatedAnonymous { first_name } => {
                verdict.lost += u64::from(!anonymous.contains_key(first_name.as_str()));
            }
            Event::AddingCredit { external_id } => expected.entry(external_id).or_default().credits_started += 1,
            Event::AddedCredit { external_id } => expected.entry(external_id).or_default().credits_added += 1,
            Event::AddedKey { external_id, key } => expected.entry(external_id).or_default().keys.push(key),
            Event::ClaimedUsername { username, id } => {
                verdict.lost += u64::from(owners.get(username.as_str()) != Some(&&id));
                verdict.two_owners += u64::from(!claimed.insert(username));
            }
            Event::UsedCode { external_id, code } => {
                verdict.codes_used_twice += u64::from(!codes.insert((external_id, code)));
            }
            Event::Deleting { external_id } => expected.entry(external_id).or_default().deleting = true,
            Event::Deleted { external_id } => expected.entry(external_id).or_default().deleted = true,
            Event::Failed { kind, outcome_unknown, expected, text } => {
                verdict.errors += 1;
                verdict.unknown_outcomes += u64::from(outcome_unknown);
                if !expected {
                    verdict.unexpected_errors += 1;
                    eprintln!("unexpected {kind}: {text}");
                }
            }
        }
    }
    verdict.check_users(directory, &users, &expected).await?;
    Ok(verdict)
}

impl Event {
    fn is_acknowledgment(&self) -> bool {
        !matches!(self, Self::AddingCredit { .. } | Self::Deleting { .. } | Self::Failed { .. })
    }
}

impl Verdict {
    async fn check_users(
        &mut self,
        directory: &dyn UserDirectory,
        users: &[User],
        expected: &HashMap<String, Expected>,
    ) -> Result<(), Failure> {
        let users: HashMap<&str, &User> =
            users.iter().filter_map(|user| Some((user.external_id.as_deref()?, user))).collect();
        for (external_id, expected) in expected {
            let Some(user) = users.get(external_id.as_str()) else {
                self.lost += u64::from(expected.created && !expected.deleting);
                continue;
            };
            self.lost += u64::from(expected.deleted);
            for key in &expected.keys {
                self.lost += u64::from(user.public_metadata.get::<u8>(key)?.is_none());
            }
            let balance = directory.get_billing_credit_balance(&user.id).await?.balance;
            let balance = balance.map_or(0, |money| money.amount).try_into()?;
            self.lost += expected.credits_added.saturating_sub(balance);
            self.applied_twice += balance.saturating_sub(expected.credits_started);
        }
        Ok(())
    }
}

async fn all_users(directory: &dyn UserDirectory) -> Result<Vec<User>, Failure> {
    let mut pages = directory.pages(UserQuery::new().limit(500));
    let mut users = Vec::new();
    while let Some(page) = pages.next().await {
        users.extend(page?);
    }
    Ok(users)
}

fn identifiers_with_two_owners(users: &[User]) -> u64 {
    let mut seen = HashSet::new();
    let identifiers = users.iter().flat_map(|user| {
        let emails = user.email_addresses.iter().map(|email| ("email", email.email_address.as_str()));
        let username = user.username.iter().map(|username| ("username", username.as_str()));
        let external_id = user.external_id.iter().map(|id| ("external id", id.as_str()));
        emails.chain(username).chain(external_id)
    });
    identifiers.filter(|identifier| !seen.insert(*identifier)).count() as u64
}

/// Returns the verdicts as a table.
pub(crate) fn table(verdicts: &[Verdict]) -> String {
    let mut table = String::new();
    let mut row = |name: &str, value: &dyn Fn(&Verdict) -> String| {
        let _ = write!(table, "| {name:<32} |");
        for verdict in verdicts {
            let _ = write!(table, " {:>11} |", value(verdict));
        }
        table.push('\n');
    };
    row("", &|verdict| verdict.database.to_owned());
    row("---", &|_| "---".to_owned());
    row("killed processes", &|verdict| verdict.killed_processes.to_string());
    row("killed servers", &|verdict| verdict.killed_servers.to_string());
    row("acknowledged writes", &|verdict| verdict.acknowledged.to_string());
    row("errors", &|verdict| verdict.errors.to_string());
    row("errors with an unknown outcome", &|verdict| verdict.unknown_outcomes.to_string());
    row("errors of an unexpected kind", &|verdict| verdict.unexpected_errors.to_string());
    row("acknowledged writes lost", &|verdict| verdict.lost.to_string());
    row("writes applied twice", &|verdict| verdict.applied_twice.to_string());
    row("identifiers with two owners", &|verdict| verdict.two_owners.to_string());
    row("backup codes used twice", &|verdict| verdict.codes_used_twice.to_string());
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use user_directory::billing::CreditAdjustment;
    use user_directory::{InMemoryUserDirectory, NewUser};

    /// Compares events with a directory that has a user with a credit of 2, an owner of a username, and two anonymous
    /// users with the same name.
    async fn verdict(events: impl FnOnce(&UserId) -> Vec<Event>) -> Verdict {
        let directory = InMemoryUserDirectory::permissive();
        let ada = directory.create(&NewUser::new().external_id("ada")).await.unwrap().id;
        for key in ["1", "2"] {
            directory.adjust_billing_credit_balance(&ada, &CreditAdjustment::increase(1, key)).await.unwrap();
        }
        let owner = directory.create(&NewUser::new().username("shared")).await.unwrap().id;
        for _ in 0..2 {
            directory.create(&NewUser::new().first_name("anonymous")).await.unwrap();
        }
        let history = History { events: events(&owner), ..History::default() };
        verify("test", &directory, history).await.unwrap()
    }

    fn of(external_id: &str, event: impl FnOnce(String) -> Event) -> Event {
        event(external_id.to_owned())
    }

    #[tokio::test]
    async fn verify_counts_lost_writes() {
        let verdict = verdict(|owner| {
            let other = "user_other".parse().unwrap();
            vec![
                of("grace", |external_id| Event::Created { external_id }),
                of("ada", |external_id| Event::Deleted { external_id }),
                of("ada", |external_id| Event::AddedKey { external_id, key: "key".to_owned() }),
                of("nobody", |first_name| Event::CreatedAnonymous { first_name }),
                Event::ClaimedUsername { username: "shared".to_owned(), id: owner.clone() },
                Event::ClaimedUsername { username: "free".to_owned(), id: other },
            ]
        })
        .await;
        assert_eq!((verdict.lost, verdict.two_owners, verdict.codes_used_twice), (5, 0, 0));
        assert!(!verdict.passed());
    }

    #[tokio::test]
    async fn verify_counts_lost_and_repeated_credits() {
        let adding = || of("ada", |external_id| Event::AddingCredit { external_id });
        let added = || of("ada", |external_id| Event::AddedCredit { external_id });
        // The anonymous user was created twice in each case.
        let twice = verdict(|_| vec![adding(), added()]).await;
        assert_eq!((twice.lost, twice.applied_twice), (0, 2));
        let lost = verdict(|_| vec![adding(), adding(), adding(), added(), added(), added()]).await;
        assert_eq!((lost.lost, lost.applied_twice), (1, 1));
        let unknown = verdict(|_| vec![adding(), adding(), adding(), added()]).await;
        assert_eq!((unknown.lost, unknown.applied_twice), (0, 1));
    }

    #[tokio::test]
    async fn verify_counts_two_owners_repeated_codes_and_unexpected_errors() {
        let verdict = verdict(|owner| {
            let claimed = || Event::ClaimedUsername { username: "shared".to_owned(), id: owner.clone() };
            let used = || Event::UsedCode { external_id: "ada".to_owned(), code: "1".to_owned() };
            let failed = |kind| Event::failed(&user_directory::Error::new(kind));
            let (known, unexpected) = (user_directory::ErrorKind::Connect, user_directory::ErrorKind::Server);
            vec![claimed(), claimed(), used(), used(), used(), failed(known), failed(unexpected)]
        })
        .await;
        assert_eq!((verdict.two_owners, verdict.codes_used_twice), (1, 2));
        assert_eq!((verdict.errors, verdict.unknown_outcomes, verdict.unexpected_errors), (2, 1, 1));
    }
}
