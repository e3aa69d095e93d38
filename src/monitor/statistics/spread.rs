//! A value's own noise, in a way that a few wild samples do not change.

use super::order::median;

/// What makes the median of absolute deviations a standard deviation, where the noise is normal.
const NORMAL: f64 = 1.482_602_218_505_602;
/// The same for the mean of absolute deviations.
const NORMAL_MEAN: f64 = 1.253_314_137_315_500_3;

/// The middle of samples, and their standard deviation as robust statistics see it. Where more than half are the same, the
/// mean of absolute deviations tells more than their median (B. Iglewicz, D. Hoaglin, 1993). Zero where all are the same;
/// none where there are no samples, or some that are no numbers.
pub fn robust(samples: &[f64]) -> Option<(f64, f64)> {
    if samples.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let middle = median(samples)?;
    let distances: Vec<f64> = samples.iter().map(|value| (value - middle).abs()).collect();
    let typical = median(&distances)? * NORMAL;
    let mean = distances.iter().sum::<f64>() / distances.len() as f64 * NORMAL_MEAN;
    Some((middle, if typical > 0.0 { typical } else { mean }))
}

#[cfg(test)]
mod tests {
    use super::robust;

    #[test]
    fn a_wild_sample_does_not_change_it() {
        let calm: Vec<f64> = (0..101).map(f64::from).collect();
        let mut wild = calm.clone();
        wild[7] = 1e9;
        let (middle, spread) = robust(&calm).unwrap_or_default();
        assert_eq!(middle, 50.0);
        assert!((spread - 25.0 * super::NORMAL).abs() < 1e-9);
        assert!(robust(&wild).is_some_and(|(_, wilder)| (wilder - spread).abs() < 2.0));
    }

    #[test]
    fn it_is_zero_only_where_all_are_the_same() {
        assert_eq!(robust(&[4.0; 9]), Some((4.0, 0.0)));
        assert!(robust(&[4.0, 4.0, 4.0, 5.0]).is_some_and(|(_, spread)| spread > 0.0));
        assert_eq!(robust(&[]), None);
        assert_eq!(robust(&[1.0, f64::NAN]), None);
    }
}
