//! Signals that stop a run: everything is taken back before the program ends.

use crate::journal::Journal;
use crate::run::{Events, Halt, InForce, RunError, Verdict, in_force};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop a run.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes them over from now on.
    pub fn install() -> std::io::Result<Self> {
        survive_full_files()?;
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }

    /// Stops the run at the first one. Further ones change nothing, and say what is still in force: that must be taken back.
    pub async fn stop(mut self, halt: Halt, events: Events, journal: Arc<Journal>, run: String) {
        let name = self.next().await;
        events.note(format!("{name}: everything is taken back now"));
        halt.stop(Verdict::Aborted, format!("stopped by {name}"));
        loop {
            let name = self.next().await;
            events.note(format!("{name} again: {}", still(in_force(&journal), &run)));
        }
    }
}

/// A file that may not grow any further is an error to whoever writes it, and no death.
pub fn survive_full_files() -> std::io::Result<()> {
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)
}

/// What of a run is still in force, and what becomes of it.
fn still(found: Result<Vec<InForce>, RunError>, run: &str) -> String {
    let found = match found {
        Ok(found) => found,
        Err(error) => return format!("what is still in force cannot be read ({error}); it is being taken back"),
    };
    let own = found.into_iter().filter(|found| found.run == run);
    let names: Vec<String> = own.map(|found| found.effect.intent.what()).collect();
    if names.is_empty() {
        return "nothing is in force any more; the run is ending".to_owned();
    }
    format!(
        "still in force: {}. Each is being taken back, then the run ends; what cannot be taken back is named with what to do. \
         If this process is killed instead, its guard goes on with that, and `chaos recover` can",
        names.join(", ")
    )
}
