//! Which faults can never be active together: one waits for the other's end, or they lie on different ways of a choice.

use super::Fault;
use crate::plan::graph::StepId;
use crate::plan::{Edge, Plan};
use std::collections::BTreeMap;

/// For each fault a bit set of the faults that begin after its end.
pub struct Order<'p> {
    after: Vec<Vec<u64>>,
    guards: Vec<&'p [(StepId, bool)]>,
}

impl<'p> Order<'p> {
    /// The order of a plan's faults.
    pub fn new(plan: &Plan, faults: &[Fault<'p>]) -> Self {
        let numbers: BTreeMap<StepId, usize> = faults.iter().enumerate().map(|(at, fault)| (fault.id, at)).collect();
        // What begins after a step has begun, and what begins after it has ended.
        let mut begun: BTreeMap<StepId, Vec<u64>> = BTreeMap::new();
        let mut ended: BTreeMap<StepId, Vec<u64>> = BTreeMap::new();
        for id in plan.graph.order().into_iter().rev() {
            let mut sets = [vec![0_u64; faults.len().div_ceil(64)], vec![0_u64; faults.len().div_ceil(64)]];
            for (next, edge) in plan.graph.after(id) {
                let waits_for_end = edge == Edge::End;
                for set in sets.iter_mut().skip(usize::from(!waits_for_end)) {
                    for (word, more) in set.iter_mut().zip(begun.get(&next).into_iter().flatten()) {
                        *word |= more;
                    }
                    if let Some(at) = numbers.get(&next) {
                        set[at / 64] |= 1 << (at % 64);
                    }
                }
            }
            let [after_end, after_begin] = sets;
            if numbers.contains_key(&id) {
                ended.insert(id, after_end);
            }
            begun.insert(id, after_begin);
        }
        Self {
            after: faults.iter().map(|fault| ended.remove(&fault.id).unwrap_or_default()).collect(),
            guards: faults.iter().map(|fault| fault.step.guards.as_slice()).collect(),
        }
    }

    /// Whether `b` begins after the end of `a`.
    pub fn before(&self, a: usize, b: usize) -> bool {
        self.after[a].get(b / 64).is_some_and(|word| word >> (b % 64) & 1 == 1)
    }

    /// Whether one of them waits for the end of the other, or is skipped where the other is not.
    pub fn ordered(&self, a: usize, b: usize) -> bool {
        self.before(a, b) || self.before(b, a) || self.excluded(a, b)
    }

    /// Whether they lie on different ways of one choice.
    fn excluded(&self, a: usize, b: usize) -> bool {
        self.guards[a].iter().any(|(choice, way)| self.guards[b].contains(&(*choice, !way)))
    }
}
