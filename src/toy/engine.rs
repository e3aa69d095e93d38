//! The course of events.

use super::chance::Chance;
use super::fault::{Effect, FaultInForce};
use super::history::History;
use super::limit::Limit;
use super::line::{Line, nanos};
use super::service::Service;
use super::visit::{State, VisitId, Visits};
use crate::base::Instant;
use crate::types::toy::Model;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// What happens at a moment.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A request comes from outside.
    Arrives(u32),
    /// A delayed request comes to its service.
    Comes(VisitId),
    /// A worker is done with its own part.
    Worked(VisitId),
    /// A call is made again.
    Again(VisitId),
    /// Somebody may give up.
    Patience(u32),
}

/// An event with its moment and its number: of two at one moment the earlier one comes first.
#[derive(Clone, Copy, Debug)]
struct Due {
    order: u128,
    event: Event,
}

impl Due {
    fn moment(&self) -> u64 {
        (self.order >> 64) as u64
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The greatest is what comes next.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        other.order.cmp(&self.order)
    }
}

/// What follows at the same moment.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// A request gets a connection.
    Connected(VisitId),
    /// A caller learns what became of a call by a line.
    Learns { caller: VisitId, line: u32, ok: bool, again: bool },
}

/// What a fault did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub seen: u64,
    pub acted: u64,
}

/// A fault in force, with its target's place.
#[derive(Clone, Debug)]
struct Active {
    service: usize,
    fault: FaultInForce,
    counted: Counted,
    limit: Limit,
}

/// Everything that goes on.
#[derive(Clone, Debug)]
pub struct Engine {
    now: u64,
    events: BinaryHeap<Due>,
    /// Events so far.
    count: u64,
    next: VecDeque<Next>,
    services: Vec<Service>,
    lines: Vec<Line>,
    visits: Visits,
    active: Vec<Active>,
    chance: Chance,
    pub history: History,
    /// What faults did, by their names.
    pub faults: BTreeMap<String, Counted>,
}

impl Engine {
    pub fn new(model: &Model, seed: u64) -> Self {
        let mut engine = Self {
            now: 0,
            events: BinaryHeap::new(),
            count: 0,
            next: VecDeque::new(),
            services: model.services.iter().map(Service::new).collect(),
            lines: Vec::new(),
            visits: Visits::default(),
            active: Vec::new(),
            chance: Chance::new(seed),
            history: History::new(model.services.len()),
            faults: BTreeMap::new(),
        };
        for (at, service) in model.services.iter().enumerate() {
            for call in &service.calls {
                engine.services[at].calls.push(engine.lines.len() as u32);
                engine.lines.push(Line::of(at, call));
            }
            if service.arrivals > 0.0 {
                engine.lines.push(Line::outside(at, service.arrivals));
                engine.arrival(engine.lines.len() as u32 - 1);
            }
        }
        engine
    }

    /// The present, in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    pub fn requests(&self, service: &str) -> u64 {
        self.services.iter().find(|it| it.name == service).map_or(0, |it| it.requests)
    }

    /// Lets events happen up to `until`, which the history calls `at`.
    pub fn advance(&mut self, until: u64, faults: &[FaultInForce], at: Instant) {
        if until <= self.now {
            return;
        }
        self.feel(faults);
        while self.events.peek().is_some_and(|due| due.moment() <= until) {
            let Some(due) = self.events.pop() else { break };
            self.now = due.moment();
            self.happens(due.event);
            while let Some(next) = self.next.pop_front() {
                self.follows(next);
            }
        }
        self.now = until;
        self.count_faults();
        let lines = &self.lines;
        let open = |it: &Service| {
            let breakers = it.calls.iter().filter_map(|line| lines[*line as usize].breaker.as_ref());
            breakers.filter(|breaker| breaker.is_open()).count() as f64
        };
        let ends = self.services.iter().map(|it| (it.queue.len() as f64, f64::from(it.busy), open(it)));
        self.history.close(at, ends);
    }

    fn at(&mut self, moment: u64, event: Event) {
        let order = (u128::from(moment) << 64) | u128::from(self.count);
        self.events.push(Due { order, event });
        self.count += 1;
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives(line) => {
                self.call(line, None);
                self.arrival(line);
            }
            Event::Comes(visit) => self.comes(visit),
            Event::Worked(visit) => self.worked(visit),
            Event::Again(visit) => self.goes_on(visit),
            Event::Patience(line) => self.patience(line),
        }
    }

    fn follows(&mut self, next: Next) {
        match next {
            Next::Connected(visit) => self.sent(visit),
            Next::Learns { caller, line, ok, again } => self.learns(caller, line, ok, again),
        }
    }

    fn arrival(&mut self, line: u32) {
        let gap = self.chance.exponential(1e9 / self.lines[line as usize].share);
        self.at(self.now + gap, Event::Arrives(line));
    }

    /// A call is made, if a breaker lets it, as soon as there is a connection for it.
    fn call(&mut self, at: u32, caller: Option<VisitId>) {
        let now = self.now;
        let line = &mut self.lines[at as usize];
        if line.breaker.as_mut().is_some_and(|breaker| !breaker.lets(now)) {
            if let Some(caller) = caller {
                self.next.push_back(Next::Learns { caller, line: at, ok: false, again: false });
            }
            return;
        }
        let visit = self.visits.begin(at, caller);
        let deadline = now + line.timeout;
        let first = line.deadlines.is_empty();
        line.deadlines.push_back((deadline, visit));
        let connected = line.open < line.pool;
        if !connected {
            line.waiting.push_back(visit);
        }
        if first {
            self.at(deadline, Event::Patience(at));
        }
        if connected {
            self.lines[at as usize].open += 1;
            self.sent(visit);
        }
    }

    /// A request leaves its caller, and meets the faults before the service.
    fn sent(&mut self, id: VisitId) {
        let now = self.now;
        let Some(visit) = self.visits.get(id) else { return };
        (visit.came, visit.state) = (now, State::Sent);
        let to = self.lines[visit.line as usize].to;
        self.services[to].requests += 1;
        let (affected, spoilt, met) = self.meets(to);
        self.history.came(to, affected);
        let down = self.services[to].is_down();
        let Some(visit) = self.visits.get(id) else { return };
        (visit.affected, visit.spoilt) = (affected, spoilt);
        match met {
            Met::Fails => self.ends(id, false),
            Met::IsLost => visit.state = State::Lost,
            Met::Passes(0) if down => self.ends(id, false),
            Met::Passes(0) => self.comes(id),
            Met::Passes(later) => self.at(now + later, Event::Comes(id)),
        }
    }

    /// What the faults before a service do to a request: whether one selects it, or spoils its answer.
    fn meets(&mut self, service: usize) -> (bool, bool, Met) {
        let (mut affected, mut spoilt, mut met) = (false, false, Met::Passes(0));
        for active in self.active.iter_mut().filter(|it| it.service == service) {
            active.counted.seen += 1;
            if !self.chance.happens(active.fault.touches) {
                continue;
            }
            affected = true;
            if !self.chance.happens(active.fault.acts) {
                continue;
            }
            if let (Effect::Limit(per_second), Met::Passes(_)) = (active.fault.effect, met)
                && active.limit.lets(per_second, self.now)
            {
                continue;
            }
            active.counted.acted += 1;
            spoilt |= active.fault.effect == Effect::Spoil;
            met = match (met, active.fault.effect) {
                (Met::Passes(_), Effect::Fail | Effect::Limit(_)) => Met::Fails,
                (Met::Passes(_), Effect::Lose) => Met::IsLost,
                (Met::Passes(later), Effect::Delay(low, high)) => {
                    Met::Passes(later + nanos(self.chance.between(low, high)))
                }
                (met, _) => met,
            };
        }
        (affected, spoilt, met)
    }

    /// A request comes to its service. One whose caller gave up on the way does not.
    fn comes(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        if visit.answered {
            self.visits.end(id);
            return;
        }
        let service = &mut self.services[self.lines[visit.line as usize].to];
        if service.is_down() || !(service.has_worker() || service.has_room()) {
            self.ends(id, false);
        } else if service.has_worker() {
            self.begins(id);
        } else {
            visit.state = State::Queued;
            service.queue.push_back(id);
        }
    }

    fn begins(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        visit.state = State::Working;
        let service = &mut self.services[self.lines[visit.line as usize].to];
        service.busy += 1;
        let takes = self.chance.exponential(service.takes);
        self.at(self.now + takes, Event::Worked(id));
    }

    fn worked(&mut self, id: VisitId) {
        let Some(visit) = self.visits.get(id) else { return };
        let fails = self.services[self.lines[visit.line as usize].to].fails;
        if self.chance.happens(fails) {
            self.finishes(id, false);
        } else {
            self.goes_on(id);
        }
    }

    /// A request makes the next of its calls; without one it is done.
    fn goes_on(&mut self, id: VisitId) {
        while let Some(visit) = self.visits.get(id) {
            let service = &self.services[self.lines[visit.line as usize].to];
            let Some(call) = service.calls.get(visit.step as usize).copied() else {
                self.finishes(id, true);
                return;
            };
            // Of a call that is made again it is decided already.
            if visit.tries > 0 || self.chance.happens(self.lines[call as usize].share) {
                self.call(call, Some(id));
                return;
            }
            visit.step += 1;
        }
    }

    fn learns(&mut self, caller: VisitId, line: u32, ok: bool, again: bool) {
        let Some(visit) = self.visits.get(caller) else { return };
        let by = &self.lines[line as usize];
        if !ok && again && visit.tries < by.retries {
            visit.tries += 1;
            let moment = self.now + by.after;
            self.history.retried(by.from.unwrap_or(by.to));
            self.at(moment, Event::Again(caller));
        } else if ok || by.tolerated {
            (visit.step, visit.tries) = (visit.step + 1, 0);
            self.goes_on(caller);
        } else {
            self.finishes(caller, false);
        }
    }

    /// A worker is free again.
    fn finishes(&mut self, id: VisitId, ok: bool) {
        let Some(visit) = self.visits.get(id) else { return };
        let to = self.lines[visit.line as usize].to;
        self.services[to].busy -= 1;
        self.ends(id, ok);
        self.serve(to);
    }

    /// Workers that are free take what waits.
    fn serve(&mut self, at: usize) {
        while self.services[at].has_worker() {
            let Some(next) = self.services[at].queue.pop_front() else { return };
            self.begins(next);
        }
    }

    /// A request is over, and whoever waits for it learns.
    fn ends(&mut self, id: VisitId, ok: bool) {
        self.answers(id, ok);
        self.visits.end(id);
    }

    /// The caller has its answer, or has given up. Once.
    fn answers(&mut self, id: VisitId, ok: bool) {
        let now = self.now;
        let Some(visit) = self.visits.get(id).filter(|visit| !visit.answered) else { return };
        visit.answered = true;
        let visit = *visit;
        let ok = ok && !visit.spoilt;
        let line = &mut self.lines[visit.line as usize];
        if let Some(breaker) = &mut line.breaker {
            breaker.learns(now, ok);
        }
        if visit.state != State::Pooled {
            if visit.state != State::Connected {
                self.history.ended(line.to, visit.affected, now - visit.came, ok);
            }
            line.open -= 1;
            self.connects(visit.line);
        }
        if let Some(caller) = visit.caller {
            self.next.push_back(Next::Learns { caller, line: visit.line, ok, again: true });
        }
    }

    /// A connection is free: who waits longest has it.
    fn connects(&mut self, at: u32) {
        let line = &mut self.lines[at as usize];
        while let Some(id) = line.waiting.pop_front() {
            if let Some(visit) = self.visits.get(id) {
                visit.state = State::Connected;
                line.open += 1;
                self.next.push_back(Next::Connected(id));
                return;
            }
        }
    }

    /// Callers whose time is over give up.
    fn patience(&mut self, at: u32) {
        while let Some((deadline, id)) = self.lines[at as usize].deadlines.front().copied() {
            let state = self.visits.get(id).filter(|visit| !visit.answered).map(|visit| visit.state);
            if state.is_some() && deadline > self.now {
                self.at(deadline, Event::Patience(at));
                return;
            }
            self.lines[at as usize].deadlines.pop_front();
            match state {
                // What is on its way, or with the service, goes on without a caller.
                Some(State::Queued | State::Working | State::Sent) => self.answers(id, false),
                Some(_) => self.ends(id, false),
                None => {}
            }
        }
    }

    /// Takes over which faults are in force.
    fn feel(&mut self, faults: &[FaultInForce]) {
        let before: Vec<String> = self.active.iter().map(|it| it.fault.id.clone()).collect();
        let place = |name: &str| self.services.iter().position(|it| it.name == name);
        let found = faults.iter().filter_map(|fault| Some((place(&fault.target)?, fault.clone())));
        let mut limits: BTreeMap<String, Limit> = self.active.drain(..).map(|it| (it.fault.id, it.limit)).collect();
        let active = |(service, fault): (usize, FaultInForce)| {
            let limit = limits.remove(&fault.id).unwrap_or_default();
            Active { service, fault, counted: Counted::default(), limit }
        };
        self.active = found.map(active).collect();
        for at in 0..self.services.len() {
            let service = &mut self.services[at];
            let gone = |fault: &FaultInForce| match fault.effect {
                Effect::Remove(count) => (count / f64::from(service.instances)).min(1.0),
                _ => 0.0,
            };
            let of = self.active.iter().filter(|it| it.service == at);
            let fresh = of.clone().filter(|it| !before.contains(&it.fault.id));
            let (away, dies) =
                (of.map(|it| gone(&it.fault)).sum::<f64>(), fresh.map(|it| gone(&it.fault)).sum::<f64>());
            service.lose(away.min(1.0));
            self.dies(at, dies);
            self.serve(at);
        }
        let instances: Vec<f64> = self.services.iter().map(|it| f64::from(it.instances)).collect();
        for active in self.active.iter_mut().filter(|it| !before.contains(&it.fault.id)) {
            if let Effect::Remove(count) = active.fault.effect {
                active.counted.acted += count.min(instances[active.service]) as u64;
            }
        }
        while let Some(next) = self.next.pop_front() {
            self.follows(next);
        }
    }

    /// A share of a service's processes dies, with what they worked on; where none is left, with what waits too.
    fn dies(&mut self, at: usize, share: f64) {
        if share <= 0.0 {
            return;
        }
        let down = self.services[at].is_down();
        let lines = &self.lines;
        let with_it = |it: State| it == State::Working || (down && it == State::Queued);
        let all = self.visits.under_way().filter(|(_, it)| lines[it.line as usize].to == at && with_it(it.state));
        let all: Vec<(VisitId, State)> = all.map(|(id, it)| (id, it.state)).collect();
        for (id, state) in all {
            if state == State::Working && self.chance.happens(share) {
                self.services[at].busy -= 1;
                self.ends(id, false);
            } else if state == State::Queued {
                self.ends(id, false);
            }
        }
        if down {
            self.services[at].queue.clear();
        }
    }

    fn count_faults(&mut self) {
        for active in &mut self.active {
            let counted = std::mem::take(&mut active.counted);
            let all = self.faults.entry(active.fault.id.clone()).or_default();
            (all.seen, all.acted) = (all.seen + counted.seen, all.acted + counted.acted);
        }
    }
}

/// What becomes of a request before a service.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Met {
    Fails,
    IsLost,
    /// It comes so many nanoseconds later.
    Passes(u64),
}
