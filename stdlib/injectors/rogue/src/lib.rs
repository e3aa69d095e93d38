//! A component that does what it is told, also what no component should: the tests of the host are made with it.
//!
//! `what` and the other parameters say what is asked of the host, and `when` in which function. What the host answers comes
//! back as an error with the code `answer`.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}

use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::chaos::injector::{clock, exec, files, http, log, process, random, state, tcp};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use serde::{Deserialize, Serialize};

struct Rogue;

#[derive(Default, Serialize, Deserialize)]
struct Order {
    fault: String,
    when: String,
    what: String,
    args: Vec<String>,
    time: u64,
    pid: u32,
    started: u64,
}

impl Guest for Rogue {
    fn prepare(_: Context, fault: String, _: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        let mut order = Order { fault, ..Order::default() };
        for Param { name, value } in params {
            match (name.as_str(), value) {
                ("when", Value::Text(text)) => order.when = text,
                ("what", Value::Text(text)) => order.what = text,
                ("args", Value::Texts(texts)) => order.args = texts,
                ("time", Value::Duration(time)) => order.time = time,
                ("pid", Value::Integer(pid)) => order.pid = pid as u32,
                ("started", Value::Integer(started)) => order.started = started as u64,
                _ => {}
            }
        }
        if order.fault == "huge" {
            return Ok(vec![0; 100 << 10]);
        }
        order.now("prepare")?;
        Ok(serde_json::to_vec(&order).unwrap())
    }

    fn inject(_: Context, handle: Handle) -> Result<(), Error> {
        Order::read(&handle).now("inject")
    }

    fn renew(_: Context, handle: Handle) -> Result<(), Error> {
        Order::read(&handle).now("renew")
    }

    fn revert(_: Context, handle: Handle) -> Result<(), Error> {
        Order::read(&handle).now("revert")
    }

    fn status(_: Context, handle: Handle) -> Result<Report, Error> {
        Order::read(&handle).now("status")?;
        Ok(Report { phase: Phase::Active, message: "all is well".into(), acted: u64::MAX, metrics: Vec::new() })
    }
}

impl Order {
    fn read(handle: &Handle) -> Self {
        serde_json::from_slice(&handle.data).unwrap_or_default()
    }

    fn now(&self, function: &str) -> Result<(), Error> {
        if self.when == function { self.carry_out() } else { Ok(()) }
    }

    fn carry_out(&self) -> Result<(), Error> {
        match self.fault.as_str() {
            "nothing" | "lie" => Ok(()),
            "spin" => loop {
                std::hint::black_box(());
            },
            "trap" => panic!("a rogue panics"),
            "recurse" => {
                std::hint::black_box(deeper(1));
                Ok(())
            }
            "bomb" => {
                let mut all: Vec<Vec<u8>> = Vec::new();
                loop {
                    all.push(vec![1; 1 << 20]);
                    std::hint::black_box(&all);
                }
            }
            "flood" => {
                for line in 0..100_000 {
                    log::log(log::Level::Info, &format!("line {line} {}", "x".repeat(2000)), &[]);
                }
                Ok(())
            }
            "ask" => loop {
                // A thousand times nothing is too much as well.
                if let Err(error) = process::list() {
                    return Err(error);
                }
            },
            "sleep" => {
                clock::sleep(self.time);
                Ok(())
            }
            "random" => answer(format!("{} {}", random::next(), random::next())),
            "forge" => {
                // SAFETY: it is not: nobody gave this handle. The host must notice.
                let forged = unsafe { tcp::Connection::from_handle(77) };
                let read = forged.read(1);
                std::mem::forget(forged);
                read.and_then(|_| answer("the host believed it".into()))
            }
            "fetch" => {
                let (method, headers) = match self.args.split_first() {
                    Some((method, headers)) => (method.clone(), headers),
                    None => ("GET".into(), &[][..]),
                };
                let headers = headers.iter().filter_map(|it| it.split_once('=')).map(|(a, b)| (a.into(), b.into()));
                let headers = headers.collect();
                let got = http::send(&http::Request { method, url: self.what.clone(), headers, body: None, timeout: None })?;
                answer(format!("{} {}", got.status, String::from_utf8_lossy(&got.body)))
            }
            "connect" => {
                let connection = tcp::Connection::open(&self.what)?;
                if let Some(text) = self.args.first() {
                    connection.write(text.as_bytes())?;
                }
                answer(String::from_utf8_lossy(&connection.read(1000)?).into_owned())
            }
            "hoard" => {
                let mut all = Vec::new();
                loop {
                    all.push(tcp::Connection::open(&self.what)?);
                }
            }
            "run" => {
                let env = self.args.iter().filter_map(|it| it.strip_prefix("env:")?.split_once('='));
                let env = env.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
                let args = self.args.iter().filter(|it| !it.starts_with("env:")).cloned().collect();
                let timeout = Some(self.time).filter(|time| *time > 0);
                let command = exec::Command { program: self.what.clone(), args, env, stdin: Some(b"in".to_vec()), timeout };
                let got = exec::run(&command)?;
                answer(format!("{:?} {}", got.exit_code, String::from_utf8_lossy(&got.stdout)))
            }
            "list" => {
                let all = process::list()?;
                answer(all.iter().map(|it| format!("{} {} {}", it.instance, it.id.pid, it.state)).collect::<Vec<_>>().join("\n"))
            }
            "signal" => process::signal(process::Id { pid: self.pid, started: self.started }, &self.what),
            "read" => answer(String::from_utf8_lossy(&files::read(&self.what)?).into_owned()),
            "write" => files::write(&self.what, self.args.join(" ").as_bytes()),
            "remove" => files::remove(&self.what),
            "names" => answer(files::list(&self.what)?.join(" ")),
            "keep" => state::put(&self.what, self.args.join(" ").as_bytes()),
            "kept" => answer(format!("{:?}", state::get(&self.what)?.map(|it| String::from_utf8_lossy(&it).into_owned()))),
            other => Err(Error { code: ErrorCode::InvalidParams, message: other.into(), retryable: false }),
        }
    }
}

fn answer(message: String) -> Result<(), Error> {
    Err(Error { code: ErrorCode::Other("answer".into()), message, retryable: false })
}

fn deeper(depth: u64) -> u64 {
    if std::hint::black_box(depth) == 0 { 0 } else { deeper(depth + 1) + std::hint::black_box(depth) }
}

bindings::export!(Rogue with_types_in bindings);
