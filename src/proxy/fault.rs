//! One active fault: its lease, its choice of requests, its counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::header::HeaderValue;
use tokio::sync::watch;

use super::baggage;
use super::cap::Cap;
use super::dice::Dice;
use super::effect::{AbortAt, Effect, Ending};
use super::lease::Lease;
use super::share::Share;
use super::spec::FaultSpec;
use super::spread::{BILLION, Spread, billionths};
use super::view::{Counts, FaultView, Phase};
use crate::base::requests::Requests;

/// A fault that's active until its lease ends.
#[derive(Debug)]
pub(super) struct Fault {
    id: Arc<str>,
    spec: FaultSpec,
    /// The requests that it looks for; none where they are not understood.
    wanted: Option<Requests>,
    since: Instant,
    /// When the lease ends. Whoever waits out a delay watches it, so as to stop when the fault does.
    lease: watch::Sender<Instant>,
    share: Share,
    rate: Spread,
    counts: Counts,
    /// What passed, where it limits that.
    passed: Cap,
    dice: Dice,
}

/// What a fault does to one request, when [`Faults::claim`](super::faults::Faults::claim) confirms it.
#[derive(Debug, Clone)]
pub(super) struct Action {
    /// The fault's name.
    pub(super) id: Arc<str>,
    /// The fence of the fault.
    pub(super) fence: u64,
    /// What to do.
    pub(super) deed: Deed,
}

/// An effect made ready for one request.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Answer with this status, and say when it may be tried again, in seconds.
    Answer(u16, Option<u64>),
    /// Wait so long, but not longer than the fault lasts.
    Wait(Duration, Lease),
    /// Put the fault's mark on it.
    Mark,
    /// End the connection, without an answer.
    Abort(Ending),
    /// Hold it without an answer until the fault ends.
    Hold(Lease),
    /// Pass it on, and change the body of the answer while the fault lasts.
    Change(Change, Lease),
}

/// What becomes of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    /// The connection ends in the middle of it.
    Cut(Ending),
    /// This share of its bytes is changed; the number makes the choice.
    Spoil(f64, u64),
    /// So many bytes come in a second, a piece every so often.
    Slow(f64, Duration),
}

impl Action {
    /// Whether it answers the request, or ends it, rather than have it passed on.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.deed, Deed::Answer(..) | Deed::Abort(_) | Deed::Hold(_))
    }
}

impl Fault {
    /// A fault that starts `now`. The spec must have been checked.
    pub(super) fn new(id: &str, spec: FaultSpec, now: Instant) -> Self {
        Self {
            id: id.into(),
            since: now,
            lease: watch::Sender::new(lease_end(now, spec.lease_ms)),
            share: Share::new(spec.share),
            rate: Spread::of(billionths(spec.rate), BILLION).starting_midway(),
            counts: Counts::default(),
            passed: Cap::new(),
            dice: Dice::new(),
            wanted: spec.matching.read().ok(),
            spec,
        }
    }

    /// What it was asked to do.
    pub(super) fn spec(&self) -> &FaultSpec {
        &self.spec
    }

    /// Whether the lease has run out.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        *self.lease.borrow() <= now
    }

    /// Lets it last for `lease_ms` from `now` on.
    pub(super) fn renew(&self, lease_ms: u64, now: Instant) {
        self.lease.send_replace(lease_end(now, lease_ms));
    }

    /// Whether a request is one that it looks for, and can take what it does.
    pub(super) fn fits<B>(&self, request: &Request<B>) -> bool {
        let headers = request.headers();
        let values = |name: &str| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
        let has = |it: &Requests| it.has(request.method().as_str(), request.uri().path(), values);
        self.wanted.as_ref().is_some_and(has)
            && self.spec.marked_by.as_deref().is_none_or(|by| baggage::is_marked(headers, by))
            && (self.spec.effect != Effect::Mark {} || baggage::has_room(headers, &self.id))
    }

    /// Takes in a request. Whether it's touched, and what's to be done to it when it `goes_on` (nobody else has answered
    /// it) or the effect is no answer. Without `room` it isn't touched.
    pub(super) fn meet(&mut self, now: Instant, goes_on: bool, room: bool) -> (bool, Option<Action>) {
        self.counts.seen += 1;
        let touched = self.share.touches(now.saturating_duration_since(self.since), room);
        self.counts.touched += u64::from(touched);
        let possible = goes_on || !self.spec.effect.is_last();
        let acts = touched && self.rate.pick(|| possible);
        (touched, if acts { self.action(now) } else { None })
    }

    /// Counts a request that's really failed or delayed.
    pub(super) fn count_acted(&mut self) {
        self.counts.acted += 1;
    }

    /// How it is `now`, or was when it ended: `phase` says which.
    pub(super) fn view(&self, phase: Phase, now: Instant) -> FaultView {
        let remaining = match phase {
            Phase::Active => self.lease.borrow().saturating_duration_since(now),
            _ => Duration::ZERO,
        };
        let remaining_ms = u64::try_from(remaining.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        FaultView::of(&self.id, &self.spec, phase, self.counts, remaining_ms)
    }

    /// What's to be done; nothing to a request that a limit lets pass.
    fn action(&mut self, now: Instant) -> Option<Action> {
        let lease = || Lease::new(self.lease.subscribe());
        let deed = match self.spec.effect {
            Effect::Error { status, retry_after_s } => Deed::Answer(status, retry_after_s.map(u64::from)),
            Effect::Mark {} => Deed::Mark,
            Effect::Delay { .. } => Deed::Wait(self.spec.effect.delay(self.dice.roll()), lease()),
            Effect::Abort { at: AbortAt::Request, ending } => Deed::Abort(ending),
            Effect::Abort { at: AbortAt::Body, ending } => Deed::Change(Change::Cut(ending), lease()),
            Effect::Blackhole {} => Deed::Hold(lease()),
            Effect::Corrupt { bytes } => Deed::Change(Change::Spoil(bytes, self.dice.next()), lease()),
            Effect::SlowBody { bytes_per_second, every_ms } => {
                let every = Duration::from_secs_f64(every_ms / 1000.0);
                Deed::Change(Change::Slow(bytes_per_second, every), lease())
            }
            Effect::RateLimit { requests_per_second } => {
                Deed::Answer(TOO_MANY_REQUESTS, Some(self.exceeds(requests_per_second, now)?))
            }
        };
        Some(Action { id: Arc::clone(&self.id), fence: self.spec.fence, deed })
    }

    /// Takes in one more request of those that may be so many a second. After how many whole seconds there is room for
    /// it, if there is none now; such a one doesn't count.
    fn exceeds(&mut self, per_second: f64, now: Instant) -> Option<u64> {
        let wait = self.passed.room_in(per_second, now).unwrap_or(Duration::MAX);
        if wait.is_zero() {
            self.passed.touch(per_second, now);
            return None;
        }
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

/// The status of an answer to one request too many.
const TOO_MANY_REQUESTS: u16 = 429;

fn lease_end(now: Instant, lease_ms: u64) -> Instant {
    now + Duration::from_millis(lease_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::spec::Match;

    fn fault(effect: Effect) -> Fault {
        let spec = FaultSpec {
            fence: 1,
            lease_ms: 1000,
            share: 1.0,
            rate: 1.0,
            requests_per_second: None,
            marked_by: None,
            matching: Match::default(),
            effect,
        };
        Fault::new("a", spec, Instant::now())
    }

    fn delay(jitter_ms: f64) -> Fault {
        fault(Effect::Delay { delay_ms: 100.0, jitter_ms })
    }

    #[test]
    fn a_limit_says_when_there_is_room_again() {
        let mut fault = fault(Effect::RateLimit { requests_per_second: 2.0 });
        let start = fault.since;
        let mut at = |ms: u64| match fault.meet(start + Duration::from_millis(ms), true, true).1?.deed {
            Deed::Answer(status, again) => Some((status, again)),
            _ => None,
        };
        assert_eq!([at(0), at(400)], [None, None], "two in a second pass");
        assert_eq!(at(500), Some((429, Some(1))));
        assert_eq!(at(999), Some((429, Some(1))));
        assert_eq!(at(1000), None, "the first of them is a second ago, and refused ones do not count");
        assert_eq!(at(1001), Some((429, Some(1))));
        assert_eq!([at(1400), at(2400)], [None, None]);
    }

    #[test]
    fn a_limit_below_one_a_second_asks_for_more_patience() {
        let mut fault = fault(Effect::RateLimit { requests_per_second: 0.1 });
        let start = fault.since;
        let mut again = |ms: u64| match fault.meet(start + Duration::from_millis(ms), true, true).1?.deed {
            Deed::Answer(429, again) => again,
            _ => None,
        };
        assert_eq!(
            (again(0), again(1), again(2500), again(9999), again(10_000)),
            (None, Some(10), Some(8), Some(1), None)
        );
    }

    #[test]
    fn a_limit_counts_only_what_is_passed_on() {
        let mut fault = fault(Effect::RateLimit { requests_per_second: 1.0 });
        let start = fault.since;
        assert!(fault.meet(start, false, true).1.is_none(), "somebody else answers it");
        assert!(fault.meet(start, true, true).1.is_none());
        assert!(fault.meet(start, true, true).1.is_some());
    }

    #[test]
    fn delays_fill_the_whole_range() {
        let mut fault = delay(50.0);
        let now = Instant::now();
        let delays: Vec<Duration> = (0..2000)
            .filter_map(|_| match fault.meet(now, true, true).1?.deed {
                Deed::Wait(delay, _) => Some(delay),
                _ => None,
            })
            .collect();
        let mean = delays.iter().sum::<Duration>() / 2000;
        assert!(delays.iter().all(|delay| (50..=150).contains(&delay.as_millis())));
        assert!(
            delays.iter().any(|delay| delay.as_millis() < 55) && delays.iter().any(|delay| delay.as_millis() > 145)
        );
        assert!((97..=103).contains(&mean.as_millis()), "{mean:?}");
    }

    #[test]
    fn the_remaining_lease_is_rounded_up() {
        let fault = delay(0.0);
        let later = fault.since + Duration::from_micros(999_500);
        assert_eq!(fault.view(Phase::Active, later).lease_remaining_ms, 1);
        assert!(!fault.is_over(later));
        assert!(fault.is_over(fault.since + Duration::from_millis(1000)));
        assert_eq!(fault.view(Phase::Expired, later).lease_remaining_ms, 0);
    }
}
