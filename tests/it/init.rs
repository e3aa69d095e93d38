//! `chaos init`: the files it writes check, plan and run, and what is in its way is said before anything is written.

use crate::harness::{Place, Ran, Running, answers, free_port, nginx, wait_for};
use std::fs;
use std::process::{Command, Stdio};

const FILES: [&str; 3] = ["system.chaos", "environments.chaos", "first_experiment.chaos"];

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

/// Runs the command with all defaults but for the service's URL and what else is given.
fn init(place: &Place, url: &str, more: &[&str]) -> Ran {
    place.run(&[&["init", "--yes", "--service-url", url], more].concat())
}

/// What was written checks, is laid out, gives the linter nothing to say, and plans.
#[track_caller]
fn sound(place: &Place, folder: &str) {
    place.run(&["check", folder]).ended(0).says("nothing wrong");
    place.run(&["fmt", "--check", folder]).ended(0).says("3 as they should be");
    place.run(&["lint", "--deny", "warnings", folder]).ended(0).says("nothing found");
    let plan = place.run(&["plan", &format!("{folder}/first_experiment.chaos")]).ended(0);
    plan.says("blast radius").says("at most 1 fault at one time");
}

#[test]
fn a_service_that_does_not_run_gets_common_names_and_is_told_what_to_change() {
    let place = Place::new();
    let url = format!("http://127.0.0.1:{}", free_port());
    let ran = init(&place, &url, &[]).ended(0);
    let ran = ran.says(&format!("{url}/metrics: Connection refused")).says("names of its metrics are guessed");
    ran.says("wrote chaos/system.chaos, chaos/environments.chaos, chaos/first_experiment.chaos")
        .says("chaos check chaos")
        .says("chaos plan chaos/first_experiment.chaos")
        .says("chaos exec chaos/first_experiment.chaos")
        .says(&format!("--upstream {url}"));
    let environments = read(&place, "chaos/environments.chaos");
    assert!(environments.contains(&format!("# CHANGE: {url}/metrics could not be read")), "{environments}");
    assert!(environments.contains("`http_requests_total{code!~\"5..\"}`"), "{environments}");
    sound(&place, "chaos");
}

/// Python's web server, which knows no page of metrics.
fn python(place: &Place, port: u16) -> Running {
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]).current_dir(place.path());
    let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    wait_for("python3", 10, || answers(port));
    running
}

#[test]
fn a_service_without_metrics_is_seen_through_the_proxy() {
    for folder in ["a", "b c/d"] {
        let place = Place::new();
        let port = free_port();
        let _server = if folder == "a" { nginx(&place, port) } else { python(&place, port) };
        let ran = init(&place, &format!("http://127.0.0.1:{port}/"), &["--dir", folder, "--name", "page-1"]).ended(0);
        let ran = ran.says("shows 0 series").says("success is the fault proxy's view");
        ran.says(&format!("chaos plan {}", shell_words::quote(&format!("{folder}/first_experiment.chaos"))));
        let environments = read(&place, &format!("{folder}/environments.chaos"));
        assert!(environments.contains("bind page-1.success = proxy.success(page-1)"), "{environments}");
        assert!(!environments.contains("scrape(") && !environments.contains("CHANGE"), "{environments}");
        sound(&place, folder);
    }
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_written() {
    let place = Place::new();
    let here = "http://127.0.0.1:1";
    for (arguments, said) in [
        (&["--service-url", "https://a.example"][..], "--service-url: https is not supported yet"),
        (&["--service-url", "http://127.0.0.1:1/orders"], "a service's URL has no path; write `http://127.0.0.1:1`"),
        (&["--service-url", "127.0.0.1:1"], "does not start with `http://`"),
        (&["--service-url", "http://127.0.0.1:70000"], "`70000` is no port"),
        (&["--service-url", "http://me:secret@a"], "no user name or password"),
        (&["--service-url", here, "--metrics-url", "https://a/metrics"], "--metrics-url: https is not supported"),
        (&["--service-url", here, "--metrics-url", "http://a/\"x"], "--metrics-url: a URL holds no quotes"),
        (&["--service-url", here, "--name", "always"], "--name: `always` is no name"),
        (&["--service-url", here, "--name", "a b"], "`a b` is no name"),
        (&["--service-url", here, "--name", ""], "`` is no name"),
        (&["--service-url", here, "--through", "127.0.0.1:1"], "the service itself is at"),
        (&["--service-url", here, "--through", "127.0.0.1:60000"], "above port 55535"),
        (&["--service-url", here, "--through", "x"], "--through: `x` has no port"),
        (&["--service-url", here, "--dir", "/proc/nowhere"], "`/proc/nowhere/system.chaos` cannot be written"),
        (&[], "--service-url has no default"),
    ] {
        place.run(&[&["init", "--yes"], arguments].concat()).ended(2).says(said).says("nothing was written");
    }
    place.run(&["init"]).ended(2).says("--service-url is missing").says("no terminal");
    place.run(&["init", "--service-url", here]).ended(2).says("--metrics-url is missing");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn without_a_terminal_both_urls_are_enough() {
    let place = Place::new();
    let (service, metrics) = (format!("http://localhost:{}", free_port()), format!("http://localhost:{}", free_port()));
    let arguments = ["init", "--service-url", &service, "--metrics-url", &metrics, "--through", "127.0.0.1:7777"];
    place.run(&arguments).ended(0);
    let environments = read(&place, "chaos/environments.chaos");
    assert!(environments.contains(&format!("scrape(\"{metrics}/metrics\"")), "{environments}");
    assert!(environments.contains("through \"127.0.0.1:7777\""), "{environments}");
    sound(&place, "chaos");
}

#[test]
fn files_that_are_there_are_replaced_by_force_only() {
    let place = Place::new();
    let url = format!("http://127.0.0.1:{}", free_port());
    place.write("chaos/environments.chaos", "# mine\n");
    let ran = init(&place, &url, &[]).ended(2);
    ran.says("`chaos/environments.chaos` is there already").says("--force").says("nothing was written");
    assert_eq!(read(&place, "chaos/environments.chaos"), "# mine\n");
    assert!(!place.path().join("chaos/system.chaos").exists());
    init(&place, &url, &["--force"]).ended(0);
    sound(&place, "chaos");
}

#[test]
fn files_that_do_not_fit_their_folder_are_not_written() {
    let place = Place::new();
    let url = format!("http://127.0.0.1:{}", free_port());
    place.write("chaos/other.chaos", "use \"./system.chaos\"\nenvironment local for site { tier development }\n");
    init(&place, &url, &[]).ended(2).says("error[E0").says("would not check").says("nothing was written");
    for name in FILES {
        assert!(!place.path().join("chaos").join(name).exists(), "{name}");
    }
    assert_eq!(fs::read_dir(place.path().join("chaos")).unwrap().count(), 1);
}

/// The sample shop, whose web calls checkout through the address at which the proxy will listen.
fn shop(place: &Place, checkout: u16, proxy: u16) -> Vec<Running> {
    let option = |name: &str, port: u16| format!("--{name}=http://127.0.0.1:{port}");
    let [payment, inventory, orders, web, customers] = [(); 5].map(|()| free_port());
    let called = [option("payment", payment), option("inventory", inventory), option("orders", orders)];
    let services = [
        ("payment", payment, &[][..]),
        ("inventory", inventory, &[]),
        ("orders", orders, &[]),
        ("checkout", checkout, &called),
        ("web", web, &[option("checkout", proxy)]),
        ("customers", customers, &[option("web", web)]),
    ];
    let start = |(name, port, options): (&str, u16, &[String])| {
        let mut command = place.chaos(&["demo", name, "--port", &port.to_string()]);
        let running = Running::start(command.args(options).stdout(Stdio::null()));
        wait_for(name, 10, || answers(port));
        running
    };
    services.into_iter().map(start).collect()
}

#[test]
fn the_shop_gets_an_experiment_that_really_runs() {
    let place = Place::new();
    let (checkout, proxy) = (free_port(), free_port());
    let _shop = shop(&place, checkout, proxy);
    let (url, through) = (format!("http://127.0.0.1:{checkout}"), format!("127.0.0.1:{proxy}"));
    init(&place, &url, &["--name", "checkout", "--through", &through])
        .ended(0)
        .says("success is read from http_requests_total, by its label `code`")
        .says("latency is read from http_request_duration_seconds");
    sound(&place, "chaos");
    let path = "chaos/first_experiment.chaos";
    let mut quick = read(&place, path);
    for (long, short) in [("window 5s", "window 2s"), ("baseline 10s", "baseline 3s"), ("for 30s", "for 16s")] {
        assert!(quick.contains(long), "{quick}");
        quick = quick.replace(long, short);
    }
    place.write(path, quick);
    let ran = place.run(&["exec", path]).ended(0);
    ran.says("slow_answers: confirmed").says("slow: http.latency on checkout, seen to act on");
    place.run(&["status"]).ended(0).says("nothing is in force");
}
