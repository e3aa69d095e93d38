//! What the proxy counts, in the OpenMetrics text format.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The upper bounds of the durations' buckets, in seconds.
const BUCKETS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0];
/// The status codes that have a label of their own: 100..600. Others are counted as "other".
const CODES: usize = 500;
/// The place behind those: of requests that got no answer.
const NONE: usize = CODES + 1;
/// How many places there are.
const PLACES: usize = NONE + 1;

/// The requests that some fault touched, and those that none did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cohort {
    /// No fault touched it.
    Others,
    /// A fault touched it, whether or not it was acted on.
    Affected,
}

/// What became of the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    /// Its caller got all of it, as it was given.
    Whole,
    /// A fault gave it in the service's place.
    Injected,
    /// All of it came, with bytes that a fault had changed.
    Corrupt,
    /// The upstream broke it off.
    Broken,
    /// The caller left before its end.
    Left,
    /// A fault kept it back, or cut it.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    code: Code,
    answer: Fate,
    cohort: Cohort,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CohortLabels {
    cohort: Cohort,
}

/// A status code's place in the table; one is for all that's out of range, and the last one for those without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Code(usize);

/// The counters of one proxy.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    /// The counters of `answers` that have been used, so that a request looks none up.
    counters: [Box<[OnceLock<Counter>]>; 2],
    durations: [Histogram; 2],
    upstream_failures: Counter,
}

impl Metrics {
    /// All at zero. `faults` is asked for the faults' own series at each scrape.
    pub(super) fn new(faults: Box<dyn Collector>) -> Self {
        let (answers, upstream_failures) = (Family::default(), Counter::default());
        let durations = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut registry = Registry::default();
        registry.register(
            "chaos_proxy_requests",
            "Requests, when their answer has come to its end or is known not to",
            answers.clone(),
        );
        registry.register(
            "chaos_proxy_request_duration_seconds",
            "From a request's arrival until its response's headers are sent, injected delay included",
            durations.clone(),
        );
        registry.register(
            "chaos_proxy_upstream_failures",
            "Requests to which the upstream gave no response",
            upstream_failures.clone(),
        );
        registry.register("process_start_time_seconds", "When the proxy started, in Unix time", ConstGauge::new(now()));
        registry.register_collector(faults);
        let durations = Cohort::BOTH.map(|cohort| durations.get_or_create_owned(&CohortLabels { cohort }));
        let counters = Cohort::BOTH.map(|_| (0..Fate::ALL * PLACES).map(|_| OnceLock::new()).collect());
        let metrics = Self { registry, answers, counters, durations, upstream_failures };
        // A first scrape shows both cohorts, so that a rate can be taken from the very first request on.
        for cohort in Cohort::BOTH {
            metrics.counter(Code::of(StatusCode::OK), Fate::Whole, cohort);
        }
        metrics
    }

    /// Counts a request with the status of its answer, if there's one, and what became of that.
    pub(super) fn answered(&self, cohort: Cohort, status: Option<StatusCode>, fate: Fate) {
        self.counter(status.map_or(Code(NONE), Code::of), fate, cohort).inc();
    }

    /// Takes in how long a request took, with or without an answer.
    pub(super) fn took(&self, cohort: Cohort, took: Duration) {
        self.durations[cohort as usize].observe(took.as_secs_f64());
    }

    /// Counts a request to which the upstream gave no response.
    pub(super) fn upstream_failed(&self) {
        self.upstream_failures.inc();
    }

    /// All of it as OpenMetrics text.
    ///
    /// # Errors
    /// Never in practice: writing to a `String` doesn't fail.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn counter(&self, code: Code, answer: Fate, cohort: Cohort) -> &Counter {
        self.counters[cohort as usize][answer as usize * PLACES + code.0]
            .get_or_init(|| self.answers.get_or_create_owned(&AnswerLabels { code, answer, cohort }))
    }
}

impl Cohort {
    const BOTH: [Self; 2] = [Self::Others, Self::Affected];
}

impl EncodeLabelValue for Cohort {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Others => "others".encode(encoder),
            Self::Affected => "affected".encode(encoder),
        }
    }
}

impl Fate {
    /// How many there are.
    const ALL: usize = Self::None as usize + 1;
}

impl EncodeLabelValue for Fate {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole => "whole".encode(encoder),
            Self::Injected => "injected".encode(encoder),
            Self::Corrupt => "corrupt".encode(encoder),
            Self::Broken => "broken".encode(encoder),
            Self::Left => "left".encode(encoder),
            Self::None => "none".encode(encoder),
        }
    }
}

impl Code {
    fn of(status: StatusCode) -> Self {
        Self(usize::from(status.as_u16()).wrapping_sub(100).min(CODES))
    }
}

impl EncodeLabelValue for Code {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self.0 {
            CODES => "other".encode(encoder),
            NONE => "none".encode(encoder),
            place => (place + 100).encode(encoder),
        }
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct NoFaults;

    impl Collector for NoFaults {
        fn encode(&self, _: prometheus_client::encoding::DescriptorEncoder<'_>) -> fmt::Result {
            Ok(())
        }
    }

    #[test]
    fn both_cohorts_are_there_from_the_start() {
        let text = Metrics::new(Box::new(NoFaults)).text().unwrap();
        for line in [
            r#"chaos_proxy_requests_total{code="200",answer="whole",cohort="others"} 0"#,
            r#"chaos_proxy_requests_total{code="200",answer="whole",cohort="affected"} 0"#,
            r#"chaos_proxy_request_duration_seconds_bucket{le="+Inf",cohort="affected"} 0"#,
            "chaos_proxy_upstream_failures_total 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("\nprocess_start_time_seconds 1"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn codes_are_counted_apart_and_odd_ones_together() {
        let metrics = Metrics::new(Box::new(NoFaults));
        for code in [204, 204, 599, 600, 999] {
            metrics.answered(Cohort::Affected, StatusCode::from_u16(code).ok(), Fate::Whole);
        }
        metrics.answered(Cohort::Affected, Some(StatusCode::NO_CONTENT), Fate::Corrupt);
        metrics.answered(Cohort::Affected, None, Fate::None);
        metrics.took(Cohort::Affected, Duration::from_millis(3));
        let text = metrics.text().unwrap();
        for (code, answer, count) in [
            ("204", "whole", 2),
            ("204", "corrupt", 1),
            ("599", "whole", 1),
            ("other", "whole", 2),
            ("none", "none", 1),
        ] {
            let line =
                format!(r#"chaos_proxy_requests_total{{code="{code}",answer="{answer}",cohort="affected"}} {count}"#);
            assert!(text.contains(&line), "{line}\n{text}");
        }
        assert!(text.contains(r#"seconds_bucket{le="0.005",cohort="affected"} 1"#), "{text}");
    }
}
