//! From nested steps to a list in which each says what it waits for: scenarios, rounds and levels are unrolled, names are
//! made whole, `after` is resolved.

use super::errors;
use super::graph::Level;
use crate::base::{Interval, Span, stack};
use crate::diagnostics::Diagnostic;
use crate::types::model::{After, Experiment, Step, StepKind};
use crate::types::term::{Condition, Known, Term};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

/// Steps of one plan, at most.
const MOST_STEPS: usize = 10_000;

/// A fault's name at its target has at most this many bytes.
const LONGEST_NAME: usize = 64;

/// Circles that are shown, at most.
const MOST_CIRCLES: usize = 20;

/// More branches than this that meet more branches than this do so in one mark, not each with each.
const MANY: usize = 4;

/// What a step waits for of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edge {
    /// Its end, reverted and all.
    End,
    /// So many seconds after its start.
    Start(f64),
}

/// A step with its place.
#[derive(Clone, Debug)]
pub struct Placed<'a> {
    /// Its name; each once.
    pub name: String,
    /// What it does.
    pub leaf: Leaf<'a>,
    /// What it waits for: places in the list, all before its own.
    pub before: Vec<(usize, Edge)>,
    /// The choices on whose way it lies.
    pub guards: Vec<(usize, bool)>,
    /// The blocks with names in which it lies, the outermost first.
    pub blocks: Vec<String>,
    /// The levels of escalations in which it lies, the outermost first.
    pub escalations: Vec<Level>,
    /// The values of escalations it stands in.
    pub levels: BTreeMap<String, Interval>,
    /// Where it stands.
    pub span: Span,
}

/// What a placed step does.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    /// What the step says.
    Step(&'a Step),
    /// Chooses one of two ways.
    Choose(&'a Condition, &'a str),
    /// Nothing: a place where ways meet or rounds begin.
    Mark,
}

/// All steps of a run, each behind those that it waits for, and what is wrong with their order.
pub fn arrange<'a>(experiment: &'a Experiment, known: &Known) -> (Vec<Placed<'a>>, Vec<Diagnostic>) {
    let steps = &experiment.steps;
    let mut arranger = Arranger { known: known.clone(), damaged: experiment.damaged, ..Arranger::default() };
    let top = Scope::top();
    arranger.block(steps, &[], &top, &[]);
    arranger.waits();
    arranger.sorted()
}

/// Where names are looked up: the innermost prefix, then the ones around it, up to a scenario's use.
struct Scope {
    /// What stands before the names of steps here.
    prefix: String,
    /// The same without the numbers of rounds, and without blocks that have no name of their own: it stands for the steps
    /// of all rounds together.
    every: String,
    /// The scope around it; none around a scenario's use.
    outer: Option<Rc<Scope>>,
}

impl Scope {
    fn top() -> Rc<Scope> {
        Rc::new(Scope { prefix: String::new(), every: String::new(), outer: None })
    }

    /// The scope of a scenario's use, which sees nothing of what is around it.
    fn of_scenario(&self, name: &str) -> Rc<Scope> {
        let (prefix, every) = (format!("{}{name}.", self.prefix), format!("{}{name}.", self.every));
        Rc::new(Scope { prefix, every, outer: None })
    }

    /// The scope of one round of a block.
    fn of_round(self: &Rc<Scope>, block: &str, given: bool, round: usize) -> Rc<Scope> {
        let prefix = format!("{}{block}.{round}.", self.prefix);
        let every = if given { format!("{}{block}.", self.every) } else { self.every.clone() };
        Rc::new(Scope { prefix, every, outer: Some(Rc::clone(self)) })
    }

    /// This scope and those around it, the innermost first.
    fn outwards(&self) -> impl Iterator<Item = &Scope> {
        std::iter::successors(Some(self), |scope| scope.outer.as_deref())
    }
}

/// The first and the last steps of a block.
#[derive(Clone, Default)]
struct Ends {
    first: Vec<usize>,
    last: Vec<usize>,
}

/// An `after` that waits to be resolved, with the steps it belongs to.
struct Pending<'a> {
    first: Vec<usize>,
    after: &'a After,
    scope: Rc<Scope>,
}

#[derive(Default)]
struct Arranger<'a> {
    known: Known,
    placed: Vec<Placed<'a>>,
    /// The levels of escalations in which the next step lies, the outermost first.
    escalations: Vec<Level>,
    /// The blocks with names in which the next step lies, the outermost first.
    blocks: Vec<String>,
    named: HashMap<String, Ends>,
    /// The steps of all rounds together, by their names without the rounds' numbers.
    in_every_round: BTreeMap<String, Ends>,
    taken: HashSet<String>,
    numbers: HashMap<String, u32>,
    pending: Vec<Pending<'a>>,
    levels: BTreeMap<String, Interval>,
    findings: Vec<Diagnostic>,
    damaged: bool,
    full: bool,
}

impl<'a> Arranger<'a> {
    /// Steps one after the other; a step with `after` only waits for what it names, and for the block's own start.
    fn block(&mut self, steps: &'a [Step], gate: &[usize], scope: &Rc<Scope>, guards: &[(usize, bool)]) -> Ends {
        self.reserve(steps, scope);
        let mut first = Vec::new();
        let mut open = gate.to_vec();
        for step in steps {
            if self.full {
                break;
            }
            let waits = !step.after.is_empty();
            let before = if waits { gate } else { &open };
            let ends = stack::level(|| self.step(step, before, scope, guards));
            if waits || first.is_empty() {
                first.extend(&ends.first);
            }
            if waits {
                let pending = step.after.iter();
                self.pending.extend(pending.map(|after| Pending {
                    first: ends.first.clone(),
                    after,
                    scope: Rc::clone(scope),
                }));
                open.extend(&ends.last);
            } else {
                open = ends.last;
            }
        }
        Ends { first, last: open }
    }

    /// Given names come before derived ones, also those of the blocks that share this one's names.
    fn reserve(&mut self, steps: &[Step], scope: &Scope) {
        for step in steps {
            self.taken.extend(step.name.as_ref().map(|name| format!("{}{name}", scope.prefix)));
            match &step.kind {
                StepKind::Parallel(inner) | StepKind::Sequence(inner) => self.reserve(inner, scope),
                StepKind::When { then, otherwise, .. } => {
                    self.reserve(then, scope);
                    self.reserve(otherwise, scope);
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, step: &'a Step, before: &[usize], scope: &Rc<Scope>, guards: &[(usize, bool)]) -> Ends {
        let name = self.name(step, scope);
        let blocks = self.blocks.len();
        if step.name.is_some() && !step.kind.blocks().is_empty() {
            self.blocks.push(name.clone());
        }
        let ends = match &step.kind {
            StepKind::Sequence(steps) => self.block(steps, before, scope, guards),
            StepKind::Parallel(steps) => self.parallel(steps, before, scope, guards, step.span),
            StepKind::Scenario(_, steps) => {
                let own = name.strip_prefix(&scope.prefix).unwrap_or(&name).to_owned();
                self.block(steps, before, &scope.of_scenario(&own), guards)
            }
            StepKind::When { condition, text, then, otherwise } => {
                let choice = self.add(name.clone(), Leaf::Choose(condition, text), before, guards, step.span);
                let way = |taken: bool| [guards, &[(choice, taken)]].concat();
                let yes = self.block(then, &[choice], scope, &way(true));
                let no = self.block(otherwise, &[choice], scope, &way(false));
                Ends { first: vec![choice], last: [yes.last, no.last].concat() }
            }
            StepKind::Repeat { count, every, steps } => {
                let levels = (0..*count).map(|_| None).collect();
                let rounds = Rounds { step, name: &name, steps, every: *every, levels, reaching: None };
                self.rounds(rounds, before, scope, guards)
            }
            StepKind::Escalate { variable, levels, every, reaching, steps, .. } => {
                let levels = levels.iter().map(|level| Some((variable.as_str(), level))).collect();
                let rounds = Rounds { step, name: &name, steps, every: *every, levels, reaching: reaching.as_ref() };
                self.rounds(rounds, before, scope, guards)
            }
            _ => {
                let at = self.add(name.clone(), Leaf::Step(step), before, guards, step.span);
                Ends { first: vec![at], last: vec![at] }
            }
        };
        self.blocks.truncate(blocks);
        self.remember(name, &ends, scope);
        ends
    }

    /// Keeps what a name stands for, in a round also for the steps of that name in all rounds.
    fn remember(&mut self, name: String, ends: &Ends, scope: &Scope) {
        if scope.every.len() < scope.prefix.len() {
            let own = name.strip_prefix(&scope.prefix).unwrap_or(&name);
            let all = self.in_every_round.entry(format!("{}{own}", scope.every)).or_default();
            if all.first.is_empty() {
                all.first.clone_from(&ends.first);
            }
            all.last.extend(&ends.last);
        }
        self.named.insert(name, ends.clone());
    }

    fn parallel(
        &mut self,
        steps: &'a [Step],
        before: &[usize],
        scope: &Rc<Scope>,
        guards: &[(usize, bool)],
        span: Span,
    ) -> Ends {
        self.reserve(steps, scope);
        let before = if before.len() > MANY && steps.len() > MANY {
            let name = self.derived("mark", &scope.prefix);
            vec![self.add(name, Leaf::Mark, before, guards, span)]
        } else {
            before.to_vec()
        };
        let mut all = Ends::default();
        for step in steps {
            let ends = stack::level(|| self.step(step, &before, scope, guards));
            let after = step.after.iter();
            self.pending.extend(after.map(|after| Pending {
                first: ends.first.clone(),
                after,
                scope: Rc::clone(scope),
            }));
            all.first.extend(ends.first);
            all.last.extend(ends.last);
        }
        all
    }

    /// Rounds one after the other, each in a scope of its own; with `every`, a mark stands where each begins.
    fn rounds(
        &mut self,
        rounds: Rounds<'a, '_>,
        before: &[usize],
        scope: &Rc<Scope>,
        guards: &[(usize, bool)],
    ) -> Ends {
        let own = rounds.name.strip_prefix(&scope.prefix).unwrap_or(rounds.name);
        let mut all = Ends { first: Vec::new(), last: before.to_vec() };
        let mut mark: Option<usize> = None;
        for (at, level) in rounds.levels.iter().enumerate() {
            if self.full {
                break;
            }
            let inner = scope.of_round(own, rounds.step.name.is_some(), at + 1);
            if let Some((variable, level)) = level {
                let bounds = self.bounds(level);
                self.levels.insert((*variable).to_owned(), bounds);
                // Where it is not known yet, it is taken to count.
                let counts = rounds.reaching.is_none_or(|reaching| bounds.lo < self.bounds(reaching).hi);
                self.escalations.push(Level { of: rounds.name.to_owned(), counts });
            }
            let mut gate = all.last.clone();
            if rounds.every > 0.0 {
                let name = format!("{}start", inner.prefix);
                let next = self.add(name, Leaf::Mark, &gate, guards, rounds.step.span);
                if let (Some(last), Some(placed)) = (mark, self.placed.get_mut(next)) {
                    placed.before.push((last, Edge::Start(rounds.every)));
                }
                mark = Some(next);
                gate = vec![next];
            }
            let ends = self.block(rounds.steps, &gate, &inner, guards);
            if level.is_some() {
                self.escalations.pop();
            }
            if all.first.is_empty() {
                all.first = if rounds.every > 0.0 { gate } else { ends.first };
            }
            all.last = ends.last;
        }
        if let Some(Some((variable, _))) = rounds.levels.first() {
            self.levels.remove(*variable);
        }
        all
    }

    fn bounds(&self, term: &Term) -> Interval {
        let mut known = self.known.clone();
        known.parameters.extend(self.levels.clone());
        term.bounds(&known)
    }

    fn add(&mut self, name: String, leaf: Leaf<'a>, before: &[usize], guards: &[(usize, bool)], span: Span) -> usize {
        if self.placed.len() >= MOST_STEPS {
            if !self.full {
                self.findings.push(errors::too_many_steps(MOST_STEPS, span));
            }
            self.full = true;
            return self.placed.len() - 1;
        }
        // A name without a dot was measured where it is given.
        if name.len() > LONGEST_NAME && name.contains('.') && !matches!(leaf, Leaf::Mark) {
            self.findings.push(errors::long_name(&name, LONGEST_NAME, span));
        }
        let mut before: Vec<(usize, Edge)> = before.iter().map(|at| (*at, Edge::End)).collect();
        before.dedup();
        let (guards, levels, blocks) = (guards.to_vec(), self.levels.clone(), self.blocks.clone());
        let escalations = self.escalations.clone();
        self.placed.push(Placed { name, leaf, before, guards, blocks, escalations, levels, span });
        self.placed.len() - 1
    }

    /// The given name, else one made of what the step is.
    fn name(&mut self, step: &Step, scope: &Scope) -> String {
        if let Some(given) = &step.name {
            return format!("{}{given}", scope.prefix);
        }
        if let StepKind::Scenario(scenario, _) = &step.kind {
            let plain = format!("{}{scenario}", scope.prefix);
            if self.taken.insert(plain.clone()) {
                return plain;
            }
        }
        self.derived(&stem(&step.kind), &scope.prefix)
    }

    /// The first free one of `stem-1`, `stem-2`, …
    fn derived(&mut self, stem: &str, prefix: &str) -> String {
        let stem: String = stem.chars().take(50).collect();
        let stem = format!("{prefix}{stem}");
        loop {
            let number = self.numbers.entry(stem.clone()).or_default();
            *number += 1;
            let name = format!("{stem}-{number}");
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Adds what `after` says, unless the steps would then wait for each other.
    fn waits(&mut self) {
        if self.full {
            return;
        }
        let mut circles = 0;
        let mut asked: BTreeMap<(usize, usize), Span> = BTreeMap::new();
        for pending in std::mem::take(&mut self.pending) {
            let Some(ends) = self.find(&pending) else { continue };
            let (from, edge) = match pending.after.start {
                None => (&ends.last, Edge::End),
                Some(offset) => (&ends.first, Edge::Start(offset)),
            };
            for (before, step) in from.iter().flat_map(|before| pending.first.iter().map(move |step| (*before, *step)))
            {
                asked.insert((before, step), pending.after.span);
                self.placed[step].before.push((before, edge));
            }
        }
        while let Some(circle) = self.circle() {
            let waits = circle.windows(2).find_map(|pair| Some(((pair[1], pair[0]), *asked.get(&(pair[1], pair[0]))?)));
            let Some(((before, step), span)) = waits else { return };
            let names = circle.iter().filter_map(|at| self.placed.get(*at)).filter(|it| !matches!(it.leaf, Leaf::Mark));
            let names: Vec<String> = names.map(|placed| placed.name.clone()).collect();
            // Without this one the others can be looked at.
            self.placed[step].before.retain(|(at, _)| *at != before);
            if circles < MOST_CIRCLES {
                self.findings.push(errors::circle(&names, span));
            }
            circles += 1;
        }
    }

    fn find(&mut self, pending: &Pending) -> Option<Ends> {
        let (scope, step) = (&pending.scope, &pending.after.step);
        let exact = |scope: &Scope| self.named.get(&format!("{}{step}", scope.prefix));
        let of_all = |scope: &Scope| self.in_every_round.get(&format!("{}{step}", scope.every));
        if let Some(ends) = scope.outwards().find_map(|scope| exact(scope).or_else(|| of_all(scope))) {
            return Some(ends.clone());
        }
        if self.damaged {
            return None;
        }
        let mut known: Vec<&str> = self.named.keys().filter_map(|name| name.strip_prefix(&scope.prefix)).collect();
        known.sort_unstable();
        self.findings.push(errors::unknown_step(step, pending.after.span, &known));
        None
    }

    /// Steps that wait for each other, each followed by the one that it waits for; the first again at the end.
    fn circle(&self) -> Option<Vec<usize>> {
        let order = self.topological();
        if order.len() == self.placed.len() {
            return None;
        }
        let sorted: BTreeSet<usize> = order.into_iter().collect();
        let mut at = (0..self.placed.len()).find(|at| !sorted.contains(at))?;
        let mut way: Vec<usize> = Vec::new();
        // Every step that is left waits for one that is left, so the way comes back to itself.
        loop {
            if let Some(start) = way.iter().position(|seen| *seen == at) {
                let mut circle = way.split_off(start);
                circle.push(at);
                return Some(circle);
            }
            way.push(at);
            at = self
                .placed
                .get(at)?
                .before
                .iter()
                .map(|(before, _)| *before)
                .find(|before| !sorted.contains(before))?;
        }
    }

    /// All places, each behind those it waits for, else as they are written.
    fn topological(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.placed.iter().map(|placed| placed.before.len()).collect();
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); self.placed.len()];
        for (at, placed) in self.placed.iter().enumerate() {
            for (before, _) in &placed.before {
                after[*before].push(at);
            }
        }
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..self.placed.len()).filter(|at| waiting[*at] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(self.placed.len());
        while let Some(Reverse(at)) = ready.pop() {
            order.push(at);
            for next in &after[at] {
                waiting[*next] -= 1;
                if waiting[*next] == 0 {
                    ready.push(Reverse(*next));
                }
            }
        }
        order
    }

    fn sorted(self) -> (Vec<Placed<'a>>, Vec<Diagnostic>) {
        let order = self.topological();
        let mut place = vec![0; self.placed.len()];
        for (to, from) in order.iter().enumerate() {
            place[*from] = to;
        }
        let mut placed: Vec<Option<Placed>> = self.placed.into_iter().map(Some).collect();
        let moved = order.iter().filter_map(|from| placed.get_mut(*from).and_then(Option::take));
        let mut all: Vec<Placed> = moved.collect();
        for one in &mut all {
            one.before.iter_mut().for_each(|(at, _)| *at = place[*at]);
            one.guards.iter_mut().for_each(|(at, _)| *at = place[*at]);
        }
        (all, self.findings)
    }
}

/// A block that is done several times.
struct Rounds<'a, 'n> {
    step: &'a Step,
    name: &'n str,
    steps: &'a [Step],
    every: f64,
    /// For each round the value of the escalation, if it is one.
    levels: Vec<Option<(&'n str, &'n Term)>>,
    /// The level that must be reached.
    reaching: Option<&'n Term>,
}

/// What a step's derived name begins with. What a file calls a module does not matter.
fn stem(kind: &StepKind) -> String {
    let word = match kind {
        StepKind::Inject(inject) => return inject.fault.full_name(),
        StepKind::Call(probe, _) => return probe.full_name(),
        StepKind::Expect(_) => "expect",
        StepKind::Wait(_) | StepKind::Stable(_) => "wait",
        StepKind::Approve(..) => "approve",
        StepKind::Parallel(_) => "parallel",
        StepKind::Sequence(_) => "sequence",
        StepKind::Scenario(name, _) => name,
        StepKind::When { .. } => "when",
        StepKind::Repeat { .. } => "repeat",
        StepKind::Escalate { .. } => "escalate",
    };
    word.to_owned()
}
