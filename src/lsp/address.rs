//! Addresses of documents, and the paths that they stand for.

use crate::base::files::NOWHERE;
use crate::diagnostics::format::uri;
use gen_lsp_types::Uri;
use std::path::{Path, PathBuf};

/// The path of a document: a file's own, else one at which nothing can lie.
pub fn path(address: &Uri) -> PathBuf {
    match of_file(&address.0) {
        Some(rest) => {
            // A host is only of use where there are other machines' files.
            let path = rest.strip_prefix("//").map_or(rest, |rest| rest.find('/').map_or(rest, |at| &rest[at..]));
            let path = path.split(['?', '#']).next().unwrap_or(path);
            crate::base::files::plain(Path::new(&drive(decoded(path))))
        }
        None => PathBuf::from(format!("{NOWHERE}{}", address.0.replace('/', "\u{0}"))),
    }
}

/// What stands behind the scheme of a file's address: its path, a host before it or not (RFC 8089).
fn of_file(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once(':')?;
    (scheme.eq_ignore_ascii_case("file") && rest.starts_with('/')).then_some(rest)
}

/// Whether a path is that of a document which is part of the program, as a page or a module: it is shown, and not checked.
pub fn is_own(path: &Path) -> bool {
    path.to_string_lossy().strip_prefix(NOWHERE).is_some_and(|rest| rest.starts_with("chaos:"))
}

/// The address of a path.
pub fn address(path: &Path) -> Uri {
    let text = path.to_string_lossy();
    match text.strip_prefix(NOWHERE) {
        Some(own) => Uri(own.replace('\u{0}', "/")),
        None => Uri(uri(path)),
    }
}

/// `/C:/x` names `C:/x` where paths begin with a drive.
fn drive(path: String) -> String {
    let is_drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    if is_drive { path[1..].to_owned() } else { path }
}

/// The text with `%41` as what it stands for.
fn decoded(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{address, path};
    use gen_lsp_types::Uri;
    use std::path::Path;

    #[test]
    fn files_are_found_whatever_their_names_hold() {
        let odd = Path::new("/tmp/ä b#1%.chaos");
        assert_eq!(path(&address(odd)), odd);
        assert_eq!(path(&Uri("file:///tmp/a%3Ab/../c.chaos".to_owned())), Path::new("/tmp/c.chaos"));
        assert_eq!(path(&Uri("file:///tmp/%zz%4.chaos".to_owned())), Path::new("/tmp/%zz%4.chaos"));
    }

    #[test]
    fn addresses_of_files_have_several_forms() {
        for form in ["file:///tmp/x.chaos", "file:/tmp/x.chaos", "FILE:///tmp/x.chaos", "file://localhost/tmp/x.chaos"]
        {
            assert_eq!(path(&Uri(form.to_owned())), Path::new("/tmp/x.chaos"), "{form}");
        }
        assert_ne!(path(&Uri("files:/tmp/x.chaos".to_owned())), Path::new("/tmp/x.chaos"));
    }

    #[test]
    fn what_is_no_file_keeps_its_address() {
        let untitled = Uri("untitled:Untitled-1/x".to_owned());
        assert_eq!(address(&path(&untitled)), untitled);
    }
}
