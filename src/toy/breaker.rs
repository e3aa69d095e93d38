//! A circuit breaker (M. Nygard, Release It!, 2007): closed, open, half open.

use crate::types::toy;
use std::collections::VecDeque;

/// Of fewer calls than this a share says nothing, and the breaker stays closed.
pub const LEAST_CALLS: u32 = 20;

/// Into so many parts the time is divided over which calls count.
const PARTS: u64 = 10;

/// One breaker of one line.
#[derive(Clone, Debug)]
pub struct Breaker {
    share: f64,
    part: u64,
    rests: u64,
    /// Number of a part of time, calls, failures.
    counted: VecDeque<(u64, u32, u32)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    OpenUntil(u64),
    /// One call is through, to try.
    Trying,
}

impl Breaker {
    pub fn new(of: &toy::Breaker) -> Self {
        let part = ((of.over * 1e9) as u64 / PARTS).max(1);
        let rests = (of.rests * 1e9) as u64;
        Self { share: of.share, part, rests, counted: VecDeque::new(), state: State::Closed }
    }

    /// Whether a call may be made now. The first one after the rest may, and decides.
    pub fn lets(&mut self, now: u64) -> bool {
        match self.state {
            State::Closed => true,
            State::OpenUntil(end) if now >= end => {
                self.state = State::Trying;
                true
            }
            State::OpenUntil(_) | State::Trying => false,
        }
    }

    /// What became of a call that was let.
    pub fn learns(&mut self, now: u64, ok: bool) {
        match self.state {
            State::Closed => self.counts(now, ok),
            State::Trying if ok => {
                self.counted.clear();
                self.state = State::Closed;
            }
            State::Trying => self.state = State::OpenUntil(now + self.rests),
            State::OpenUntil(_) => {} // of a call from before it opened
        }
    }

    fn counts(&mut self, now: u64, ok: bool) {
        let part = now / self.part;
        match self.counted.back_mut() {
            Some(last) if last.0 == part => (last.1, last.2) = (last.1 + 1, last.2 + u32::from(!ok)),
            _ => self.counted.push_back((part, 1, u32::from(!ok))),
        }
        while self.counted.front().is_some_and(|first| first.0 + PARTS <= part) {
            self.counted.pop_front();
        }
        if ok {
            return;
        }
        let (calls, failed) = self.counted.iter().fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
        if calls >= LEAST_CALLS && f64::from(failed) >= self.share * f64::from(calls) {
            self.state = State::OpenUntil(now + self.rests);
        }
    }

    /// Whether it lets nothing through.
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn breaker() -> Breaker {
        Breaker::new(&toy::Breaker { share: 0.5, over: 10.0, rests: 5.0 })
    }

    #[test]
    fn it_opens_at_its_share_of_enough_calls() {
        let mut breaker = breaker();
        (0..19).for_each(|at| breaker.learns(at, false));
        assert!(breaker.lets(20));
        breaker.learns(20, false);
        assert!(!breaker.lets(21) && breaker.is_open());
    }

    #[test]
    fn it_stays_closed_below_its_share() {
        let mut breaker = breaker();
        (0..1000).for_each(|at| breaker.learns(at, at % 5 != 0 && at % 5 != 1));
        assert!(breaker.lets(1000), "40% of failures");
    }

    #[test]
    fn old_calls_count_no_more() {
        let mut breaker = breaker();
        (0..15).for_each(|at| breaker.learns(at, false));
        (0..10).for_each(|at| breaker.learns(12 * SECOND + at, false));
        assert!(breaker.lets(12 * SECOND + 20));
    }

    #[test]
    fn one_call_decides_after_the_rest() {
        let mut breaker = breaker();
        (0..20).for_each(|_| breaker.learns(0, false));
        assert!(!breaker.lets(5 * SECOND - 1));
        assert!(breaker.lets(5 * SECOND) && !breaker.lets(5 * SECOND + 1));
        breaker.learns(6 * SECOND, false);
        assert!(!breaker.lets(11 * SECOND - 1) && breaker.lets(11 * SECOND));
        breaker.learns(11 * SECOND, true);
        assert!(!breaker.is_open() && breaker.lets(11 * SECOND));
    }
}
