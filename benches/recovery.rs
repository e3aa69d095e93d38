//! How fast everything is taken back, and what the journal costs: `cargo bench --bench recovery`. Needs nginx.
//!
//! Real runs against a real proxy: from the sample in which a breach is seen to the first clean answer, from SIGKILL to the
//! last trace; and the journal alone, on the disk of the target folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/it/harness.rs"]
mod harness;
#[allow(dead_code)]
#[path = "../tests/it/site.rs"]
mod site;

use chaos_lang::journal::{Claims, EffectState, Journal};
use harness::{Load, Running, answers, wait_for};
use site::{LONG, Site};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ROUNDS: usize = 10;
const EFFECTS: usize = 300;
/// The interval of the source in which the breach is seen.
const EVERY: Duration = Duration::from_millis(250);

fn main() {
    journal();
    breach();
    killed();
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{what:60} median {median:9.2?}, least {least:9.2?}, most {most:9.2?} of {}", times.len());
}

/// What each write of an effect's life takes; all are synced.
fn journal() {
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    journal.begin("r", "x", "local", &Claims::default()).unwrap();
    let intent = format!("{{\"kind\":\"fault\",\"data\":\"{}\"}}", "x".repeat(600));
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..EFFECTS {
        let began = Instant::now();
        let id = journal.intend("r", |_| intent.clone()).unwrap();
        times[0].push(began.elapsed());
        let began = Instant::now();
        journal.applied(id, &intent).unwrap();
        times[1].push(began.elapsed());
        let began = Instant::now();
        journal.mark(id, EffectState::Reverted, "").unwrap();
        times[2].push(began.elapsed());
    }
    let whole = (0..EFFECTS).map(|at| times[0][at] + times[1][at] + times[2][at]).collect();
    for (what, times) in ["intend", "applied", "reverted"].iter().zip(times) {
        show(&format!("journal: {what}"), times);
    }
    show("journal: an effect's whole life", whole);
}

/// A page of metrics with one gauge, and when it was first served below 1.
#[derive(Clone, Default)]
struct Gauge(Arc<Mutex<(bool, Option<Instant>)>>);

impl Gauge {
    fn serve(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let gauge = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                let _asked = stream.read(&mut [0; 4096]);
                let mut state = gauge.0.lock().unwrap();
                let page = if state.0 { "alive 0\n" } else { "alive 1\n" };
                if state.0 {
                    state.1.get_or_insert_with(Instant::now);
                }
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
                let _gone = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
            }
        });
        port
    }
}

/// From the breach, and from the sample in which it is seen, to the first clean answer.
fn breach() {
    let (site, _page) = Site::with_a_long_fault();
    let gauge = Gauge::default();
    let port = gauge.serve();
    site.write("outage.chaos", LONG, "abort when side.alive < 1");
    let path = site.place.path().join("outage.chaos");
    let text = std::fs::read_to_string(&path).unwrap();
    let source = format!("source own = scrape(\"http://127.0.0.1:{port}/metrics\", every: {}ms)", EVERY.as_millis());
    let text = text.replace("service side { external }", "service side { external; metric alive: count }");
    let text =
        text.replace("  allow http", &format!("  {source}\n  bind side.alive = own.gauge(`alive`)\n  allow http"));
    std::fs::write(&path, text).unwrap();
    let _load = Load::on(site.proxy);
    let (mut from_breach, mut from_sample) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        *gauge.0.lock().unwrap() = (false, None);
        let runner = site.faulted(&[]);
        std::thread::sleep(Duration::from_millis(400 + 37 * round as u64));
        gauge.0.lock().unwrap().0 = true;
        let breach = Instant::now();
        clean(&site);
        let clean = Instant::now();
        runner.finish().ended(4);
        from_breach.push(clean - breach);
        from_sample.push(clean - gauge.0.lock().unwrap().1.unwrap());
    }
    show(&format!("from a breach to everything reverted, sampled every {EVERY:?}"), from_breach);
    show("from the breach's sample to everything reverted", from_sample);
    site.place.stop_kept_proxy();
}

/// From SIGKILL of the runner to the first clean answer, and to the end of the last process.
fn killed() {
    let (site, _page) = Site::with_a_long_fault();
    let _load = Load::on(site.proxy);
    let (mut fault, mut all) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut runner: Running = site.faulted(&[]);
        runner.signal("KILL");
        let killed = Instant::now();
        clean(&site);
        fault.push(killed.elapsed());
        while answers(site.helper) {
            std::thread::sleep(Duration::from_millis(2));
        }
        all.push(killed.elapsed());
        runner.wait();
        wait_for("the guard's word", 30, || site.place.run(&["status"]).code == Some(0));
    }
    show("from SIGKILL to the fault's end", fault);
    show("from SIGKILL to everything reverted", all);
    site.place.stop_kept_proxy();
}

/// Waits for a clean answer.
fn clean(site: &Site) {
    while site.answer() != Some(200) {
        std::thread::sleep(Duration::from_millis(2));
    }
}
