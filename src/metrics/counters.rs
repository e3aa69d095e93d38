//! Growth of counters between two reads, series by series.

use super::exposition::Series;
use crate::monitor::Cause;
use std::collections::BTreeMap;

/// Last values by series.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    last: Option<BTreeMap<String, f64>>,
}

/// How much each series grew.
pub type Growth = Vec<(Series, f64)>;

impl Counters {
    /// Takes in a read and gives each series' growth since the one before; nothing for the first.
    ///
    /// A counter that fell was reset: it grew by what it has now. A series that appears began at zero.
    ///
    /// # Errors
    /// A value is no count; then the read is passed over, and the next one covers its time.
    pub fn advance(&mut self, series: Vec<Series>) -> Result<Option<Growth>, Cause> {
        if series.iter().any(|one| !one.value.is_finite() || one.value < 0.0) {
            return Err(Cause::NotANumber);
        }
        let now: BTreeMap<String, f64> = series.iter().map(|one| (key(one), one.value)).collect();
        let Some(before) = self.last.replace(now) else { return Ok(None) };
        let growth = series.into_iter().map(|one| {
            let last = before.get(&key(&one)).copied().unwrap_or(0.0);
            let by = if one.value < last { one.value } else { one.value - last };
            (one, by)
        });
        Ok(Some(growth.collect()))
    }
}

fn key(series: &Series) -> String {
    let labels: Vec<String> = series.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{}{{{}}}", series.name, labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::{Counters, Series};
    use std::collections::BTreeMap;

    fn series(values: &[(&str, f64)]) -> Vec<Series> {
        let one =
            |(name, value): &(&str, f64)| Series { name: (*name).to_owned(), labels: BTreeMap::new(), value: *value };
        values.iter().map(one).collect()
    }

    fn growth(counters: &mut Counters, values: &[(&str, f64)]) -> Option<f64> {
        counters.advance(series(values)).ok().flatten().map(|growth| growth.iter().map(|(_, by)| by).sum())
    }

    #[test]
    fn counters_grow_reset_and_appear() {
        let mut counters = Counters::default();
        assert_eq!(growth(&mut counters, &[("a", 10.0)]), None);
        assert_eq!(growth(&mut counters, &[("a", 15.0)]), Some(5.0));
        assert_eq!(growth(&mut counters, &[("a", 3.0)]), Some(3.0));
        assert_eq!(growth(&mut counters, &[("a", 3.0), ("b", 2.0)]), Some(2.0));
        assert_eq!(growth(&mut counters, &[("b", 2.0)]), Some(0.0));
    }

    #[test]
    fn what_is_no_count_is_unknown_and_covered_by_the_next_read() {
        let mut counters = Counters::default();
        assert_eq!(growth(&mut counters, &[("a", 10.0)]), None);
        assert!(counters.advance(series(&[("a", f64::NAN)])).is_err());
        assert!(counters.advance(series(&[("a", -1.0)])).is_err());
        assert_eq!(growth(&mut counters, &[("a", 510.0)]), Some(500.0));
    }
}
