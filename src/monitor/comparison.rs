//! `x no lower than baseline by m`, `unchanged by p%`: a statistical test over a whole phase against the whole baseline.
//!
//! The samples of the two never overlap: only intervals that lie wholly inside a phase count. What kind of test it is
//! follows from what the samples are: raw counts, histograms, growth, or values.

use super::baseline::Baselines;
use super::quantile::{Buckets, of_monotone};
use super::signal::{Point, Sample, Signals};
use super::statistics::bootstrap::{self, Rows};
use super::statistics::correlation::autocorrelation;
use super::statistics::mean::{Mean, welch};
use super::statistics::proportion::{self, Counts};
use super::statistics::rank::{self, Ranked};
use super::statistics::{Tested, order};
use super::truth::{Atom, NONE_PROVEN, View, number};
use crate::base::{Instant, unit};
use crate::syntax::tree::Comparator;
use crate::types::term::{Aggregate, Comparison, Condition, LEAST_SAMPLES, Reading, Term};
use std::collections::BTreeSet;
use std::time::Duration;

/// The chance with which a bound may be wrong, on each side.
pub const LEVEL: f64 = 0.05;
/// From fewer intervals nobody can tell how much they differ among themselves.
pub(super) const LEAST_INTERVALS: usize = 10;

/// What a comparison has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// The end of its phase.
    pub at: Instant,
    /// How well the samples fit that it does not hold: small confirms it.
    pub p_holds: f64,
    /// How well they fit that it holds: small refutes it.
    pub p_broken: f64,
    /// What x was, against what; the margin is how far x is from the bound, above zero where it keeps it.
    pub atom: Atom,
    /// Where that distance surely lies, at [`LEVEL`] on each side.
    pub bounds: (f64, f64),
    /// What x was in the baseline, where it is compared with that.
    pub baseline: Option<f64>,
    /// Why it cannot be confirmed, whatever the samples say.
    pub flaw: Option<String>,
}

impl Weighed {
    /// Both of two comparisons: confirmed if both are, refuted if either is.
    fn and(self, other: Self) -> Self {
        let closer = self.atom.margin <= other.atom.margin;
        let p_holds = self.p_holds.max(other.p_holds);
        let p_broken = (2.0 * self.p_broken.min(other.p_broken)).min(1.0);
        let flaw = self.flaw.clone().or_else(|| other.flaw.clone());
        Self { p_holds, p_broken, flaw, ..if closer { self } else { other } }
    }
}

/// What a comparison is judged with.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The metrics.
    pub signals: &'a Signals,
    /// What the baseline was.
    pub baselines: &'a Baselines,
    /// The window of aggregates that do not say `over`.
    pub window: Duration,
}

/// Weighs a condition over a phase.
///
/// # Errors
/// Why nothing can be said at all.
pub fn weigh(condition: &Condition, phase: (Instant, Instant), scene: Scene) -> Result<Weighed, String> {
    match condition {
        Condition::Compare(comparison) => one(comparison, phase, scene),
        Condition::And(a, b) => Ok(weigh(a, phase, scene)?.and(weigh(b, phase, scene)?)),
        _ => Err("it is no comparison".to_owned()),
    }
}

fn one(comparison: &Comparison, phase: (Instant, Instant), scene: Scene) -> Result<Weighed, String> {
    let (factor, by) = linear(&comparison.right).ok_or("what it is compared with is not known")?;
    let before = if factor == 0.0 { None } else { Some(before(&comparison.left, scene)?) };
    let during = observed(&comparison.left, phase, scene.signals, scene.window)?;
    let seed = comparison.key().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a: the same words, the same answer
    });
    let higher = matches!(comparison.comparator, Comparator::AtLeast | Comparator::Above);
    let tested = test(before.as_ref(), &during, (factor, by), seed)?;
    let kept = if higher { tested } else { tested.turned() };
    let baseline = before.as_ref().and_then(Observed::value);
    let value = during.value().ok_or("it has no value")?;
    let bound = factor * baseline.unwrap_or_default() + by;
    Ok(Weighed {
        at: phase.1,
        p_holds: kept.p_above,
        p_broken: kept.p_below,
        atom: Atom {
            text: comparison.text.clone(),
            ty: comparison.ty.clone(),
            left: Ok(value),
            right: Ok(bound),
            margin: Some(kept.estimate),
        },
        bounds: (kept.lo, kept.hi),
        baseline,
        flaw: during.flaw.clone().or_else(|| before.as_ref()?.flaw.clone()).or_else(|| stuck(before.as_ref(), &during)),
    })
}

/// `factor × baseline + by`.
pub(super) fn linear(term: &Term) -> Option<(f64, f64)> {
    let none = (Signals::default(), Baselines::new());
    let view =
        View { signals: &none.0, window: Duration::ZERO, increase_from: None, baselines: &none.1, proven: NONE_PROVEN };
    let by = number(term, Instant(0), view, Some(0.0))?;
    let factor = number(term, Instant(0), view, Some(1.0))? - by;
    (factor >= 0.0).then_some((factor, by))
}

fn before(term: &Term, scene: Scene) -> Result<Observed, String> {
    let phase = scene.baselines.phase().ok_or("the baseline is not over")?;
    let signals = scene.baselines.signals(scene.signals);
    observed(term, phase, &signals, scene.window).map_err(|reason| format!("in the baseline: {reason}"))
}

/// What a phase showed.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub kind: Kind,
    /// Why it proves nothing good.
    flaw: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Shares(Vec<Counts>),
    /// Histograms with the sums of their values, and how they become one value.
    Histograms(Vec<(Buckets, f64)>, Aggregate),
    /// Values of which the mean counts.
    Means(Vec<f64>),
    /// Values of which the middle counts, or another quantile.
    Values(Vec<f64>, f64),
}

impl Observed {
    /// The value over the whole phase.
    pub fn value(&self) -> Option<f64> {
        match &self.kind {
            Kind::Shares(counts) => {
                let (good, all) = counts.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.good, sum.1 + it.all));
                (all > 0.0).then(|| good / all)
            }
            Kind::Histograms(parts, aggregate) => {
                let bounds = bounds(&[parts]);
                statistic(&bounds, *aggregate, &sum_of(parts, &bounds))
            }
            Kind::Means(values) => Some(values.iter().sum::<f64>() / values.len() as f64),
            Kind::Values(values, q) => Ranked::new(values, 0.0).quantile(*q),
        }
    }
}

/// Reads a term over a phase.
pub(super) fn observed(
    term: &Term,
    (start, end): (Instant, Instant),
    signals: &Signals,
    window: Duration,
) -> Result<Observed, String> {
    let Term::Reading(reading) = term else { return ticks(term, (start, end), signals, window) };
    let signal = signals.get(&reading.metric).ok_or("nothing was read")?;
    let inside: Vec<&Sample> = signal.inside(start, end).collect();
    let failed = inside.iter().find_map(|sample| sample.value.as_ref().err());
    let usable: Vec<(&Sample, &Point)> = inside
        .iter()
        .filter_map(|sample| Some((*sample, sample.value.as_ref().ok().filter(|it| is_usable(it))?)))
        .collect();
    if usable.is_empty() {
        return Err(failed.map_or("no sample lies inside".to_owned(), ToString::to_string));
    }
    let times: Vec<Instant> = usable.iter().map(|(sample, _)| sample.at).collect();
    let flaw = gap(&times, (start, end), signal.stale_after);
    let extremes = matches!(reading.aggregate, Aggregate::Min | Aggregate::Max);
    if extremes && usable.iter().all(|(_, point)| matches!(point, Point::Gauge(_))) {
        return ticks(term, (start, end), signals, window).map(|it| Observed { flaw, ..it });
    }
    Ok(Observed { kind: kind(reading, &apart(usable)), flaw })
}

/// Samples that do not overlap, as far as they say from where on they tell: a server may have made each of a range that is
/// longer than the time between two.
fn apart<'s>(samples: Vec<(&'s Sample, &'s Point)>) -> Vec<(&'s Sample, &'s Point)> {
    let mut kept: Vec<(&Sample, &Point)> = Vec::new();
    for (sample, point) in samples {
        if kept.last().is_none_or(|(last, _)| sample.from >= last.at) {
            kept.push((sample, point));
        }
    }
    kept
}

fn is_usable(point: &Point) -> bool {
    match point {
        Point::Ratio { good, all } => good.is_finite() && all.is_finite() && *good >= 0.0 && *all >= 0.0,
        Point::Increase(by) => by.is_finite(),
        Point::Histogram { buckets, sum } => sum.is_finite() && buckets.count().is_finite(),
        Point::Gauge(value) => value.is_finite(),
    }
}

/// A time without usable samples that is longer than a value holds.
fn gap(times: &[Instant], (start, end): (Instant, Instant), stale: Duration) -> Option<String> {
    let all: Vec<Instant> = std::iter::once(start).chain(times.iter().copied()).chain([end]).collect();
    let longest = all.windows(2).map(|pair| (pair[1].since(pair[0]), pair[0])).max()?;
    (longest.0 > stale).then(|| format!("unknown from {} on, for {}", longest.1, show(longest.0)))
}

fn show(duration: Duration) -> String {
    unit::show_duration(duration.as_secs_f64())
}

fn kind(reading: &Reading, usable: &[(&Sample, &Point)]) -> Kind {
    let shares = usable.iter().filter_map(|(_, point)| match point {
        Point::Ratio { good, all } => Some(Counts { good: good.min(*all), all: *all }),
        _ => None,
    });
    let histograms = usable.iter().filter_map(|(_, point)| match point {
        Point::Histogram { buckets, sum } => Some((buckets.clone(), *sum)),
        _ => None,
    });
    let rates = usable.iter().filter_map(|(sample, point)| match point {
        Point::Increase(by) if sample.at > sample.from => Some(by / sample.at.since(sample.from).as_secs_f64()),
        _ => None,
    });
    let values =
        usable.iter().filter_map(|(_, point)| if let Point::Gauge(value) = point { Some(*value) } else { None });
    match usable.first().map(|(_, point)| *point) {
        Some(Point::Ratio { .. }) => Kind::Shares(shares.collect()),
        Some(Point::Histogram { .. }) => Kind::Histograms(histograms.collect(), reading.aggregate),
        Some(Point::Increase(_)) => Kind::Means(rates.collect()),
        _ => match reading.aggregate {
            Aggregate::Mean | Aggregate::Sum => Kind::Means(values.collect()),
            Aggregate::Quantile(q) => Kind::Values(values.collect(), q),
            _ => Kind::Values(values.collect(), 0.5),
        },
    }
}

/// A term of several readings, at instants so far apart that their windows do not overlap.
fn ticks(
    term: &Term,
    (start, end): (Instant, Instant),
    signals: &Signals,
    window: Duration,
) -> Result<Observed, String> {
    let none = Baselines::new();
    let view = View { signals, window, increase_from: None, baselines: &none, proven: &BTreeSet::new() };
    let readings = term.readings();
    let widest =
        readings.iter().filter(|it| it.is_windowed()).map(|it| it.window.map_or(window, unit::to_duration)).max();
    let apart = widest.unwrap_or_default();
    let mut values = Vec::new();
    let mut times: Vec<Instant> = Vec::new();
    for at in signals.instants(&readings, start).into_iter().take_while(|at| *at <= end) {
        if at.since(times.last().copied().unwrap_or(start)) < apart {
            continue;
        }
        if let Some(value) = number(term, at, view, None) {
            values.push(value);
            times.push(at);
        }
    }
    if values.is_empty() {
        return Err("it has no value whose windows lie inside".to_owned());
    }
    let flaw = gap(&times, (start, end), apart + signals.stale_after(&readings));
    Ok(Observed { kind: Kind::Values(values, 0.5), flaw })
}

fn test(before: Option<&Observed>, during: &Observed, line: (f64, f64), seed: u64) -> Result<Tested, String> {
    match (before.map(|before| &before.kind), &during.kind) {
        (None, Kind::Shares(during)) => shares(None, during, line),
        (Some(Kind::Shares(before)), Kind::Shares(during)) => shares(Some(before), during, line),
        (None, Kind::Histograms(during, aggregate)) => histograms(None, during, *aggregate, line, seed),
        (Some(Kind::Histograms(before, _)), Kind::Histograms(during, aggregate)) => {
            histograms(Some(before), during, *aggregate, line, seed)
        }
        (None, Kind::Means(during)) => means(None, during, line),
        (Some(Kind::Means(before)), Kind::Means(during)) => means(Some(before), during, line),
        (None, Kind::Values(during, q)) => values(None, during, *q, line),
        (Some(Kind::Values(before, _)), Kind::Values(during, q)) => values(Some(before), during, *q, line),
        _ => Err("its samples are of another kind than those of the baseline".to_owned()),
    }
}

/// At least so many, in this phase.
fn enough(found: f64, least: f64, of: &str, is_before: bool) -> Result<(), String> {
    if found >= least {
        return Ok(());
    }
    let place = if is_before { " in the baseline" } else { "" };
    Err(format!("too few samples{place}: they are worth {found:.0} independent {of}, and {least:.0} are needed"))
}

fn shares(before: Option<&[Counts]>, during: &[Counts], (factor, by): (f64, f64)) -> Result<Tested, String> {
    let correlation = pooled(before, during, proportion::correlation);
    let counted = |intervals: &[Counts], is_before: bool| {
        let with_traffic = intervals.iter().filter(|it| it.all > 0.0).count();
        if with_traffic == 0 {
            return Err("no requests".to_owned());
        }
        enough(with_traffic as f64, LEAST_INTERVALS as f64, "intervals with requests", is_before)?;
        let counts = Counts::spread(intervals, correlation);
        enough(counts.all, LEAST_SAMPLES, "requests", is_before).map(|()| counts)
    };
    let during = counted(during, false)?;
    Ok(match before {
        Some(before) => proportion::compare(counted(before, true)?, during, factor, by, LEVEL),
        None => proportion::against(during, by, LEVEL),
    })
}

fn means(before: Option<&[f64]>, during: &[f64], (factor, by): (f64, f64)) -> Result<Tested, String> {
    let correlation = pooled(before, during, autocorrelation);
    let mean = |values: &[f64], is_before: bool| {
        let mean = Mean::of(values, correlation);
        enough(mean.effective, LEAST_SAMPLES, "samples", is_before).map(|()| mean)
    };
    let during_mean = mean(during, false)?;
    let reference = match before {
        Some(before) => mean(before, true)?.moved(factor, by),
        None => Mean::exactly(by),
    };
    Ok(welch(reference, during_mean, LEVEL))
}

fn values(before: Option<&[f64]>, during: &[f64], q: f64, (factor, by): (f64, f64)) -> Result<Tested, String> {
    let correlation = pooled(before, during, autocorrelation);
    let least = LEAST_SAMPLES.max(LEVEL.ln() / q.max(1.0 - q).ln());
    let ranked = |values: &[f64], is_before: bool| {
        let ranked = Ranked::new(values, correlation);
        enough(ranked.effective, least, "samples", is_before).map(|()| ranked)
    };
    let ranked_during = ranked(during, false)?;
    let ranked_before = before.map(|before| ranked(before, true)).transpose()?;
    match &ranked_before {
        Some(before) if q == 0.5 => Ok(rank::compare(&before.moved(factor, by), &ranked_during, LEVEL)),
        before => order::compare(before.as_ref(), &ranked_during, q, (factor, by), LEVEL)
            .ok_or_else(|| "it has no value".to_owned()),
    }
}

/// The correlation of samples in a row, in both phases together: each alone is short.
fn pooled<T>(before: Option<&[T]>, during: &[T], correlation: impl Fn(&[T]) -> f64) -> f64 {
    let (n, m) = (before.map_or(0, <[T]>::len) as f64, during.len() as f64);
    let earlier = before.map_or(0.0, &correlation);
    (n * earlier + m * correlation(during)) / (n + m)
}

/// Values that never move tell nothing of their noise, so they confirm nothing: the source may be stuck.
fn stuck(before: Option<&Observed>, during: &Observed) -> Option<String> {
    let constant = |observed: &Observed| match &observed.kind {
        Kind::Means(values) | Kind::Values(values, _) => values.windows(2).all(|pair| pair[0] == pair[1]),
        Kind::Shares(_) | Kind::Histograms(..) => false,
    };
    let stuck = constant(during) && before.is_none_or(constant);
    stuck.then(|| "all its samples are the same, so nothing is known of its noise; the source may be stuck".to_owned())
}

/// All upper bounds of histograms, from the lowest.
pub(super) fn bounds(phases: &[&[(Buckets, f64)]]) -> Vec<f64> {
    let mut bounds: Vec<f64> = phases.iter().flat_map(|parts| parts.iter()).flat_map(|(it, _)| it.bounds()).collect();
    bounds.sort_unstable_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

/// A histogram as numbers that add up: its buckets, then the sum of its values.
pub(super) fn row((buckets, sum): &(Buckets, f64), bounds: &[f64]) -> Vec<f64> {
    bounds.iter().map(|bound| buckets.at_most(*bound)).chain([*sum]).collect()
}

fn sum_of(parts: &[(Buckets, f64)], bounds: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; bounds.len() + 1];
    for part in parts {
        sum.iter_mut().zip(row(part, bounds)).for_each(|(sum, by)| *sum += by);
    }
    sum
}

/// The value of such numbers. Beyond the last finite bound a quantile is above everything.
pub(super) fn statistic(bounds: &[f64], aggregate: Aggregate, numbers: &[f64]) -> Option<f64> {
    let (sum, counts) = numbers.split_last()?;
    let mut most = 0.0_f64;
    let grow = |(bound, count): (&f64, &f64)| {
        most = most.max(*count);
        (*bound, most)
    };
    let list: Vec<(f64, f64)> = bounds.iter().zip(counts).map(grow).collect();
    let all = list.last().map_or(0.0, |(_, count)| *count);
    if all.is_nan() || all <= 0.0 {
        return None;
    }
    let q = match aggregate {
        Aggregate::Quantile(q) => q,
        Aggregate::Max => 1.0,
        _ => return Some(sum / all),
    };
    let value = of_monotone(q, &list)?;
    Some(if value.is_point() { value.lo } else { f64::INFINITY })
}

fn histograms(
    before: Option<&[(Buckets, f64)]>,
    during: &[(Buckets, f64)],
    aggregate: Aggregate,
    line: (f64, f64),
    seed: u64,
) -> Result<Tested, String> {
    let needed = match aggregate {
        Aggregate::Quantile(q) if q > 0.0 && q < 1.0 => LEAST_SAMPLES.max((LEVEL.ln() / q.max(1.0 - q).ln()).ceil()),
        _ => LEAST_SAMPLES,
    };
    let bounds = bounds(&[before.unwrap_or_default(), during]);
    let rows = |parts: &[(Buckets, f64)], is_before: bool| {
        let with_traffic: Vec<&(Buckets, f64)> = parts.iter().filter(|(it, _)| it.count() > 0.0).collect();
        if with_traffic.is_empty() {
            return Err("no requests".to_owned());
        }
        enough(with_traffic.len() as f64, LEAST_INTERVALS as f64, "intervals with requests", is_before)?;
        enough(with_traffic.iter().map(|(it, _)| it.count()).sum(), needed, "requests", is_before)?;
        let rows: Vec<Vec<f64>> = with_traffic.iter().map(|part| row(part, &bounds)).collect();
        let series: Vec<f64> = with_traffic.iter().map(|(it, sum)| sum / it.count()).collect();
        Ok(Rows::new(&rows, &series))
    };
    let during = rows(during, false)?;
    let before = before.map(|before| rows(before, true)).transpose()?;
    let statistic = |numbers: &[f64]| statistic(&bounds, aggregate, numbers);
    let tested = bootstrap::compare(before.as_ref(), &during, line, LEVEL, seed, statistic);
    tested.filter(|it| !it.estimate.is_nan()).ok_or_else(|| "it has no value".to_owned())
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
