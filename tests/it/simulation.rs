//! The real interpreter, run in simulated time against a world of the test's own: slow, failing, losing faults.
//!
//! What the world saw in force never exceeds what was proven of the plan, whatever becomes of the injects and reverts.

use crate::dice::Dice;
use crate::soundness::{Active, Came, Nothing, measure, program};
use chaos_lang::analysis::{analyse, plan};
use chaos_lang::base::{Clock, Instant, Overlay};
use chaos_lang::diagnostics::codes;
use chaos_lang::injector::{Call, Evidence, Handle, Phase};
use chaos_lang::journal::Journal;
use chaos_lang::metrics::{self, Found, Read};
use chaos_lang::monitor::{Point, Sample};
use chaos_lang::plan::{APPLY_TIMEOUT, Bound, Injection, Origin, Plan, Proxy};
use chaos_lang::radius::Bounds;
use chaos_lang::run::{
    ClaimIntent, Claimed, Ending, Events, FaultIntent, Future, Halt, Intent, Means, RunError, Runner, TokioClock,
    Verdict, Witness, World, virtual_time,
};
use chaos_lang::types::model::{ProbeUse, SourceRef};
use chaos_lang::types::term::{LimitName, MetricId};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GRAPHS: usize = 60;
const RUNS: usize = 3;

/// The steady state is judged before.
const STEADY: Instant = Instant(60_000_000_000);

/// How often things go wrong, in a hundred.
#[derive(Clone, Copy)]
pub struct Trouble {
    /// An inject fails.
    pub apply: usize,
    /// A try at a revert fails.
    pub revert: usize,
    /// A fault is lost at its target.
    pub lost: usize,
    /// The metric dips at a sample.
    pub dip: usize,
    /// An inject fails, and is done some seconds later all the same, at a target that knows no fences.
    pub late: usize,
}

/// A fault, as the world saw it.
struct Seen {
    step: String,
    from: Instant,
    until: Option<Instant>,
}

struct State {
    dice: Dice,
    seen: Vec<Seen>,
    passed: u64,
    last: BTreeMap<SourceRef, Instant>,
    low: bool,
}

pub struct Simulated {
    clock: Arc<dyn Clock>,
    trouble: Trouble,
    state: Mutex<State>,
    metrics: BTreeMap<SourceRef, Vec<MetricId>>,
}

impl Simulated {
    pub fn new(plan: &Plan, clock: Arc<dyn Clock>, trouble: Trouble, seed: u64) -> Self {
        let mut metrics: BTreeMap<SourceRef, Vec<MetricId>> = BTreeMap::new();
        for (metric, binding) in &plan.bindings {
            metrics.entry(binding.source.clone()).or_default().push(metric.clone());
        }
        let (seen, last) = (Vec::new(), BTreeMap::new());
        let state = Mutex::new(State { dice: Dice(seed), seen, passed: 0, last, low: false });
        Self { clock, trouble, state, metrics }
    }

    fn roll(&self, percent: usize) -> bool {
        self.state.lock().unwrap().dice.below(100) < percent
    }

    /// Lets some time pass, at most so many seconds, and often as many.
    async fn pass(&self, most: f64) {
        let rolled = self.state.lock().unwrap().dice.below(2000) as f64 / 1000.0;
        let seconds = most * if rolled < 1.0 { rolled } else { (2.0 * (rolled - 1.0)).floor() };
        self.clock.sleep_until(self.clock.now() + Duration::from_secs_f64(seconds)).await;
    }

    fn end(&self, step: &str) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap();
        let there = |seen: &&mut Seen| seen.step == step && seen.from <= now && seen.until.is_none();
        state.seen.iter_mut().filter(there).for_each(|seen| seen.until = Some(now));
    }

    fn is_in_force(&self, step: &str) -> bool {
        let now = self.clock.now();
        let there = |seen: &Seen| seen.step == step && seen.from <= now && seen.until.is_none();
        self.state.lock().unwrap().seen.iter().any(there)
    }
}

fn failure(retryable: bool) -> RunError {
    RunError { retryable, ..RunError::new(codes::E0710, "so it was rolled") }
}

fn fault(intent: &Intent) -> &FaultIntent {
    match intent {
        Intent::Fault(fault) => fault,
        _ => unreachable!("proxies stand, and no process is started"),
    }
}

impl World for Simulated {
    fn read<'a>(&'a self, source: &'a SourceRef, at: Instant) -> Future<'a, Read> {
        Box::pin(async move {
            let mut state = self.state.lock().unwrap();
            let State { dice, last, low, .. } = &mut *state;
            // What dips stays low for a while, so that conditions which must hold for some time come true, too.
            let dips = if *low { 80 } else { self.trouble.dip };
            *low = at > STEADY && dice.below(100) < dips;
            let good = if *low { 40.0 } else { 100.0 };
            let from = last.insert(source.clone(), at).unwrap_or(at);
            let sample = Sample { from, at, value: Ok(Point::Ratio { good, all: 100.0 }) };
            let metrics = self.metrics.get(source).into_iter().flatten();
            let samples = metrics.map(|metric| (metric.clone(), sample.clone())).collect();
            Read { samples, ..Read::default() }
        })
    }

    fn probe<'a>(&'a self, _: &'a ProbeUse, _: &'a str) -> Future<'a, Result<Found, metrics::Nothing>> {
        Box::pin(async { Err(metrics::Nothing::from("no graph here calls a probe".to_owned())) })
    }

    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        _known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let step = fault(intent).call.step.clone();
            if self.trouble.late > 0 && self.roll(self.trouble.late) {
                let from = self.clock.now() + Duration::from_secs(3);
                self.state.lock().unwrap().seen.push(Seen { step, from, until: None });
                return Err(failure(true));
            }
            // It may act from the first moment on, and also where the inject is said to have failed.
            self.state.lock().unwrap().seen.push(Seen { step, from: self.clock.now(), until: None });
            self.pass(APPLY_TIMEOUT).await;
            if self.roll(self.trouble.apply) { Err(failure(false)) } else { Ok(()) }
        })
    }

    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(async move {
            // Three tries and the pauses between them are one revert.
            self.pass(4.7).await;
            if self.roll(self.trouble.revert) {
                return Err(failure(true));
            }
            self.end(&fault(intent).call.step);
            Ok(String::new())
        })
    }

    fn make_ready<'a>(&'a self, _: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) })
    }

    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(async move {
            self.pass(APPLY_TIMEOUT).await;
            let (run, experiment) = ("simulated".to_owned(), "e".to_owned());
            Ok(FaultIntent {
                what: injection.fault.clone(),
                target: injection.target.clone(),
                component: injection.component.clone(),
                call: Call {
                    run,
                    experiment,
                    step: step.to_owned(),
                    fence: 0,
                    lease: Some(Duration::from_secs(10)),
                    dry_run: false,
                },
                handle: Handle { id: step.to_owned(), data: Vec::new() },
                proxy: injection.proxy.clone().filter(|_| self.trouble.late == 0),
                means: Means::default(),
                class: injection.class,
            })
        })
    }

    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            if self.roll(self.trouble.lost) {
                self.end(&fault.call.step);
            }
            if self.is_in_force(&fault.call.step) { Ok(()) } else { Err(failure(false)) }
        })
    }

    fn stake<'a>(&'a self, _: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async { Ok(()) }) // nobody is beside it
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        let phase = if self.is_in_force(&fault.call.step) { Phase::Active } else { Phase::Lost };
        Box::pin(async move { Ok(Evidence { phase, acted: 1, message: String::new() }) })
    }

    fn witnessed<'a>(&'a self, _: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async move {
            let mut state = self.state.lock().unwrap();
            state.passed += 10;
            Some(Witness { seen: state.passed, acted: state.passed })
        })
    }

    fn passed<'a>(&'a self, _: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async move {
            let mut state = self.state.lock().unwrap();
            state.passed += 10;
            Some(state.passed)
        })
    }

    fn proxy_stands<'a>(&'a self, _: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async { Ok(true) })
    }
}

/// The plan of a run, with limits that are its own bounds: nothing may go beyond what was proven.
pub fn planned(text: &str) -> (Plan, Bounds) {
    let path = PathBuf::from("e.chaos");
    let overlay = Overlay::over(&Nothing);
    overlay.put(path.clone(), text.to_owned());
    let mut analysis = analyse(&path, &overlay, None).unwrap();
    let planned = plan(&mut analysis, None, None, &[]).unwrap_or_else(|findings| panic!("{text}\n{findings:?}"));
    let (mut plan, bounds) = (planned.plan, planned.bounds);
    let mut limit = |name, value| {
        plan.limits.bounds.insert(name, Bound { value, origin: Origin::Experiment, span: None });
    };
    limit(LimitName::Concurrent, bounds.concurrent as f64);
    limit(LimitName::Exposure, bounds.exposure);
    limit(LimitName::Timeout, bounds.length);
    limit(LimitName::Traffic, bounds.traffic.values().copied().fold(0.0, f64::max));
    (plan, bounds)
}

/// One run: how it ended, and what the world saw.
fn run(plan: Plan, trouble: Trouble, seed: u64, journal: &Arc<Journal>) -> (Ending, Came) {
    let simulated = async {
        let (clock, world) = simulated(&plan, trouble, seed);
        let shares: BTreeMap<String, (String, f64, f64)> = plan
            .injections()
            .map(|(step, it)| (step.name.clone(), (it.target.clone(), it.touches.hi, it.fails.hi)))
            .collect();
        let began = clock.now();
        let ending = runner(plan, seed, (&clock, &world), journal, Halt::default()).run().await;
        let end = clock.now();
        let state = world.state.lock().unwrap();
        let seconds = |at: Instant| at.0 as f64 / 1e9;
        let active = state.seen.iter().map(|seen| {
            let (target, touches, fails) = shares[&seen.step].clone();
            let until = seen.until.unwrap_or(end);
            Active { target, touches, fails, from: seconds(seen.from), until: seconds(until) }
        });
        let length = seconds(end) - seconds(began);
        (ending, measure(&mut active.collect::<Vec<_>>(), length))
    };
    virtual_time(simulated).unwrap()
}

fn simulated(plan: &Plan, trouble: Trouble, seed: u64) -> (Arc<dyn Clock>, Arc<Simulated>) {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
    let world = Arc::new(Simulated::new(plan, Arc::clone(&clock), trouble, seed));
    (clock, world)
}

fn runner(
    plan: Plan,
    seed: u64,
    (clock, world): (&Arc<dyn Clock>, &Arc<Simulated>),
    journal: &Arc<Journal>,
    halt: Halt,
) -> Runner {
    let (sender, _events) = tokio::sync::mpsc::unbounded_channel();
    let events = Events::new(Arc::clone(clock), sender);
    let (clock, world) = (Arc::clone(clock), Arc::clone(world) as Arc<dyn World>);
    Runner {
        plan,
        run: format!("run-{seed}"),
        journal: Arc::clone(journal),
        world,
        clock,
        events,
        halt,
        claims: Claimed::default(),
    }
}

/// Runs random graphs, and gives how often each verdict came.
fn simulate(trouble: Trouble, seed: u64, check: impl Fn(&Ending, &Came, &Bounds, &str)) -> BTreeMap<String, usize> {
    let journal = Arc::new(Journal::in_memory().unwrap());
    let mut dice = Dice(seed);
    let mut verdicts = BTreeMap::new();
    for graph in 0..GRAPHS {
        let text = program(&mut dice, graph % 2 == 0);
        for at in 0..RUNS {
            let (plan, bounds) = planned(&text);
            let (ending, came) = run(plan, trouble, (graph * RUNS + at) as u64 + seed * 1_000_000, &journal);
            *verdicts.entry(ending.verdict.to_string()).or_default() += 1;
            check(&ending, &came, &bounds, &text);
        }
    }
    verdicts
}

#[track_caller]
fn within(ending: &Ending, came: &Came, bounds: &Bounds, text: &str) {
    let told = || format!("{ending:?}\n{came:?}\n{bounds:?}\n{text}");
    assert!(came.concurrent <= bounds.concurrent, "concurrent {}", told());
    for (service, share) in &came.traffic {
        assert!(*share <= bounds.traffic.get(service).copied().unwrap_or(0.0) + 1e-6, "traffic {}", told());
    }
    if ending.verdict != Verdict::NotReverted {
        assert!(came.exposure <= bounds.exposure + 1e-6, "exposure {}", told());
        assert!(came.length <= bounds.length + 1.0, "length {}", told());
    }
}

#[test]
fn the_interpreter_stays_within_the_bounds() {
    let trouble = Trouble { apply: 0, revert: 0, lost: 0, dip: 5, late: 0 };
    let verdicts = simulate(trouble, 1, |ending, came, bounds, text| {
        within(ending, came, bounds, text);
        assert!(!matches!(ending.verdict, Verdict::NotReverted | Verdict::Broken), "{ending:?}\n{text}");
    });
    println!("{verdicts:?}");
    assert!(verdicts.contains_key("confirmed") && verdicts.contains_key("refuted"), "{verdicts:?}");
}

#[test]
fn injects_and_reverts_that_fail_exceed_no_bound() {
    let trouble = Trouble { apply: 10, revert: 30, lost: 0, dip: 5, late: 0 };
    let verdicts = simulate(trouble, 2, |ending, came, bounds, text| within(ending, came, bounds, text));
    println!("{verdicts:?}");
    for verdict in ["broken", "aborted"] {
        assert!(verdicts.contains_key(verdict), "{verdict} is not among {verdicts:?}");
    }
}

/// What a target loses ends early, so what comes next begins early: then the limits are kept at the inject.
#[test]
fn lost_faults_let_nothing_overlap_that_may_not() {
    let trouble = Trouble { apply: 0, revert: 0, lost: 20, dip: 5, late: 0 };
    let verdicts = simulate(trouble, 3, |ending, came, bounds, text| within(ending, came, bounds, text));
    println!("{verdicts:?}");
    assert!(verdicts.contains_key("inconclusive"), "{verdicts:?}");
}

#[test]
fn what_begins_early_because_a_fault_was_lost_is_not_injected() {
    let text = program_of(
        "parallel {
          sequence { inject http.error(a, traffic: 50%) as first for 100s; inject http.error(a, traffic: 50%) as second for 10s }
          sequence { wait 60s; inject http.error(b) as other for 5s }
        }",
    );
    let journal = Arc::new(Journal::in_memory().unwrap());
    let (plan, bounds) = planned(&text);
    assert_eq!(bounds.concurrent, 2, "{bounds:?}");
    let mut lost = plan.clone();
    let bound = Bound { value: 1.0, origin: Origin::Experiment, span: None };
    lost.limits.bounds.insert(LimitName::Concurrent, bound);
    let quiet = Trouble { apply: 0, revert: 0, lost: 0, dip: 0, late: 0 };
    let (ending, came) = run(lost, quiet, 7, &journal);
    assert_eq!(ending.verdict, Verdict::Aborted, "{ending:?}");
    assert!(
        ending.reasons[0].text.contains("the limit `concurrent` would be exceeded with first in force"),
        "{ending:?}"
    );
    assert_eq!(came.concurrent, 1);
    let (ending, _) = run(plan, quiet, 8, &journal);
    assert_eq!(ending.verdict, Verdict::Confirmed, "{ending:?}");
}

#[test]
fn an_inject_that_lands_after_its_revert_is_taken_back_again() {
    let text = program_of("inject http.error(a, traffic: 20%) as late for 20s");
    let journal = Arc::new(Journal::in_memory().unwrap());
    let (plan, _) = planned(&text);
    let trouble = Trouble { apply: 0, revert: 0, lost: 0, dip: 0, late: 100 };
    virtual_time(async {
        let (clock, world) = simulated(&plan, trouble, 1);
        let ending = runner(plan, 1, (&clock, &world), &journal, Halt::default()).run().await;
        assert_eq!(ending.verdict, Verdict::Broken, "{ending:?}");
        let state = world.state.lock().unwrap();
        let [seen] = state.seen.as_slice() else { panic!("one inject") };
        assert!(seen.until.is_some_and(|until| until >= seen.from), "it was left in force");
    })
    .unwrap();
}

/// What came on top of another fault is taken back before it, what has to do with neither at once.
#[test]
fn faults_are_taken_back_in_reverse_order_and_at_once_where_they_have_nothing_to_do_with_one_another() {
    const STOPPED: Duration = Duration::from_secs(100);
    let text = program_of(
        "parallel {
          @allow(interference) inject http.error(a, traffic: 20%) as under for 200s
          sequence { wait 10s; @allow(interference) inject http.error(a, traffic: 20%) as above for 200s }
          sequence { wait 5s; inject http.error(b, traffic: 20%) as beside for 200s }
        }",
    );
    let journal = Arc::new(Journal::in_memory().unwrap());
    let quiet = Trouble { apply: 0, revert: 0, lost: 0, dip: 0, late: 0 };
    let mut sooner = 0;
    for seed in 0..20 {
        let (plan, _) = planned(&text);
        let took_back = virtual_time(async {
            let (clock, world) = simulated(&plan, quiet, seed);
            let halt = Halt::default();
            let stopping = async {
                clock.sleep_until(Instant(STEADY.0) + STOPPED).await;
                halt.stop(Verdict::Aborted, "enough");
                clock.now()
            };
            let running = runner(plan, seed, (&clock, &world), &journal, halt.clone()).run();
            let (ending, stopped) = tokio::join!(running, stopping);
            assert_eq!(ending.verdict, Verdict::Aborted, "{ending:?}");
            let state = world.state.lock().unwrap();
            let ended = |step: &str| state.seen.iter().find(|seen| seen.step == step).unwrap().until.unwrap();
            ["under", "above", "beside"].map(|step| ended(step).since(stopped).as_secs_f64())
        });
        let [under, above, beside] = took_back.unwrap();
        assert!(above <= under && above < 5.3 && beside < 5.3, "{under} {above} {beside}");
        sooner += usize::from(beside < above);
    }
    assert!((1..20).contains(&sooner), "{sooner}");
}

/// An experiment with this run.
pub fn program_of(run: &str) -> String {
    let any = program(&mut Dice(1), false);
    let (head, rest) = any.split_once("  run {\n").unwrap();
    let (_, tail) = rest.rsplit_once("  }\n  expect always").unwrap();
    format!("{head}  run {{\n{run}\n  }}\n  expect always{tail}")
}
