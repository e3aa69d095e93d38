//! Rank 10: injectors of one's own: their first files, how they are built, and whether they keep what every injector owes.

mod build;
pub mod conformance;
mod errors;
mod face;
mod language;
mod stamp;
mod template;

pub use build::{Built, build};
pub use errors::{in_the_way, no_name, unwritten};
pub use language::Language;
pub use stamp::stamp;
pub use template::{Template, files};
