//! Several upstreams behind one address: each request goes to the next in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::body::Incoming;
use hyper::{Request, Response};

use super::pool::{Borrowed, Pool, SendError, Sent};
use super::upstream::Upstream;

/// The instances of a service.
#[derive(Debug)]
pub(super) struct Turns {
    pools: Vec<Arc<Pool>>,
    next: AtomicUsize,
}

impl Turns {
    /// No connections yet.
    pub(super) fn new(upstreams: Vec<Upstream>) -> Self {
        Self { pools: upstreams.into_iter().map(Pool::new).collect(), next: AtomicUsize::new(0) }
    }

    /// Sends `request` to the next upstream; where none can be reached there, to the one after it, and so on once round.
    pub(super) async fn send(&self, mut request: Request<Sent>) -> Result<(Response<Incoming>, Borrowed), SendError> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let mut last = None;
        for turn in 0..self.pools.len() {
            let Some(pool) = self.pools.get((start.wrapping_add(turn)) % self.pools.len()) else { break };
            match pool.send(request).await {
                Err(SendError::Unreachable(error, unsent)) => {
                    request = *unsent;
                    last = Some(error);
                }
                decided => return decided,
            }
        }
        let error = last.unwrap_or_else(|| std::io::Error::other("no upstream is configured"));
        Err(SendError::Unreachable(error, Box::new(request)))
    }

    /// Closes the connections that have lain idle for too long.
    pub(super) fn tidy(&self) {
        self.pools.iter().for_each(|pool| pool.tidy());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Turns;
    use http_body_util::{Either, Empty};
    use hyper::Request;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// An upstream that counts its requests.
    async fn counting() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                        counted.fetch_add(1, Ordering::Relaxed);
                        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                    }
                });
            }
        });
        (url, count)
    }

    #[tokio::test]
    async fn every_upstream_that_is_there_gets_its_turn() {
        let ((one, first), (two, second)) = (counting().await, counting().await);
        let all = [one.as_str(), "http://127.0.0.1:1", two.as_str()];
        let turns = Turns::new(all.iter().map(|url| url.parse().unwrap()).collect());
        for _ in 0..30 {
            let request = Request::builder().uri("/").header("host", "x").body(Either::Right(Empty::new())).unwrap();
            assert!(turns.send(request).await.is_ok());
        }
        let (first, second) = (first.load(Ordering::Relaxed), second.load(Ordering::Relaxed));
        assert_eq!((first, second), (10, 20), "the turn of the one that is away falls to the one after it");
    }
}
