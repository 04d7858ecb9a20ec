//! Random changes of a primary.

use fastrand::Rng;
use user_directory::model::EmailAddressReplacement;
use user_directory::webhooks::UserEvent;
use user_directory::{Metadata, MetadataUpdate, NewUser, UserDirectory, UserId, UserUpdate};

use super::support::World;

/// Makes random changes, and returns their events.
pub struct Changes {
    world: World,
    rng: Rng,
    ids: Vec<UserId>,
    created: usize,
}

impl Changes {
    pub fn new(world: World, seed: u64) -> Self {
        Self { world, rng: Rng::with_seed(seed), ids: Vec::new(), created: 0 }
    }

    fn any(&mut self) -> usize {
        self.rng.usize(..self.ids.len())
    }

    /// Makes one change, which can consist of several calls, and returns an event for each call.
    pub async fn make(&mut self) -> Vec<UserEvent> {
        // Half of the changes have the same time as the previous one.
        if self.rng.bool() {
            self.world.clock.advance(std::time::Duration::from_millis(1));
        }
        let directory = self.world.directory.clone();
        if self.ids.len() < 3 {
            return self.create().await;
        }
        let index = self.any();
        let id = self.ids[index].clone();
        let name = format!("Name {}", self.rng.u16(..));
        match self.rng.u8(..16) {
            0..4 => return self.create().await,
            4 | 5 => {
                self.ids.swap_remove(index);
                directory.delete(&id).await.unwrap();
            }
            6 => drop(directory.ban(&id).await.unwrap()),
            7 => drop(directory.unban(&id).await.unwrap()),
            8 => {
                let metadata = Metadata::new(&serde_json::json!({ "level": self.rng.u8(..) })).unwrap();
                directory.update_metadata(&id, &MetadataUpdate::new().private(metadata)).await.unwrap();
            }
            9 | 10 => return self.move_email_address(&id).await,
            11 => return self.exchange_usernames(&id).await,
            _ => drop(directory.update(&id, &UserUpdate::new().first_name(name)).await.unwrap()),
        }
        vec![self.world.event(&id).await]
    }

    async fn create(&mut self) -> Vec<UserEvent> {
        self.created += 1;
        let email = format!("user{}@example.com", self.created);
        let new_user = NewUser::new().email_address(email).username(format!("user_number_{}", self.created));
        let user = self.world.directory.create(&new_user.skip_password_requirement(true)).await.unwrap();
        self.ids.push(user.id.clone());
        vec![self.world.event(&user.id).await]
    }

    /// Moves the email address of a user to another user.
    async fn move_email_address(&mut self, from: &UserId) -> Vec<UserEvent> {
        let index = self.any();
        let to = self.ids[index].clone();
        if to == *from {
            return Vec::new();
        }
        let directory = &self.world.directory;
        let moved = directory.get(from).await.unwrap().email_addresses[0].email_address.clone();
        self.created += 1;
        let new = format!("user{}@example.com", self.created);
        let mut events = Vec::new();
        for (id, email) in [(from, new), (&to, moved.to_string())] {
            directory.replace_email_address(id, &EmailAddressReplacement::new(email)).await.unwrap();
            events.push(self.world.event(id).await);
        }
        events
    }

    async fn exchange_usernames(&mut self, one: &UserId) -> Vec<UserEvent> {
        let index = self.any();
        let two = self.ids[index].clone();
        if two == *one {
            return Vec::new();
        }
        let directory = &self.world.directory;
        let username = async |id| directory.get(id).await.unwrap().username.unwrap().to_string();
        let (name_one, name_two) = (username(one).await, username(&two).await);
        let mut events = Vec::new();
        for (id, name) in [(one, "temporary".to_owned()), (&two, name_one), (one, name_two)] {
            directory.update(id, &UserUpdate::new().username(name)).await.unwrap();
            events.push(self.world.event(id).await);
        }
        events
    }
}
