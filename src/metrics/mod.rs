//! Rank 8: the embedded scraper: Prometheus and OpenMetrics text endpoints become samples of metrics.

mod counters;
mod exposition;
mod fetch;
mod source;

pub use exposition::{Series, parse};
pub use fetch::{FetchError, Fetcher};
pub use source::SourceReader;
