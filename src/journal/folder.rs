//! The store's folder: made where it is missing, and tried before SQLite is, whose reasons tell little.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Write};
use std::path::Path;

/// Makes a folder for its owner only, where it is missing.
///
/// # Errors
/// It cannot be made.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the folder ready for a database of this name, or says in few words why that cannot be.
pub(super) fn ready(folder: &Path, database: &str) -> Result<(), String> {
    let link = fs::symlink_metadata(folder).is_ok_and(|it| it.is_symlink());
    match fs::metadata(folder) {
        Ok(there) if !there.is_dir() => return Err("it is a file and no folder".to_owned()),
        Err(_) if link => return Err("it is a link that leads nowhere".to_owned()),
        _ => {}
    }
    make_private(folder).map_err(|error| format!("its folder cannot be made: {}", reason(&error)))?;
    match File::options().append(true).open(folder.join(database)) {
        // What an earlier run left must be taken back though the disk is full now.
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            try_to_write(folder).map_err(|error| format!("its folder cannot be written: {}", reason(&error)))
        }
        Err(error) => Err(format!("`{database}` in it cannot be written: {}", reason(&error))),
    }
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let trial = folder.join(format!(".trial-{}", std::process::id()));
    let tried = File::create(&trial).and_then(|mut file| file.write_all(&[0; 4096]));
    let _gone = fs::remove_file(&trial);
    tried
}

/// The operating system's words, without its number for them.
fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
