//! A process that is another one in the middle of a run: seen at its endpoint and through a Prometheus, told with both moments.

use crate::harness::{Load, Place, Ran, Running, answers, free_port, nginx, status, wait_for};
use std::process::{Command, Stdio};

/// A page that is faulted, and a service beside it of which only the source tells, by series with `labels`; `side` says where
/// it is.
fn site(place: &Place, (page, proxy): (u16, u16), side: &str, source: &str, labels: &str) -> String {
    let text = format!(
        r#"
use std.http
system site {{
  service page {{ metric success: ratio; slo success >= 99% }}
  service side {{ metric started: count }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{page}"; through "127.0.0.1:{proxy}" }}
  {side}
  source watched = {source}
  bind page.success = proxy.success(page)
  bind side.started = watched.gauge(`process_start_time_seconds{labels}`)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "What is beside the page stays as it is."
  window 1s
  baseline 4s
  limit {{ services page; bends page }}
  run {{
    inject http.error(page, status: 503) as broken for 8s {{
      expect always page.success < 50%
      expect side.started > 0 within 3s
    }}
  }}
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

fn side(place: &Place, port: u16) -> Running {
    let mut command = place.chaos(&["demo", "inventory", "--port", &port.to_string()]);
    let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    wait_for("the service beside", 10, || answers(port));
    running
}

fn prometheus(place: &Place, port: u16, config: String) -> Running {
    let config = place.write("prometheus.yml", config);
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", place.path().join("tsdb").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    wait_for("Prometheus", 20, || answers(port));
    running
}

/// Runs the experiment; once the fault has been in force for some time, the service beside is another process, if so wished.
fn run(place: &Place, file: &str, proxy: u16, port: u16, anew: bool) -> Ran {
    let before = side(place, port);
    let runner = Running::start(&mut place.chaos(&["exec", file]));
    wait_for("the fault", 40, || status(proxy, "GET", "/") == Some(503));
    std::thread::sleep(std::time::Duration::from_secs(3));
    if !anew {
        return runner.finish();
    }
    drop(before);
    let _after = side(place, port);
    runner.finish()
}

#[test]
fn a_process_that_started_anew_leaves_the_run_inconclusive() {
    let place = Place::new();
    let (page, proxy, port) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, page);
    let _load = Load::on(proxy);
    let endpoint = format!("http://127.0.0.1:{port}/metrics");
    let file = site(&place, (page, proxy), "", &format!("scrape(\"{endpoint}\", every: 500ms)"), "");
    run(&place, &file, proxy, port, false).ended(0).says("outage: confirmed");
    let ran = run(&place, &file, proxy, port, true).ended(5);
    let told = format!("the system changed, though no fault did that: {endpoint} was started at 20");
    ran.says("outage: inconclusive").says(&told).says("Z, and is now one that was started at 20");
    place.stop_kept_proxy();
}

#[test]
fn a_process_that_started_anew_is_seen_through_a_prometheus_also() {
    let place = Place::new();
    let (page, proxy, port, server, unrelated) = (free_port(), free_port(), free_port(), free_port(), free_port());
    let _nginx = nginx(&place, page);
    let _load = Load::on(proxy);
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n\
         - job_name: side\n  static_configs: [{{ targets: ['127.0.0.1:{port}'] }}]\n\
         - job_name: other\n  static_configs: [{{ targets: ['127.0.0.1:{unrelated}'] }}]\n"
    );
    let _prometheus = prometheus(&place, server, config);
    let source = format!("prometheus(\"http://127.0.0.1:{server}\", every: 1s, scrape: 1s)");
    let file = site(&place, (page, proxy), "", &source, "{job=\"side\"}");

    let stays = side(&place, port);
    let other = side(&place, unrelated);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 40, || status(proxy, "GET", "/") == Some(503));
    drop(other);
    let _other = side(&place, unrelated);
    runner.finish().ended(0).says("outage: confirmed");
    drop(stays);

    let ran = run(&place, &file, proxy, port, true).ended(5);
    let told = format!("no fault did that: {{job=\"side\", instance=\"127.0.0.1:{port}\"}} was started at 20");
    ran.says("outage: inconclusive").says(&told);
    place.stop_kept_proxy();
}

/// Writes which instances of the service beside there are; a server finds them there.
fn targets(place: &Place, ports: &[u16]) {
    let list: Vec<String> = ports.iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    let text = format!("[{{\"targets\": [{}]}}]", list.join(", "));
    // At once: half a list is none.
    let new = place.write("targets.new", text);
    std::fs::rename(new, place.path().join("targets.json")).unwrap();
}

#[test]
fn an_instance_that_comes_back_under_another_name_leaves_the_run_inconclusive() {
    let place = Place::new();
    let (page, proxy, server) = (free_port(), free_port(), free_port());
    let (before, stays, after) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, page);
    let _load = Load::on(proxy);
    targets(&place, &[before, stays]);
    let list = place.path().join("targets.json");
    let config = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n\
         - job_name: side\n  file_sd_configs: [{{ files: ['{}'], refresh_interval: 1s }}]\n",
        list.display()
    );
    let _prometheus = prometheus(&place, server, config);
    let source = format!("prometheus(\"http://127.0.0.1:{server}\", every: 1s, scrape: 1s)");
    let file = site(&place, (page, proxy), "", &source, "{job=\"side\"}");
    let _stays = side(&place, stays);
    let goes = side(&place, before);
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 40, || status(proxy, "GET", "/") == Some(503));
    let _comes = side(&place, after);
    targets(&place, &[stays, after]);
    drop(goes);
    let ran = runner.finish().ended(5).says("outage: inconclusive");
    let told = format!(
        "{{job=\"side\", instance=\"127.0.0.1:{before}\"}} is gone, and in its place is {{job=\"side\", instance=\"127.0.0.1:{after}\"}}, which was started at 20"
    );
    ran.says(&told);
    place.stop_kept_proxy();
}

#[test]
fn a_process_that_the_runner_restarts_is_told_of_once() {
    let place = Place::new();
    let (page, proxy, port) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, page);
    let _load = Load::on(proxy);
    let start = format!("timeout 9 {} demo inventory --port {{port}}", env!("CARGO_BIN_EXE_chaos"));
    let side = format!(
        "service side {{ url \"http://127.0.0.1:{port}\"; start \"{start}\"; restarts by runner after 100ms }}"
    );
    let source = format!("scrape(\"http://127.0.0.1:{port}/metrics\", every: 500ms)");
    let file = site(&place, (page, proxy), &side, &source, "");
    let ran = place.run(&["exec", &file]).ended(5).says("process side ended by itself and was restarted");
    assert!(!ran.out.contains("no fault did that"), "{}", ran.out);
    place.stop_kept_proxy();
}
