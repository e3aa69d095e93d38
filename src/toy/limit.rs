//! A limit of requests per second before a service.

use crate::base::rate::allowance;
use std::collections::VecDeque;

/// Lets only so many pass.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    /// When the last ones passed, in nanoseconds.
    passed: VecDeque<u64>,
}

impl Limit {
    /// Whether a request that comes `now` passes, with so many a second.
    pub fn lets(&mut self, per_second: f64, now: u64) -> bool {
        let (window, most) = allowance(per_second);
        let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX);
        while self.passed.front().is_some_and(|at| now - at >= window) {
            self.passed.pop_front();
        }
        let lets = self.passed.len() < most;
        if lets {
            self.passed.push_back(now);
        }
        lets
    }
}
