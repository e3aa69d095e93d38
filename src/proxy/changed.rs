//! The body of an answer on its way through a fault: cut, spoilt or slowed, until the fault ends.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};

use super::effect::Ending;
use super::fault::Change;
use super::lease::Lease;
use super::line::Hangup;
use super::reply::{Broken, Reply};
use super::spoil::Spoiler;

/// A body that a fault changes.
#[derive(Debug)]
pub(super) struct Changed {
    inner: Box<Reply>,
    how: How,
    lease: Lease,
}

#[derive(Debug)]
enum How {
    Cut(Cut),
    Spoil(Spoiler),
    Slow(Slow),
}

/// Where a body ends too early.
#[derive(Debug)]
struct Cut {
    /// So many bytes still come; not known before the first ones have come.
    left: Option<u64>,
    /// Whether what came before has had time to be sent.
    is_sent: bool,
    ending: Ending,
    hangup: Hangup,
}

/// At what pace a body comes.
#[derive(Debug)]
struct Slow {
    per_second: f64,
    /// The most bytes of a piece.
    piece: usize,
    /// What has come and was not passed on.
    rest: Bytes,
    pause: Option<Pause>,
}

/// A time that is waited.
struct Pause(Pin<Box<dyn Future<Output = ()> + Send>>);

type Polled = Poll<Option<Result<Frame<Bytes>, Broken>>>;

impl Changed {
    /// The body `inner`, changed while the lease lasts. A cut ends the connection by `hangup`.
    pub(super) fn new(inner: Reply, change: Change, lease: Lease, hangup: &Hangup) -> Self {
        let how = match change {
            Change::Cut(ending) => {
                // Half of what is to come, where that is known.
                let left = inner.size_hint().exact().map(|bytes| bytes / 2);
                How::Cut(Cut { left, is_sent: false, ending, hangup: hangup.clone() })
            }
            Change::Spoil(share, seed) => How::Spoil(Spoiler::new(share, seed)),
            Change::Slow(per_second, every) => {
                let piece = (per_second * every.as_secs_f64()).max(1.0) as usize;
                How::Slow(Slow { per_second, piece, rest: Bytes::new(), pause: None })
            }
        };
        Self { inner: Box::new(inner), how, lease }
    }

    /// The body as it was.
    pub(super) fn inner(&self) -> &Reply {
        &self.inner
    }

    /// Whether nothing more comes.
    pub(super) fn is_end(&self) -> bool {
        let rest = match &self.how {
            How::Slow(slow) => slow.rest.is_empty(),
            // What is kept back is missed only by whoever asks for more.
            How::Cut(cut) => cut.left != Some(0),
            How::Spoil(_) => true,
        };
        rest && self.inner.is_end_stream()
    }

    /// How many bytes wait here.
    pub(super) fn waiting(&self) -> u64 {
        match &self.how {
            How::Slow(slow) => slow.rest.len() as u64,
            How::Cut(_) | How::Spoil(_) => 0,
        }
    }

    /// The next part.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Polled {
        let Self { inner, how, lease } = self;
        match how {
            How::Slow(slow) => slow.poll(inner, lease, cx),
            How::Cut(cut) if cut.left == Some(0) || !lease.is_over() => cut.poll(inner, cx),
            How::Cut(_) => Pin::new(inner.as_mut()).poll_frame(cx),
            How::Spoil(spoiler) => {
                let frame = ready!(Pin::new(inner.as_mut()).poll_frame(cx));
                let is_over = lease.is_over();
                let spoil = |data| if is_over { data } else { spoiler.spoil(&data) };
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(spoil))))
            }
        }
    }
}

impl Cut {
    fn poll(&mut self, inner: &mut Reply, cx: &mut Context<'_>) -> Polled {
        while self.left != Some(0) {
            let frame = match ready!(Pin::new(&mut *inner).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                ended => return Poll::Ready(ended),
            };
            // Trailers are the end of the body, which is not to be seen.
            let Ok(data) = frame.into_data() else {
                self.left = Some(0);
                break;
            };
            let kept = self.kept(&data);
            if !kept.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(kept))));
            }
        }
        if !std::mem::replace(&mut self.is_sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.hangup.with(self.ending);
        Poll::Ready(Some(Err(Broken::Aborted)))
    }

    /// What still comes of this part.
    fn kept(&mut self, data: &Bytes) -> Bytes {
        if data.is_empty() {
            return Bytes::new();
        }
        let left = self.left.unwrap_or(data.len() as u64 / 2);
        let kept = data.slice(..data.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        self.left = Some(left - kept.len() as u64);
        kept
    }
}

impl Slow {
    fn poll(&mut self, inner: &mut Reply, lease: &Lease, cx: &mut Context<'_>) -> Polled {
        if self.rest.is_empty() {
            match ready!(Pin::new(inner).poll_frame(cx)) {
                Some(Ok(frame)) if frame.is_data() => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        let size = self.rest.len().min(self.piece);
        if !lease.is_over() && size > 0 {
            let pause = || Duration::try_from_secs_f64(size as f64 / self.per_second).unwrap_or_default();
            let pausing = self.pause.get_or_insert_with(|| Pause(Box::pin(lease.clone().wait(pause()))));
            ready!(pausing.0.as_mut().poll(cx));
        }
        self.pause = None;
        let size = if lease.is_over() { self.rest.len() } else { size };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }
}

impl std::fmt::Debug for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pause")
    }
}
