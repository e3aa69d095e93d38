//! The `http` injector: faults of HTTP traffic, applied by the fault proxy through its admin API.
//!
//! What it can do stands in `manifest.json`. A handle holds all that inject, renew, revert and status need: the admin address
//! and the fault's content.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}
mod params;
mod proxy;

use bindings::chaos::injector::types::{Error, ErrorCode, Param};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Report, Target};
use params::{bandwidth, frequency, integer, milliseconds, ratio, text, texts, wrong};
use proxy::{Effect, Match, Prepared};

struct Http;

impl Guest for Http {
    fn prepare(ctx: Context, fault: String, target: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let admin = target.attributes.iter().find(|(name, _)| name == "admin").map(|(_, value)| value.clone());
        let admin = admin.ok_or_else(|| {
            failure(ErrorCode::UnsupportedTarget, format!("no proxy stands before `{}`", target.name), false)
        })?;
        let effect = effect(&fault, &params)?;
        let share = ratio(&params, "traffic")?;
        let marks = matches!(effect, Effect::Mark {});
        // A limit acts on what is too much, and on nothing else.
        let rate = if marks || matches!(effect, Effect::RateLimit { .. }) { 1.0 } else { ratio(&params, "rate")? };
        let marked_by = if marks { None } else { marked_by(&params, &ctx)? };
        let (requests_per_second, matching) = (limit(&target)?, matching(&params)?);
        let prepared = Prepared { admin, effect, share, rate, requests_per_second, marked_by, matching };
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

/// What a fault does to a request.
fn effect(fault: &str, params: &[Param]) -> Result<Effect, Error> {
    Ok(match fault {
        "error" => Effect::Error { status: integer(params, "status")?, retry_after_s: retry_after(params)? },
        "latency" => delay(params)?,
        "abort" => Effect::Abort { at: text(params, "at")?, ending: text(params, "ending")? },
        "blackhole" => Effect::Blackhole {},
        "corrupt" => Effect::Corrupt { bytes: ratio(params, "bytes")? },
        "slow_body" => Effect::SlowBody {
            bytes_per_second: bandwidth(params, "bandwidth")?,
            every_ms: milliseconds(params, "every")?,
        },
        "rate_limit" => Effect::RateLimit { requests_per_second: frequency(params, "requests")? },
        "mark" => Effect::Mark {},
        other => return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{other}`"), false)),
    })
}

/// Whole seconds, rounded up; none where it is 0.
fn retry_after(params: &[Param]) -> Result<Option<u64>, Error> {
    let seconds = (milliseconds(params, "retry_after")? / 1e3).ceil() as u64;
    Ok(Some(seconds).filter(|seconds| *seconds > 0))
}

/// The requests that are looked for; nothing where that is all of them, which every proxy understands.
fn matching(params: &[Param]) -> Result<Option<Match>, Error> {
    let (methods, path, headers) = (texts(params, "methods")?, text(params, "path")?, texts(params, "headers")?);
    let all = methods == ["*"] && path == "*" && headers.is_empty();
    Ok((!all).then_some(Match { methods, path, headers }))
}

/// The run whose marks are looked for; none where any request may be selected.
fn marked_by(params: &[Param], ctx: &Context) -> Result<Option<String>, Error> {
    match text(params, "among")?.as_str() {
        "marked" => Ok(Some(ctx.run_id.clone())),
        "all" => Ok(None),
        _ => Err(wrong("among")),
    }
}

fn failure(code: ErrorCode, message: String, retryable: bool) -> Error {
    Error { code, message, retryable }
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
