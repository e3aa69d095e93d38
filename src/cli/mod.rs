//! Rank 11: the command line, one file a command.

/// Prints a line on standard output. A reader that has gone away (`| head`) must not end a run that has yet to take
/// everything back.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write;
        let _nobody_reads = writeln!(anstream::stdout(), $($part)*);
    }};
}

/// The same on standard error.
macro_rules! complain_of {
    ($($part:tt)*) => {{
        use std::io::Write;
        let _nobody_reads = writeln!(anstream::stderr(), $($part)*);
    }};
}

mod ask;
mod check;
mod colour;
mod completions;
mod demo;
mod diff;
mod disk;
mod doc;
mod endpoint;
mod env;
mod examine;
mod examples;
mod exec;
mod explain;
mod fmt;
mod graph;
mod guard;
mod init;
mod layout;
mod lint;
mod lsp;
mod man;
mod output;
mod plan;
mod planfile;
mod plugin;
mod policy;
mod project_of;
mod proxy;
mod record;
mod recorded;
mod recover;
mod rehearse;
mod replace;
mod replay;
mod replay_of;
mod scope;
mod selection;
mod signals;
mod sim;
mod status;
mod stdin;
mod stop;
mod store;
mod test;
mod unified;
mod unit;
mod walk;
mod watched;
mod wire;

use crate::base::Sources;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::render::{Style, render};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Usage, unreadable input, or a run that was refused.
const REFUSED: u8 = 2;

/// A typed language for chaos experiments whose blast radius is proven before anything runs.
#[derive(Debug, Parser)]
#[command(name = "chaos", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When output has colours.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    color: colour::Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Lint(lint::Lint),
    Fmt(fmt::Fmt),
    Plan(plan::PlanCommand),
    Graph(graph::Graph),
    Diff(diff::Diff),
    Env(env::Env),
    Exec(exec::Exec),
    Test(test::TestCommand),
    Sim(sim::Sim),
    Policy(policy::PolicyCommand),
    Status(status::Status),
    Stop(stop::Stop),
    Recover(recover::Recover),
    Replay(replay::Replay),
    Explain(explain::Explain),
    Doc(doc::Doc),
    Plugin(plugin::Plugin),
    Lsp(lsp::Lsp),
    Proxy(proxy::ProxyCommand),
    Demo(demo::Demo),
    Completions(completions::Completions),
    Man(man::ManCommand),
    #[command(hide = true)]
    Guard(guard::Guard),
}

/// Where the run store lies.
#[derive(Debug, clap::Args)]
struct StoreOption {
    /// The folder of the run store (default: `store` of `chaos.toml`, else `chaos` in the platform's state folder).
    #[arg(long, value_name = "DIR", env = "CHAOS_STORE", hide_env_values = true)]
    store: Option<PathBuf>,
}

/// Whether the place stays in which a command is given.
#[derive(Debug, clap::Args)]
struct PlaceOption {
    /// This container, and the disk under the store, stay when a run is over or killed: where it does not look like it, as in
    /// the agent of a CI server.
    #[arg(long, env = "CHAOS_PLACE_STAYS", hide_env_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    place_stays: bool,
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.set();
    let code = match arguments.command {
        Command::Init(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Lint(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Env(command) => command.run(),
        Command::Exec(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Sim(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Status(command) => command.run(),
        Command::Stop(command) => command.run(),
        Command::Recover(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Doc(command) => command.run(),
        Command::Plugin(command) => command.run(),
        Command::Lsp(command) => command.run(),
        Command::Proxy(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Guard(command) => command.run(),
    };
    ExitCode::from(code)
}

/// How findings are drawn on standard error.
fn style() -> Style {
    Style { colour: colour::on_stderr(), ..Style::PLAIN }
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Findings drawn at one go; more would not be read.
const SHOWN: usize = 100;

/// Prints findings on standard error.
fn print(findings: &[Diagnostic], sources: &Sources) {
    for finding in findings.iter().take(SHOWN) {
        complain_of!("{}", render(finding, sources, style()).trim_end());
        complain_of!("");
    }
    if findings.len() > SHOWN {
        complain_of!("… and {} more", findings.len() - SHOWN);
    }
}

/// Prints one finding that has no place.
fn complain(finding: &Diagnostic) -> u8 {
    print(std::slice::from_ref(finding), &Sources::default());
    REFUSED
}

/// Runs a future to its end on a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    Ok(runtime.map_err(|error| format!("the asynchronous runtime cannot be made: {error}"))?.block_on(future))
}
