//! `chaos diff`.

use super::output::{TextOrJson, write_out};
use super::plan::Settings;
use crate::document::{Document, changes, comparison};
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
    /// How it is told.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: TextOrJson,
}

impl Diff {
    pub fn run(self) -> u8 {
        let (before, after) = (&self.before, &self.after);
        match (self.settings.document_of(before), self.settings.document_of(after)) {
            (Ok(one), Ok(other)) => self.tell((before, &one), (after, &other)),
            (Err(code), _) | (_, Err(code)) => code,
        }
    }

    fn tell(&self, before: (&Path, &Document), after: (&Path, &Document)) -> u8 {
        let same = before.1.hash() == after.1.hash();
        match self.format {
            TextOrJson::Json => write_out(&comparison(before, after)),
            TextOrJson::Text if same => say!("they mean the same: {}", before.1.hash()),
            TextOrJson::Text => changes(before.1, after.1).iter().for_each(|change| say!("{change}")),
        }
        u8::from(!same)
    }
}
