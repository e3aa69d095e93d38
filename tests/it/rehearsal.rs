//! Rehearsals against real servers: what is healthy, and each way in which an environment is not what it says.

use crate::harness::{Load, Place, Ran, Running, answers, free_port, nginx, root, wait_for};
use crate::prometheus::prometheus;
use crate::sources::{Server, say};
use boon::{Compiler, Schemas};
use serde_json::Value;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const TEXT: &str = "text/plain; version=0.0.4";

/// A page behind a proxy with one more metric, bound to a source of its own.
struct Site {
    upstream: u16,
    proxy: u16,
    /// The metric `page.x`: its type, its source and its binding, and more of the environment.
    ty: &'static str,
    source: String,
    binding: &'static str,
    more: String,
    slo: &'static str,
}

impl Site {
    fn new(source: String) -> Self {
        let (upstream, proxy) = (free_port(), free_port());
        Self { upstream, proxy, ty: "count", source, binding: "gauge(`x`)", more: String::new(), slo: "" }
    }

    fn write(&self, place: &Place, steps: &str) {
        let Self { upstream, proxy, ty, source, binding, more, slo } = self;
        place.write(
            "site.chaos",
            format!(
                r#"
system site {{
  service page {{
    metric success: ratio
    metric x: {ty}
    slo success >= 99%
    {slo}
  }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  source own = {source}
  bind page.success = proxy.success(page)
  bind page.x = own.{binding}
  allow http.error on page
  {more}
}}
"#
            ),
        );
        let text = format!(
            "use std.http\nuse \"./site.chaos\"\nexperiment outage on site {{\n  hypothesis \"It is rehearsed.\"\n  \
             window 1s\n  baseline 20s\n  limit {{ services page; bends page }}\n  run {{\n{steps}\n  }}\n}}\n"
        );
        place.write("outage.chaos", text);
    }
}

/// A server with one metric on its page.
fn page_of(text: impl Fn(u64) -> String + Send + Sync + 'static) -> Server {
    Server::new(move |_, number, stream: &mut TcpStream| say(stream, "200 OK", TEXT, &text(number)))
}

fn scrape(server: &Server) -> String {
    format!("scrape(\"http://127.0.0.1:{}/metrics\")", server.port)
}

const ERROR: &str = "    inject http.error(page, status: 503) as broken for 20s { expect always page.success < 50% }";

fn env_check(place: &Place, file: &str) -> Ran {
    place.run(&["env", "check", file, "--for", "4s"])
}

/// The checks of a rehearsal, which fit the schema.
fn checks(said: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(said).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join("docs/schemas/rehearsal.v1.schema.json").display().to_string();
    let schema = compiler.compile(&path, &mut schemas).unwrap();
    let error = schemas.validate(&document, schema).map_err(|error| format!("{error:#}"));
    assert_eq!(error, Ok(()), "{document:#}");
    let checks = document["checks"].as_array().unwrap().clone();
    let counted: u64 = document["summary"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(usize::try_from(counted).unwrap(), checks.len());
    let mut names: Vec<&str> = checks.iter().map(|it| it["check"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), checks.len(), "a name stands twice: {document:#}");
    checks
}

fn failed(checks: &[Value]) -> Vec<&str> {
    let failed = checks.iter().filter(|it| it["outcome"] == "fail");
    failed.map(|it| it["code"].as_str().unwrap()).collect()
}

#[test]
fn a_healthy_environment_passes_and_nothing_is_left() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let site = Site::new(scrape(&server));
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    let load = Load::on(site.proxy);
    let ran = env_check(&place, "site.chaos").ended(0).says("binding").says("page.x: ").says("last 3");
    ran.says("nothing was injected, 1 process was started and taken down again")
        .says("all: not looked at: an environment");
    // The same for a file that only uses it, and for the experiment in it.
    let ran = place.run(&["env", "check", "outage.chaos", "--for", "4s", "--format", "json"]).ended(0);
    assert!(failed(&checks(&ran.out)).is_empty());
    let ran = place.run(&["exec", "outage.chaos", "--dry-run", "--for", "4s", "--format", "json"]).ended(0);
    let all = checks(&ran.out);
    let named = |name: &str| all.iter().find(|it| it["check"] == name).unwrap_or_else(|| panic!("{name}\n{}", ran.out));
    assert!(named("inject broken")["found"].as_str().unwrap().contains("nothing was created"));
    let told = named("expectation broken: expect always page.success < 50%")["found"].as_str().unwrap().to_owned();
    assert!(told.contains("an effect of 50pp brings it about"), "{told}");
    assert!(load.end().iter().all(|answer| answer.is_none_or(|status| status == 200)), "something was injected");
    assert!(!answers(site.proxy), "the proxy was left behind");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn an_address_that_nobody_answers_at_is_told_and_the_rest_is_looked_at() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let site = Site::new(scrape(&server));
    site.write(&place, ERROR);
    let _load = Load::on(site.proxy); // nothing stands behind the proxy
    let ran = env_check(&place, "site.chaos").ended(1);
    ran.says("error[E0721]: nobody takes connections there").says("last 3").says("error[E0729]: 0% against 99%");
}

#[test]
fn a_secret_that_is_missing_or_wrong_is_told_and_never_shown() {
    const SECRET: &str = "tok-4711-very-secret";
    let place = Place::new();
    let server = Server::new(|_, _, stream: &mut TcpStream| say(stream, "401 Unauthorized", TEXT, "who?"));
    let mut site = Site::new(String::new());
    site.source = format!("scrape(\"http://127.0.0.1:{}/metrics\", token: secret(\"SITE_TOKEN\"))", server.port);
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let check = |token: Option<&str>| {
        let mut command = place.chaos(&["env", "check", "site.chaos", "--for", "3s"]);
        command.env_remove("SITE_TOKEN").envs(token.map(|token| ("SITE_TOKEN", token)));
        Ran::from(command.output().unwrap())
    };
    let ran = check(None).ended(1).says("error[E0714]: the secret `SITE_TOKEN` is not set");
    ran.says("page.x: not looked at: its source own cannot be opened").says("page.success: ");
    let ran = check(Some(SECRET)).ended(1).says("error[E0714]: SITE_TOKEN is set, and does not open it");
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{}", ran.out);
}

#[test]
fn a_binding_without_data_or_of_another_unit_is_told() {
    let odd: [(&'static str, &'static str, &'static str, &str, &str); 6] = [
        ("count", "gauge(`y`)", "", "error[E0722]", "has no series `y`"),
        ("ratio", "gauge(`percent`)", "", "error[E0723]", "it gives 99.5, and the metric lies between 0 and 1"),
        ("counter", "counter(`falls`)", "", "error[E0723]", "it is no counter, which only grows"),
        ("distribution<duration>", "histogram(`summary`, unit: 1s)", "", "error[E0723]", "has no buckets"),
        (
            "distribution<duration>",
            "histogram(`slow`, unit: 1s)",
            "slo p95(x) <= 450ms",
            "error[E0723]",
            "compares it with 450ms",
        ),
        ("ratio", "ratio(good: `all`, all: `good`)", "", "error[E0723]", "`good` counts what `all` does not"),
    ];
    let threads = odd.map(|(ty, binding, slo, code, cause)| {
        let (code, cause) = (code.to_owned(), cause.to_owned());
        thread::spawn(move || {
            let place = Place::new();
            let server = page_of(|n| {
                let slow = format!("slow_bucket{{le=\"100\"}} 0\nslow_bucket{{le=\"500\"}} {0}\nslow_bucket{{le=\"+Inf\"}} {0}\nslow_sum {1}\n", n * 50, n * 50 * 200);
                let counts = format!("good {}\nall {}\n", n * 40, n * 50);
                format!("percent 99.5\nfalls {}\nsummary_sum 5\nsummary_count 3\n{slow}{counts}", 100 - n % 3)
            });
            let site = Site { ty, binding, slo, ..Site::new(scrape(&server)) };
            site.write(&place, ERROR);
            let _nginx = nginx(&place, site.upstream);
            let _load = Load::on(site.proxy);
            let ran = env_check(&place, "site.chaos").ended(1).says(&code).says(&cause);
            assert!(!ran.out.contains("reads succeeded"), "the source itself is read well\n{}", ran.out);
        })
    });
    threads.into_iter().for_each(|it| it.join().unwrap());
}

#[test]
fn what_is_doubtful_of_a_histogram_is_a_warning() {
    let odd = [
        ("quick", "slo p95(x) <= 450ms", "warning[E0723]: it is 20us, and"),
        ("low", "", "warning[E0723]: 50% of its events lie beyond its last bucket"),
    ];
    for (name, slo, cause) in odd {
        let place = Place::new();
        let server = page_of(|n| {
            let of = |name: &str, bound: &str, low: u64, all: u64, sum: f64| {
                format!(
                    "{name}_bucket{{le=\"{bound}\"}} {low}\n{name}_bucket{{le=\"0.2\"}} {low}\n\
                    {name}_bucket{{le=\"+Inf\"}} {all}\n{name}_sum {sum}\n"
                )
            };
            of("quick", "0.1", n * 50, n * 50, n as f64) + &of("low", "0.1", n * 25, n * 50, n as f64 * 50.0)
        });
        let binding: &'static str = match name {
            "quick" => "histogram(`quick`, unit: 1ms)",
            _ => "histogram(`low`, unit: 1s)",
        };
        let site = Site { ty: "distribution<duration>", binding, slo, ..Site::new(scrape(&server)) };
        site.write(&place, ERROR);
        let _nginx = nginx(&place, site.upstream);
        let _load = Load::on(site.proxy);
        env_check(&place, "site.chaos").ended(0).says(cause);
    }
}

#[test]
fn callers_that_go_around_the_proxy_are_found() {
    let place = Place::new();
    let server = page_of(|n| format!("requests_total{{code=\"200\"}} {}\n", n * 50));
    let binding = "ratio(good: `requests_total{code=\"200\"}`, all: `requests_total`)";
    let site = Site { ty: "ratio", binding, ..Site::new(scrape(&server)) };
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    env_check(&place, "site.chaos")
        .ended(1)
        .says("error[E0725]: callers go around it: the proxy saw 0/s requests, page.x counts ");
    let _load = Load::on(site.proxy); // most of 50 a second, but not all
    let ran = env_check(&place, "site.chaos");
    assert!(!ran.out.contains("error[E0725]"), "{}", ran.out);
}

#[test]
fn a_source_that_is_slow_is_found() {
    let place = Place::new();
    let server = Server::new(|_, _, stream: &mut TcpStream| {
        thread::sleep(Duration::from_millis(1300));
        say(stream, "200 OK", TEXT, "x 3\n");
    });
    let site = Site::new(scrape(&server));
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    env_check(&place, "site.chaos").ended(1).says("error[E0724]: a read took 1.3").says("every: 3s");
}

#[test]
fn a_server_that_scrapes_less_often_than_it_is_said_to_is_found() {
    let (place, port) = (Place::new(), free_port());
    let target = page_of(|_| "x 3\n".to_owned());
    let _prometheus = prometheus(&place, port, "5s", &[("page", target.port)], &[]);
    let source = format!("prometheus(\"http://127.0.0.1:{port}\", every: 1s, scrape: 1s)");
    let site = Site::new(source);
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let check = |length| place.run(&["env", "check", "site.chaos", "--for", length]);
    check("12s").ended(1).says("error[E0724]: new data came only after").says("scrape: ");
}

#[test]
fn too_little_traffic_for_a_window_is_found() {
    let place = Place::new();
    let server = page_of(|n| format!("requests_total{{code=\"200\"}} {}\n", n / 2));
    let binding = "ratio(good: `requests_total{code=\"200\"}`, all: `requests_total`)";
    let site = Site { ty: "ratio", binding, ..Site::new(scrape(&server)) };
    let expected = ERROR.replace("page.success < 50%", "page.x >= 90%");
    site.write(&place, &expected);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let ran = place.run(&["exec", "outage.chaos", "--dry-run", "--for", "6s"]).ended(1);
    ran.says("error[E0726]").says("so windows may be empty").says("widen the window to");
}

#[test]
fn fewer_instances_than_limits_count_on_are_found() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let mut site = Site::new(scrape(&server));
    site.more = "limit { instances <= 50% }".to_owned();
    site.write(&place, ERROR);
    let second = free_port();
    let text = std::fs::read_to_string(place.path().join("site.chaos")).unwrap();
    place
        .write("site.chaos", text.replace("; through", &format!("; instances \"http://127.0.0.1:{second}\"; through")));
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    env_check(&place, "site.chaos").ended(1).says("error[E0728]: 1 of 2 found: 50% of them is not a single one");
}

#[test]
fn times_that_cannot_tell_a_margin_are_found_and_longer_ones_are_named() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let site = Site::new(scrape(&server));
    let compared = "    inject http.error(page, rate: 5%) as broken for 20s {\n      \
        expect page.success no lower than baseline by 0.01pp\n      expect page.success no lower than baseline by 20pp\n    }";
    site.write(&place, compared);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let ran = place.run(&["exec", "outage.chaos", "--dry-run", "--for", "12s", "--format", "json"]).ended(1);
    let all = checks(&ran.out);
    assert_eq!(failed(&all), ["E0727"], "{}", ran.out);
    let fix = all.iter().find(|it| it["code"] == "E0727").unwrap()["fix"].as_str().unwrap();
    assert!(fix.contains("more load") || fix.contains("make the baseline"), "{fix}");
}

#[test]
fn a_trigger_that_holds_already_is_found() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let site = Site::new(scrape(&server));
    site.write(&place, ERROR);
    let text = std::fs::read_to_string(place.path().join("outage.chaos")).unwrap();
    let triggers = "abort when page.x > 2 for 3s\n  abort when page.success < 1% for 3s\n  run {";
    place.write("outage.chaos", text.replace("run {", triggers));
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let ran = place.run(&["exec", "outage.chaos", "--dry-run", "--for", "4s", "--format", "json"]).ended(1);
    let all = checks(&ran.out);
    assert_eq!(failed(&all), ["E0729"], "{}", ran.out);
    let of = |words: &str| all.iter().find(|it| it["kind"] == "trigger" && it["of"].as_str().unwrap().contains(words));
    assert_eq!(of("page.x > 2").unwrap()["outcome"], "fail");
    assert_eq!(of("page.success < 1%").unwrap()["outcome"], "ok");
}

#[test]
fn a_rehearsal_that_is_stopped_says_what_it_did_not_see_and_leaves_nothing() {
    let place = Place::new();
    let server = page_of(|_| "x 3\n".to_owned());
    let site = Site::new(scrape(&server));
    site.write(&place, ERROR);
    let _nginx = nginx(&place, site.upstream);
    let _load = Load::on(site.proxy);
    let looking = Running::start(&mut place.chaos(&["env", "check", "site.chaos", "--for", "2m"]));
    wait_for("the proxy", 20, || answers(site.proxy));
    let began = Instant::now();
    looking.signal("INT");
    looking.finish().ended(4).says("it was stopped: stopped by SIGINT").says("not looked at");
    assert!(began.elapsed() < Duration::from_secs(100) && !answers(site.proxy));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn what_cannot_be_rehearsed_is_refused() {
    let place = Place::new();
    place.write("none.chaos", "system site { service page { metric success: ratio } }\n");
    place.run(&["env", "check", "none.chaos"]).ended(2).says("this file has no environment");
    place.run(&["env", "check", "plan.json"]).ended(2).says("chaos exec plan.json --dry-run");
    place.run(&["env", "check", "missing.chaos"]).ended(2).says("E0100");
    place.run(&["env", "check", "none.chaos", "--for", "soon"]).ended(2).says("write it like `30s`");
    place.run(&["exec", "none.chaos", "--for", "5s"]).ended(2).says("--dry-run");
    place.write("two.chaos", "use \"./none.chaos\"\nenvironment a for site { }\nenvironment b for site { }\n");
    place.run(&["env", "check", "two.chaos"]).ended(2).says("choose one: `--env a`");
    place.run(&["env", "check", "two.chaos", "--env", "c"]).ended(2).says("no environment `c`");
}
