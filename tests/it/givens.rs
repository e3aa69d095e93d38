//! What a test gives comes out as a real source would show it.

use crate::harness::Place;

const SYSTEM: &str = r#"use std.http
system s {
  service front {
    metric success: ratio
    metric latency: distribution<duration>
    metric cpu: float
    metric depth: count in 0..100
    metric hits: counter
    slo success >= 99%
  }
  service api { metric success: ratio; slo success >= 99% }
}
environment local for s {
  tier development
  service front { url "http://127.0.0.1:8301" }
  service api { url "http://127.0.0.1:8302"; through "127.0.0.1:8392" }
  source app = scrape("http://127.0.0.1:8301/metrics", every: 1s)
  source prom = prometheus("http://127.0.0.1:9090", every: 5s, scrape: 15s)
  bind front.success = prom.ratio(good: `r{code!~"5.."}`, all: `r`)
  bind front.latency = app.histogram(`d_seconds`)
  bind front.cpu = app.gauge(`cpu`)
  bind front.depth = app.gauge(`depth`)
  bind front.hits = app.counter(`hits_total`)
  bind api.success = proxy.success(api)
  allow http.* on api
  limit { traffic <= 100%; concurrent <= 1; exposure <= 30m }
}
"#;

/// An experiment of these steps, with these tests of it.
fn tested(steps: &str, tests: &[&str]) -> Place {
    let place = Place::new();
    let experiment = format!(
        "experiment e on s {{\n hypothesis \"edges\"\n window 30s\n baseline 1m\n \
         limit {{ services api; bends api; exposure <= 20m; timeout <= 30m }}\n \
         abort when front.cpu > 1000 for 30s\n run {{\n{steps}\n}}\n}}\n"
    );
    let tests: String =
        tests.iter().enumerate().map(|(at, items)| format!("test \"{at}\" of e in local {{\n{items}\n}}\n")).collect();
    place.write("all.chaos", format!("{SYSTEM}{experiment}{tests}"));
    place
}

fn pass(steps: &str, tests: &[&str]) {
    tested(steps, tests).run(&["test", "all.chaos"]).ended(0).says(", 0 failed");
}

const PART: &str = "inject http.error(api, traffic: 50%, rate: 50%) as bad for 2m {
  expect always api.success of affected >= 90% of baseline
  expect always front.success >= 98%
}";

const ALL: &str = "inject http.error(api, rate: 50%) as bad for 2m {
  expect always api.success of affected >= 90% of baseline
  expect always increase(front.hits) <= 100 as few
  expect front.depth > 2 within 60s as deep
}";

#[test]
fn what_counts_shows_what_came_between_two_reads() {
    // Over before the server scrapes it; but its counters have grown.
    pass(
        PART,
        &[
            "given steady\ngiven front.success = 0% from 61s into bad for 1s\nexpect verdict refuted because front.success",
        ],
    );
}

#[test]
fn a_window_over_a_change_of_a_distribution_knows_both_values() {
    let steps = "inject http.error(api, rate: 50%) as bad for 2m { expect always p50(front.latency) <= 150ms }";
    let slow = "given steady\ngiven front.latency = 100ms\n";
    pass(
        steps,
        &[
            &format!("{slow}given front.latency = 300ms from 40s into bad for 10s\nexpect verdict confirmed"),
            &format!("{slow}given front.latency = 300ms from 40s into bad for 20s\nexpect verdict refuted"),
        ],
    );
}

#[test]
fn a_counter_stands_where_it_is_given_to_stand() {
    let hits = "given steady\ngiven front.hits = 500\n";
    pass(
        ALL,
        &[
            &format!("{hits}given front.hits = 500 from 5s into bad\nexpect few satisfied\nexpect verdict confirmed"),
            &format!("{hits}given front.hits = 600 from 5s into bad\nexpect few satisfied"),
            &format!("{hits}given front.hits = 601 from 5s into bad\nexpect verdict refuted because front.hits"),
            // One that fell was reset, and grew from zero.
            &format!("{hits}given front.hits = 101 from 5s into bad\nexpect verdict refuted because front.hits"),
        ],
    );
}

#[test]
fn parts_of_the_traffic_are_there_while_a_fault_is_in_force() {
    let worse = "given api.success of affected = 60%\nexpect verdict refuted because api.success";
    // Its baseline is that of the whole. Where all traffic is affected, the part is all of it.
    for steps in [PART, ALL] {
        pass(
            steps,
            &[
                &format!("given steady\n{worse}"),
                "given steady\ngiven api.success of affected = 95% from 5s into bad\nexpect verdict confirmed",
            ],
        );
    }
}

#[test]
fn steady_values_come_back_when_what_was_given_is_over() {
    let steps = "inject http.error(api, rate: 50%) as bad for 2m { expect always api.success >= 60% }
      wait until front.depth == 0 within 30s as drained";
    pass(
        steps,
        &[
            "given steady\ngiven front.depth = 50 from 0s into drained for 5s\nexpect drained satisfied within 10s\nexpect verdict confirmed",
        ],
    );
}

#[test]
fn a_gauge_that_is_compared_with_its_baseline_has_some_noise() {
    let steps = "inject http.error(api, rate: 50%) as bad for 2m { expect mean(front.cpu) unchanged by 20% }";
    pass(
        steps,
        &[
            "given steady\nexpect verdict confirmed",
            "given steady\ngiven front.cpu = 10 from 0s into bad\nexpect verdict refuted because front.cpu",
        ],
    );
}

#[test]
fn satisfied_is_what_was_judged() {
    let stopped = "given steady\ngiven stop at 100s into bad\nexpect deep satisfied\nexpect bad satisfied";
    tested(ALL, &[stopped]).run(&["test", "all.chaos"]).ended(1).says("was not judged before the run ended");
}

#[test]
fn an_expectation_is_named_in_all_rounds_and_timed_from_its_inject() {
    let steps = format!("repeat 2 as rounds {{ {ALL} }}");
    pass(
        &steps,
        &[
            "given steady\nexpect rounds.few satisfied\nexpect rounds.1.deep satisfied within 60s\nexpect rounds.deep satisfied within 5m",
        ],
    );
    let late = "given steady\nexpect rounds.deep satisfied within 60s";
    tested(&steps, &[late]).run(&["test", "all.chaos"]).ended(1).says("not within 1m");
}

#[test]
fn the_views_of_all_proxies_are_one_source() {
    pass(PART, &["given steady\ngiven no data of proxy from 10s into bad\nexpect bad inconclusive"]);
    let known = tested(PART, &["given steady\ngiven no data of proxies\nexpect verdict confirmed"]);
    known.run(&["test", "all.chaos"]).ended(1).says("known: `app`, `prom`, `proxy`");
}
