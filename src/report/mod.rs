//! Rank 10: what people are shown: a plan before the run, events during it, the verdict after it.

mod ending;
mod paint;
mod plan;
mod progress;
mod reference;

pub use ending::ending;
pub use paint::Paint;
pub use plan::plan;
pub use progress::line;
pub use reference::reference;
