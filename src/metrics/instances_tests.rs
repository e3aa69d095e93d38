#![allow(clippy::unwrap_used)]

use super::{Change, Format, Instances, Sighting, marks, named, told_by};
use crate::base::Instant;
use std::collections::BTreeSet;

/// What a page at `place` shows at a second.
fn seen(place: &str, page: &str, second: u64) -> Vec<Sighting> {
    let series = told_by(page, Format::Plain);
    let sighting = |(series, mark): (&super::Series, super::Mark)| Sighting {
        instance: named(place, &series.labels),
        series: series.name.clone(),
        mark,
        at: Instant(second),
        services: BTreeSet::from(["shop".to_owned()]),
    };
    marks(&series).map(sighting).collect()
}

/// The changes that pages of one place show, one after the other.
fn changes(pages: &[&str]) -> Vec<Change> {
    let mut instances = Instances::default();
    let reads = pages.iter().zip(1..);
    reads.flat_map(|(page, second)| instances.advance(seen("one", page, second))).collect()
}

fn texts(pages: &[&str]) -> Vec<String> {
    changes(pages).into_iter().map(|change| change.text).collect()
}

#[test]
fn a_process_that_started_anew_is_told_of_with_both_moments() {
    let found = changes(&[
        "process_start_time_seconds 1.7e9\n",
        "process_start_time_seconds 1.7e9\n",
        "process_start_time_seconds 1700000090.5\n",
        "process_start_time_seconds 1700000090.5\n",
    ]);
    let [change] = found.as_slice() else { unreachable!("{found:?}") };
    assert_eq!((change.instance.as_str(), change.since), ("one", Instant(2)));
    assert_eq!(change.services.iter().map(String::as_str).collect::<Vec<_>>(), ["shop"]);
    let text = "one was started at 2023-11-14T22:13:20Z, and is now one that was started at 2023-11-14T22:14:50.5Z";
    assert_eq!(change.text, text);
}

#[test]
fn a_version_that_changes_names_the_labels_that_differ() {
    let found = texts(&[
        "app_build_info{version=\"1.4\",revision=\"a\",os=\"linux\"} 1\n",
        "app_build_info{version=\"1.5\",os=\"linux\",tags=\"x\\ny\"} 1\n",
    ]);
    let text = "one has another version: revision \"a\" is now (none), tags (none) is now \"x\\ny\", version \"1.4\" is now \"1.5\"";
    assert_eq!(found, [text]);
    assert!(texts(&["build_info{version=\"1\"} 1\n", "build_info{version=\"2\"} 1\n"]).is_empty(), "not that name");
}

#[test]
fn an_instance_that_was_away_is_the_same_when_it_comes_back_as_it_was() {
    let (same, other) = ("process_start_time_seconds 1000\n", "process_start_time_seconds 5000\n");
    assert!(texts(&[same, "", "up 1\n", same]).is_empty());
    assert_eq!(texts(&[same, "", "", other]).len(), 1);
    assert!(texts(&["", other]).is_empty(), "one that is new has not changed");
}

#[test]
fn many_instances_on_one_page_are_told_apart() {
    let page = |b: u32| {
        format!(
            "process_start_time_seconds{{job=\"x\",instance=\"a\"}} 10\nprocess_start_time_seconds{{job=\"x\",instance=\"b\"}} {b}\n"
        )
    };
    let found = texts(&[&page(20), &page(99)]);
    assert_eq!(found.len(), 1);
    assert!(found.first().unwrap().starts_with("one {job=\"x\", instance=\"b\"} was started at"), "{found:?}");
}

#[test]
fn processes_that_share_an_address_are_no_change_until_there_is_a_new_one() {
    let (a, b, c) =
        ("process_start_time_seconds 100\n", "process_start_time_seconds 200\n", "process_start_time_seconds 300\n");
    let both = format!("{a}{b}");
    assert!(texts(&[&both, a, b, &both, a]).is_empty());
    assert_eq!(texts(&[&both, a, b, c, a, c]).len(), 1);
}

#[test]
fn a_clock_that_is_set_moves_a_start_a_little() {
    assert!(texts(&["process_start_time_seconds 1000.5\n", "process_start_time_seconds 1001.5\n"]).is_empty());
    let creeping: Vec<String> = (0..4).map(|at| format!("process_start_time_seconds {}\n", 1000 + at)).collect();
    let pages: Vec<&str> = creeping.iter().map(String::as_str).collect();
    assert!(!texts(&pages).is_empty(), "it does not creep away unseen");
}

#[test]
fn what_cannot_be_read_says_nothing() {
    let good = "process_start_time_seconds 1000\n";
    for odd in
        ["process_start_time_seconds NaN\n", "process_start_time_seconds +Inf\n", "process_start_time_seconds soon\n"]
    {
        assert!(texts(&[good, odd, good]).is_empty(), "{odd}");
    }
    let found = texts(&["x_build_info{ 1\nprocess_start_time_seconds 1\n", "process_start_time_seconds 1e300\n"]);
    assert!(
        found.first().unwrap().contains("1970-01-01T00:00:01Z, and is now one that was started at 1000"),
        "{found:?}"
    );
}

#[test]
fn what_changes_at_every_read_is_kept_within_bounds() {
    let mut instances = Instances::default();
    for second in 1..500 {
        instances.advance(seen("one", &format!("process_start_time_seconds {}\n", second * 10), second));
    }
    assert!(instances.known.values().all(|known| known.marks.len() <= super::MOST_MARKS));
}
