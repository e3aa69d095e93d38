//! Signals that stop a run: everything is taken back before the program ends.

use crate::run::{Events, Halt, Verdict};
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

    /// Stops the run at the first one. Further ones change nothing: what is in force must still be taken back.
    pub async fn stop(mut self, halt: Halt, events: Events) {
        let name = self.next().await;
        halt.stop(Verdict::Aborted, format!("stopped by {name}"));
        loop {
            let name = self.next().await;
            events.note(format!("{name} again: still taking everything back"));
        }
    }
}
