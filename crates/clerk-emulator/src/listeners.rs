//! [`Listeners`]: the sockets on which the server accepts connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tracing::warn;

use crate::start_error::StartError;

/// The maximum number of attempts to find a port that is free on both loopback addresses.
const ATTEMPTS: usize = 16;

/// One listening socket, or one for each loopback address.
pub(crate) struct Listeners {
    first: TcpListener,
    second: Option<TcpListener>,
}

impl Listeners {
    /// Listens on one address.
    pub(crate) async fn on(address: SocketAddr) -> Result<Self, StartError> {
        Ok(Self { first: bind(address).await?, second: None })
    }

    /// Listens on both loopback addresses, because clients resolve `localhost` to `::1` or `127.0.0.1`.
    ///
    /// Port 0 selects a port that is free on both addresses. If the system does not support IPv6, only the IPv4 address
    /// is used.
    pub(crate) async fn on_loopback(port: u16) -> Result<Self, StartError> {
        let mut attempts = if port == 0 { ATTEMPTS } else { 1 };
        loop {
            attempts -= 1;
            let first = bind((Ipv4Addr::LOCALHOST, port).into()).await?;
            let port = local_address(&first, (Ipv4Addr::LOCALHOST, port).into())?.port();
            let error = match bind((Ipv6Addr::LOCALHOST, port).into()).await {
                Ok(second) => return Ok(Self { first, second: Some(second) }),
                Err(error) => error,
            };
            let StartError::Listen { address, source } = error else { return Err(error) };
            if source.kind() != io::ErrorKind::AddrInUse {
                warn!(
                    target: "clerk_emulator",
                    error = %source,
                    "cannot listen on {address}, only on 127.0.0.1; use 127.0.0.1 instead of localhost in URLs"
                );
                return Ok(Self { first, second: None });
            }
            // If another server used this port on `::1`, it could receive the requests to `localhost`.
            if attempts == 0 {
                return Err(StartError::Listen { address, source });
            }
        }
    }

    /// Returns the address of the first socket.
    pub(crate) fn address(&self) -> Result<SocketAddr, StartError> {
        local_address(&self.first, SocketAddr::from((IpAddr::from(Ipv4Addr::UNSPECIFIED), 0)))
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn local_address(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { address, source })
}

impl Listener for Listeners {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let Self { first, second } = self;
        let connection = match second {
            Some(second) => tokio::select! {
                connection = Listener::accept(first) => connection,
                connection = Listener::accept(second) => connection,
            },
            None => Listener::accept(first).await,
        };
        // Responses are small. Waiting for a full packet would only add latency.
        drop(connection.0.set_nodelay(true));
        connection
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.first.local_addr()
    }
}
