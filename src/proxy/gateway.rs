//! One request from its arrival to its response: which faults touch it, what they do, and the way to the upstream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, EXPECT, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::baggage;
use super::fault::{Action, Deed};
use super::faults::Faults;
use super::forward::{Forward, Outcome};
use super::metrics::{Cohort, Metrics};
use super::reply::Reply;

/// The field that names the fault behind an injected error.
const FAULT: HeaderName = HeaderName::from_static("x-chaos-fault");

/// All that the data path needs.
#[derive(Debug)]
pub(super) struct Gateway {
    /// What's to be done to requests.
    pub(super) faults: Arc<Faults>,
    /// What's been done.
    pub(super) metrics: Arc<Metrics>,
    /// The way to the upstream.
    pub(super) forward: Forward,
}

impl Gateway {
    /// Answers a request.
    pub(super) async fn answer(&self, mut request: Request<Incoming>) -> Response<Reply> {
        let started = Instant::now();
        let decision = self.faults.decide(request.headers(), started);
        let response = match self.act(decision.actions, request.headers_mut()).await {
            Some((id, status)) => injected(&id, status, request),
            None => self.pass(request).await,
        };
        let cohort = if decision.touched { Cohort::Affected } else { Cohort::Others };
        self.metrics.answered(cohort, response.status(), started.elapsed());
        response
    }

    /// Carries out what still stands of `actions`. Gives the fault and the status to answer with, if one is to answer.
    async fn act(&self, actions: Vec<Action>, headers: &mut HeaderMap) -> Option<(Arc<str>, StatusCode)> {
        for action in actions {
            // Its fault may have ended while an earlier one's delay was waited out.
            if !self.faults.claim(&action, Instant::now()) {
                continue;
            }
            match action.deed {
                Deed::Wait(delay, lease) => wait(delay, lease).await,
                Deed::Mark => baggage::mark(headers, &action.id),
                Deed::Answer(status) => return StatusCode::from_u16(status).ok().map(|status| (action.id, status)),
            }
        }
        None
    }

    async fn pass(&self, request: Request<Incoming>) -> Response<Reply> {
        match self.forward.pass(request).await {
            Outcome::Passed(response) => response,
            Outcome::Failed(response) => {
                self.metrics.upstream_failed();
                response
            }
        }
    }
}

/// Waits for `delay`, but not past the end of the fault's lease, which may move meanwhile.
async fn wait(delay: Duration, mut lease: watch::Receiver<Instant>) {
    let until = Instant::now() + delay;
    loop {
        let wake = until.min(*lease.borrow_and_update());
        if wake <= Instant::now() {
            return;
        }
        tokio::select! {
            () = sleep_until(wake.into()) => {}
            // The fault is gone when nobody can move its lease any more.
            moved = lease.changed() => if moved.is_err() { return },
        }
    }
}

/// The answer of the fault `id`. The upstream never sees the request.
fn injected(id: &str, status: StatusCode, request: Request<Incoming>) -> Response<Reply> {
    drain(request);
    let mut response = Response::new(Reply::own(format!("injected by the chaos fault {id}\n")));
    *response.status_mut() = status;
    response.headers_mut().extend(HeaderValue::try_from(id).ok().map(|id| (FAULT, id)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Reads the rest of the request beside the answer, so that the caller may finish sending and the connection lives on.
///
/// A caller that waits for a `100 Continue` isn't sending: it reads the answer, and the connection closes.
fn drain(request: Request<Incoming>) {
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return;
    }
    let mut body = request.into_body();
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
}
