//! Quickly generates any number of different users with the structure of those in `page.rs`.

use jiff::Timestamp;
use serde_json::json;
use user_directory::{Metadata, NewUser, User, UserId};

use crate::page;

/// The number of users that are generated completely. All users are copies of these with unique identifiers.
const TEMPLATES: u64 = 1024;

pub struct Crowd(Vec<String>);

impl Crowd {
    pub fn new() -> Self {
        Self((0..TEMPLATES).map(|number| page::user(number).to_string()).collect())
    }

    /// Returns the user with this number, and the size of its JSON. Each user is decoded separately, so users share no
    /// memory.
    pub fn user(&self, number: u64) -> (User, usize) {
        let template = &self.0[usize::try_from(number % TEMPLATES).expect("the index is small")];
        let mut user: User = serde_json::from_str(template).expect("the template is a user");
        user.id = user_id(number);
        user.username = Some(username(number).into());
        user.external_id = number.is_multiple_of(2).then(|| external_id(number).into());
        for (index, email) in user.email_addresses.iter_mut().enumerate() {
            email.email_address = if index == 0 { email_address(number) } else { other_address(number) }.into();
        }
        for phone in &mut user.phone_numbers {
            phone.phone_number = phone_number(number).into();
        }
        for account in &mut user.external_accounts {
            account.provider_user_id = format!("1{:020}", mixed(number)).into();
        }
        // A random order, as with imported users.
        let millis = 1_700_000_000_000 + i64::try_from(mixed(number) % 90_000_000_000).expect("the number is small");
        user.created_at = Timestamp::from_millisecond(millis).ok();
        (user, template.len())
    }
}

/// Returns a user to create, without a password, because hashing is slow by design.
pub fn new_user(number: u64) -> NewUser {
    let new_user = NewUser::new().email_address(format!("new.{number}@example.com")).username(format!("new_{number}"));
    let new_user = new_user.external_id(format!("new-{number}")).first_name("Ada").last_name("Lovelace");
    // Created before all others, so that `list` returns the generated users first.
    let new_user = new_user.created_at(Timestamp::UNIX_EPOCH);
    new_user
        .public_metadata(Metadata::new(&json!({ "plan": "pro", "seats": number })).expect("the metadata is an object"))
}

pub fn user_id(number: u64) -> UserId {
    format!("user_2{:026x}", mixed(number)).parse().expect("the id is valid")
}

pub fn username(number: u64) -> String {
    format!("{:06x}_{number}", mixed(number) >> 40)
}

/// Returns the external id of a user with an even number.
pub fn external_id(number: u64) -> String {
    format!("customer-{number}")
}

pub fn email_address(number: u64) -> String {
    format!("{:07x}.{number}@mail.example.org", mixed(number) >> 36)
}

fn other_address(number: u64) -> String {
    format!("{:012x}@example.net", mixed(number) >> 16)
}

/// Returns the phone number of a user whose number is a multiple of four.
pub fn phone_number(number: u64) -> String {
    format!("+1{:010}", 2_000_000_000 + number)
}

/// Returns a pseudorandom number for each number, without duplicates (the finalizer of `SplitMix64`).
pub fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
