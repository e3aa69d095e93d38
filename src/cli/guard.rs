//! `chaos guard`: a process beside a runner that takes everything back when the runner disappears.
//!
//! It holds nothing of the runner's but the end of a pipe. Through it the runner first hands what reverts need, which is in no
//! file, argument or variable of the guard; and at its end a word that its run is over. When the pipe ends without that
//! word, the runner is gone, and the guard recovers what its run left.

use super::signals::survive_full_files;
use super::{StoreOption, block_on};
use crate::journal::Journal;
use crate::run::{Effects, Keys, RealWorld, Recovered, RunError, TokioClock, recover_run};
use rustix::process::setsid;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The word that the run is over, a line of its own.
pub const OVER: &str = "over";
/// The word of a guard that stands, on its standard output.
pub const WATCHING: &str = "watching";
/// How often it looks whether a runner whose pipe has ended still lives.
const LOOK: Duration = Duration::from_millis(20);

/// Watch over a run: started by `chaos exec`.
#[derive(Debug, clap::Args)]
pub struct Guard {
    /// The run.
    #[arg(long)]
    run: String,
    #[command(flatten)]
    store: StoreOption,
}

impl Guard {
    pub fn run(self) -> u8 {
        // In a session of its own no terminal and no shell takes it along with the runner.
        let _leads_one_already = setsid();
        match block_on(self.watch()) {
            Ok(Ok(code)) => code,
            Ok(Err(error)) => failed(&error.to_string()),
            Err(error) => failed(&error),
        }
    }

    async fn watch(self) -> Result<u8, RunError> {
        // A machine that shuts down, or a service that stops, tells all at once. The guard stays while its runner takes everything
        // back; only that ends it.
        let _ignored = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(signal);
        let _as_a_full_disk = survive_full_files();
        // Opened now: the store may be gone when it is needed.
        let journal = Arc::new(self.store.open()?);
        say!("{WATCHING}");
        let told = tokio::task::spawn_blocking(|| {
            let mut told = Vec::new();
            let _ended = std::io::stdin().read_to_end(&mut told);
            String::from_utf8_lossy(&told).into_owned()
        });
        let told = told.await.unwrap_or_default();
        if told.lines().any(|line| line == OVER) {
            return Ok(0);
        }
        while journal.run(&self.run).is_ok_and(|run| run.is_some_and(|run| run.is_alive())) {
            tokio::time::sleep(LOOK).await;
        }
        let keys = told.lines().next().map(Keys::of_line).unwrap_or_default();
        recovered(journal, keys, &self.run).await.map(|recovered| tell(&recovered))
    }
}

fn failed(why: &str) -> u8 {
    complain_of!("{why}");
    7
}

async fn recovered(journal: Arc<Journal>, keys: Keys, run: &str) -> Result<Vec<Recovered>, RunError> {
    let world = Arc::new(RealWorld::for_recovery(journal.folder(), keys)?);
    let effects = Effects::new(Arc::clone(&journal), world, Arc::new(TokioClock::start()), "guard".to_owned());
    let recovered = recover_run(&journal, &effects, run).await?;
    journal.close_dead(run)?;
    Ok(recovered)
}

/// Writes down what it did, on standard error, which is its log. Gives the exit code.
fn tell(recovered: &[Recovered]) -> u8 {
    let mut code = 0;
    for one in recovered {
        let what = &one.undone.what;
        match &one.undone.result {
            Ok(note) if one.kept => complain_of!("the runner is gone; kept: {what}: {note}"),
            Ok(note) => complain_of!("the runner is gone; taken back: {what} {note}"),
            Err(error) => {
                code = 7;
                complain_of!("the runner is gone; still in force: {what}: {error}");
            }
        }
    }
    code
}
