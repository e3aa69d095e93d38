//! Rank 9: the interpreter: runs a plan against a world, watches, takes everything back, and says what came of it.

mod answers;
mod board;
mod changes;
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
mod ledger;
mod observe;
mod process;
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

pub use clock::{TokioClock, virtual_time};
pub use effects::{Effects, LeftOver, Undone};
pub use error::RunError;
pub use event::{Event, EventKind, Events};
pub use halt::{Halt, Stop};
pub use intent::{FaultIntent, Intent, ProcessIntent, ProxyIntent};
pub use observe::Observation;
pub use proxy::{TOKEN_VARIABLE, new_token, token_file};
pub use real::{RealWorld, Unopened};
pub use recover::{InForce, in_force, leftovers, recover};
pub use runner::{Ending, FaultReport, Judged, Runner, WINDING_UP};
pub use sampling::Tally;
pub use verdict::{Reason, Verdict};
pub use world::{Future, Witness, World};
