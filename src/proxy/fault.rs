//! One active fault: its lease, its choice of requests, its counts.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::header::HeaderMap;
use tokio::sync::watch;

use super::baggage;
use super::share::Share;
use super::spec::{Effect, FaultSpec};
use super::spread::{BILLION, Spread, billionths};
use super::view::{Counts, FaultView, Phase};

/// A fault that's active until its lease ends.
#[derive(Debug)]
pub(super) struct Fault {
    id: Arc<str>,
    spec: FaultSpec,
    since: Instant,
    /// When the lease ends. Whoever waits out a delay watches it, so as to stop when the fault does.
    lease: watch::Sender<Instant>,
    share: Share,
    rate: Spread,
    counts: Counts,
    dice: u64,
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
    /// Answer with this status.
    Answer(u16),
    /// Wait so long, but not longer than the fault's lease, which may be prolonged or cut meanwhile.
    Wait(Duration, watch::Receiver<Instant>),
    /// Put the fault's mark on it.
    Mark,
}

impl Action {
    /// Whether it answers the request, rather than have it wait.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.deed, Deed::Answer(_))
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
            dice: RandomState::new().hash_one(0),
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
    pub(super) fn fits(&self, headers: &HeaderMap) -> bool {
        let wanted = self.spec.marked_by.as_deref().is_none_or(|by| baggage::is_marked(headers, by));
        wanted && (self.spec.effect != Effect::Mark {} || baggage::has_room(headers, &self.id))
    }

    /// Takes in a request. Whether it's touched, and what's to be done to it when `may_answer` (nobody else has
    /// answered it) or the effect is no answer. Without `room` it isn't touched.
    pub(super) fn meet(&mut self, now: Instant, may_answer: bool, room: bool) -> (bool, Option<Action>) {
        self.counts.seen += 1;
        let touched = self.share.touches(now.saturating_duration_since(self.since), room);
        self.counts.touched += u64::from(touched);
        let possible = may_answer || !matches!(self.spec.effect, Effect::Error { .. });
        let acts = touched && self.rate.pick(|| possible);
        (touched, acts.then(|| self.action()))
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

    fn action(&mut self) -> Action {
        let deed = match self.spec.effect {
            Effect::Error { status } => Deed::Answer(status),
            Effect::Mark {} => Deed::Mark,
            effect => Deed::Wait(effect.delay(self.roll()), self.lease.subscribe()),
        };
        Action { id: Arc::clone(&self.id), fence: self.spec.fence, deed }
    }

    /// The next number of SplitMix64, in 0..=1.
    fn roll(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }
}

fn lease_end(now: Instant, lease_ms: u64) -> Instant {
    now + Duration::from_millis(lease_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(jitter_ms: f64) -> Fault {
        let effect = Effect::Delay { delay_ms: 100.0, jitter_ms };
        Fault::new(
            "a",
            FaultSpec {
                fence: 1,
                lease_ms: 1000,
                share: 1.0,
                rate: 1.0,
                requests_per_second: None,
                marked_by: None,
                effect,
            },
            Instant::now(),
        )
    }

    #[test]
    fn delays_fill_the_whole_range() {
        let mut fault = delay(50.0);
        let now = Instant::now();
        let delays: Vec<Duration> = (0..2000)
            .filter_map(|_| match fault.meet(now, true, true).1?.deed {
                Deed::Wait(delay, _) => Some(delay),
                Deed::Answer(_) | Deed::Mark => None,
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
