//! What `env check` and `exec --dry-run` share: looking, and telling what was seen.

use super::exec::{nothing_in_the_way, run_name};
pub use super::output::TextOrJson as Format;
use super::output::write_out;
use super::signals::Signals;
use super::stop;
use super::{block_on, complain, counted};
use crate::base::{Clock, Sources, unit};
use crate::diagnostics::codes;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::rehearsal::{About, Check, Outcome, Scene, Totals, document, length, rehearse};
use crate::report::{self, Paint};
use crate::run::{Claimed, Event, Events, Halt, Observation, RealWorld, RunError, Runner, TokioClock, Verdict};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long is looked, and how it is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub length: Option<Duration>,
    pub format: Format,
}

/// A time from 1s to 1h, for the command line.
pub fn time(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, name) = text.split_at(end);
    let size = unit::unit(name).filter(|(measure, _)| *measure == unit::Measure::Duration).map(|(_, size)| size);
    let seconds = number.parse::<f64>().ok().zip(size).map(|(number, size)| number * size);
    match seconds {
        Some(seconds) if (1.0..=3_600.0).contains(&seconds) => Ok(unit::to_duration(seconds)),
        Some(_) => Err("it must be 1s to 1h".to_owned()),
        None => Err("write it like `30s` or `2m`".to_owned()),
    }
}

/// Looks at the environment of a plan and tells what was seen. Gives the exit code.
pub fn run(plan: Plan, (file, sources): (&Path, &Sources), journal: Arc<Journal>, look: Look) -> u8 {
    if let Some(held) = stop::held(&journal) {
        return complain(&held);
    }
    if let Err(refusal) = nothing_in_the_way(&journal, &plan) {
        return complain(&refusal);
    }
    let length = look.length.unwrap_or_else(|| length(&plan));
    let plan = fitted(plan, length);
    if look.format == Format::Text {
        introduce(&plan, length);
    }
    let seen = block_on(observe(plan.clone(), journal, length, look.format));
    let (seen, unopened) = match seen {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => return complain(&error.diagnostic()),
        Err(error) => return complain(&RunError::new(codes::E0803, error).diagnostic()),
    };
    let checks = rehearse(Scene { plan: &plan, seen: &seen, unopened: &unopened });
    match look.format {
        Format::Text => tell(&checks, &seen, sources),
        Format::Json => {
            let about = about(&plan, file, &seen);
            write_out(&document(&about, &checks, sources));
        }
    }
    exit_code(&checks, &seen)
}

/// An environment alone has no window of its own: one that several fit into the time that is looked.
fn fitted(plan: Plan, length: Duration) -> Plan {
    let most = if plan.experiment.is_empty() { length.as_secs_f64() / 4.0 } else { f64::INFINITY };
    Plan { window: plan.window.min(most), ..plan }
}

fn about(plan: &Plan, file: &Path, seen: &Observation) -> About {
    About {
        file: file.display().to_string(),
        experiment: (!plan.experiment.is_empty()).then(|| plan.experiment.clone()),
        environment: plan.environment.clone(),
        seconds: seen.length().as_secs_f64(),
        started: seen.started.clone(),
    }
}

/// 7 where something could not be taken down, 4 where somebody stopped it, else 1 where a check failed.
fn exit_code(checks: &[Check], seen: &Observation) -> u8 {
    let stopped = seen.stopped.as_ref().is_some_and(|stop| stop.verdict == Verdict::Aborted);
    match Totals::of(checks) {
        _ if !seen.left.is_empty() => Verdict::NotReverted.exit_code(),
        _ if stopped => Verdict::Aborted.exit_code(),
        Totals { failed: 1.., .. } => 1,
        _ => 0,
    }
}

async fn observe(
    plan: Plan,
    journal: Arc<Journal>,
    length: Duration,
    format: Format,
) -> Result<(Observation, crate::run::Unopened), RunError> {
    let run = run_name();
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
    let (world, unopened) = RealWorld::to_look_at(&plan, &run, journal.folder()).await?;
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = Events::new(Arc::clone(&clock), sender);
    let halt = Halt::default();
    let signals = Signals::install().map_err(|error| RunError::new(codes::E0803, error.to_string()))?;
    let signalled = signals.stop(halt.clone(), events.clone(), Arc::clone(&journal), run.clone());
    let switch = stop::watch(Arc::clone(&journal), run.clone(), halt.clone());
    let watching = tokio::spawn(async move { tokio::join!(signalled, switch) });
    let printing = tokio::spawn(print_events(receiver, format));
    let (claims, world) = (Claimed::to_look_at(&plan), Arc::new(world));
    let seen = Runner { plan, run, journal, world, clock, events, halt, claims }.observe(length).await;
    watching.abort();
    let _stopped = watching.await;
    let _printed = printing.await;
    Ok((seen?, unopened))
}

async fn print_events(mut events: mpsc::UnboundedReceiver<Event>, format: Format) {
    while let Some(event) = events.recv().await {
        if format == Format::Text {
            say!("{}", report::line(&event));
        }
    }
}

fn introduce(plan: &Plan, length: Duration) {
    let what = match plan.experiment.as_str() {
        "" => format!("the environment {}", Paint::bold(&plan.environment)),
        name => format!("a rehearsal of {} in the environment {}", Paint::bold(name), plan.environment),
    };
    say!("{what}: watched for {}; nothing is injected", unit::show_duration(length.as_secs_f64()));
    if !plan.processes.is_empty() || !plan.proxies.is_empty() {
        say!("  what it starts is started, and taken down again");
    }
    say!("");
}

fn tell(checks: &[Check], seen: &Observation, sources: &Sources) {
    let mut kind = "";
    for check in checks {
        if check.kind != kind {
            kind = check.kind;
            say!("\n{}", Paint::bold(kind));
        }
        tell_one(check, sources);
    }
    say!("");
    let taken = match (seen.left.len(), seen.started.len()) {
        (0, 0) => "nothing was started".to_owned(),
        (0, started) => format!("{} started and taken down again", was(started, "process")),
        (left, _) => format!("{} still there: run `chaos recover`", was(left, "process")),
    };
    say!("{}; nothing was injected, {taken}", summary(Totals::of(checks)));
}

fn was(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what} was") } else { format!("{count} {what}es were") }
}

/// The counts in a line; nothing is called good of which a part was not seen.
fn summary(totals: Totals) -> String {
    let Totals { ok, warnings, failed, not_looked_at } = totals;
    let all = counted(ok + warnings + failed + not_looked_at, "check");
    let parts = [
        (failed, format!("{failed} failed")),
        (warnings, counted(warnings, "warning")),
        (not_looked_at, format!("{not_looked_at} not looked at")),
        (ok, format!("{ok} ok")),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
    format!("{all}: {}", parts.join(", "))
}

fn tell_one(check: &Check, sources: &Sources) {
    let mark = match check.outcome {
        Outcome::Ok => Paint::green("✓").to_string(),
        Outcome::Warn => Paint::yellow("!").to_string(),
        Outcome::Fail => Paint::red("✗").to_string(),
        Outcome::NotLookedAt => Paint::dim("–").to_string(),
    };
    let code = match (check.outcome, check.code) {
        (Outcome::Fail, Some(code)) => format!("{}: ", Paint::red(format!("error[{code}]"))),
        (Outcome::Warn, Some(code)) => format!("{}: ", Paint::yellow(format!("warning[{code}]"))),
        (Outcome::NotLookedAt, _) => "not looked at: ".to_owned(),
        _ => String::new(),
    };
    say!("  {mark} {}: {code}{}", check.of, check.found);
    if let Some(fix) = &check.fix {
        let place = check.at.and_then(|span| Some((sources.get(span.source)?, span.start as usize)));
        let place = place.map_or_else(String::new, |(it, at)| format!(" ({}:{})", it.path.display(), it.line(at)));
        say!("      {} {fix}{}", Paint::bold("fix:"), Paint::dim(place));
    }
}
