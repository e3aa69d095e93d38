//! Runs side by side: what they may do adds up, in a store and at the proxies that they share.

use crate::harness::{Load, Place, Ran, Running, answers, free_port, nginx, status, wait_for};
use std::process::Command;

const TOKEN: (&str, &str) = ("CHAOS_PROXY_TOKEN", "shared-between-machines");

/// An experiment that touches 20% of the requests to a page, within these limits.
fn experiment(place: &Place, name: &str, (upstream, proxy): (u16, u16), limits: &str) -> String {
    let text = format!(
        r#"
use std.http
system site {{ service page {{ metric success: ratio }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
  allow http.error on page
}}
experiment {name} on site {{
  hypothesis "A few errors are a few errors."
  window 1s
  baseline 2s
  limit {{ services page; {limits} }}
  run {{
    inject http.error(page, status: 503, traffic: 20%) as few for 40s {{ expect always page.success < 99% }}
  }}
}}
"#
    );
    place.write(&format!("{name}.chaos"), text);
    format!("{name}.chaos")
}

fn shared(mut command: Command) -> Command {
    command.env(TOKEN.0, TOKEN.1);
    command
}

fn exec(place: &Place, file: &str) -> Running {
    Running::start(&mut shared(place.chaos(&["exec", file])))
}

fn run(place: &Place, arguments: &[&str]) -> Ran {
    Running::start(&mut shared(place.chaos(arguments))).finish()
}

fn proxy(place: &Place, listen: u16, upstream: u16) -> Running {
    let upstream = format!("http://127.0.0.1:{upstream}");
    let arguments = ["proxy", "--listen", &listen.to_string(), "--upstream", &upstream];
    let running = Running::start(&mut shared(place.chaos(&arguments)));
    wait_for("the proxy", 10, || answers(listen) && answers(listen + 10_000));
    running
}

fn faults(place: &Place) -> usize {
    run(place, &["status"]).out.matches("http.error on page").count()
}

#[test]
fn what_runs_of_one_store_may_do_adds_up() {
    let place = Place::new();
    let ports = (free_port(), free_port());
    let (_nginx, _proxy) = (nginx(&place, ports.0), proxy(&place, ports.1, ports.0));
    let _load = Load::on(ports.1);
    let first = experiment(&place, "first", ports, "concurrent <= 2; traffic <= 50%");
    let second = experiment(&place, "second", ports, "concurrent <= 2; traffic <= 40%");
    let narrow = experiment(&place, "narrow", ports, "concurrent <= 2; traffic <= 30%");
    let alone = experiment(&place, "alone", ports, "traffic <= 50%");
    let one = exec(&place, &first);
    wait_for("the fault of the first", 30, || faults(&place) == 1);
    let refused = run(&place, &["exec", &narrow]).ended(2).says("E0817").says("(first)");
    let refused = refused.says("`traffic` on page could come to 40%, and the limit of `narrow` is 30%");
    assert!(!refused.out.contains("inject"), "{}", refused.out);
    run(&place, &["exec", &alone]).ended(2).says("`concurrent` could come to 2, and the limit of `alone` is 1");
    let two = exec(&place, &second);
    wait_for("both faults", 30, || faults(&place) == 2);
    run(&place, &["stop", "--all"]).ended(0);
    one.finish().ended(4);
    two.finish().ended(4);
    wait_for("good answers", 5, || (0..20).all(|_| status(ports.1, "GET", "/") == Some(200)));
    run(&place, &["status"]).ended(0).says("nothing is in force");
}

/// Two stores, as on two machines: the proxy is all that they have in common.
#[test]
fn runs_of_different_stores_find_out_at_the_proxy() {
    let (here, there) = (Place::new(), Place::new());
    let ports = (free_port(), free_port());
    let (_nginx, _proxy) = (nginx(&here, ports.0), proxy(&here, ports.1, ports.0));
    let _load = Load::on(ports.1);
    let first = experiment(&here, "first", ports, "concurrent <= 2; traffic <= 30%");
    let second = experiment(&there, "second", ports, "concurrent <= 2; traffic <= 50%");
    let mut one = exec(&here, &first);
    wait_for("the fault of the first", 30, || faults(&here) == 1);
    let refused = run(&there, &["exec", &second]).ended(2).says("E0817").says("(first)");
    refused.says("faults could touch 40% of the requests, and 30% is the most that is allowed");
    run(&there, &["status"]).ended(0).says("nothing is in force");

    // What a dead runner has claimed is free again once its guard has taken it back.
    one.signal("KILL");
    one.wait();
    wait_for("the guard", 10, || run(&here, &["status"]).out.contains("nothing is in force"));
    let two = exec(&there, &second);
    wait_for("the fault of the second", 30, || faults(&there) == 1);
    let alone = experiment(&here, "alone", ports, "traffic <= 50%");
    let alone = run(&here, &["exec", &alone]).ended(2).says("E0817");
    alone.says("2 faults could be active, and 1 is the most that is allowed");

    // Whoever has the token stops all faults there, of whichever machine.
    let admin = format!("127.0.0.1:{}", ports.1 + 10_000);
    run(&here, &["stop", "--proxy", &admin, "--hold", "an incident"]).ended(0).says("all faults at");
    wait_for("good answers", 5, || (0..20).all(|_| status(ports.1, "GET", "/") == Some(200)));
    two.finish().ended(4).says("all faults are stopped here: an incident");
    run(&here, &["exec", &first]).ended(2).says("E0809").says("an incident");
    run(&here, &["stop", "--proxy", &admin, "--release"]).ended(0).says("faults may begin again");
    let again = exec(&here, &first);
    wait_for("the fault of the first", 30, || faults(&here) == 1);
    again.signal("TERM");
    again.finish().ended(4);
    let nobody = format!("127.0.0.1:{}", free_port());
    run(&here, &["stop", "--proxy", &nobody]).ended(2).says("E0709").says("does not answer");
    Running::start(&mut here.chaos(&["stop", "--proxy", &admin])).finish().ended(2).says("does not take our token");
}
