//! The comparisons of a run: each alone may be wrong by chance, so what they prove is decided together.
//!
//! One that is clear even where all others count (its share of the level) is decided at once: Holm's method would decide it
//! the same way. The others wait for the end.

use super::verdict::Verdict;
use crate::monitor::Weighed;
use crate::monitor::comparison::LEVEL;
use crate::monitor::statistics::holm;
use crate::plan::{Plan, StepKind};
use crate::types::model::Expectation;
use crate::types::term::Demand;

/// All comparisons of a run, as far as they have come.
#[derive(Debug, Default)]
pub struct Comparisons {
    /// How many the plan has.
    planned: usize,
    taken: Vec<Taken>,
}

/// A comparison that was weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The author's words.
    pub text: String,
    /// The step or fault it belongs to.
    pub of: String,
    /// What it came to.
    pub weighed: Weighed,
    decided: bool,
}

impl Comparisons {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Self {
        let is_one = |it: &&Expectation| it.demand == Demand::Compared;
        let steps = plan.graph.steps().map(|step| match &step.kind {
            StepKind::Inject(injection) => injection.judged().filter(is_one).count(),
            StepKind::Expect(expectation) => usize::from(is_one(&expectation)),
            _ => 0,
        });
        let planned = steps.sum::<usize>() + plan.expectations.iter().filter(is_one).count();
        Self::planned(planned)
    }

    /// So many.
    pub fn planned(planned: usize) -> Self {
        Self { planned, taken: Vec::new() }
    }

    /// Takes one in; gives its verdict if it is clear by itself.
    pub fn take(&mut self, text: &str, of: &str, weighed: &Weighed) -> Option<Verdict> {
        let level = LEVEL / self.planned.max(1) as f64;
        let verdict = verdict(p_holds(weighed) <= level, weighed.p_broken <= level);
        let decided = verdict != Verdict::Inconclusive;
        let (text, of) = (text.to_owned(), of.to_owned());
        self.taken.push(Taken { text, of, weighed: weighed.clone(), decided });
        decided.then_some(verdict)
    }

    /// Decides the rest.
    pub fn settle(&mut self) -> Vec<(Taken, Verdict)> {
        let confirmed = self.proven(p_holds);
        let refuted = self.proven(|weighed| weighed.p_broken);
        let all = std::mem::take(&mut self.taken).into_iter().zip(confirmed.into_iter().zip(refuted));
        let open = all.filter(|(taken, _)| !taken.decided);
        open.map(|(taken, (confirmed, refuted))| (taken, verdict(confirmed, refuted))).collect()
    }

    fn proven(&self, p: impl Fn(&Weighed) -> f64) -> Vec<bool> {
        let p_values: Vec<f64> = self.taken.iter().map(|taken| p(&taken.weighed)).collect();
        holm::proven(&p_values, self.planned, LEVEL)
    }
}

/// What has a flaw confirms nothing.
fn p_holds(weighed: &Weighed) -> f64 {
    if weighed.flaw.is_some() { 1.0 } else { weighed.p_holds }
}

fn verdict(confirmed: bool, refuted: bool) -> Verdict {
    match (confirmed, refuted) {
        (true, false) => Verdict::Confirmed,
        (false, true) => Verdict::Refuted,
        _ => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparisons, Verdict};
    use crate::base::Instant;
    use crate::monitor::{Atom, Weighed};
    use crate::types::Type;

    fn weighed(p_holds: f64, p_broken: f64, flaw: Option<&str>) -> Weighed {
        let atom = Atom { text: String::new(), ty: Type::Ratio, left: Ok(0.9), right: Ok(0.8), margin: Some(0.1) };
        let flaw = flaw.map(str::to_owned);
        Weighed { at: Instant(0), p_holds, p_broken, atom, bounds: (0.0, 0.2), baseline: None, flaw }
    }

    #[test]
    fn what_is_clear_is_decided_at_once_and_the_rest_together() {
        let mut all = Comparisons { planned: 3, taken: Vec::new() };
        assert_eq!(all.take("a", "", &weighed(0.001, 0.999, None)), Some(Verdict::Confirmed));
        assert_eq!(all.take("b", "", &weighed(0.02, 0.98, None)), None);
        assert_eq!(all.take("c", "", &weighed(0.3, 0.7, None)), None);
        let settled: Vec<Verdict> = all.settle().into_iter().map(|(_, verdict)| verdict).collect();
        assert_eq!(settled, [Verdict::Confirmed, Verdict::Inconclusive]);
    }

    #[test]
    fn comparisons_that_never_came_count_as_well() {
        let mut all = Comparisons { planned: 10, taken: Vec::new() };
        assert_eq!(all.take("a", "", &weighed(0.99, 0.01, None)), None);
        assert_eq!(all.settle().first().map(|(_, verdict)| *verdict), Some(Verdict::Inconclusive));
    }

    #[test]
    fn what_has_a_flaw_can_be_refuted_but_not_confirmed() {
        let mut all = Comparisons { planned: 1, taken: Vec::new() };
        assert_eq!(all.take("a", "", &weighed(1e-9, 1.0, Some("a gap"))), None);
        assert_eq!(all.take("b", "", &weighed(1.0, 1e-9, Some("a gap"))), Some(Verdict::Refuted));
    }
}
