//! Rank 0: places in texts, quantities, clocks, which requests are meant. Nothing here knows the language.

pub mod clock;
pub mod files;
pub mod interval;
pub mod number;
mod overlay;
pub mod parallel;
pub mod rate;
pub mod requests;
pub mod source;
pub mod span;
pub mod stack;
pub mod tool;
pub mod unit;

pub use clock::{Clock, Instant};
pub use files::{FileError, Files, Nowhere};
pub use interval::Interval;
pub use overlay::Overlay;
pub use source::{Numbers, Source, Sources};
pub use span::{SourceId, Span};
pub use tool::Tool;
