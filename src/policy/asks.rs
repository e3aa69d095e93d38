//! What only the moment of a run can answer: the hour, approvals, earlier runs.

use super::errors;
use crate::base::{Span, unit};
use crate::diagnostics::{Diagnostic, codes};
use crate::types::calendar::Hours;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule that is judged when the experiment is about to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The policy.
    pub policy: String,
    /// The rule, without its reason, in the author's words.
    pub rule: String,
    /// Why there is such a rule.
    pub reason: Option<String>,
    /// What is asked.
    pub asks: Asked,
    /// Where the rule stands.
    pub span: Span,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Somebody of this group approves.
    Approval(String),
    /// The experiment was confirmed.
    Confirmed {
        /// Where.
        environment: String,
        /// In the last so many seconds; ever, where it is not said.
        within: Option<f64>,
    },
    /// The whole run lies in these hours.
    Hours(Hours),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Approval(group) => write!(f, "somebody of {group}: approval"),
            Asked::Confirmed { environment, within: None } => write!(f, "the run store: confirmed on {environment}"),
            Asked::Confirmed { environment, within: Some(within) } => {
                write!(f, "the run store: confirmed on {environment} within {}", unit::show_duration(*within))
            }
            Asked::Hours(hours) => write!(f, "the clock: the whole run within {hours}"),
        }
    }
}

/// An approval, as whoever starts the run tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The group.
    pub group: String,
    /// Who of it.
    pub by: String,
}

/// What is known at the moment of a run.
#[derive(Clone, Copy)]
pub struct Answers<'a> {
    /// The moment, in seconds since 1970.
    pub now: i64,
    /// How long the run can take, in seconds.
    pub length: f64,
    /// Who has approved it.
    pub approvals: &'a [Approval],
    /// When the experiment was last confirmed in an environment, in seconds since 1970.
    pub confirmed: &'a dyn Fn(&str) -> Option<i64>,
}

/// What is lacking for a run, each with the rule that asks for it.
pub fn lacking(asks: &[Ask], answers: &Answers) -> Vec<Diagnostic> {
    asks.iter().filter_map(|ask| lacks(ask, answers)).collect()
}

fn lacks(ask: &Ask, answers: &Answers) -> Option<Diagnostic> {
    match &ask.asks {
        Asked::Approval(group) => unapproved(ask, group, answers),
        Asked::Confirmed { environment, within } => unconfirmed(ask, environment, *within, answers),
        Asked::Hours(hours) => outside(ask, hours, answers),
    }
}

fn unapproved(ask: &Ask, group: &str, answers: &Answers) -> Option<Diagnostic> {
    if answers.approvals.iter().any(|approval| approval.group == group && !approval.by.trim().is_empty()) {
        return None;
    }
    let help = format!("ask somebody of {group}, then say who it was: `--approve \"{group}=NAME\"`");
    let what = format!("nobody of {group} has approved it");
    let finding = errors::lacking(codes::E0604, &what, ask, &help);
    let given: Vec<String> = answers.approvals.iter().map(|it| format!("{} ({})", it.group, it.by)).collect();
    Some(if given.is_empty() { finding } else { finding.note(format!("approved by: {}", given.join(", "))) })
}

fn unconfirmed(ask: &Ask, environment: &str, within: Option<f64>, answers: &Answers) -> Option<Diagnostic> {
    let asked = within.map_or_else(|| "ever".to_owned(), |it| format!("in the last {}", unit::show_duration(it)));
    let last = (answers.confirmed)(environment);
    let age = last.and_then(|at| answers.now.checked_sub(at)).map(|age| age as f64);
    if age.is_some_and(|age| age >= 0.0 && within.is_none_or(|within| age <= within)) {
        return None;
    }
    let what = format!("it was not confirmed on {environment} {asked}");
    let help = format!("run it there first: `chaos exec … --env {environment}`");
    let finding = errors::lacking(codes::E0605, &what, ask, &help);
    Some(match age {
        None => finding.note("the run store knows of no such run"),
        Some(age) if age < 0.0 => finding.note("the run store knows of one in the future: look at the clock"),
        Some(age) => finding.note(format!("the last time was {} ago", unit::show_duration(age))),
    })
}

fn outside(ask: &Ask, hours: &Hours, answers: &Answers) -> Option<Diagnostic> {
    let (at, what) = match hours.first_outside(answers.now, answers.length) {
        Ok(None) => return None,
        Ok(Some(at)) if at <= answers.now => (at, format!("it is {}", told(hours, at))),
        Ok(Some(at)) => {
            let length = unit::show_duration(answers.length);
            (at, format!("it can last {length}, and its hours end {}", told(hours, at)))
        }
        Err(error) => (answers.now, format!("its hours cannot be told: {error}")),
    };
    let help = match hours.next_inside(at) {
        Some(next) => format!("run it from {} on", told(hours, next)),
        None => "ask whoever wrote the policy".to_owned(),
    };
    Some(errors::lacking(codes::E0606, &what, ask, &help).note(format!("it may run within {hours}")))
}

fn told(hours: &Hours, at: i64) -> String {
    format!("{} in {}", hours.local(at).unwrap_or_default(), hours.zone)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Answers, Approval, Ask, Asked, lacking};
    use crate::base::{SourceId, Span};
    use crate::types::calendar::Hours;

    /// Wednesday, 2026-01-07, 09:00 UTC.
    const NOW: i64 = 1_767_776_400;
    const DAY: i64 = 86_400;

    fn ask(asks: Asked) -> Ask {
        let span = Span::new(SourceId(0), 0, 1);
        Ask { policy: "p".to_owned(), rule: "r".to_owned(), reason: None, asks, span }
    }

    fn said(asks: Asked, approvals: &[Approval], confirmed: Option<i64>) -> Option<String> {
        let confirmed = |place: &str| confirmed.filter(|_| place == "staging");
        let answers = Answers { now: NOW, length: 1800.0, approvals, confirmed: &confirmed };
        lacking(&[ask(asks)], &answers).into_iter().map(|it| format!("{} {}", it.code.name, it.headline)).next()
    }

    #[test]
    fn an_approval_is_of_the_group_and_by_somebody() {
        let by = |group: &str, by: &str| Approval { group: group.to_owned(), by: by.to_owned() };
        let asked = Asked::Approval("sre".to_owned());
        assert_eq!(said(asked.clone(), &[by("dev", "jo"), by("sre", "kim")], None), None);
        for none in [&[][..], &[by("dev", "jo")], &[by("sre", " ")], &[by("SRE", "kim")]] {
            assert!(said(asked.clone(), none, None).unwrap().starts_with("E0604"), "{none:?}");
        }
    }

    #[test]
    fn a_confirmation_is_of_the_place_and_of_the_time() {
        let asked = |place: &str, within| Asked::Confirmed { environment: place.to_owned(), within };
        let week = Some(7.0 * DAY as f64);
        assert_eq!(said(asked("staging", week), &[], Some(NOW - 7 * DAY)), None);
        assert_eq!(said(asked("staging", None), &[], Some(0)), None);
        for (place, within, last) in [
            ("staging", week, Some(NOW - 7 * DAY - 1)),
            ("staging", week, None),
            ("staging", None, None),
            ("staging", week, Some(NOW + 1)),
            ("staging", week, Some(i64::MIN)),
            ("other", None, Some(NOW)),
        ] {
            assert!(said(asked(place, within), &[], last).unwrap().starts_with("E0605"), "{place} {last:?}");
        }
    }

    #[test]
    fn the_whole_run_lies_within_the_hours() {
        let said = |hours: &str| said(Asked::Hours(Hours::parse(hours).unwrap()), &[], None);
        assert_eq!(said("Wed 09:00-09:30"), None);
        assert_eq!(said("Wed 10:00-10:30 Europe/Berlin"), None);
        assert!(said("Wed 09:00-09:29").unwrap().contains("it can last 30m, and its hours end Wed 09:29 in UTC"));
        assert!(said("Wed 09:01-10:00").unwrap().contains("it is Wed 09:00 in UTC"));
        assert!(said("Thu-Tue 00:00-24:00").unwrap().contains("it is Wed 09:00 in UTC"));
    }
}
