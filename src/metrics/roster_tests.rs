#![allow(clippy::unwrap_used)]

use super::super::fetch::Answer;
use super::{Question, Roster};
use crate::base::Instant;
use crate::metrics::answer::read;
use crate::types::promql::{Reach, reaches};
use crate::types::term::MetricId;
use std::fmt::Write;
use std::time::Duration;

fn roster(metrics: &[(&str, &str)]) -> Roster {
    let asked: Vec<(MetricId, Question)> = metrics
        .iter()
        .map(|(service, query)| {
            let id = MetricId { service: (*service).to_owned(), metric: "x".to_owned() };
            let selectors: Vec<Reach> = reaches(query);
            (id, Question { text: String::new(), selectors })
        })
        .collect();
    Roster::of(asked.iter().map(|(id, question)| (id, question)), Duration::from_secs(15))
}

/// An answer at the server's second 1000: parts with their labels and values.
fn told(items: &[(&str, &str, f64)]) -> super::Told {
    let mut result = String::new();
    for (part, labels, value) in items {
        let comma = if result.is_empty() { "" } else { "," };
        write!(result, r#"{comma}{{"metric":{{"chaos_part":"{part}",{labels}}},"value":[1000,"{value}"]}}"#).unwrap();
    }
    let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
    let answer = Answer { status: 200, kind: "application/json".to_owned(), ahead: None, body: body.into_bytes() };
    read("http://p", answer).unwrap()
}

fn start(value: f64, ago: f64) -> super::Told {
    let labels = r#""job":"shop","instance":"a:1""#;
    let named = format!(r#""__name__":"process_start_time_seconds",{labels}"#);
    told(&[("s1", &named, value), ("n1", labels, 1000.0 - ago)])
}

fn seconds(at: u64) -> Instant {
    Instant(at * 1_000_000_000)
}

#[test]
fn only_instances_behind_the_metrics_are_asked_for() {
    let query = roster(&[("b", "sum(rate(r{job=\"b\"}[1m])) / sum(g)"), ("a", "x"), ("c", "1")]).query.unwrap();
    let behind = |selectors: &str, part: &str| {
        let behind = format!("process_start_time_seconds and on (job, instance) ({selectors})");
        format!("label_replace(({behind}), \"chaos_part\", \"{part}\", \"\", \"\")")
    };
    assert!(query.contains(&behind("x", "s0")), "{query}");
    assert!(query.contains(&behind("g or r{job=\"b\"}", "s1")), "{query}");
    assert!(!query.contains("s2"), "{query}");
    crate::types::promql::gives_a_number(&query).unwrap();
    assert_eq!(roster(&[("c", "1")]).query, None);
}

#[test]
fn a_restart_is_told_with_the_service_and_since_when() {
    let mut roster = roster(&[("a", "x"), ("b", "y")]);
    assert!(roster.take(&start(100.0, 4.0), seconds(50)).is_empty());
    assert!(roster.take(&start(100.0, 9.0), seconds(55)).is_empty(), "nothing was scraped since");
    let found = roster.take(&start(900.0, 1.0), seconds(60));
    let change = found.first().unwrap();
    assert_eq!(change.since, seconds(46));
    assert!(change.services.contains("b") && change.services.len() == 1);
    assert!(
        change.text.starts_with("{job=\"shop\", instance=\"a:1\"} was started at 1970-01-01T00:01:40Z"),
        "{change:?}"
    );
}

#[test]
fn a_version_changes_and_target_labels_are_none_of_it() {
    let mut roster = roster(&[("a", "x")]);
    let build = |version: &str| {
        let labels = format!(r#""__name__":"app_build_info","job":"shop","instance":"a:1","version":"{version}""#);
        told(&[("b0", &labels, 1.0)])
    };
    assert!(roster.take(&build("1"), seconds(50)).is_empty());
    let found = roster.take(&build("2"), seconds(60));
    let change = found.first().unwrap();
    assert_eq!(change.since, seconds(35), "as old as the server's samples can be");
    assert!(change.text.ends_with("has another version: version \"1\" is now \"2\""), "{change:?}");
    assert!(roster.take(&told(&[]), seconds(70)).is_empty());
}

#[test]
fn a_server_that_does_not_answer_this_is_told_of_once() {
    let mut roster = roster(&[("a", "x")]);
    assert!(roster.fail("422").unwrap().contains("cannot be told: 422"));
    assert_eq!(roster.fail("422"), None);
}
