//! The heaviest of the sets of faults of which none waits for another's end.
//!
//! By Dilworth's theorem with weights, that is the cheapest cover by chains: a maximum flow (Möhring 1985).

use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// Of more faults than this at one time only an upper bound is computed.
const EXACT: usize = 400;

/// Weights are whole numbers of this size inside.
const GRAIN: f64 = 1e-12;

/// The heaviest set among `faults`, if it is heavier than `floor`: its weight, never too low, and who is in it.
///
/// `faults` are in an order in which each comes behind those that it waits for.
pub fn heaviest(
    faults: &[usize],
    floor: f64,
    weight: impl Fn(usize) -> f64,
    before: impl Fn(usize, usize) -> bool,
) -> Option<(f64, Vec<usize>)> {
    let faults: Vec<usize> = faults.iter().copied().filter(|fault| weight(*fault) > 0.0).collect();
    let above = |sum: f64| sum > floor + GRAIN;
    if !above(faults.iter().map(|fault| weight(*fault)).sum()) {
        return None;
    }
    let heads = chains(&faults, &weight, &before);
    let bound: f64 = heads.iter().map(|fault| weight(*fault)).sum();
    if !above(bound) {
        return None;
    }
    let found = if faults.len() > EXACT { (bound, heads) } else { exact(&faults, &weight, &before) };
    above(found.0).then_some(found)
}

/// Covers the faults with chains, greedily: the heaviest of each. At most one of a chain is active at a time.
fn chains(faults: &[usize], weight: &impl Fn(usize) -> f64, before: &impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut ends: Vec<(usize, usize)> = Vec::new(); // the last of each chain, and its heaviest
    for fault in faults {
        match ends.iter_mut().find(|(last, _)| before(*last, *fault)) {
            Some((last, heaviest)) => {
                *last = *fault;
                if weight(*fault) > weight(*heaviest) {
                    *heaviest = *fault;
                }
            }
            None => ends.push((*fault, *fault)),
        }
    }
    ends.into_iter().map(|(_, heaviest)| heaviest).collect()
}

fn exact(
    faults: &[usize],
    weight: &impl Fn(usize) -> f64,
    before: &impl Fn(usize, usize) -> bool,
) -> (f64, Vec<usize>) {
    let grains = |at: usize| (weight(faults[at]) / GRAIN).ceil() as u64;
    let all: u64 = (0..faults.len()).map(grains).sum();
    let mut network: DiGraph<(), u64> = DiGraph::new();
    let (source, sink) = (network.add_node(()), network.add_node(()));
    let begins: Vec<NodeIndex> = faults.iter().map(|_| network.add_node(())).collect();
    let ends: Vec<NodeIndex> = faults.iter().map(|_| network.add_node(())).collect();
    for at in 0..faults.len() {
        network.add_edge(source, begins[at], grains(at));
        network.add_edge(ends[at], sink, grains(at));
        for later in at + 1..faults.len() {
            if before(faults[at], faults[later]) {
                network.add_edge(begins[at], ends[later], all + 1);
            }
        }
    }
    let (_, flows) = dinics(&network, source, sink);
    let reached = reachable(&network, &flows, source);
    let chosen: Vec<usize> = (0..faults.len())
        .filter(|at| reached[begins[*at].index()] && !reached[ends[*at].index()])
        .map(|at| faults[at])
        .collect();
    (chosen.iter().map(|fault| weight(*fault)).sum(), chosen)
}

/// What can still be reached when the flow cannot grow any more: one side of the least cut.
fn reachable(network: &DiGraph<(), u64>, flows: &[u64], source: NodeIndex) -> Vec<bool> {
    use petgraph::Direction::{Incoming, Outgoing};
    let mut reached = vec![false; network.node_count()];
    let mut open = vec![source];
    reached[source.index()] = true;
    while let Some(node) = open.pop() {
        let on = network.edges_directed(node, Outgoing).filter(|edge| flows[edge.id().index()] < *edge.weight());
        let back = network.edges_directed(node, Incoming).filter(|edge| flows[edge.id().index()] > 0);
        let nodes: Vec<NodeIndex> = on.map(|edge| edge.target()).chain(back.map(|edge| edge.source())).collect();
        for next in nodes {
            if !std::mem::replace(&mut reached[next.index()], true) {
                open.push(next);
            }
        }
    }
    reached
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::heaviest;

    #[test]
    fn ordered_faults_do_not_add_up() {
        // 1 and 2 wait for each other, 0 for none.
        let before = |a: usize, b: usize| a == 1 && b == 2;
        let (sum, set) = heaviest(&[0, 1, 2], 0.0, |at| [0.1, 0.2, 0.3][at], before).unwrap();
        assert_eq!(set, [0, 2]);
        assert!((sum - 0.4).abs() < 1e-9);
        assert_eq!(heaviest(&[0, 1, 2], 0.4, |at| [0.1, 0.2, 0.3][at], before), None);
    }

    /// All subsets, for orders of up to 10 faults.
    #[test]
    fn it_agrees_with_all_subsets() {
        let mut dice = 7_u64;
        let mut roll = |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        for _ in 0..300 {
            let count = usize::try_from(1 + roll(10)).unwrap();
            let mut order = vec![vec![false; count]; count];
            for b in 0..count {
                for a in 0..b {
                    if roll(3) == 0 {
                        (0..count).for_each(|it| order[it][b] |= it == a || order[it][a]);
                    }
                }
            }
            let weights: Vec<f64> = (0..count).map(|_| 0.01 * (1 + roll(30)) as f64).collect();
            let free =
                |set: usize| (0..count).all(|b| (0..b).all(|a| set >> a & 1 == 0 || set >> b & 1 == 0 || !order[a][b]));
            let sum = |set: usize| (0..count).filter(|at| set >> at & 1 == 1).map(|at| weights[at]).sum::<f64>();
            let best = (0..1_usize << count).filter(|set| free(*set)).map(sum).fold(0.0, f64::max);
            let all: Vec<usize> = (0..count).collect();
            let found = heaviest(&all, 0.0, |at| weights[at], |a, b| order[a][b]).unwrap();
            assert!((found.0 - best).abs() < 1e-9, "{found:?} {best} {order:?}");
        }
    }
}
