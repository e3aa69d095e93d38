//! What the client says of files and folders that are no documents.

use super::address;
use gen_lsp_types::{InitializeParams, Uri, WorkspaceFolders};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What the client is asked to watch.
pub fn watching() -> Value {
    let glob = |pattern: &str| json!({ "globPattern": pattern });
    let globs = ["**/*.chaos", "**/*.wasm", "**/chaos.toml", "**/chaos.lock"].map(glob);
    let options = json!({ "watchers": globs });
    let method = "workspace/didChangeWatchedFiles";
    json!({
        "registrations": [{ "id": "files", "method": method, "registerOptions": options }]
    })
}

/// The files and folders that were made, deleted, or moved: from where, and to where.
pub fn paths_of(params: &Value) -> Vec<PathBuf> {
    let files = params["files"].as_array().into_iter().flatten();
    let named = files.flat_map(|file| ["uri", "oldUri", "newUri"].map(|key| file[key].as_str()));
    named.flatten().map(|uri| address::path(&Uri(uri.to_owned()))).collect()
}

/// The folders that the client has open.
#[allow(deprecated)]
pub fn roots(params: InitializeParams) -> Vec<PathBuf> {
    match params.workspace_folders_initialize_params.workspace_folders {
        Some(WorkspaceFolders::WorkspaceFolderList(folders)) => {
            folders.iter().map(|folder| address::path(&folder.uri)).collect()
        }
        _ => params.root_uri.iter().map(address::path).collect(),
    }
}
