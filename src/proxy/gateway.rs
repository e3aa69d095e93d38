//! One request from its arrival to its response: which faults touch it, what they do, and the way to the upstream.

use std::sync::Arc;
use std::time::Instant;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use tokio::sync::Semaphore;

use super::baggage;
use super::effect::Ending;
use super::fault::{Action, Change, Deed};
use super::faults::Faults;
use super::forward::{Forward, Outcome};
use super::lease::Lease;
use super::line::Hangup;
use super::metrics::{Cohort, Metrics};
use super::reply::{Broken, Reply};
use super::visit::{Given, Visit};

/// The field that names the fault behind an injected error.
const FAULT: HeaderName = HeaderName::from_static("x-chaos-fault");

/// How many requests can be held without an answer at one time: each holds a connection of its caller. Tests have fewer.
pub(super) const MOST_HELD: usize = if cfg!(test) { 20 } else { 500 };

/// All that the data path needs.
#[derive(Debug)]
pub(super) struct Gateway {
    /// What's to be done to requests.
    pub(super) faults: Arc<Faults>,
    /// What's been done.
    pub(super) metrics: Arc<Metrics>,
    /// The way to the upstream.
    pub(super) forward: Forward,
    /// Room for requests that are held without an answer.
    held: Semaphore,
}

/// What becomes of a request before it is passed on.
enum Next {
    /// It's passed on, with these changes to its answer.
    Pass(Vec<Action>),
    /// The fault with this id answers it, with a status, and says when it may be tried again.
    Answer(Arc<str>, u16, Option<u64>),
    /// The connection ends.
    End(Ending),
}

impl Gateway {
    /// The way from callers to the upstream.
    pub(super) fn new(faults: Arc<Faults>, metrics: Arc<Metrics>, forward: Forward) -> Self {
        Self { faults, metrics, forward, held: Semaphore::new(MOST_HELD) }
    }

    /// Answers a request that comes over a connection.
    ///
    /// # Errors
    /// When a fault ends the connection instead.
    pub(super) async fn answer(
        &self,
        mut request: Request<Incoming>,
        hangup: &Hangup,
    ) -> Result<Response<Given>, Broken> {
        let started = Instant::now();
        let decision = self.faults.decide(&request, started);
        let cohort = if decision.touched { Cohort::Affected } else { Cohort::Others };
        let mut visit = Visit::new(Arc::clone(&self.metrics), cohort, started);
        let changes = match self.act(decision.actions, &mut request, &mut visit).await {
            Next::Pass(changes) => changes,
            Next::Answer(id, status, again) => {
                let response = injected(&id, status, again, request);
                visit.injected(response.status());
                return Ok(response.map(|reply| Given::new(reply, visit, false)));
            }
            Next::End(ending) => {
                hangup.with(ending);
                return Err(Broken::Aborted);
            }
        };
        let mut response = self.pass(request).await;
        let (mut cut, mut corrupt) = (false, false);
        for action in changes {
            match self.change(&mut response, action, hangup) {
                Some(Change::Cut(_)) => cut = true,
                Some(Change::Spoil(..)) => corrupt = true,
                Some(Change::Slow(..)) | None => {}
            }
        }
        if cut {
            visit.unanswered();
        }
        // One that has no middle to be cut in isn't given at all.
        if cut && !response.body().is_passed_on() {
            return Err(Broken::Aborted);
        }
        visit.begun(response.status());
        Ok(response.map(|reply| Given::new(reply, visit, corrupt)))
    }

    /// Carries out what still stands of `actions`, but for what concerns the answer.
    async fn act(&self, actions: Vec<Action>, request: &mut Request<Incoming>, visit: &mut Visit) -> Next {
        let mut changes = Vec::new();
        for action in actions {
            if matches!(action.deed, Deed::Change(..)) {
                changes.push(action);
                continue;
            }
            // Its fault may have ended while an earlier one's delay was waited out.
            if !self.faults.claim(&action, Instant::now()) {
                continue;
            }
            match action.deed {
                Deed::Wait(delay, lease) => lease.wait(delay).await,
                Deed::Mark => baggage::mark(request.headers_mut(), &action.id),
                Deed::Answer(status, again) => return Next::Answer(action.id, status, again),
                Deed::Abort(ending) => {
                    visit.unanswered();
                    if ending == Ending::Close && is_sent(request) {
                        // What lies unread makes a reset of every end.
                        drain(request.body_mut()).await;
                    }
                    return Next::End(ending);
                }
                Deed::Hold(lease) => {
                    visit.unanswered();
                    self.hold(request, lease).await;
                    return Next::End(Ending::Close);
                }
                Deed::Change(..) => {}
            }
        }
        Next::Pass(changes)
    }

    /// Takes a request in and gives no answer, until the fault ends or the caller gives up. There's a limit to how many
    /// wait like this; beyond it none does.
    async fn hold(&self, request: &mut Request<Incoming>, lease: Lease) {
        let Ok(_room) = self.held.try_acquire() else { return };
        let taken = async {
            // Only whoever has read all that was sent sees that the caller has left.
            drain(request.body_mut()).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = taken => {}
            () = lease.over() => {}
        }
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

    /// Changes an answer, if the upstream gave it and the action still stands. What was done to it, if anything.
    fn change(&self, response: &mut Response<Reply>, action: Action, hangup: &Hangup) -> Option<Change> {
        let Deed::Change(change, lease) = &action.deed else { return None };
        let cuts = matches!(change, Change::Cut(_));
        let can = response.body().is_passed_on() || (cuts && response.body().is_from_upstream());
        if !can || !self.faults.claim(&action, Instant::now()) {
            return None;
        }
        if let (Change::Cut(ending), false) = (change, response.body().is_passed_on()) {
            hangup.with(*ending);
            return Some(*change);
        }
        if matches!(change, Change::Spoil(..)) {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let body = std::mem::replace(response.body_mut(), Reply::own(""));
        *response.body_mut() = body.changed(*change, lease.clone(), hangup);
        Some(*change)
    }
}

/// The answer of the fault `id`. The upstream never sees the request, and no cache keeps the answer.
fn injected(id: &str, status: u16, again: Option<u64>, request: Request<Incoming>) -> Response<Reply> {
    if is_sent(&request) {
        // Beside the answer, so that the caller may finish sending and the connection lives on.
        tokio::spawn(async move { drain(&mut request.into_body()).await });
    }
    let mut response = Response::new(Reply::own(format!("injected by the chaos fault {id}\n")));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(id).ok().map(|id| (FAULT, id)));
    headers.extend(again.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Whether a caller is sending a body. One that waits for a `100 Continue` isn't: it reads the answer, and the connection
/// closes.
fn is_sent(request: &Request<Incoming>) -> bool {
    !request.body().is_end_stream() && !request.headers().contains_key(EXPECT)
}

/// Reads the rest of a body.
async fn drain(body: &mut Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}
