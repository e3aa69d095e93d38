//! Rank 10: what the outside answered in a run, kept line by line; and the run computed again from it, in virtual time.
//!
//! While a run is at work, [`Recording`] stands between the interpreter and the real world and writes down every answer with
//! its times. A replay runs the same interpreter against [`Replayed`], which gives each answer back when it came.

mod clock;
mod course;
mod document;
mod fit;
mod key;
mod line;
mod play;
mod recorder;
mod recording;
mod replayed;
mod stored;
mod tape;

pub use document::{Asked, Listed, Replayable, differences, document, list};
pub use fit::unfit;
pub use line::{Head, Outcome, VERSION};
pub use play::{Played, play};
pub use recorder::{Recorder, file};
pub use recording::{Recording, forward};
pub use stored::{Damage, State, Stored, state};
