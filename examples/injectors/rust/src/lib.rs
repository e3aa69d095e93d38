//! A fault by a lock: somebody else holds what the target wants, until the lease runs out or the fault is taken back.
//!
//! The lock is a key that is set with NX and lives for the lease, as services take locks in Redis. Its value is the name of the
//! fault, so nobody else's lock is ever given back. When the runner dies, Redis ends the fault by itself.

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });
}
mod redis;

use bindings::chaos::injector::clock;
use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use redis::Reply;
use serde::{Deserialize, Serialize};

struct Injector;

/// How long the lock is held where the host names no lease, and how long it is waited for, in milliseconds.
const DEFAULT_LEASE: u64 = 10_000;
const PATIENCE: u64 = 2_000;
const PAUSE: u64 = 50;

/// Whoever does not hold the lock any more must not give it back: looked at and changed in one go.
const RENEW: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const GIVE_BACK: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/// What `prepare` found out. All later calls have only this: they may come after a restart, each in a fresh component.
#[derive(Serialize, Deserialize)]
struct Prepared {
    address: String,
    key: String,
}

impl Guest for Injector {
    /// Changes nothing, and cannot: the host opens no connection here.
    fn prepare(_: Context, fault: String, _: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        if fault != "hold" {
            return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{fault}`")));
        }
        let prepared = Prepared { address: text(&params, "address")?, key: text(&params, "key")? };
        serde_json::to_vec(&prepared).map_err(|error| failure(ErrorCode::Internal, error.to_string()))
    }

    /// Takes the lock, once whoever has it gives it back. It may be ours already: inject may come twice.
    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        let Prepared { address, key } = read(&handle)?;
        if ctx.dry_run {
            return Ok(());
        }
        let lease = lease(&ctx).to_string();
        for _ in 0..PATIENCE / PAUSE {
            let taken = redis::ask(&address, &["SET", &key, &handle.id, "NX", "PX", &lease])?;
            if taken != Reply::Nothing || redis::ask(&address, &["GET", &key])? == Reply::Text(handle.id.clone()) {
                return Ok(());
            }
            clock::sleep(PAUSE * 1_000_000);
        }
        Err(failure(ErrorCode::Other("held".into()), format!("somebody else holds `{key}` and does not give it back")))
    }

    fn renew(ctx: Context, handle: Handle) -> Result<(), Error> {
        let Prepared { address, key } = read(&handle)?;
        match redis::ask(&address, &["EVAL", RENEW, "1", &key, &handle.id, &lease(&ctx).to_string()])? {
            Reply::Number(1) => Ok(()),
            _ => Err(failure(ErrorCode::UnknownHandle, format!("`{key}` is not held by this fault any more"))),
        }
    }

    /// Already given back is success; the lock of somebody else stays.
    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        let Prepared { address, key } = read(&handle)?;
        if ctx.dry_run {
            return Ok(());
        }
        redis::ask(&address, &["EVAL", GIVE_BACK, "1", &key, &handle.id]).map(|_| ())
    }

    fn status(_: Context, handle: Handle) -> Result<Report, Error> {
        let Prepared { address, key } = read(&handle)?;
        let (phase, acted, message) = match redis::ask(&address, &["GET", &key])? {
            Reply::Text(holder) if holder == handle.id => (Phase::Active, 1, format!("`{key}` is held")),
            Reply::Nothing => (Phase::Expired, 0, format!("nobody holds `{key}`")),
            _ => (Phase::Lost, 0, format!("somebody else holds `{key}`")),
        };
        Ok(Report { phase, message, acted, metrics: Vec::new() })
    }
}

fn read(handle: &Handle) -> Result<Prepared, Error> {
    let unknown = |_| failure(ErrorCode::UnknownHandle, "this is no handle of redis-lock".into());
    serde_json::from_slice(&handle.data).map_err(unknown)
}

/// In milliseconds.
fn lease(ctx: &Context) -> u64 {
    ctx.lease.map_or(DEFAULT_LEASE, |nanoseconds| nanoseconds / 1_000_000).max(1)
}

fn text(params: &[Param], name: &str) -> Result<String, Error> {
    match params.iter().find(|param| param.name == name).map(|param| &param.value) {
        Some(Value::Text(text)) => Ok(text.clone()),
        _ => Err(failure(ErrorCode::InvalidParams, format!("the parameter `{name}` is missing or no text"))),
    }
}

fn failure(code: ErrorCode, message: String) -> Error {
    Error { code, message, retryable: false }
}

bindings::export!(Injector with_types_in bindings);
