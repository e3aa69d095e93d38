//! A replay, and the list of runs, as JSON. `docs/schemas/replay.v1.schema.json` and `docs/schemas/runs.v1.schema.json`
//! describe them.

use super::line::Outcome;
use super::play::Played;
use super::stored::State;
use crate::document::Origin;
use crate::run::FaultReport;
use serde::Serialize;

/// What a replay was asked.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// The run.
    pub run: String,
    /// What was replayed: as the run, or with changes.
    #[serde(flatten)]
    pub of: Origin,
    /// Whether it was changed in meaning.
    pub changed: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    #[serde(flatten)]
    asked: &'a Asked,
    recorded: Option<&'a Outcome>,
    replayed: &'a Outcome,
    same: Option<bool>,
    fits_until: Option<f64>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

const TOOL: Tool = Tool { name: "chaos", version: env!("CARGO_PKG_VERSION") };

/// The document of a replay, with a line end.
pub fn document(asked: &Asked, recorded: Option<&Outcome>, played: &Played) -> String {
    let replayed = Outcome::of(&played.ending);
    text(&Document {
        version: 1,
        tool: TOOL,
        asked,
        recorded,
        same: recorded.map(|recorded| recorded.says_the_same(&replayed)),
        replayed: &replayed,
        fits_until: played.fits_until.map(|at| at.since(Default::default()).as_secs_f64()),
    })
}

/// A run in the list.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub run: String,
    /// The experiment.
    pub experiment: String,
    /// The environment.
    pub environment: String,
    /// When it began, as RFC 3339 has it.
    pub began: String,
    /// How it ended; none while it is at work, or where its runner is gone.
    pub verdict: Option<String>,
    /// Whether it can be replayed.
    pub replayable: Replayable,
}

/// Whether a run can be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replayable {
    /// From its beginning to its end.
    Whole,
    /// Up to where its recording ends.
    InPart,
    /// Not yet: it is at work.
    AtWork,
    /// Nothing was recorded.
    NotRecorded,
    /// Its recording is damaged, or of another version.
    Damaged,
}

impl Replayable {
    /// From what there is of a recording.
    pub fn of(state: State, at_work: bool) -> Self {
        match state {
            _ if at_work => Replayable::AtWork,
            State::Whole => Replayable::Whole,
            State::InPart => Replayable::InPart,
            State::Missing => Replayable::NotRecorded,
            State::Damaged => Replayable::Damaged,
        }
    }

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Replayable::Whole => "yes",
            Replayable::InPart => "in part",
            Replayable::AtWork => "at work",
            Replayable::NotRecorded => "not recorded",
            Replayable::Damaged => "damaged",
        }
    }
}

/// The document of a list of runs, with a line end.
pub fn list(runs: &[Listed]) -> String {
    #[derive(Serialize)]
    struct Runs<'a> {
        version: u8,
        tool: Tool,
        runs: &'a [Listed],
    }
    text(&Runs { version: 1, tool: TOOL, runs })
}

fn text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    format!("{text}\n")
}

/// What differs between a run and its replay, in one line each.
pub fn differences(recorded: &Outcome, replayed: &Outcome) -> Vec<String> {
    let lines = |outcome: &Outcome| {
        let reasons = outcome.reasons.iter().map(|it| it.text.clone());
        let judged = outcome.judged.iter().map(|it| format!("{}: {}: {}, {}", it.of, it.text, it.verdict, it.detail));
        let told = |it: &FaultReport| format!("{}: {}, seen to act {}", it.step, it.what, it.often());
        let mut all: Vec<String> = reasons.chain(judged).chain(outcome.faults.iter().map(told)).collect();
        all.sort();
        all
    };
    let (was, is) = (lines(recorded), lines(replayed));
    let only = |mark: &str, these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|line| !others.contains(line)).map(|line| format!("{mark} {line}")).collect()
    };
    let mut found = only("-", &was, &is);
    found.extend(only("+", &is, &was));
    found
}
