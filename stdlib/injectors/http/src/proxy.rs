//! The fault proxy's admin API, as a client.

use crate::bindings::chaos::injector::http::{self, Request, Response};
use crate::bindings::chaos::injector::types::{Error, ErrorCode};
use crate::bindings::exports::chaos::injector::injector::{Context, Handle, Phase, Report};
use crate::failure;
use serde::{Deserialize, Serialize};

/// What a handle holds.
#[derive(Serialize, Deserialize)]
pub struct Prepared {
    /// `host:port` of the admin API.
    pub admin: String,
    /// What happens to a request.
    pub effect: Effect,
    /// The share of requests that is selected.
    pub share: f64,
    /// The share of the selected ones that the effect acts on.
    pub rate: f64,
    /// How many requests a second may be touched, by all faults together.
    #[serde(default)]
    pub requests_per_second: Option<f64>,
    /// The run whose marks are looked for.
    #[serde(default)]
    pub marked_by: Option<String>,
    /// The requests that are looked for, where they are not all.
    #[serde(rename = "match", default)]
    pub matching: Option<Match>,
}

/// Requests that fit in all of these.
#[derive(Serialize, Deserialize)]
pub struct Match {
    pub methods: Vec<String>,
    pub path: String,
    pub headers: Vec<String>,
}

/// What happens to a request.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// It is answered with an error.
    Error {
        status: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    /// It is delayed.
    Delay { delay_ms: f64, jitter_ms: f64 },
    /// It is passed on with a mark.
    Mark {},
    /// Its connection ends.
    Abort { at: String, ending: String },
    /// It is never answered.
    Blackhole {},
    /// Bytes of the answer's body are changed.
    Corrupt { bytes: f64 },
    /// The answer's body comes slowly.
    SlowBody { bytes_per_second: f64, every_ms: f64 },
    /// It is answered with 429, if it is one too many.
    RateLimit { requests_per_second: f64 },
}

#[derive(Serialize)]
struct Put<'a> {
    fence: u64,
    lease_ms: u64,
    share: f64,
    rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marked_by: Option<&'a str>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matching: Option<&'a Match>,
    effect: &'a Effect,
}

#[derive(Serialize)]
struct Renewal {
    fence: u64,
    lease_ms: u64,
}

#[derive(Deserialize)]
struct View {
    phase: String,
    #[serde(default)]
    seen: u64,
    #[serde(default)]
    touched: u64,
    #[serde(default)]
    acted: u64,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

const DEFAULT_LEASE_NS: u64 = 10_000_000_000;

fn lease_ms(ctx: &Context) -> u64 {
    ctx.lease.unwrap_or(DEFAULT_LEASE_NS) / 1_000_000
}

impl Prepared {
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn read(handle: &Handle) -> Result<Self, Error> {
        serde_json::from_slice(&handle.data)
            .map_err(|error| failure(ErrorCode::UnknownHandle, format!("the handle cannot be read: {error}"), false))
    }

    pub fn inject(&self, ctx: &Context, id: &str) -> Result<(), Error> {
        if ctx.dry_run {
            return Ok(());
        }
        let Self { effect, share, rate, requests_per_second, marked_by, matching, .. } = self;
        let (fence, lease_ms, marked_by) = (ctx.fence, lease_ms(ctx), marked_by.as_deref());
        let (requests_per_second, matching) = (*requests_per_second, matching.as_ref());
        let put = Put { fence, lease_ms, share: *share, rate: *rate, requests_per_second, marked_by, matching, effect };
        self.expect_ok(self.send("PUT", &format!("/v1/faults/{id}"), Some(&put))?)
    }

    pub fn renew(&self, ctx: &Context, id: &str) -> Result<(), Error> {
        let renewal = Renewal { fence: ctx.fence, lease_ms: lease_ms(ctx) };
        self.expect_ok(self.send("POST", &format!("/v1/faults/{id}/lease"), Some(&renewal))?)
    }

    pub fn revert(&self, ctx: &Context, id: &str) -> Result<(), Error> {
        if ctx.dry_run {
            return Ok(());
        }
        let path = format!("/v1/faults/{id}?fence={}", ctx.fence);
        self.expect_ok(self.send("DELETE", &path, None::<&Renewal>)?)
    }

    pub fn status(&self, id: &str) -> Result<Report, Error> {
        let response = self.send("GET", &format!("/v1/faults/{id}"), None::<&Renewal>)?;
        if response.status == 404 {
            return Ok(report(Phase::Lost, "the proxy does not know this fault", 0, Vec::new()));
        }
        if response.status != 200 {
            return Err(refused(&response));
        }
        let view: View = serde_json::from_slice(&response.body)
            .map_err(|error| failure(ErrorCode::Internal, format!("the proxy's answer cannot be read: {error}"), false))?;
        let phase = match view.phase.as_str() {
            "active" => Phase::Active,
            "reverted" => Phase::Reverted,
            "expired" => Phase::Expired,
            _ => Phase::Lost,
        };
        let metrics = vec![("seen".into(), view.seen as f64), ("touched".into(), view.touched as f64)];
        Ok(report(phase, &view.phase, view.acted, metrics))
    }

    fn send(&self, method: &str, path: &str, body: Option<&impl Serialize>) -> Result<Response, Error> {
        http::send(&Request {
            method: method.into(),
            url: format!("http://{}{path}", self.admin),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.map(|body| serde_json::to_vec(body).unwrap_or_default()),
            timeout: None,
        })
    }

    fn expect_ok(&self, response: Response) -> Result<(), Error> {
        if (200..300).contains(&response.status) {
            return Ok(());
        }
        Err(refused(&response))
    }
}

fn report(phase: Phase, message: &str, acted: u64, metrics: Vec<(String, f64)>) -> Report {
    Report { phase, message: message.into(), acted, metrics }
}

fn refused(response: &Response) -> Error {
    let text = serde_json::from_slice::<Refusal>(&response.body).map(|refusal| refusal.error);
    let message = format!("the proxy answered {}: {}", response.status, text.unwrap_or_else(|_| "no reason".into()));
    let (code, retryable) = match response.status {
        401 | 403 => (ErrorCode::PermissionDenied, false),
        404 => (ErrorCode::UnknownHandle, false),
        400 | 409 | 422 => (ErrorCode::InvalidParams, false),
        _ => (ErrorCode::Internal, true),
    };
    failure(code, message, retryable)
}
