//! Temporal formulas over a stream of samples: each sample goes in once, and each instant's robustness comes out as soon as
//! its window is over. Memory is that of the windows.
//!
//! A signal holds each value until the next sample; windows are closed. What a window that is not over could still see is
//! unknown, so at the end of a stream it gives an interval, and never a verdict that the rest could overturn. In `φ until
//! ψ`, φ is required from t up to, and not including, the instant of ψ.

use super::robustness::Robustness;
use super::sliding::SlidingMin;
use crate::base::Instant;
use std::collections::VecDeque;
use std::time::Duration;

/// A window relative to an instant: from so much after it (for operators of the past: before it) up to so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Its near end.
    pub from: Duration,
    /// Its far end.
    pub to: Duration,
}

impl Bounds {
    /// From the instant itself to `length` away.
    pub fn up_to(length: Duration) -> Self {
        Self { from: Duration::ZERO, to: length }
    }
}

/// A formula over numbered atoms.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// One of the values that come with each sample.
    Atom(usize),
    /// Not.
    Not(Box<Formula>),
    /// Both.
    And(Box<Formula>, Box<Formula>),
    /// Either.
    Or(Box<Formula>, Box<Formula>),
    /// At every instant of the window ahead.
    Always(Bounds, Box<Formula>),
    /// At some instant of the window ahead.
    Eventually(Bounds, Box<Formula>),
    /// At every instant of the window behind.
    Held(Bounds, Box<Formula>),
    /// At some instant of the window behind.
    Once(Bounds, Box<Formula>),
    /// The first at every instant until the second holds, which it does in the window ahead.
    Until(Bounds, Box<Formula>, Box<Formula>),
    /// The first at every instant since the second held, which it did in the window behind.
    Since(Bounds, Box<Formula>, Box<Formula>),
}

/// The robustness of a formula at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The instant.
    pub at: Instant,
    /// How far it is from flipping there.
    pub robustness: Robustness,
}

/// A formula being judged.
#[derive(Clone, Debug)]
pub struct Monitor {
    root: Node,
    last: Option<Instant>,
}

impl Monitor {
    /// A monitor that has seen nothing.
    pub fn new(formula: &Formula) -> Self {
        Self { root: Node::new(formula), last: None }
    }

    /// Takes in the atoms' values at an instant, and gives what is known by it. A sample that does not come after the last
    /// one is passed over; an atom that has no value is unknown.
    #[inline]
    pub fn push(&mut self, at: Instant, atoms: &[Robustness]) -> impl Iterator<Item = Verdict> + '_ {
        if self.last.is_none_or(|last| at > last) {
            self.last = Some(at);
            self.root.push(at, atoms);
        }
        self.root.out.drain(..)
    }

    /// Ends the stream, and gives the rest: intervals that hold whatever would have come.
    pub fn finish(&mut self) -> impl Iterator<Item = Verdict> + '_ {
        self.root.finish();
        self.root.out.drain(..)
    }
}

/// A formula with what it must remember, and the verdicts that nobody has taken yet.
#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    out: VecDeque<Verdict>,
}

#[derive(Clone, Debug)]
enum Kind {
    Atom(usize),
    Not(Box<Node>),
    Join(Box<Node>, Box<Node>, Joined),
    Ahead(Box<Node>, Extreme, Ahead),
    Behind(Box<Node>, Extreme, Behind),
    Until(Box<Node>, Box<Node>, Until),
    Since(Box<Node>, Box<Node>, Since),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Joined {
    And,
    Or,
}

impl Node {
    fn new(formula: &Formula) -> Self {
        let node = |formula: &Formula| Box::new(Node::new(formula));
        let kind = match formula {
            Formula::Atom(at) => Kind::Atom(*at),
            Formula::Not(inner) => Kind::Not(node(inner)),
            Formula::And(a, b) => Kind::Join(node(a), node(b), Joined::And),
            Formula::Or(a, b) => Kind::Join(node(a), node(b), Joined::Or),
            Formula::Always(bounds, inner) => Kind::Ahead(node(inner), Extreme::least(), Ahead::new(*bounds)),
            Formula::Eventually(bounds, inner) => Kind::Ahead(node(inner), Extreme::greatest(), Ahead::new(*bounds)),
            Formula::Held(bounds, inner) => Kind::Behind(node(inner), Extreme::least(), Behind::new(*bounds)),
            Formula::Once(bounds, inner) => Kind::Behind(node(inner), Extreme::greatest(), Behind::new(*bounds)),
            Formula::Until(bounds, a, b) => Kind::Until(node(a), node(b), Until::new(*bounds)),
            Formula::Since(bounds, a, b) => Kind::Since(node(a), node(b), Since::new(*bounds)),
        };
        Self { kind, out: VecDeque::new() }
    }

    fn push(&mut self, at: Instant, atoms: &[Robustness]) {
        let out = &mut self.out;
        match &mut self.kind {
            Kind::Atom(number) => {
                let robustness = atoms.get(*number).copied().unwrap_or(Robustness::UNKNOWN);
                out.push_back(Verdict { at, robustness });
            }
            Kind::Ahead(inner, extreme, ahead) => {
                if let Kind::Atom(number) = inner.kind {
                    let robustness = atoms.get(number).copied().unwrap_or(Robustness::UNKNOWN);
                    return ahead.take(Verdict { at, robustness }, extreme, out);
                }
                inner.push(at, atoms);
                inner.out.drain(..).for_each(|verdict| ahead.take(verdict, extreme, out));
            }
            Kind::Not(inner) => inner.push(at, atoms),
            Kind::Behind(inner, ..) => inner.push(at, atoms),
            Kind::Join(a, b, _) | Kind::Until(a, b, _) | Kind::Since(a, b, _) => {
                a.push(at, atoms);
                b.push(at, atoms);
            }
        }
        self.pass_on();
    }

    /// Takes what the parts have given.
    fn pass_on(&mut self) {
        let out = &mut self.out;
        match &mut self.kind {
            Kind::Atom(_) | Kind::Ahead(..) => {}
            Kind::Not(inner) => {
                out.extend(inner.out.drain(..).map(|it| Verdict { robustness: !it.robustness, ..it }));
            }
            Kind::Behind(inner, extreme, behind) => {
                out.extend(inner.out.drain(..).map(|verdict| behind.take(verdict, extreme)));
            }
            Kind::Join(a, b, joined) => {
                let join = |a: Robustness, b| if *joined == Joined::And { a.and(b) } else { a.or(b) };
                both(a, b, |at, a, b| out.push_back(Verdict { at, robustness: join(a, b) }));
            }
            Kind::Until(a, b, until) => both(a, b, |at, a, b| until.take(at, a, b, out)),
            Kind::Since(a, b, since) => both(a, b, |at, a, b| out.push_back(since.take(at, a, b))),
        }
    }

    fn finish(&mut self) {
        match &mut self.kind {
            Kind::Atom(_) => {}
            Kind::Not(inner) | Kind::Behind(inner, ..) | Kind::Ahead(inner, ..) => inner.finish(),
            Kind::Join(a, b, _) | Kind::Until(a, b, _) | Kind::Since(a, b, _) => {
                a.finish();
                b.finish();
            }
        }
        let out = &mut self.out;
        match &mut self.kind {
            Kind::Ahead(inner, extreme, ahead) => {
                inner.out.drain(..).for_each(|verdict| ahead.take(verdict, extreme, out));
                ahead.finish(extreme, out);
            }
            Kind::Until(a, b, until) => {
                both(a, b, |at, a, b| until.take(at, a, b, out));
                until.finish(out);
            }
            _ => self.pass_on(),
        }
    }
}

/// The verdicts of two parts at the same instants, as far as both have come.
fn both(a: &mut Node, b: &mut Node, mut take: impl FnMut(Instant, Robustness, Robustness)) {
    let ready = a.out.len().min(b.out.len());
    for (a, b) in a.out.drain(..ready).zip(b.out.drain(..ready)) {
        take(a.at, a.robustness, b.robustness);
    }
}

/// The least or the greatest robustness in a window; the greatest is the least of the opposite.
#[derive(Clone, Debug)]
struct Extreme {
    greatest: bool,
    lo: SlidingMin,
    /// Only once it differs from `lo`.
    hi: Option<SlidingMin>,
}

impl Extreme {
    fn least() -> Self {
        Self { greatest: false, lo: SlidingMin::default(), hi: None }
    }

    fn greatest() -> Self {
        Self { greatest: true, ..Self::least() }
    }

    #[inline]
    fn turned(&self, robustness: Robustness) -> Robustness {
        if self.greatest { !robustness } else { robustness }
    }

    #[inline]
    fn push(&mut self, at: Instant, robustness: Robustness) {
        let robustness = self.turned(robustness);
        if self.hi.is_none() && robustness.lo < robustness.hi {
            self.hi = Some(self.lo.clone());
        }
        self.lo.push(at, robustness.lo);
        if let Some(hi) = &mut self.hi {
            hi.push(at, robustness.hi);
        }
    }

    #[inline]
    fn since(&mut self, start: Instant) -> Robustness {
        let lo = self.lo.since(start);
        let hi = self.hi.as_mut().map_or(lo, |hi| hi.since(start));
        self.turned(Robustness { lo, hi })
    }

    /// What it is if something unknown may still come.
    fn unfinished(&mut self, start: Instant) -> Robustness {
        let seen = self.since(start);
        if self.greatest { seen.or(Robustness::UNKNOWN) } else { seen.and(Robustness::UNKNOWN) }
    }
}

/// A window ahead: instants wait until theirs is over.
#[derive(Clone, Debug)]
struct Ahead {
    bounds: Bounds,
    waiting: VecDeque<Instant>,
    last: Instant,
}

impl Ahead {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, waiting: VecDeque::new(), last: Instant(0) }
    }

    #[inline]
    fn take(&mut self, verdict: Verdict, extreme: &mut Extreme, out: &mut VecDeque<Verdict>) {
        self.waiting.push_back(verdict.at);
        self.last = verdict.at;
        // Windows that ended before this sample do not see it; those that end with it do.
        self.give(extreme, out, |end| end < verdict.at);
        extreme.push(verdict.at, verdict.robustness);
        self.give(extreme, out, |end| end == verdict.at);
    }

    #[inline]
    fn give(&mut self, extreme: &mut Extreme, out: &mut VecDeque<Verdict>, is_over: impl Fn(Instant) -> bool) {
        while let Some(at) = self.waiting.front().copied()
            && is_over(at + self.bounds.to)
        {
            self.waiting.pop_front();
            out.push_back(Verdict { at, robustness: extreme.since(at + self.bounds.from) });
        }
    }

    fn finish(&mut self, extreme: &mut Extreme, out: &mut VecDeque<Verdict>) {
        for at in self.waiting.drain(..) {
            let start = at + self.bounds.from;
            // What will be in force when a window begins that has not begun, nobody knows.
            let begun = start <= self.last;
            let robustness = if begun { extreme.unfinished(start) } else { Robustness::UNKNOWN };
            out.push_back(Verdict { at, robustness });
        }
    }
}

/// A window behind. Samples enter it when they are old enough.
#[derive(Clone, Debug)]
struct Behind {
    bounds: Bounds,
    young: VecDeque<Verdict>,
}

impl Behind {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, young: VecDeque::new() }
    }

    fn take(&mut self, verdict: Verdict, extreme: &mut Extreme) -> Verdict {
        self.young.push_back(verdict);
        while let Some(first) = self.young.front().copied()
            && first.at + self.bounds.from <= verdict.at
        {
            self.young.pop_front();
            extreme.push(first.at, first.robustness);
        }
        Verdict { at: verdict.at, robustness: extreme.since(verdict.at - self.bounds.to) }
    }
}

/// Both parts at an instant.
#[derive(Clone, Copy, Debug)]
struct Pair {
    at: Instant,
    first: Robustness,
    second: Robustness,
}

/// `φ until ψ`: instants wait until their window is over.
#[derive(Clone, Debug)]
struct Until {
    bounds: Bounds,
    pairs: VecDeque<Pair>,
}

impl Until {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, pairs: VecDeque::new() }
    }

    fn take(&mut self, at: Instant, first: Robustness, second: Robustness, out: &mut VecDeque<Verdict>) {
        self.give(out, |end| end < at);
        self.pairs.push_back(Pair { at, first, second });
        self.give(out, |end| end == at);
    }

    fn give(&mut self, out: &mut VecDeque<Verdict>, is_over: impl Fn(Instant) -> bool) {
        while let Some(pair) = self.pairs.front().copied()
            && is_over(pair.at + self.bounds.to)
        {
            let (robustness, _) = self.seen();
            out.push_back(Verdict { at: pair.at, robustness });
            self.pairs.pop_front();
        }
    }

    /// What the first instant's window shows, and whether φ held all along.
    fn seen(&self) -> (Robustness, Robustness) {
        let mut all_along = Robustness::TRUE;
        let mut best = Robustness::FALSE;
        let start = self.pairs.front().map_or(Instant(0), |pair| pair.at);
        for pair in &self.pairs {
            if pair.at > start + self.bounds.to {
                break;
            }
            if pair.at >= start + self.bounds.from {
                best = best.or(pair.second.and(all_along));
            }
            all_along = all_along.and(pair.first);
        }
        (best, all_along)
    }

    fn finish(&mut self, out: &mut VecDeque<Verdict>) {
        while let Some(pair) = self.pairs.front().copied() {
            let (best, all_along) = self.seen();
            let robustness = best.or(Robustness::UNKNOWN.and(all_along));
            out.push_back(Verdict { at: pair.at, robustness });
            self.pairs.pop_front();
        }
    }
}

/// `φ since ψ`.
#[derive(Clone, Debug)]
struct Since {
    bounds: Bounds,
    pairs: VecDeque<Pair>,
}

impl Since {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, pairs: VecDeque::new() }
    }

    fn take(&mut self, at: Instant, first: Robustness, second: Robustness) -> Verdict {
        self.pairs.push_back(Pair { at, first, second });
        while self.pairs.front().is_some_and(|pair| pair.at < at - self.bounds.to) {
            self.pairs.pop_front();
        }
        let mut all_along = Robustness::TRUE;
        let mut best = Robustness::FALSE;
        for pair in self.pairs.iter().rev() {
            if pair.at + self.bounds.from <= at {
                best = best.or(pair.second.and(all_along));
            }
            all_along = all_along.and(pair.first);
        }
        Verdict { at, robustness: best }
    }
}

#[cfg(test)]
#[path = "temporal_tests.rs"]
mod tests;
