//! The body of a response on its way to the caller: the upstream's, passed on as it comes, or a line of our own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::pool::Borrowed;

/// The body of a response.
#[derive(Debug)]
pub(super) enum Reply {
    /// Streams from the upstream.
    Upstream(Streamed),
    /// The proxy's own words, or nothing.
    Own(Full<Bytes>),
}

/// The upstream's body, with the connection that it comes over.
#[derive(Debug)]
pub(super) struct Streamed {
    body: Incoming,
    connection: Option<Borrowed>,
    complete: bool,
}

impl Reply {
    /// A body that passes `body` on and gives `connection` back once all of it has come.
    pub(super) fn streamed(body: Incoming, connection: Borrowed) -> Self {
        Self::Upstream(Streamed { body, connection: Some(connection), complete: false })
    }

    /// A text of the proxy's own; may be empty.
    pub(super) fn own(text: impl Into<Bytes>) -> Self {
        Self::Own(Full::new(text.into()))
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Upstream(streamed) => streamed.poll_frame(cx),
            Self::Own(text) => Pin::new(text).poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Upstream(streamed) => streamed.body.is_end_stream(),
            Self::Own(text) => text.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Upstream(streamed) => streamed.body.size_hint(),
            Self::Own(text) => text.size_hint(),
        }
    }
}

impl Streamed {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        // Nothing follows the trailers, and nobody asks whether something does.
        self.complete |= frame.as_ref().is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers));
        Poll::Ready(frame)
    }
}

impl Drop for Streamed {
    /// A connection whose response has come to its end can serve another request. Any other closes with this body,
    /// which tells the upstream that nobody waits for the rest.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && (self.complete || self.body.is_end_stream())
        {
            connection.give_back();
        }
    }
}
