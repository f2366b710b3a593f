//! How a host name is resolved to addresses.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, vec};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// Resolves names in threads, because the system's resolver blocks.
#[derive(Clone)]
pub(crate) struct Lookup(Arc<Blocking>);

type Blocking = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl Lookup {
    pub(crate) fn new(
        lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }

    pub(crate) fn system() -> Self {
        // Port 0: the connector replaces it with the URL's port.
        Self::new(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }
}

impl Service<Name> for Lookup {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || lookup(name.as_str()))
            .map(|looked_up| Ok(looked_up.map_err(io::Error::other)??.into_iter()))
            .boxed()
    }
}
