//! Files that get another name or another folder: `use` follows them.

use super::findings::location;
use super::workspace::Workspace;
use super::{address, index};
use crate::base::files::plain;
use gen_lsp_types::{FileRename, TextEdit, Uri, WorkspaceEdit};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// What must change in the programs when files and folders are moved: each `use` of a file that moves, and each in one that moves
/// away from what it uses. The places are those before the move.
pub fn follow(workspace: &Workspace, moves: &[FileRename], programs: &[PathBuf]) -> WorkspaceEdit {
    let moves: Vec<(PathBuf, PathBuf)> =
        moves.iter().map(|it| (address::path(&it.old_uri), address::path(&it.new_uri))).collect();
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for path in programs {
        let Some(program) = workspace.program(path) else { continue };
        let home = moved(path, &moves);
        let folder = home.as_deref().unwrap_or(path).parent().unwrap_or(Path::new(""));
        for it in index::occurrences(&program).iter().filter(|it| it.what == index::What::File) {
            let used =
                it.declared.and_then(|place| program.sources.get(place.source)).map(|source| source.path.as_path());
            let Some(used) = used.filter(|used| used.is_absolute()) else { continue };
            let target = moved(used, &moves);
            if home.is_none() && target.is_none() {
                continue;
            }
            let written = relative(folder, target.as_deref().unwrap_or(used));
            let written = format!("\"{}\"", written.replace('\\', "\\\\").replace('"', "\\\""));
            if program.sources.text(it.at) == written || written.contains(char::is_control) {
                continue;
            }
            if let Some(at) = location(it.at, &program.sources, workspace) {
                changes.entry(at.uri).or_default().push(TextEdit { range: at.range, new_text: written });
            }
        }
    }
    WorkspaceEdit { changes: Some(changes), ..Default::default() }
}

/// Where a path lies after the moves, if it is among them or in a folder that is.
fn moved(path: &Path, moves: &[(PathBuf, PathBuf)]) -> Option<PathBuf> {
    moves.iter().find_map(|(old, new)| {
        let inside = path.strip_prefix(old).ok()?;
        Some(if inside.as_os_str().is_empty() { new.clone() } else { new.join(inside) })
    })
}

/// A path as a file in a folder writes it: `./shop.chaos`, `../shop.chaos`.
fn relative(folder: &Path, path: &Path) -> String {
    let (folder, path) = (plain(folder), plain(path));
    let common = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).filter(|part| matches!(part, Component::Normal(_))).count();
    let begin = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    let rest: PathBuf = path.components().skip(common).collect();
    begin + &rest.to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::{moved, relative};
    use std::path::{Path, PathBuf};

    #[test]
    fn paths_are_written_from_the_folder_of_whoever_uses_them() {
        for (folder, path, written) in [
            ("/w", "/w/shop.chaos", "./shop.chaos"),
            ("/w/a/b", "/w/shop.chaos", "../../shop.chaos"),
            ("/w/a", "/w/b/c.chaos", "../b/c.chaos"),
            ("/w", "/w/a/b.chaos", "./a/b.chaos"),
        ] {
            assert_eq!(relative(Path::new(folder), Path::new(path)), written);
        }
    }

    #[test]
    fn what_lies_in_a_folder_moves_with_it() {
        let moves =
            [("/w/a", "/w/b"), ("/w/x.chaos", "/w/y.chaos")].map(|(old, new)| (PathBuf::from(old), PathBuf::from(new)));
        assert_eq!(moved(Path::new("/w/a/c.chaos"), &moves), Some(PathBuf::from("/w/b/c.chaos")));
        assert_eq!(moved(Path::new("/w/x.chaos"), &moves), Some(PathBuf::from("/w/y.chaos")));
        assert_eq!(moved(Path::new("/w/ab.chaos"), &moves), None);
    }
}
