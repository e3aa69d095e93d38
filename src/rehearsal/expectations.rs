//! What each expectation can tell: how large an effect has to be to be seen, and whether the plan looks for long enough.

use super::Scene;
use super::check::Check;
use super::sources::spacing;
use crate::base::unit;
use crate::diagnostics::codes;
use crate::monitor::{Power, Times, bound_of, power};
use crate::plan::{Plan, StepKind};
use crate::syntax::tree::Comparator;
use crate::types::Type;
use crate::types::model::{Expectation, How};
use crate::types::term::{Comparison, Condition, Demand, Reading, Term};

const KIND: &str = "expectation";

/// An expectation with the time in which it is judged.
struct Asked<'p> {
    of: String,
    expectation: &'p Expectation,
    /// Seconds, at least.
    time: f64,
}

pub fn check(scene: Scene) -> Vec<Check> {
    let all = asked(scene.plan);
    let among = all.iter().filter(|it| it.expectation.demand == Demand::Compared).count();
    let mut checks = Vec::new();
    for one in &all {
        let of = format!("{}: {}", one.of, one.expectation.text);
        let of = match checks.iter().filter(|it: &&Check| it.of.starts_with(&of)).count() {
            0 => of,
            before => format!("{of} ({})", before + 1),
        };
        checks.push(of_expectation(scene, one, of, among).at(one.expectation.span));
    }
    checks
}

/// Every condition of a plan.
pub fn conditions(plan: &Plan) -> Vec<&Condition> {
    let slos = plan.steady.iter().map(|it| &it.condition);
    let aborts = plan.aborts.iter().map(|it| &it.condition);
    let all = asked(plan).into_iter().map(|it| &it.expectation.condition);
    slos.chain(aborts).chain(all).collect()
}

fn asked(plan: &Plan) -> Vec<Asked<'_>> {
    let mut all = Vec::new();
    for step in plan.graph.steps() {
        match &step.kind {
            StepKind::Inject(injection) => {
                let held = if injection.until.is_some() { injection.duration.hi } else { injection.duration.lo };
                let own = injection.judged();
                all.extend(own.map(|expectation| Asked { of: step.name.clone(), expectation, time: held }));
            }
            StepKind::Expect(expectation) => {
                let time =
                    if expectation.demand == Demand::Compared { plan.baseline } else { reach(expectation.demand) };
                all.push(Asked { of: step.name.clone(), expectation, time });
            }
            _ => {}
        }
    }
    let faults: f64 = plan.injections().map(|(_, it)| it.duration.lo).fold(0.0, f64::max);
    all.extend(plan.expectations.iter().map(|it| Asked { of: "throughout".to_owned(), expectation: it, time: faults }));
    all
}

/// How far a demand reaches by itself, in seconds.
fn reach(demand: Demand) -> f64 {
    match demand {
        Demand::Within { deadline, holding } => deadline + holding,
        _ => f64::INFINITY,
    }
}

fn of_expectation(scene: Scene, asked: &Asked, of: String, among: usize) -> Check {
    let Asked { expectation, time, .. } = asked;
    if scene.saw_nothing() || scene.length() <= 0.0 {
        return Check::not_looked_at(KIND, of, "the look ended before");
    }
    let comparisons = expectation.condition.comparisons();
    let readings = expectation.condition.readings();
    if comparisons.is_empty() {
        return Check::not_looked_at(KIND, of, "it compares nothing that is measured");
    }
    if let Some(unknown) =
        readings.iter().find(|it| !scene.seen.signals.get(&it.metric).is_some_and(|it| it.is_known()))
    {
        return Check::not_looked_at(KIND, of, format!("{} has no data", unknown.metric));
    }
    if let Some(check) = too_short(scene, asked, &of, &readings) {
        return check;
    }
    let told: Vec<Result<Told, String>> = match expectation.demand {
        Demand::Compared => comparisons.iter().map(|it| compared(scene, it, *time, among)).collect(),
        _ => comparisons.iter().map(|it| bounded(scene, it)).collect(),
    };
    worst(of, told)
}

/// What is known of a comparison: in words, and where it is not good, what to do.
pub struct Told {
    pub found: String,
    /// What to do, and whether a run is worth nothing before that.
    pub fix: Option<(bool, String)>,
    /// Whether it holds as things are.
    pub holds: bool,
}

/// One check of several comparisons: the gravest decides.
fn worst(of: String, told: Vec<Result<Told, String>>) -> Check {
    let words: Vec<String> =
        told.iter().map(|it| it.as_ref().map_or_else(Clone::clone, |it| it.found.clone())).collect();
    let found = words.join("; ");
    let fixes: Vec<&(bool, String)> = told.iter().flatten().filter_map(|it| it.fix.as_ref()).collect();
    if let Some((_, fix)) = fixes.iter().find(|(fails, _)| *fails) {
        return Check::fail(KIND, of, codes::E0727, found, fix);
    }
    if let Some((_, fix)) = fixes.first() {
        return Check::warn(KIND, of, codes::E0727, found, fix);
    }
    if told.iter().any(Result::is_err) {
        return Check::not_looked_at(KIND, of, found);
    }
    Check::ok(KIND, of, found)
}

/// A time in which no sample lies with all that it is made of.
fn too_short(scene: Scene, asked: &Asked, of: &str, readings: &[&Reading]) -> Option<Check> {
    if asked.expectation.demand == Demand::Now {
        return None;
    }
    let time = asked.time.min(reach(asked.expectation.demand));
    let needs = |reading: &&Reading| {
        let binding = scene.plan.bindings.get(&reading.metric)?;
        let window = if reading.is_windowed() { reading.window.unwrap_or(scene.plan.window) } else { 0.0 };
        // What a counter gains is counted from the start of the time on, however short that is.
        let window = if matches!(binding.how, How::Counter(_)) { 0.0 } else { window };
        Some(window + spacing(scene, &binding.source)?)
    };
    let needed = readings.iter().filter_map(needs).fold(0.0, f64::max);
    (needed > time).then(|| {
        let shown = unit::show_duration;
        let cause = format!(
            "it is judged in {}, and a sample with its window needs {}, as they came",
            shown(time),
            shown(needed)
        );
        let fix = format!(
            "make it {} or longer, or the window shorter, or read the source more often",
            shown((2.0 * needed).ceil())
        );
        Check::fail(KIND, of, codes::E0727, cause, &fix)
    })
}

/// A difference of a type: of ratios in points.
fn difference(ty: &Type, by: f64) -> String {
    let unit = if *ty == Type::Ratio { &Type::Points } else { ty };
    unit.show(by.abs())
}

/// A comparison with the baseline or with a margin: what the test can tell.
fn compared(scene: Scene, comparison: &Comparison, time: f64, among: usize) -> Result<Told, String> {
    let times = Times { before: scene.plan.baseline, during: time };
    let window = unit::to_duration(scene.plan.window);
    let known = power(comparison, scene.seen.phase, &scene.seen.signals, window, (times, among))?;
    Ok(told_power(&known, &comparison.ty, times))
}

fn told_power(known: &Power, ty: &Type, times: Times) -> Told {
    let Power { value, margin, resolution, samples, least, stretch } = *known;
    let worth = format!("worth {} independent samples", unit::show_number(samples.floor()));
    if margin <= 0.0 {
        let found = format!("its bound is broken as things are: {} off", difference(ty, margin));
        return Told { found, fix: Some((true, "mend the bound, or the system".to_owned())), holds: false };
    }
    let finds = format!(
        "it is {}; nine times in ten a worsening of {} is refuted, and none confirmed where the margin is {} or more; it is {} \
         ({worth})",
        ty.show(value),
        difference(ty, known.refutes()),
        difference(ty, resolution),
        difference(ty, margin),
    );
    if known.suffices() {
        return Told { found: finds, fix: None, holds: true };
    }
    let shown = |seconds: f64| unit::show_duration((seconds * stretch).ceil());
    let why = if samples < least { format!("; {} are needed", unit::show_number(least)) } else { String::new() };
    let longer = if stretch.is_finite() && stretch < 1_000.0 {
        format!(
            "make the baseline {} and this {}, or the margin {}",
            shown(times.before),
            shown(times.during),
            difference(ty, resolution)
        )
    } else {
        "make more load, or the margin wider".to_owned()
    };
    Told { found: format!("{finds}{why}"), fix: Some((true, longer)), holds: true }
}

/// A bound that each reading keeps or breaks: how far it is, and how much the reading moves by itself.
pub fn bounded(scene: Scene, comparison: &Comparison) -> Result<Told, String> {
    let Term::Reading(reading) = &comparison.left else {
        return Err("it is computed of several values, so its noise is not known".to_owned());
    };
    let noise = scene.seen.baselines.noise(reading);
    let noise = noise.ok_or("its noise is not known: no whole window of it was seen")?;
    let bound = bound_of(comparison, noise.middle, &scene.seen.baselines)
        .ok_or("what it is compared with is not known before the run")?;
    let ty = &comparison.ty;
    let apart = difference(ty, noise.middle - bound);
    let holds = match comparison.comparator {
        Comparator::AtLeast => noise.middle >= bound,
        Comparator::Above => noise.middle > bound,
        Comparator::AtMost => noise.middle <= bound,
        Comparator::Below => noise.middle < bound,
        Comparator::Equal => noise.middle == bound,
        Comparator::Unequal => noise.middle != bound,
    };
    let moves = format!("{} ± {}", ty.show(noise.middle), difference(ty, noise.spread));
    let effect = if noise.middle == bound { "any effect".to_owned() } else { format!("an effect of {apart}") };
    let seen = match holds {
        true => format!("it is {moves} and holds; {effect} breaks it"),
        false => format!("it is {moves} and does not hold now; {effect} brings it about"),
    };
    let reading_moves = noise.spread > 0.0 && is_noisy(comparison, scene);
    if reading_moves && noise.deviations(bound).abs() < noise.allowed() {
        let found = format!("{seen}; it moves so far by itself");
        let fix = "widen the window, or move the bound: chance decides where a bound lies within the noise".to_owned();
        return Ok(Told { found, fix: Some((false, fix)), holds });
    }
    Ok(Told { found: seen, fix: None, holds })
}

/// Whether a reading moved at all: what stood still while it was looked at is taken as it is.
fn is_noisy(comparison: &Comparison, scene: Scene) -> bool {
    let (start, end) = scene.seen.phase;
    let values = comparison
        .left
        .readings()
        .into_iter()
        .filter_map(|it| scene.seen.signals.get(&it.metric))
        .flat_map(|signal| signal.inside(start, end));
    let mut known = values.filter_map(|sample| sample.value.as_ref().ok()).map(|point| match point {
        crate::monitor::Point::Ratio { good, all } => all - good,
        crate::monitor::Point::Increase(by) => *by,
        crate::monitor::Point::Gauge(value) => *value,
        crate::monitor::Point::Histogram { sum, .. } => *sum,
    });
    let first = known.next();
    known.any(|value| Some(value) != first)
}
