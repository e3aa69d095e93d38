//! The plan as a document: its schema, the hash of its meaning, drawings, differences, and runs of what was reviewed.

use crate::dice::Dice;
use crate::formats::fitting;
use crate::graph;
use crate::harness::{Load, Place, files, free_port, root};
use crate::spec::{analysed, tested};
use boon::{Compiler, Schemas};
use chaos_lang::analysis::{self, Planned, analyse};
use chaos_lang::base::{FileError, Files};
use chaos_lang::diagnostics::render::{Style, render};
use chaos_lang::document::{Document, Drawing, Origin, changes, draw};
use chaos_lang::types::secret::SecretRef;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn origin(file: &str) -> Origin {
    let name = |name: &str| name.to_owned();
    Origin { file: name(file), experiment: name("x"), environment: name("local"), parameters: BTreeMap::new() }
}

/// Every plan that the specification's files give when they are checked.
fn every_plan() -> Vec<(PathBuf, Planned)> {
    let plans = tested().into_iter().flat_map(|path| {
        let all = analysed(&path).plans;
        all.into_iter().map(move |(_, planned)| (path.clone(), planned))
    });
    plans.collect()
}

#[test]
fn every_plan_fits_the_schema_and_is_read_again() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let path = root().join("docs/schemas/plan.v1.schema.json").display().to_string();
    let schema = compiler.compile(&path, &mut schemas).unwrap();
    let described: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let check = |document: &str, of: &Path| {
        let value: Value = serde_json::from_str(document).unwrap();
        let error = schemas.validate(&value, schema).map_err(|error| format!("{error:#}"));
        assert_eq!(error, Ok(()), "{}", of.display());
        let read = Document::read(document, of).unwrap_or_else(|finding| panic!("{}: {finding:?}", of.display()));
        assert_eq!(read.text(), document, "{}", of.display());
        value
    };
    let mut plans = every_plan();
    plans.push((PathBuf::from("odd"), odd()));
    assert!(plans.len() > 60, "{}", plans.len());
    let mut kinds = BTreeSet::new();
    for (path, planned) in &plans {
        let value = check(&Document::new(planned, origin("x.chaos")).text(), path);
        for part in ["plan", "bounds"] {
            let fields = value[part].as_object().unwrap().keys();
            let told: Vec<&String> =
                fields.filter(|key| described["$defs"][part]["properties"].get(*key).is_none()).collect();
            assert!(told.is_empty(), "docs/schemas/plan.v1.schema.json does not describe {told:?} of `{part}`");
        }
        for step in value["plan"]["steps"].as_array().unwrap() {
            kinds.extend(step["does"].as_object().unwrap().keys().cloned());
        }
    }
    let all = ["approve", "call", "choose", "expect", "inject", "mark", "stable", "wait"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all);
    let place = Place::new();
    let mut shown = 0;
    for file in files(&root().join("examples"), "chaos") {
        if fs::read_to_string(&file).unwrap().lines().any(|line| line.starts_with("experiment ")) {
            let name = file.display().to_string();
            let json = place.run(&["plan", &name, "--format", "json", "--out", "plan.json"]).ended(0).out;
            check(&json, &file);
            assert_eq!(json, fs::read_to_string(place.path().join("plan.json")).unwrap());
            shown += 1;
        }
    }
    assert!(shown >= 3, "{shown}");
    assert!(schemas.validate(&json!({ "version": 2 }), schema).is_err());
}

/// A declaration or block whose statements may stand in any order.
#[derive(Clone)]
struct Block {
    head: String,
    /// Statements, in any order.
    free: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    /// A statement. ¦ stands where a line may be broken, or a comment may begin.
    Line(String),
    Block(Block),
}

fn block(head: &str, lines: &[&str]) -> Part {
    let free = lines.iter().map(|line| Part::Line((*line).to_owned())).collect();
    Part::Block(Block { head: head.to_owned(), free })
}

fn within(head: &str, free: Vec<Part>) -> Part {
    Part::Block(Block { head: head.to_owned(), free })
}

fn line(text: &str) -> Part {
    Part::Line(text.to_owned())
}

/// The declarations of a whole experiment.
fn project() -> Vec<Part> {
    let system = within(
        "system shop",
        vec![
            block("service web", &["calls checkout"]),
            block(
                "service checkout",
                &[
                    "calls payment, orders",
                    "metric success: ratio",
                    "metric latency: distribution<duration>",
                    "slo success >= 99%",
                    "slo p95(latency) <= 450ms over 30d",
                ],
            ),
            block("service payment", &["external"]),
            block("service orders", &["metric backlog: count", "metric lost: counter"]),
        ],
    );
    let environment = within(
        "environment local for shop",
        vec![
            line("tier development"),
            block("service web", &["url \"http://127.0.0.1:7300\"", "start \"shop web --port {port}\""]),
            block(
                "service checkout",
                &["url \"http://127.0.0.1:7301\"", "start \"shop checkout\"", "restarts by runner after 1s"],
            ),
            block("service payment", &["url \"http://127.0.0.1:7302\"", "through \"127.0.0.1:7392\""]),
            block("service orders", &["url \"http://127.0.0.1:7304\"", "through \"127.0.0.1:7394\""]),
            line("source app = scrape(\"http://127.0.0.1:7301/metrics\",¦ every: 1s)"),
            line("source ops = scrape(\"http://127.0.0.1:7304/metrics\", every: 2s)"),
            line("bind checkout.success = app.ratio(good: `r{code!~\"5..\",path=\"/\"}`,¦ all: `r`)"),
            line("bind checkout.latency = app.histogram(`d_seconds`)"),
            line("bind orders.backlog = ops.gauge(`b`)"),
            line("bind orders.lost = ops.counter(`l`)"),
            line("allow http.* on payment, orders"),
            block("limit", &["traffic <= 100%", "exposure <= 30m"]),
        ],
    );
    let experiment = within(
        "experiment x on shop",
        vec![
            line("id \"PAY-1\""),
            line("hypothesis \"Orders are queued.\""),
            line("param rate: ratio in 1%..100% = 40%"),
            line("window 10s"),
            line("baseline 30s"),
            line("steady { checkout.success >=¦ 98% }"),
            block(
                "limit",
                &["services payment, orders", "bends checkout", "concurrent <= 2", "exposure <= 6m", "timeout <= 20m"],
            ),
            line("abort when checkout.success <¦ 50% for 10s"),
            line("abort when orders.backlog >¦ 1000 for 10s"),
            line("expect always increase(orders.lost) ==¦ 0"),
            line(RUN),
        ],
    );
    let third = "scenario slow(target: service { backlog: count }, delay: duration in 100ms..5s) {
      inject http.latency(target, delay: delay, jitter: 50ms) as held for 90s { expect always target.backlog < most }
    }";
    vec![system, environment, experiment, line("let most = 500"), line(third)]
}

const RUN: &str = "run {
      inject http.error(payment, rate: rate, status: 503) as outage for 1m30s {
        expect always checkout.success >= 90% of baseline
        expect orders.backlog > 0 within 30s
      }
      expect steady within 60s holding 10s
      when checkout.success >= 99% { wait 5s as rest } else { expect orders.backlog < 50 within 20s as drained }
      parallel {
        slow(orders, delay: 200ms)
        inject http.error(payment, rate: 5%) as trickle for 20s
          after slow starts + 10s
      }
      expect orders.backlog == 0 within 2m as empty
    }";

/// The text of a project: in the order as it is, or shuffled and laid out by chance.
fn text(parts: &[Part], dice: &mut Option<Dice>) -> String {
    let mut parts = parts.to_vec();
    if let Some(dice) = dice {
        for at in (1..parts.len()).rev() {
            parts.swap(at, dice.below(at + 1));
        }
    }
    let mut out = String::new();
    for part in &parts {
        let (before, gap) = match dice {
            Some(dice) => {
                (dice.one_of(&["", "\n", "  # a remark } {\n", "\t", "\n\n   # é\n"]), dice.one_of(&[" ", "\n   "]))
            }
            None => ("", " "),
        };
        let body = match part {
            Part::Line(text) => text.replace('¦', gap),
            Part::Block(block) => format!("{} {{\n{}}}", block.head, text(&block.free, dice)),
        };
        out.push_str(&format!("{before}{body}\n"));
    }
    out
}

/// Files in memory.
struct Memory(BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::Missing)
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn planned(path: &str, files: &Memory, set: &[(&str, &str)]) -> Planned {
    let mut analysis = analyse(Path::new(path), files, Some("local")).unwrap();
    let set: Vec<(String, String)> = set.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    analysis::plan(&mut analysis, None, Some("local"), &set).unwrap_or_else(|findings| {
        let drawn = findings.iter().map(|it| render(it, &analysis.program.sources, Style::PLAIN));
        panic!("{}\n{}", drawn.collect::<String>(), files.0[Path::new(path)])
    })
}

fn document_of(text: &str, set: &[(&str, &str)]) -> Document {
    let files = Memory(BTreeMap::from([(PathBuf::from("x.chaos"), format!("use std.http\n{text}"))]));
    Document::new(&planned("x.chaos", &files, set), origin("x.chaos"))
}

fn base() -> (String, Document) {
    let text = text(&project(), &mut None);
    let document = document_of(&text, &[]);
    (text, document)
}

/// The changes as `chaos diff` prints them.
fn lines(before: &Document, after: &Document) -> Vec<String> {
    changes(before, after).iter().map(ToString::to_string).collect()
}

#[test]
fn the_hash_knows_no_order_layout_or_comments() {
    let (_, base) = base();
    let mut texts = BTreeSet::new();
    for seed in 0..150 {
        let shuffled = text(&project(), &mut Some(Dice(seed)));
        let document = document_of(&shuffled, &[]);
        assert_eq!(document.hash(), base.hash(), "seed {seed}: {:#?}\n{shuffled}", changes(&base, &document));
        assert_eq!(changes(&base, &document), []);
        texts.insert(shuffled);
    }
    assert!(texts.len() > 140);
}

#[test]
fn the_hash_knows_no_spelling_aliases_or_paths() {
    let (plain, base) = base();
    for (from, to) in [
        ("1m30s", "90s"),
        ("60s", "1m"),
        ("450ms", "0.45s"),
        ("within 2m as", "within 120000ms as"),
        ("0.45s", "450ms"),
        ("services payment, orders", "services orders, payment"),
        ("r{code!~\"5..\",path=\"/\"}", "r{path=\"/\",code!~\"5..\"}"),
        ("< most", "< 500"),
        ("rate: rate, status: 503", "status: 503, rate: rate"),
        ("let most = 500", "let most = 400 + 100"),
        ("p95(latency) <= 450ms over 30d", "p95(latency) <= 450ms over 720h"),
    ] {
        let changed = plain.replace(from, to);
        assert!(changed != plain || from == "0.45s", "{from}");
        assert_eq!(document_of(&changed, &[]).hash(), base.hash(), "{from} → {to}");
    }
    assert_eq!(document_of(&plain, &[("rate", "40%")]).hash(), base.hash());
    // Branches have no order.
    let slow = "slow(orders, delay: 200ms)\n";
    let swapped =
        plain.replace(slow, "").replace("after slow starts + 10s", &format!("after slow starts + 10s\n{slow}"));
    assert_eq!(document_of(&swapped, &[]).hash(), base.hash());
    // Names of the author's that are also fields of the document.
    let named = plain.replace("rate: ratio", "written: ratio").replace("rate: rate", "rate: written");
    let named = named.replace("web", "origin");
    let other = document_of(&named, &[]);
    assert_ne!(document_of(&named, &[("written", "41%")]).hash(), other.hash());
    let moved = document_of(&named.replace("http://127.0.0.1:7300", "http://127.0.0.1:7309"), &[]);
    assert_ne!(moved.hash(), other.hash());
    // The same in several files, elsewhere, with other names of modules.
    let mut own = BTreeMap::new();
    let mut system = project();
    let rest = system.split_off(1);
    own.insert(PathBuf::from("deep/er/shop.chaos"), text(&system, &mut None));
    let rest = text(&rest, &mut None).replace("http.error", "h.error").replace("http.latency", "h.latency");
    let rest = rest.replace("for shop {", "for s.shop {").replace("on shop {", "on s.shop {");
    own.insert(PathBuf::from("deep/y.chaos"), format!("use std.http as h\nuse \"./er/shop.chaos\" as s\n{rest}"));
    let moved = Document::new(&planned("deep/y.chaos", &Memory(own), &[]), origin("deep/y.chaos"));
    assert_eq!(moved.hash(), base.hash(), "{:#?}", changes(&base, &moved));
}

/// What is written, what is written instead, and what is said of it.
const CHANGES: &[(&str, &str, &str)] = &[
    ("ratio in 1%..100% = 40%", "ratio in 1%..100% = 50%", "parameter rate: 40% → 50%"),
    ("status: 503", "status: 500", "outage: status 503 → 500"),
    ("for 1m30s", "for 80s", "outage: duration 1m30s → 1m20s"),
    ("rate: 5%", "rate: 10%", "trickle: rate 5% → 10%"),
    ("timeout <= 20m", "timeout <= 19m", "limit timeout: 20m → 19m"),
    ("exposure <= 6m", "exposure <= 10m", "limit exposure: 6m → 10m"),
    ("traffic <= 100%", "traffic <= 100%; requests <= 20/s", "limit requests: none → 20/s"),
    ("bends checkout", "bends checkout, orders, web", "bends: checkout → checkout, orders, web"),
    ("concurrent <= 2", "concurrent <= 3", "limit concurrent: 2 → 3"),
    ("window 10s", "window 9s", "window: 10s → 9s"),
    ("baseline 30s", "baseline 40s", "baseline: 30s → 40s"),
    ("id \"PAY-1\"", "id \"PAY-2\"", "id: PAY-1 → PAY-2"),
    ("Orders are queued.", "Orders are kept.", "hypothesis: Orders are queued. → Orders are kept."),
    ("tier development", "tier staging", "tier: development → staging"),
    (
        "checkout.success >=¦ 98%",
        "checkout.success >=¦ 97%",
        "steady: checkout.success >= 98% → checkout.success >= 97%",
    ),
    ("slo success >= 99%", "slo success >= 98.5%", "checkout: success >= 99% → checkout: success >= 98.5%"),
    ("over 30d", "over 7d", "period 30d → 7d"),
    (
        "success <¦ 50% for 10s",
        "success <¦ 40% for 10s",
        "abort: abort when checkout.success < 50% for 10s → abort when checkout.success < 40% for 10s",
    ),
    ("success <¦ 50% for 10s", "success <¦ 50% for 11s", "for 10s → abort when checkout.success < 50% for 11s"),
    (
        "increase(orders.lost) ==¦ 0",
        "increase(orders.lost) <=¦ 1",
        "throughout: expect always increase(orders.lost) == 0 → expect always increase(orders.lost) <= 1",
    ),
    (
        "90% of baseline",
        "80% of baseline",
        "outage: expect always checkout.success >= 90% of baseline → expect always checkout.success >= 80% of baseline",
    ),
    (
        "backlog > 0 within 30s",
        "backlog > 0 within 29s",
        "outage: expect orders.backlog > 0 within 30s → expect orders.backlog > 0 within 29s",
    ),
    ("wait 5s as rest", "wait 6s as rest", "rest: duration 5s → 6s"),
    ("delay: 200ms", "delay: 250ms", "delay 200ms → 250ms"),
    ("jitter: 50ms", "jitter: 40ms", "jitter 50ms → 40ms"),
    ("after slow starts + 10s", "after slow starts + 12s", "trickle: moved: 10s after slow"),
    ("after slow starts + 10s", "", "trickle: moved:"),
    ("let most = 500", "let most = 600", "right 500 → 600"),
    ("checkout.success >= 99% { wait", "checkout.success >= 98% { wait", "when-1: "),
    ("as drained", "as dry", "drained: now called dry"),
    ("http://127.0.0.1:7301\"", "http://127.0.0.1:7311\"", "process checkout: address 127.0.0.1:7301 → 127.0.0.1:7311"),
    (
        "through \"127.0.0.1:7392\"",
        "through \"127.0.0.1:7399\"",
        "proxy payment: listen 127.0.0.1:7392 → 127.0.0.1:7399",
    ),
    (
        "http://127.0.0.1:7301/metrics",
        "http://127.0.0.1:7301/m",
        "source app: urls http://127.0.0.1:7301/metrics → http://127.0.0.1:7301/m",
    ),
    ("every: 2s", "every: 3s", "source ops: every 2s → 3s"),
    ("ops.gauge(`b`)", "ops.gauge(`c`)", "binding orders.backlog:"),
    ("code!~\"5..\"", "code!~\"4..\"", "binding checkout.success:"),
    (
        "start \"shop checkout\"",
        "start \"shop checkout -v\"",
        "process checkout: command shop checkout → shop checkout -v",
    ),
    ("after 1s", "after 2s", "process checkout: restarts after 1s → 2s"),
    ("calls payment, orders", "calls payment", "callers of orders: checkout → none"),
    ("as empty", "as empty\n      expect orders.backlog < 10 as low", "low: added (expect orders.backlog < 10 as low)"),
    (
        "expect orders.backlog == 0 within 2m as empty",
        "",
        "empty: removed (expect orders.backlog == 0 within 2m as empty)",
    ),
    ("expect orders.backlog > 0 within 30s", "", "outage: removed: expect orders.backlog > 0 within 30s"),
    ("http.error(payment, rate: rate", "http.error(orders, rate: rate", "outage: target payment → orders"),
];

#[test]
fn the_hash_and_the_differences_know_every_value() {
    let (_, base) = base();
    let mut hashes = BTreeMap::from([(base.hash().to_owned(), "nothing")]);
    let mut wrong = Vec::new();
    for (from, to, said) in CHANGES {
        let plain = text(&project(), &mut None);
        let (from, to) = (from.replace('¦', " "), to.replace('¦', " "));
        assert!(plain.contains(&from), "{from}");
        let document = document_of(&plain.replacen(&from, &to, 1), &[]);
        if let Some(other) = hashes.insert(document.hash().to_owned(), said) {
            wrong.push(format!("{from} → {to}: the same hash as for {other}"));
        }
        let lines = lines(&base, &document);
        if !lines.iter().any(|line| line.contains(said)) {
            wrong.push(format!("{from} → {to}: no `{said}` in {lines:#?}"));
        }
        for line in &lines {
            let sides = line.rsplit_once(": ").map_or("", |(_, rest)| rest).split_once(" → ");
            if line.contains('\n') || sides.is_some_and(|(a, b)| a == b) {
                wrong.push(format!("{from} → {to}: {line:?}"));
            }
        }
        // The way back says as much.
        assert!(!changes(&document, &base).is_empty(), "{from} → {to}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bounds_are_compared_too() {
    let (plain, base) = base();
    let longer = document_of(&plain.replace("for 1m30s", "for 100s").replace("= 40%", "= 45%"), &[]);
    let longer = lines(&base, &longer);
    // What many steps name is one change.
    let other = document_of(&plain.replace("slo success >= 99%", "slo success >= 98%"), &[]);
    let slo = lines(&base, &other);
    assert_eq!(slo.len(), 2, "{slo:#?}");
    for said in ["bound fails: payment ", "bound exposure: "] {
        assert!(longer.iter().any(|line| line.starts_with(said)), "{said}: {longer:#?}");
    }
}

/// Whatever happens to a document's text: it is refused, or says the same.
#[test]
fn a_damaged_document_is_never_taken_for_another() {
    let (_, base) = base();
    let text = base.text();
    let mut dice = Dice(7);
    let (mut refused, mut read) = (0, 0);
    for _ in 0..400 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=dice.below(2) {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, b"0 {}[]\"\\,:e-9n"[dice.below(14)]),
                2 => bytes[at] = b' ',
                _ => bytes.truncate(bytes.len() - dice.below(200)),
            }
        }
        let Ok(damaged) = String::from_utf8(bytes) else { continue };
        match Document::read(&damaged, Path::new("p.json")) {
            Err(finding) => {
                assert!(["E0805", "E0806"].contains(&finding.code.name));
                refused += 1;
            }
            Ok(document) => {
                assert_eq!((document.hash(), changes(&base, &document)), (base.hash(), Vec::new()));
                read += 1;
            }
        }
    }
    assert!(refused > 200 && read > 10, "{refused} {read}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for odd in ["", "null", "[]", "{}", "{\"version\":\"1\"}", "{\"version\":1}", "{\"version\":1.5}", &deep] {
        assert_eq!(Document::read(odd, Path::new("p.json")).unwrap_err().code.name, "E0805", "{odd:.20}");
    }
}

/// A plan with the steps that this version does not run, and texts that a drawing could trip over.
fn odd() -> Planned {
    let steps = r#"run { approve "a \"b\" ]--> \\ #quot; <b>; `c` | } é" within 1m as ok; wait until stable within 2m
"#;
    let text = format!("use std.http\n{}", base().0.replace("run {", steps));
    let mut planned = planned("x.chaos", &Memory(BTreeMap::from([(PathBuf::from("x.chaos"), text)])), &[]);
    let source = planned.plan.sources.values_mut().next().unwrap();
    source.access.password = Some(SecretRef::Variable("PASSWORD".to_owned()));
    source.access.certificate = Some(SecretRef::File { file: "own.pem".to_owned(), folder: PathBuf::from("/x") });
    source.access.key = Some(SecretRef::Command { command: "pass show key".to_owned() });
    planned
}

/// Statements of DOT as far as we write it: `digraph "…" { a [k=v, …]; a -> b [k=v]; }`.
fn dot_is_sound(text: &str) -> Result<usize, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, c)| {
                    let closes = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    closes
                });
                end.ok_or("a text that does not end")?.0 + 1
            }
            '-' => rest.starts_with("->").then_some(2).ok_or("a lone -")?,
            c if c.is_ascii_alphanumeric() => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()),
            '{' | '}' | '[' | ']' | ';' | ',' | '=' => 1,
            other => return Err(format!("`{other}` outside a text")),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    let [_digraph, _name, "{", inner @ .., "}"] = tokens.as_slice() else { return Err("no frame".to_owned()) };
    let statements: Vec<&[&str]> = inner.split(|token| *token == ";").collect();
    let mut boxes = BTreeSet::new();
    for statement in statements.iter().filter(|it| !it.is_empty()) {
        let (head, attributes) =
            statement.split_at(statement.iter().position(|it| *it == "[").unwrap_or(statement.len()));
        match head {
            [id] => drop(boxes.insert(*id)),
            [from, "->", to] if boxes.contains(from) && boxes.contains(to) => {}
            other => return Err(format!("{other:?}")),
        }
        if let ["[", pairs @ .., "]"] = attributes {
            if !pairs.split(|it| *it == ",").all(|pair| matches!(pair, [_, "=", _])) {
                return Err(format!("{pairs:?}"));
            }
        } else if !attributes.is_empty() {
            return Err(format!("{attributes:?}"));
        }
    }
    Ok(boxes.len() - 1) // without `node`
}

/// A line of Mermaid as we write it; texts hold nothing that ends them.
fn mermaid_is_sound(text: &str) -> Result<usize, String> {
    let mut boxes = 0;
    let mut lines = text.lines();
    if lines.next() != Some("flowchart TD") {
        return Err("no head".to_owned());
    }
    for line in lines.filter(|line| !line.trim_start().starts_with("classDef ")) {
        let parts: Vec<&str> = line.trim().split('"').collect();
        let id = |id: &str| id.len() > 1 && id.starts_with('s') && id[1..].chars().all(|c| c.is_ascii_digit());
        let sound = match parts.as_slice() {
            [open, text, close] => {
                let inner = text.replace("<br/>", "");
                let plain = !inner.contains(['<', '>', '&', '`', '\\']);
                let shapes = [("[", "]"), ("[", "]:::fault"), ("{", "}"), ("([", "])")];
                let is_box =
                    shapes.iter().any(|(left, right)| open.strip_suffix(left).is_some_and(id) && close == right);
                boxes += usize::from(is_box);
                let arrow = open.strip_suffix(" -->|").or(open.strip_suffix(" -.->|"));
                let is_arrow = arrow.is_some_and(id) && close.strip_prefix("| ").is_some_and(id);
                plain && (is_box || is_arrow)
            }
            [arrow] => arrow.split_once(" --> ").or(arrow.split_once(" -.-> ")).is_some_and(|(a, b)| id(a) && id(b)),
            _ => false,
        };
        if !sound {
            return Err(line.to_owned());
        }
    }
    Ok(boxes)
}

/// The page shows what the program draws.
#[test]
fn the_drawing_in_the_page_is_that_of_the_quickstart() {
    let file = root().join("examples/quickstart/payment_outage.chaos").display().to_string();
    let drawn = Place::new().run(&["graph", &file]).ended(0).out;
    let page = fs::read_to_string(root().join("docs/plan-format.md")).unwrap();
    assert!(page.contains(&format!("```mermaid\n{drawn}```")), "docs/plan-format.md does not show\n{drawn}");
}

#[test]
fn drawings_are_sound_whatever_stands_in_them() {
    let mut all: Vec<Planned> = every_plan().into_iter().map(|(_, planned)| planned).collect();
    all.push(odd());
    let mut last = String::new();
    for planned in &all {
        let steps = planned.plan.graph.order().len();
        let document = Document::new(planned, origin("x.chaos"));
        let (dot, mermaid) = (draw(&document, Drawing::Dot), draw(&document, Drawing::Mermaid));
        assert_eq!(dot_is_sound(&dot), Ok(steps), "{dot}");
        assert_eq!(mermaid_is_sound(&mermaid), Ok(steps), "{mermaid}");
        last = mermaid;
    }
    for part in ["approve #quot;a #92;#quot;b", "|\"holds\"|", "|\"else\"|", "-.->|\"starts + 10s\"|", ":::fault"] {
        assert!(last.contains(part), "no {part} in\n{last}");
    }
}

const QUICK: &str = "inject http.error(page, rate: 50%) as half for 2s { expect always page.success < 90% }";

#[test]
fn what_was_reviewed_is_run_and_nothing_else() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let file = graph::experiment(&place, page, proxy, QUICK);
    place.run(&["plan", &file, "--out", "p.json"]).ended(0).says("sha256:");
    place.run(&["diff", "p.json", &file]).ended(0).says("they mean the same: sha256:");
    // Laid out anew it is the same.
    let text = fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace("window 1s", "# shorter than the fault\n  window    1000ms"));
    let load = Load::on(proxy);
    place.run(&["exec", "p.json"]).ended(0).says("as reviewed in p.json: sha256:").says("x: confirmed");
    drop(load);
    // Changed it is another.
    place.write(&file, text.replace("rate: 50%", "rate: 60%"));
    place.run(&["exec", "p.json"]).ended(2).says("E0807").says("half: rate 50% → 60%").says("does not say any more");
    place.run(&["diff", "p.json", &file]).ended(1).says("half: rate 50% → 60%").says("bound fails: page 50% → 60%");
    place.write(&file, text.replace(&format!("127.0.0.1:{page}\""), "127.0.0.1:9\""));
    place.run(&["exec", "p.json"]).ended(2).says("E0807").says("upstreams");
    place.write(&file, text.replace("allow http.* on page", ""));
    place.run(&["exec", "p.json"]).ended(2).says("E0704").says("E0807").says("cannot be planned again");
    fs::remove_file(place.path().join(&file)).unwrap();
    place.run(&["exec", "p.json"]).ended(2).says("E0100").says("E0807");
    place.run(&["diff", "p.json", &file]).ended(2).says("E0100");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

#[test]
fn a_plan_that_was_edited_or_is_not_of_this_version_is_refused() {
    let place = Place::new();
    let file = graph::experiment(&place, free_port(), free_port(), QUICK);
    let json = place.run(&["plan", &file, "--format", "json"]).ended(0).out;
    for (from, to, code) in [
        ("\"version\": 1,", "\"version\": 2,", "E0805"),
        ("\"version\": 1,", "\"version\": 0,", "E0805"),
        ("\"version\": 1,", "", "E0805"),
        ("\"touches\"", "\"touched\"", "E0806"),
        ("\"concurrent\": 1,", "\"concurrent\": 0,", "E0806"),
        ("expect always page.success < 90%", "expect always page.success < 99%", "E0806"),
        ("\"environment\": \"local\"", "\"environment\": \"other\"", "E0806"),
        ("\"checksum\": \"sha256:", "\"checksum\": \"sha256:0", "E0806"),
        ("\"hash\": \"sha256:", "\"hash\": \"sha256:0", "E0806"),
        ("\"hash\":", "\"hush\":", "E0805"),
        ("}", "", "E0805"),
    ] {
        assert!(json.contains(from), "{from} is not in\n{json}");
        place.write("p.json", json.replacen(from, to, 1));
        place.run(&["exec", "p.json"]).ended(2).says(code).says("p.json");
        place.run(&["diff", "p.json", &file]).ended(2).says(code);
    }
    place.write("p.json", &json);
    // Written anew by another program, it says the same.
    let value: Value = serde_json::from_str(&json).unwrap();
    place.write("compact.json", value.to_string());
    place.run(&["diff", "p.json", "compact.json"]).ended(0);
    for options in [["--env", "local"], ["--set", "a=1"], ["--experiment", "x"]] {
        place.run(&["exec", "p.json", options[0], options[1]]).ended(2).says("is a plan");
    }
    let same = fitting("diff.v1", &place.run(&["diff", "p.json", &file, "--format", "json"]).ended(0));
    assert_eq!((&same["same"], &same["before"]["file"]), (&json!(true), &json!("p.json")));
    assert_eq!(same["before"]["hash"], same["after"]["hash"]);
    let text = fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace("rate: 50%", "rate: 60%"));
    let other = fitting("diff.v1", &place.run(&["diff", "p.json", &file, "--format", "json"]).ended(1));
    let change = json!({ "places": ["half"], "what": "rate 50% → 60%" });
    assert!(other["changes"].as_array().unwrap().contains(&change), "{other:#}");
    place.write(&file, text);
    let unread = place.run(&["diff", "none.json", &file, "--format", "json"]).ended(2).says("E0100");
    assert_eq!(unread.out, "");
    place.write("p.json", "{}");
    place.run(&["exec", "p.json"]).ended(2).says("E0805").says("is not a plan").says("chaos plan FILE --out plan.json");
    place.run(&["exec", "none.json"]).ended(2).says("E0100");
    place.run(&["plan", &file, "--out", &file]).ended(2).says("must end in `.json`");
    place.run(&["plan", &file, "--out", "x.chaos/p.json"]).ended(2).says("E0100").says("cannot be written");
    place.run(&["plan", "compact.json"]).ended(2).says("is a plan already");
    let drawn = place.run(&["graph", &file]).ended(0).says("flowchart TD").out;
    assert_eq!(place.run(&["graph", "compact.json"]).ended(0).out, drawn);
    place.run(&["graph", "compact.json", "--env", "local"]).ended(2).says("is a plan");
    place.run(&["graph", "none.json"]).ended(2).says("E0100");
    place.run(&["graph", &file, "--format", "dot"]).ended(0).says("digraph \"x\"");
}
