//! `chaos graph`.

use super::plan::Settings;
use super::planfile;
use crate::document::{Document, Drawing, draw};
use std::path::PathBuf;

/// Draw the graph of an experiment's steps: what waits for what, the ways of choices, the faults.
#[derive(Debug, clap::Args)]
pub struct Graph {
    /// A file with an experiment, or a plan that `chaos plan --out` wrote (`.json`).
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// The drawing's language.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Mermaid,
    Dot,
}

impl Graph {
    pub fn run(self) -> u8 {
        let document = match self.document() {
            Ok(document) => document,
            Err(code) => return code,
        };
        let drawing = match self.format {
            Format::Mermaid => Drawing::Mermaid,
            Format::Dot => Drawing::Dot,
        };
        say!("{}", draw(&document, drawing).trim_end());
        0
    }

    fn document(&self) -> Result<Document, u8> {
        let refused = planfile::is_plan(&self.file).then(|| planfile::refuses(&self.file, &self.settings)).flatten();
        refused.map_or_else(|| self.settings.document_of(&self.file), Err)
    }
}
