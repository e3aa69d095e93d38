//! The body of a response on its way to the caller: the upstream's, passed on as it comes, or a line of our own.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::changed::Changed;
use super::fault::Change;
use super::lease::Lease;
use super::line::Hangup;
use super::pool::Borrowed;

/// The body of a response.
#[derive(Debug)]
pub(super) enum Reply {
    /// Streams from the upstream.
    Upstream(Streamed),
    /// The same, through a fault.
    Changed(Changed),
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

/// Why a body ends too early.
#[derive(Debug)]
pub(super) enum Broken {
    /// The upstream's did.
    Upstream(hyper::Error),
    /// A fault has cut it.
    Aborted,
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

    /// Whether the upstream gives it.
    pub(super) fn is_from_upstream(&self) -> bool {
        !matches!(self, Self::Own(_))
    }

    /// Whether the upstream gives it, and something comes at all.
    pub(super) fn is_passed_on(&self) -> bool {
        self.is_from_upstream() && !self.is_end_stream()
    }

    /// The same body through a fault, while its lease lasts.
    pub(super) fn changed(self, change: Change, lease: Lease, hangup: &Hangup) -> Self {
        Self::Changed(Changed::new(self, change, lease, hangup))
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.get_mut() {
            Self::Upstream(streamed) => {
                streamed.poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Broken::Upstream)))
            }
            Self::Changed(changed) => changed.poll_frame(cx),
            Self::Own(text) => Pin::new(text).poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Upstream(streamed) => streamed.body.is_end_stream(),
            Self::Changed(changed) => changed.is_end(),
            Self::Own(text) => text.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Upstream(streamed) => streamed.body.size_hint(),
            Self::Changed(changed) => with(changed.inner().size_hint(), changed.waiting()),
            Self::Own(text) => text.size_hint(),
        }
    }
}

/// A size with so many bytes more.
fn with(hint: SizeHint, bytes: u64) -> SizeHint {
    let mut more = SizeHint::new();
    more.set_lower(hint.lower() + bytes);
    if let Some(upper) = hint.upper() {
        more.set_upper(upper + bytes);
    }
    more
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upstream(error) => write!(f, "the upstream's answer broke off: {error}"),
            Self::Aborted => f.write_str("a fault ended the connection"),
        }
    }
}

impl Error for Broken {}

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
