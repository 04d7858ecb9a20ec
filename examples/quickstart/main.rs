//! An application that depends on `Arc<dyn UserDirectory>` and runs in memory or on Clerk.
//!
//! ```sh
//! cargo run --example quickstart                      # in memory, with the users of examples/users.json
//! cargo run --example quickstart -- my-users.json     # in memory, with your own users in Clerk's wire format
//! CLERK_SECRET_KEY=sk_test_… cargo run --example quickstart              # on Clerk, read-only
//! CLERK_SECRET_KEY=sk_test_… cargo run --example quickstart -- --write   # on Clerk, with writes
//! ```

mod accounts;

use std::process::ExitCode;
use std::sync::Arc;

use accounts::{Accounts, Plan, SignUp};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, User, UserDirectory, UserId};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("quickstart: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let (write, file) = arguments()?;
    // This is the composition root. No other code names an adapter.
    let on_clerk = std::env::var_os("CLERK_SECRET_KEY").is_some_and(|key| !key.is_empty());
    let users: Arc<dyn UserDirectory> = if on_clerk {
        println!("On Clerk{}.", if write { "" } else { " (read-only; pass --write to change users)" });
        Arc::new(ClerkUserDirectory::from_env()?)
    } else {
        let directory = InMemoryUserDirectory::new();
        let json = std::fs::read_to_string(&file).map_err(|error| format!("cannot read {file}: {error}"))?;
        directory.load_json(&json).await.map_err(|error| format!("cannot load the users in {file}: {error}"))?;
        println!("In memory, with the users in {file} (set CLERK_SECRET_KEY to run on Clerk).");
        Arc::new(directory)
    };
    let accounts = Accounts::new(users);
    read(&accounts).await?;
    if write || !on_clerk {
        change(&accounts).await?;
    }
    Ok(())
}

fn arguments() -> Result<(bool, String), Failure> {
    let mut write = false;
    let mut file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/users.json").to_owned();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--write" => write = true,
            option if option.starts_with('-') => return Err(format!("unknown option {option}").into()),
            path => path.clone_into(&mut file),
        }
    }
    Ok((write, file))
}

async fn read(accounts: &Accounts) -> Result<(), Failure> {
    println!("\n{} users. The newest:", accounts.count().await?);
    let newest = accounts.newest(5).await?;
    newest.iter().for_each(show);

    let (mut banned, mut locked, mut with_mfa) = (0, 0, 0);
    accounts
        .for_each(10, |user| {
            banned += u32::from(user.banned);
            locked += u32::from(user.locked);
            with_mfa += u32::from(user.mfa_state().is_enabled());
        })
        .await?;
    println!("All users, page by page: {banned} banned, {locked} locked, {with_mfa} with a second factor.");

    if let Some(email) = newest.iter().find_map(User::primary_email_address) {
        let found = accounts.find_by_email(&email.email_address).await?;
        println!("Looked up {}: {}", email.email_address, found.map_or("not found".into(), |user| user.id.to_string()));
    }
    Ok(())
}

async fn change(accounts: &Accounts) -> Result<(), Failure> {
    const EMAIL: &str = "quickstart@example.com";
    const PASSWORD: &str = "a long enough passphrase";
    println!("\nSigning up {EMAIL} twice:");
    let SignUp::Created(user) = accounts.sign_up(EMAIL, "Quinn", PASSWORD).await? else {
        return Err(format!("{EMAIL} is already taken; delete that user first").into());
    };
    show(&user);
    if let SignUp::AlreadyTaken { field } = accounts.sign_up(EMAIL, "Quinn", PASSWORD).await? {
        println!("  second sign-up rejected: the {field} is taken");
    }
    let outcome = use_account(accounts, &user.id).await;
    // Delete the user even after an error, because its password is published in this file.
    accounts.close(&user.id).await?;
    println!("Account closed: {}", accounts.find_by_email(EMAIL).await?.is_none());
    outcome
}

async fn use_account(accounts: &Accounts, id: &UserId) -> Result<(), Failure> {
    let plan = accounts.choose_plan(id, &Plan { plan: "pro".into(), seats: 5 }).await?;
    println!("Plan: {} with {} seats", plan.plan, plan.seats);

    let enrolled = accounts.enroll_second_factors(id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "backup-1").await?;
    println!("Second factors enabled: {}", enrolled.mfa_state().is_enabled());
    for code in ["backup-1", "backup-1"] {
        println!("  the backup code {code} is {}", verdict(accounts.verify_code(id, code).await?.is_correct()));
    }
    let reset = accounts.reset_second_factors(id).await?;
    println!("Second factors enabled after a reset: {}", reset.mfa_state().is_enabled());

    println!("Suspended: {}", accounts.suspend(id).await?.banned);
    Ok(())
}

fn verdict(correct: bool) -> &'static str {
    if correct { "accepted" } else { "rejected" }
}

fn show(user: &User) {
    let name = user.full_name().or_else(|| user.username.as_deref().map(Into::into)).unwrap_or_else(|| "–".into());
    let email = user.primary_email_address().map_or("–", |email| &email.email_address);
    let mut labels = Vec::new();
    labels.extend(user.banned.then_some("banned"));
    labels.extend(user.locked.then_some("locked"));
    labels.extend(user.mfa_state().is_enabled().then_some("second factor"));
    println!("  {:<32} {name:<24} {email:<32} {}", user.id, labels.join(", "));
}
