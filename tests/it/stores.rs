//! Where the store lies: which one is taken, what is refused, and that nothing in another one is forgotten.

use crate::formats::fitting;
use crate::harness::{Place, Ran, Running, free_port, unshare};
use crate::site::experiment;
use chaos_lang::journal::{Claims, Journal};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a dead run left: a process at an address, of which nothing is there any more.
fn leftover(store: &Path, run: &str, address: &str) {
    let journal = Journal::open(store).unwrap();
    journal.begin(run, "outage", "local", &Claims::default()).unwrap();
    let intent = format!(
        r#"{{"kind":"process","name":"of {run}","command":["true"],"address":"{address}","log":"","marker":"{run}","identity":null}}"#
    );
    journal.intend(run, |_| intent).unwrap();
    journal.runner_died(run).unwrap();
}

fn ran(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

#[test]
fn a_project_names_the_store_of_all_commands() {
    let place = Place::new();
    place.write("shop/chaos.toml", "store = \"../kept/runs\"\n");
    fs::create_dir_all(place.path().join("shop/deep/er")).unwrap();
    let store = place.path().join("kept/runs");
    leftover(&store, "r1", "127.0.0.1:9");
    let inside = |arguments: &[&str]| {
        let mut command = place.unnamed(arguments);
        command.current_dir(place.path().join("shop/deep/er"));
        ran(command)
    };
    inside(&["status"]).ended(1).says(&format!("store {}", store.display())).says("process of r1");
    inside(&["stop", "r1"]).ended(2).says("no run `r1` is at work").says(&store.display().to_string());
    // From anywhere else, the store is known by now: it was named once.
    ran(place.unnamed(&["status"])).ended(1).says("process of r1");
    inside(&["status", "--store", "elsewhere"]).ended(0).says("nothing is in force");
    let told = inside(&["recover", "--format", "json"]).ended(0);
    let told = fitting("recovery.v1", &told);
    let effect = &told["effects"][0];
    assert_eq!((&effect["run"], &effect["result"], &told["left"]), (&"r1".into(), &"reverted".into(), &0.into()));
    assert_eq!(effect["store"], store.display().to_string());
    inside(&["recover"]).ended(0).says("nothing to recover");
    fitting("recovery.v1", &inside(&["recover", "--format", "json"]).ended(0));
}

/// A project that names a store of its own later must not lose what the earlier one holds.
#[test]
fn what_another_store_holds_is_not_forgotten() {
    let place = Place::new();
    let (upstream, proxy, helper) = (free_port(), free_port(), free_port());
    let file = experiment(&place, upstream, proxy, helper);
    let earlier = place.path().join("state/chaos");
    leftover(&earlier, "r2", &format!("127.0.0.1:{helper}"));
    place.write("chaos.toml", "store = \"own\"\n");
    let run = |arguments: &[&str]| ran(place.unnamed(arguments));
    run(&["exec", &file]).ended(2).says("E0801").says("of r2").says(&earlier.display().to_string());
    run(&["status"]).ended(1).says("nothing is in force").says(&format!("store {}", earlier.display()));
    run(&["recover"]).ended(0).says("reverted: process of r2 of the run r2 (outage)");
    run(&["status"]).ended(0);

    // A switch that was thrown for the earlier store holds too, and is released with it.
    fs::write(earlier.join("halt"), "an incident\n").unwrap();
    run(&["exec", &file]).ended(2).says("E0809").says("an incident");
    run(&["stop", "--release"]).ended(0).says("runs may begin again");
    run(&["stop", "--hold", "frozen"]).ended(0);
    assert!(earlier.join("halt").exists() && place.path().join("own/halt").exists());
    run(&["stop", "--release"]).ended(0);
    assert!(!earlier.join("halt").exists() && !place.path().join("own/halt").exists());
}

#[test]
fn a_project_that_says_nothing_clear_of_the_store_stands_in_the_way() {
    let place = Place::new();
    place.write("chaos.toml", "[lint]\nno-abotr = \"deny\"\n");
    ran(place.unnamed(&["status"])).ended(0);
    for text in ["store = 3\n", "store = \"~/runs\"\n", "store = \"runs\n"] {
        place.write("chaos.toml", text);
        for command in [["status"], ["recover"], ["stop"]] {
            ran(place.unnamed(&command)).ended(2).says("E0108").says("where the run store is").says("--store DIR");
        }
        ran(place.unnamed(&["status", "--store", "runs"])).ended(0);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named_with_the_way_out() {
    let place = Place::new();
    let file = place.write("file", "x");
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).unwrap();
    let refused = |store: &Path, why: &str| {
        let store = store.display().to_string();
        place.run(&["status", "--store", &store]).ended(2).says("E0711").says(why).says("--store DIR").says(&store);
    };
    refused(&file, "it is a file and no folder");
    refused(&file.join("x"), "its folder cannot be made: Not a directory");
    refused(&place.path().join("link"), "it is a link that leads nowhere");
    refused(Path::new("/proc/chaos"), "its folder cannot be made");
}

/// The script's first argument is the program, its second the test's folder.
fn in_a_mount_namespace(script: &str) -> Option<(Place, Ran)> {
    let place = Place::new();
    let mut command = unshare(&["--mount"])?;
    command.args(["sh", "-ec", script, "sh", env!("CARGO_BIN_EXE_chaos")]).arg(place.path()).current_dir(place.path());
    let ran = ran(command);
    Some((place, ran))
}

#[test]
fn a_read_only_disk_is_told() {
    let script = "mkdir empty; mkdir old; \"$1\" status --store \"$2/old\"; mount --bind \"$2\" \"$2\"; cd \"$2\"
                  mount -o remount,ro,bind \"$2\"
                  \"$1\" status --store \"$2/empty\" || \"$1\" status --store \"$2/new\" || \"$1\" recover --store \"$2/old\"";
    let Some((_place, ran)) = in_a_mount_namespace(script) else { return };
    let ran = ran.ended(2).says("empty` cannot be opened: its folder cannot be written: Read-only file system");
    let ran = ran.says("new` cannot be opened: its folder cannot be made: Read-only file system");
    ran.says("`journal.sqlite` in it cannot be written: Read-only file system").says("--store DIR");
}

#[test]
fn a_full_disk_is_told() {
    let script = "mkdir full; mount -t tmpfs -o size=16k tmpfs full; head -c 16384 /dev/zero > full/zeros || true
                  \"$1\" status --store \"$2/full\"";
    let Some((_place, ran)) = in_a_mount_namespace(script) else { return };
    ran.ended(2).says("E0711").says("its folder cannot be written: No space left on device").says("--store DIR");
}

/// sshfs with a real SFTP server, which it talks to without ssh between.
#[test]
fn a_network_file_system_is_refused() {
    let place = Place::new();
    let server = place.write("server", "#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n");
    Command::new("chmod").arg("+x").arg(&server).status().unwrap();
    for folder in ["there", "here"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    let here = place.path().join("here");
    let mut mount = Command::new("sshfs");
    mount.arg("-o").arg(format!("ssh_command={}", server.display()));
    mount.arg(format!("somebody:{}", place.path().join("there").display())).arg(&here).stdin(Stdio::null());
    let mounted = mount.output();
    if !mounted.as_ref().is_ok_and(|output| output.status.success()) {
        println!("skipped: sshfs mounts nothing here: {mounted:?}");
        return;
    }
    let mounted = Mounted(&here);
    let store = here.join("store").display().to_string();
    for command in ["status", "recover", "stop"] {
        let ran = place.run(&[command, "--store", &store]).ended(2).says("E0811").says("(fuse.sshfs)");
        ran.says("locks").says("`--store DIR`").says(&store);
    }
    drop(mounted);
    assert_eq!(fs::read_dir(place.path().join("there")).unwrap().count(), 0, "nothing was written there");
}

struct Mounted<'p>(&'p Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let mut unmount = Command::new("fusermount3");
        let _gone = Running::start(unmount.arg("-u").arg(self.0)).wait();
    }
}

/// The unit is one that systemd itself takes.
#[test]
fn the_unit_for_boot_is_sound() {
    let place = Place::new();
    let store = place.path().join("a 100% \"odd\" $PLACE");
    let store = store.display().to_string();
    for (manager, flag) in [("system", "--system"), ("user", "--user")] {
        let unit = place.run(&["recover", "--unit", manager, "--store", &store]).ended(0).out;
        assert!(unit.contains("ExecStart=") && unit.contains("100%% \\\"odd\\\""), "{unit}");
        assert_eq!(unit.contains("After=network-online.target"), manager == "system");
        let file = place.write(&format!("{manager}/chaos-recover.service"), &unit);
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", flag, "--man=no"]).arg(&file).env("XDG_RUNTIME_DIR", place.path());
        let verified = verify.output();
        let Ok(verified) = verified else {
            println!("skipped: no systemd-analyze here");
            return;
        };
        let verified = Ran::from(verified).ended(0);
        assert!(!verified.err.contains("chaos-recover"), "{}", verified.err);
    }
}
