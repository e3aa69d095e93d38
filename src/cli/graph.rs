//! `chaos graph`.

use super::plan::Choice;
use crate::document::{Drawing, draw};

/// Draw the graph of an experiment's steps: what waits for what, the ways of choices, the faults.
#[derive(Debug, clap::Args)]
pub struct Graph {
    #[command(flatten)]
    choice: Choice,
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
        let planned = match self.choice.plan() {
            Ok((_, planned)) => planned,
            Err(code) => return code,
        };
        let drawing = match self.format {
            Format::Mermaid => Drawing::Mermaid,
            Format::Dot => Drawing::Dot,
        };
        say!("{}", draw(&planned.plan, drawing).trim_end());
        0
    }
}
