//! No run does more than its plan's bounds say: random graphs, run again and again in simulated time.
//!
//! The simulation knows the graph and how long things take, and nothing of the proofs. It also says how often a bound is
//! exactly what some run came to.

use crate::dice::Dice;
use chaos_lang::analysis::{analyse, plan};
use chaos_lang::base::{FileError, Files, Overlay};
use chaos_lang::plan::graph::StepId;
use chaos_lang::plan::{self, APPLY_TIMEOUT, Edge, LATE, Plan, REVERT_BOUND, StepKind};
use chaos_lang::radius::Bounds;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const GRAPHS: usize = 2_000;
const RUNS: usize = 30;
/// Graphs of which so many more runs are made to see how tight the bounds are.
const CLOSELY: usize = 150;
const CLOSE_RUNS: usize = 2_000;

/// Faults with what they are given beside their shares: all touch their share at most, whatever fits.
const FAULTS: &[(&str, &str)] = &[
    ("error", ""),
    ("abort", ", at: body, path: \"/cart/**\""),
    ("blackhole", ", methods: [\"POST\"]"),
    ("corrupt", ", bytes: 5%"),
    ("slow_body", ", bandwidth: 1KiB / 1s"),
    ("rate_limit", ", requests: 5/s, headers: [\"x-canary\"]"),
];

const SERVICES: &[&str] = &["a", "b", "c"];

/// Writes random experiments.
struct Author<'d> {
    dice: &'d mut Dice,
    text: String,
    named: usize,
    left: usize,
    /// Whether steps also wait for what stands before the blocks around them.
    far: bool,
}

impl Author<'_> {
    fn seconds(&mut self) -> String {
        format!("{}s", 2 + self.dice.below(120))
    }

    /// Statements of a block; what stands before in it can be waited for, and before the blocks around it.
    fn block(&mut self, depth: usize, around: &[String]) {
        let mut names: Vec<String> = around.to_vec();
        for _ in 0..1 + self.dice.below(3) {
            if self.left == 0 && names.len() > around.len() {
                break;
            }
            self.left = self.left.saturating_sub(1);
            self.named += 1;
            let name = format!("n{}", self.named);
            let after = self.after(&names);
            self.step(depth, &name, &after, &names);
            names.push(name);
        }
    }

    fn after(&mut self, names: &[String]) -> String {
        let Some(first) = names.get(self.dice.below(2 * names.len())) else { return String::new() };
        match self.dice.below(3) {
            0 => format!(" after {first}"),
            1 => format!(" after {first} starts"),
            _ => format!(" after {first} starts + {}", self.seconds()),
        }
    }

    fn step(&mut self, depth: usize, name: &str, after: &str, around: &[String]) {
        let choice = if depth == 0 || self.left == 0 { self.dice.below(8) } else { self.dice.below(15) };
        let (time, more) = (self.seconds(), self.seconds());
        match choice {
            0..5 => {
                let service = self.dice.one_of(SERVICES);
                let (traffic, rate) = (1 + self.dice.below(100), 1 + self.dice.below(100));
                let held = match self.dice.below(4) {
                    0 => format!("until c.success < 50% within {time}"),
                    1 => "for pause".to_owned(),
                    _ => format!("for {time}"),
                };
                let _ = writeln!(self.text, "@allow(interference)");
                let (fault, more) = FAULTS[(traffic + rate) % FAULTS.len()];
                let rate = if fault == "rate_limit" { String::new() } else { format!(", rate: {rate}%") };
                let fault = format!("http.{fault}({service}, traffic: {traffic}%{rate}{more})");
                let _ = writeln!(self.text, "inject {fault} as {name}{after} {held}");
            }
            5 | 6 => drop(writeln!(self.text, "wait {time} as {name}{after}")),
            7 => drop(writeln!(self.text, "expect steady within {time} holding {more} as {name}{after}")),
            8..11 => self.nested(&format!("parallel as {name}{after}"), depth, around),
            11 => self.nested(&format!("sequence as {name}{after}"), depth, around),
            12 => {
                self.nested(&format!("when c.success < 90% as {name}{after}"), depth, around);
                if self.dice.below(2) == 0 {
                    self.text.pop();
                    self.nested(" else", depth, around);
                }
            }
            13 => self.nested(&format!("repeat 2 as {name}{after}"), depth, around),
            _ => self.nested(&format!("repeat 3 every {time} as {name}{after}"), depth, around),
        }
    }

    fn nested(&mut self, head: &str, depth: usize, around: &[String]) {
        let _ = writeln!(self.text, "{head} {{");
        let around = if self.far { around } else { &[] };
        self.block(depth - 1, around);
        let _ = writeln!(self.text, "}}");
    }
}

/// A random experiment with limits that nothing exceeds.
pub fn program(dice: &mut Dice, far: bool) -> String {
    let mut run = String::new();
    while !run.contains("inject") {
        let left = 3 + dice.below(14);
        let mut author = Author { dice, text: String::new(), named: 0, left, far };
        author.block(3, &[]);
        run = author.text;
    }
    format!(
        r#"use std.http
system s {{
  service a {{ external }}
  service b {{ external }}
  service c {{ metric success: ratio; slo success >= 99% }}
}}
environment local for s {{
  service a {{ url "http://127.0.0.1:1"; through "127.0.0.1:11" }}
  service b {{ url "http://127.0.0.1:2"; through "127.0.0.1:12" }}
  service c {{ url "http://127.0.0.1:3"; through "127.0.0.1:13" }}
  bind c.success = proxy.success(c)
  allow http.* on a, b, c
}}
@allow(amplification-only)
experiment e on s {{
  hypothesis "It holds."
  window 1s
  param pause: duration in 5s..40s = 10s
  limit {{ services a, b, c; bends c; concurrent <= 1000; exposure <= 700h; timeout <= 700h }}
  run {{
{run}  }}
  expect always c.success >= 10%
}}
"#
    )
}

/// No file but those laid over.
pub struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &Path) -> Result<String, FileError> {
        Err(FileError::Missing)
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// The plan over the whole ranges of the parameters, as it is checked.
fn planned(text: &str) -> (Plan, Bounds) {
    let path = PathBuf::from("e.chaos");
    let overlay = Overlay::over(&Nothing);
    overlay.put(path.clone(), text.to_owned());
    let mut analysis = analyse(&path, &overlay, None).unwrap();
    assert!(analysis.findings.is_empty(), "{text}\n{:?}", analysis.findings);
    let (_, planned) = analysis.plans.pop().expect("it is planned");
    assert!(plan(&mut analysis, None, None, &[]).is_ok());
    (planned.plan, planned.bounds)
}

/// A fault in a run: from its inject to when it is gone.
pub struct Active {
    pub target: String,
    pub touches: f64,
    pub fails: f64,
    pub from: f64,
    pub until: f64,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Came {
    pub concurrent: usize,
    pub traffic: BTreeMap<String, f64>,
    pub fails: BTreeMap<String, f64>,
    pub exposure: f64,
    pub length: f64,
}

/// A length between two bounds, mostly one of them.
fn between(dice: &mut Dice, lo: f64, hi: f64) -> f64 {
    match dice.below(5) {
        0 | 1 => lo,
        2 | 3 => hi,
        _ => lo + (hi - lo) * dice.below(1_000) as f64 / 1_000.0,
    }
}

/// Runs the graph once. With `abort` everything ends at some moment: nothing begins any more, what is in force is taken back.
fn run(plan: &Plan, dice: &mut Dice, abort: bool) -> Came {
    let stop = if abort { dice.below(600) as f64 } else { f64::INFINITY };
    let mut times: BTreeMap<StepId, (f64, f64)> = BTreeMap::new();
    let mut ways: BTreeMap<StepId, Option<bool>> = BTreeMap::new();
    let mut active = Vec::new();
    for id in plan.graph.order() {
        let step = plan.graph.step(id).unwrap();
        let ready = plan.graph.before(id).into_iter().map(|(before, edge)| match edge {
            Edge::End => times[&before].1,
            Edge::Start(offset) => times[&before].0 + offset,
        });
        let begins = ready.fold(0.0, f64::max);
        let taken = step.guards.iter().all(|(choice, way)| ways[choice] == Some(*way));
        if !taken || begins >= stop {
            times.insert(id, (begins, begins));
            ways.insert(id, None);
            continue;
        }
        let mut lasts = match &step.kind {
            StepKind::Wait(duration) => between(dice, duration.lo, duration.hi),
            StepKind::Mark => 0.0,
            StepKind::Inject(injection) => {
                let prepared = between(dice, 0.0, APPLY_TIMEOUT);
                let applied = between(dice, 0.0, APPLY_TIMEOUT);
                let late = if injection.until.is_some() { between(dice, 0.0, LATE) } else { 0.0 };
                let held = between(dice, injection.duration.lo, injection.duration.hi) + late;
                let reverted = between(dice, 0.0, REVERT_BOUND);
                let from = begins + prepared;
                let ends = (from + applied + held).min(stop.max(from + applied));
                if from < stop {
                    active.push(Active {
                        target: injection.target.clone(),
                        touches: injection.touches.hi,
                        fails: injection.fails.hi,
                        from,
                        until: ends + reverted,
                    });
                }
                ends + reverted - begins + between(dice, 0.0, APPLY_TIMEOUT)
            }
            _ => between(dice, 0.0, plan::longest(step, plan)),
        };
        if begins + lasts > stop && !matches!(step.kind, StepKind::Inject(_)) {
            lasts = stop - begins;
        }
        times.insert(id, (begins, begins + lasts));
        ways.insert(id, Some(dice.below(2) == 0));
    }
    let length = times.values().map(|(_, end)| *end).fold(0.0, f64::max);
    measure(&mut active, length)
}

/// What faults came to together.
pub fn measure(active: &mut [Active], length: f64) -> Came {
    active.sort_by(|a, b| a.from.total_cmp(&b.from));
    let mut came = Came { length, ..Came::default() };
    let mut covered_until = 0.0_f64;
    for at in 0..active.len() {
        let now = active[at].from;
        came.exposure += (active[at].until - now.max(covered_until)).max(0.0);
        covered_until = covered_until.max(active[at].until);
        // The most come together where one begins.
        let open = || active[..=at].iter().filter(move |other| other.until > now + 1e-9);
        came.concurrent = came.concurrent.max(open().count());
        for service in SERVICES {
            let here = || open().filter(|other| other.target == **service);
            let (touches, fails) = (here().map(|it| it.touches).sum::<f64>(), here().map(|it| it.fails).sum::<f64>());
            let most = came.traffic.entry((*service).to_owned()).or_default();
            *most = most.max(touches.min(1.0));
            let most = came.fails.entry((*service).to_owned()).or_default();
            *most = most.max(fails.min(1.0));
        }
    }
    came
}

#[track_caller]
fn within(came: &Came, bounds: &Bounds, plan: &Plan, text: &str) {
    let slack = 1e-6;
    let told = || format!("{came:?}\n{bounds:?}\n{text}");
    assert!(came.concurrent <= bounds.concurrent, "concurrent {}", told());
    for (service, share) in &came.traffic {
        assert!(*share <= bounds.traffic.get(service).copied().unwrap_or(0.0) + slack, "traffic {}", told());
    }
    for (service, share) in &came.fails {
        assert!(*share <= bounds.fails.get(service).copied().unwrap_or(0.0) + slack, "fails {}", told());
    }
    assert!(came.exposure + bounds.detection <= bounds.exposure + slack, "exposure {}", told());
    assert!(came.length + plan.baseline <= bounds.length + slack, "length {}", told());
}

#[test]
fn no_run_exceeds_a_bound() {
    let mut dice = Dice(4);
    for _ in 0..GRAPHS {
        let text = program(&mut dice, true);
        let (plan, bounds) = planned(&text);
        for at in 0..RUNS {
            let came = run(&plan, &mut dice, at % 4 == 0);
            within(&came, &bounds, &plan, &text);
        }
    }
}

/// An inexact bound refuses experiments that would do no harm: it should be rare.
#[test]
fn the_bounds_are_reached() {
    let mut dice = Dice(11);
    let (mut exact, mut exposed, mut graphs) = (0, 0, 0);
    while graphs < CLOSELY {
        let text = program(&mut dice, false);
        let (plan, bounds) = planned(&text);
        if bounds.concurrent < 2 {
            continue;
        }
        graphs += 1;
        let (mut most, mut longest) = (0, 0.0_f64);
        for _ in 0..CLOSE_RUNS {
            let came = run(&plan, &mut dice, false);
            within(&came, &bounds, &plan, &text);
            most = most.max(came.concurrent);
            longest = longest.max(came.exposure);
            if most == bounds.concurrent && longest > 0.99 * (bounds.exposure - bounds.detection) {
                break;
            }
        }
        exact += usize::from(most == bounds.concurrent);
        exposed += usize::from(longest > 0.9 * (bounds.exposure - bounds.detection));
        if most < bounds.concurrent && std::env::var_os("SHOW_LOOSE").is_some() {
            println!("reached {most} of {}\n{text}", bounds.concurrent);
        }
    }
    println!(
        "concurrent is what some run came to in {exact} of {graphs} graphs; exposure is within a tenth in {exposed}"
    );
    assert!(exact * 100 >= graphs * 95, "{exact} of {graphs}");
}
