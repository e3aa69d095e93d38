//! Other tools' answers: SciPy's, in `tests/vectors`.
#![allow(clippy::unwrap_used)]

use super::distribution::{normal_above, normal_bound};
use super::mean::{Mean, welch};
use super::order::{coverage, ranks};
use super::proportion::{Counts, farrington_manning, newcombe};
use super::rank::{Ranked, mann_whitney, shift, wins};
use serde_json::Value;

fn near(ours: f64, theirs: &Value, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    let scale = theirs.abs().max(1e-3);
    assert!((ours - theirs).abs() <= 1e-6 * scale, "{what}: {ours}, not {theirs}");
}

fn samples(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn ranks_agree_with_scipy() {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/mann_whitney.json")).unwrap();
    let cases = vectors["mann_whitney"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let (before, during) =
            (Ranked::new(&samples(&case["before"]), 0.0), Ranked::new(&samples(&case["during"]), 0.0));
        let wins = wins(before.sorted(), during.sorted());
        let pairs = (before.sorted().len() * during.sorted().len()) as f64;
        near(wins, &case["asym_greater"]["U_during"], id);
        near(wins / pairs, &case["prob_superiority"], id);
        near(2.0 * wins / pairs - 1.0, &case["cliffs_delta"], id);
        let (above, below) = mann_whitney(&before, &during);
        near(above, &case["asym_greater"]["p"], id);
        near(below, &case["asym_less"]["p"], id);
        near((2.0 * above.min(below)).min(1.0), &case["asym_two-sided"]["p"], id);
        let theirs = &case["hodges_lehmann"];
        if theirs.is_object() {
            let (estimate, lo, hi) = shift(&before, &during, 0.025);
            near(estimate, &theirs["shift_during_minus_before"], id);
            near(lo, &theirs["ci95_lo"], id);
            near(hi, &theirs["ci95_hi"], id);
        }
    }
}

#[test]
fn tests_of_a_margin_agree_with_scipy() {
    let vectors: Value = serde_json::from_str(include_str!("../../../tests/vectors/noninferiority.json")).unwrap();
    let cases = vectors["noninferiority"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (before, during) = (samples(&case["before"]), samples(&case["during"]));
        match case["kind"].as_str().unwrap() {
            "welch_t" => means(case, &before, &during),
            "two_proportion" => shares(case, &before, &during),
            other => {
                assert_eq!(other, "mann_whitney_shift");
                shifts(case, &before, &during);
            }
        }
    }
    for case in vectors["tost"].as_array().unwrap() {
        let (before, during) = (samples(&case["before"]), samples(&case["during"]));
        let (before, during) = (Mean::of(&before, 0.0), Mean::of(&during, 0.0));
        let margin = case["margin"].as_f64().unwrap();
        near(welch(before.moved(1.0, -margin), during, 0.05).p_above, &case["p_lower"], "tost");
        near(welch(before.moved(1.0, margin), during, 0.05).p_below, &case["p_upper"], "tost");
    }
    for case in vectors["quantile_order_ci"].as_array().unwrap() {
        let (n, q) = (case["n"].as_u64().unwrap(), case["q"].as_f64().unwrap());
        let (lo, hi) = ranks(n, q, 0.025);
        assert_eq!((Some(lo), Some(hi)), (case["lo_rank"].as_u64(), case["hi_rank"].as_u64()), "n = {n}, q = {q}");
        assert_eq!((lo == 0, hi > n), (case["lo_unbounded"] == true, case["hi_unbounded"] == true));
        near(coverage(n, q, (lo, hi)), &case["coverage"], "coverage");
    }
}

/// Above the margin is good where higher is better, below it else.
fn signed(case: &Value) -> (f64, bool) {
    let (margin, higher) = (case["margin"].as_f64().unwrap(), case["higher_better"] == true);
    (if higher { -margin } else { margin }, higher)
}

fn means(case: &Value, before: &[f64], during: &[f64]) {
    let (by, higher) = signed(case);
    let (before, during) = (Mean::of(before, 0.0), Mean::of(during, 0.0));
    let plain = welch(before, during, 0.05);
    near(plain.estimate, &case["diff"], "diff");
    near(plain.lo, &case["ci90"][0], "ci90");
    near(plain.hi, &case["ci90"][1], "ci90");
    let tested = welch(before.moved(1.0, by), during, 0.05);
    let p = if higher { tested.p_above } else { tested.p_below };
    near(p, &case["p"], "p");
    assert_eq!(p < 0.05, case["noninferior"] == true);
}

fn shares(case: &Value, before: &[f64], during: &[f64]) {
    let counts = |list: &[f64]| Counts { good: list[0], all: list[1] };
    let (before, during, margin) = (counts(before), counts(during), case["margin"].as_f64().unwrap());
    let z = farrington_manning(before, during, margin);
    near(z, &case["fm_z"], "fm_z");
    near(normal_above(z), &case["fm_p"], "fm_p");
    let (lo, hi) = newcombe(before, during, 1.0, normal_bound(0.05));
    near(lo, &case["newcombe_ci"][0], "newcombe");
    near(hi, &case["newcombe_ci"][1], "newcombe");
    let tested = super::proportion::compare(before, during, 1.0, -margin, 0.05);
    let both = case["noninferior_fm"] == true && case["noninferior_newcombe"] == true;
    assert_eq!(tested.p_above < 0.05, both);
}

fn shifts(case: &Value, before: &[f64], during: &[f64]) {
    let (by, higher) = signed(case);
    let (before, during) = (Ranked::new(before, 0.0), Ranked::new(during, 0.0));
    let moved = before.moved(1.0, by);
    near(wins(moved.sorted(), during.sorted()), &case["U"], "U");
    let (above, below) = mann_whitney(&moved, &during);
    near(if higher { above } else { below }, &case["p"], "p");
}
