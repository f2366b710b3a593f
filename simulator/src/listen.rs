//! Where the local system listens, and the URLs for reaching it from this machine.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

use crate::error::SimulatorError;

/// The gateway's default port.
pub const PORT: u16 = 8787;
/// The store's default port.
pub const DYNAMODB_PORT: u16 = 8000;

/// An address to listen on: a loopback address, or the unspecified address, which means all interfaces.
/// Nothing else, because webhooks may use plain http over loopback only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(IpAddr);

impl ListenAddress {
    /// 127.0.0.1
    pub const LOOPBACK: Self = Self(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// Adds a port; 0 for any free port.
    #[must_use]
    pub const fn with_port(self, port: u16) -> SocketAddr {
        SocketAddr::new(self.0, port)
    }

    /// Whether other machines can connect.
    pub(crate) const fn is_open(self) -> bool {
        self.0.is_unspecified()
    }
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.parse().ok();
        address
            .filter(|address: &IpAddr| address.is_loopback() || address.is_unspecified())
            .map(Self)
            .ok_or("must be a loopback address, such as 127.0.0.1 or ::1, or 0.0.0.0 or :: for all")
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The base URL of a server on this machine that listens on `address`.
#[must_use]
pub fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Listens on `address`. Returns the listener and its address, which contains the actual port if
/// `address` has port 0.
///
/// # Errors
/// [`SimulatorError::Listen`] if another process listens there or this machine doesn't have the address.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SimulatorError> {
    let failed = |error| SimulatorError::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_unspecified_addresses_can_be_listened_on() {
        for (text, is_open) in [
            ("127.0.0.1", false),
            ("127.0.0.2", false),
            ("::1", false),
            ("0.0.0.0", true),
            ("::", true),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.is_open(), is_open, "{text}");
            assert_eq!(address.to_string(), text);
        }
        for text in ["192.168.1.5", "8.8.8.8", "fe80::1", "localhost", ""] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_names_an_address_that_can_be_called() {
        for (address, expected) in [
            ("127.0.0.2:8787", "http://127.0.0.2:8787"),
            ("0.0.0.0:8787", "http://127.0.0.1:8787"),
            ("[::1]:8787", "http://[::1]:8787"),
            ("[::]:8787", "http://[::1]:8787"),
        ] {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
    }
}
