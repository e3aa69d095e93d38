#![allow(clippy::unwrap_used)]

use super::{Change, Format, Instances, Sighting, began, marks, named, told_by};
use crate::base::Instant;
use std::collections::BTreeSet;
use std::time::Duration;

/// The time on the pages at our second 0.
const EPOCH: f64 = 1e9;

fn at(second: u64) -> Instant {
    Instant(second * 1_000_000_000)
}

/// What a page at `place` shows at a second.
fn seen(place: &str, page: &str, second: u64) -> Vec<Sighting> {
    let series = told_by(page, Format::Plain);
    let sighting = |(series, mark): (&super::Series, super::Mark)| Sighting {
        instance: named(place, &series.labels),
        series: series.name.clone(),
        began: began(&mark, EPOCH + second as f64, at(second)),
        mark,
        at: at(second),
        services: BTreeSet::from(["shop".to_owned()]),
    };
    marks(&series).map(sighting).collect()
}

fn instances() -> Instances {
    Instances::new(Duration::from_secs(1))
}

/// The changes that pages of one place show, one after the other.
fn changes(pages: &[&str]) -> Vec<Change> {
    let mut instances = instances();
    let reads = pages.iter().zip(1..);
    reads.flat_map(|(page, second)| instances.advance(seen("one", page, second), at(second))).collect()
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
    assert_eq!((change.instance.as_str(), change.since), ("one", at(2)));
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
    let mut instances = instances();
    for second in 1..500 {
        instances.advance(seen("one", &format!("process_start_time_seconds {}\n", second * 10), second), at(second));
    }
    assert!(instances.known.values().all(|known| known.marks.len() <= super::MOST_MARKS));
}

/// A page that shows these instances, each with the second in which its process started.
fn pods(pods: &[(&str, i64)]) -> String {
    let line = |(name, second): &(&str, i64)| {
        let start = EPOCH as i64 + second;
        format!("process_start_time_seconds{{job=\"shop\",instance=\"{name}\"}} {start}\n")
    };
    pods.iter().map(line).collect()
}

/// What changes where each second shows these instances.
fn replaced(seconds: &[&[(&str, i64)]]) -> Vec<String> {
    let pages: Vec<String> = seconds.iter().map(|shown| pods(shown)).collect();
    texts(&pages.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn an_instance_that_another_takes_the_place_of_is_a_change() {
    let (a, b, c) = (("a", -500), ("b", -500), ("c", 2));
    let rolling: [&[(&str, i64)]; 6] = [&[a, b], &[a, b], &[a, b, c], &[b, c], &[b, c], &[b, c]];
    let found = replaced(&rolling);
    let told = "one {job=\"shop\", instance=\"a\"} is gone, and in its place is one {job=\"shop\", instance=\"c\"}, which was started at 2001-09-09T01:46:42Z";
    assert_eq!(found, [told]);
    let recreated: [&[(&str, i64)]; 5] = [&[a], &[a], &[], &[c], &[c]];
    assert_eq!(replaced(&recreated).len(), 1);
    let both: [&[(&str, i64)]; 6] = [&[a, b], &[a, b], &[("c", 2), ("d", 3)], &[c, ("d", 3)], &[c, ("d", 3)], &[c]];
    assert_eq!(replaced(&both).len(), 2, "each for one");
}

#[test]
fn what_comes_or_goes_alone_is_no_change() {
    let (a, b, c) = (("a", -500), ("b", -500), ("c", 2));
    let more: [&[(&str, i64)]; 4] = [&[a, b], &[a, b], &[a, b, c], &[a, b, c]];
    assert!(replaced(&more).is_empty(), "one more is a larger fleet");
    let fewer: [&[(&str, i64)]; 5] = [&[a, b], &[a], &[a], &[a], &[a]];
    assert!(replaced(&fewer).is_empty(), "one less is a smaller one");
    let old: [&[(&str, i64)]; 5] = [&[a], &[a], &[b], &[b], &[b]];
    assert!(replaced(&old).is_empty(), "an old process that is seen only now was there all the time");
    let away: [&[(&str, i64)]; 5] = [&[a, b], &[a, b], &[b, c], &[a, b, c], &[a, b, c]];
    assert!(replaced(&away).is_empty(), "one that is away for a moment is not gone");
}
