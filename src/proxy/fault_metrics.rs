//! The faults' own series: read off the faults at each scrape, so that they never tell anything else than the API does.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::faults::Faults;
use super::view::{FaultView, Phase};

/// How many faults have series: all the active ones, and of the others the newest.
const MOST: usize = 100;

/// Tells of the faults.
#[derive(Debug)]
pub(super) struct FaultMetrics(pub(super) Arc<Faults>);

impl Collector for FaultMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let views = self.0.list(MOST, Instant::now());
        let counter = |count: u64| ConstCounter::new(count);
        let active = |view: &FaultView| ConstGauge::new(i64::from(view.phase == Phase::Active));
        let e = &mut encoder;
        write(e, "chaos_proxy_fault_seen", "Requests that arrived during the fault", &views, |v| counter(v.seen))?;
        write(e, "chaos_proxy_fault_touched", "Of these, the ones touched", &views, |v| counter(v.touched))?;
        write(e, "chaos_proxy_fault_acted", "Of these, the ones on which it had its effect", &views, |v| {
            counter(v.acted)
        })?;
        write(e, "chaos_proxy_fault_active", "1 while the fault is active", &views, active)
    }
}

fn write<M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    views: &[FaultView],
    metric: impl Fn(&FaultView) -> M,
) -> fmt::Result {
    let Some(first) = views.first() else { return Ok(()) };
    let mut family = encoder.encode_descriptor(name, help, None, metric(first).metric_type())?;
    for view in views {
        let labels = [("fault", view.id.as_str())];
        metric(view).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
