//! What is declared, and what is found of it.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Declared, FoundBy, Unfound, refusal};
use crate::journal::ProcessIdentity;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

fn sleeper() -> Child {
    Command::new("sh").args(["-c", "sleep 60 & wait"]).process_group(0).spawn().unwrap()
}

fn end(mut child: Child) {
    let group = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    child.wait().unwrap();
}

fn declared(by: FoundBy) -> Declared {
    Declared { instance: "shop".to_owned(), by }
}

/// Why there are no processes.
async fn none(declared: &Declared) -> String {
    match declared.processes().await {
        Err(Unfound::None(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Why what is declared cannot be looked at.
async fn wrong(declared: &Declared) -> String {
    match declared.processes().await {
        Err(Unfound::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn count(declared: &Declared, wanted: usize) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while declared.processes().await.map_or(0, |found| found.len()) != wanted {
        assert!(std::time::Instant::now() < deadline, "{:?}", declared.processes().await);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_pid_file_names_a_process_and_its_children_but_none_that_came_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.pid");
    let shop = declared(FoundBy::PidFile(file.clone()));
    assert!(none(&shop).await.starts_with("there is no pid file "));
    let child = sleeper();
    std::fs::write(&file, format!("{}\n", child.id())).unwrap();
    count(&shop, 2).await;
    let old = SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    assert!(none(&shop).await.ends_with("the number is that of a later process"));
    let pid = child.id();
    end(child);
    assert!(none(&shop).await.contains(&format!("process {pid}, which the pid file")));
    for text in ["", "1", "0", "-5", "many", "12 13"] {
        std::fs::write(&file, text).unwrap();
        assert!(wrong(&shop).await.contains("cannot be read"), "{text:?}");
    }
}

#[tokio::test]
async fn a_pid_file_that_others_can_write_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, child) = (folder.path().join("shop.pid"), sleeper());
    let shop = declared(FoundBy::PidFile(file.clone()));
    std::fs::write(&file, child.id().to_string()).unwrap();
    count(&shop, 2).await;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o666)).unwrap();
    assert!(wrong(&shop).await.contains("it can be written by anybody"));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
    assert!(wrong(&shop).await.contains("it can be written by anybody"));
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    if rustix::process::geteuid().is_root() {
        chown(&file, Some(65534), None).unwrap();
        assert!(wrong(&shop).await.contains("it belongs to user 65534"));
    }
    end(child);
}

#[tokio::test]
async fn nothing_of_the_kernel_and_nothing_of_chaos_is_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let (file, procs) = (folder.path().join("shop.pid"), folder.path().join("cgroup.procs"));
    let (by_file, by_group) =
        (declared(FoundBy::PidFile(file.clone())), declared(FoundBy::Cgroup(folder.path().to_path_buf())));
    let own = std::process::id();
    let parent = ProcessIdentity::current().parent().unwrap();
    for (pid, who) in [(own, "this run itself"), (parent, "from which this run was started")] {
        if pid <= 1 {
            continue;
        }
        std::fs::write(&file, pid.to_string()).unwrap();
        std::fs::write(&procs, format!("{pid}\n")).unwrap();
        assert!(wrong(&by_group).await.contains(who), "{who}");
        // What it started holds this very test.
        assert!(wrong(&by_file).await.contains("this run"), "{who}");
    }
    let all = crate::journal::all_processes().map(ProcessIdentity::of);
    let Some(kernel) = all.into_iter().find(ProcessIdentity::is_of_kernel) else {
        return println!("skipped: no threads of the kernel are seen here");
    };
    std::fs::write(&file, kernel.pid.to_string()).unwrap();
    assert!(wrong(&by_file).await.contains("a thread of the kernel"));
    std::fs::write(&procs, format!("{}\n", kernel.pid)).unwrap();
    assert!(none(&by_group).await.starts_with("no process of a program is in the control group"));
}

#[tokio::test]
async fn a_control_group_holds_what_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    let shop = declared(FoundBy::Cgroup(folder.path().to_path_buf()));
    assert!(none(&shop).await.starts_with("there is no control group"));
    let child = sleeper();
    std::fs::write(folder.path().join("cgroup.procs"), format!("0\n1\n{}\n", child.id())).unwrap();
    let found = shop.processes().await.unwrap();
    assert_eq!(found.iter().map(|it| it.pid).collect::<Vec<_>>(), [child.id()]);
    end(child);
    assert!(none(&shop).await.starts_with("no process of a program is in the control group"));
    let path = Path::new("/no.slice/such.service").to_path_buf();
    assert_eq!(none(&declared(FoundBy::Group(path))).await, "there is no control group /no.slice/such.service");
}

#[tokio::test]
async fn a_process_of_another_user_is_known_to_be_out_of_reach() {
    let first = ProcessIdentity::of(1);
    if rustix::process::geteuid().is_root() {
        assert_eq!(refusal(first), None);
    } else {
        assert!(refusal(first).unwrap().contains("CAP_KILL"));
    }
}
