//! A circuit breaker: stops calling a service that fails, and finds out carefully when it works again.
//!
//! Pure: it keeps no clock, the time is passed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many of the latest calls it judges by.
const WINDOW: usize = 20;

/// It opens when at least so many of these calls failed.
const TOLERATED: usize = 10;

/// How long it lets no call through once it has opened.
const REST: Duration = Duration::from_secs(1);

/// How many probes in a row have to succeed before it closes.
const CONVINCING: u32 = 3;

/// What a circuit breaker does with calls, as the figure that its gauge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Lets all calls through.
    Closed = 0,
    /// Lets one call at a time through, as a probe.
    HalfOpen = 1,
    /// Lets no call through.
    Open = 2,
}

/// The leave to make one call, to be handed back with its outcome.
#[derive(Debug)]
#[must_use = "a call that is let through has to be settled"]
pub struct Ticket {
    era: u64,
}

#[derive(Debug)]
enum State {
    /// The outcomes of the latest calls, true for a failure.
    Closed(VecDeque<bool>),
    Open {
        since: Instant,
    },
    HalfOpen {
        probing: bool,
        successes: u32,
    },
}

/// A circuit breaker for the calls to one service.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    /// Counts the changes of state. A call let through before the last change says nothing about the time since.
    era: u64,
}

impl Breaker {
    /// A closed breaker that has seen no call.
    pub fn new() -> Self {
        Self { state: State::Closed(VecDeque::new()), era: 0 }
    }

    /// Its position as of the last call.
    pub const fn position(&self) -> Position {
        match self.state {
            State::Closed(_) => Position::Closed,
            State::Open { .. } => Position::Open,
            State::HalfOpen { .. } => Position::HalfOpen,
        }
    }

    /// Asks to make a call at `now`. `None` means: do not.
    pub fn admit(&mut self, now: Instant) -> Option<Ticket> {
        if let State::Open { since } = self.state
            && now.saturating_duration_since(since) >= REST
        {
            self.become_state(State::HalfOpen { probing: false, successes: 0 });
        }
        match &mut self.state {
            State::Closed(_) => {}
            State::HalfOpen { probing, .. } if !*probing => *probing = true,
            State::HalfOpen { .. } | State::Open { .. } => return None,
        }
        Some(Ticket { era: self.era })
    }

    /// Hands a ticket back at `now`, when the call it allowed has failed or succeeded.
    pub fn settle(&mut self, ticket: Ticket, failed: bool, now: Instant) {
        if ticket.era != self.era {
            return;
        }
        match &mut self.state {
            State::Closed(outcomes) => {
                outcomes.push_back(failed);
                if outcomes.len() > WINDOW {
                    outcomes.pop_front();
                }
                if outcomes.iter().filter(|failed| **failed).count() >= TOLERATED {
                    self.become_state(State::Open { since: now });
                }
            }
            State::HalfOpen { .. } if failed => self.become_state(State::Open { since: now }),
            State::HalfOpen { probing, successes } => {
                *probing = false;
                *successes += 1;
                if *successes >= CONVINCING {
                    self.become_state(State::Closed(VecDeque::new()));
                }
            }
            State::Open { .. } => {}
        }
    }

    fn become_state(&mut self, state: State) {
        self.state = state;
        self.era += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn call(breaker: &mut Breaker, failed: bool, now: Instant) {
        let ticket = breaker.admit(now).expect("the breaker lets the call through");
        breaker.settle(ticket, failed, now);
    }

    fn open_at(now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        (0..TOLERATED).for_each(|_| call(&mut breaker, true, now));
        assert_eq!(breaker.position(), Position::Open);
        breaker
    }

    #[test]
    fn opens_when_half_of_the_window_failed() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        (0..19).for_each(|n| call(&mut breaker, n % 2 == 1, now));
        assert_eq!(breaker.position(), Position::Closed);
        call(&mut breaker, true, now);
        assert_eq!(breaker.position(), Position::Open);
    }

    #[test]
    fn forgets_failures_older_than_the_window() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..5 {
            (0..9).for_each(|_| call(&mut breaker, true, now));
            (0..WINDOW).for_each(|_| call(&mut breaker, false, now));
        }
        assert_eq!(breaker.position(), Position::Closed);
    }

    #[test]
    fn lets_nothing_through_while_it_rests() {
        let now = Instant::now();
        let mut breaker = open_at(now);
        assert!(breaker.admit(now + REST - Duration::from_millis(1)).is_none());
        assert_eq!(breaker.position(), Position::Open);
    }

    #[test]
    fn probes_one_at_a_time_and_closes_after_three_successes() {
        let now = Instant::now();
        let later = now + REST;
        let mut breaker = open_at(now);
        for _ in 0..CONVINCING {
            let probe = breaker.admit(later).expect("a probe");
            assert_eq!(breaker.position(), Position::HalfOpen);
            assert!(breaker.admit(later).is_none(), "a second probe at the same time");
            breaker.settle(probe, false, later);
        }
        assert_eq!(breaker.position(), Position::Closed);
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_rest() {
        let now = Instant::now();
        let later = now + REST;
        let mut breaker = open_at(now);
        call(&mut breaker, false, later);
        call(&mut breaker, true, later);
        assert_eq!(breaker.position(), Position::Open);
        assert!(breaker.admit(later + REST - Duration::from_millis(1)).is_none());
        assert!(breaker.admit(later + REST).is_some());
    }

    #[test]
    fn calls_from_before_a_change_do_not_count() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        let straggler = breaker.admit(now).expect("a call");
        let other = breaker.admit(now).expect("a call");
        (0..TOLERATED).for_each(|_| call(&mut breaker, true, now));
        let probe = breaker.admit(now + REST).expect("a probe");
        breaker.settle(straggler, true, now + REST);
        assert_eq!(breaker.position(), Position::HalfOpen);
        breaker.settle(other, false, now + REST);
        assert!(breaker.admit(now + REST).is_none(), "the probe is still under way");
        breaker.settle(probe, false, now + REST);
    }
}
