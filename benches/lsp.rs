//! From an edit to the findings, and what the server takes: `cargo bench --bench lsp --no-default-features --features lsp`.
//! A number after `--` is how many edits are made, for a profiler.

use chaos_lang::base::{FileError, Files};
use chaos_lang::lsp::{World, serve};
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Edits that are measured, if nothing else is said.
const EDITS: usize = 200;

fn main() {
    let long = Shop { experiments: 34 };
    let text =
        format!("{}{}{}", long.system(), long.environment(), (0..long.experiments).map(experiment).collect::<String>());
    let lines = text.lines().count();
    measure(&format!("a file of {lines} lines"), &Folder::default(), &[("/w/long.chaos", text)]);

    let shop = Shop { experiments: 498 };
    let folder = shop.folder();
    let one = folder.0[Path::new("/w/trial_7.chaos")].clone();
    measure("one of 500 files", &folder, &[("/w/trial_7.chaos", one)]);
    let system = folder.0[Path::new("/w/shop.chaos")].clone();
    let users = (0..20).map(|at| format!("/w/trial_{at}.chaos"));
    let users: Vec<(String, String)> = users.map(|path| (path.clone(), folder.0[Path::new(&path)].clone())).collect();
    let mut open: Vec<(&str, String)> = vec![("/w/shop.chaos", system)];
    open.extend(users.iter().map(|(path, text)| (path.as_str(), text.clone())));
    measure("the system of 500 files, 20 of its users open", &folder, &open);
    println!("memory at most: {}", memory());
}

/// Opens documents and edits the first again and again.
fn measure(what: &str, folder: &Folder, open: &[(&str, String)]) {
    std::thread::scope(|scope| {
        let (client, server) = Connection::memory();
        let started = Instant::now();
        scope.spawn(move || serve(&server, folder));
        let folders = json!([{ "uri": "file:///w", "name": "w" }]);
        let can = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
        let params = json!({ "processId": null, "rootUri": null, "capabilities": can, "workspaceFolders": folders });
        send(&client, Request::new(1.into(), "initialize".to_owned(), params));
        for (path, text) in open {
            let document =
                json!({ "uri": format!("file://{path}"), "languageId": "chaos", "version": 1, "text": text });
            tell(&client, "textDocument/didOpen", json!({ "textDocument": document }));
        }
        told_of(&client, open[0].0);
        let first = started.elapsed();
        let edits = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(EDITS);
        let mut times: Vec<Duration> = (0..edits).map(|at| edit(&client, open[0].0, at)).collect();
        times.sort();
        let at = |share: usize| times[times.len() * share / 100];
        println!(
            "{what}: first findings after {first:?}; an edit p50 {:?}, p95 {:?}, p99 {:?}",
            at(50),
            at(95),
            at(99)
        );
        tell(&client, "exit", Value::Null);
    });
}

/// Writes a line that means nothing before all others, or takes it away again, so that everything moves; the time until that
/// is told.
fn edit(client: &Connection, path: &str, number: usize) -> Duration {
    let (end, new) = if number.is_multiple_of(2) { (0, "bogus\n") } else { (1, "") };
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": end, "character": 0 } });
    let document = json!({ "uri": format!("file://{path}"), "version": number + 2 });
    let changes = json!([{ "range": range, "text": new }]);
    let started = Instant::now();
    tell(client, "textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    told_of(client, path);
    started.elapsed()
}

fn send(client: &Connection, message: impl Into<Message>) {
    let _server_is_there = client.sender.send(message.into());
}

fn tell(client: &Connection, method: &str, params: Value) {
    send(client, Notification::new(method.to_owned(), params));
}

/// Waits until findings of a file are told.
fn told_of(client: &Connection, path: &str) {
    let address = format!("file://{path}");
    for message in &client.receiver {
        if matches!(message, Message::Notification(it) if it.params["uri"] == address) {
            return;
        }
    }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known".to_owned(), |size| size.trim().to_owned())
}

struct Shop {
    experiments: usize,
}

const SERVICES: usize = 30;

impl Shop {
    fn system(&self) -> String {
        let mut out = "use std.http\nsystem shop {\n".to_owned();
        for at in 0..SERVICES {
            let calls = if at + 1 < SERVICES { format!("    calls s{}\n", at + 1) } else { String::new() };
            let _written = write!(
                out,
                "  service s{at} {{\n{calls}    metric success: ratio\n    metric latency: distribution<duration>\n    \
                 slo success >= 99%\n    slo p95(latency) <= 450ms\n  }}\n\n"
            );
        }
        out + "}\n\n"
    }

    fn environment(&self) -> String {
        let mut out = "environment local for shop {\n  tier development\n".to_owned();
        for at in 0..SERVICES {
            let (port, proxy) = (7100 + at, 7300 + at);
            let _written = write!(
                out,
                "  service s{at} {{\n    url \"http://127.0.0.1:{port}\"\n    through \"127.0.0.1:{proxy}\"\n  }}\n  \
                 bind s{at}.success = proxy.success(s{at})\n  bind s{at}.latency = proxy.latency(s{at})\n"
            );
        }
        out + "  allow http.* on s1, s2, s3\n  limit { traffic <= 50%; concurrent <= 3; exposure <= 60m }\n}\n\n"
    }

    fn folder(&self) -> Folder {
        let mut files = BTreeMap::new();
        files.insert(PathBuf::from("/w/shop.chaos"), self.system());
        let environment = format!("use \"./shop.chaos\"\n{}", self.environment());
        files.insert(PathBuf::from("/w/environments.chaos"), environment);
        for at in 0..self.experiments {
            let text = format!("use std.http\nuse \"./shop.chaos\"\n{}", experiment(at));
            files.insert(PathBuf::from(format!("/w/trial_{at}.chaos")), text);
        }
        Folder(files)
    }
}

fn experiment(at: usize) -> String {
    let faulted = 1 + at % 3;
    let mut out = format!(
        "## Number {at}.\nexperiment trial_{at} on shop {{\n  id \"T-{at}\"\n  owner \"team\"\n  \
         hypothesis \"If s{faulted} fails for a part of the requests, s0 still answers.\"\n\n  \
         param rate: ratio in 1%..60% = 40%\n\n  limit {{\n    services s{faulted}\n    bends s0, s1, s2\n    traffic <= 50%\n    \
         exposure <= 40m\n    timeout <= 60m\n  }}\n\n  abort when s0.success < 50% for 10s\n\n  run {{\n"
    );
    for step in 0..5 {
        let _written = write!(
            out,
            "    inject http.error(s{faulted}, traffic: limit.traffic, rate: rate) as fault_{step} for 1m {{\n      \
             expect always s{faulted}.success of affected >= 30% of baseline\n    }}\n    \
             expect steady within 60s holding 10s\n\n"
        );
    }
    out + "  }\n}\n\n"
}

/// Files in memory.
#[derive(Default)]
struct Folder(BTreeMap<PathBuf, String>);

impl Files for Folder {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::Missing)
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|path| path.parent() == Some(folder)).cloned().collect()
    }
}

impl World for Folder {
    fn programs(&self, folder: &Path) -> Vec<PathBuf> {
        self.siblings(folder)
    }

    fn last_run(&self, _: &Path, _: &str) -> Option<String> {
        None
    }
}
