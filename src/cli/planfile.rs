//! Files with plans: what `chaos plan --out` wrote.

use super::complain;
use super::disk::Disk;
use super::plan::Settings;
use crate::document::Document;
use crate::names::unreadable;
use std::path::Path;

/// A plan has at most this many bytes: ten thousand steps come to about twenty million.
const LARGEST: u64 = 256 << 20;

/// Whether a file is one with a plan, by its name.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Reads a plan's file; what is wrong with it is printed, and the exit code given.
pub fn read(path: &Path) -> Result<Document, u8> {
    let text = Disk.read_up_to(path, LARGEST).map_err(|error| complain(&unreadable(path, &error, None)))?;
    Document::read(&text, path).map_err(|finding| complain(&finding))
}

/// The options beside a plan's file: it says itself what it was made from.
pub fn refuses(path: &Path, settings: &Settings) -> Option<u8> {
    if *settings == Settings::default() {
        return None;
    }
    complain_of!(
        "error: `{}` is a plan, which has its environment, experiment and parameters; `--env`, `--experiment` and `--set` \
         choose those of a `.chaos` file",
        path.display()
    );
    Some(super::REFUSED)
}
