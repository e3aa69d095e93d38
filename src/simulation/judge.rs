//! Whether a run came out as its test expects.

use super::outside::How;
use super::steady::mentions;
use super::steps::expectations;
use super::trial::Record;
use crate::base::{Instant, Span, unit};
use crate::plan::{Plan, Step};
use crate::run::{Judged, Verdict};
use crate::types::term::{Condition, MetricId};
use crate::types::trial::{After, Cause, Expected, ExpectedStep, ExpectedVerdict, Outcome, is_named};

/// An expectation of a test that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What came instead.
    pub text: String,
    /// More, line by line.
    pub notes: Vec<String>,
    /// Where it is expected.
    pub span: Span,
}

/// What of all that is expected was not met.
pub fn judge(expected: &[Expected], record: &Record, plan: &Plan) -> Vec<Failure> {
    let judge = |expected: &Expected| match expected {
        Expected::Verdict(verdict) => of_verdict(verdict, record, plan),
        Expected::Step(step) => of_step(step, record, plan),
    };
    expected.iter().filter_map(judge).collect()
}

fn of_verdict(expected: &ExpectedVerdict, record: &Record, plan: &Plan) -> Option<Failure> {
    let ending = &record.ending;
    let failure = |text: String| {
        let reasons = ending.reasons.iter();
        let notes = reasons.map(|reason| format!("{}: {}", reason.verdict, reason.text)).collect();
        Some(Failure { text, notes, span: expected.span })
    };
    let (wanted, came) = (&expected.word, ending.verdict.to_string());
    if *wanted != came {
        return failure(format!("expected the verdict {wanted}, it is {came}"));
    }
    let cause = expected.because.as_ref()?;
    let reasons = ending.reasons.iter().filter(|reason| reason.verdict == ending.verdict);
    let judged = ending.judged.iter().filter(|it| it.verdict == ending.verdict);
    let texts: Vec<&str> =
        reasons.map(|reason| reason.text.as_str()).chain(judged.map(|it| it.text.as_str())).collect();
    let is_so = match cause {
        Cause::Text(text) => texts.iter().any(|reason| reason.contains(text.as_str())),
        Cause::Metric(metric) => texts.iter().any(|reason| is_about(reason, metric, plan)),
        Cause::Step(step) => is_of_step(record, step, &texts, plan),
    };
    if is_so {
        return None;
    }
    let cause = match cause {
        Cause::Text(text) => format!("\"{text}\""),
        Cause::Metric(metric) => format!("`{metric}`"),
        Cause::Step(step) => format!("`{step}`"),
    };
    failure(format!("the verdict is {came}, but not because of {cause}"))
}

/// Whether a reason is about a metric: it names it, or the words of a condition that reads it.
fn is_about(reason: &str, metric: &MetricId, plan: &Plan) -> bool {
    let reads = |condition: &Condition| condition.readings().iter().any(|reading| reading.metric.is_of(metric));
    names(reason, &metric.to_string()) || says(reason, plan, reads)
}

/// Whether a reason holds the words of such a condition.
fn says(reason: &str, plan: &Plan, such: impl Fn(&Condition) -> bool) -> bool {
    let aborts = plan.aborts.iter().map(|it| (&it.condition, &it.text));
    let slos = plan.steady.iter().map(|it| (&it.condition, &it.text));
    let overall = plan.expectations.iter().map(|it| (&it.condition, &it.text));
    let steps = plan.graph.steps().flat_map(expectations).map(|it| (&it.condition, &it.text));
    let mut conditions = aborts.chain(slos).chain(overall).chain(steps);
    conditions.any(|(condition, text)| such(condition) && reason.contains(text.as_str()))
}

/// Whether a text holds a name as a whole word.
fn names(text: &str, name: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_of_name);
        let after = text[at + name.len()..].chars().next().is_some_and(|c| is_of_name(c) && c != '.');
        !before && !after
    })
}

/// Whether a reason is something in a step, or something that needs what its call has found.
fn is_of_step(record: &Record, step: &str, texts: &[&str], plan: &Plan) -> bool {
    let called = |text: &&str| record.steps.named(step).any(|own| says(text, plan, |it| mentions(it, own)));
    let of = |text: &&str| record.steps.named(step).any(|own| text.starts_with(&format!("{own}:")));
    let judged = record.ending.judged.iter().filter(|it| it.verdict == record.ending.verdict);
    texts.iter().any(of) || texts.iter().any(called) || judged.into_iter().any(|it| record.steps.is_named(&it.of, step))
}

fn of_step(expected: &ExpectedStep, record: &Record, plan: &Plan) -> Option<Failure> {
    let failure = |text: String, notes: Vec<String>| Some(Failure { text, notes, span: expected.span });
    let (step, word) = (&expected.step, expected.outcome.word());
    let at = match came(expected, record, plan) {
        Ok(at) => at,
        Err(instead) => return failure(format!("expected `{step}` {word}: {instead}"), told(record, step)),
    };
    let (within, after) = expected.within.as_ref()?;
    let origin = match after {
        After::Beginning => began(record, step, plan).ok_or_else(|| format!("`{step}` never began")),
        After::Abort => record.halted.ok_or_else(|| "the run was not stopped".to_owned()),
        After::Step(other) => ended(record, other, plan).ok_or_else(|| format!("`{other}` never ended")),
    };
    let origin = match origin {
        Ok(origin) => origin,
        Err(why) => return failure(format!("expected `{step}` {word} in time: {why}"), Vec::new()),
    };
    if at < origin {
        return failure(format!("`{step}` was {word} before: at {at}, not after {origin}"), Vec::new());
    }
    let took = at.since(origin).as_secs_f64();
    if took <= within + 1e-9 {
        return None;
    }
    let (took, within) = (unit::show_duration(took), unit::show_duration(*within));
    failure(
        format!("`{step}` was {word} after {took}, not within {within}: at {at}, counted from {origin}"),
        Vec::new(),
    )
}

/// When what is expected of a step came, or what came instead.
fn came(expected: &ExpectedStep, record: &Record, plan: &Plan) -> Result<Instant, String> {
    let step = &expected.step;
    let faults = || record.faults.iter().filter(|fault| record.steps.is_named(&fault.step, step));
    match expected.outcome {
        Outcome::Skipped if record.steps.skipped(step) => Ok(record.steps.ended(step).unwrap_or_default()),
        Outcome::Skipped => Err(match record.steps.began(step) {
            Some(at) => format!("it began at {at}"),
            None => "it had not its turn before the run ended".to_owned(),
        }),
        Outcome::Injected => faults().map(|fault| fault.from).min().ok_or_else(|| "it was never in force".to_owned()),
        Outcome::Reverted => reverted(faults().collect()),
        Outcome::Satisfied => judged_as(expected, record, plan, Verdict::Confirmed),
        Outcome::Violated => judged_as(expected, record, plan, Verdict::Refuted),
        Outcome::Inconclusive => judged_as(expected, record, plan, Verdict::Inconclusive),
    }
}

/// When the last of the faults was taken back.
fn reverted(faults: Vec<&super::outside::Fault>) -> Result<Instant, String> {
    if faults.is_empty() {
        return Err("it was never in force".to_owned());
    }
    let mut last = Instant(0);
    for fault in faults {
        match fault.until {
            None => return Err("it is still in force".to_owned()),
            Some(ended) if ended.how == How::Reverted => last = last.max(ended.at),
            Some(ended) => {
                let how = match ended.how {
                    How::Lost => "its target lost it",
                    How::Lapsed => "its lease ran out",
                    _ => "it ended with its proxy",
                };
                return Err(format!("{how} at {}", ended.at));
            }
        }
    }
    Ok(last)
}

/// When a step's expectations had come to this. All must be satisfied; one that is violated, or unclear, is enough.
fn judged_as(expected: &ExpectedStep, record: &Record, plan: &Plan, verdict: Verdict) -> Result<Instant, String> {
    let wanted = wanted(record, &expected.step, plan);
    let is_of = |it: &&Judged| {
        record.steps.is_named(&it.of, &expected.step) || wanted.contains(&(it.of.as_str(), it.text.as_str()))
    };
    let judged: Vec<&Judged> = record.ending.judged.iter().filter(is_of).collect();
    let such = || judged.iter().filter(|it| it.verdict == verdict).map(|it| it.at);
    let other = judged.iter().find(|it| it.verdict != verdict);
    let is_judged = |(of, text): &&(&str, &str)| judged.iter().any(|it| it.of == *of && it.text == *text);
    let open = wanted.iter().find(|it| !is_judged(it)).filter(|_| !judged.is_empty());
    let found = match verdict {
        Verdict::Confirmed if other.is_none() && open.is_none() => such().max(),
        Verdict::Confirmed => None,
        _ => such().min(),
    };
    found.ok_or_else(|| match (other, open) {
        (Some(other), _) => format!("`{}` is {}: {}", other.text, other.verdict, other.detail),
        (None, Some((_, text))) => format!("`{text}` was not judged before the run ended"),
        (None, None) => "nothing of it was judged".to_owned(),
    })
}

/// What is expected in a step that was not passed over, or the expectation of this name: its step and its words.
fn wanted<'p>(record: &Record, name: &str, plan: &'p Plan) -> Vec<(&'p str, &'p str)> {
    let words = |step: &'p Step| expectations(step).into_iter().map(|it| (step.name.as_str(), it.text.as_str()));
    let ran = || plan.graph.steps().filter(|step| !record.steps.skipped(&step.name));
    let of_step: Vec<_> = ran().filter(|step| record.steps.is_named(&step.name, name)).flat_map(words).collect();
    if !of_step.is_empty() {
        return of_step;
    }
    let is_it = |step: &Step, own: &str| is_named(&beside(&step.name, own), name);
    let named = ran().flat_map(|step| expectations(step).into_iter().map(move |it| (step, it)));
    let named = named.filter(|(step, it)| it.name.as_deref().is_some_and(|own| is_it(step, own)));
    named.map(|(step, it)| (step.name.as_str(), it.text.as_str())).collect()
}

/// The name of an expectation in a step, as that of a step beside it.
fn beside(step: &str, own: &str) -> String {
    step.rsplit_once('.').map_or_else(|| own.to_owned(), |(block, _)| format!("{block}.{own}"))
}

/// When a step began, or the step of an expectation of this name.
fn began(record: &Record, name: &str, plan: &Plan) -> Option<Instant> {
    let of_its_step = || wanted(record, name, plan).into_iter().filter_map(|(step, _)| record.steps.began(step)).min();
    record.steps.began(name).or_else(of_its_step)
}

/// When a step ended, or the step of an expectation of this name.
fn ended(record: &Record, name: &str, plan: &Plan) -> Option<Instant> {
    let of_its_step = || wanted(record, name, plan).into_iter().filter_map(|(step, _)| record.steps.ended(step)).max();
    record.steps.ended(name).or_else(of_its_step)
}

/// What is known of a step, for whoever looks for the reason.
fn told(record: &Record, step: &str) -> Vec<String> {
    let began = record.steps.began(step).map(|at| format!("it began at {at}"));
    let ended = record.steps.ended(step).map(|at| format!("it ended at {at}"));
    let verdict = format!("the run is {} after {}", record.ending.verdict, record.length);
    let reasons = record.ending.reasons.iter().map(|reason| format!("{}: {}", reason.verdict, reason.text));
    began.into_iter().chain(ended).chain([verdict]).chain(reasons).collect()
}
