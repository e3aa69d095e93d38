//! Somebody else's experiment, in a folder of its own, against a plain nginx behind `chaos proxy`, without the shop.

use crate::harness::{Load, Place, Running, answers, free_port, nginx, status, wait_for};

fn files(place: &Place, upstream: u16, proxy: u16, rest: &str) -> String {
    place.write(
        "site/system.chaos",
        "system site {\n  service page {\n    metric success: ratio\n    metric latency: distribution<duration>\n    \
         slo success >= 99%\n    slo p95(latency) <= 100ms\n  }\n}\n",
    );
    place.write(
        "site/places.chaos",
        format!(
            "use \"./system.chaos\"\nenvironment local for site {{\n  service page {{ url \"http://127.0.0.1:{upstream}\"; \
             through \"127.0.0.1:{proxy}\" }}\n  bind page.success = proxy.success(page)\n  \
             bind page.latency = proxy.latency(page)\n  allow http.* on page\n}}\n"
        ),
    );
    place.write(
        "site/slow.chaos",
        format!(
            "use std.http\nuse \"./system.chaos\"\n@allow(amplification-only)\nexperiment slow on site {{\n  hypothesis \"Slow answers are slow, not wrong.\"\n  \
             window 2s\n  baseline 3s\n  limit {{ services page }}\n{rest}\n}}\n"
        ),
    );
    "site/slow.chaos".to_owned()
}

fn proxy(place: &Place, listen: u16, upstream: u16) -> Running {
    let upstream = format!("http://127.0.0.1:{upstream}");
    let running =
        Running::start(&mut place.chaos(&["proxy", "--listen", &listen.to_string(), "--upstream", &upstream]));
    wait_for("the proxy", 10, || answers(listen) && answers(listen + 10_000));
    running
}

const DELAY: &str = "  run {
    inject http.latency(page, delay: 200ms, jitter: 50ms) as delay for 6s {
      expect always page.success >= 99%
      expect p50(page.latency) > 150ms within 5s
    }
    expect steady within 10s holding 2s
  }";

#[test]
fn a_proxy_of_its_own_is_used_and_left_standing() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let file = files(&place, upstream, listen, DELAY);
    let load = Load::on(listen);
    place.run(&["check", &file]).ended(0);
    place
        .run(&["exec", &file])
        .ended(0)
        .says(&format!("found proxy of page on 127.0.0.1:{listen}"))
        .says("slow: confirmed")
        .says("✓ delay: expect p50(page.latency) > 150ms within 5s");
    assert_eq!(status(listen, "GET", "/"), Some(200));
    assert!(load.end().iter().all(|answer| *answer == Some(200)), "a delay makes no errors");
}

#[test]
fn without_traffic_nothing_is_injected() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let file = files(&place, upstream, listen, &DELAY.replace("run {", "no data for 1s\n  run {"));
    let ran = place.run(&["exec", &file]).ended(3).says("not steady").says("no requests in the window");
    assert!(!ran.out.contains("inject "), "{}", ran.out);
}

#[test]
fn an_unsteady_system_is_not_faulted() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _proxy = proxy(&place, listen, upstream); // nothing stands behind it: every answer is a 502
    let file = files(&place, upstream, listen, DELAY);
    let _load = Load::on(listen);
    place.run(&["exec", &file]).ended(3).says("page: success >= 99%: 0% against 99%");
}

#[test]
fn a_fault_that_never_acts_confirms_nothing() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let rest = "  run { inject http.error(page, rate: 0.01%) as idle for 4s { expect always page.success >= 99% } }";
    let file = files(&place, upstream, listen, rest);
    let _load = Load::on(listen);
    place.run(&["exec", &file]).ended(5).says("inconclusive").says("was not seen to act on a single request");
}

#[test]
fn a_trigger_aborts_the_run() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let rest = "  abort when page.success < 90% for 1s\n  run { inject http.error(page) as outage for 30s { expect page.success > 0% within 29s } }";
    let file = files(&place, upstream, listen, rest);
    let _load = Load::on(listen);
    place
        .run(&["exec", &file])
        .ended(4)
        .says("aborted")
        .says("abort when page.success < 90% for 1s")
        .says("reverted outage");
    wait_for("a good answer", 5, || status(listen, "GET", "/") == Some(200));
}

#[test]
fn a_proxy_that_dies_takes_its_fault_along_and_breaks_the_run() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let standing = proxy(&place, listen, upstream);
    let rest = "  no data for 3s\n  abort when page.success < 1% for 20s\n  run { inject http.error(page, rate: 50%) as outage for 30s { expect always page.success > 1% } }";
    let file = files(&place, upstream, listen, rest);
    let _load = Load::on(listen);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 30, || status(listen, "GET", "/") == Some(503));
    drop(standing);
    let ran = runner.finish();
    assert!(matches!(ran.code, Some(5)), "{ran:?}");
    ran.says("no data for 3s").says("it ended when its lease ran out");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

/// `front` may not bend; its success is the proxy's view of the very page that is faulted.
#[test]
fn an_slo_outside_the_radius_aborts_the_run() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let text = format!(
        "use std.http\nsystem site {{\n  service front {{ calls page; metric success: ratio; slo success >= 95% }}\n  \
         service page {{ external }}\n}}\nenvironment local for site {{\n  service page {{ url \"http://127.0.0.1:{upstream}\"; \
         through \"127.0.0.1:{listen}\" }}\n  bind front.success = proxy.success(page)\n  allow http.error on page\n}}\n\
         @allow(amplification-only)\nexperiment x on site {{\n  hypothesis \"Nobody notices.\"\n  window 2s\n  baseline 3s\n  limit {{ services page }}\n  \
         run {{ inject http.error(page, rate: 50%) as outage for 60s {{ expect always front.success >= 1% }} }}\n}}\n"
    );
    place.write("x.chaos", text);
    let _load = Load::on(listen);
    place
        .run(&["exec", "x.chaos"])
        .ended(4)
        .says("an SLO outside `bends` broke: front: success >= 95%")
        .says("reverted outage");
}

#[test]
fn two_faults_at_once_add_up_and_are_both_taken_back() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let rest = "  run {
    parallel {
      inject http.error(page, traffic: 30%) as some for 4s { expect page.success < 90% within 4s }
      sequence {
        wait 1s
        @allow(interference)
        inject http.latency(page, delay: 60ms, traffic: 50%) as slow for 2s { expect p95(page.latency) > 50ms within 2s }
      }
    }
    expect steady within 15s holding 1s
  }";
    let file = files(&place, upstream, listen, rest);
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(
        &file,
        text.replace("limit { services page }", "limit { services page; concurrent <= 2; traffic <= 80% }")
            .replace("window 2s", "window 1s"),
    );
    place.run(&["plan", &file]).ended(0).says("at most 80% of the requests to page touched").says("at most 2 faults");
    let _load = Load::on(listen);
    place.run(&["exec", &file]).ended(0).says("confirmed").says("reverted slow").says("reverted some");
}

#[test]
fn traffic_that_stops_in_the_middle_confirms_nothing() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    // Nothing here reads a metric that would be unknown without traffic.
    let rest = "  run { inject http.error(page) as outage for 12s { expect page.success < 50% within 5s } }";
    let file = files(&place, upstream, listen, rest);
    let load = Load::on(listen);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 30, || status(listen, "GET", "/") == Some(503));
    std::thread::sleep(std::time::Duration::from_secs(3)); // traffic flows for a part of the fault: time is what is tested
    load.end();
    runner.finish().ended(5).says("✓ outage: expect page.success < 50% within 5s").says("no request came for");
}

#[test]
fn a_second_run_on_the_same_proxy_is_refused() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let file = files(
        &place,
        upstream,
        listen,
        "  run { inject http.error(page) as outage for 60s { expect page.success < 50% within 5s } }",
    );
    let _load = Load::on(listen);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 30, || status(listen, "GET", "/") == Some(503));
    place.run(&["exec", &file]).ended(2).says("E0817").says("`concurrent` could come to 2");
    runner.signal("INT");
    runner.finish().ended(4);
}

/// A counter of losses that is no number for a while: whether it grew is not known, so nothing is confirmed.
#[test]
fn a_counter_that_is_no_number_confirms_nothing() {
    let place = Place::new();
    let (upstream, listen, metrics) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let page = "import http.server\nclass H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self):\n    self.send_response(200)\n    \
                self.end_headers()\n    self.wfile.write(b'lost_total NaN\\nok_total 1\\n')\n  def log_message(self, *a): pass\n";
    place.write("metrics.py", format!("{page}http.server.HTTPServer(('127.0.0.1', {metrics}), H).serve_forever()\n"));
    let mut python = std::process::Command::new("python3");
    let _metrics = Running::start(python.arg(place.path().join("metrics.py")));
    wait_for("the metrics", 10, || answers(metrics));
    let file = files(
        &place,
        upstream,
        listen,
        "  run { inject http.error(page) as outage for 5s { expect page.success < 50% within 5s } }\n  expect always increase(page.lost) == 0",
    );
    for (name, from, to) in [
        ("site/system.chaos", "metric success: ratio", "metric success: ratio; metric lost: counter".to_owned()),
        (
            "site/places.chaos",
            "  allow",
            format!(
                "  source own = scrape(\"http://127.0.0.1:{metrics}/metrics\")\n  bind page.lost = own.counter(`lost_total`)\n  allow"
            ),
        ),
    ] {
        let text = std::fs::read_to_string(place.path().join(name)).unwrap();
        place.write(name, text.replacen(from, &to, 1));
    }
    let _load = Load::on(listen);
    place.run(&["exec", &file]).ended(5).says("? slow: expect always increase(page.lost) == 0: not a number");
}

#[test]
fn no_more_requests_a_second_are_touched_than_the_limit_says() {
    let place = Place::new();
    let (upstream, listen) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _proxy = proxy(&place, listen, upstream);
    let outage = |limit: &str| {
        let rest = "  run {
    inject http.error(page) as outage for 5s { expect always page.success >= 1% }
    expect steady within 15s holding 1s
  }";
        let file = files(&place, upstream, listen, rest);
        let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
        place.write(&file, text.replace("limit { services page }", &format!("limit {{ services page; {limit} }}")));
        file
    };
    let file = outage("requests <= 5/s");
    place
        .run(&["plan", &file])
        .ended(0)
        .says("requests    of page kept at the proxy: unproven (limit 5/s, from the experiment)");
    let load = Load::on(listen);
    place.run(&["exec", &file]).ended(0).says("confirmed").says("reverted outage");
    let failed = load.end().iter().filter(|answer| **answer == Some(503)).count();
    // The fault is in force for a moment longer than its 5 s.
    assert!((15..=35).contains(&failed), "{failed} of about 200 requests failed");
    place.run(&["plan", &outage("requests <= 0/s")]).ended(2).says("E0501").says("lets none be touched");
}

#[test]
fn an_escalation_ends_at_the_level_that_breaks_which_counts_only_below_what_was_to_be_reached() {
    for (reaching, code, says) in [("20%", 0, "slow: confirmed"), ("80%", 1, "slow: refuted")] {
        let place = Place::new();
        let (upstream, listen) = (free_port(), free_port());
        let _nginx = nginx(&place, upstream);
        let _proxy = proxy(&place, listen, upstream);
        let rest = format!(
            "  run {{
    escalate level over [10%, 70%, 90%] reaching {reaching} {{
      inject http.error(page, rate: level) as outage for 6s {{ expect always page.success >= 60% }}
    }}
    expect steady within 15s holding 1s
  }}"
        );
        let file = files(&place, upstream, listen, &rest);
        let _load = Load::on(listen);
        let ran = place.run(&["exec", &file]).ended(code).says(says).says("skipped   escalate-1.3.outage");
        assert!(ran.out.contains("violated  expect always page.success >= 60%"), "{}", ran.out);
        assert!(ran.out.contains("reverted  escalate-1.2.outage"), "{}", ran.out);
    }
}
