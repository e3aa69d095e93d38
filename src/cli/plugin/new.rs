//! `chaos plugin new`: the first files of an injector of one's own.

use crate::base::{Files, files::plain};
use crate::cli::disk::Disk;
use crate::cli::init::service_name;
use crate::cli::replace::write_all;
use crate::cli::{complain, counted};
use crate::diagnostics::Diagnostic;
use crate::kit::{self, Language};
use crate::names::stdlib;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Write the first files of an injector of your own: a small one that works, to be changed.
///
/// Exit code: 0 written, 2 refused: nothing was written (E0861).
#[derive(Debug, clap::Args)]
pub struct New {
    /// What it is called: the name of the component and of its module.
    name: String,
    /// What it is written in.
    #[arg(long, value_enum)]
    lang: Written,
    /// The folder for the files (default: one with the plugin's name).
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Written {
    /// Holds a lock in Redis that others want: a leased fault, by the capability `tcp`.
    Rust,
    /// Makes a file that the target takes as a sign, by the capability `files`.
    C,
    /// Gives a resource of an HTTP API another value, by the capability `http`.
    Js,
    /// Gives a setting of Redis another value by a granted program, by the capability `exec`.
    Python,
}

impl Written {
    fn language(self) -> Language {
        match self {
            Written::Rust => Language::Rust,
            Written::C => Language::C,
            Written::Js => Language::JavaScript,
            Written::Python => Language::Python,
        }
    }
}

impl New {
    pub fn run(&self) -> u8 {
        match self.write() {
            Ok(files) => {
                self.tell(files);
                0
            }
            Err(finding) => complain(&finding),
        }
    }

    fn folder(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| PathBuf::from(&self.name))
    }

    fn write(&self) -> Result<usize, Diagnostic> {
        named(&self.name).map_err(|why| kit::no_name(&self.name, &why))?;
        let folder = self.folder();
        let whole = std::path::absolute(&folder).map_err(|error| kit::unwritten(&folder, &error.to_string()))?;
        let whole = plain(&whole);
        let files = kit::files(self.lang.language(), &self.name, &whole)?;
        let twice = files.iter().enumerate().any(|(at, file)| files[..at].iter().any(|other| other.path == file.path));
        if twice {
            return Err(kit::no_name(&self.name, "the example's experiment has it"));
        }
        if let Some(there) = files.iter().map(|file| plain(&folder.join(&file.path))).find(|path| Disk.exists(path)) {
            return Err(kit::in_the_way(&there));
        }
        let written: Vec<(PathBuf, Vec<u8>)> =
            files.iter().map(|file| (folder.join(&file.path), file.content.clone())).collect();
        write_all(&written).map_err(|(path, reason)| kit::unwritten(&path, &reason))?;
        for program in files.iter().filter(|file| file.program) {
            let path = folder.join(&program.path);
            let made = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755));
            made.map_err(|error| kit::unwritten(&path, &error.to_string()))?;
        }
        Ok(files.len())
    }

    fn tell(&self, files: usize) {
        let folder = self.folder();
        say!("wrote {} in {}: its README.md says what is in them", counted(files, "file"), folder.display());
        say!("");
        say!("Then");
        if folder != Path::new(".") {
            say!("  cd {}", folder.display());
        }
        say!("  chaos plugin build");
        say!("  chaos plugin test");
    }
}

/// A name of the language, and none that is taken.
fn named(name: &str) -> Result<(), String> {
    service_name(name)?;
    if stdlib::component(name).is_some() || name == "std" {
        return Err("the standard library has one of this name".to_owned());
    }
    Ok(())
}
