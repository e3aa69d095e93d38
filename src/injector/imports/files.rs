//! Capability `files`: files under granted folders. Each folder is opened, and everything is looked up from there, so neither
//! `..` nor a link leads out of it, and nobody can exchange a folder for a link meanwhile.

use super::ask::{Deed, Refusal, State, denied, exhausted, failed};
use crate::injector::bindings::v0_2::chaos::injector::files::{Host, Stat};
use crate::injector::bindings::v0_2::chaos::injector::types::{Error, ErrorCode};
use crate::injector::limits::LARGEST_ANSWER;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use std::io::{ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};

/// Names in a folder that are told, at most.
const NAMES: usize = 10_000;

impl State {
    /// The granted folder that a path lies in, opened, and the way from there.
    fn within(&self, path: &str) -> Result<(Dir, PathBuf), Refusal> {
        let none = || denied(format!("no grant for {path}"));
        let written = Path::new(path);
        if !written.is_absolute()
            || written.components().any(|part| part == Component::ParentDir)
            || path.contains('\0')
        {
            return Err(none());
        }
        let found = self.grant.files.iter().find_map(|folder| Some((folder, written.strip_prefix(folder).ok()?)));
        let (folder, way) = found.ok_or_else(none)?;
        let opened = Dir::open_ambient_dir(folder, ambient_authority());
        let way = if way.as_os_str().is_empty() { PathBuf::from(".") } else { way.to_path_buf() };
        Ok((opened.map_err(|error| unusable(path, &error))?, way))
    }

    fn read_now(&self, path: &str) -> Result<Vec<u8>, Refusal> {
        let (folder, way) = self.within(path)?;
        let mut options = OpenOptions::new();
        // What is no file, such as a pipe, must not hold the call up.
        options.read(true).custom_flags(NONBLOCK);
        let file = folder.open_with(way, &options).map_err(|error| unusable(path, &error))?;
        if !file.metadata().is_ok_and(|it| it.is_file()) {
            return Err(failed(ErrorCode::InvalidParams, format!("{path} is no file")));
        }
        let mut data = Vec::new();
        let most = u64::try_from(LARGEST_ANSWER).unwrap_or(u64::MAX);
        file.take(most + 1).read_to_end(&mut data).map_err(|error| unusable(path, &error))?;
        if data.len() > LARGEST_ANSWER {
            return Err(exhausted(format!("{path} is larger than 1 MiB")));
        }
        Ok(data)
    }

    fn write_now(&mut self, path: &str, data: &[u8]) -> Result<(), Refusal> {
        self.may_change(&format!("write {path}"))?;
        let (folder, way) = self.within(path)?;
        let failed = |error: std::io::Error| unusable(path, &error);
        // Written beside it and renamed: nobody reads half of it.
        let draft = way.with_extension(format!("chaos-{}", std::process::id()));
        let written = folder
            .open_with(&draft, OpenOptions::new().write(true).create_new(true))
            .and_then(|mut file| file.write_all(data).and_then(|()| file.sync_all()))
            .and_then(|()| folder.rename(&draft, &folder, &way));
        if written.is_err() {
            let _never_made = folder.remove_file(&draft);
        }
        written.map_err(failed)?;
        self.deeds.push(Deed::File);
        Ok(())
    }

    fn remove_now(&mut self, path: &str) -> Result<(), Refusal> {
        self.may_change(&format!("remove {path}"))?;
        let (folder, way) = self.within(path)?;
        match folder.remove_file(way) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(unusable(path, &error)),
            Ok(()) => {
                self.deeds.push(Deed::File);
                Ok(())
            }
        }
    }

    fn names_now(&self, path: &str) -> Result<Vec<String>, Refusal> {
        let (folder, way) = self.within(path)?;
        let entries = folder.read_dir(way).map_err(|error| unusable(path, &error))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.take(NAMES).collect();
        names.sort();
        Ok(names)
    }

    fn look_now(&self, path: &str) -> Result<Option<Stat>, Refusal> {
        let (folder, way) = self.within(path)?;
        match folder.metadata(way) {
            Ok(found) => Ok(Some(Stat { size: found.len(), is_folder: found.is_dir() })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(path, &error)),
        }
    }
}

/// `O_NONBLOCK`.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

/// A way that leads out of the folder is told as a want of permission by the library.
fn unusable(path: &str, error: &std::io::Error) -> Refusal {
    let code = match error.kind() {
        ErrorKind::PermissionDenied => ErrorCode::PermissionDenied,
        ErrorKind::NotFound => ErrorCode::UnsupportedTarget,
        _ => ErrorCode::Internal,
    };
    failed(code, format!("{path}: {error}"))
}

impl Host for State {
    async fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        Ok(self.ask("files", format!("read {path}"), async |state| state.read_now(&path)).await)
    }

    async fn write(&mut self, path: String, data: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        let what = format!("write {} bytes to {path}", data.len());
        Ok(self.ask("files", what, async |state| state.write_now(&path, &data)).await)
    }

    async fn remove(&mut self, path: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.ask("files", format!("remove {path}"), async |state| state.remove_now(&path)).await)
    }

    async fn list(&mut self, path: String) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(self.ask("files", format!("list {path}"), async |state| state.names_now(&path)).await)
    }

    async fn look(&mut self, path: String) -> wasmtime::Result<Result<Option<Stat>, Error>> {
        Ok(self.ask("files", format!("look at {path}"), async |state| state.look_now(&path)).await)
    }
}
