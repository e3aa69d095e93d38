//! `chaos status`.

use super::{StoreOption, complain};
use crate::report::Paint;
use crate::run::{InForce, Intent, RunError, readable};

/// Show what may be in force now, of all runs.
///
/// Exit code: 0 nothing is left behind, 1 a dead run left something (run `chaos recover`), 2 the store cannot be read.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    store: StoreOption,
}

/// What is in force, what hinders telling more, what stays on purpose, and why no run may begin.
type Found = (Vec<InForce>, Vec<RunError>, Vec<String>, Option<String>);

impl Status {
    pub fn run(self) -> u8 {
        match self.read() {
            Ok((found, troubles, kept, held)) => {
                if let Some(why) = held {
                    say!("no run may begin: {why} (`chaos stop --release`)");
                }
                let shown = show(&found, &kept, troubles.is_empty());
                troubles.iter().map(|error| complain(&error.diagnostic())).max().unwrap_or(shown)
            }
            Err(error) => complain(&error.diagnostic()),
        }
    }

    fn read(&self) -> Result<Found, RunError> {
        let journal = self.store.open()?;
        let kept = journal.kept_effects()?.into_iter().filter_map(|record| {
            let intent: Intent = serde_json::from_str(record.intent.as_deref()?).ok()?;
            let identity = intent.process()?.identity.filter(crate::journal::ProcessIdentity::is_alive)?;
            Some(format!("{} (pid {}): {}", intent.what(), identity.pid, record.note))
        });
        let kept = kept.collect();
        let (found, troubles) = readable(&journal);
        Ok((found, troubles, kept, journal.held()))
    }
}

fn show(found: &[InForce], kept: &[String], is_all: bool) -> u8 {
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
        (_, Some(process), _) if process.is_alive() => format!(" (pid {})", process.pid),
        (_, Some(process), _) => format!(" (pid {}, gone)", process.pid),
        _ => String::new(),
    };
    if one.note.is_empty() { state } else { format!("{state}; {}", one.note) }
}
