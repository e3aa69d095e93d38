//! `chaos status`.

use super::{PlaceOption, StoreOption, complain};
use crate::journal::Journal;
use crate::report::Paint;
use crate::run::{InForce, Intent, RunError, readable};
use crate::surroundings::Surroundings;

/// Show what may be in force now, of all runs.
///
/// Without `--store` and CHAOS_STORE it looks into the store of this folder's `chaos.toml`, into that of the platform's state
/// folder, and into those that other projects name, where they hold something.
///
/// Exit code: 0 nothing is left behind, 1 a dead run left something (run `chaos recover`), 2 the store cannot be read.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    place: PlaceOption,
    #[command(flatten)]
    store: StoreOption,
}

/// What is in force, what hinders telling more, what stays on purpose, and why no run may begin.
type Found = (Vec<InForce>, Vec<RunError>, Vec<String>, Option<String>);

impl Status {
    pub fn run(self) -> u8 {
        let stores = match self.store.open_all() {
            Ok(stores) => stores,
            Err(error) => return complain(&error.diagnostic()),
        };
        let unread = stores.unread.iter().map(|error| complain(&error.diagnostic()));
        let mut worst = unread.max().unwrap_or_default();
        if let Some(own) = stores.journals.first() {
            for loss in Surroundings::look_unless(self.place.place_stays, own.folder()).losses() {
                say!("when a run is killed here, {loss}");
            }
        }
        for (number, journal) in stores.journals.iter().enumerate() {
            match read(journal) {
                // Of other stores only what they hold is worth a word.
                Ok((found, troubles, kept, None))
                    if number > 0 && found.is_empty() && troubles.is_empty() && kept.is_empty() => {}
                Ok(found) => worst = worst.max(show(journal, &found)),
                Err(error) => worst = worst.max(complain(&error.diagnostic())),
            }
        }
        worst
    }
}

fn read(journal: &Journal) -> Result<Found, RunError> {
    let kept = journal.kept_effects()?.into_iter().filter_map(|record| {
        let intent: Intent = serde_json::from_str(record.intent.as_deref()?).ok()?;
        let identity = intent.process()?.identity.filter(crate::journal::ProcessIdentity::is_alive)?;
        Some(format!("{} (pid {}): {}", intent.what(), identity.pid, record.note))
    });
    let kept = kept.collect();
    let (found, troubles) = readable(journal);
    Ok((found, troubles, kept, journal.held()))
}

fn show(journal: &Journal, found: &Found) -> u8 {
    let (found, troubles, kept, held) = found;
    say!("store {}", journal.folder().display());
    if let Some(why) = held {
        say!("no run may begin: {why} (`chaos stop --release`)");
    }
    let shown = show_effects(found, kept, troubles.is_empty());
    troubles.iter().map(|error| complain(&error.diagnostic())).max().unwrap_or(shown)
}

fn show_effects(found: &[InForce], kept: &[String], is_all: bool) -> u8 {
    if found.is_empty() && is_all {
        say!("nothing is in force");
    }
    let mut last = "";
    for one in found {
        if one.run != last {
            let state = if one.alive { Paint::green("at work") } else { Paint::red("dead") };
            say!("run {} of {}: {state}", one.run, one.experiment);
            last = &one.run;
        }
        say!("  {}{}", one.effect.intent.what(), remark(one));
    }
    for line in kept {
        say!("kept: {line}");
    }
    if found.iter().any(|one| !one.alive) {
        say!("take it back with `chaos recover`");
        return 1;
    }
    0
}

fn remark(one: &InForce) -> String {
    let process = one.effect.intent.process().and_then(|process| process.identity);
    let state = match (&one.effect.intent, process, one.alive) {
        (Intent::Fault(fault), _, false) if fault.call.lease.is_some() => {
            ": nobody renews its lease, so it has ended by itself or will within 10s".to_owned()
        }
        (_, Some(process), _) if one.beside => format!(" (pid {}, in another container)", process.pid),
        (_, Some(process), _) if process.is_alive() => format!(" (pid {})", process.pid),
        (_, Some(process), _) => format!(" (pid {}, gone)", process.pid),
        _ => String::new(),
    };
    if one.note.is_empty() { state } else { format!("{state}; {}", one.note) }
}
