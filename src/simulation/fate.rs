//! What becomes of each thing that a run does to the outside.

use super::given::Givens;
use super::steps::Steps;
use crate::base::{Instant, unit};
use crate::plan::{APPLY_TIMEOUT, QUERY_TIMEOUT};
use crate::types::model::SourceRef;
use crate::types::trial::Happening;
use std::time::Duration;

/// Something that a run does, or sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'a> {
    /// It asks an injector what a step's inject will create.
    Prepare(&'a str),
    /// It applies the fault of a step.
    Inject(&'a str),
    /// It takes the fault of a step back.
    Revert(&'a str),
    /// It renews the lease of a step's fault.
    Renew(&'a str),
    /// It starts a process or a proxy.
    Start(&'a str),
    /// It stops one.
    Stop(&'a str),
    /// It reads a source.
    Read(&'a SourceRef),
    /// It makes the call of a step.
    Call(&'a str),
    /// It looks whether the fault of a step acts.
    Look(&'a str),
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turn {
    /// How long it takes.
    pub takes: Duration,
    /// How it ends.
    pub end: End,
}

/// How something ends that a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum End {
    /// As it should.
    #[default]
    Well,
    /// It fails, and nothing was done.
    Fails,
    /// It is said to have failed, and was done all the same.
    FailsThoughDone,
    /// The fault is lost at its target.
    Vanishes,
    /// The fault acts on nothing.
    Unseen,
    /// The limits are lower than what was proven.
    Halved,
    /// What was read is lost.
    Lost,
    /// What was read comes with the read after it, behind that.
    Overtaken,
    /// The metrics that were read show something else.
    Strays,
    /// The runner dies before it is done. What takes its time is on its way, and is done all the same.
    DiesBefore,
    /// The runner dies when it is done.
    DiesAfter,
}

/// Decides what becomes of things.
pub trait Fate: Send + Sync {
    /// What becomes of this one.
    fn turn(&self, deed: Deed, at: Instant, steps: &Steps) -> Turn;

    /// Whether a fault acts on nothing.
    fn is_unseen(&self, step: &str, at: Instant, steps: &Steps) -> bool;
}

impl Fate for Givens {
    fn turn(&self, deed: Deed, at: Instant, steps: &Steps) -> Turn {
        let happens = |happening, step: &str| self.happens(happening, step, at, steps);
        let hangs = |step: &str, seconds: f64| Turn {
            takes: if happens(Happening::Hangs, step) { unit::to_duration(seconds) } else { Duration::ZERO },
            end: End::Fails,
        };
        match deed {
            Deed::Inject(step) if happens(Happening::Hangs, step) || happens(Happening::Fails, step) => {
                hangs(step, APPLY_TIMEOUT)
            }
            Deed::Call(step) if happens(Happening::Hangs, step) || happens(Happening::Fails, step) => {
                hangs(step, QUERY_TIMEOUT)
            }
            Deed::Renew(step) if happens(Happening::Vanishes, step) => Turn { end: End::Vanishes, ..Turn::default() },
            Deed::Revert(step) if happens(Happening::Sticks, step) => Turn { end: End::Fails, ..Turn::default() },
            _ => Turn::default(),
        }
    }

    fn is_unseen(&self, step: &str, at: Instant, steps: &Steps) -> bool {
        self.happens(Happening::Unseen, step, at, steps)
    }
}
