//! Growth of counters between two reads, series by series.

use super::exposition::Series;
use crate::monitor::Cause;
use std::collections::{BTreeMap, BTreeSet};

/// Last values by series, also of those that are gone: they may come back.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    last: BTreeMap<String, f64>,
    /// The instances that were ever seen.
    instances: BTreeSet<String>,
    /// Whether there was a read before.
    begun: bool,
    /// How often a series fell: it was reset, or is no counter.
    pub falls: u64,
}

/// How much each series grew.
pub type Growth = Vec<(Series, f64)>;

/// What the first series of an instance that nobody knew says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// It began at zero: all that it has is growth.
    FromZero,
    /// It may have counted for long: its first read tells nothing.
    Unknown,
}

/// Series remembered, at most: an endpoint whose labels never end must not fill the memory.
const MOST: usize = 200_000;

impl Counters {
    /// Takes in a read and gives each series' growth since it was last seen; nothing for the first read.
    ///
    /// A counter that fell was reset: it grew by what it has now. A series that appears at an instance that is known began
    /// at zero. One that was away and is back grew by the difference.
    ///
    /// # Errors
    /// A value is no count, or a series stands twice with two values; then the read is passed over, and the next one covers
    /// its time.
    pub fn advance(&mut self, series: Vec<Series>, newcomer: Newcomer) -> Result<Option<Growth>, Cause> {
        if series.iter().any(|one| !one.value.is_finite() || one.value < 0.0) {
            return Err(Cause::NotANumber);
        }
        let now = distinct(series)?;
        if self.last.len() + now.len() > MOST {
            return Err(Cause::Unreadable(format!("it has shown more than {MOST} series")));
        }
        let known = self.instances.clone();
        let first = !std::mem::replace(&mut self.begun, true);
        let mut growth = Vec::new();
        for (key, one) in now {
            let instance = instance(&one);
            let is_new = newcomer == Newcomer::Unknown && !known.contains(&instance);
            self.instances.insert(instance);
            let before = self.last.insert(key, one.value);
            let by = match before {
                Some(last) if one.value >= last => one.value - last,
                Some(_) => {
                    self.falls += 1;
                    one.value
                }
                None if is_new => continue,
                None => one.value,
            };
            growth.push((one, by));
        }
        Ok((!first).then_some(growth))
    }
}

/// Each series once.
///
/// # Errors
/// One stands twice with two values.
pub fn distinct(series: Vec<Series>) -> Result<BTreeMap<String, Series>, Cause> {
    let mut found: BTreeMap<String, Series> = BTreeMap::new();
    for one in series {
        let key = key(&one);
        if found.get(&key).is_some_and(|known| known.value.to_bits() != one.value.to_bits()) {
            return Err(Cause::Unreadable(format!("the series {key} stands twice, with two values")));
        }
        found.insert(key, one);
    }
    Ok(found)
}

fn key(series: &Series) -> String {
    let labels: Vec<String> = series.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{}{{{}}}", series.name, labels.join(","))
}

/// Whose a series is, as Prometheus names its targets.
fn instance(series: &Series) -> String {
    let label = |name: &str| series.labels.get(name).map_or("", String::as_str);
    format!("{}\u{0}{}", label("job"), label("instance"))
}

#[cfg(test)]
mod tests {
    use super::{Counters, Newcomer, Series};
    use std::collections::BTreeMap;

    fn series(values: &[(&str, f64)]) -> Vec<Series> {
        let one = |(name, value): &(&str, f64)| Series {
            name: "x".to_owned(),
            labels: BTreeMap::from([("instance".to_owned(), (*name).to_owned())]),
            value: *value,
            time: None,
        };
        values.iter().map(one).collect()
    }

    fn growth_of(counters: &mut Counters, values: &[(&str, f64)], newcomer: Newcomer) -> Option<f64> {
        let grown = counters.advance(series(values), newcomer).ok().flatten();
        grown.map(|growth| growth.iter().map(|(_, by)| by).sum())
    }

    fn growth(counters: &mut Counters, values: &[(&str, f64)]) -> Option<f64> {
        growth_of(counters, values, Newcomer::FromZero)
    }

    #[test]
    fn counters_grow_reset_and_appear() {
        let mut counters = Counters::default();
        assert_eq!(growth(&mut counters, &[("a", 10.0)]), None);
        assert_eq!(growth(&mut counters, &[("a", 15.0)]), Some(5.0));
        assert_eq!(growth(&mut counters, &[("a", 3.0)]), Some(3.0));
        assert_eq!(growth(&mut counters, &[("a", 3.0), ("b", 2.0)]), Some(2.0));
        assert_eq!(growth(&mut counters, &[("b", 2.0)]), Some(0.0));
        assert_eq!(counters.falls, 1);
    }

    #[test]
    fn a_series_that_was_away_does_not_count_again() {
        let mut counters = Counters::default();
        growth(&mut counters, &[("a", 1000.0), ("b", 5.0)]);
        assert_eq!(growth(&mut counters, &[("b", 6.0)]), Some(1.0));
        assert_eq!(growth(&mut counters, &[("a", 1007.0), ("b", 6.0)]), Some(7.0));
        assert_eq!(growth(&mut counters, &[("b", 6.0)]), Some(0.0));
        assert_eq!(growth(&mut counters, &[("a", 4.0), ("b", 6.0)]), Some(4.0), "it was restarted meanwhile");
    }

    #[test]
    fn an_instance_that_nobody_knew_may_have_counted_for_long() {
        let mut counters = Counters::default();
        growth_of(&mut counters, &[("a", 10.0)], Newcomer::Unknown);
        assert_eq!(growth_of(&mut counters, &[("a", 11.0), ("b", 1e6)], Newcomer::Unknown), Some(1.0));
        assert_eq!(growth_of(&mut counters, &[("a", 11.0), ("b", 1e6 + 2.0)], Newcomer::Unknown), Some(2.0));
    }

    #[test]
    fn what_is_no_count_is_unknown_and_covered_by_the_next_read() {
        let mut counters = Counters::default();
        assert_eq!(growth(&mut counters, &[("a", 10.0)]), None);
        for wrong in [f64::NAN, -1.0, f64::INFINITY] {
            assert!(counters.advance(series(&[("a", wrong)]), Newcomer::FromZero).is_err());
        }
        assert_eq!(growth(&mut counters, &[("a", 510.0)]), Some(500.0));
    }

    #[test]
    fn a_series_that_stands_twice_counts_once_or_not_at_all() {
        let mut counters = Counters::default();
        growth(&mut counters, &[("a", 10.0), ("a", 10.0)]);
        assert_eq!(growth(&mut counters, &[("a", 12.0), ("a", 12.0)]), Some(2.0));
        assert!(counters.advance(series(&[("a", 12.0), ("a", 13.0)]), Newcomer::FromZero).is_err());
    }
}
