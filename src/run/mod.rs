//! Rank 9: the interpreter: runs a plan against a world, watches, takes everything back, and says what came of it.

mod answers;
mod board;
mod changes;
mod claims;
mod clock;
mod comparisons;
mod detail;
mod effects;
mod error;
#[cfg(test)]
mod error_rates;
mod event;
mod halt;
mod inject;
mod intent;
mod keys;
mod ledger;
mod means;
mod moments;
mod observe;
pub mod process;
mod proxy;
mod real;
mod recover;
mod recovery;
mod runner;
mod sampling;
mod shared;
mod stable;
mod steady;
mod steps;
mod supervise;
mod verdict;
mod watch;
mod world;

pub use claims::{Claimed, stops};
pub use clock::{TokioClock, virtual_time};
pub use effects::{ATTEMPTS, Effects, LeftOver, Undone};
pub use error::RunError;
pub use event::{Event, EventKind, Events};
pub use halt::{Halt, Stop};
pub use intent::{ClaimIntent, FaultIntent, Intent, Means, ProcessIntent, ProxyIntent};
pub use keys::Keys;
pub use moments::{Moments, Times};
pub use observe::Observation;
pub use proxy::{TOKEN_VARIABLE, new_token, stop_at, token_file};
pub use real::{RealWorld, Unopened};
pub use recover::{
    InForce, Recovered, in_force, leftovers, readable, recover, recover_run, recover_without_containers,
};
pub use runner::{Ending, FaultReport, Judged, Runner, WINDING_UP};
pub use sampling::Tally;
pub use steady::compared;
pub use verdict::{Reason, Verdict};
pub use world::{Future, Witness, World};
