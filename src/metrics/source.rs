//! One source: its endpoints are read together, and every metric bound to it gets a sample.

use super::counters::Counters;
use super::exposition::{Series, parse};
use super::fetch::Fetcher;
use crate::base::Instant;
use crate::monitor::quantile::Buckets;
use crate::monitor::{Cause, Point, Sample};
use crate::types::model::How;
use crate::types::selector::{MatchOperator, Selector, anchored};
use crate::types::term::MetricId;
use std::collections::BTreeMap;

/// Reads one source again and again.
pub struct SourceReader {
    urls: Vec<String>,
    metrics: Vec<Bound>,
}

/// A metric bound to the source.
struct Bound {
    id: MetricId,
    how: How,
    filters: Vec<Filter>,
    /// Counters by endpoint and filter.
    counters: BTreeMap<(usize, usize), Counters>,
    /// The last read that told something: what the next one covers begins there.
    last: Option<Instant>,
}

/// A selector made ready.
struct Filter {
    name: String,
    matchers: Vec<(String, Test)>,
}

enum Test {
    Equal(String),
    Unequal(String),
    Matches(regex::Regex),
    MatchesNot(regex::Regex),
}

impl Filter {
    fn new(selector: &Selector, ending: &str) -> Self {
        let test = |operator, value: &str| match (operator, anchored(value)) {
            (MatchOperator::Equal, _) => Test::Equal(value.to_owned()),
            (MatchOperator::Matches, Ok(regex)) => Test::Matches(regex),
            (MatchOperator::MatchesNot, Ok(regex)) => Test::MatchesNot(regex),
            _ => Test::Unequal(value.to_owned()),
        };
        let matchers = selector.matchers.iter().map(|it| (it.label.clone(), test(it.operator, &it.value)));
        Self { name: format!("{}{ending}", selector.name), matchers: matchers.collect() }
    }

    fn takes(&self, series: &Series) -> bool {
        series.name == self.name
            && self.matchers.iter().all(|(label, test)| {
                let value = series.labels.get(label).map_or("", String::as_str);
                match test {
                    Test::Equal(wanted) => value == wanted,
                    Test::Unequal(unwanted) => value != unwanted,
                    Test::Matches(regex) => regex.is_match(value),
                    Test::MatchesNot(regex) => !regex.is_match(value),
                }
            })
    }
}

/// The series that a metric is made of: for a ratio good and all, for a histogram buckets and sum.
fn filters(how: &How) -> Vec<Filter> {
    match how {
        How::Ratio { good, all } => vec![Filter::new(good, ""), Filter::new(all, "")],
        How::Histogram { of, .. } => vec![Filter::new(of, "_bucket"), Filter::new(of, "_sum")],
        How::Counter(of) | How::Gauge { of, .. } => vec![Filter::new(of, "")],
        How::Query { .. } => Vec::new(), // a Prometheus server answers it, no endpoint
    }
}

/// A page of each endpoint, or why there is none.
type Pages = Vec<Result<String, String>>;

impl SourceReader {
    /// A reader of `urls` for the metrics bound to them.
    pub fn new(urls: Vec<String>, metrics: impl IntoIterator<Item = (MetricId, How)>) -> Self {
        let bound = |(id, how): (MetricId, How)| {
            let filters = filters(&how);
            Bound { id, how, filters, counters: BTreeMap::new(), last: None }
        };
        Self { urls, metrics: metrics.into_iter().map(bound).collect() }
    }

    /// Reads all endpoints at the moment `at` and gives each metric's sample; none for a counter's first read.
    pub async fn read(&mut self, fetcher: &Fetcher, at: Instant) -> Vec<(MetricId, Sample)> {
        let mut pages = Pages::new();
        for url in &self.urls {
            pages.push(fetcher.page(url).await.map_err(|error| error.to_string()));
        }
        self.take(&pages, at)
    }

    /// Makes samples of pages.
    fn take(&mut self, pages: &Pages, at: Instant) -> Vec<(MetricId, Sample)> {
        let mut samples = Vec::new();
        for metric in &mut self.metrics {
            let value = metric.sample(pages);
            let from = metric.last.unwrap_or(at);
            if !matches!(value, Some(Err(_))) {
                metric.last = Some(at);
            }
            samples.extend(value.map(|value| (metric.id.clone(), Sample { from, at, value })));
        }
        samples
    }
}

impl Bound {
    fn sample(&mut self, pages: &Pages) -> Option<Result<Point, Cause>> {
        let mut parts: Vec<Vec<(Series, f64)>> = self.filters.iter().map(|_| Vec::new()).collect();
        let (mut failure, mut answered, mut known, mut told) = (None, false, false, false);
        for (endpoint, page) in pages.iter().enumerate() {
            let read = page.clone().and_then(|text| self.series(&text));
            let series = match read {
                Ok(series) => series,
                Err(error) if self.is_sum() => return Some(Err(Cause::Unreadable(error))),
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            answered = true;
            known |= series.iter().any(|part| !part.is_empty());
            for (at, series) in series.into_iter().enumerate() {
                let grown = match self.growth(endpoint, at, series) {
                    Ok(grown) => grown,
                    Err(cause) => return Some(Err(cause)),
                };
                told |= grown.is_some();
                parts[at].extend(grown.unwrap_or_default());
            }
        }
        if !answered {
            return Some(Err(Cause::Unreadable(failure.unwrap_or_default())));
        }
        match (known, told) {
            (false, _) => Some(Err(Cause::NoSeries(self.name()))),
            (true, false) => None,
            (true, true) => Some(Ok(self.point(parts))),
        }
    }

    /// A sum lacks what a silent endpoint would add, so it is unknown. A share or a quantile of the others is still theirs:
    /// an endpoint that does not answer does not count while another does.
    fn is_sum(&self) -> bool {
        matches!(self.how, How::Counter(_) | How::Gauge { .. })
    }

    fn name(&self) -> String {
        self.filters.last().map_or_else(String::new, |filter| filter.name.clone())
    }

    /// The wanted series of a page, filter by filter.
    fn series(&self, page: &str) -> Result<Vec<Vec<Series>>, String> {
        let all = parse(page, |name| self.filters.iter().any(|filter| filter.name == name))?;
        Ok(self.filters.iter().map(|filter| all.iter().filter(|one| filter.takes(one)).cloned().collect()).collect())
    }

    /// Gauges as they are; counters by their growth, of which the first read tells nothing.
    fn growth(
        &mut self,
        endpoint: usize,
        filter: usize,
        series: Vec<Series>,
    ) -> Result<Option<Vec<(Series, f64)>>, Cause> {
        if matches!(self.how, How::Gauge { .. }) {
            return Ok(Some(series.into_iter().map(|one| (one.clone(), one.value)).collect()));
        }
        self.counters.entry((endpoint, filter)).or_default().advance(series)
    }

    fn point(&self, parts: Vec<Vec<(Series, f64)>>) -> Point {
        let sum = |at: usize| parts.get(at).map_or(0.0, |part| part.iter().map(|(_, by)| by).sum::<f64>());
        match &self.how {
            How::Ratio { .. } => Point::Ratio { good: sum(0), all: sum(1) },
            How::Counter(_) => Point::Increase(sum(0)),
            How::Query { .. } => Point::Gauge(f64::NAN),
            How::Gauge { unit, .. } => Point::Gauge(sum(0) * unit),
            How::Histogram { unit, .. } => {
                let mut buckets = Buckets::default();
                for (series, by) in parts.first().into_iter().flatten() {
                    let bound =
                        series.labels.get("le").and_then(|bound| bound.replace("+Inf", "inf").parse::<f64>().ok());
                    if let Some(bound) = bound {
                        buckets.put(bound * unit, *by);
                    }
                }
                Point::Histogram { buckets, sum: sum(1) * unit }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::SourceReader;
    use crate::base::Instant;
    use crate::monitor::{Cause, Point};
    use crate::types::model::How;
    use crate::types::selector::parse;
    use crate::types::term::MetricId;

    fn reader(how: How) -> SourceReader {
        let id = MetricId { service: "a".to_owned(), metric: "x".to_owned() };
        SourceReader::new(vec!["one".to_owned(), "two".to_owned()], [(id, how)])
    }

    fn ratio() -> How {
        How::Ratio { good: parse("r{code!~\"5..\"}").unwrap(), all: parse("r").unwrap() }
    }

    fn page(good: u32, bad: u32) -> Result<String, String> {
        Ok(format!("r{{code=\"200\"}} {good}\nr{{code=\"503\"}} {bad}\n"))
    }

    fn values(
        reader: &mut SourceReader,
        second: u64,
        pages: Vec<Result<String, String>>,
    ) -> Option<Result<Point, Cause>> {
        reader.take(&pages, Instant(second)).into_iter().next().map(|(_, sample)| sample.value)
    }

    #[test]
    fn instances_add_up_and_a_reset_loses_nothing() {
        let mut reader = reader(ratio());
        assert_eq!(values(&mut reader, 1, vec![page(100, 0), page(50, 0)]), None);
        let point = values(&mut reader, 2, vec![page(110, 10), page(10, 0)]);
        assert_eq!(point, Some(Ok(Point::Ratio { good: 20.0, all: 30.0 })));
    }

    #[test]
    fn one_silent_endpoint_does_not_count_while_another_answers() {
        let mut reader = reader(ratio());
        values(&mut reader, 1, vec![page(100, 0), page(50, 0)]);
        let point = values(&mut reader, 2, vec![Err("down".to_owned()), page(60, 0)]);
        assert_eq!(point, Some(Ok(Point::Ratio { good: 10.0, all: 10.0 })));
        let point = values(&mut reader, 3, vec![Err("down".to_owned()), Err("down".to_owned())]);
        assert_eq!(point, Some(Err(Cause::Unreadable("down".to_owned()))));
    }

    #[test]
    fn a_sum_is_unknown_while_an_endpoint_is_silent_and_then_covers_it() {
        let mut reader = reader(How::Counter(parse("r").unwrap()));
        values(&mut reader, 1, vec![page(10, 0), page(10, 0)]);
        let point = values(&mut reader, 2, vec![Err("down".to_owned()), page(20, 0)]);
        assert_eq!(point, Some(Err(Cause::Unreadable("down".to_owned()))));
        let samples = reader.take(&vec![page(15, 0), page(20, 0)], Instant(3));
        let sample = samples.first().map(|(_, sample)| sample.clone()).unwrap();
        assert_eq!((sample.from, sample.value), (Instant(1), Ok(Point::Increase(15.0))));
    }

    #[test]
    fn a_page_without_the_series_is_not_zero() {
        let mut reader = reader(How::Gauge { of: parse("g").unwrap(), unit: 1.0 });
        let point = values(&mut reader, 1, vec![Ok("other 1\n".to_owned()), Ok(String::new())]);
        assert_eq!(point, Some(Err(Cause::NoSeries("g".to_owned()))));
    }

    #[test]
    fn histograms_grow_by_bucket() {
        let mut reader = reader(How::Histogram { of: parse("h").unwrap(), unit: 0.001 });
        let page = |low: u32, all: u32| {
            Ok(format!("h_bucket{{le=\"5\"}} {low}\nh_bucket{{le=\"+Inf\"}} {all}\nh_sum {all}\n"))
        };
        values(&mut reader, 1, vec![page(0, 0), page(0, 0)]);
        let Some(Ok(Point::Histogram { buckets, .. })) = values(&mut reader, 2, vec![page(3, 4), page(1, 1)]) else {
            unreachable!("a histogram gives a histogram")
        };
        assert_eq!(buckets.count(), 5.0);
    }
}
