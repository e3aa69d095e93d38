//! Several tests at once.

/// Which of several tests prove what they ask, so that the chance of any wrong proof among them stays below `level`
/// (S. Holm, "A simple sequentially rejective multiple test procedure", 1979). `expected` tests count, those without a
/// result included.
pub fn proven(p_values: &[f64], expected: usize, level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut proven = vec![false; p_values.len()];
    let all = expected.max(p_values.len());
    for (before, at) in order.into_iter().enumerate() {
        if p_values[at].is_nan() || p_values[at] > level / (all - before) as f64 {
            break;
        }
        proven[at] = true;
    }
    proven
}

#[cfg(test)]
mod tests {
    use super::proven;

    #[test]
    fn each_proof_makes_the_next_one_easier() {
        assert_eq!(proven(&[0.04, 0.01, 0.02], 3, 0.05), [true, true, true]);
        assert_eq!(proven(&[0.04, 0.03, 0.01], 3, 0.05), [false, false, true]);
        assert_eq!(proven(&[0.02], 3, 0.05), [false]);
        assert_eq!(proven(&[f64::NAN, 0.001], 2, 0.05), [false, true]);
        assert_eq!(proven(&[], 0, 0.05), Vec::<bool>::new());
    }
}
