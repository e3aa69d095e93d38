//! Files are written as a whole: whoever reads one sees the old text or the new one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `text` in place of what the file holds. Its permissions stay; a link stays one.
///
/// # Errors
/// The file may not be written, or the folder; nothing is changed then.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    fs::metadata(path).map_err(|error| error.to_string())?;
    write_all(&[(path.to_path_buf(), text.to_owned())]).map_err(|(_, reason)| reason)
}

/// Writes several files, new ones and others, in folders that may not exist yet: all of them or none.
///
/// # Errors
/// The file that may not be written, and why. Nothing is changed then; new folders may stay.
pub fn write_all(files: &[(PathBuf, impl AsRef<[u8]>)]) -> Result<(), (PathBuf, String)> {
    let mut staged = Vec::new();
    for (path, text) in files {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let beside = beside(&target);
        let written = stage(&target, &beside, text.as_ref());
        staged.push((beside, target));
        if let Err(error) = written {
            take_back(staged.iter().map(|(beside, _)| beside));
            return Err((path.clone(), error.to_string()));
        }
    }
    put_in_place(&staged)
}

/// A name in the same folder that nothing else has: hidden, with the number of this process.
fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

/// Writes the text beside the file.
fn stage(target: &Path, beside: &Path, text: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(target.parent().unwrap_or(Path::new(".")))?;
    let permissions = fs::metadata(target).ok().map(|metadata| metadata.permissions());
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(std::io::Error::other("it may not be written"));
    }
    let mut file = fs::File::create_new(beside)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text)?;
    file.sync_all()
}

/// Renames what stands beside the files. New files that came before one that fails are removed again.
fn put_in_place(staged: &[(PathBuf, PathBuf)]) -> Result<(), (PathBuf, String)> {
    let mut new = Vec::new();
    for (at, (beside, target)) in staged.iter().enumerate() {
        let was_there = fs::symlink_metadata(target).is_ok();
        if let Err(error) = fs::rename(beside, target) {
            take_back(staged[at..].iter().map(|(beside, _)| beside).chain(new));
            return Err((target.clone(), error.to_string()));
        }
        new.extend((!was_there).then_some(target));
    }
    Ok(())
}

fn take_back<'p>(paths: impl Iterator<Item = &'p PathBuf>) {
    for path in paths {
        let _it_may_not_exist = fs::remove_file(path);
    }
}
