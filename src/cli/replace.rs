//! A file's text is replaced as a whole: whoever reads it sees the old text or the new one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `text` beside the file and puts it in its place. The file's permissions stay; a link stays one.
///
/// # Errors
/// The file may not be written, or the folder; nothing is changed then.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    let explain = |error: std::io::Error| error.to_string();
    let target = fs::canonicalize(path).map_err(explain)?;
    let permissions = fs::metadata(&target).map_err(explain)?.permissions();
    if permissions.readonly() {
        return Err("it may not be written".to_owned());
    }
    let beside = beside(&target);
    let written = write(&beside, text, permissions).and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _it_may_not_exist = fs::remove_file(&beside);
    }
    written.map_err(explain)
}

/// A name in the same folder that nothing else has: hidden, with the number of this process.
fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

fn write(path: &Path, text: &str, permissions: fs::Permissions) -> std::io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
