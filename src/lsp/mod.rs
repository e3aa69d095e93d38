//! Rank 10: the language server: what editors ask, answered from the analysis.
//!
//! One loop takes one message after another. A change is only noted; documents are checked when somebody asks, or when no
//! message waits. Nothing here reads the disk or the network: files come from a [`World`].

mod actions;
mod additions;
mod address;
mod asked;
mod capabilities;
mod closed;
mod completion;
mod configured;
mod documents;
mod findings;
mod folding;
mod formatting;
mod goto;
mod hints;
mod home;
mod hover;
mod index;
mod keywords;
mod known;
mod lenses;
mod links;
mod moves;
mod outside;
mod pulls;
mod rehearsal;
mod rename;
mod selection;
mod server;
mod shape;
mod signature;
mod symbols;
mod text;
mod tokens;
mod words;
mod workspace;

pub use server::serve;
pub use words::{Words, words};

use crate::base::Files;
use std::path::{Path, PathBuf};

/// What the server gets from outside.
pub trait World: Files {
    /// All programs in a folder and its folders, but for what their projects leave out; absolute paths.
    fn programs(&self, folder: &Path) -> Vec<PathBuf>;

    /// How the last run of a program's experiment ended, and where.
    fn last_run(&self, program: &Path, experiment: &str) -> Option<String>;
}
