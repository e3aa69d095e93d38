//! Toy systems: what a `model` says of a system's services once it is understood. What they do in time: the layer `toy`.

use super::term::MetricId;
use crate::base::Span;
use std::collections::BTreeMap;

/// How many work at once in a service of which nothing is said.
pub const DEFAULT_WORKERS: u32 = 10;
/// A service's own time for a request, in seconds.
pub const DEFAULT_TAKES: f64 = 0.01;
/// How many requests may wait for a worker.
pub const DEFAULT_QUEUE: u32 = 100;
/// How long an answer is waited for, in seconds; by whoever calls from outside, always.
pub const DEFAULT_TIMEOUT: f64 = 30.0;

/// A toy system.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name; of one that is written in a test, the test's.
    pub name: String,
    /// The system's name.
    pub system: String,
    /// All services of the system, in its order.
    pub services: Vec<Modelled>,
    /// What metrics show. Of one that is not in it, the model says nothing.
    pub shows: BTreeMap<MetricId, Shown>,
    /// Its name's place.
    pub span: Span,
}

impl Model {
    /// The place of a service in the list.
    pub fn index(&self, service: &str) -> Option<usize> {
        self.services.iter().position(|it| it.name == service)
    }
}

/// A service of a toy system.
#[derive(Clone, Debug, PartialEq)]
pub struct Modelled {
    /// Its name.
    pub name: String,
    /// Requests per second that come from outside.
    pub arrivals: f64,
    /// How many requests are worked on at once, in all its instances; 1 to 10,000.
    pub workers: u32,
    /// The mean of its own time for a request, in seconds, without what it waits for.
    pub takes: f64,
    /// How many requests may wait for a worker; one more is turned away.
    pub queue: u32,
    /// The share of requests that fail by themselves.
    pub fails: f64,
    /// Processes among which the workers are spread.
    pub instances: u32,
    /// Whom a request calls, one after the other.
    pub calls: Vec<Call>,
    /// Where it is written; the model's name where nothing is said of it.
    pub span: Span,
}

/// How a service calls another.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The called service's place in the model's list.
    pub to: usize,
    /// The share of requests that call it.
    pub share: f64,
    /// Seconds after which it gives up.
    pub timeout: f64,
    /// How often a failed call is made again; 0 to 10.
    pub retries: u32,
    /// Seconds before that.
    pub after: f64,
    /// What stops calls that fail anyway.
    pub breaker: Option<Breaker>,
    /// How many calls it can have open at once; none: any number.
    pub pool: Option<u32>,
    /// Whether a request succeeds without its answer.
    pub tolerated: bool,
    /// Where something is said of it; the service where nothing is.
    pub span: Span,
}

/// `breaker 50% over 10s rests 5s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// The share of calls that must have failed.
    pub share: f64,
    /// Over how many seconds they count.
    pub over: f64,
    /// For how many seconds it lets none through.
    pub rests: f64,
}

/// What a metric shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What.
    pub measure: Measure,
    /// The service's place in the model's list.
    pub service: usize,
}

/// What can be seen of a service, from in front of it: as its callers and a proxy between see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The share of requests that were answered well.
    Success,
    /// The share of requests that were not.
    Errors,
    /// From a request to its answer, or until its caller gave up.
    Latency,
    /// Requests that came.
    Requests,
    /// Requests that were not answered well.
    Failures,
    /// Calls that it made again.
    Retried,
    /// Requests that wait for a worker.
    Waiting,
    /// Workers that are not free.
    Busy,
    /// Breakers in front of what it calls that let nothing through.
    Open,
}

impl Measure {
    /// All with their words.
    pub const ALL: &'static [(&'static str, Measure)] = &[
        ("success", Measure::Success),
        ("errors", Measure::Errors),
        ("latency", Measure::Latency),
        ("requests", Measure::Requests),
        ("failures", Measure::Failures),
        ("retries", Measure::Retried),
        ("queue", Measure::Waiting),
        ("busy", Measure::Busy),
        ("open", Measure::Open),
    ];

    /// The one with this word.
    pub fn named(word: &str) -> Option<Measure> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, measure)| *measure)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, measure)| *measure == self).map_or("", |(word, _)| word)
    }
}
