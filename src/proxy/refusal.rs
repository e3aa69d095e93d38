//! Why a command about a fault isn't carried out.

use std::fmt;

use super::view::Phase;
use crate::base::unit;

/// A command that the faults' present state doesn't allow.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// An inject that comes after a revert with the same fence or a higher one.
    StaleFence { fence: u64, known: u64 },
    /// An inject of a fault whose lease has run out already.
    Ended { fence: u64 },
    /// The fault is active with another fence.
    OtherFence { fence: u64, active: u64 },
    /// The fault is active with the same fence and does something else.
    OtherContent,
    /// There's no active fault to renew.
    NotActive(Phase),
    /// No room for another active fault.
    TooMany { most: usize },
    /// The proxy is shutting down.
    Closing,
    /// More of the requests could be touched than a run allows.
    Claimed { with: String, sum: f64, most: f64 },
    /// More faults could be active than a run allows.
    Crowded { with: String, faults: u64, most: u32 },
    /// Somebody has stopped all faults here, and says why.
    Stopped(String),
}

impl Refusal {
    /// A word for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::StaleFence { .. } => "stale-fence",
            Self::Ended { .. } => "ended",
            Self::OtherFence { .. } => "other-fence",
            Self::OtherContent => "other-content",
            Self::NotActive(Phase::Expired) => "expired",
            Self::NotActive(Phase::Reverted) => "reverted",
            Self::NotActive(_) => "unknown",
            Self::TooMany { .. } => "too-many",
            Self::Closing => "closing",
            Self::Claimed { .. } | Self::Crowded { .. } => "claimed",
            Self::Stopped(_) => "stopped",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleFence { fence, known } => {
                write!(f, "fence {fence} is stale: this fault was ended with fence {known}; use a higher one")
            }
            Self::Ended { fence } => {
                write!(f, "the fault with fence {fence} ended when its lease ran out; use a higher fence")
            }
            Self::OtherFence { fence, active } => {
                write!(f, "the fault is active with fence {active}, and the command has fence {fence}")
            }
            Self::OtherContent => f.write_str("the fault is active with this fence and another share, rate or effect"),
            Self::NotActive(Phase::Expired) => f.write_str("the fault's lease has run out"),
            Self::NotActive(Phase::Reverted) => f.write_str("the fault was reverted"),
            Self::NotActive(_) => f.write_str("there is no such fault"),
            Self::TooMany { most } => write!(f, "{most} faults are active already, and that's the most"),
            Self::Closing => f.write_str("the proxy is shutting down"),
            Self::Claimed { with, sum, most } => {
                let (sum, most) = (unit::show_ratio(*sum), unit::show_ratio(*most));
                write!(
                    f,
                    "together with {with}, faults could touch {sum} of the requests, and {most} is the most that is allowed"
                )
            }
            Self::Crowded { with, faults, most } => {
                write!(
                    f,
                    "together with {with}, {faults} faults could be active, and {most} is the most that is allowed"
                )
            }
            Self::Stopped(why) => write!(f, "all faults are stopped here: {why}"),
        }
    }
}
