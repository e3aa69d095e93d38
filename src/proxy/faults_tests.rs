//! The faults' lives, with a clock of the test's own.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use super::*;
use crate::proxy::effect::Effect;
use crate::proxy::fault::Deed;
use crate::proxy::spec::Match;

/// Faults with a clock that stands still until it's moved.
struct World {
    faults: Faults,
    now: Instant,
}

impl World {
    fn new() -> Self {
        Self { faults: Faults::new(), now: Instant::now() }
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    fn inject(&self, id: &str, fence: u64) -> Result<Injected, Refusal> {
        self.faults.inject(id, error(fence), self.now)
    }

    fn revert(&self, id: &str, fence: u64) -> Result<FaultView, Refusal> {
        self.faults.revert(id, fence, self.now)
    }

    fn renew(&self, id: &str, fence: u64) -> Result<FaultView, Refusal> {
        self.faults.renew(id, LeaseSpec { fence, lease_ms: 1000 }, self.now)
    }

    /// The names of the faults that act on the next request.
    fn request(&self) -> Vec<String> {
        let decision = self.faults.decide(&Request::new(()), self.now);
        decision.actions.iter().filter(|action| self.faults.claim(action, self.now)).map(|a| a.id.to_string()).collect()
    }
}

fn error(fence: u64) -> FaultSpec {
    let effect = Effect::Error { status: 503, retry_after_s: None };
    let (share, rate, matching) = (1.0, 1.0, Match::default());
    FaultSpec { fence, lease_ms: 1000, share, rate, requests_per_second: None, marked_by: None, matching, effect }
}

fn delay(fence: u64) -> FaultSpec {
    FaultSpec { effect: Effect::Delay { delay_ms: 100.0, jitter_ms: 0.0 }, ..error(fence) }
}

#[test]
fn a_fault_acts_until_its_lease_ends_to_the_moment() {
    let mut world = World::new();
    assert!(world.request().is_empty());
    assert!(matches!(world.inject("a", 1), Ok(Injected::New(view)) if view.phase == Phase::Active));
    world.pass(999);
    assert_eq!(world.request(), ["a"]);
    world.pass(1);
    assert!(world.request().is_empty());
    let view = world.faults.get("a", world.now).unwrap();
    assert_eq!((view.phase, view.seen, view.touched, view.acted), (Phase::Expired, 1, 1, 1));
}

#[test]
fn the_same_inject_again_renews_and_another_conflicts() {
    let mut world = World::new();
    world.inject("a", 1).unwrap();
    world.request();
    world.pass(600);
    assert!(matches!(world.inject("a", 1), Ok(Injected::Renewed(view)) if view.seen == 1));
    world.pass(600);
    assert_eq!(world.request(), ["a"], "renewed");
    assert_eq!(world.inject("a", 2).unwrap_err(), Refusal::OtherFence { fence: 2, active: 1 });
    let other = world.faults.inject("a", FaultSpec { rate: 0.5, ..error(1) }, world.now);
    assert_eq!(other.unwrap_err(), Refusal::OtherContent);
}

#[test]
fn an_inject_that_lands_after_its_revert_is_refused() {
    let world = World::new();
    let view = world.revert("a", 12).unwrap();
    assert_eq!((view.phase, view.fence), (Phase::Absent, 12));
    for late in [11, 12] {
        assert_eq!(world.inject("a", late).unwrap_err(), Refusal::StaleFence { fence: late, known: 12 });
    }
    assert!(world.faults.get("a", world.now).is_none());
    world.inject("a", 13).unwrap();
    assert_eq!(world.revert("a", 12).unwrap_err(), Refusal::OtherFence { fence: 12, active: 13 });
    assert_eq!(world.request(), ["a"]);
}

#[test]
fn a_revert_is_final_and_says_the_same_again() {
    let world = World::new();
    world.inject("a", 5).unwrap();
    world.request();
    let view = world.revert("a", 9).unwrap();
    assert_eq!((view.phase, view.fence, view.acted), (Phase::Reverted, 5, 1));
    assert_eq!(world.revert("a", 5).unwrap(), view);
    assert!(world.request().is_empty());
    assert_eq!(world.inject("a", 9).unwrap_err(), Refusal::StaleFence { fence: 9, known: 9 });
    assert_eq!(world.renew("a", 5).unwrap_err(), Refusal::NotActive(Phase::Reverted));
    let again = world.inject("a", 10).unwrap();
    assert!(matches!(again, Injected::New(view) if view.seen == 0));
}

#[test]
fn an_expired_fault_is_not_restarted_by_the_same_fence() {
    let mut world = World::new();
    world.inject("a", 5).unwrap();
    world.pass(1000);
    assert_eq!(world.renew("a", 5).unwrap_err(), Refusal::NotActive(Phase::Expired));
    assert_eq!(world.inject("a", 5).unwrap_err(), Refusal::Ended { fence: 5 });
    assert_eq!(world.inject("a", 4).unwrap_err(), Refusal::StaleFence { fence: 4, known: 5 });
    assert_eq!(world.revert("a", 7).unwrap().phase, Phase::Expired);
    assert!(world.inject("a", 7).is_err());
    world.inject("a", 8).unwrap();
}

#[test]
fn a_lease_is_renewed_by_its_own_fence_only() {
    let mut world = World::new();
    assert_eq!(world.renew("a", 1).unwrap_err(), Refusal::NotActive(Phase::Absent));
    world.inject("a", 3).unwrap();
    assert_eq!(world.renew("a", 2).unwrap_err(), Refusal::OtherFence { fence: 2, active: 3 });
    world.pass(900);
    assert_eq!(world.renew("a", 3).unwrap().lease_remaining_ms, 1000);
    world.pass(900);
    assert_eq!(world.request(), ["a"]);
}

#[test]
fn delays_add_up_and_the_first_error_answers() {
    let world = World::new();
    for (id, spec) in [("b", error(1)), ("c", delay(1)), ("a", delay(1)), ("d", error(1))] {
        world.faults.inject(id, spec, world.now).unwrap();
    }
    assert_eq!(world.request(), ["a", "c", "b"]);
    let second = world.faults.get("d", world.now).unwrap();
    assert_eq!((second.touched, second.acted), (1, 0), "it did not answer, so it did not act");
}

#[test]
fn an_action_whose_fault_has_ended_does_not_stand() {
    let world = World::new();
    world.faults.inject("a", delay(1), world.now).unwrap();
    world.inject("b", 1).unwrap();
    let decision = world.faults.decide(&Request::new(()), world.now);
    assert_eq!(world.revert("b", 1).unwrap().acted, 0);
    world.inject("b", 2).unwrap();
    let stands: Vec<bool> = decision.actions.iter().map(|action| world.faults.claim(action, world.now)).collect();
    assert_eq!(stands, [true, false], "the later fault of the same name is another one");
}

#[test]
fn a_revert_cuts_the_delays_under_way() {
    let world = World::new();
    world.faults.inject("a", delay(1), world.now).unwrap();
    let action = world.faults.decide(&Request::new(()), world.now).actions.pop().unwrap();
    let Deed::Wait(_, lease) = action.deed else { panic!("{action:?}") };
    assert!(!lease.is_over());
    world.revert("a", 1).unwrap();
    assert!(lease.is_over(), "nobody can move the lease any more");
}

#[test]
fn the_rate_is_kept_among_the_touched() {
    let world = World::new();
    let spec = FaultSpec { share: 0.5, rate: 0.4, ..error(1) };
    world.faults.inject("a", spec, world.now).unwrap();
    let acted = (0..10_000).filter(|_| !world.request().is_empty()).count() as u64;
    let view = world.faults.get("a", world.now).unwrap();
    assert_eq!((view.seen, view.acted), (10_000, acted));
    assert!((view.acted as f64 - 0.4 * view.touched as f64).abs() <= 1.0, "{view:?}");
}

#[test]
fn the_active_come_first_and_absent_ones_not_at_all() {
    let world = World::new();
    for id in ["a", "b", "c"] {
        world.inject(id, 1).unwrap();
    }
    world.revert("a", 1).unwrap();
    world.revert("never", 1).unwrap();
    let ids = |most| world.faults.list(most, world.now).into_iter().map(|view| view.id).collect::<Vec<_>>();
    assert_eq!(ids(usize::MAX), ["b", "c", "a"]);
    assert_eq!(ids(2), ["b", "c"]);
}

#[test]
fn there_is_a_limit_to_active_faults() {
    let world = World::new();
    for index in 0..MOST_ACTIVE {
        world.inject(&format!("f{index}"), 1).unwrap();
    }
    assert_eq!(world.inject("more", 1).unwrap_err(), Refusal::TooMany { most: MOST_ACTIVE });
    world.revert("f0", 1).unwrap();
    world.inject("more", 1).unwrap();
}

#[test]
fn after_the_close_nothing_starts() {
    let world = World::new();
    world.inject("a", 1).unwrap();
    world.faults.close(world.now);
    assert!(world.request().is_empty());
    assert_eq!(world.faults.get("a", world.now).unwrap().phase, Phase::Reverted);
    assert_eq!(world.inject("b", 1).unwrap_err(), Refusal::Closing);
}

#[test]
fn all_faults_together_keep_the_limit_of_requests() {
    let mut world = World::new();
    let limited = |fence, most| FaultSpec { requests_per_second: Some(most), lease_ms: 60_000, ..delay(fence) };
    world.faults.inject("a", limited(1, 20.0), world.now).unwrap();
    world.faults.inject("b", FaultSpec { share: 0.5, ..limited(2, 20.0) }, world.now).unwrap();
    let mut touched = Vec::new();
    for _ in 0..1000 {
        world.pass(5);
        touched.push(world.faults.decide(&Request::new(()), world.now).touched);
    }
    let most = touched.windows(200).map(|second| second.iter().filter(|it| **it).count()).max();
    assert_eq!(most, Some(20));
    assert_eq!(touched.iter().filter(|it| **it).count(), 100);
    let b = world.faults.get("b", world.now).unwrap();
    assert!(b.touched > 0 && b.touched <= 100, "{b:?}");
}

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

#[test]
fn what_does_not_fit_is_seen_and_spared() {
    let world = World::new();
    let matching = Match { path: "/cart/**".to_owned(), ..Match::default() };
    world.faults.inject("a", FaultSpec { matching, ..error(1) }, world.now).unwrap();
    for (path, touched) in
        [("/cart/1?x=/a", true), ("/carts", false), ("http://other/cart/2", true), ("/?/cart/", false)]
    {
        assert_eq!(world.faults.decide(&get(path), world.now).touched, touched, "{path}");
    }
    let view = world.faults.get("a", world.now).unwrap();
    assert_eq!((view.seen, view.touched, view.matching.path.as_str()), (4, 2, "/cart/**"));
}

#[test]
fn the_share_is_of_all_requests_also_where_few_fit() {
    let world = World::new();
    let matching = Match { path: "/cart".to_owned(), ..Match::default() };
    world.faults.inject("a", FaultSpec { share: 0.1, matching, ..error(1) }, world.now).unwrap();
    let mut touched = 0_u64;
    for seen in 1..=10_000_u64 {
        // Half of them in one stretch, one in twenty after it.
        let fits = if seen <= 2000 { true } else { seen % 20 == 0 };
        let path = if fits { "/cart" } else { "/" };
        touched += u64::from(world.faults.decide(&get(path), world.now).touched);
        assert!(touched * 10 <= seen, "{touched} of {seen}");
    }
    assert!(touched >= 190 + 399, "of those that fit all that the share has room for: {touched}");
}

#[test]
fn one_fault_ends_a_request_and_the_others_change_its_answer() {
    let world = World::new();
    for (id, effect) in [
        ("a", Effect::Corrupt { bytes: 0.1 }),
        ("b", Effect::Blackhole {}),
        ("c", Effect::Delay { delay_ms: 5.0, jitter_ms: 0.0 }),
        ("d", Effect::Error { status: 503, retry_after_s: None }),
        ("e", Effect::SlowBody { bytes_per_second: 100.0, every_ms: 100.0 }),
    ] {
        world.faults.inject(id, FaultSpec { effect, ..error(1) }, world.now).unwrap();
    }
    assert_eq!(
        world.request(),
        ["a", "c", "e", "b"],
        "the first that ends it comes last, and the other one not at all"
    );
    assert_eq!(world.faults.get("d", world.now).unwrap().acted, 0);
}
