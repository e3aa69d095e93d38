//! `chaos lsp`.

use super::disk::Disk;
use super::{StoreOption, selection};
use crate::base::{FileError, Files};
use crate::lsp::{World, serve};
use crate::project::Project;
use lsp_server::{Connection, Message};
use std::io::{self, BufRead, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// Serve editors: the language server, on standard input and output.
///
/// Editors start it themselves; docs/editors.md says how each is told to. Exit code: 0 the editor said goodbye, 1 it went
/// away without.
#[derive(Debug, clap::Args)]
pub struct Lsp {
    #[command(flatten)]
    store: StoreOption,
    /// Speak over standard input and output. Nothing else is spoken over; editors say it anyway.
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub fn run(self) -> u8 {
        let (client, server) = Connection::memory();
        let Connection { sender, receiver } = client;
        thread::spawn(move || read(&mut io::stdin().lock(), |message| sender.send(message).is_ok()));
        let writer = thread::spawn(move || write(&mut io::stdout().lock(), receiver.iter()));
        let ended_well = serve(&server, &Machine { store: self.store });
        // The last answers are on their way; the editor may wait for them.
        drop(server);
        let _nobody_reads = writer.join();
        u8::from(!ended_well)
    }
}

/// Passes on every message, until there are no more or nobody takes them. What is no message is passed over.
fn read(input: &mut impl BufRead, mut pass_on: impl FnMut(Message) -> bool) {
    loop {
        match Message::read(input) {
            Ok(Some(message)) => {
                if !pass_on(message) {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                let text: String = error.to_string().chars().take(200).collect();
                complain_of!("this is no message: {text}");
            }
            Err(_) => return,
        }
    }
}

fn write(output: &mut impl Write, mut messages: impl Iterator<Item = Message>) {
    let _nobody_reads = messages.try_for_each(|message| message.write(output));
}

/// The files of this machine, and its run store.
struct Machine {
    store: StoreOption,
}

impl Files for Machine {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        Disk.read(path)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        Disk.bytes(path)
    }

    fn siblings(&self, folder: &Path) -> Vec<PathBuf> {
        Disk.siblings(folder)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        Disk.absolute(path)
    }

    fn kept(&self, digest: &str) -> Option<PathBuf> {
        Disk.kept(digest)
    }

    fn exists(&self, path: &Path) -> bool {
        Disk.exists(path)
    }
}

impl World for Machine {
    fn programs(&self, folder: &Path, project: Option<&Project>) -> Vec<PathBuf> {
        selection::programs(folder, project)
    }

    fn last_run(&self, experiment: &str) -> Option<String> {
        // To look at a store must not make one.
        self.store.folder().ok().filter(|folder| folder.is_dir())?;
        let runs = self.store.open().ok()?.runs().ok()?;
        let last = runs.into_iter().find(|run| run.experiment == experiment)?;
        let verdict = last.verdict.unwrap_or_else(|| "still running, or killed".to_owned());
        Some(format!("{verdict} in {}", last.environment))
    }
}
