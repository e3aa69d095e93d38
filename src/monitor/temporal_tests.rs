//! RTAMT's answers (`tests/vectors/stl.json`), and what they do not cover.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Bounds, Formula, Monitor, Robustness, Verdict};
use crate::base::Instant;
use serde_json::Value;
use std::time::Duration;

fn at(second: usize) -> Instant {
    Instant(second as u64 * 1_000_000_000)
}

fn bounds(from: u64, to: u64) -> Bounds {
    Bounds { from: Duration::from_secs(from), to: Duration::from_secs(to) }
}

fn boxed(formula: Formula) -> Box<Formula> {
    Box::new(formula)
}

fn implies(a: Formula, b: Formula) -> Formula {
    Formula::Or(boxed(Formula::Not(boxed(a))), boxed(b))
}

/// The formulas of the vectors, with their atoms, and how far ahead they look.
fn case(id: &str, signals: &Value) -> (Formula, Vec<Vec<f64>>, usize) {
    use Formula::{Always, And, Atom, Eventually, Not, Once, Since, Until};
    let signal = |name: &str| -> Vec<f64> {
        signals[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let above = |name: &str, bound: f64| -> Vec<f64> { signal(name).iter().map(|value| value - bound).collect() };
    let below = |name: &str, bound: f64| -> Vec<f64> { signal(name).iter().map(|value| bound - value).collect() };
    let (a, b) = (|| boxed(Atom(0)), || boxed(Atom(1)));
    match id {
        "v01" => (Atom(0), vec![above("succ", 0.95)], 0),
        "v03" => (Eventually(bounds(0, 5), a()), vec![above("succ", 0.99)], 5),
        "v05" => {
            let inner = Always(bounds(0, 5), a());
            (Eventually(bounds(0, 10), boxed(inner)), vec![below("lat", 450.0)], 15)
        }
        "v07" => (And(a(), b()), vec![above("succ", 0.99), below("lat", 450.0)], 0),
        "v09" => {
            let formula = implies(Atom(0), Eventually(bounds(0, 15), b()));
            (formula, vec![above("fault", 0.5), above("succ", 0.99)], 15)
        }
        "v11" => (Until(bounds(0, 6), a(), b()), vec![below("lat", 470.0), above("succ", 0.99)], 6),
        "v13" => (Once(bounds(0, 5), a()), vec![above("lat", 460.0)], 0),
        "v15" => (Since(bounds(0, 12), a(), b()), vec![below("lat", 450.0), below("fault", 0.5)], 0),
        "v17" => (Always(bounds(2, 6), a()), vec![above("pos", -1.5)], 6),
        "v19" => (Atom(0), vec![signal("noise").iter().map(|value| 0.9 - value.abs()).collect()], 0),
        "v21" => {
            let rise = And(a(), boxed(Not(boxed(Once(bounds(1, 1), a())))));
            let formula = Always(bounds(0, 3), boxed(implies(rise, Eventually(bounds(0, 3), b()))));
            (formula, vec![above("succ", 0.99), below("lat", 330.0)], 6)
        }
        "v24" => (Always(bounds(0, 100), a()), vec![above("succ", 0.9)], 100),
        other => panic!("the case {other} has no formula here"),
    }
}

fn run(formula: &Formula, atoms: &[Vec<f64>]) -> Vec<Verdict> {
    let mut monitor = Monitor::new(formula);
    let mut verdicts = Vec::new();
    for second in 0..atoms[0].len() {
        let values: Vec<Robustness> = atoms.iter().map(|atom| Robustness::point(atom[second])).collect();
        verdicts.extend(monitor.push(at(second), &values));
    }
    verdicts.extend(monitor.finish());
    verdicts
}

/// Where RTAMT cuts a window off at the end of the trace, ours is unknown there; everywhere else they agree. Case by case,
/// so that a new exception shows: how many of the last instants those are.
const CUT_OFF: [(&str, usize); 12] = [
    ("v01", 0),
    ("v03", 5),
    ("v05", 15),
    ("v07", 0),
    ("v09", 15),
    ("v11", 6),
    ("v13", 0),
    ("v15", 0),
    ("v17", 6),
    ("v19", 0),
    ("v21", 6),
    ("v24", 40),
];

#[test]
fn formulas_agree_with_rtamt_but_for_windows_that_end_after_the_trace() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/stl.json")).unwrap();
    let cases = vectors["vectors"].as_array().unwrap();
    assert_eq!(cases.len(), CUT_OFF.len());
    for (case_, (id, cut_off)) in cases.iter().zip(CUT_OFF) {
        assert_eq!(case_["id"], id);
        let (formula, atoms, ahead) = case(id, &vectors["signals"]);
        let verdicts = run(&formula, &atoms);
        let theirs = case_["discrete_offline"].as_array().unwrap();
        assert_eq!(verdicts.len(), theirs.len(), "{id}");
        assert_eq!(
            cut_off,
            ahead.min(theirs.len()),
            "{id}: exceptions are windows that end after the trace, and no others"
        );
        for (second, (verdict, theirs)) in verdicts.iter().zip(theirs).enumerate() {
            let theirs = theirs.as_f64().unwrap_or(f64::INFINITY);
            let Robustness { lo, hi } = verdict.robustness;
            assert_eq!(verdict.at, at(second), "{id}");
            assert!(lo - 1e-9 <= theirs && theirs <= hi + 1e-9, "{id} at {second}: {theirs} outside [{lo}, {hi}]");
            let whole = second + cut_off < verdicts.len();
            assert!(!whole || hi - lo < 1e-9, "{id} at {second}: [{lo}, {hi}] instead of {theirs}");
        }
        if cut_off > 0 {
            let last = verdicts.last().unwrap().robustness;
            assert!(last.lo < last.hi, "{id}: the last window is not over, so its value is not known");
        }
    }
}

#[test]
fn a_value_holds_until_the_next_sample() {
    let formula = Formula::Always(bounds(1, 2), boxed(Formula::Atom(0)));
    let mut monitor = Monitor::new(&formula);
    let mut verdicts = Vec::new();
    for (second, value) in [(0, -5.0), (4, 3.0), (9, 1.0)] {
        verdicts.extend(monitor.push(at(second), &[Robustness::point(value)]).map(|it| it.robustness.lo));
    }
    assert_eq!(verdicts, [-5.0, 3.0]); // nothing was read in [1 s, 2 s] and in [5 s, 6 s], but something held there
}

#[test]
fn what_is_unknown_stays_unknown_unless_the_rest_decides() {
    let formula = Formula::Always(bounds(0, 1), boxed(Formula::Atom(0)));
    let mut monitor = Monitor::new(&formula);
    let mut given = Vec::new();
    let values = [Robustness::UNKNOWN, Robustness::point(2.0), Robustness::UNKNOWN, Robustness::point(-1.0)];
    for (second, value) in values.into_iter().enumerate() {
        given.extend(monitor.push(at(second), &[value]).map(|it| it.robustness));
    }
    assert!(!given[0].holds() && !given[0].fails());
    assert!(!given[1].holds() && !given[1].fails());
    assert!(given[2].fails());
    assert_eq!(Robustness::point(f64::NAN), Robustness::UNKNOWN);
}

#[test]
fn time_that_goes_back_and_doubles_are_passed_over() {
    let mut monitor = Monitor::new(&Formula::Atom(0));
    let mut count = 0;
    for second in [5, 5, 3, 6, 0, 7] {
        count += monitor.push(at(second), &[Robustness::TRUE]).count();
    }
    assert_eq!(count, 3);
}

#[test]
fn an_atom_without_a_value_is_unknown() {
    let mut monitor = Monitor::new(&Formula::Atom(3));
    assert_eq!(monitor.push(at(1), &[]).map(|it| it.robustness).collect::<Vec<_>>(), [Robustness::UNKNOWN]);
}
