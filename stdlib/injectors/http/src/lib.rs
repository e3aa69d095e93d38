//! The `http` injector: faults of HTTP traffic, applied by the fault proxy through its admin API.
//!
//! What it can do stands in `manifest.json`. A handle holds all that inject, renew, revert and status need: the admin address
//! and the fault's content.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}
mod proxy;

use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Report, Target};
use proxy::{Effect, Prepared};

struct Http;

impl Guest for Http {
    fn prepare(ctx: Context, fault: String, target: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let admin = target.attributes.iter().find(|(name, _)| name == "admin").map(|(_, value)| value.clone());
        let admin = admin.ok_or_else(|| {
            failure(ErrorCode::UnsupportedTarget, format!("no proxy stands before `{}`", target.name), false)
        })?;
        let effect = match fault.as_str() {
            "error" => Effect::Error { status: integer(&params, "status")? },
            "latency" => delay(&params)?,
            "mark" => Effect::Mark {},
            other => return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{other}`"), false)),
        };
        let share = ratio(&params, "traffic")?;
        let marks = matches!(effect, Effect::Mark {});
        let rate = if marks { 1.0 } else { ratio(&params, "rate")? };
        let marked_by = if marks { None } else { marked_by(&params, &ctx)? };
        let prepared = Prepared { admin, effect, share, rate, requests_per_second: limit(&target)?, marked_by };
        Ok(prepared.to_bytes())
    }

    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle)?.inject(&ctx, &handle.id)
    }

    fn renew(ctx: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle)?.renew(&ctx, &handle.id)
    }

    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle)?.revert(&ctx, &handle.id)
    }

    fn status(_: Context, handle: Handle) -> Result<Report, Error> {
        Prepared::read(&handle)?.status(&handle.id)
    }
}

/// The limit `requests` of the run: requests a second that may be touched.
fn limit(target: &Target) -> Result<Option<f64>, Error> {
    let limit = target.attributes.iter().find(|(name, _)| name == "limit.requests");
    let number = |(_, text): &(String, String)| text.parse().map_err(|_| wrong("limit.requests"));
    limit.map(number).transpose()
}

/// The run whose marks are looked for; none where any request may be selected.
fn marked_by(params: &[Param], ctx: &Context) -> Result<Option<String>, Error> {
    match find(params, "among") {
        Some(Value::Text(word)) if word == "marked" => Ok(Some(ctx.run_id.clone())),
        Some(Value::Text(word)) if word == "all" => Ok(None),
        _ => Err(wrong("among")),
    }
}

fn failure(code: ErrorCode, message: String, retryable: bool) -> Error {
    Error { code, message, retryable }
}

fn wrong(name: &str) -> Error {
    failure(ErrorCode::InvalidParams, format!("the parameter `{name}` is missing or of another kind"), false)
}

fn find<'p>(params: &'p [Param], name: &str) -> Option<&'p Value> {
    params.iter().find(|param| param.name == name).map(|param| &param.value)
}

fn integer(params: &[Param], name: &str) -> Result<i64, Error> {
    match find(params, name) {
        Some(Value::Integer(value)) => Ok(*value),
        _ => Err(wrong(name)),
    }
}

fn ratio(params: &[Param], name: &str) -> Result<f64, Error> {
    match find(params, name) {
        Some(Value::Ratio(value)) => Ok(*value),
        _ => Err(wrong(name)),
    }
}

fn milliseconds(params: &[Param], name: &str) -> Result<f64, Error> {
    match find(params, name) {
        Some(Value::Duration(nanoseconds)) => Ok(*nanoseconds as f64 / 1e6),
        _ => Err(wrong(name)),
    }
}

fn delay(params: &[Param]) -> Result<Effect, Error> {
    let (delay_ms, jitter_ms) = (milliseconds(params, "delay")?, milliseconds(params, "jitter")?);
    if jitter_ms > delay_ms {
        let message = format!("the jitter of {jitter_ms} ms is more than the delay of {delay_ms} ms");
        return Err(failure(ErrorCode::InvalidParams, message, false));
    }
    Ok(Effect::Delay { delay_ms, jitter_ms })
}

bindings::export!(Http with_types_in bindings);
