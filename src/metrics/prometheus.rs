//! A Prometheus server as a source: its metrics are asked for by query, and placed at their samples' own time.

use super::answer::{Item, Told, read};
use super::bound::{Bound, within};
use super::exposition::Series;
use super::fetch::Fetcher;
use super::question::{PART, Question, shown};
use super::roster::Roster;
use super::skew::{Skew, unix_now};
use super::source::Read;
use crate::base::{Instant, unit};
use crate::monitor::{Cause, Point, Sample};
use crate::plan::QUERY_TIMEOUT;
use crate::types::model::{Binding, How, Source};
use crate::types::term::MetricId;
use futures_util::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Queries that are asked at a time.
const TOGETHER: usize = 4;

/// The time that a server gives itself for a query; ours is a little longer, so that we hear its own word.
const PATIENCE: &str = "1900ms";

/// Asks a server with the HTTP API of Prometheus.
pub struct Server {
    url: String,
    fetcher: Fetcher,
    every: Duration,
    /// How long a value holds: while one does, a read that fails leaves nothing unknown.
    holds: Duration,
    metrics: Vec<Asked>,
    roster: Roster,
    skew: Skew,
    /// Warnings that were told of.
    warned: BTreeSet<String>,
}

/// A metric, and how far it was read.
struct Asked {
    bound: Bound,
    how: How,
    question: Question,
    /// The sample before.
    last: Option<Last>,
}

/// The newest sample so far.
#[derive(Clone, Copy)]
struct Last {
    /// When it was, by our clock.
    at: Instant,
    /// When it was, by the server's clock, in Unix seconds.
    there: f64,
    /// When we asked for it.
    asked: Instant,
    /// The instant of that answer, by the server's clock, in Unix seconds.
    answered: f64,
}

impl Server {
    /// A reader of a server's metrics.
    pub fn new<'b>(
        source: &Source,
        fetcher: Fetcher,
        bindings: impl Iterator<Item = (&'b MetricId, &'b Binding)>,
    ) -> Self {
        let asked = |(id, binding): (&MetricId, &Binding)| {
            let bound = Bound::new(id.clone(), binding.how.clone(), binding.range).of_many();
            Asked { question: Question::of(&binding.how, &bound), bound, how: binding.how.clone(), last: None }
        };
        let metrics: Vec<Asked> = bindings.map(asked).collect();
        let asked = metrics.iter().map(|metric| (&metric.bound.id, &metric.question));
        Self {
            roster: Roster::of(asked, unit::to_duration(source.lag())),
            url: source.urls.first().map(|url| url.trim_end_matches('/').to_owned()).unwrap_or_default(),
            fetcher,
            every: unit::to_duration(source.every),
            holds: unit::to_duration(2.5 * source.lag()),
            metrics,
            skew: Skew::of("its clock is"),
            warned: BTreeSet::new(),
        }
    }

    /// Asks for every metric, at the moment `at`.
    pub async fn read(&mut self, at: Instant) -> Read {
        let (fetcher, url, every) = (&self.fetcher, &self.url, self.every);
        let ask = |metric| -> Asking<'_> { Box::pin(Asked::ask(metric, fetcher, url, at, every)) };
        let asking: Vec<Asking<'_>> = self.metrics.iter().map(ask).collect();
        let answers = futures_util::stream::iter(asking).buffered(TOGETHER).collect::<Vec<_>>();
        let (answers, roster) = tokio::join!(answers, self.roster());
        let mut found = Read::default();
        let holds = self.holds;
        for (metric, (told, missed)) in self.metrics.iter_mut().zip(answers) {
            match told {
                Ok(told) => {
                    found.remarks.extend(self.skew.remark(told.ahead.or_else(|| ahead(&told))));
                    for warning in &told.warnings {
                        if self.warned.len() < 100 && self.warned.insert(warning.clone()) {
                            found.remarks.push(format!("it warns: {warning}"));
                        }
                    }
                    missed.into_iter().for_each(|(items, then)| metric.take(items, then, &mut found));
                    metric.take(told.items, at, &mut found);
                }
                Err(error) => metric.fail(error, at, holds, &mut found),
            }
        }
        found.failures.dedup();
        match roster {
            Some(Ok(told)) => {
                let changes = self.roster.take(&told, at).into_iter();
                found.changes = changes.map(|it| it.redacted(&self.fetcher)).collect();
            }
            // A server that answers nothing is told of with its metrics.
            Some(Err(error)) if found.failures.is_empty() => found.remarks.extend(self.roster.fail(&error)),
            _ => {}
        }
        found
    }

    async fn roster(&self) -> Option<Result<Told, String>> {
        Some(instant(&self.fetcher, &self.url, self.roster.query.as_ref()?).await)
    }
}

/// By how many seconds a server's clock is ahead of ours, from the instant of its answer. That lies somewhere between the
/// question and now.
fn ahead(told: &Told) -> Option<f64> {
    let by = told.at()? - unix_now();
    Some(if by > 0.0 { by } else { (by + QUERY_TIMEOUT).min(0.0) })
}

async fn instant(fetcher: &Fetcher, url: &str, query: &str) -> Result<Told, String> {
    let url = format!("{url}/api/v1/query");
    let answer = fetcher.form(&url, &[("query", query), ("timeout", PATIENCE)]).await;
    let told = answer.map_err(|error| error.to_string()).and_then(|answer| read(&url, answer));
    told.map_err(|error| fetcher.redacted(&error))
}

/// An answer, or why there is none; and those that earlier reads missed.
type Answered = (Result<Told, String>, Vec<(Vec<Item>, Instant)>);

type Asking<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

impl Asked {
    async fn ask(&self, fetcher: &Fetcher, url: &str, at: Instant, every: Duration) -> Answered {
        let told = instant(fetcher, url, &self.question.text).await;
        let missed = match &told {
            Ok(told) => self.missed(fetcher, url, at, every, told).await,
            Err(_) => Vec::new(),
        };
        (told, missed)
    }

    /// The answers at the instants that earlier reads missed, each with its place on our clock.
    async fn missed(
        &self,
        fetcher: &Fetcher,
        url: &str,
        at: Instant,
        every: Duration,
        told: &Told,
    ) -> Vec<(Vec<Item>, Instant)> {
        /// Instants that are asked for again, at most.
        const MOST: f64 = 300.0;
        let (How::Query { .. }, Some(last), Some(now)) = (&self.how, self.last, told.at()) else { return Vec::new() };
        let step = every.as_secs_f64();
        // Its clock may have jumped; on ours no more time has passed than this.
        let gap = (now - last.answered).min(at.since(last.asked).as_secs_f64()).min(MOST * step);
        if at.since(last.asked) < every * 2 || gap < 2.0 * step {
            return Vec::new();
        }
        let url = format!("{url}/api/v1/query_range");
        let (start, end) = (format!("{:.3}", now - gap + step), format!("{:.3}", now - step / 2.0));
        let (step, query) = (format!("{step}"), &self.question.text);
        let fields =
            [("query", query.as_str()), ("start", &start), ("end", &end), ("step", &step), ("timeout", PATIENCE)];
        let answer = fetcher.form(&url, &fields).await.map_err(|error| error.to_string());
        let Ok(told) = answer.and_then(|answer| read(&url, answer)) else { return Vec::new() };
        let mut by_instant: BTreeMap<u64, Vec<Item>> = BTreeMap::new();
        for item in told.items {
            by_instant.entry((item.at * 1000.0).max(0.0) as u64).or_default().push(item);
        }
        let placed = |(milliseconds, items): (u64, Vec<Item>)| {
            let ago = unit::to_duration((now - milliseconds as f64 / 1000.0).max(0.0));
            (items, at - ago)
        };
        by_instant.into_iter().map(placed).collect()
    }

    /// A read failed. While the value before still holds, nothing is unknown yet.
    fn fail(&mut self, error: String, at: Instant, holds: Duration, found: &mut Read) {
        if self.last.is_none_or(|last| at.since(last.at) > holds) {
            let from = self.last.map_or(at, |last| last.at);
            let value = Err(Cause::Unreadable(error.clone()));
            found.samples.push((self.bound.id.clone(), Sample { from, at, value }));
        }
        found.failures.push(error);
    }

    /// Takes in an answer of the moment `at`.
    fn take(&mut self, items: Vec<Item>, at: Instant, found: &mut Read) {
        let placed = self.placed(&items, at);
        let place = match placed {
            Ok(place) => place,
            Err(cause) => return self.unknown(cause, at, found),
        };
        // Nothing was measured since: the value before still stands.
        if self.last.is_some_and(|last| place.newest <= last.there) {
            if let Some(last) = &mut self.last {
                (last.asked, last.answered) = (last.asked.max(at), last.answered.max(place.answered));
            }
            return;
        }
        let from = match self.how {
            How::Query { .. } | How::Gauge { .. } => place.from,
            _ => self.last.map_or(place.at, |last| last.at),
        };
        let falls = self.bound.falls;
        let value = self.value(items);
        found.fell(&self.bound.id, self.bound.falls - falls);
        if !matches!(value, Some(Err(_))) {
            self.last = Some(Last { at: place.at, there: place.newest, asked: at, answered: place.answered });
        }
        match value {
            Some(Err(cause)) => self.unknown(cause, at, found),
            Some(value) => {
                found.samples.push((self.bound.id.clone(), Sample { from: from.min(place.at), at: place.at, value }));
            }
            None => {}
        }
    }

    fn unknown(&self, cause: Cause, at: Instant, found: &mut Read) {
        found.failures.push(format!("{}: {cause}", self.bound.id));
        let from = self.last.map_or(at, |last| last.at);
        found.samples.push((self.bound.id.clone(), Sample { from, at, value: Err(cause) }));
    }

    fn value(&mut self, items: Vec<Item>) -> Option<Result<Point, Cause>> {
        if items.iter().any(|item| item.is_histogram) {
            let what = "gives a native histogram, and only classic ones can be read";
            return Some(Err(Cause::Unreadable(format!("the query {what}"))));
        }
        if let How::Query { query, unit } = &self.how {
            return Some(one(query, items).and_then(|value| within(Point::Gauge(value * unit), self.bound.range)));
        }
        let of =
            |at: usize| items.iter().filter(move |item| item.part() == format!("f{at}")).map(Item::series).collect();
        let parts: Vec<Vec<Series>> = (0..self.bound.filters.len()).map(of).collect();
        self.bound.take(vec![Ok(parts)])
    }

    /// Where an answer belongs in time.
    fn placed(&self, items: &[Item], at: Instant) -> Result<Placed, Cause> {
        let Some(now) = items.iter().map(|item| item.at).reduce(f64::max) else { return Err(self.nothing()) };
        let found = |part: String| items.iter().find(|item| item.part() == part).map(|item| item.value);
        let (mut newest, mut oldest) = (f64::NEG_INFINITY, f64::INFINITY);
        for (number, selector) in self.question.selectors.iter().enumerate() {
            match (found(format!("n{number}")), selector.range) {
                (Some(last), Some(range)) => (newest, oldest) = (newest.max(last), oldest.min(now - range)),
                (Some(last), None) => {
                    let first = found(format!("o{number}")).unwrap_or(last);
                    (newest, oldest) = (newest.max(last), oldest.min(first));
                }
                // A range goes on giving values for its whole length when nothing is measured any more.
                (None, Some(_)) => return Err(Cause::NoSeries(selector.text.clone())),
                (None, None) => {}
            }
        }
        let newest = if newest.is_finite() { newest.min(now) } else { now };
        let oldest = if oldest.is_finite() { oldest.min(newest) } else { newest };
        let ago = |then: f64| unit::to_duration((now - then).max(0.0));
        Ok(Placed { at: at - ago(newest), from: at - ago(oldest), newest, answered: now })
    }

    fn nothing(&self) -> Cause {
        Cause::NoSeries(match &self.how {
            How::Query { query, .. } => query.clone(),
            _ => self.bound.name(),
        })
    }
}

/// An answer's place in time.
struct Placed {
    /// Its newest sample, on our clock.
    at: Instant,
    /// Its oldest.
    from: Instant,
    /// Its newest sample, on the server's clock, in Unix seconds.
    newest: f64,
    /// The instant of the answer, on the server's clock, in Unix seconds.
    answered: f64,
}

/// The one number that a query gives.
fn one(query: &str, items: Vec<Item>) -> Result<f64, Cause> {
    let values: Vec<&Item> = items.iter().filter(|item| item.part() == "v").collect();
    match values.as_slice() {
        [] => Err(Cause::NoSeries(query.to_owned())),
        [one] => Ok(one.value),
        [first, second, ..] => {
            let (count, first, second) = (values.len(), shown(&first.labels), shown(&second.labels));
            let cure = "aggregate them, as `sum(…)` does";
            Err(Cause::Unreadable(format!(
                "the query gives {count} series where one is needed: {first}, {second}; {cure}"
            )))
        }
    }
}

impl Item {
    /// Of which part of a question it is.
    pub fn part(&self) -> &str {
        self.labels.get(PART).map_or("", String::as_str)
    }

    /// It as the series that it was.
    pub fn series(&self) -> Series {
        let mut labels = self.labels.clone();
        labels.remove(PART);
        let name = labels.remove("__name__").unwrap_or_default();
        Series { name, labels, value: self.value, time: None }
    }
}
