//! Rank 8: where metrics come from: endpoints in the text format or OpenMetrics, servers with the API of Prometheus, the
//! fault proxy, probes. All become samples of metrics.

mod answer;
mod bound;
mod cohort;
mod counters;
mod exposition;
mod fetch;
mod filter;
mod instances;
mod probe;
mod program;
mod prometheus;
mod question;
mod roster;
mod scrape;
mod secret;
mod skew;
mod source;

pub use exposition::{Series, parse};
pub use fetch::{FetchError, Fetcher};
pub use instances::Change;
pub use probe::{Found, Nothing, probe};
pub use secret::{NoSecret, Secret, Vault};
pub use source::{Read, SourceReader};
