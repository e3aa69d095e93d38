//! The processes of a unit of systemd: those of its control group, as systemd itself tells it.

use super::{Unfound, cgroup};
use crate::journal::ProcessIdentity;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// systemd answers in milliseconds, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Of the system's systemd, or of the user's.
pub(super) async fn processes(unit: &str, of_user: bool) -> Result<Vec<ProcessIdentity>, Unfound> {
    // Where no systemd runs, a group of the unit's name may stand where systemd would have put it.
    if !of_user && !Path::new("/run/systemd/system").is_dir() {
        return cgroup::below_root(&Path::new("/system.slice").join(unit));
    }
    let told = shown(unit, of_user).await.map_err(|why| Unfound::Wrong(format!("the unit {unit}: {why}")))?;
    let of = |name: &str| told.get(name).map_or("", String::as_str);
    if of("LoadState") == "not-found" {
        return Err(Unfound::Wrong(format!("systemd knows no unit {unit}{}", elsewhere(of_user))));
    }
    let group = of("ControlGroup");
    if matches!(group, "" | "/") {
        let why = format!("the unit {unit} is {} ({}), and has no processes", of("ActiveState"), of("SubState"));
        return Err(Unfound::None(why));
    }
    let found = cgroup::below_root(Path::new(group));
    found.map_err(|why| match why {
        Unfound::None(why) => {
            Unfound::None(format!("the unit {unit} is {} ({}): {why}", of("ActiveState"), of("SubState")))
        }
        wrong => wrong,
    })
}

/// A unit may be one of the other systemd.
fn elsewhere(of_user: bool) -> &'static str {
    if of_user {
        " of this user; a unit of the system is `processes unit`"
    } else {
        "; a unit of a user is `processes user-unit`"
    }
}

/// What systemd tells of a unit, by the names of its properties.
async fn shown(unit: &str, of_user: bool) -> Result<BTreeMap<String, String>, String> {
    let mut command = tokio::process::Command::new("systemctl");
    command.args(of_user.then_some("--user")).args(["show", "--property"]);
    command.args(["LoadState,ActiveState,SubState,ControlGroup", "--", unit]);
    if of_user && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", format!("/run/user/{}", rustix::process::getuid().as_raw()));
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.map_err(|_| format!("systemctl does not answer within {} s", PATIENCE.as_secs()))?;
    let output = output.map_err(|error| format!("systemctl cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("systemctl: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(text.lines().filter_map(pair).collect())
}
