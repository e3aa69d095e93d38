//! Standard input as a file.

use super::disk::LARGEST;
use crate::base::FileError;
use std::io::Read;
use std::path::Path;

/// What standard input is called where nobody gave it a path.
pub const NAME: &str = "<stdin>";

/// Whether a path means standard input.
pub fn is_dash(path: &Path) -> bool {
    path == Path::new("-")
}

/// Standard input as text; at most as long as a file may be.
///
/// # Errors
/// Why it is none.
pub fn read() -> Result<String, FileError> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| FileError::Other(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(FileError::TooLarge(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
}
