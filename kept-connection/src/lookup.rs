//! How a host name is resolved to addresses.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fmt, io, vec};

use aws_smithy_runtime_api::box_error::BoxError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// Resolves names in threads, because the system's resolver blocks.
#[derive(Clone)]
pub struct Lookup(Arc<Blocking>);

type Blocking = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// A name without an address. The connector can't be asked which step failed, but its error has this cause.
#[derive(Debug, thiserror::Error)]
#[error("the host name can't be resolved")]
pub(crate) struct NotResolved(#[source] pub(crate) io::Error);

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

impl Lookup {
    /// A custom resolver. `lookup` may block: it runs in a thread of its own. An address with port 0 gets
    /// the URL's port.
    #[must_use]
    pub fn new(
        lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(lookup))
    }

    /// The system's resolver.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }
}

impl Service<Name> for Lookup {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || lookup(name.as_str()))
            .map(|found| match found {
                Ok(Ok(addresses)) => Ok(addresses.into_iter()),
                Ok(Err(error)) => Err(NotResolved(error).into()),
                Err(error) => Err(NotResolved(error.into()).into()),
            })
            .boxed()
    }
}
