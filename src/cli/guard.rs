//! `chaos guard`: a process beside a runner that takes everything back when the runner disappears.
//!
//! It holds nothing of the runner's but the end of a pipe. The runner says a word through it when its run is over; when the
//! pipe ends without that word, the runner is gone, and the guard recovers what its run left.

use super::{StoreOption, block_on};
use crate::journal::Journal;
use crate::run::{Effects, RealWorld, Recovered, RunError, TokioClock, recover_run};
use rustix::process::setsid;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The word that the run is over.
const OVER: &[u8] = b"over\n";
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
        let mut said = Vec::new();
        let _ended = std::io::stdin().read_to_end(&mut said);
        if said.ends_with(OVER) {
            return 0;
        }
        match self.store.open().map(Arc::new).map(|journal| self.take_back(journal)) {
            Ok(code) => code,
            Err(error) => {
                complain_of!("{error}");
                7
            }
        }
    }

    fn take_back(&self, journal: Arc<Journal>) -> u8 {
        while journal.run(&self.run).is_ok_and(|run| run.is_some_and(|run| run.is_alive())) {
            std::thread::sleep(LOOK);
        }
        match block_on(recovered(journal, self.run.clone())) {
            Ok(Ok(undone)) => told(&undone),
            Ok(Err(error)) => {
                complain_of!("{error}");
                7
            }
            Err(error) => {
                complain_of!("{error}");
                7
            }
        }
    }
}

async fn recovered(journal: Arc<Journal>, run: String) -> Result<Vec<Recovered>, RunError> {
    let world = Arc::new(RealWorld::for_recovery(journal.folder())?);
    let effects = Effects::new(Arc::clone(&journal), world, Arc::new(TokioClock::start()), "guard".to_owned());
    let undone = recover_run(&journal, &effects, &run).await?;
    journal.close_dead(&run)?;
    Ok(undone)
}

fn told(recovered: &[Recovered]) -> u8 {
    let mut code = 0;
    for one in recovered {
        let what = &one.undone.what;
        match &one.undone.result {
            Ok(note) if one.kept => say!("the runner is gone; kept: {what}: {note}"),
            Ok(note) => say!("the runner is gone; taken back: {what} {note}"),
            Err(error) => {
                code = 7;
                say!("the runner is gone; still in force: {what}: {error}");
            }
        }
    }
    code
}

/// A run's guard, as its runner has it.
pub struct Watched(Option<(Child, PathBuf)>);

impl Watched {
    /// Starts the guard of a run; its words go to `guard.log` in the run's folder.
    ///
    /// # Errors
    /// Why there is none.
    pub fn begin(store: &Path, run: &str) -> Result<Self, String> {
        let folder = store.join("runs").join(run);
        let path = folder.join("guard.log");
        let started = || -> std::io::Result<Child> {
            std::fs::create_dir_all(&folder)?;
            let log = File::options().create(true).append(true).open(&path)?;
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["guard", "--run", run, "--store"]).arg(store);
            command.stdin(Stdio::piped()).stderr(log.try_clone()?).stdout(log).spawn()
        };
        started().map(|child| Self(Some((child, path)))).map_err(|error| error.to_string())
    }

    /// No guard.
    pub fn by_nobody() -> Self {
        Self(None)
    }

    /// Says that the run is over, and waits until the guard has gone.
    pub fn end(mut self) {
        let Some((child, log)) = &mut self.0 else { return };
        if let Some(mut pipe) = child.stdin.take() {
            let _guard_is_gone = pipe.write_all(OVER);
        }
        let _reaped = child.wait();
        if log.metadata().is_ok_and(|log| log.len() == 0) {
            let _nothing_to_say = std::fs::remove_file(log);
        }
    }
}
