//! A proxy in front of PostgreSQL that breaks connections at chosen statements.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens when the client sends a certain text. It happens once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The connection is closed, and the server does not receive the text.
    CutBefore(&'static str),
    /// The connection is closed after the server has responded. The client does not receive the response.
    CutAfter(&'static str),
    /// Nothing is forwarded any more, but the connection stays open.
    Stall(&'static str),
}

impl Fault {
    fn text(self) -> &'static str {
        match self {
            Self::CutBefore(text) | Self::CutAfter(text) | Self::Stall(text) => text,
        }
    }
}

/// A proxy. It is stopped when the runtime is dropped.
pub(crate) struct Proxy {
    port: u16,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Proxy {
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), fault: Arc::default() };
        let fault = Arc::clone(&proxy.fault);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&fault)));
            }
        });
        proxy
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    /// Returns `true` if the last fault has happened.
    pub(crate) fn has_failed(&self) -> bool {
        self.fault.lock().unwrap().is_none()
    }
}

/// Takes the fault if the client sends its text.
fn take(fault: &Mutex<Option<Fault>>, sent: &[u8]) -> Option<Fault> {
    let mut fault = fault.lock().unwrap();
    let text = fault.as_ref()?.text().as_bytes();
    if sent.windows(text.len()).any(|window| window == text) { fault.take() } else { None }
}

async fn forward(mut client: TcpStream, server: u16, fault: Arc<Mutex<Option<Fault>>>) -> Option<()> {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await.ok()?;
    let (mut sent, mut received) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = client.read(&mut sent) => {
                let count = count.ok().filter(|count| *count > 0)?;
                let fault = take(&fault, &sent[..count]);
                if let Some(Fault::CutBefore(_)) = fault {
                    return None;
                }
                if let Some(Fault::Stall(_)) = fault {
                    // Returns when the client closes the connection.
                    while client.read(&mut sent).await.ok()? > 0 {}
                    return None;
                }
                server.write_all(&sent[..count]).await.ok()?;
                if let Some(Fault::CutAfter(_)) = fault {
                    let _ = server.read(&mut received).await;
                    return None;
                }
            }
            count = server.read(&mut received) => {
                let count = count.ok().filter(|count| *count > 0)?;
                client.write_all(&received[..count]).await.ok()?;
            }
        }
    }
}
