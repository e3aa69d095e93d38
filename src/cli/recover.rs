//! `chaos recover`.

use super::unit::{self, Manager};
use super::{REFUSED, StoreOption, block_on, complain};
use crate::base::tool::Tool;
use crate::journal::Journal;
use crate::run::{
    Effects, Keys, RealWorld, Recovered, RunError, TokioClock, Verdict, recover, recover_without_containers,
};
use serde::Serialize;
use std::sync::Arc;

/// Take back whatever interrupted runs left in force. Safe to run again, and beside a run at work.
///
/// Without `--store` and CHAOS_STORE it looks into the store of this folder's `chaos.toml`, into that of the platform's state
/// folder, and into those that other projects name.
///
/// Exit code: 0 nothing is left, 2 a store cannot be read, 7 something could not be taken back.
#[derive(Debug, clap::Args)]
pub struct Recover {
    /// The containers in which other runs were started are gone, with all that ran in them: what cannot be seen from here is
    /// over.
    #[arg(long)]
    container_gone: bool,
    /// Recover nothing now: print a systemd unit that does at every boot, for this store; of the system, or of the user.
    #[arg(long, value_name = "OF", value_enum, conflicts_with = "format")]
    unit: Option<Manager>,
    /// How it is told.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreOption,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, a line an effect.
    #[default]
    Text,
    /// One document for machines, on standard output.
    Json,
}

/// What became of an effect, as `docs/schemas/recovery.v1.schema.json` describes it.
#[derive(Serialize)]
struct Told<'r> {
    store: String,
    run: &'r str,
    experiment: &'r str,
    what: &'r str,
    result: &'static str,
    note: &'r str,
    error: Option<Failure<'r>>,
}

#[derive(Serialize)]
struct Failure<'r> {
    code: &'static str,
    message: &'r str,
    help: Option<&'r str>,
}

#[derive(Serialize)]
struct Document<'r> {
    version: u8,
    tool: Tool,
    effects: Vec<Told<'r>>,
    left: usize,
}

impl Recover {
    pub fn run(self) -> u8 {
        if let Some(manager) = self.unit {
            return self.print_unit(manager);
        }
        if let Some(nowhere) = self.store.nowhere() {
            return complain(&nowhere);
        }
        let stores = match self.store.open_all() {
            Ok(stores) => stores,
            Err(error) => return complain(&error.diagnostic()),
        };
        let unread = stores.unread.iter().map(|error| complain(&error.diagnostic()));
        let mut worst = unread.max().unwrap_or_default();
        let mut all = Vec::new();
        for journal in stores.journals.into_iter().map(Arc::new) {
            let folder = journal.folder().display().to_string();
            match block_on(take_back(journal, self.container_gone)) {
                Ok(Ok(done)) => all.extend(done.into_iter().map(|one| (folder.clone(), one))),
                Ok(Err(error)) => worst = worst.max(complain(&error.diagnostic())),
                Err(error) => {
                    complain_of!("{error}");
                    worst = worst.max(REFUSED);
                }
            }
        }
        let told: Vec<Told> = all.iter().map(|(store, one)| told(store, one)).collect();
        worst.max(show(told, self.format))
    }

    fn print_unit(&self, manager: Manager) -> u8 {
        match self.store.folder().and_then(|folder| unit::recovering(manager, &folder)) {
            Ok(text) => {
                say!("{}", text.trim_end());
                0
            }
            Err(error) => complain(&error.diagnostic()),
        }
    }
}

async fn take_back(journal: Arc<Journal>, gone: bool) -> Result<Vec<Recovered>, RunError> {
    let keys = Keys::for_leftovers(&journal).await;
    let world = Arc::new(RealWorld::for_recovery(journal.folder(), keys)?);
    let clock = Arc::new(TokioClock::start());
    let effects = Effects::new(Arc::clone(&journal), world, clock, "recovery".to_owned());
    match gone {
        true => recover_without_containers(&journal, &effects).await,
        false => recover(&journal, &effects).await,
    }
}

fn told<'r>(store: &str, one: &'r Recovered) -> Told<'r> {
    let error = one.undone.result.as_ref().err();
    Told {
        store: store.to_owned(),
        run: &one.run,
        experiment: &one.experiment,
        what: &one.undone.what,
        result: match &one.undone.result {
            Err(_) => "in-force",
            Ok(_) if one.kept => "kept",
            Ok(_) => "reverted",
        },
        note: one.undone.result.as_deref().unwrap_or_default(),
        error: error.map(|error| Failure {
            code: error.code.name,
            message: &error.message,
            help: error.help.as_deref(),
        }),
    }
}

/// Tells all, and gives the exit code.
fn show(effects: Vec<Told>, format: Format) -> u8 {
    let left = effects.iter().filter(|one| one.error.is_some()).count();
    match format {
        Format::Text if effects.is_empty() => say!("nothing to recover"),
        Format::Text => effects.iter().for_each(show_one),
        Format::Json => {
            let document = Document { version: 1, tool: Tool::THIS, effects, left };
            say!("{}", serde_json::to_string_pretty(&document).unwrap_or_default());
        }
    }
    if left > 0 { Verdict::NotReverted.exit_code() } else { 0 }
}

fn show_one(one: &Told) {
    let of = match one.run {
        "" => one.what.to_owned(),
        run => format!("{} of the run {run} ({})", one.what, one.experiment),
    };
    match &one.error {
        None if one.note.is_empty() => say!("{}: {of}", one.result),
        None => say!("{}: {of}: {}", one.result, one.note),
        Some(error) => {
            let help = error.help.unwrap_or_default();
            complain_of!("still in force: {of}: error[{}]: {}. {help}", error.code, error.message);
        }
    }
}
