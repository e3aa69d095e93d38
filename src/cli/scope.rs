//! A place for the guard beside the runner's control group, where there is a systemd: who kills that group, as a service
//! manager and most CI agents do, does not take the guard along.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Whose systemd makes the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// The machine's; only root may ask it without a password.
    System,
    /// The user's.
    User,
}

/// Those that may take a guard, the better first.
pub fn managers() -> Vec<Manager> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    chosen(
        Path::new("/run/systemd/system").is_dir(),
        rustix::process::geteuid().is_root(),
        runtime.is_some_and(|folder| Path::new(&folder).join("systemd/private").exists()),
    )
}

fn chosen(booted: bool, root: bool, user: bool) -> Vec<Manager> {
    let of_system = (booted && root).then_some(Manager::System);
    of_system.into_iter().chain(user.then_some(Manager::User)).collect()
}

/// A command that becomes `program` in a scope of its own: standard input and output stay what they are.
pub fn within(manager: Manager, run: &str, program: &OsStr) -> Command {
    let mut command = Command::new("systemd-run");
    command.arg(match manager {
        Manager::System => "--system",
        Manager::User => "--user",
    });
    command.args(["--scope", "--quiet", "--collect", "--no-ask-password"]);
    command.arg(format!("--unit=chaos-guard-{run}")).arg(format!("--description=The guard of the chaos run {run}"));
    command.arg("--").arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::{Manager, chosen};

    #[test]
    fn the_machines_systemd_serves_root_and_the_users_everybody() {
        assert_eq!(chosen(true, true, true), [Manager::System, Manager::User]);
        assert_eq!(chosen(true, true, false), [Manager::System]);
        assert_eq!(chosen(true, false, true), [Manager::User]);
        assert_eq!(chosen(false, true, true), [Manager::User], "root's own, where the machine was booted by another");
        assert_eq!(chosen(true, false, false), []);
        assert_eq!(chosen(false, true, false), []);
    }
}
