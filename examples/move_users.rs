//! Moves users from one directory to another: exports them as JSON Lines, and creates each user exactly once.
//!
//! `cargo run --example move_users` moves users between two directories in memory. The functions work with any
//! directory, such as Clerk or a database. The `migrate-users` program also reads the exports of other systems.

use std::io::{BufRead, Write};

use user_directory::{InMemoryUserDirectory, NewUser, User, UserDirectory, UserDirectoryExt, UserQuery};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes one user per line, in the format of the API.
async fn export(users: &dyn UserDirectory, mut file: impl Write) -> Result<usize> {
    let mut all = users.stream(UserQuery::new());
    let mut exported = 0;
    while let Some(user) = all.next().await {
        serde_json::to_writer(&mut file, &user?)?;
        file.write_all(b"\n")?;
        exported += 1;
    }
    Ok(exported)
}

/// Creates the users that do not exist yet. Can be repeated after an interruption.
async fn import(users: &dyn UserDirectory, file: impl BufRead) -> Result<usize> {
    let mut created = 0;
    for line in file.lines() {
        let user: User = serde_json::from_str(&line?)?;
        created += usize::from(users.ensure(&new_user(&user)).await?.is_created());
    }
    Ok(created)
}

/// Converts an exported user. The old id becomes the external id, and unverified addresses stay unverified.
fn new_user(user: &User) -> NewUser {
    let mut new = NewUser::new()
        .external_id(user.id.as_str())
        .first_name(user.first_name.clone())
        .last_name(user.last_name.clone())
        .public_metadata(user.public_metadata.clone())
        // The API does not return passwords.
        .skip_password_requirement(true);
    for email in &user.email_addresses {
        new = if email.is_verified() {
            new.email_address(&email.email_address)
        } else {
            new.reserved_email_address(&email.email_address)
        };
    }
    new
}

#[tokio::main]
async fn main() -> Result<()> {
    let (old, new) = (InMemoryUserDirectory::new(), InMemoryUserDirectory::new());
    for name in ["ada", "grace"] {
        let user = NewUser::new().first_name(name).email_address(format!("{name}@example.com"));
        old.create(&user.skip_password_requirement(true)).await?;
    }
    let mut file = Vec::new();
    println!("exported: {}", export(&old, &mut file).await?);
    println!("created: {}", import(&new, &*file).await?);
    println!("created again: {}", import(&new, &*file).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use user_directory::model::EmailAddress;

    use super::*;

    #[tokio::test]
    async fn import_creates_each_exported_user_once() -> Result<()> {
        let (old, new) = (InMemoryUserDirectory::new(), InMemoryUserDirectory::new());
        let ada = NewUser::new().email_address("ada@example.com").reserved_email_address("a@example.com");
        let ada = old.create(&ada.skip_password_requirement(true)).await?;
        let mut file = Vec::new();
        assert_eq!(export(&old, &mut file).await?, 1);
        assert_eq!((import(&new, &*file).await?, import(&new, &*file).await?), (1, 0));
        let moved = new.find_by_external_id(ada.id.as_str()).await?.ok_or("the user is missing")?;
        let verified: Vec<_> = moved.email_addresses.iter().map(EmailAddress::is_verified).collect();
        assert_eq!(verified, [true, false]);
        Ok(())
    }
}
