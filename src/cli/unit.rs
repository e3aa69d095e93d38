//! A systemd unit that recovers at every boot.

use crate::diagnostics::codes;
use crate::journal::DATABASE;
use crate::run::RunError;
use std::path::Path;

/// Whose systemd runs the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Manager {
    /// The machine's, at boot; for a store of root, or of the user who prints it.
    System,
    /// The user's, at boot where the user lingers, else when the user logs in.
    User,
}

/// The unit that recovers a store.
///
/// # Errors
/// A path holds what no unit can.
pub fn recovering(manager: Manager, store: &Path) -> Result<String, RunError> {
    let program = std::env::current_exe().map_err(|error| unusual(&error.to_string()))?;
    let (program, folder) = (written(&program)?, written(store)?);
    let (place, install) = match manager {
        Manager::System => ("/etc/systemd/system", "sudo systemctl enable chaos-recover.service"),
        Manager::User => ("~/.config/systemd/user", "systemctl --user enable chaos-recover.service"),
    };
    // A user's systemd knows nothing of the network: until it is there, the unit is tried again.
    let (network, user, target) = match manager {
        Manager::System => ("Wants=network-online.target\nAfter=network-online.target\n", user(), "multi-user.target"),
        Manager::User => ("", String::new(), "default.target"),
    };
    Ok(format!(
        "# Save it as {place}/chaos-recover.service, then: {install}\n\
         [Unit]\n\
         Description=Take back what interrupted chaos runs left in force\n\
         {network}\
         RequiresMountsFor={quoted}\n\
         ConditionPathExists={folder}/{DATABASE}\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         {user}\
         ExecStart={program} recover --store {quoted}\n\
         # Secrets that reverts need, one NAME=value a line.\n\
         EnvironmentFile=-%E/chaos/environment\n\
         # What could not be taken back, or not be reached, is tried again.\n\
         Restart=on-failure\n\
         RestartSec=30s\n\
         \n\
         [Install]\n\
         WantedBy={target}\n",
        quoted = quoted(&folder),
        program = quoted(&program.replace('$', "$$")),
    ))
}

/// Who prints it owns the store, unless that is root.
fn user() -> String {
    let id = rustix::process::geteuid();
    if id.is_root() { String::new() } else { format!("User={}\n", id.as_raw()) }
}

/// A path as a unit's settings take it; `%` begins a specifier there.
fn written(path: &Path) -> Result<String, RunError> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    let text = text.ok_or_else(|| unusual(&format!("the path `{}` cannot be written into a unit", path.display())))?;
    Ok(text.replace('%', "%%"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unusual(why: &str) -> RunError {
    RunError::new(codes::E0711, format!("there is no unit for this store: {why}"))
        .help("name a folder whose path is plain text: `--store DIR`")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Manager, quoted, recovering};
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn paths_are_written_as_units_take_them() {
        let unit = recovering(Manager::System, Path::new("/srv/100% sure/\"it\"")).unwrap();
        assert!(unit.contains("recover --store \"/srv/100%% sure/\\\"it\\\"\"\n"), "{unit}");
        assert!(unit.contains("ConditionPathExists=/srv/100%% sure/\"it\"/journal.sqlite\n"));
        assert_eq!(quoted("a\\b"), "\"a\\\\b\"");
        for path in [b"/srv/a\nb".as_slice(), b"/srv/\xff"] {
            assert!(recovering(Manager::User, Path::new(std::ffi::OsStr::from_bytes(path))).is_err());
        }
    }
}
