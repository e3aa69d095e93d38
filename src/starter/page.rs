//! What a metrics endpoint shows, and which of it tells how requests fare.

use crate::metrics::{Series, parse};
use crate::types::unit_of_series;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Labels that hold the status of an answer, as client libraries call them.
const STATUS_LABELS: &[&str] =
    &["code", "status", "status_code", "http_status", "http_status_code", "http_response_status_code"];

/// Beginnings of metrics about the program itself, or about reading its metrics.
const NOT_BUSINESS: &[&str] = &["chaos_proxy_", "go_", "jvm_", "nodejs_", "process_", "promhttp_", "python_"];

/// A page of metrics.
#[derive(Debug)]
pub struct Page {
    /// `counter`, `histogram` and so on, by the name of the metric.
    kinds: BTreeMap<String, String>,
    series: BTreeMap<String, Vec<Series>>,
}

/// A counter of requests by the status of their answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    /// Its name.
    pub series: String,
    /// The label with the status.
    pub label: String,
}

/// A histogram of how long answers take.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Its name, without `_bucket`.
    pub series: String,
    /// Within how many seconds 95% of the answers came so far; nothing where there was none yet.
    pub p95: Option<f64>,
}

impl Page {
    /// Reads a page; lines that cannot be read are passed over.
    pub fn read(text: &str) -> Self {
        let mut page = Self { kinds: BTreeMap::new(), series: BTreeMap::new() };
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                page.kinds.insert(name.to_owned(), kind.trim().to_owned());
            }
            for series in parse(line, is_name).unwrap_or_default() {
                page.series.entry(series.name.clone()).or_default().push(series);
            }
        }
        page
    }

    /// How many series it has.
    pub fn count(&self) -> usize {
        self.series.values().map(Vec::len).sum()
    }

    /// The counter that most looks like one of requests answered.
    pub fn requests(&self) -> Option<Requests> {
        let counters = self.series.iter().filter(|(name, _)| points(name) > 0 && self.is_counter(name));
        let counted = counters.filter_map(|(name, all)| Some((name, status_label(all)?, total(all))));
        let likeness = |name: &str| (points(name), Reverse(name.ends_with("_count")));
        let best = counted.max_by(|(a, _, ours), (b, _, theirs)| {
            likeness(a).cmp(&likeness(b)).then(ours.total_cmp(theirs)).then(b.cmp(a))
        });
        best.map(|(name, label, _)| Requests { series: name.clone(), label: label.to_owned() })
    }

    /// The histogram that most looks like one of how long answers take. Its name must tell its unit.
    pub fn latency(&self) -> Option<Latency> {
        let names = self.series.keys().filter_map(|name| name.strip_suffix("_bucket")).filter(|name| points(name) > 0);
        let found = names.filter_map(|name| Some((name, self.histogram(name)?, unit_of_series(name)?)));
        let best = found.max_by(|(a, ours, _), (b, theirs, _)| {
            points(a).cmp(&points(b)).then(count(ours).total_cmp(&count(theirs))).then(b.cmp(a))
        });
        best.map(|(name, buckets, unit)| Latency { series: name.to_owned(), p95: p95(&buckets).map(|it| it * unit) })
    }

    /// By its declared type; by its name where none is declared. A histogram or a summary counts in `_count`.
    fn is_counter(&self, name: &str) -> bool {
        let kind = |name: &str| self.kinds.get(name).map(String::as_str);
        let whole = name.strip_suffix("_count");
        match (kind(name).or_else(|| kind(name.strip_suffix("_total")?)), whole.and_then(kind)) {
            (Some(kind), _) => kind == "counter",
            (None, Some(kind)) => matches!(kind, "histogram" | "summary"),
            (None, None) => name.ends_with("_total") || whole.is_some(),
        }
    }

    /// The buckets of a whole histogram, by their bounds: how many values were at most so large.
    fn histogram(&self, name: &str) -> Option<Vec<(f64, f64)>> {
        self.series.get(&format!("{name}_sum"))?;
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for series in self.series.get(&format!("{name}_bucket"))? {
            let bound: f64 = series.labels.get("le")?.replace("+Inf", "inf").parse().ok()?;
            match buckets.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, values)) => *values += series.value,
                None => buckets.push((bound, series.value)),
            }
        }
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        buckets.last().is_some_and(|(bound, _)| *bound == f64::INFINITY).then_some(buckets)
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(fits)
}

/// How much a name looks like one of requests that the service answers; 0 and below not at all.
fn points(name: &str) -> i32 {
    let has = |words: &[&str]| i32::from(words.iter().any(|word| name.contains(word)));
    if NOT_BUSINESS.iter().any(|start| name.starts_with(start)) {
        return 0;
    }
    let answered =
        2 * has(&["request", "response"]) + has(&["http"]) + has(&["server"]) + has(&["duration", "latency"]);
    answered - 4 * has(&["client", "upstream", "outgoing", "size", "bytes"])
}

fn total(all: &[Series]) -> f64 {
    all.iter().map(|series| series.value).filter(|value| value.is_finite()).sum()
}

fn count(buckets: &[(f64, f64)]) -> f64 {
    buckets.last().map_or(0.0, |(_, all)| *all)
}

/// The label that holds a status in each of these series.
fn status_label(all: &[Series]) -> Option<&'static str> {
    let holds = |label: &str| all.iter().all(|series| series.labels.get(label).is_some_and(|value| is_status(value)));
    STATUS_LABELS.iter().copied().find(|label| holds(label))
}

/// `200`, `5xx`.
fn is_status(value: &str) -> bool {
    let (first, rest) = value.split_at_checked(1).unwrap_or_default();
    matches!(first, "1" | "2" | "3" | "4" | "5")
        && (rest.eq_ignore_ascii_case("xx") || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit())))
}

/// The smallest bound of a bucket that holds 95% of all values; the largest finite one where only +Inf does.
fn p95(buckets: &[(f64, f64)]) -> Option<f64> {
    let all = Some(count(buckets)).filter(|all| *all > 0.0)?;
    let mut finite = buckets.iter().filter(|(bound, _)| bound.is_finite());
    let holds = finite.clone().find(|(_, values)| *values >= 0.95 * all);
    holds.or(finite.next_back()).map(|(bound, _)| *bound)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Page, Requests};

    /// A program in Go with the usual client library.
    const GO: &str = "# TYPE promhttp_metric_handler_requests_total counter\n\
        promhttp_metric_handler_requests_total{code=\"200\"} 900\n\
        # TYPE http_client_requests_total counter\nhttp_client_requests_total{code=\"200\"} 5\n\
        # TYPE http_requests_total counter\nhttp_requests_total{code=\"200\",path=\"/\"} 40\n\
        http_requests_total{code=\"503\",path=\"/\"} 2\nbroken{ 1\n\
        # TYPE go_sched_latencies_seconds histogram\ngo_sched_latencies_seconds_bucket{le=\"+Inf\"} 5\n\
        go_sched_latencies_seconds_sum 1\n\
        # TYPE http_request_duration_seconds histogram\n\
        http_request_duration_seconds_bucket{path=\"/\",le=\"0.1\"} 30\n\
        http_request_duration_seconds_bucket{path=\"/\",le=\"0.5\"} 41\n\
        http_request_duration_seconds_bucket{path=\"/\",le=\"+Inf\"} 42\n\
        http_request_duration_seconds_bucket{path=\"/a\",le=\"0.1\"} 0\n\
        http_request_duration_seconds_bucket{path=\"/a\",le=\"0.5\"} 0\n\
        http_request_duration_seconds_bucket{path=\"/a\",le=\"+Inf\"} 0\nhttp_request_duration_seconds_sum 9\n";

    fn requests(text: &str) -> Option<(String, String)> {
        Page::read(text).requests().map(|Requests { series, label }| (series, label))
    }

    #[test]
    fn requests_and_latency_are_found_among_others() {
        let page = Page::read(GO);
        assert_eq!(requests(GO), Some(("http_requests_total".into(), "code".into())));
        let latency = page.latency().unwrap();
        assert_eq!((latency.series.as_str(), latency.p95), ("http_request_duration_seconds", Some(0.5)));
        assert_eq!(page.count(), 13);
    }

    #[test]
    fn a_histogram_counts_too() {
        let spring = "# TYPE http_server_requests_seconds histogram\n\
            http_server_requests_seconds_count{status=\"200\",uri=\"/\"} 4\n\
            http_server_requests_seconds_sum{status=\"200\",uri=\"/\"} 1\n\
            http_server_requests_seconds_bucket{status=\"200\",uri=\"/\",le=\"+Inf\"} 4\n";
        assert_eq!(requests(spring), Some(("http_server_requests_seconds_count".into(), "status".into())));
        let latency = Page::read(spring).latency().unwrap();
        assert_eq!((latency.series.as_str(), latency.p95), ("http_server_requests_seconds", None));
    }

    #[test]
    fn what_does_not_fit_is_not_taken() {
        for text in [
            "",
            "<html>hello</html>",
            "# TYPE http_requests gauge\nhttp_requests{code=\"200\"} 1\n",
            "http_requests_total{code=\"ok\"} 1\n",
            "http_requests_total 1\n",
            "jobs_total{code=\"200\"} 1\n",
            "{\"http.requests\",code=\"200\"} 1\n",
        ] {
            assert_eq!(requests(text), None, "{text}");
        }
        for text in [
            "request_duration_bucket{le=\"+Inf\"} 1\nrequest_duration_sum 1\n",
            "request_seconds_bucket{le=\"1\"} 1\nrequest_seconds_sum 1\n",
            "request_seconds_bucket{le=\"+Inf\"} 1\n",
            "request_seconds_bucket{le=\"x\"} 1\nrequest_seconds_sum 1\n",
        ] {
            assert_eq!(Page::read(text).latency(), None, "{text}");
        }
    }

    #[test]
    fn classes_of_statuses_are_statuses() {
        assert_eq!(
            requests("requests_total{status=\"2xx\"} 1\nrequests_total{status=\"5XX\"} 1\n").unwrap().1,
            "status"
        );
        assert_eq!(requests("requests_total{status=\"2xxx\"} 1\n"), None);
        assert_eq!(requests("requests_total{status=\"é00\"} 1\n"), None);
    }

    #[test]
    fn milliseconds_are_milliseconds() {
        let text = "response_duration_ms_bucket{le=\"250\"} 20\nresponse_duration_ms_bucket{le=\"+Inf\"} 20\n\
            response_duration_ms_sum 100\n";
        assert_eq!(Page::read(text).latency().unwrap().p95, Some(0.25));
    }
}
