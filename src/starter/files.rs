//! The files: a system, an environment, an experiment, each construct with a line that explains it.

use super::page::{Latency, Requests};
use crate::base::unit::show_duration;

/// What the files are about.
#[derive(Clone, Debug)]
pub struct Starter {
    /// The service's name.
    pub service: String,
    /// Its URL, without path.
    pub url: String,
    /// The address of the fault proxy before it.
    pub through: String,
    /// The URL of its metrics.
    pub metrics: String,
    /// Whether it is known what is at that URL; if not, what is read from it is guessed.
    pub known: bool,
    /// The counter of its requests.
    pub requests: Option<Requests>,
    /// The histogram of its answers.
    pub latency: Option<Latency>,
}

/// Names as most services have them.
const COMMON_REQUESTS: (&str, &str) = ("http_requests_total", "code");
const COMMON_LATENCY: &str = "http_request_duration_seconds";

/// The delay that the experiment injects at most, in seconds, with what else a request may lose on its way.
const ADDED: f64 = 0.2;

/// Bounds that people write, in seconds.
const BOUNDS: &[f64] = &[0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// The names of the files, in the order in which they use each other.
pub const NAMES: [&str; 3] = ["system.chaos", "environments.chaos", "first_experiment.chaos"];

impl Starter {
    /// The same with common names, for metrics at which nobody could look.
    #[must_use]
    pub fn guessed(self) -> Self {
        let (series, label) = COMMON_REQUESTS;
        let requests = Some(Requests { series: series.to_owned(), label: label.to_owned() });
        let latency = Some(Latency { series: COMMON_LATENCY.to_owned(), p95: None });
        Self { known: false, requests, latency, ..self }
    }

    /// The files' texts, as [`NAMES`] has them. Their layout is left to the formatter.
    pub fn texts(&self) -> [String; 3] {
        [self.system(), self.environments(), self.experiment()]
    }

    /// Within how many seconds 95% of the answers should come: twice what was seen, at least half a second.
    fn bound(&self) -> f64 {
        let seen = self.latency.as_ref().and_then(|latency| latency.p95).unwrap_or(0.0);
        BOUNDS.iter().copied().find(|bound| *bound >= 2.0 * seen).unwrap_or(60.0)
    }

    fn system(&self) -> String {
        let (service, bound) = (&self.service, show_duration(self.bound()));
        let measured =
            format!("metric latency: distribution<duration> ## how long an answer takes, as {service} measures it\n");
        let (latency, judged) = if self.latency.is_some() { (measured, "latency") } else { (String::new(), "felt") };
        format!(
            r#"# What there is, who calls whom, and what healthy means. A system knows no address, so it is the same everywhere.
# `chaos init` wrote it; from now on it is yours.

system site {{
  # A service has metrics with types. A service that calls others says so: `calls payment, orders`.
  service {service} {{
    metric success: ratio ## share of the requests that are answered without an error
    {latency}metric felt: distribution<duration> ## how long an answer takes, as callers feel it

    # What healthy means. `steady` in an experiment is all of these at once.
    slo success >= 99%
    slo p95({judged}) <= {bound} # 95% of the answers come within this time
  }}
}}
"#
        )
    }

    fn environments(&self) -> String {
        let Self { service, url, through, .. } = self;
        format!(
            r#"# Where the system is, how its metrics are read, and what may be done to it there.

use "./system.chaos"

# `local` is taken where no environment is named; `--env NAME` takes another.
environment local for site {{
  tier development # where it counts as; `production` is treated with more care

  service {service} {{
    url "{url}"
    # The fault proxy listens here and passes everything on to the url. What comes this way can be delayed or failed,
    # and nothing else can: let the callers of {service} use this address.
    through "{through}"
  }}

{remark}{bindings}
  allow http.* on {service} # nothing else may be injected here
  limit {{ traffic <= 100%; concurrent <= 1; exposure <= 5m }} # upper bounds for every experiment here
}}
"#,
            remark = self.remark(),
            bindings = self.bindings()
        )
    }

    /// What is to be said of the metrics before they are bound.
    fn remark(&self) -> String {
        let Self { service, metrics, .. } = self;
        match self.requests {
            _ if !self.known => format!(
                "# CHANGE: {metrics} could not be read, so the names of series below are guessed.\n\
                 # Put in those that it really shows, or read the proxy's own view of the traffic instead:\n\
                 # `proxy.success({service})`, `proxy.latency({service})`.\n"
            ),
            None => format!("# {metrics} shows no counter of requests by status, so the proxy's view is read.\n"),
            Some(_) => String::new(),
        }
    }

    fn bindings(&self) -> String {
        let Self { service, metrics, .. } = self;
        let mut lines = Vec::new();
        if self.requests.is_some() || self.latency.is_some() {
            lines.push(format!("source metrics = scrape(\"{metrics}\", every: 1s) # read every second\n"));
        }
        if let Some(Requests { series, label }) = &self.requests {
            lines.push("# What is no server error (5xx) is good.".to_owned());
            let (good, all) = (format!("`{series}{{{label}!~\"5..\"}}`"), format!("`{series}`"));
            lines.push(format!("bind {service}.success = metrics.ratio(good: {good}, all: {all})"));
        } else {
            lines.push(format!(
                "bind {service}.success = proxy.success({service}) # whole answers below status 500, not 429, over all"
            ));
        }
        if let Some(Latency { series, .. }) = &self.latency {
            lines.push(format!("bind {service}.latency = metrics.histogram(`{series}`) # the name tells the unit"));
        }
        lines.push(format!(
            "bind {service}.felt = proxy.latency({service}) # the proxy's view, injected delay included\n"
        ));
        lines.join("\n")
    }

    fn experiment(&self) -> String {
        let (service, felt) = (&self.service, show_duration(self.bound() + ADDED));
        let id = service.to_uppercase();
        format!(
            r#"# A first experiment, and a gentle one: answers are slow for half a minute.
# `chaos plan` shows what it will do and how bad it can get; `chaos exec` runs it.

use std.http
use "./system.chaos"

## Every answer of {service} takes a little longer.
experiment slow_answers on site {{
  id "{id}-SLOW" # reports name it so
  owner "the team of {service}" # CHANGE: who answers for it

  # The sentence that the run confirms or refutes.
  hypothesis "If every answer of {service} takes up to 150ms longer, its callers get 99% of them without an error, and 95% of them within {felt}."

  window 5s # of aggregates like `p95` that do not say `over`
  baseline 10s # how long the steady state is judged before anything is injected

  # The blast radius: what the run cannot exceed. It is proven before the run.
  limit {{
    services {service} # may be faulted
    bends {service} # whose SLOs may bend meanwhile; any other that breaks ends the run
    exposure <= 2m # time under fault, at worst
    timeout <= 5m # length of the whole run, at worst
  }}

  # Stops the run at once and takes everything back.
  abort when {service}.success < 50% for 10s

  run {{
    # The fault, its name, and for how long. In the block stands what must hold meanwhile.
    inject http.latency({service}, delay: 100ms, jitter: 50ms) as slow for 30s {{
      expect always {service}.success >= 99%
      expect always p95({service}.felt) <= {felt}
    }}
    # It heals within a minute, and stays healed.
    expect steady within 60s holding 10s
  }}
}}
"#
        )
    }
}
