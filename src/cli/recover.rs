//! `chaos recover`.

use super::{REFUSED, StoreOption, block_on, complain};
use crate::journal::Journal;
use crate::run::{Effects, RealWorld, RunError, TokioClock, Undone, Verdict, recover};
use std::sync::Arc;

/// Take back whatever interrupted runs left in force. Safe to run again, and beside a run at work.
///
/// Exit code: 0 nothing is left, 2 the store cannot be read, 7 something could not be taken back.
#[derive(Debug, clap::Args)]
pub struct Recover {
    #[command(flatten)]
    store: StoreOption,
}

impl Recover {
    pub fn run(self) -> u8 {
        let journal = match self.store.open() {
            Ok(journal) => Arc::new(journal),
            Err(error) => return complain(&error.diagnostic()),
        };
        match block_on(take_back(journal)) {
            Ok(Ok(undone)) => show(&undone),
            Ok(Err(error)) => complain(&error.diagnostic()),
            Err(error) => {
                complain_of!("{error}");
                REFUSED
            }
        }
    }
}

async fn take_back(journal: Arc<Journal>) -> Result<Vec<Undone>, RunError> {
    let world = Arc::new(RealWorld::for_recovery(journal.folder())?);
    let clock = Arc::new(TokioClock::start());
    let effects = Effects::new(Arc::clone(&journal), world, clock, "recovery".to_owned());
    recover(&journal, &effects).await
}

fn show(undone: &[Undone]) -> u8 {
    if undone.is_empty() {
        say!("nothing to recover");
    }
    let mut left = 0;
    for one in undone {
        match &one.result {
            Ok(note) if note.is_empty() => say!("reverted: {}", one.what),
            Ok(note) => say!("reverted: {} ({note})", one.what),
            Err(error) => {
                left += 1;
                let help = error.help.clone().unwrap_or_default();
                complain_of!("still in force: {}: error[{}]: {error}. {help}", one.what, error.code);
            }
        }
    }
    if left > 0 { Verdict::NotReverted.exit_code() } else { 0 }
}
