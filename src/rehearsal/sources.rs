//! Whether each source can be opened and read, and is as quick as the plan takes it to be.

use super::Scene;
use super::check::Check;
use crate::base::unit;
use crate::diagnostics::codes;
use crate::run::Tally;
use crate::types::model::{Source, SourceKind, SourceRef};
use crate::types::secret::SecretRef;

const KIND: &str = "source";
const CREDENTIALS: &str = "credentials";

pub fn check(scene: Scene) -> Vec<Check> {
    let all = scene.plan.sources.iter().flat_map(|(name, source)| of_source(scene, name, source));
    let (mut credentials, reads): (Vec<Check>, Vec<Check>) = all.partition(|check| check.kind == CREDENTIALS);
    credentials.extend(reads);
    credentials
}

fn of_source(scene: Scene, name: &SourceRef, source: &Source) -> Vec<Check> {
    let of = name.to_string();
    let secrets: Vec<&str> = source.access.secrets().map(SecretRef::name).collect();
    if let Some(why) = scene.unopened.get(name) {
        let fix =
            "set it where `chaos` runs, for example `export PROM_TOKEN=…`, or see that its file or command gives it";
        return vec![
            Check::fail(CREDENTIALS, &of, codes::E0714, why, fix),
            Check::not_looked_at(KIND, of, "it cannot be opened"),
        ];
    }
    let Some(tally) = scene.seen.tallies.get(name) else {
        return vec![Check::not_looked_at(KIND, of, "it was not read before the look ended")];
    };
    let mut checks = Vec::new();
    if !secrets.is_empty() {
        checks.push(credentials(&of, &secrets, tally));
    }
    checks.push(read(scene, name, source, tally));
    checks
}

/// Whether a source takes what opens it is seen only by its answers.
fn credentials(of: &str, secrets: &[&str], tally: &Tally) -> Check {
    let named = secrets.join(", ");
    let cause = tally.cause.clone().unwrap_or_default();
    let refused = ["answered 401", "answered 403"].iter().any(|status| cause.contains(status));
    match tally.failed {
        _ if refused => {
            let cause = format!("{named} is set, and does not open it: {cause}");
            Check::fail(CREDENTIALS, of, codes::E0714, cause, "is it the right secret, and may its owner read this?")
        }
        failed if failed == tally.reads => {
            Check::not_looked_at(CREDENTIALS, of, format!("{named} is set; the source gave no answer to it"))
        }
        _ => Check::ok(CREDENTIALS, of, format!("{named} is set, and opens it")),
    }
}

fn read(scene: Scene, name: &SourceRef, source: &Source, tally: &Tally) -> Check {
    let of = name.to_string();
    let cause = tally.cause.clone().unwrap_or_default();
    let took = tally.longest.as_secs_f64();
    let (reads, every) = (tally.reads, unit::show_duration(source.every));
    // That one metric is missing on a page that is read well is told with its binding.
    let of_metric = |id: &crate::types::term::MetricId| cause.starts_with(&format!("{id}: "));
    let answers = source.kind != SourceKind::Probe && scene.plan.bindings.keys().any(of_metric);
    if tally.failed == reads && !answers {
        return Check::fail(KIND, of, codes::E0722, format!("none of {reads} reads succeeded: {cause}"), fix(source));
    }
    if tally.late > 0 || took > source.every {
        let what = format!("a read took {}, and it is to be read every {every}", unit::show_duration(took));
        let left = if tally.late == 0 { String::new() } else { format!("; {} reads were left out", tally.late) };
        let fix = format!("read it less often: `every: {}`", unit::show_duration((2.0 * took).ceil().max(1.0)));
        return Check::fail(KIND, of, codes::E0724, format!("{what}{left}"), &fix);
    }
    if let Some(check) = slow(scene, name, source) {
        return check;
    }
    if tally.failed > 0 && !answers {
        let cause = format!("{} of {reads} reads failed, the last one because: {cause}", tally.failed);
        return Check::warn(KIND, of, codes::E0722, cause, fix(source));
    }
    if took > source.every / 2.0 {
        let what = format!("a read took {}, more than half of its interval of {every}", unit::show_duration(took));
        return Check::warn(KIND, of, codes::E0724, what, "read it less often, or see why it is slow");
    }
    let apart =
        spacing(scene, name).map_or_else(String::new, |it| format!(", new data every {}", unit::show_duration(it)));
    let age = unit::show_duration(tally.oldest.as_secs_f64());
    Check::ok(KIND, of, format!("{reads} reads, the longest {}{apart}, at most {age} old", unit::show_duration(took)))
}

fn fix(source: &Source) -> &'static str {
    match source.kind {
        SourceKind::Probe => "try what the probe looks at by hand",
        _ => "fetch its URL by hand, from this machine",
    }
}

/// New data that come so seldom that values no longer hold, or much more seldom than the environment says.
fn slow(scene: Scene, name: &SourceRef, source: &Source) -> Option<Check> {
    let apart = spacing(scene, name)?;
    let said = source.every.max(source.scrape);
    let lag = scene.plan.lag(name);
    if apart <= 1.5 * said + 1.0 {
        return None;
    }
    let (shown, of) = (unit::show_duration(apart), name.to_string());
    let cause = format!("new data came only after {shown}, and the plan counts on {}", unit::show_duration(lag));
    let fix = match source.kind {
        SourceKind::Prometheus => {
            format!("say how often the server itself looks: `scrape: {}`", unit::show_duration(apart.ceil()))
        }
        _ => "see why the endpoint's own times stand still".to_owned(),
    };
    Some(Check::fail(KIND, of, codes::E0724, cause, &fix))
}

/// The longest time between two samples of a source in a row, in seconds; nothing where it gave none. The time after the
/// last one counts.
pub fn spacing(scene: Scene, name: &SourceRef) -> Option<f64> {
    let (start, end) = scene.seen.phase;
    let bound = scene.plan.bindings.iter().filter(|(_, binding)| binding.source == *name);
    let of = |metric| {
        let signal = scene.seen.signals.get(metric).filter(|signal| signal.is_known())?;
        let times: Vec<_> = signal.instants(crate::base::Instant(0)).filter(|at| *at <= end).collect();
        let last = times.last()?;
        let between = times.windows(2).filter(|pair| pair[1] > start).map(|pair| pair[1].since(pair[0]));
        between.chain([end.since(*last)]).max()
    };
    bound.filter_map(|(metric, _)| of(metric)).max().map(|longest| longest.as_secs_f64())
}
