//! Outages of the primary.

use std::time::Duration;

use user_directory::decorators::Fault;
use user_directory::{ErrorKind, NewUser, UserDirectory, UserFilter, UserUpdate};

use super::support::{World, username};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_of_64_readers_continue_while_the_primary_is_down() {
    let world = World::new();
    for number in 0..100 {
        world.create(&format!("user_number_{number}")).await;
    }
    let replica = world.ready().await;
    let users = world.users().await;
    world.primary.add_fault(Fault::kind(ErrorKind::Unavailable));
    let readers: Vec<_> = (0..64)
        .map(|reader| {
            let (replica, users) = (replica.clone(), users.clone());
            tokio::spawn(async move {
                for user in users.iter().cycle().skip(reader).take(100) {
                    assert_eq!(replica.get(&user.id).await.unwrap(), *user);
                    let name = user.username.as_deref().unwrap();
                    assert_eq!(replica.list(&username(name).into()).await.unwrap().len(), 1);
                    assert_eq!(replica.count(&UserFilter::new()).await.unwrap(), 100);
                }
            })
        })
        .collect();
    for number in 0..100 {
        let error = replica.update(&users[number].id, &UserUpdate::new().first_name("A")).await.unwrap_err();
        assert!(error.is_unavailable());
        assert!(replica.create(&NewUser::new().username("new_user")).await.unwrap_err().is_unavailable());
    }
    for reader in readers {
        reader.await.unwrap();
    }
    // The writes may have been executed, so their users are stale. While the primary is down, the copies are returned.
    assert_eq!(replica.status().await.unwrap().stale_users, 100);
    assert!(replica.reconcile().await.unwrap_err().is_unavailable());
    assert_eq!(replica.get(&users[0].id).await.unwrap(), users[0]);

    world.primary.clear_faults();
    assert_eq!(replica.refresh_stale().await.unwrap(), 100);
    assert_eq!(replica.status().await.unwrap().stale_users, 0);
    world.clock.advance(Duration::from_secs(1));
    world.assert_replicated(&replica).await;
}
