//! The graph of steps, run for real: scenarios, rounds, choices, `after … starts`, and faults that end with a condition.

use crate::harness::{Load, Place, Ran, answers, free_port};

/// A page behind a proxy, with an experiment of which the run is given.
pub fn experiment(place: &Place, page: u16, proxy: u16, run: &str) -> String {
    let text = format!(
        r#"
use std.http
let share = 50%
system site {{
  service side {{ calls page }}
  service page {{ metric success: ratio; metric requests: counter }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{page}"; through "127.0.0.1:{proxy}"; start "chaos demo inventory --port {{port}}" }}
  service side {{ start "sleep 600" }}
  bind page.success = proxy.success(page)
  bind page.requests = proxy.requests(page)
  allow http.* on page
}}
scenario half_fails(target: service {{ success: ratio }}, for_how_long: duration in 1s..5s = 2s) {{
  inject http.error(target, rate: share) as half for for_how_long {{ expect always target.success < 90% }}
  expect target.success >= 99% within 5s
}}
experiment x on site {{
  hypothesis "What is planned is what happens."
  window 1s
  baseline 2s
  steady {{ page.success >= 99% }}
  limit {{ services page; concurrent <= 2 }}
  run {{
{run}
  }}
}}
"#
    );
    place.write("x.chaos", text);
    "x.chaos".to_owned()
}

fn run(run: &str) -> (Place, Ran) {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let file = experiment(&place, page, proxy, run);
    let load = Load::on(proxy);
    let ran = place.run(&["exec", &file]);
    drop(load);
    assert!(!answers(page) && !answers(proxy));
    place.run(&["status"]).ended(0).says("nothing is in force");
    (place, ran)
}

/// The second at which a line of the run's log that holds `text` was written.
fn second(ran: &Ran, text: &str) -> f64 {
    let line =
        ran.out.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("`{text}` is not in\n{}", ran.out));
    line.split_whitespace().find_map(|word| word.strip_suffix('s')?.parse().ok()).unwrap()
}

#[test]
fn scenarios_rounds_and_choices_run_as_planned() {
    let (_place, ran) = run("
    half_fails(page) as first
    repeat 2 every 8s as twice { half_fails(page, for_how_long: 3s) as again }
    when page.success >= 90% { wait 1s as good } else { wait 1s as bad }");
    let ran = ran.ended(0).says("first.half: http.error on page").says("x: confirmed");
    // The first round begins when `first` is over, and the second one no less than 8 s later, however slow the machine is.
    let gap = second(&ran, "twice.2.again.half") - second(&ran, "holds     expect target.success >= 99%");
    assert!(gap >= 7.9, "the second round began {gap} s after what came before the first\n{}", ran.out);
    assert!(ran.out.contains("good") && ran.out.contains("bad"), "{}", ran.out);
    let skipped = ran.out.lines().find(|line| line.contains("bad")).unwrap();
    assert!(skipped.contains("skip") || skipped.contains("passed over"), "{skipped}");
}

#[test]
fn a_step_begins_so_long_after_another_has_begun() {
    let (_place, ran) = run("
    parallel {
      inject http.latency(page, delay: 5ms) as slow for 4s { expect always page.success >= 50% }
      @allow(interference)
      inject http.error(page, rate: 10%) as few for 1s after slow starts + 2s
    }");
    let ran = ran.ended(0).says("x: confirmed");
    let gap = second(&ran, "few") - second(&ran, "slow");
    assert!(gap >= 1.9, "it began {gap} s after\n{}", ran.out);
}

#[test]
fn a_fault_that_is_held_until_a_condition_comes_true_ends_with_it() {
    let (_place, ran) = run("
    inject http.error(page, rate: 50%) as half until page.success < 90% within 20s");
    // A fault that is held for all of its 20 s has not seen its condition, and refutes: see below.
    ran.ended(0).says("until page.success < 90% within 20s").says("x: confirmed");
}

#[test]
fn a_fault_whose_condition_never_comes_true_refutes() {
    let (_place, ran) = run("
    inject http.error(page, rate: 50%) as half until page.success > 99% within 3s");
    ran.ended(1).says("x: refuted").says("reverted half");
}
