//! What adds up over faults that are active together, at its worst.

use super::antichain::heaviest;
use super::order::Order;
use super::overlap::Active;

/// A sum to make as large as possible.
pub struct Contest {
    /// What each fault adds; nothing, where it does not count.
    weights: Vec<f64>,
    /// The largest sum so far, never too low.
    pub most: f64,
    /// Who makes it.
    pub who: Vec<usize>,
    /// When they are active, and from which instant that is counted; for a single fault nothing.
    pub when: Option<(usize, Vec<Active>)>,
}

impl Contest {
    /// Begins with each fault alone.
    pub fn new(weights: Vec<f64>) -> Self {
        let alone = weights.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let (at, most) = alone.unwrap_or((0, 0.0));
        let who = if most > 0.0 { vec![at] } else { Vec::new() };
        Self { weights, most, who, when: None }
    }

    /// Considers faults whose windows share an instant.
    pub fn consider(&mut self, since: usize, open: &[Active], order: &Order) {
        let faults: Vec<usize> = open.iter().map(|active| active.fault).collect();
        let found = heaviest(&faults, self.most, |fault| self.weights[fault], |a, b| order.before(a, b));
        let Some((most, who)) = found else { return };
        let active = open.iter().filter(|active| who.contains(&active.fault)).copied().collect();
        (self.most, self.who, self.when) = (most, who, Some((since, active)));
    }
}
