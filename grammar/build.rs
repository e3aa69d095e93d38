//! Makes the parsing machine's program from the grammar (docs/architecture.md, "How the grammar becomes the parser").
//!
//! `pest_meta` reads `chaos.pest`, as it does for the derived parser; `lower` turns its rules into parts in which blanks
//! and what leaves a node are explicit; `assemble` turns those into instructions. `src/syntax/machine.rs` runs them.

mod assemble;
mod bytes;
mod lower;
mod part;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// Where parsing may begin, and the name that the program gives to the place.
const ENTRIES: &[(&str, &str)] = &[("file", "FILE"), ("lone_expression", "LONE_EXPRESSION")];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::var("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&folder).join("grammar");
    println!("cargo::rerun-if-changed={}", folder.display());
    let text = fs::read_to_string(folder.join("chaos.pest"))?;
    let (_, rules) = pest_meta::parse_and_optimize(&text).map_err(|errors| format!("{errors:?}"))?;
    let grammar = lower::Grammar::new(&rules)?;
    let program = assemble::program(&grammar, ENTRIES)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("program.rs"), program)?;
    Ok(())
}
