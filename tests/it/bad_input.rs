//! Bad input: a clear error with a code, and nothing left running.

use crate::harness::{Place, Running, answers, free_port, nginx, root, wait_for};
use std::net::TcpListener;

#[test]
fn unreadable_files_are_named() {
    let place = Place::new();
    place.run(&["check", "missing.chaos"]).ended(2).says("E0100").says("there is no file `missing.chaos`");
    place.run(&["check", "."]).ended(2).says("no `.chaos` file");
    place.write("latin1.chaos", b"# caf\xe9\n");
    place.run(&["check", "latin1.chaos"]).ended(2).says("is not UTF-8 text: byte 5");
    place.run(&["exec", "missing.chaos"]).ended(2).says("E0100");
    place.run(&["frobnicate"]).ended(2);
}

#[test]
fn a_project_whose_configuration_is_wrong_is_not_checked_by_guess() {
    let place = Place::new();
    place.write("chaos.toml", "exlude = [\"old/**\"]\n\n[lint]\nno-recovry = \"deny\"\n");
    place.write("a.chaos", "system s { service a { external } }\n");
    place.run(&["check", "."]).says("E0108").says("unknown key `exlude`").says("did you mean `exclude`?");
}

#[test]
fn hostile_texts_are_refused_briefly() {
    let place = Place::new();
    place.write("long.chaos", format!("experiment {} {{", "x".repeat(1_000_000)));
    place.write("deep.chaos", "{".repeat(10_000));
    place.write("parens.chaos", format!("experiment x on y {{ id {}", "(".repeat(10_000)));
    place.write("empty.chaos", "");
    for file in ["long.chaos", "deep.chaos", "parens.chaos"] {
        let ran = place.run(&["check", file]).ended(1).says("error[E01");
        assert!(ran.err.len() < 20_000, "{file}: {} bytes of message", ran.err.len());
    }
    place.run(&["check", "empty.chaos"]).ended(0);
    place.run(&["exec", "empty.chaos"]).ended(2).says("this file has no experiment");
}

#[test]
fn what_is_asked_for_must_be_there() {
    let place = Place::new();
    let file = root().join("examples/quickstart/payment_outage.chaos").display().to_string();
    place.run(&["exec", &file, "--env", "prod"]).ended(2).says("E0701").says("`fragile`, `local`");
    place.run(&["exec", &file, "--set", "rat=5%"]).ended(2).says("E0802").says("did you mean `rate`?");
    place.run(&["exec", &file, "--set", "rate=0%"]).ended(2).says("E0302").says("between 1% and 100%");
    place.run(&["exec", &file, "--set", "rate=5s"]).ended(2).says("E0301").says("expected `ratio`, found `duration`");
    place.run(&["exec", &file, "--set", "rate="]).ended(2).says("E0101");
    place.run(&["exec", &file, "--set", "rate"]).ended(2).says("rate=50%");
    place.run(&["exec", &file, "--experiment", "x"]).ended(2).says("E0803");
    place.run(&["exec", &file, "--store", "/proc/nowhere"]).ended(2).says("E0711").says("--store DIR");
    let beyond = environment(&place, free_port(), free_port(), "sleep 60");
    let text = std::fs::read_to_string(place.path().join(&beyond)).unwrap();
    place.write(&beyond, text.replace("  allow ", "  requires label \"chaos=on\"\n  allow "));
    place.run(&["exec", &beyond]).ended(2).says("E0804").says("this version cannot run where labels are required");
    place.run(&["explain", "E9999"]).ended(2);
    place.run(&["explain", "e0203"]).ended(0).says("E0203");
}

/// One service that the runner starts, and one behind a proxy.
fn environment(place: &Place, page: u16, proxy: u16, start: &str) -> String {
    let text = format!(
        r#"
use std.http
system site {{ service side {{ calls page }}; service page {{ metric success: ratio }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{page}"; through "127.0.0.1:{proxy}"; start "chaos demo inventory --port {{port}}" }}
  service side {{ start "{start}" }}
  bind page.success = proxy.success(page)
  allow http.error on page
}}
experiment x on site {{
  hypothesis "Nothing is left running."
  window 1s
  baseline 1s
  limit {{ services page }}
  run {{ inject http.error(page) for 5s {{ expect always page.success < 50% }} }}
}}
"#
    );
    place.write("x.chaos", text);
    "x.chaos".to_owned()
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_left_running() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let taken = TcpListener::bind(("127.0.0.1", page)).unwrap();
    let file = environment(&place, page, proxy, "sleep 60");
    place.run(&["exec", &file]).ended(6).says("E0707").says(&format!("127.0.0.1:{page} is already in use"));
    drop(taken);
    let taken = TcpListener::bind(("127.0.0.1", proxy)).unwrap();
    place.run(&["exec", &file]).ended(6).says("E0707").says(&format!("127.0.0.1:{proxy} is already in use"));
    drop(taken);
    let _nginx = nginx(&place, proxy + 10_000);
    place.run(&["exec", &file]).ended(6).says("E0709").says("is no fault proxy");
    assert!(!answers(page) && !answers(proxy));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_service_that_does_not_come_up_is_named_with_what_it_said() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    for (start, said) in [
        ("sh -c 'echo no licence; exit 3'", "it ended; it said: no licence"),
        ("/no/such/program", "cannot be started: No such file"),
    ] {
        let file = environment(&place, page, proxy, start);
        place.run(&["exec", &file]).ended(6).says("E0708").says(said);
        assert!(!answers(page) && !answers(proxy), "{start}");
        place.run(&["status"]).ended(0).says("nothing is in force");
    }
}

/// A fault of the user's own that asks for what its component cannot do.
#[test]
fn what_an_injector_refuses_breaks_the_run() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let file = environment(&place, page, proxy, "sleep 60");
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    let own = "fault odd(target: service, delay: duration in 1ms..1m = 1ms, jitter: duration in 0s..1m = 10s) {\n  \
               component \"http\" action \"latency\"\n  class leased\n}\n";
    place.write(&file, format!("{own}{}", text.replace("http.error", "odd")));
    place.run(&["exec", &file]).ended(6).says("E0710").says("the jitter of 10000 ms is more");
    assert!(!answers(page) && !answers(proxy));
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_process_that_ends_in_the_middle_breaks_the_run() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let file = environment(&place, page, proxy, "sh -c 'sleep 1'");
    place.run(&["exec", &file]).ended(6).says("process side ended by itself");
    assert!(!answers(page) && !answers(proxy));
}

#[test]
fn a_process_that_the_runner_restarts_makes_the_run_inconclusive() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let file = environment(&place, page, proxy, "sleep 4");
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace("start \"sleep 4\"", "start \"sleep 4\"; restarts by runner after 100ms"));
    let load = crate::harness::Load::on(proxy);
    let ran = place.run(&["exec", &file]).ended(5);
    ran.says("process side ended by itself and was restarted").says("x: inconclusive");
    drop(load);
    assert!(!answers(page) && !answers(proxy));
}

#[test]
fn a_proxy_that_does_not_take_our_token_is_not_used() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let upstream = format!("http://127.0.0.1:{page}");
    let mut command = place.chaos(&["proxy", "--listen", &proxy.to_string(), "--upstream", &upstream]);
    let _standing = Running::start(command.env("CHAOS_PROXY_TOKEN", "somebody-elses"));
    wait_for("the proxy", 10, || answers(proxy + 10_000));
    let file = environment(&place, page, proxy, "sleep 60");
    place.run(&["exec", &file]).ended(6).says("E0709").says("does not take our token").says("CHAOS_PROXY_TOKEN");
    let mut with_token = place.chaos(&["exec", &file]);
    let ran = crate::harness::Ran::from(with_token.env("CHAOS_PROXY_TOKEN", "somebody-elses").output().unwrap());
    ran.ended(3).says("no request passed the proxy of `page`");
    assert!(answers(proxy), "a proxy of somebody else's stays");
}

/// What puts itself into the background is out of the runner's sight; that its port still answers gives it away.
#[test]
fn a_start_command_that_goes_into_the_background_is_not_taken_for_stopped() {
    let place = Place::new();
    let (page, proxy, own) = (free_port(), free_port(), free_port());
    let config = format!(
        "pid {0}/nginx.pid; error_log {0}/nginx.log; events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{own}; }} }}\n",
        place.path().display()
    );
    let config = place.write("background.conf", config);
    let start = format!("nginx -p {} -c {}", place.path().display(), config.display());
    let file = environment(&place, page, proxy, &start);
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(
        &file,
        text.replace("service side { start", &format!("service side {{ url \"http://127.0.0.1:{own}\"; start")),
    );
    let ran = place.run(&["exec", &file]);
    assert!(matches!(ran.code, Some(6 | 7)), "{ran:?}");
    if answers(own) {
        ran.ended(7).says("something still listens on").says("daemon off");
        place.run(&["status"]).ended(1).says("process side");
        place.run(&["recover"]).says("E0713");
        let pid = std::fs::read_to_string(place.path().join("nginx.pid")).unwrap();
        std::process::Command::new("kill").arg(pid.trim()).status().unwrap();
        wait_for("its end", 10, || !answers(own));
    }
    place.run(&["recover"]).ended(0);
    place.run(&["status"]).ended(0);
}
