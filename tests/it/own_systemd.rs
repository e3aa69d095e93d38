//! A control group and a systemd of a test's own.

use crate::harness::{Place, Running, unshare};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A control group of its own, which is removed at the end; none where this user may not have one.
pub struct Group(pub PathBuf);

impl Group {
    pub fn new() -> Option<Self> {
        let root = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(Path::new);
        let root = root.into_iter().find(|root| root.join("cgroup.procs").exists())?;
        let group = root.join(format!("chaos-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&group).ok()?;
        let group = Self(group);
        group.0.join("cgroup.kill").exists().then_some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _killed = fs::write(self.0.join("cgroup.kill"), "1");
        // From the innermost on; a group goes when its last process has.
        let find =
            || Command::new("find").arg(&self.0).args(["-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]).output();
        for _ in 0..100 {
            let _busy = find();
            if !self.0.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

/// A user's systemd in namespaces of its own: it sees no control group but those below the test's, and no other `/run`.
pub struct Systemd(Running);

impl Systemd {
    /// Starts one; its units are in `config/systemd/user` of the place. None where that cannot be.
    pub fn start(group: &Group, place: &Place) -> Option<Self> {
        if !Path::new("/usr/lib/systemd/systemd").exists() {
            println!("skipped: no systemd here");
            return None;
        }
        // As process 1 it would take itself for the machine's.
        let script = format!(
            "mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/system /run/user
             mount --bind {0}/runtime /run/user; export XDG_RUNTIME_DIR=/run/user XDG_CONFIG_HOME={0}/config
             /usr/lib/systemd/systemd --user & wait",
            place.path().display()
        );
        fs::create_dir_all(place.path().join("runtime")).unwrap();
        let flags = ["--mount", "--pid", "--fork", "--mount-proc", "--cgroup", "--kill-child"];
        let mut tried = unshare(&flags)?;
        tried.args(["sh", "-ec", &script]).stdout(Stdio::null()).stderr(Stdio::null());
        // The namespace's root is the group in which `unshare` is: a shell enters it first.
        let words: Vec<String> = std::iter::once("unshare".to_owned())
            .chain(tried.get_args().map(|word| word.to_str().unwrap().to_owned()))
            .collect();
        let enter = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", group.0.display());
        let mut command = Command::new("sh");
        command.args(["-c", &enter, "sh"]).args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = Running::start(&mut command);
        let private = place.path().join("runtime/systemd/private");
        for _ in 0..500 {
            if private.exists() {
                return Some(Self(running));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        println!("skipped: a systemd of one's own does not start here");
        None
    }

    /// The first process in its namespaces.
    pub fn first(&self) -> String {
        let children = format!("/proc/{0}/task/{0}/children", self.0.0.id());
        fs::read_to_string(children).unwrap().trim().to_owned()
    }

    /// A command that runs where it does, in a control group beside its units.
    pub fn inside(&self, place: &Place, words: &[&str]) -> Command {
        let script = format!(
            "mkdir -p /sys/fs/cgroup/beside; echo $$ > /sys/fs/cgroup/beside/cgroup.procs; cd {}; exec \"$@\"",
            place.path().display()
        );
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first(), "--pid", "--mount", "--cgroup", "sh", "-ec", &script, "sh"]);
        command.args(words).env("CHAOS_STORE", place.path().join("store"));
        command.env("XDG_RUNTIME_DIR", "/run/user").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}
