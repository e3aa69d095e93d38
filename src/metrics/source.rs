//! One source: it is read as a whole, and every metric bound to it gets a sample.

use super::cohort::Shares;
use super::fetch::{FetchError, Fetcher};
use super::instances::Change;
use super::probe::Prober;
use super::prometheus::Server;
use super::scrape::Scraper;
use super::secret::Vault;
use crate::base::Instant;
use crate::monitor::Sample;
use crate::plan::Plan;
use crate::types::model::{Binding, How, SourceKind, SourceRef};
use crate::types::term::MetricId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What one read gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Read {
    /// A sample for each metric of which there is something new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<(MetricId, Sample)>,
    /// What could not be read, each with its cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// What is worth a line, though the read succeeded: warnings, a clock that is off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Instances that are other processes, or of another version, than at the reads before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// How often series fell at this read that should only grow, by metric; those that did not are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub falls: Vec<(MetricId, u64)>,
}

impl Read {
    /// Notes that series of a metric fell so often.
    pub(super) fn fell(&mut self, metric: &MetricId, times: u64) {
        if times > 0 {
            self.falls.push((metric.clone(), times));
        }
    }
}

/// Reads one source again and again.
pub struct SourceReader {
    kind: Reader,
}

enum Reader {
    Scrape(Scraper),
    Prometheus(Server),
    Probe(Box<Prober>),
}

impl SourceReader {
    /// A reader of one of a plan's sources.
    ///
    /// # Errors
    /// Its endpoints cannot be opened: a secret or a file of authorities is not what it should be.
    pub fn of(plan: &Plan, source: &SourceRef, vault: &Arc<Vault>) -> Result<Self, FetchError> {
        let Some(used) = plan.sources.get(source) else {
            return Err(FetchError::new(format!("there is no source `{source}`")));
        };
        let bound = || plan.bindings.iter().filter(|(_, binding)| binding.source == *source);
        let secure = used.urls.iter().any(|url| url.starts_with("https://"));
        let fetcher = Fetcher::with(&used.access, secure, Arc::clone(vault))?;
        let kind = match used.kind {
            SourceKind::Scrape => {
                let shares = matches!(source, SourceRef::Proxy(_)).then(Shares::default);
                Reader::Scrape(Scraper::new(used, fetcher, bound(), shares))
            }
            SourceKind::Prometheus => Reader::Prometheus(Server::new(used, fetcher, bound())),
            SourceKind::Probe => Reader::Probe(Box::new(probe(bound().next(), vault)?)),
        };
        Ok(Self { kind })
    }

    /// Reads it at the moment `at`.
    pub async fn read(&mut self, at: Instant) -> Read {
        match &mut self.kind {
            Reader::Scrape(scraper) => scraper.read(at).await,
            Reader::Prometheus(server) => server.read(at).await,
            Reader::Probe(prober) => prober.read(at).await,
        }
    }

    /// Whether it may be read beside its rhythm: a probe makes load of its own, and does not.
    pub fn may_be_read_at_once(&self) -> bool {
        !matches!(self.kind, Reader::Probe(_))
    }
}

fn probe(bound: Option<(&MetricId, &Binding)>, vault: &Arc<Vault>) -> Result<Prober, FetchError> {
    let Some((metric, binding)) = bound else { return Err(FetchError::new("a probe without a metric".to_owned())) };
    match &binding.how {
        How::Probe { of, unit } => {
            Ok(Prober::new(metric.clone(), (**of).clone(), *unit, binding.range, Arc::clone(vault)))
        }
        _ => Err(FetchError::new(format!("`{metric}` is bound to no probe"))),
    }
}
