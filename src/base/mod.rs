//! Rank 0: places in texts, quantities, clocks. Nothing here knows the language.

pub mod clock;
pub mod files;
pub mod interval;
pub mod source;
pub mod span;
pub mod unit;

pub use clock::{Clock, Instant};
pub use files::{FileError, Files};
pub use interval::Interval;
pub use source::{Source, Sources};
pub use span::{SourceId, Span};
