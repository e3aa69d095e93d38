//! The heaviest set of faults of which none waits for another.

/// Above this many faults the search gives way to an upper bound.
const EXACT: usize = 24;

/// The greatest sum of weights over sets whose members may all be active together, and such a set.
///
/// Exact by branch and bound for up to 24 faults; beyond, the sum over each fault and all that may overlap it, which is
/// never too low.
pub fn heaviest(weights: &[f64], together: impl Fn(usize, usize) -> bool) -> (f64, Vec<usize>) {
    if weights.len() > EXACT {
        return upper_bound(weights, &together);
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    let mut search = Search { weights, together: &together, order: &order, best: (0.0, Vec::new()) };
    search.extend(0, 0.0, weights.iter().sum(), &mut Vec::new());
    let (sum, mut chosen) = search.best;
    chosen.sort_unstable();
    (sum, chosen)
}

struct Search<'a> {
    weights: &'a [f64],
    together: &'a dyn Fn(usize, usize) -> bool,
    order: &'a [usize],
    best: (f64, Vec<usize>),
}

impl Search<'_> {
    fn extend(&mut self, at: usize, sum: f64, rest: f64, chosen: &mut Vec<usize>) {
        if sum > self.best.0 {
            self.best = (sum, chosen.clone());
        }
        let Some(next) = self.order.get(at).copied() else { return };
        if sum + rest <= self.best.0 {
            return;
        }
        let weight = self.weights[next];
        if chosen.iter().all(|other| (self.together)(next, *other)) {
            chosen.push(next);
            self.extend(at + 1, sum + weight, rest - weight, chosen);
            chosen.pop();
        }
        self.extend(at + 1, sum, rest - weight, chosen);
    }
}

fn upper_bound(weights: &[f64], together: &dyn Fn(usize, usize) -> bool) -> (f64, Vec<usize>) {
    let around = |at: usize| -> (f64, Vec<usize>) {
        let set: Vec<usize> = (0..weights.len()).filter(|other| *other == at || together(at, *other)).collect();
        (set.iter().map(|other| weights[*other]).sum(), set)
    };
    (0..weights.len()).map(around).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::heaviest;

    #[test]
    fn ordered_faults_do_not_add_up() {
        // 0 overlaps 1 and 2; 1 and 2 wait for each other.
        let together = |a: usize, b: usize| a == 0 || b == 0;
        let (sum, set) = heaviest(&[0.1, 0.2, 0.3], together);
        assert_eq!(set, [0, 2]);
        assert!((sum - 0.4).abs() < 1e-12);
    }

    #[test]
    fn the_upper_bound_is_never_below_the_search() {
        let weights: Vec<f64> = (0..20).map(|n| f64::from(n % 7)).collect();
        let together = |a: usize, b: usize| (a * 7 + b * 7).is_multiple_of(3);
        let exact = heaviest(&weights, together).0;
        assert!(super::upper_bound(&weights, &together).0 >= exact);
    }
}
