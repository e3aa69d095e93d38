//! What a run says in the end.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The verdict, in ascending precedence from `Confirmed` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every expectation satisfied, every fault observed to act, everything reverted.
    Confirmed,
    /// Data missing, a fault not observed to act, or the system changed under the run.
    Inconclusive,
    /// A limit, a trigger or a person stopped it; everything reverted.
    Aborted,
    /// An expectation violated.
    Refuted,
    /// The steady state did not hold before the first inject; nothing was injected.
    NotSteady,
    /// The run was refused; nothing was touched.
    Refused,
    /// An environment or injector error; everything reverted.
    Broken,
    /// Something may still be in force.
    NotReverted,
}

impl Verdict {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Confirmed => 0,
            Verdict::Refuted => 1,
            Verdict::Refused => 2,
            Verdict::NotSteady => 3,
            Verdict::Aborted => 4,
            Verdict::Inconclusive => 5,
            Verdict::Broken => 6,
            Verdict::NotReverted => 7,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Aborted => "aborted",
            Verdict::Refuted => "refuted",
            Verdict::NotSteady => "not steady",
            Verdict::Refused => "refused",
            Verdict::Broken => "broken",
            Verdict::NotReverted => "not reverted",
        })
    }
}

/// Why the verdict is not simply *confirmed*.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Reason {
    /// The verdict it asks for.
    pub verdict: Verdict,
    /// In one line.
    pub text: String,
}

/// The verdict that outranks the others.
pub fn outcome(reasons: &[Reason]) -> Verdict {
    reasons.iter().map(|reason| reason.verdict).max().unwrap_or(Verdict::Confirmed)
}

#[cfg(test)]
mod tests {
    use super::{Reason, Verdict, outcome};

    #[test]
    fn the_graver_verdict_wins() {
        let order = [
            Verdict::Confirmed,
            Verdict::Inconclusive,
            Verdict::Aborted,
            Verdict::Refuted,
            Verdict::Broken,
            Verdict::NotReverted,
        ];
        for pair in order.windows(2) {
            let reasons: Vec<Reason> = pair.iter().map(|it| Reason { verdict: *it, text: String::new() }).collect();
            assert_eq!(Some(&outcome(&reasons)), pair.last());
        }
        assert_eq!(outcome(&[]), Verdict::Confirmed);
    }
}
