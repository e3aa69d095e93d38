//! One simulated run with all that comes of it: runners that die, recoveries that die, a second run beside it.

use super::invariants::{self, Seen};
use super::luck::{Luck, LuckOf, Origin};
use super::schedule::{Actor, Schedule};
use crate::base::{Clock, Instant, unit};
use crate::journal::Journal;
use crate::plan::Plan;
use crate::radius::Bounds;
use crate::run::{
    Claimed, Effects, Ending, Event, Events, Halt, Moments, Runner, TokioClock, Verdict, World, leftovers, recover,
    virtual_time,
};
use crate::simulation::fate::Fate;
use crate::simulation::given::Givens;
use crate::simulation::outside::{Left, Outside};
use crate::simulation::steady::Steady;
use crate::simulation::steps::{Blocks, Steps, blocks};
use crate::simulation::world::{Scene, VirtualWorld};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// After this, whatever was on its way has arrived, and no lease has run out yet: what is gone was taken back.
const LATER: Duration = Duration::from_secs(6);
/// A run that takes so much longer than its longest does not end.
const PATIENCE: f64 = 600.0;
/// Recoveries of one simulated run, at most; the last of them is well.
const RECOVERIES: u32 = 5;

/// What is simulated.
pub struct Subject {
    plan: Arc<Plan>,
    bounds: Bounds,
    blocks: Blocks,
    steady: Arc<Steady>,
}

/// What came of one simulated run.
#[derive(Debug)]
pub struct Lived {
    /// The verdict of the first run; nothing where its runner died.
    pub verdict: Option<Verdict>,
    /// What went wrong in it.
    pub schedule: Schedule,
    /// What must not be, and was.
    pub wrong: Vec<String>,
    /// What happened, in order.
    pub log: Vec<(Actor, Happened)>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// As the run tells it.
    Event(Event),
    /// Whatever else there is to say.
    Said(String),
}

/// How a run ended, and what is known of its steps.
pub struct Ended {
    /// Its name.
    pub run: String,
    /// How; nothing where its runner died.
    pub ending: Option<Ending>,
    /// When its steps began and ended.
    pub steps: Steps,
    /// When it began.
    pub began: Instant,
    /// When it ended.
    pub at: Instant,
    /// What the outside held of it when it had ended.
    pub left: Vec<Left>,
    /// When somebody stopped it.
    pub stopped: Option<Instant>,
    /// By how much its limits were lower than in the plan.
    pub limits: f64,
}

impl Subject {
    /// A plan with its bounds.
    pub fn new(plan: Plan, bounds: Bounds) -> Self {
        let plan = Arc::new(plan);
        let (blocks, steady) = (blocks(&plan), Arc::new(Steady::new(Arc::clone(&plan))));
        Self { plan, bounds, blocks, steady }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan, with limits that are so much lower.
    fn limited(&self, by: f64) -> Plan {
        let mut plan = self.plan.as_ref().clone();
        plan.limits.bounds.values_mut().for_each(|bound| bound.value *= by);
        plan
    }

    /// What it has been proven to stay within.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// What cannot be steady in this plan, in the author's words.
    pub fn open(&self) -> Vec<String> {
        self.steady.open()
    }

    /// Simulates it once.
    ///
    /// # Errors
    /// The machine gives no store in memory, or no timer.
    pub fn live(&self, origin: Origin) -> Result<Lived, String> {
        let journal = Arc::new(Journal::in_memory().map_err(|error| error.to_string())?);
        let luck = Arc::new(Luck::new(origin));
        let stage = Stage { subject: self, journal, outside: Arc::default(), luck, log: Mutex::default() };
        let ended = virtual_time(stage.runs()).map_err(|error| error.to_string())?;
        let mut now = ended.iter().map(|one| one.at).max().unwrap_or_default();
        for one in ended.iter().filter(|one| one.ending.is_none()) {
            stage.journal.runner_died(&one.run).map_err(|error| error.to_string())?;
        }
        if ended.iter().any(|one| one.ending.is_none()) {
            now = stage.recoveries(now)?;
        }
        let now = virtual_time(stage.healed(now + LATER)).map_err(|error| error.to_string())?;
        let (journal, outside) = (&stage.journal, &stage.outside);
        let wrong = invariants::broken(&Seen { subject: self, ended: &ended, journal, outside, now });
        let log = stage.log.into_inner().unwrap_or_else(PoisonError::into_inner);
        let verdict = ended.first().and_then(|one| one.ending.as_ref()).map(|ending| ending.verdict);
        Ok(Lived { verdict, schedule: stage.luck.taken(), wrong, log })
    }
}

/// Where one simulated run takes place.
struct Stage<'s> {
    subject: &'s Subject,
    journal: Arc<Journal>,
    outside: Arc<Outside>,
    luck: Arc<Luck>,
    log: Mutex<Vec<(Actor, Happened)>>,
}

impl Stage<'_> {
    fn note(&self, actor: Actor, line: &str) {
        self.happened(actor, Happened::Said(line.to_owned()));
    }

    fn happened(&self, actor: Actor, what: Happened) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push((actor, what));
    }

    fn scene(&self, actor: Actor, run: &str, clock: &Arc<dyn Clock>, moments: &Moments) -> (Scene, Arc<Notify>) {
        let fate: Arc<dyn Fate> = Arc::new(LuckOf { luck: Arc::clone(&self.luck), actor });
        let death = Arc::new(Notify::new());
        let scene = Scene {
            plan: Arc::clone(&self.subject.plan),
            blocks: Arc::clone(&self.subject.blocks),
            moments: moments.clone(),
            run: run.to_owned(),
            clock: Arc::clone(clock),
            givens: Givens::default(),
            steady: Some(Arc::clone(&self.subject.steady)),
            fate,
            outside: Arc::clone(&self.outside),
            audit: Some(Arc::clone(&self.journal)),
            death: Arc::clone(&death),
        };
        (scene, death)
    }

    /// The run, and a second one beside it if there is one.
    async fn runs(&self) -> Vec<Ended> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
        let first = self.run(Actor::Run(1), Arc::clone(&clock));
        if !self.luck.two {
            return vec![first.await];
        }
        let (first, second) = tokio::join!(first, self.run(Actor::Run(2), clock));
        vec![first, second]
    }

    async fn run(&self, actor: Actor, clock: Arc<dyn Clock>) -> Ended {
        let longest = self.subject.bounds.length;
        clock.sleep_until(clock.now() + self.luck.begins(actor, longest)).await;
        let began = clock.now();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let events = Events::new(Arc::clone(&clock), sender);
        let moments = events.moments().clone();
        let run = actor.to_string();
        let (scene, death) = self.scene(actor, &run, &clock, &moments);
        let halt = Halt::default();
        let stopped = self.luck.stops(actor, longest).map(|after| began + after);
        let stopping = stopped.map(|at| {
            let (halt, clock) = (halt.clone(), Arc::clone(&clock));
            tokio::spawn(async move {
                clock.sleep_until(at).await;
                halt.stop(Verdict::Aborted, "stopped by hand");
            })
        });
        let limits = if self.luck.halves_limits(actor) { 0.5 } else { 1.0 };
        let world: Arc<dyn World> = Arc::new(VirtualWorld::new(scene, None));
        let ending = match leftovers(&self.journal, &self.subject.plan) {
            Ok(found) if found.is_empty() => {
                let (plan, journal) = (self.subject.limited(limits), Arc::clone(&self.journal));
                let (run, time, claims) = (run.clone(), Arc::clone(&clock), Claimed::default());
                let runner = Runner { plan, run, journal, world, clock: time, events, halt, claims };
                tokio::select! {
                    biased;
                    () = death.notified() => None,
                    ending = runner.run() => Some(ending),
                    () = clock.sleep_until(began + unit::to_duration(longest + PATIENCE)) => Some(endless()),
                }
            }
            Ok(_) => Some(refused("what an earlier run left is in the way")),
            Err(error) => Some(refused(&error.message)),
        };
        stopping.inspect(|task| task.abort());
        while let Ok(event) = receiver.try_recv() {
            self.happened(actor, Happened::Event(event));
        }
        self.note(actor, &ending.as_ref().map_or_else(|| "its runner died".to_owned(), |it| it.verdict.to_string()));
        let (at, steps) = (clock.now(), Steps::of(&self.subject.blocks, &moments));
        let left = self.outside.left_of(&run, at);
        Ended { run, ending, steps, began, at, left, stopped, limits }
    }

    /// Recovers until nobody dies any more; gives the time.
    fn recoveries(&self, mut now: Instant) -> Result<Instant, String> {
        for number in 1..=RECOVERIES {
            let (at, died) = virtual_time(self.recovery(number, now)).map_err(|error| error.to_string())?;
            now = at;
            if !died {
                break;
            }
        }
        Ok(now)
    }

    /// A last recovery, to which nothing happens.
    async fn healed(&self, now: Instant) -> Instant {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::going_on_from(now));
        let (mut scene, _) = self.scene(Actor::Recovery(RECOVERIES + 1), "healed", &clock, &Moments::default());
        scene.fate = Arc::new(Givens::default());
        let world: Arc<dyn World> = Arc::new(VirtualWorld::new(scene, None));
        let effects = Effects::new(Arc::clone(&self.journal), world, Arc::clone(&clock), "healed".to_owned());
        if let Err(error) = recover(&self.journal, &effects).await {
            self.outside.blame(format!("nothing can be recovered: {}", error.message), clock.now());
        }
        clock.now()
    }

    async fn recovery(&self, number: u32, now: Instant) -> (Instant, bool) {
        let actor = Actor::Recovery(number);
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::going_on_from(now));
        clock.sleep_until(clock.now() + self.luck.begins(actor, 0.0)).await;
        let run = actor.to_string();
        let (scene, death) = self.scene(actor, &run, &clock, &Moments::default());
        let world: Arc<dyn World> = Arc::new(VirtualWorld::new(scene, None));
        let effects = Effects::new(Arc::clone(&self.journal), world, Arc::clone(&clock), run);
        let recovered = tokio::select! {
            biased;
            () = death.notified() => None,
            done = recover(&self.journal, &effects) => Some(done),
        };
        match &recovered {
            None => self.note(actor, &format!("{} it died", clock.now())),
            Some(Err(error)) => self.note(actor, &error.message),
            Some(Ok(undone)) => {
                for one in undone.iter().filter(|one| !one.kept).map(|one| &one.undone) {
                    let came = one
                        .result
                        .as_ref()
                        .map_or_else(|error| error.message.clone(), |note| format!("taken back {note}"));
                    self.note(actor, &format!("{} {}: {came}", clock.now(), one.what));
                }
            }
        }
        (clock.now(), recovered.is_none())
    }
}

fn refused(why: &str) -> Ending {
    end(Verdict::Refused, why)
}

fn endless() -> Ending {
    end(Verdict::NotReverted, invariants::ENDLESS)
}

fn end(verdict: Verdict, why: &str) -> Ending {
    let reasons = vec![crate::run::Reason { verdict, text: why.to_owned() }];
    Ending { verdict, reasons, judged: Vec::new(), faults: Vec::new(), sources: Vec::new(), error: None }
}
