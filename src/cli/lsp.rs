//! `chaos lsp`.

use super::StoreOption;
use super::disk::Disk;
use super::selection::{Selection, cwd};
use super::wire::{self, Came};
use crate::base::files::plain;
use crate::base::{FileError, Files};
use crate::lsp::{World, serve};
use lsp_server::{Connection, Message};
use std::io::{self, BufRead};
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
        let writer = thread::spawn(move || write(receiver.iter()));
        let ended_well = serve(&server, &Machine { store: self.store });
        // The last answers are on their way; the editor may wait for them.
        drop(server);
        let _nobody_reads = writer.join();
        u8::from(!ended_well)
    }
}

/// Passes on every message, until there are no more or nobody takes them. What is no message is answered so.
fn read(input: &mut impl BufRead, mut pass_on: impl FnMut(Message) -> bool) {
    loop {
        match wire::read(input) {
            Came::Message(message) => {
                if !pass_on(message) {
                    return;
                }
            }
            Came::End => return,
            Came::Nonsense(why, answer) => {
                let why: String = why.chars().take(200).collect();
                complain_of!("{why}");
                let _nobody_reads = answer.map(|answer| wire::write(&mut io::stdout().lock(), &answer));
            }
        }
    }
}

/// Writes every message, until there are no more or nobody reads them.
fn write(mut messages: impl Iterator<Item = Message>) {
    let _nobody_reads = messages.try_for_each(|message| message.write(&mut io::stdout().lock()));
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
    fn programs(&self, folder: &Path) -> Vec<PathBuf> {
        let selection = Selection::read(&[folder.to_path_buf()], &Disk);
        selection.files().map(|(path, _)| plain(&cwd().join(path))).collect()
    }

    fn last_run(&self, program: &Path, experiment: &str) -> Option<String> {
        let journal = self.store.look_at(program)?;
        let last = journal.runs().ok()?.into_iter().find(|run| run.experiment == experiment)?;
        let verdict = last.verdict.unwrap_or_else(|| "still running, or killed".to_owned());
        Some(format!("{verdict} in {}", last.environment))
    }
}
