//! The embedded scraper: endpoints are read together, and every metric bound to them gets a sample.

use super::bound::{Bound, Parts};
use super::cohort::{ACTIVE, SEEN, Shares};
use super::exposition::{Format, Series, read};
use super::fetch::{Answer, FetchError, Fetcher};
use super::instances::{Instances, Sighting, began, marks, named, told_by};
use super::skew::{AGREEING, Skew, unix_now};
use super::source::Read;
use crate::base::{Instant, unit};
use crate::monitor::{Cause, Point, Sample};
use crate::types::model::{Binding, Source};
use crate::types::term::{Cohort, MetricId};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// Reads the endpoints of one source.
pub struct Scraper {
    urls: Vec<String>,
    fetcher: Fetcher,
    metrics: Vec<Scraped>,
    shares: Option<Shares>,
    /// What was said of each endpoint's clock.
    clocks: Vec<Skew>,
    /// What was said of the times on the pages.
    times: Skew,
    instances: Instances,
}

/// A metric made of the endpoints' series.
struct Scraped {
    bound: Bound,
    /// The whole traffic's metric, where this is one of the affected part's.
    whole: Option<Bound>,
    /// The last read that told something: what the next one covers begins there.
    last: Option<Instant>,
    /// The newest time that a page gave to its series, in Unix seconds.
    newest: Option<f64>,
    /// By how many seconds such times were ahead of their endpoints' clocks.
    lead: f64,
    /// The endpoints that had series of it.
    at: BTreeSet<usize>,
}

/// A page of each endpoint with what its clock says, or why there is none.
type Pages = Vec<Result<Page, String>>;

#[derive(Clone, Debug)]
struct Page {
    text: String,
    format: Format,
    ahead: Option<f64>,
}

impl Scraper {
    /// A reader of a source's endpoints for the metrics bound to them. `shares` where they are a proxy's.
    pub fn new<'b>(
        source: &Source,
        fetcher: Fetcher,
        bindings: impl Iterator<Item = (&'b MetricId, &'b Binding)>,
        shares: Option<Shares>,
    ) -> Self {
        let scraped = |(id, binding): (&MetricId, &Binding)| {
            let make = |how| Bound::new(id.clone(), how, binding.range);
            let whole = (binding.cohort == Some(Cohort::Affected)).then(|| make(binding.how.of_everybody()));
            Scraped {
                bound: make(binding.how.clone()),
                whole,
                last: None,
                newest: None,
                lead: 0.0,
                at: BTreeSet::new(),
            }
        };
        let metrics = bindings.map(scraped).collect();
        let (urls, instances) = (source.urls.clone(), Instances::new(unit::to_duration(source.lag())));
        let clock = |url: &String| match urls.as_slice() {
            [_] => Skew::of("its clock is"),
            _ => Skew::of(format!("the clock of {url} is")),
        };
        let clocks = urls.iter().map(clock).collect();
        Self { urls, fetcher, metrics, shares, clocks, times: Skew::of("the times on its pages are"), instances }
    }

    /// Reads all endpoints at once, at the moment `at`; no sample for a counter's first read.
    pub async fn read(&mut self, at: Instant) -> Read {
        let pages = self.pages().await;
        self.take(&pages, at)
    }

    async fn pages(&self) -> Pages {
        let mut reading = JoinSet::new();
        for (place, url) in self.urls.iter().cloned().enumerate() {
            let fetcher = self.fetcher.clone();
            reading.spawn(async move { (place, page(&fetcher, &url).await.map_err(|error| error.to_string())) });
        }
        let mut pages = Pages::new();
        pages.resize_with(self.urls.len(), || Err("the read was given up".to_owned()));
        while let Some(done) = reading.join_next().await {
            if let Ok((place, page)) = done {
                pages[place] = page;
            }
        }
        pages
    }

    /// Makes samples of pages.
    fn take(&mut self, pages: &Pages, at: Instant) -> Read {
        let mut found = Read::default();
        found.failures.extend(pages.iter().filter_map(|page| page.as_ref().err().cloned()));
        let clocks = self.clocks.iter_mut().zip(pages);
        found.remarks.extend(clocks.filter_map(|(clock, page)| clock.remark(page.as_ref().ok()?.ahead)));
        let skew = pages.iter().flatten().find_map(|page| page.ahead);
        let in_force = self.shares.as_mut().is_none_or(|shares| shares.in_force(&told_of_faults(pages)));
        let now = unix_now() + skew.unwrap_or(0.0);
        for metric in &mut self.metrics {
            metric.take(pages, Now { at, unix: now, in_force }, &mut found);
        }
        let lead = self.metrics.iter().map(|metric| metric.lead).fold(0.0, f64::max);
        found.remarks.extend(self.times.remark(Some(lead)));
        let seen = self.sightings(pages, at, now);
        let changes = self.instances.advance(seen, at).into_iter();
        found.changes = changes.map(|it| it.redacted(&self.fetcher)).collect();
        found
    }

    /// What the pages tell of the processes behind them.
    fn sightings(&self, pages: &Pages, at: Instant, unix: f64) -> Vec<Sighting> {
        let mut seen = Vec::new();
        for (endpoint, page) in pages.iter().enumerate() {
            let (Ok(page), Some(url)) = (page, self.urls.get(endpoint)) else { continue };
            let services = self.services(endpoint);
            for (series, mark) in marks(&told_by(&page.text, page.format)) {
                let (instance, services) = (named(url, &series.labels), services.clone());
                let (began, at) = (began(&mark, unix, at), at - age(series.time, unix));
                seen.push(Sighting { instance, series: series.name.clone(), mark, at, services, began });
            }
        }
        seen
    }

    /// The services whose metrics an endpoint has. What a proxy tells of a service comes from the proxy's own process.
    fn services(&self, endpoint: usize) -> BTreeSet<String> {
        let there = self.metrics.iter().filter(|metric| self.shares.is_none() && metric.at.contains(&endpoint));
        there.map(|metric| metric.bound.id.service.clone()).collect()
    }
}

/// The moment of a read.
#[derive(Clone, Copy)]
struct Now {
    at: Instant,
    /// By the endpoints' own clock, in Unix seconds.
    unix: f64,
    /// Whether a fault's share was in force.
    in_force: bool,
}

impl Scraped {
    fn take(&mut self, pages: &Pages, now: Now, found: &mut Read) {
        let reads: Vec<Parts> = pages.iter().map(|page| parts(&self.bound, page)).collect();
        let has = |parts: &Parts| parts.iter().flatten().any(|part| !part.is_empty());
        self.at.extend(reads.iter().enumerate().filter(|(_, parts)| has(parts)).map(|(endpoint, _)| endpoint));
        let newest = newest(&reads);
        if let (Some(before), Some(newest)) = (self.newest, newest)
            && newest < before
        {
            let back = before - newest;
            self.lead = 0.0;
            return found.failures.push(format!("{}: the times on its page went back by {back:.1} s", self.bound.id));
        }
        self.newest = newest.or(self.newest);
        // Times that lie in the future are those of another clock: how old a sample is, is told by that one.
        let ahead = newest.map_or(0.0, |newest| newest - now.unix);
        if ahead > AGREEING {
            self.lead = self.lead.max(ahead);
        }
        let at = now.at - age(newest, now.unix + self.lead);
        let whole = self.whole.as_mut().map(|whole| {
            let reads = pages.iter().map(|page| parts(whole, page)).collect();
            whole.take(reads)
        });
        let falls = self.bound.falls;
        let own = self.bound.take(reads);
        found.fell(&self.bound.id, self.bound.falls - falls);
        let value = match whole {
            Some(whole) if !now.in_force => whole,
            _ => own,
        };
        let Some(value) = value else {
            self.last = Some(at);
            return;
        };
        let from = match value {
            Ok(Point::Gauge(_)) => at,
            _ => self.last.unwrap_or(at).min(at),
        };
        match &value {
            Ok(_) => self.last = Some(at),
            // That an endpoint does not answer is told once, however many metrics it has.
            Err(Cause::Unreadable(error)) if found.failures.contains(error) => {}
            Err(cause) => found.failures.push(format!("{}: {cause}", self.bound.id)),
        }
        found.samples.push((self.bound.id.clone(), Sample { from, at, value }));
    }
}

async fn page(fetcher: &Fetcher, url: &str) -> Result<Page, FetchError> {
    let answer: Answer = fetcher.metrics(url).await?;
    let format = Format::of(&answer.kind).map_err(|error| FetchError::new(format!("{url}: {error}")))?;
    let ahead = answer.ahead;
    Ok(Page { text: answer.text(url)?, format, ahead })
}

/// The wanted series of a page, filter by filter.
fn parts(bound: &Bound, page: &Result<Page, String>) -> Parts {
    let page = page.as_ref().map_err(Clone::clone)?;
    let all = read(&page.text, page.format, |name| bound.filters.iter().any(|filter| filter.name == name))?;
    Ok(bound.filters.iter().map(|filter| all.iter().filter(|one| filter.takes(one)).cloned().collect()).collect())
}

fn told_of_faults(pages: &Pages) -> Vec<Series> {
    let of = |page: &Page| read(&page.text, page.format, |name| name == ACTIVE || name == SEEN).unwrap_or_default();
    pages.iter().flatten().flat_map(of).collect()
}

/// When the newest of these series was measured, where their pages say so.
fn newest(reads: &[Parts]) -> Option<f64> {
    let times = reads.iter().flatten().flatten().flatten().filter_map(|one| one.time);
    times.reduce(f64::max)
}

/// How long ago that was; what lies in the future was measured now.
fn age(newest: Option<f64>, now: f64) -> Duration {
    let seconds = newest.map_or(0.0, |time| now - time);
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Format, Page, Pages, Scraper, Shares, unix_now};
    use crate::base::Instant;
    use crate::base::Interval;
    use crate::base::{SourceId, Span};
    use crate::metrics::fetch::Fetcher;
    use crate::monitor::{Cause, Point};
    use crate::types::model::{Access, Binding, How, Source, SourceKind, SourceRef};
    use crate::types::selector::parse;
    use crate::types::term::{Cohort, MetricId};

    fn bound(how: How, cohort: Option<Cohort>, shares: Option<Shares>) -> Scraper {
        let id = MetricId { service: "a".to_owned(), metric: "x".to_owned() };
        let source = SourceRef::Declared("s".to_owned());
        let binding = Binding { source, how, range: Interval::ALL, cohort, span: Span::new(SourceId(0), 0, 0) };
        let urls = vec!["one".to_owned(), "two".to_owned()];
        let access = Access::default();
        let source = Source { kind: SourceKind::Scrape, urls, every: 1.0, scrape: 0.0, access };
        Scraper::new(&source, Fetcher::new().unwrap(), [(&id, &binding)].into_iter(), shares)
    }

    fn reader(how: How) -> Scraper {
        bound(how, None, None)
    }

    fn text(text: impl Into<String>) -> Result<Page, String> {
        Ok(Page { text: text.into(), format: Format::Plain, ahead: None })
    }

    fn ratio() -> How {
        How::Ratio { good: parse("r{code!~\"5..\"}").unwrap(), all: parse("r").unwrap() }
    }

    fn page(good: u32, bad: u32) -> Result<Page, String> {
        text(format!("r{{code=\"200\"}} {good}\nr{{code=\"503\"}} {bad}\n"))
    }

    fn values(reader: &mut Scraper, second: u64, pages: Pages) -> Option<Result<Point, Cause>> {
        reader.take(&pages, Instant(second)).samples.into_iter().next().map(|(_, sample)| sample.value)
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
        let samples = reader.take(&vec![page(15, 0), page(20, 0)], Instant(3)).samples;
        let sample = samples.first().map(|(_, sample)| sample.clone()).unwrap();
        assert_eq!((sample.from, sample.value), (Instant(1), Ok(Point::Increase(15.0))));
    }

    #[test]
    fn a_page_without_the_series_is_not_zero() {
        let mut reader = reader(How::Gauge { of: parse("g").unwrap(), unit: 1.0 });
        let point = values(&mut reader, 1, vec![text("other 1\n"), text("")]);
        assert_eq!(point, Some(Err(Cause::NoSeries("g".to_owned()))));
    }

    #[test]
    fn histograms_grow_by_bucket() {
        let mut reader = reader(How::Histogram { of: parse("h").unwrap(), unit: 0.001 });
        let page = |low: u32, all: u32| {
            text(format!("h_bucket{{le=\"5\"}} {low}\nh_bucket{{le=\"+Inf\"}} {all}\nh_sum {all}\n"))
        };
        values(&mut reader, 1, vec![page(0, 0), page(0, 0)]);
        let Some(Ok(Point::Histogram { buckets, .. })) = values(&mut reader, 2, vec![page(3, 4), page(1, 1)]) else {
            unreachable!("a histogram gives a histogram")
        };
        assert_eq!(buckets.count(), 5.0);
    }

    #[test]
    fn a_native_histogram_and_a_summary_say_what_they_are() {
        let mut reader = reader(How::Histogram { of: parse("h").unwrap(), unit: 1.0 });
        let point = values(&mut reader, 1, vec![text("h_sum 5\nh_count 3\n"), text("")]);
        assert!(matches!(point, Some(Err(Cause::Unreadable(why))) if why.contains("native histogram")));
    }

    #[test]
    fn a_sample_lies_at_its_pages_own_time_and_time_does_not_go_back() {
        let mut reader = reader(How::Gauge { of: parse("g").unwrap(), unit: 1.0 });
        let ago = |seconds: f64, value: u32| text(format!("g {value} {:.0}\n", (unix_now() - seconds) * 1e3));
        let at = Instant(100_000_000_000);
        let read = reader.take(&vec![ago(30.0, 1), text("")], at);
        let sample = &read.samples.first().unwrap().1;
        assert!((69.0..=71.0).contains(&(sample.at.0 as f64 / 1e9)), "{sample:?}");
        let read = reader.take(&vec![ago(90.0, 2), text("")], at);
        assert!(read.samples.is_empty() && read.failures.first().unwrap().contains("went back"), "{read:?}");
        let read = reader.take(&vec![ago(-90.0, 3), text("")], at);
        assert_eq!(read.samples.first().unwrap().1.at, at, "what lies in the future was measured now");
    }

    #[test]
    fn times_that_jump_ahead_are_told_of_and_never_judged_as_the_future() {
        let mut reader = reader(How::Gauge { of: parse("g").unwrap(), unit: 1.0 });
        let began = unix_now();
        let mut read = |second: u64, clock: f64, time: f64| {
            let shown = format!("g 1 {:.0}\n", (began + time) * 1e3);
            let page = Ok(Page { text: shown, format: Format::Plain, ahead: Some(clock) });
            let read = reader.take(&vec![page, text("")], Instant(second * 1_000_000_000));
            (read.samples.first().unwrap().1.at.0 as f64 / 1e9, read.remarks)
        };
        assert_eq!(read(100, 0.0, 0.0).1, [] as [&str; 0]);
        let (at, told) = read(101, 0.0, 3601.0);
        assert_eq!(at, 101.0);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("the times on its pages are 3601 s ahead of this machine's"), "{told:?}");
        // The endpoint's own clock goes on, and the time on its page stands still.
        let (at, told) = read(120, 1.5, 3601.0);
        assert!((118.0..=118.5).contains(&at) && told.is_empty(), "{at} {told:?}");
    }

    #[test]
    fn the_clock_of_each_endpoint_is_looked_at() {
        let mut reader = reader(How::Gauge { of: parse("g").unwrap(), unit: 1.0 });
        let page = |ahead: f64| Ok(Page { text: "g 1\n".to_owned(), format: Format::Plain, ahead: Some(ahead) });
        assert_eq!(reader.take(&vec![page(0.0), page(0.0)], Instant(1)).remarks, [] as [&str; 0]);
        let read = reader.take(&vec![page(0.0), page(3600.0)], Instant(2));
        assert!(read.remarks[0].starts_with("the clock of two is 3600 s ahead of"), "{read:?}");
        assert_eq!(read.samples.first().unwrap().1.at, Instant(2));
    }

    #[test]
    fn the_affected_part_is_the_whole_while_no_share_is_in_force() {
        let how = How::Ratio { good: parse("r{code!~\"5..\"}").unwrap(), all: parse("r").unwrap() };
        let mut reader = bound(how.of_part(Cohort::Affected), Some(Cohort::Affected), Some(Shares::default()));
        let page = |affected: u32, others: u32, active: u32| {
            let part = |name: &str, bad: u32, good: u32| {
                let of = |code: u32, count: u32| format!("r{{code=\"{code}\",cohort=\"{name}\"}} {count}\n");
                of(503, bad) + &of(200, good)
            };
            let fault = format!("chaos_proxy_fault_active{{fault=\"f\"}} {active}\n");
            text(part("affected", affected, 0) + &part("others", 0, others) + &fault)
        };
        let mut at = |second, affected, others, active| {
            values(&mut reader, second, vec![page(affected, others, active), text("")])
        };
        assert_eq!(at(1, 0, 100, 0), None);
        assert_eq!(at(2, 0, 200, 0), Some(Ok(Point::Ratio { good: 100.0, all: 100.0 })));
        assert_eq!(at(3, 5, 295, 1), Some(Ok(Point::Ratio { good: 0.0, all: 5.0 })));
        assert_eq!(at(4, 5, 395, 1), Some(Ok(Point::Ratio { good: 0.0, all: 0.0 })), "none of the affected came");
        assert_eq!(at(5, 5, 495, 0), Some(Ok(Point::Ratio { good: 0.0, all: 0.0 })), "it ended meanwhile");
        assert_eq!(at(6, 5, 595, 0), Some(Ok(Point::Ratio { good: 100.0, all: 100.0 })));
    }
}
