//! The HTTP adapter: the first byte selects the operation, and the other bytes are the HTTP response. The call returns a
//! value or an error that does not contain the key.
#![no_main]

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use user_directory::billing::CreditAdjustment;
use user_directory::clerk::RetryPolicy;
use user_directory::model::{InvitationQuery, TotpCode};
use user_directory::{
    ClerkUserDirectory, Error, NewUser, Page, Password, SecretKey, Sessions, UserDirectory, UserFilter, UserId,
    UserQuery,
};

const KEY: &str = "sk_test_0123456789abcdef";

struct Client {
    runtime: Runtime,
    listener: TcpListener,
    clerk: ClerkUserDirectory,
}

fn client() -> &'static Mutex<Client> {
    static CLIENT: OnceLock<Mutex<Client>> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let clerk = ClerkUserDirectory::builder(SecretKey::new(KEY).expect("a key"))
            .base_url(format!("http://{}/v1", listener.local_addr().expect("an address")))
            .timeout(Duration::from_secs(2))
            .retry(RetryPolicy::none())
            .build()
            .expect("a directory");
        Mutex::new(Client { runtime, listener, clerk })
    })
}

async fn call(clerk: &ClerkUserDirectory, operation: u8) -> Result<(), Error> {
    let id: &UserId = &"user_1".parse()?;
    match operation % 16 {
        0 => clerk.list(&UserQuery::new()).await.map(drop),
        1 => clerk.count(&UserFilter::new()).await.map(drop),
        2 => clerk.create(&NewUser::new()).await.map(drop),
        3 => clerk.delete(id).await.map(drop),
        4 => clerk.get_oauth_access_token(id, &"oauth_google".parse()?, &Page::new()).await.map(drop),
        5 => clerk.get_organization_memberships(id, &Page::new()).await.map(drop),
        6 => clerk.get_organization_invitations(id, &InvitationQuery::new()).await.map(drop),
        7 => clerk.verify_password(id, &Password::new("secret")).await.map(drop),
        8 => clerk.verify_totp(id, &TotpCode::new("123456")).await.map(drop),
        9 => clerk.disable_mfa(id).await.map(drop),
        10 => clerk.bulk_ban(&id.clone().into()).await.map(drop),
        11 => clerk.remove_password(id, Sessions::Keep).await.map(drop),
        12 => clerk.list_trusted_devices(id).await.map(drop),
        13 => clerk.get_billing_subscription(id).await.map(drop),
        14 => clerk.get_billing_credit_balance(id).await.map(drop),
        _ => clerk.adjust_billing_credit_balance(id, &CreditAdjustment::increase(1, "key")).await.map(drop),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((operation, response)) = bytes.split_first() else { return };
    let client = client().lock().expect("a failed assertion aborts the process");
    let Client { runtime, listener, clerk } = &*client;
    runtime.block_on(async {
        let serve = async {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(response).await;
                let _ = stream.shutdown().await;
            }
        };
        let result = tokio::select! {
            result = call(clerk, *operation) => result,
            () = serve => unreachable!("the server loops forever"),
        };
        if let Err(error) = result {
            let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
            for error in chain {
                let text = format!("{error} {error:?}");
                assert!(!text.contains(KEY), "{text}");
            }
        }
    });
});
