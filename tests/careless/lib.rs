//! The injector of the example in Rust with one flaw, which a parameter names: what the conformance suite must notice. It lies in
//! the folder of that example when it is built (`scripts/build-guests`).

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });
}
mod redis;

use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::chaos::injector::{clock, log};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use redis::Reply;
use serde::{Deserialize, Serialize};

struct Careless;

/// Both keys go, where the first is ours.
const RENEW: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const GIVE_BACK: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1], KEYS[2]) else return 0 end";
const ONE_LESS: &str = "if redis.call('exists', KEYS[1]) == 1 and redis.call('decr', KEYS[1]) < 1 then redis.call('del', KEYS[1]) end return 1";

#[derive(Default, Serialize, Deserialize)]
struct Prepared {
    address: String,
    key: String,
    flaw: String,
    noise: u64,
}

impl Guest for Careless {
    fn prepare(_: Context, _: String, _: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let flaw = text(&params, "flaw").unwrap_or_default();
        let given = |name: &str| match text(&params, name) {
            None if flaw == "takes-any" => Ok(String::new()),
            None if flaw == "traps-on-params" => panic!("no `{name}`"),
            None if flaw == "other-code" => Err(failure(ErrorCode::Internal, format!("`{name}` is missing or no text"))),
            given => given.ok_or_else(|| failure(ErrorCode::InvalidParams, format!("`{name}` is missing or no text"))),
        };
        let (address, key) = (given("address")?, given("key")?);
        // Also where it is of another kind.
        if params.iter().any(|param| param.name == "flaw" && !matches!(param.value, Value::Text(_))) {
            given("flaw")?;
        }
        match flaw.as_str() {
            "spins-in-prepare" => spin(),
            "connects-in-prepare" => drop(redis::ask(&address, &["PING"])),
            "refuses" => return Err(failure(ErrorCode::UnsupportedTarget, "not on this target".into())),
            _ => {}
        }
        let noise = if flaw == "differs" { clock::now() } else { 0 };
        serde_json::to_vec(&Prepared { address, key, flaw, noise }).map_err(|error| failure(ErrorCode::Internal, error.to_string()))
    }

    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        let it = read(&ctx, &handle)?;
        if ctx.dry_run && it.flaw != "ignores-dry-run" {
            return Ok(());
        }
        let (key, lease) = (it.key.as_str(), lease(&ctx).to_string());
        match it.flaw.as_str() {
            "lies" => return Ok(()),
            "traps" => panic!("it is careless"),
            "spins" => spin(),
            "floods" => (0..200).for_each(|line| log::log(log::Level::Info, &format!("line {line}"), &[])),
            "hides-errors" => {
                let _whatever_came = redis::ask(&it.address, &["SET", key, &handle.id, "NX", "PX", &lease]);
                return Ok(());
            }
            "piles-up" => return redis::ask(&it.address, &["INCR", key]).map(|_| ()),
            "never-expires" => return redis::ask(&it.address, &["SET", key, &handle.id]).map(|_| ()),
            "half" => {
                redis::ask(&it.address, &["SET", &half(key), &handle.id, "PX", &lease])?;
                clock::sleep(3_000_000_000);
            }
            _ => {}
        }
        let taken = redis::ask(&it.address, &["SET", key, &handle.id, "NX", "PX", &lease])?;
        if taken != Reply::Nothing || (it.flaw != "once" && it.holds(key, &handle)?) {
            return Ok(());
        }
        Err(failure(ErrorCode::Other("held".into()), format!("somebody else holds `{key}`")))
    }

    fn renew(ctx: Context, handle: Handle) -> Result<(), Error> {
        let it = read(&ctx, &handle)?;
        if it.flaw == "never-renews" {
            return Ok(());
        }
        match redis::ask(&it.address, &["EVAL", RENEW, "1", &it.key, &handle.id, &lease(&ctx).to_string()])? {
            Reply::Number(1) => Ok(()),
            _ => Err(failure(ErrorCode::UnknownHandle, format!("`{}` is not held", it.key))),
        }
    }

    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        let it = read(&ctx, &handle)?;
        if ctx.dry_run || it.flaw == "never-reverts" || it.address.is_empty() {
            return Ok(());
        }
        if it.flaw == "piles-up" {
            return redis::ask(&it.address, &["EVAL", ONE_LESS, "1", &it.key]).map(|_| ());
        }
        match redis::ask(&it.address, &["EVAL", GIVE_BACK, "2", &it.key, &half(&it.key), &handle.id])? {
            Reply::Number(0) if it.flaw == "reverts-once" => Err(failure(ErrorCode::UnknownHandle, "it is gone".into())),
            _ => Ok(()),
        }
    }

    fn status(ctx: Context, handle: Handle) -> Result<Report, Error> {
        let it = read(&ctx, &handle)?;
        let there = |key: &str| redis::ask(&it.address, &["EXISTS", key]).map(|there| there == Reply::Number(1));
        let held = match it.flaw.as_str() {
            "lies" => true,
            "piles-up" => there(&it.key)?,
            _ if it.address.is_empty() => false,
            _ => it.holds(&it.key, &handle)? || there(&half(&it.key))?,
        };
        let acted = u64::from(held && it.flaw != "no-evidence" || it.flaw == "claims");
        let message = if it.flaw == "shouts" { "x".repeat(100 << 10) } else { format!("held: {held}") };
        Ok(Report { phase: if held { Phase::Active } else { Phase::Expired }, message, acted, metrics: Vec::new() })
    }
}

impl Prepared {
    fn holds(&self, key: &str, handle: &Handle) -> Result<bool, Error> {
        Ok(redis::ask(&self.address, &["GET", key])? == Reply::Text(handle.id.clone()))
    }
}

/// What cannot be read has no flaw in it, so here the fault says what is wrong: the suite names its steps after the faults.
fn read(ctx: &Context, handle: &Handle) -> Result<Prepared, Error> {
    match serde_json::from_slice(&handle.data) {
        Ok(prepared) => Ok(prepared),
        Err(_) if ctx.step.starts_with("lenient") => Ok(Prepared::default()),
        Err(error) if ctx.step.starts_with("trapping") => panic!("{error}"),
        Err(_) => Err(failure(ErrorCode::UnknownHandle, "this is no handle of careless".into())),
    }
}

fn spin() -> ! {
    loop {
        std::hint::black_box(());
    }
}

fn half(key: &str) -> String {
    format!("{key}.half")
}

/// In milliseconds.
fn lease(ctx: &Context) -> u64 {
    ctx.lease.map_or(10_000, |nanoseconds| nanoseconds / 1_000_000).max(1)
}

fn text(params: &[Param], name: &str) -> Option<String> {
    match params.iter().find(|param| param.name == name).map(|param| &param.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn failure(code: ErrorCode, message: String) -> Error {
    Error { code, message, retryable: false }
}

bindings::export!(Careless with_types_in bindings);
