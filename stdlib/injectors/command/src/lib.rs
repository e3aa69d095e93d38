//! The `command` injector: an organisation's own programs apply a fault, take it back and tell of it.
//!
//! They are started without a shell, with the words of their texts as arguments, and learn the fault from their environment:
//! `CHAOS_FAULT`, `CHAOS_RUN`, `CHAOS_STEP`, `CHAOS_TARGET`, `CHAOS_FENCE`. A handle holds their words.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v0.2", world: "plugin", generate_all });
}

use bindings::chaos::injector::exec::{self, Command as Program, Output};
use bindings::chaos::injector::types::{Error, ErrorCode, Param, Value};
use bindings::exports::chaos::injector::injector::{Context, Guest, Handle, Phase, Report, Target};
use serde::{Deserialize, Serialize};

struct Command;

#[derive(Serialize, Deserialize)]
struct Prepared {
    target: String,
    apply: Vec<String>,
    revert: Vec<String>,
    /// Empty: nobody tells.
    status: Vec<String>,
}

impl Guest for Command {
    fn prepare(ctx: Context, fault: String, target: Target, params: Vec<Param>) -> Result<Vec<u8>, Error> {
        if fault != "script" {
            return Err(failure(ErrorCode::InvalidParams, format!("there is no fault `{fault}`")));
        }
        let words = |name: &str| match params.iter().find(|param| param.name == name).map(|param| &param.value) {
            Some(Value::Text(text)) => shell_words::split(text)
                .map_err(|error| failure(ErrorCode::InvalidParams, format!("`{name}` is no command: {error}"))),
            _ => Err(failure(ErrorCode::InvalidParams, format!("the parameter `{name}` is missing or no text"))),
        };
        let (apply, revert, status) = (words("apply")?, words("revert")?, words("status")?);
        if apply.is_empty() || revert.is_empty() {
            return Err(failure(ErrorCode::InvalidParams, "a fault needs a program to apply it, and one to revert it".into()));
        }
        let prepared = Prepared { target: target.name, apply, revert, status };
        // A fault that could be applied but not reverted must not begin.
        for words in [&prepared.revert, &prepared.apply, &prepared.status] {
            if let Some(program) = prepared.program(&ctx, "", words) {
                exec::check(&program)?;
            }
        }
        Ok(serde_json::to_vec(&prepared).unwrap_or_default())
    }

    fn inject(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        prepared.must(&ctx, &handle, &prepared.apply)
    }

    fn renew(_: Context, handle: Handle) -> Result<(), Error> {
        Prepared::read(&handle).map(|_| ())
    }

    fn revert(ctx: Context, handle: Handle) -> Result<(), Error> {
        let prepared = Prepared::read(&handle)?;
        let reverted = prepared.must(&ctx, &handle, &prepared.revert);
        // Whoever reads that it is still in force can take it back without us.
        reverted.map_err(|error| {
            let by_hand = shell_words::join(&prepared.revert);
            Error { message: format!("{}; by hand: `{by_hand}`", error.message), ..error }
        })
    }

    fn status(ctx: Context, handle: Handle) -> Result<Report, Error> {
        let prepared = Prepared::read(&handle)?;
        if prepared.status.is_empty() {
            return Ok(report(Phase::Active, "nobody tells of it".into()));
        }
        let told = prepared.start(&ctx, &handle, &prepared.status)?;
        match told.exit_code {
            Some(0) => Ok(report(Phase::Active, said(&told))),
            Some(3) => Ok(report(Phase::Lost, said(&told))),
            _ => Err(failed(&prepared.status, &told)),
        }
    }
}

impl Prepared {
    fn read(handle: &Handle) -> Result<Self, Error> {
        serde_json::from_slice(&handle.data)
            .map_err(|error| failure(ErrorCode::UnknownHandle, format!("the handle cannot be read: {error}")))
    }

    /// A program with its arguments, and what it learns of the fault with this id; none of no words.
    fn program(&self, ctx: &Context, fault: &str, words: &[String]) -> Option<Program> {
        let (program, args) = words.split_first()?;
        let variable = |name: &str, value: &str| (format!("CHAOS_{name}"), value.to_owned());
        let env = vec![
            variable("FAULT", fault),
            variable("RUN", &ctx.run_id),
            variable("STEP", &ctx.step),
            variable("TARGET", &self.target),
            variable("FENCE", &ctx.fence.to_string()),
        ];
        Some(Program { program: program.clone(), args: args.to_vec(), env, stdin: None, timeout: None })
    }

    fn start(&self, ctx: &Context, handle: &Handle, words: &[String]) -> Result<Output, Error> {
        let program = self.program(ctx, &handle.id, words);
        exec::run(&program.ok_or_else(|| failure(ErrorCode::Internal, "there is no program".into()))?)
    }

    fn must(&self, ctx: &Context, handle: &Handle, words: &[String]) -> Result<(), Error> {
        if ctx.dry_run {
            return Ok(());
        }
        let ended = self.start(ctx, handle, words)?;
        if ended.exit_code == Some(0) { Ok(()) } else { Err(failed(words, &ended)) }
    }
}

/// The last line that a program wrote, its errors first.
fn said(output: &Output) -> String {
    let last = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("").trim().to_owned();
        line.chars().take(300).collect::<String>()
    };
    let errors = last(&output.stderr);
    if errors.is_empty() { last(&output.stdout) } else { errors }
}

/// A program that failed may do better when it is started again.
fn failed(words: &[String], output: &Output) -> Error {
    let how = output.exit_code.map_or("was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"));
    let said = said(output);
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let program = words.first().map_or("", String::as_str);
    Error { code: ErrorCode::Other("program-failed".into()), message: format!("{program} {how}{said}"), retryable: true }
}

fn report(phase: Phase, message: String) -> Report {
    Report { phase, message, acted: u64::from(phase == Phase::Active), metrics: Vec::new() }
}

fn failure(code: ErrorCode, message: String) -> Error {
    Error { code, message, retryable: false }
}

bindings::export!(Command with_types_in bindings);
