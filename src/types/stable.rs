//! Whether a toy system can go on for ever while nothing is wrong with it.
//!
//! Each service is a queue with several servers (M/M/c; A. K. Erlang, 1917): requests come at random, each takes an
//! exponentially distributed time, and as long as fewer come than the workers can do, the mean wait is known. A worker
//! stays busy while it waits for what it calls, so a slow callee takes workers from its callers: the time of a request
//! is computed from the callees up. How many are busy follows from rate and time (J. D. C. Little, 1961).
//!
//! What retries add depends on how many calls fail, and that on what they add. The values are therefore raised from
//! those of an empty system until nothing changes any more: what is found is the lowest load that can last.

use super::toy::{Call, Model, Modelled};
use crate::base::{Span, unit};
use std::fmt;

/// Requests per second, in all services together, up to which a model is simulated while nothing is wrong.
pub const MOST_REQUESTS: f64 = 20_000.0;

/// Requests per second, in all services together, that there may be when every call fails and is made again.
pub const MOST_AT_WORST: f64 = 1_000_000.0;

/// How often the values are raised. A model that has not settled then is so near its capacity that it has no use.
const ROUNDS: usize = 500;

/// The share of answers that may come too late while nothing is wrong.
const LATE: f64 = 0.5;

/// The load of a service while nothing is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests per second.
    pub comes: f64,
    /// Seconds that a worker is busy with one.
    pub holds: f64,
    /// Seconds from a request to its answer: what it waits for a worker, and what the worker takes.
    pub answers: f64,
    /// The share that fails.
    pub fails: f64,
}

/// Why a model has no stable point.
#[derive(Clone, Debug, PartialEq)]
pub enum Unstable {
    /// More requests come than the workers can do.
    Overload {
        /// The service.
        service: String,
        /// Requests per second that come.
        comes: f64,
        /// Requests per second that it can do.
        can: f64,
        /// So many workers suffice.
        workers: f64,
        /// Where the service is written.
        span: Span,
    },
    /// More calls are made than the pool can carry.
    Pool {
        /// Caller and called.
        between: (String, String),
        /// Calls per second that are made.
        comes: f64,
        /// Calls per second that it can carry.
        can: f64,
        /// So many connections suffice.
        connections: f64,
        /// Where the pool is written.
        span: Span,
    },
    /// Most answers come too late.
    Late {
        /// Caller and called.
        between: (String, String),
        /// Seconds until the caller gives up.
        timeout: f64,
        /// Seconds that an answer takes.
        answers: f64,
        /// Where the timeout is written.
        span: Span,
    },
    /// Calls go in a circle, and every request makes more of itself.
    Endless {
        /// A service of the circle.
        service: String,
        /// Where it is written.
        span: Span,
    },
    /// There is more to compute than a test has time for.
    Busy {
        /// Requests per second.
        comes: f64,
        /// How many there may be.
        most: f64,
        /// Where the model is written.
        span: Span,
    },
}

impl fmt::Display for Unstable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |value: f64| format!("{}/s", short(value));
        match self {
            Unstable::Overload { service, comes, can, .. } => {
                write!(f, "more comes to `{service}` than it can do: {} of {}", rate(*comes), rate(*can))
            }
            Unstable::Pool { between: (from, to), comes, can, .. } => {
                let (comes, can) = (rate(*comes), rate(*can));
                write!(f, "the pool from `{from}` to `{to}` is too small: {comes} calls of {can}")
            }
            Unstable::Late { between: (from, to), timeout, answers, .. } => {
                let (timeout, answers) = (unit::show_duration(*timeout), unit::show_duration(rounded(*answers)));
                write!(f, "`{from}` gives up after {timeout}, but `{to}` takes {answers} when nothing is wrong")
            }
            Unstable::Endless { service, .. } => {
                write!(f, "a request to `{service}` comes back to it without end")
            }
            Unstable::Busy { comes, .. } if !comes.is_finite() => {
                f.write_str("when every call fails and is made again, there is no end of them")
            }
            Unstable::Busy { comes, most, .. } => {
                write!(f, "{} requests are more than a test computes: at most {}", rate(*comes), rate(*most))
            }
        }
    }
}

impl Unstable {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Unstable::Overload { span, .. } | Unstable::Pool { span, .. } | Unstable::Late { span, .. } => *span,
            Unstable::Endless { span, .. } | Unstable::Busy { span, .. } => *span,
        }
    }

    /// What would mend it.
    pub fn help(&self) -> String {
        match self {
            Unstable::Overload { service, workers, can, .. } => {
                let fewer = short(can * 0.8);
                let enough = format!("service {service} {{ workers {workers} }}");
                format!("write `{enough}`, a shorter `takes`, or let no more than {fewer}/s come to it")
            }
            Unstable::Pool { connections, between: (_, to), .. } => format!("write `pool {connections} to {to}`"),
            Unstable::Late { answers, between: (_, to), .. } => {
                let enough = unit::show_duration(rounded(answers * 4.0));
                format!("write `timeout {enough} to {to}`, or a shorter `takes`")
            }
            Unstable::Endless { .. } => "say that only some requests go on: `calls 10% to …`".to_owned(),
            Unstable::Busy { .. } => {
                "let fewer arrive, with as many workers fewer, or retry less: what matters is their ratio".to_owned()
            }
        }
    }
}

/// Three digits.
fn short(value: f64) -> String {
    unit::show_number(rounded(value))
}

fn rounded(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(2 - value.log10().floor() as i32);
    (value * scale).round() / scale
}

/// The load of each service while nothing is wrong.
///
/// # Errors
/// Why there is none that lasts.
pub fn load(model: &Model) -> Result<Vec<Load>, Unstable> {
    bounded(model)?;
    let mut now: Vec<Load> = model.services.iter().map(empty).collect();
    for _ in 0..ROUNDS {
        let next = raised(model, &now);
        overloaded(model, &next)?;
        let still = now.iter().zip(&next).all(|(a, b)| near(a.comes, b.comes) && near(a.answers, b.answers));
        let quiet = now.iter().zip(&next).all(|(a, b)| near(a.fails, b.fails));
        now = next;
        if still && quiet {
            break;
        }
    }
    late(model, &now)?;
    let comes = now.iter().map(|it| it.comes).sum::<f64>();
    if comes > MOST_REQUESTS {
        return Err(Unstable::Busy { comes, most: MOST_REQUESTS, span: model.span });
    }
    Ok(now)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1e-9)
}

fn empty(service: &Modelled) -> Load {
    Load { comes: service.arrivals, holds: service.takes, answers: service.takes, fails: service.fails }
}

/// The share of single calls that fail or come too late.
pub fn failing(call: &Call, to: &Load) -> f64 {
    let late = if to.answers > 0.0 { (-call.timeout / to.answers).exp() } else { 0.0 };
    1.0 - (1.0 - to.fails) * (1.0 - late)
}

/// Calls for each request that calls, with those that are made again: 1 + p + p² + …
pub fn attempts(call: &Call, failing: f64) -> f64 {
    (0..=call.retries).map(|again| failing.powi(i32::try_from(again).unwrap_or(i32::MAX))).sum()
}

/// One round: every value from those of the round before.
fn raised(model: &Model, now: &[Load]) -> Vec<Load> {
    let mut next: Vec<Load> = model.services.iter().map(empty).collect();
    for (at, service) in model.services.iter().enumerate() {
        let mut well = 1.0 - service.fails;
        for call in &service.calls {
            let to = &now[call.to];
            let fails = failing(call, to);
            let made = call.share * attempts(call, fails);
            next[call.to].comes += now[at].comes * made;
            next[at].holds += made * to.answers.min(call.timeout) + (made - call.share) * call.after;
            let lost = fails.powi(i32::try_from(call.retries + 1).unwrap_or(i32::MAX));
            well *= if call.tolerated { 1.0 } else { 1.0 - call.share * lost };
        }
        next[at].fails = 1.0 - well;
    }
    for (service, load) in model.services.iter().zip(&mut next) {
        load.answers = load.holds + wait(f64::from(service.workers), load.comes, load.holds);
    }
    next
}

/// The mean wait for one of `servers`, in seconds (Erlang's C); without end where more comes than they can do.
pub fn wait(servers: f64, comes: f64, holds: f64) -> f64 {
    let busy = comes * holds;
    if busy >= servers {
        return f64::INFINITY;
    }
    // Ten standard deviations above the mean nobody waits, and nothing has to be computed.
    if servers > busy + 10.0 * busy.sqrt() + 10.0 {
        return 0.0;
    }
    // Erlang's B, server by server: the share that would find all of them busy if none could wait.
    let mut blocked = 1.0;
    let mut server = 1.0;
    while server <= servers {
        blocked = busy * blocked / (server + busy * blocked);
        server += 1.0;
    }
    let waits = blocked / (1.0 - busy / servers * (1.0 - blocked));
    waits * holds / (servers - busy)
}

/// No worker is asked for more than it can do. What is called comes before its callers: there is the cause.
fn overloaded(model: &Model, loads: &[Load]) -> Result<(), Unstable> {
    let is_over = |at: usize| !loads[at].answers.is_finite();
    let cause = |at: &usize| !model.services[*at].calls.iter().any(|call| call.to != *at && is_over(call.to));
    let over: Vec<usize> = (0..loads.len()).filter(|at| is_over(*at)).collect();
    if let Some(at) = over.iter().copied().find(cause).or(over.first().copied()) {
        let (service, load) = (&model.services[at], &loads[at]);
        return Err(Unstable::Overload {
            service: service.name.clone(),
            comes: load.comes,
            can: f64::from(service.workers) / load.holds,
            workers: (load.comes * load.holds * 1.25).floor() + 1.0,
            span: service.span,
        });
    }
    for (service, load) in model.services.iter().zip(loads) {
        for call in &service.calls {
            pooled(model, service, load, call, &loads[call.to])?;
        }
    }
    Ok(())
}

fn pooled(model: &Model, service: &Modelled, load: &Load, call: &Call, to: &Load) -> Result<(), Unstable> {
    let Some(pool) = call.pool else { return Ok(()) };
    let comes = load.comes * call.share * attempts(call, failing(call, to));
    let held = to.answers.min(call.timeout);
    if comes * held < f64::from(pool) {
        return Ok(());
    }
    let between = (service.name.clone(), model.services[call.to].name.clone());
    let connections = (comes * held * 1.25).floor() + 1.0;
    Err(Unstable::Pool { between, comes, can: f64::from(pool) / held, connections, span: call.span })
}

fn late(model: &Model, loads: &[Load]) -> Result<(), Unstable> {
    for service in &model.services {
        for call in &service.calls {
            let answers = loads[call.to].answers;
            if (-call.timeout / answers).exp() > LATE {
                let between = (service.name.clone(), model.services[call.to].name.clone());
                return Err(Unstable::Late { between, timeout: call.timeout, answers, span: call.span });
            }
        }
    }
    Ok(())
}

/// Calls do not multiply without end, and what they can come to is computed in a test's time.
fn bounded(model: &Model) -> Result<(), Unstable> {
    let arrivals: Vec<f64> = model.services.iter().map(|it| it.arrivals).collect();
    let flow = |each: &dyn Fn(&Call) -> f64| {
        let mut now = arrivals.clone();
        for _ in 0..ROUNDS {
            let mut next = arrivals.clone();
            for (at, service) in model.services.iter().enumerate() {
                service.calls.iter().for_each(|call| next[call.to] += now[at] * each(call));
            }
            let still = now.iter().zip(&next).all(|(a, b)| near(*a, *b));
            now = next;
            if still || now.iter().any(|rate| !rate.is_finite()) {
                break;
            }
        }
        now
    };
    let plain = flow(&|call| call.share);
    let total: f64 = plain.iter().sum();
    let ends = flow_ends(model, &plain, &arrivals);
    if let Some(at) = ends {
        let service = &model.services[at];
        return Err(Unstable::Endless { service: service.name.clone(), span: service.span });
    }
    let worst: f64 = flow(&|call| call.share * f64::from(call.retries + 1)).iter().sum();
    if total > MOST_REQUESTS {
        return Err(Unstable::Busy { comes: total, most: MOST_REQUESTS, span: model.span });
    }
    if worst > MOST_AT_WORST || worst.is_nan() {
        return Err(Unstable::Busy { comes: worst, most: MOST_AT_WORST, span: model.span });
    }
    Ok(())
}

/// A service to which ever more comes, if there is one: the flow has not settled.
fn flow_ends(model: &Model, settled: &[f64], arrivals: &[f64]) -> Option<usize> {
    let mut next = arrivals.to_vec();
    for (at, service) in model.services.iter().enumerate() {
        service.calls.iter().for_each(|call| next[call.to] += settled[at] * call.share);
    }
    (0..next.len()).find(|at| !next[*at].is_finite() || (next[*at] - settled[*at]) > 1e-6 * settled[*at])
}
