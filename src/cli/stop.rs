//! `chaos stop`.

use super::{REFUSED, StoreOption, block_on, complain};
use crate::diagnostics::{Diagnostic, codes};
use crate::journal::{DATABASE, Journal, JournalError, RunRecord};
use crate::run::{Halt, RunError, Verdict, stop_at};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a runner looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(200);

/// Stop runs at work from another terminal: each takes everything back, and ends as aborted. Without a name it stops the run
/// at work, if there is one alone.
///
/// Without `--store` and CHAOS_STORE it looks for runs in the store of this folder's `chaos.toml`, in that of the platform's
/// state folder, and in those that other projects name.
///
/// `--hold` stops all runs and lets none begin until `--release`. It makes the file `halt` in the store's folder; whoever
/// makes that file by hand does the same.
///
/// `--proxy` ends all faults at a fault proxy, whichever runs on whichever machines they are of, and lets none begin there
/// until `--release`; these runs end as aborted.
///
/// Exit code: 0 what was to stop has ended and everything is taken back, 1 it has not ended in time, 2 there is no such
/// run, or the store cannot be read, 7 something may still be in force.
#[derive(Debug, clap::Args)]
pub struct Stop {
    /// The run's name, as `chaos status` shows it.
    #[arg(conflicts_with_all = ["all", "hold", "release"])]
    run: Option<String>,
    /// Stop all runs at work.
    #[arg(long)]
    all: bool,
    /// Stop all runs at work, and let none begin until `--release`; for this reason.
    #[arg(long, value_name = "WHY", conflicts_with_all = ["all", "release"])]
    hold: Option<String>,
    /// Let runs begin again.
    #[arg(long, conflicts_with = "all")]
    release: bool,
    /// End all faults at the proxy with this admin address. May be given again for others.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["run", "all"], value_parser = admin_address)]
    proxy: Vec<String>,
    /// How long it is waited until they have taken everything back, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    #[command(flatten)]
    store: StoreOption,
}

impl Stop {
    pub fn run(self) -> u8 {
        if !self.proxy.is_empty() {
            return self.at_proxies();
        }
        let stores = match self.store.open_all() {
            Ok(stores) => stores,
            Err(error) => return complain(&error.diagnostic()),
        };
        let unread = stores.unread.iter().map(|error| complain(&error.diagnostic())).max().unwrap_or_default();
        match self.stop(&stores.journals) {
            Ok(code) => code.max(unread),
            Err(finding) => complain(&finding),
        }
    }

    /// Stops or releases each of the proxies, also where another one cannot be reached.
    fn at_proxies(&self) -> u8 {
        let store = self.store.folder().unwrap_or_default();
        let why = (!self.release).then(|| self.hold.as_deref().unwrap_or("stopped by `chaos stop`"));
        let mut code = 0;
        if why.is_some_and(|why| why.is_empty() || why.len() > 500) {
            complain_of!("error: a reason has 1 to 500 bytes");
            return REFUSED;
        }
        for admin in &self.proxy {
            match block_on(stop_at(&store, admin, why)) {
                Ok(Ok(())) if self.release => say!("faults may begin again at {admin}"),
                Ok(Ok(())) => say!(
                    "all faults at {admin} have ended; none begins there until `chaos stop --proxy {admin} --release`"
                ),
                Ok(Err(error)) => code = complain(&error.diagnostic()).max(code),
                Err(error) => {
                    complain_of!("{error}");
                    code = REFUSED.max(code);
                }
            }
        }
        code
    }

    fn stop(&self, journals: &[Journal]) -> Result<u8, Diagnostic> {
        if self.release {
            return release(journals);
        }
        let mut worst = 0;
        if let Some(why) = &self.hold {
            for path in journals.iter().map(Journal::halt_file) {
                if let Err(error) = std::fs::write(&path, format!("{why}\n")) {
                    worst = worst.max(complain(&unwritable(&path, &error)));
                }
            }
            say!("no run begins until `chaos stop --release`: {why}");
        }
        let runs = self.wanted(journals)?;
        if self.hold.is_none() {
            for (journal, run) in &runs {
                journal.ask_to_stop(&run.id, "stopped by `chaos stop`").map_err(broken)?;
            }
        }
        Ok(self.wait_for(&runs)?.max(worst))
    }

    /// The runs that are to stop, each with its store.
    fn wanted<'j>(&self, journals: &'j [Journal]) -> Result<Vec<(&'j Journal, RunRecord)>, Diagnostic> {
        let mut work = Vec::new();
        for journal in journals {
            work.extend(journal.at_work().map_err(broken)?.into_iter().map(|run| (journal, run)));
        }
        let name = |(_, run): &(&Journal, RunRecord)| format!("`{}` ({})", run.id, run.experiment);
        let names = || work.iter().map(name).collect::<Vec<_>>().join(", ");
        let stores = || {
            let folders = journals.iter().map(|journal| format!("`{}`", journal.folder().display()));
            format!("looked for in {}", folders.collect::<Vec<_>>().join(", "))
        };
        if self.all || self.hold.is_some() {
            if work.is_empty() {
                say!("no run is at work");
            }
            return Ok(work);
        }
        match (&self.run, work.as_slice()) {
            (Some(name), _) => match work.iter().find(|(_, run)| run.id == *name) {
                Some(run) => Ok(vec![run.clone()]),
                None => {
                    let known =
                        if work.is_empty() { "no run is at work".to_owned() } else { format!("at work: {}", names()) };
                    Err(Diagnostic::error(codes::E0810, format!("no run `{name}` is at work"))
                        .note(stores())
                        .help(known))
                }
            },
            (None, [one]) => Ok(vec![one.clone()]),
            (None, []) => Err(Diagnostic::error(codes::E0810, "no run is at work")
                .note(stores())
                .help("`chaos status` shows what dead runs left, and `chaos recover` takes it back")),
            (None, _) => Err(Diagnostic::error(codes::E0810, "several runs are at work, and none is named")
                .help(format!("name one, or say `--all`: {}", names()))),
        }
    }

    /// Waits until they have ended, and says what came of them.
    fn wait_for(&self, runs: &[(&Journal, RunRecord)]) -> Result<u8, Diagnostic> {
        let began = Instant::now();
        let mut worst = 0;
        for (journal, run) in runs {
            let ended = loop {
                let record = journal.run(&run.id).map_err(broken)?;
                let over = record.filter(|record| record.verdict.is_some() || !record.is_alive());
                if over.is_some() || began.elapsed() >= Duration::from_secs(self.wait) {
                    break over;
                }
                std::thread::sleep(LOOK / 2);
            };
            worst = worst.max(told(run, ended.as_ref()));
        }
        Ok(worst)
    }
}

/// An address as it stands in the names of token files: a bare port is one on loopback.
fn admin_address(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    let (host, port) = bare.rsplit_once(':').unwrap_or(("127.0.0.1", bare));
    let host = if host == "localhost" { "127.0.0.1" } else { host };
    let sound = !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok();
    sound.then(|| format!("{host}:{port}")).ok_or_else(|| "write a port, or `host:port`".to_owned())
}

/// Says what came of a run; the exit code of it.
fn told(run: &RunRecord, ended: Option<&RunRecord>) -> u8 {
    let name = format!("the run {} of {}", run.id, run.experiment);
    match ended.map(|record| record.verdict.as_deref()) {
        None => {
            complain_of!("{name} is still taking everything back; `chaos status` shows what is in force");
            1
        }
        Some(None) => {
            complain_of!("the runner of {name} has died; run `chaos recover`");
            Verdict::NotReverted.exit_code()
        }
        Some(Some(verdict)) if verdict == Verdict::NotReverted.to_string() => {
            complain_of!("{name} ended, and something may still be in force; `chaos status` shows it");
            Verdict::NotReverted.exit_code()
        }
        Some(Some(verdict)) => {
            say!("{name} ended as {verdict}; everything is taken back");
            0
        }
    }
}

fn release(journals: &[Journal]) -> Result<u8, Diagnostic> {
    let mut held = false;
    for path in journals.iter().map(Journal::halt_file) {
        match std::fs::remove_file(&path) {
            Ok(()) => held = true,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(&path, &error)),
        }
    }
    say!("{}", if held { "runs may begin again" } else { "runs were not held" });
    Ok(0)
}

fn broken(error: JournalError) -> Diagnostic {
    RunError::from(error).diagnostic()
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(codes::E0711, format!("`{}` cannot be written: {error}", path.display()))
        .help("check the permissions of the store's folder")
}

/// Why no run may begin, if none may.
pub fn held(journal: &Journal) -> Option<Diagnostic> {
    let why = journal.held()?;
    Some(
        Diagnostic::error(codes::E0809, format!("no run may begin: {why}")).help(format!(
            "`chaos stop --release` lets runs begin again: it removes `{}`",
            journal.halt_file().display()
        )),
    )
}

/// A runner says this often that it lives, in looks.
const BEAT: u32 = 15;

/// Stops the run when somebody asks it to or its store is gone, and says to its end that its runner lives. A store that
/// cannot be read for a moment stops nothing.
pub async fn watch(journal: Arc<Journal>, run: String, halt: Halt) {
    let database = journal.folder().join(DATABASE);
    for look in 1_u32.. {
        tokio::time::sleep(LOOK).await;
        if look.is_multiple_of(BEAT) {
            let _said_again_soon = journal.beat(&run);
        }
        if let Ok(Some(why)) = journal.asked_to_stop(&run) {
            halt.stop(Verdict::Aborted, why);
        }
        if database.try_exists().is_ok_and(|there| !there) {
            halt.stop(Verdict::Broken, format!("the run store is gone: `{}` is not there", database.display()));
        }
    }
}
