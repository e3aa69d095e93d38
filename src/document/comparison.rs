//! What changed between two plans, as JSON. `docs/schemas/diff.v1.schema.json` describes it.

use super::{Change, Document, changes};
use crate::base::Tool;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Comparison<'a> {
    version: u8,
    tool: Tool,
    before: Side<'a>,
    after: Side<'a>,
    same: bool,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Side<'a> {
    file: String,
    hash: &'a str,
}

/// The comparison of two documents, each with the file that it is of; with a line end.
pub fn comparison(before: (&Path, &Document), after: (&Path, &Document)) -> String {
    let same = before.1.hash() == after.1.hash();
    let comparison = Comparison {
        version: 1,
        tool: Tool::THIS,
        before: side(before),
        after: side(after),
        same,
        changes: if same { Vec::new() } else { changes(before.1, after.1) },
    };
    serde_json::to_string_pretty(&comparison).unwrap_or_default() + "\n"
}

fn side<'a>((file, document): (&Path, &'a Document)) -> Side<'a> {
    Side { file: file.display().to_string(), hash: document.hash() }
}
