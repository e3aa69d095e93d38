//! A line: from a caller, or from outside, to a service. Timeouts, pools and breakers belong to it.

use super::breaker::Breaker;
use super::visit::VisitId;
use crate::types::toy::{Call, DEFAULT_TIMEOUT};
use std::collections::VecDeque;

/// A line with what goes on in it. Times are nanoseconds.
#[derive(Clone, Debug)]
pub struct Line {
    /// The caller; none: from outside.
    pub from: Option<usize>,
    /// The called service.
    pub to: usize,
    /// The share of the caller's requests that call; from outside, requests per second.
    pub share: f64,
    pub timeout: u64,
    pub retries: u32,
    pub after: u64,
    pub tolerated: bool,
    pub breaker: Option<Breaker>,
    /// How many calls can be open at once.
    pub pool: u32,
    /// How many are.
    pub open: u32,
    /// Calls that wait until one of them ends.
    pub waiting: VecDeque<VisitId>,
    /// When callers give up; in order, since all wait as long.
    pub deadlines: VecDeque<(u64, VisitId)>,
}

impl Line {
    pub fn outside(to: usize, rate: f64) -> Self {
        Self::plain(None, to, rate, DEFAULT_TIMEOUT)
    }

    pub fn of(from: usize, call: &Call) -> Self {
        Self {
            retries: call.retries,
            after: nanos(call.after),
            tolerated: call.tolerated,
            breaker: call.breaker.as_ref().map(Breaker::new),
            pool: call.pool.unwrap_or(u32::MAX),
            ..Self::plain(Some(from), call.to, call.share, call.timeout)
        }
    }

    fn plain(from: Option<usize>, to: usize, share: f64, timeout: f64) -> Self {
        Self {
            from,
            to,
            share,
            timeout: nanos(timeout),
            retries: 0,
            after: 0,
            tolerated: false,
            breaker: None,
            pool: u32::MAX,
            open: 0,
            waiting: VecDeque::new(),
            deadlines: VecDeque::new(),
        }
    }
}

pub fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}
