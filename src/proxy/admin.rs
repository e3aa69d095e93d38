//! The admin API: commands about faults, health and metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::access::guard;
use super::answer::Problem;
use super::claims::{ClaimSpec, ClaimView};
use super::faults::{Faults, Injected};
use super::metrics::Metrics;
use super::spec::{FaultSpec, LeaseSpec, OutOfRange, check, is_fault_id};
use super::token::Token;
use super::upstream::Upstream;
use super::view::FaultView;

/// The largest body of a command, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// All that the admin API needs.
#[derive(Debug)]
pub(super) struct Admin {
    pub(super) faults: Arc<Faults>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) token: Token,
    pub(super) listen: SocketAddr,
    pub(super) upstreams: Vec<Upstream>,
}

/// The answer of `GET /v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Always "chaos-proxy".
    pub name: String,
    /// The program's version.
    pub version: String,
    /// Where the proxy takes traffic in.
    pub listen: SocketAddr,
    /// Where the traffic goes, as `http://host:port`.
    pub upstreams: Vec<String>,
    /// The proxy's process id.
    pub pid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revert {
    fence: u64,
}

/// The body of `PUT /v1/stop`, and the answer of all that concerns it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    /// Why no fault may be active; none where they may.
    why: Option<String>,
}

impl Stop {
    fn reason(self) -> Result<String, OutOfRange> {
        let why = self.why.unwrap_or_default();
        check("why", "1..=500 bytes", (1..=500).contains(&why.len()))?;
        Ok(why)
    }
}

type Shared = State<Arc<Admin>>;
type Id = Result<Path<String>, PathRejection>;
type Body = Result<Bytes, BytesRejection>;

/// The API's routes.
pub(super) fn router(admin: Admin) -> Router {
    let admin = Arc::new(admin);
    Router::new()
        .route("/v1/health", get(health))
        .route("/metrics", get(metrics))
        .route("/v1/faults", get(list))
        .route("/v1/faults/{id}", get(show).put(inject).delete(revert))
        .route("/v1/faults/{id}/lease", post(renew))
        .route("/v1/claims", get(claims))
        .route("/v1/claims/{run}", put(stake).delete(unstake))
        .route("/v1/stop", get(stopped).put(stop).delete(release))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "no-such-path", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "the path does not take this method")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&admin), guard))
        .with_state(admin)
}

async fn health(State(admin): Shared) -> Json<Health> {
    Json(Health {
        name: "chaos-proxy".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        listen: admin.listen,
        upstreams: admin.upstreams.iter().map(ToString::to_string).collect(),
        pid: std::process::id(),
    })
}

async fn metrics(State(admin): Shared) -> Response {
    let kind = [(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    match admin.metrics.text() {
        Ok(text) => (kind, text).into_response(),
        Err(error) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "encoding", error).into_response(),
    }
}

async fn list(State(admin): Shared) -> Json<Vec<FaultView>> {
    Json(admin.faults.list(usize::MAX, Instant::now()))
}

async fn show(State(admin): Shared, id: Id) -> Result<Json<FaultView>, Problem> {
    let id = fault_id(id)?;
    let found = admin.faults.get(&id, Instant::now());
    found.map(Json).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "unknown", "there is no such fault"))
}

async fn inject(State(admin): Shared, id: Id, body: Body) -> Result<(StatusCode, Json<FaultView>), Problem> {
    let id = fault_id(id)?;
    let spec: FaultSpec = parse(body)?;
    spec.check()?;
    Ok(match admin.faults.inject(&id, spec, Instant::now())? {
        Injected::New(view) => (StatusCode::CREATED, Json(view)),
        Injected::Renewed(view) => (StatusCode::OK, Json(view)),
    })
}

async fn renew(State(admin): Shared, id: Id, body: Body) -> Result<Json<FaultView>, Problem> {
    let id = fault_id(id)?;
    let lease: LeaseSpec = parse(body)?;
    lease.check()?;
    Ok(Json(admin.faults.renew(&id, lease, Instant::now())?))
}

async fn revert(
    State(admin): Shared,
    id: Id,
    query: Result<Query<Revert>, QueryRejection>,
) -> Result<Json<FaultView>, Problem> {
    let id = fault_id(id)?;
    let Query(Revert { fence }) = query.map_err(|error| Problem::malformed(error.body_text()))?;
    Ok(Json(admin.faults.revert(&id, fence, Instant::now())?))
}

async fn claims(State(admin): Shared) -> Json<Vec<ClaimView>> {
    Json(admin.faults.claims(Instant::now()))
}

async fn stake(State(admin): Shared, run: Id, body: Body) -> Result<(StatusCode, Json<ClaimView>), Problem> {
    let run = fault_id(run)?;
    let spec: ClaimSpec = parse(body)?;
    spec.check()?;
    let (is_new, view) = admin.faults.stake(&run, spec, Instant::now())?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

async fn unstake(State(admin): Shared, run: Id) -> Result<Json<Vec<ClaimView>>, Problem> {
    admin.faults.unstake(&fault_id(run)?, Instant::now());
    Ok(claims(State(admin)).await)
}

async fn stopped(State(admin): Shared) -> Json<Stop> {
    Json(Stop { why: admin.faults.stopped(Instant::now()) })
}

async fn stop(State(admin): Shared, body: Body) -> Result<Json<Stop>, Problem> {
    let stop: Stop = parse(body)?;
    admin.faults.stop(stop.reason()?, Instant::now());
    Ok(stopped(State(admin)).await)
}

async fn release(State(admin): Shared) -> Json<Stop> {
    admin.faults.release(Instant::now());
    stopped(State(admin)).await
}

fn fault_id(id: Id) -> Result<String, Problem> {
    let Path(id) = id.map_err(|error| Problem::malformed(error.body_text()))?;
    let wrong = || Problem::out_of_range("id must be 1..=128 characters of A-Z a-z 0-9 . _ : -");
    is_fault_id(&id).then_some(id).ok_or_else(wrong)
}

fn parse<T: serde::de::DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(|error| Problem::new(error.status(), "body", error.body_text()))?;
    serde_json::from_slice(&body).map_err(Problem::malformed)
}
