//! What every service measures about itself, and the page that shows it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The code under which a request counts whose caller went away before the answer was ready.
const CALLER_GONE: u16 = 499;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    code: u16,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// A histogram of durations in seconds, from 1 ms to 10 s.
pub fn durations() -> Histogram {
    Histogram::new(BUCKETS)
}

/// A registry that already says when the process started.
pub fn registry() -> Registry {
    let started = Gauge::<f64, AtomicU64>::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    started.set(now.as_secs_f64());
    let mut registry = Registry::default();
    registry.register_with_unit("process_start_time", "When the service started, Unix time", Unit::Seconds, started);
    registry
}

/// `GET /metrics` and `GET /health`, as every service has them.
pub fn pages(registry: Registry) -> Router {
    Router::new()
        .route("/metrics", get(show))
        .with_state(Arc::new(registry))
        .route("/health", get(async || StatusCode::OK))
}

async fn show(State(registry): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts and times the requests of one service.
#[derive(Clone)]
struct HttpMetrics {
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

impl HttpMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations as fn() -> Histogram),
        };
        registry.register("http_requests", "Requests answered", metrics.requests.clone());
        let help = "Time from a request to its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, metrics.durations.clone());
        metrics
    }

    /// Creates the series of a route at zero: who reads them before the first request finds a figure, not a gap.
    fn expect(&self, route: &str, codes: &[u16]) {
        let route = route.to_owned();
        drop(self.durations.get_or_create(&Route { route: route.clone() }));
        for &code in codes {
            drop(self.requests.get_or_create(&Answered { code, route: route.clone() }));
        }
    }
}

/// The business routes of a service, each of them measured as `http_requests_total{code,route}` and
/// `http_request_duration_seconds{route}`.
pub struct MeasuredRoutes<S> {
    metrics: HttpMetrics,
    router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> MeasuredRoutes<S> {
    /// No routes yet; registers the metrics.
    pub fn new(registry: &mut Registry) -> Self {
        Self { metrics: HttpMetrics::register(registry), router: Router::new() }
    }

    /// Adds a route; `codes` are the statuses it is expected to answer with, whose counts start at zero.
    pub fn route(self, path: &'static str, codes: &[u16], methods: MethodRouter<S>) -> Self {
        self.metrics.expect(path, codes);
        let layer = from_fn_with_state((self.metrics.clone(), path), observe);
        Self { router: self.router.route(path, methods.layer(layer)), ..self }
    }

    /// The routes with the state that their handlers share.
    pub fn with_state(self, state: S) -> Router {
        self.router.with_state(state)
    }
}

type Measured = (HttpMetrics, &'static str);

async fn observe(State((metrics, route)): State<Measured>, request: Request, next: Next) -> Response {
    let mut observation = Observation { metrics, route, since: Instant::now(), code: CALLER_GONE };
    let response = next.run(request).await;
    observation.code = response.status().as_u16();
    response
}

/// One request under way. It counts when dropped, so that one whose caller hung up is not missing from the figures.
struct Observation {
    metrics: HttpMetrics,
    route: &'static str,
    since: Instant,
    code: u16,
}

impl Drop for Observation {
    fn drop(&mut self) {
        let answered = Answered { code: self.code, route: self.route.to_owned() };
        self.metrics.requests.get_or_create(&answered).inc();
        let route = Route { route: self.route.to_owned() };
        self.metrics.durations.get_or_create(&route).observe(self.since.elapsed().as_secs_f64());
    }
}
