//! A service: workers, and those who wait for one.

use super::line::nanos;
use super::visit::VisitId;
use crate::types::toy::Modelled;
use std::collections::VecDeque;

/// A service with what goes on in it.
#[derive(Clone, Debug)]
pub struct Service {
    pub name: String,
    /// The mean of its own time, in nanoseconds.
    pub takes: f64,
    pub fails: f64,
    workers: u32,
    pub instances: u32,
    room: usize,
    /// The lines by which it calls others.
    pub calls: Vec<u32>,
    /// Workers that are not free.
    pub busy: u32,
    /// Who waits for a worker, in order.
    pub queue: VecDeque<VisitId>,
    /// The share of its instances that is away.
    pub away: f64,
    /// Requests that came so far.
    pub requests: u64,
}

impl Service {
    pub fn new(of: &Modelled) -> Self {
        Self {
            name: of.name.clone(),
            takes: nanos(of.takes) as f64,
            fails: of.fails,
            workers: of.workers,
            instances: of.instances,
            room: of.queue as usize,
            calls: Vec::new(),
            busy: 0,
            queue: VecDeque::new(),
            away: 0.0,
            requests: 0,
        }
    }

    /// Whether a worker is free.
    pub fn has_worker(&self) -> bool {
        f64::from(self.busy) < (f64::from(self.workers) * (1.0 - self.away)).round()
    }

    /// Whether one more can wait.
    pub fn has_room(&self) -> bool {
        self.queue.len() < self.room
    }

    /// Whether nobody is there to answer.
    pub fn is_down(&self) -> bool {
        self.away >= 1.0
    }
}
