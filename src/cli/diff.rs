//! `chaos diff`.

use super::plan::Settings;
use super::planfile;
use crate::document::{Document, changes};
use std::path::{Path, PathBuf};

/// Say what changed in meaning between two plans, a line for each change.
///
/// Layout, comments, the order of declarations and the names that files give to modules mean nothing.
///
/// Exit code: 0 they mean the same, 1 they differ, 2 one of them cannot be planned or read.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// A file with an experiment, or a plan that `chaos plan --out` wrote (`.json`).
    before: PathBuf,
    /// The same, as it is now.
    after: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

impl Diff {
    pub fn run(self) -> u8 {
        match (self.document(&self.before), self.document(&self.after)) {
            (Ok(before), Ok(after)) => tell(&before, &after),
            (Err(code), _) | (_, Err(code)) => code,
        }
    }

    fn document(&self, path: &Path) -> Result<Document, u8> {
        if planfile::is_plan(path) {
            return planfile::read(path);
        }
        let (_, planned) = self.settings.plan(path)?;
        Ok(self.settings.document(path, &planned))
    }
}

fn tell(before: &Document, after: &Document) -> u8 {
    if before.hash() == after.hash() {
        say!("they mean the same: {}", before.hash());
        return 0;
    }
    changes(before, after).iter().for_each(|change| say!("{change}"));
    1
}
