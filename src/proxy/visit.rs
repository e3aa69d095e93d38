//! One request and its answer, counted once: when the answer has come to its end, or when it is known that it will not.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use hyper::StatusCode;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::metrics::{Cohort, Fate, Metrics};
use super::reply::{Broken, Reply};

/// A request that's being answered. Dropped before its end is known, its caller has left.
#[derive(Debug)]
pub(super) struct Visit {
    metrics: Arc<Metrics>,
    cohort: Cohort,
    started: Instant,
    /// The status of the answer, once there's one.
    status: Option<StatusCode>,
    is_timed: bool,
    is_counted: bool,
}

impl Visit {
    /// The request that came at `started`.
    pub(super) fn new(metrics: Arc<Metrics>, cohort: Cohort, started: Instant) -> Self {
        Self { metrics, cohort, started, status: None, is_timed: false, is_counted: false }
    }

    /// A fault keeps it from a whole answer. It counts from now on: whatever is judged while its caller still waits must
    /// know of it.
    pub(super) fn unanswered(&mut self) {
        self.status = None;
        self.count(Fate::None);
    }

    /// A fault has answered it in the service's place.
    pub(super) fn injected(&mut self, status: StatusCode) {
        self.begun(status);
        self.count(Fate::Injected);
    }

    /// The head of its answer is there.
    pub(super) fn begun(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.timed();
    }

    fn count(&mut self, fate: Fate) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.metrics.answered(self.cohort, self.status, fate);
        }
    }

    fn timed(&mut self) {
        if !std::mem::replace(&mut self.is_timed, true) {
            self.metrics.took(self.cohort, self.started.elapsed());
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.count(Fate::Left);
        self.timed();
    }
}

/// The body of an answer, which tells its visit how it ended.
#[derive(Debug)]
pub(super) struct Given {
    reply: Reply,
    visit: Visit,
    /// What it is when all of it has come.
    whole: Fate,
}

impl Given {
    /// A body of which all that comes is right, or else `is_corrupt`.
    pub(super) fn new(reply: Reply, mut visit: Visit, is_corrupt: bool) -> Self {
        let whole = if is_corrupt { Fate::Corrupt } else { Fate::Whole };
        // A line of our own cannot break off.
        if !reply.is_from_upstream() {
            visit.count(whole);
        }
        Self { reply, visit, whole }
    }
}

impl Body for Given {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let Self { reply, visit, whole } = self.get_mut();
        let frame = ready!(Pin::new(&mut *reply).poll_frame(cx));
        match &frame {
            Some(Err(_)) => visit.count(Fate::Broken),
            // It counts before its caller can have seen its end. Nothing follows the trailers, and nobody asks.
            Some(Ok(frame)) if !frame.is_trailers() && !reply.is_end_stream() => {}
            _ => visit.count(*whole),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.reply.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.reply.size_hint()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // Nobody asks for a body that's empty.
        if self.reply.is_end_stream() {
            self.visit.count(self.whole);
        }
    }
}
