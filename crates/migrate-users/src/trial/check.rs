//! Checks that every user exists exactly once, with all fields of the file.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;

use serde_json::Value;
use user_directory::{InMemoryUserDirectory, Password, User, UserDirectory, UserDirectoryExt, UserQuery};

use super::file::{PASSWORD, TrialFile};
use super::output_path;
use crate::Failure;

pub async fn check(directory: &InMemoryUserDirectory, file: &TrialFile) -> Result<(), Failure> {
    let mut users: HashMap<String, Vec<User>> = HashMap::new();
    let mut stream = directory.stream(UserQuery::new());
    while let Some(user) = stream.next().await {
        let user = user?;
        users.entry(user.external_id.as_deref().unwrap_or_default().to_owned()).or_default().push(user);
    }
    check_equal("the number of users", &directory.len(), &file.users.len())?;
    check_equal("the number of external ids", &users.len(), &file.users.len())?;
    let mut hashers = HashSet::new();
    for expected in &file.users {
        let external_id = text(&expected["external_id"]);
        let [user] = users.get(external_id).map(Vec::as_slice).unwrap_or_default() else {
            return Err(format!("{external_id} does not exist exactly once").into());
        };
        check_user(user, expected).map_err(|error| format!("{external_id}: {error}"))?;
        // One user per hasher is enough, because verification is slow by design.
        if expected["password_hasher"].is_string() && hashers.insert(text(&expected["password_hasher"])) {
            check_password(directory, user).await.map_err(|error| format!("{external_id}: {error}"))?;
        }
    }
    check_journal(file, &users)?;
    check_rejects(file)
}

fn check_user(user: &User, expected: &Value) -> Result<(), Failure> {
    let [email] = user.email_addresses.as_slice() else { return Err("the user must have one email address".into()) };
    let reserved = expected["email_address_identification_status"][0] == "reserved";
    check_equal("email_address", &&*email.email_address, &text(&expected["email_address"][0]))?;
    check_equal("reserved, verified", &(email.reserved, email.is_verified()), &(reserved, !reserved))?;
    check_equal("first_name", &user.first_name.as_deref(), &expected["first_name"].as_str())?;
    check_equal("last_name", &user.last_name.as_deref(), &expected["last_name"].as_str())?;
    check_equal("username", &user.username.as_deref(), &expected["username"].as_str())?;
    let phone = user.primary_phone_number().map(|phone| &*phone.phone_number);
    check_equal("phone_number", &phone, &expected["phone_number"][0].as_str())?;
    check_equal("public_metadata", &user.public_metadata.deserialize::<Value>()?, &expected["public_metadata"])?;
    check_equal("private_metadata", &user.private_metadata.deserialize::<Value>()?, &expected["private_metadata"])?;
    check_equal("created_at", &user.created_at, &Some(text(&expected["created_at"]).parse()?))?;
    check_equal("password_enabled", &user.password_enabled, &expected["password_digest"].is_string())
}

async fn check_password(directory: &InMemoryUserDirectory, user: &User) -> Result<(), Failure> {
    let correct = directory.verify_password(&user.id, &Password::new(PASSWORD)).await?;
    let incorrect = directory.verify_password(&user.id, &Password::new("incorrect horse")).await?;
    check_equal("the password", &[correct.is_correct(), incorrect.is_correct()], &[true, false])
}

/// Checks that every user is in the journal once, with its id.
fn check_journal(file: &TrialFile, users: &HashMap<String, Vec<User>>) -> Result<(), Failure> {
    let mut recorded = HashSet::new();
    for line in std::fs::read_to_string(output_path(&file.path, "journal"))?.lines() {
        let entry: Value = serde_json::from_str(line)?;
        let external_id = text(&entry["external_id"]).to_owned();
        let user_id = users.get(&external_id).map(|users| users[0].id.as_str());
        check_equal("the id in the journal", &entry["user_id"].as_str(), &user_id)?;
        if !recorded.insert(external_id) {
            return Err("the journal has a duplicate user".into());
        }
    }
    check_equal("the number of users in the journal", &recorded.len(), &file.users.len())
}

/// Checks that every invalid line is in the rejects file once, with its code and content.
fn check_rejects(file: &TrialFile) -> Result<(), Failure> {
    let original = std::fs::read_to_string(&file.path)?;
    let original: Vec<_> = original.lines().collect();
    let mut rejects = Vec::new();
    for reject in std::fs::read_to_string(output_path(&file.path, "rejects"))?.lines() {
        let reject: Value = serde_json::from_str(reject)?;
        let number = reject["line"].as_u64().unwrap_or_default();
        let line = match &reject["original"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        check_equal("the line in the rejects file", &line.as_str(), &original[usize::try_from(number)? - 1])?;
        rejects.push((number, text(&reject["code"]).to_owned()));
    }
    rejects.sort();
    let expected: Vec<_> = file.rejects.iter().map(|(line, code)| (*line, (*code).to_owned())).collect();
    check_equal("the rejected lines", &rejects, &expected)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn check_equal<T: PartialEq + Debug>(name: &str, found: &T, expected: &T) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(format!("{name} is {found:?}; expected {expected:?}").into()) }
}
