//! Sources of metrics that misbehave, the proxy's own view, and probes.

use crate::harness::{Load, Place, Ran, answers, free_port, nginx};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// A server on a port of its own that answers every request by a function of its path, and counts them.
pub struct Server {
    pub port: u16,
    asked: Arc<AtomicU64>,
}

impl Server {
    /// A server that answers by the path and the number of a request.
    pub fn new(answer: impl Fn(&str, u64, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::reading(move |asked, number, stream| answer(&asked.path, number, stream))
    }

    /// A server that answers by all that was asked.
    fn reading(answer: impl Fn(&Asked, u64, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let asked = Arc::new(AtomicU64::new(0));
        let (answer, counted) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted) = (Arc::clone(&answer), Arc::clone(&counted));
                thread::spawn(move || {
                    one(stream, |asked, stream| {
                        let number = counted.fetch_add(1, Ordering::Relaxed);
                        answer(asked, number, stream);
                    })
                });
            }
        });
        Self { port, asked }
    }
}

/// A request: its path, with the query, and its body.
struct Asked {
    path: String,
    body: String,
}

/// Reads one request whole (a connection that is closed with unread bytes is reset), and has it answered.
fn one(mut stream: TcpStream, answer: impl Fn(&Asked, &mut TcpStream)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let head: Vec<String> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let length = |line: &String| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let length: usize = head.iter().find_map(length).unwrap_or(0);
    let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("/").to_owned();
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_ok() {
        answer(&Asked { path, body: String::from_utf8_lossy(&body).into_owned() }, &mut stream);
    }
}

fn head(stream: &mut TcpStream, status: &str, kind: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n")
}

pub fn say(stream: &mut TcpStream, status: &str, kind: &str, body: &str) {
    let _gone = head(stream, status, kind).and_then(|()| stream.write_all(body.as_bytes()));
}

/// Endpoints of every bad kind, by their paths.
fn bad(path: &str, number: u64, stream: &mut TcpStream) {
    const TEXT: &str = "text/plain; version=0.0.4";
    match path {
        "/endless" => {
            let mut open = head(stream, "200 OK", TEXT).is_ok();
            while open {
                open = stream.write_all(b"x 1\n").is_ok();
                thread::sleep(Duration::from_millis(20));
            }
        }
        "/large" => {
            let line = "other_metric{label=\"value\"} 1\n".repeat(10_000);
            let mut open = head(stream, "200 OK", TEXT).is_ok();
            for _ in 0..400 {
                open = open && stream.write_all(line.as_bytes()).is_ok();
            }
        }
        "/labels" => {
            let page: String = (0..60_000).map(|at| format!("x{{id=\"{number}-{at}\"}} 1\n")).collect();
            say(stream, "200 OK", TEXT, &page);
        }
        "/protobuf" => {
            say(stream, "200 OK", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily", "\u{1}")
        }
        "/html" => say(stream, "200 OK", "text/html", "<html>x 1</html>"),
        "/error" => say(stream, "500 Internal Server Error", TEXT, "x 1\n"),
        "/nan" => say(stream, "200 OK", TEXT, "x NaN\n"),
        "/twice" => say(stream, "200 OK", TEXT, "x{a=\"b\"} 1\nx{a=\"b\"} 2\n"),
        "/native" => say(stream, "200 OK", TEXT, "x_sum 1\nx_count 3\n"),
        "/jumps" => {
            let jump = if number < 40 { 0 } else { 3600 };
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
            say(stream, "200 OK", TEXT, &format!("x 1 {}\n", now + jump * 1000));
        }
        "/percent" => say(stream, "200 OK", TEXT, "x 99.5\n"),
        "/silent" => thread::sleep(Duration::from_secs(30)),
        _ => say(stream, "200 OK", TEXT, "x 1\n"),
    }
}

/// A site with one metric of a type for each path of a server, each bound to a source of its own.
fn odd_site(place: &Place, upstream: u16, proxy: u16, server: u16, metrics: &[(&str, &str, &str)]) -> String {
    let each = |line: &dyn Fn(&str, &str, &str) -> String| -> String {
        metrics.iter().map(|(path, ty, kind)| line(path, ty, kind)).collect()
    };
    let declared = each(&|path, ty, _| format!("    metric {path}: {ty}\n"));
    let sources = each(&|path, _, _| format!("  source {path}-page = scrape(\"http://127.0.0.1:{server}/{path}\")\n"));
    let bound = each(&|path, _, kind| format!("  bind page.{path} = {path}-page.{kind}\n"));
    let steady = each(&|path, ty, _| match ty {
        "distribution<duration>" => format!("    p95(page.{path}) < 1h\n"),
        "counter" => format!("    increase(page.{path}) < 100\n"),
        "ratio" => format!("    page.{path} >= 0%\n").replace(">= 0%", "> 1%"),
        _ => format!("    page.{path} > 0\n"),
    });
    let text = format!(
        r#"
use std.http
system site {{
  service page {{
    metric success: ratio
{declared}  }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
{sources}{bound}  allow http.error on page
}}
experiment outage on site {{
  hypothesis "Nothing is taken for steady that nobody can read."
  window 1s
  baseline 2s
  no data for 8s
  limit {{ services page }}
  steady {{
{steady}  }}
  run {{ inject http.error(page) as broken for 3s {{ expect always page.success < 50% }} }}
}}
"#
    );
    place.write("odd.chaos", text);
    "odd.chaos".to_owned()
}

#[test]
fn what_cannot_be_read_is_told_with_its_cause_and_nothing_is_injected() {
    let place = Place::new();
    let (upstream, proxy, server) = (free_port(), free_port(), Server::new(bad));
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let metrics = [
        ("endless", "count", "gauge(`x`)"),
        ("large", "count", "gauge(`x`)"),
        ("labels", "counter", "counter(`x`)"),
        ("protobuf", "count", "gauge(`x`)"),
        ("html", "count", "gauge(`x`)"),
        ("error", "count", "gauge(`x`)"),
        ("nan", "count", "gauge(`x`)"),
        ("twice", "counter", "counter(`x`)"),
        ("native", "distribution<duration>", "histogram(`x`, unit: 1s)"),
        ("percent", "ratio", "gauge(`x`)"),
        ("silent", "count", "gauge(`x`)"),
        ("missing", "count", "gauge(`y`)"),
        ("jumps", "count", "gauge(`x`)"),
    ];
    let file = odd_site(&place, upstream, proxy, server.port, &metrics);
    let ran = place.run(&["exec", &file]).ended(3);
    let causes = [
        ("endless", "no answer within 2 s"),
        ("large", "is larger than 16 MiB"),
        ("labels", "has too many series"),
        ("protobuf", "protocol buffers only"),
        ("html", "no page of metrics"),
        ("error", "answered 500"),
        ("nan", "not a number"),
        ("twice", "stands twice, with two values"),
        ("native", "it is a summary or a native histogram"),
        ("percent", "it gives 99.5, and the metric lies between 0 and 1"),
        ("silent", "no answer within 2 s"),
        ("missing", "has no series `y`"),
    ];
    for (path, cause) in causes {
        let told = ran.out.lines().any(|line| {
            (line.contains(&format!("page.{path}")) || line.contains(&format!("{path}-page"))) && line.contains(cause)
        });
        assert!(told, "page.{path}: {cause}\n{}", ran.out);
    }
    let ran = ran.says("sources:").says("silent-page:").says("left out as late");
    let ran = ran.says("the source jumps-page: the times on its pages are 3600 s ahead of this machine's");
    assert!(!ran.out.contains("page.jumps > 0:"), "a clock that is off does not matter\n{}", ran.out);
    assert!(!ran.out.contains("inject "), "{}", ran.out);
    place.stop_kept_proxy();
}

/// Servers that answer queries badly, by the first part of their paths.
fn bad_server(asked: &Asked, _: u64, stream: &mut TcpStream) {
    static FLAPS: AtomicU64 = AtomicU64::new(0);
    const JSON: &str = "application/json";
    let vector =
        |result: &str| format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{result}]}}}}"#);
    let one =
        |part: &str, value: &str| format!(r#"{{"metric":{{"chaos_part":"{part}"}},"value":[1700000000,"{value}"]}}"#);
    let good = || vector(&[one("v", "5"), one("o0", "1700000000"), one("n0", "1700000000")].join(","));
    // Restarts, and what was missed, are asked for besides the values, and would take some of the turns.
    let besides = ["process_start_time", "query_range"];
    let values = !besides.iter().any(|it| asked.path.contains(it) || asked.body.contains(it));
    match asked.path.split('/').nth(1).unwrap_or_default() {
        "several" => {
            let of = |id: u32| format!(r#"{{"metric":{{"chaos_part":"v","id":"{id}"}},"value":[1700000000,"1"]}}"#);
            say(stream, "200 OK", JSON, &vector(&[of(1), of(2), of(3)].join(",")));
        }
        "native" => {
            say(stream, "200 OK", JSON, &vector(r#"{"metric":{"chaos_part":"v"},"histogram":[1,{"count":"1"}]}"#))
        }
        "scalar" => {
            say(stream, "200 OK", JSON, r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#)
        }
        "refuses" => {
            let body =
                r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples"}"#;
            say(stream, "422 Unprocessable Entity", JSON, body);
        }
        "login" => say(stream, "302 Found\r\nLocation: /login", "text/html", ""),
        "page" => say(stream, "200 OK", "text/html", "<html>sign in</html>"),
        "cut" => say(stream, "200 OK", JSON, r#"{"status":"success","data":{"resultType":"#),
        "stale" => say(stream, "200 OK", JSON, &vector(&[one("v", "5"), one("n0", "1699999000")].join(","))),
        "flapping" if values && FLAPS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
            say(stream, "503 Service Unavailable", "text/plain", "starting")
        }
        "late" => {
            let told = good().replace("\"status\"", "\"warnings\":[\"only a part of the stores answered\"],\"status\"");
            say(stream, "200 OK\r\nDate: Mon, 24 Nov 2025 16:30:48 GMT", JSON, &told);
        }
        _ => say(stream, "200 OK", JSON, &good()),
    }
}

#[test]
fn what_a_server_answers_wrongly_is_told_with_its_cause() {
    let place = Place::new();
    let (upstream, proxy, server) = (free_port(), free_port(), Server::reading(bad_server));
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let causes = [
        ("several", r#"the query gives 3 series where one is needed: {id="1"}, {id="2"}"#),
        ("native", "gives a native histogram"),
        ("scalar", "it gives a `scalar` where series are asked for"),
        ("refuses", "answered 422: execution: query processing would load too many samples"),
        ("login", "302: it sends us elsewhere"),
        ("page", "`text/html`, which is no JSON"),
        ("cut", "which is no JSON"),
        ("stale", "no sample in time"),
    ];
    let metrics: Vec<(&str, &str, &str)> = causes.iter().map(|(path, _)| (*path, "count", "query(`sum(x)`)")).collect();
    let more = [("flapping", "count", "query(`sum(x)`)"), ("late", "count", "query(`sum(x)`)")];
    let metrics: Vec<_> = metrics.into_iter().chain(more).collect();
    let file = odd_site(&place, upstream, proxy, server.port, &metrics);
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    let lines = text.lines().map(|line| match line.contains("= scrape(") {
        true => line.replace("scrape(", "prometheus(").replace("\")", "\", every: 1s, scrape: 1s)"),
        false => line.to_owned(),
    });
    place.write(&file, lines.collect::<Vec<_>>().join("\n"));
    let ran = place.run(&["exec", &file]).ended(3);
    for (path, cause) in causes {
        let told = ran.out.lines().any(|line| {
            (line.contains(&format!("page.{path}")) || line.contains(&format!("{path}-page"))) && line.contains(cause)
        });
        assert!(told, "page.{path}: {cause}\n{}", ran.out);
    }
    let ran = ran.says("the source late-page: it warns: only a part of the stores answered");
    let ran = ran.says("the source late-page: its clock is").says("s behind this machine's");
    let ran = ran.says("the source flapping-page answers again, after 1 read that failed");
    assert!(!ran.out.contains("page.late > 0:"), "a clock that is off does not matter\n{}", ran.out);
    place.stop_kept_proxy();
}

/// A page behind a proxy, which no endpoint of metrics tells of.
fn cohort_site(place: &Place, upstream: u16, proxy: u16, expected: &str) -> String {
    let text = format!(
        r#"
use std.http
system site {{
  service page {{
    metric success: ratio
    metric latency: distribution<duration>
    slo success >= 99%
  }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
  bind page.latency = proxy.latency(page)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "Half of the affected part fails, and the rest does not feel it."
  window 2s
  baseline 4s
  limit {{ services page }}
  run {{
    inject http.error(page, status: 503, traffic: 50%, rate: 50%) as broken for 8s {{
{expected}
    }}
    expect steady within 10s holding 2s
    wait until stable within 20s
  }}
}}
"#
    );
    place.write("cohort.chaos", text);
    "cohort.chaos".to_owned()
}

#[test]
fn the_proxy_tells_the_affected_part_from_the_others() {
    let place = Place::new();
    let (upstream, proxy) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let held = "      expect always page.success of affected <= 75% of baseline
      expect always page.success of affected >= 25% of baseline
      expect always page.success of others >= 99%
      expect always page.success >= 60%
      expect always p95(page.latency of others) < 1s";
    let file = cohort_site(&place, upstream, proxy, held);
    let ran = place.run(&["exec", &file]).ended(0).says("outage: confirmed");
    ran.says("stable within 20s: page.success: 100% against ").says("pp to spare");
    let file = cohort_site(&place, upstream, proxy, "      expect always page.success of affected >= 90% of baseline");
    place
        .run(&["exec", &file])
        .ended(1)
        .says("because broken: expect always page.success of affected >= 90% of baseline");
    place.stop_kept_proxy();
}

/// Pages for probes: JSON, text, and a status of its own.
fn pages(path: &str, number: u64, stream: &mut TcpStream) {
    match path {
        "/state" => say(stream, "200 OK", "application/json", r#"{"queue": {"length": 3}, "next": "/health"}"#),
        "/health" => say(stream, "200 OK", "text/plain", &format!("ready, asked {number} times")),
        _ => say(stream, "404 Not Found", "text/plain", "no"),
    }
}

fn probed_site(place: &Place, ports: (u16, u16, u16), steps: &str) -> String {
    let (upstream, proxy, server) = ports;
    let text = format!(
        r#"
use std.http
use std.tcp
use std.command
system site {{
  service page {{
    metric success: ratio
    metric queue: count
    metric open: ratio
    metric answering: duration
    metric size: bytes
    slo success >= 99%
    slo queue < 10
    slo open >= 99%
    slo answering < 2s
    slo size > 1MiB
  }}
}}
let server = "http://127.0.0.1:{server}"
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  bind page.success = http.up(url: "http://127.0.0.1:{proxy}/")
  bind page.queue = http.number("http://127.0.0.1:{server}/state", path: "$.queue.length")
  bind page.open = tcp.open("127.0.0.1:{upstream}")
  bind page.answering = http.response-time(url: "http://127.0.0.1:{server}/health", every: 2s)
  bind page.size = command.number("echo 2", unit: 1MiB)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "Probes see it."
  window 4s
  baseline 10s
  limit {{ services page }}
  run {{
    call http.get(url: "http://127.0.0.1:{server}/health") as before
    expect before == 200
    inject http.error(page, status: 503) as broken for 12s {{
      expect always page.success < 50%
      expect always page.queue == 3
    }}
{steps}
  }}
}}
"#
    );
    place.write("probed.chaos", text);
    "probed.chaos".to_owned()
}

#[test]
fn probes_are_metrics_and_steps_and_make_little_load() {
    let place = Place::new();
    let (upstream, proxy, server) = (free_port(), free_port(), Server::new(pages));
    let ports = (upstream, proxy, server.port);
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let steps = format!(
        r#"    call http.number("http://127.0.0.1:{0}/state", path: "$.queue.length") as depth
    call http.text("http://127.0.0.1:{0}/state", path: "$.next") as next
    call http.find("http://127.0.0.1:{0}/health", pattern: `asked ([0-9]+) times`) as asked
    call command.exit("sh -c 'exit 3'") as code
    expect depth * 2 == 6
    expect asked > 1 and code == 3
    repeat 2 every 1s {{
      call tcp.connect-time("127.0.0.1:{0}") as took
      expect took < 1s
    }}"#,
        server.port
    );
    let file = probed_site(&place, ports, &steps);
    let began = std::time::Instant::now();
    let ran = place.run(&["exec", &file]).ended(0);
    let seconds = began.elapsed().as_secs();
    ran.says("outage: confirmed").says("before: http.get found 200").says("next: http.text found \"/health\"");
    let asked = server.asked.load(Ordering::Relaxed);
    assert!(asked <= 2 * seconds + 10, "{asked} requests in {seconds} s");

    let failing =
        format!("    call http.get(url: \"http://127.0.0.1:{}/\") as gone\n    expect gone == 200", free_port());
    let file = probed_site(&place, ports, &failing);
    let ran = place.run(&["exec", &file]).ended(5);
    ran.says("gone: http.get found nothing").says("Connection refused");
    place.stop_kept_proxy();
}

#[test]
fn a_program_that_does_not_end_is_ended_with_all_it_started() {
    let place = Place::new();
    let (upstream, proxy) = (free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let text = format!(
        r#"
use std.http
use std.command
system site {{ service page {{ metric success: ratio; slo success >= 99% }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "A program has its time."
  window 1s
  baseline 2s
  limit {{ services page }}
  run {{
    call command.exit("sh -c 'sleep 4711 & sleep 4712'", timeout: 500ms) as slow
    call command.text("sh -c 'echo $SECRET_OF_NOBODY-end'") as said
    inject http.error(page, status: 503) as broken for 3s {{ expect always page.success < 50% }}
  }}
}}
"#
    );
    place.write("slow.chaos", text);
    let ran = Ran::from(place.chaos(&["exec", "slow.chaos"]).output().unwrap()).ended(5);
    ran.says("slow: command.exit found nothing: `sh` did not end within 500 ms")
        .says("said: command.text found \"-end\"");
    let looking = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 471[12]'";
    let left = Command::new("sh").args(["-c", looking]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "0", "it left a program behind");
    place.stop_kept_proxy();
}

/// The example of `examples/sources`, as it is shipped; its ports are fixed.
#[test]
fn the_example_needs_no_endpoint_of_metrics() {
    let place = Place::new();
    let file = crate::harness::root().join("examples/sources/payment_part.chaos").display().to_string();
    let ran = place.run(&["exec", &file]).ended(0).says("payment_part: confirmed");
    ran.says("✓ outage: expect always payment.success of affected <= 75%").says("before: http.get found 200");
    for port in [7500, 7501, 7502, 7503, 7504, 7505, 7592] {
        assert!(!answers(port), "something still listens on {port}");
    }
}
