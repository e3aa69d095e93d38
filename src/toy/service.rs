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
    /// Workers that are there.
    there: u32,
    /// Whether none of its instances is.
    down: bool,
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
            there: of.workers,
            down: false,
            requests: 0,
        }
    }

    /// Whether a worker is free.
    pub fn has_worker(&self) -> bool {
        self.busy < self.there
    }

    /// Whether one more can wait.
    pub fn has_room(&self) -> bool {
        self.queue.len() < self.room
    }

    /// Whether nobody is there to answer.
    pub fn is_down(&self) -> bool {
        self.down
    }

    /// A share of its instances is away.
    pub fn lose(&mut self, share: f64) {
        self.there = (f64::from(self.workers) * (1.0 - share)).round() as u32;
        self.down = share >= 1.0;
    }
}
