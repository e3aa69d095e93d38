//! Ways in which a component could try to do more than it was granted, and where each stops.

use super::call;
use super::outside::{Server, ok};
use super::rogue::{Rogue, answer, order, refused};
use crate::injector::imports::Pins;
use crate::injector::{Call, Declared, FoundBy, Grant, Origin};
use crate::journal::ProcessIdentity;
use crate::types::program::ProgramPattern;
use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn http(address: impl ToString) -> Grant {
    let origin = Origin { secure: false, address: address.to_string(), token: Some("secret".to_owned()) };
    Grant { http: vec![origin], ..Grant::default() }
}

fn files(folder: &Path) -> Grant {
    Grant { files: vec![folder.to_path_buf()], ..Grant::default() }
}

fn programs(pattern: &str) -> Grant {
    Grant { programs: vec![ProgramPattern::parse(pattern).unwrap()], ..Grant::default() }
}

const DENIED: &str = "permission-denied";

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let elsewhere = Server::saying("secrets");
    let to = format!("HTTP/1.1 302 Found\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
    let (server, rogue) = (Server::at("127.0.0.1:0", to), Rogue::new());
    let url = format!("http://{}/", server.address);
    let got = answer(rogue.does(&http(server.address), &order("fetch").what(&url)).await);
    assert!(got.starts_with("302"), "{got}");
    assert_eq!((server.came(), elsewhere.came()), (1, 0));
}

#[tokio::test]
async fn a_name_that_changes_its_address_leads_nowhere_else() {
    let server = Server::saying("first");
    let port = server.address.port();
    let elsewhere = Server::at(&format!("127.0.0.2:{port}"), ok("second"));
    let turn = AtomicUsize::new(0);
    let pins = Pins::asking(move |_| {
        let address = if turn.fetch_add(1, Ordering::SeqCst) == 0 { "127.0.0.1" } else { "127.0.0.2" };
        Box::pin(async move { Ok(vec![address.parse::<IpAddr>().unwrap()]) })
    });
    let rogue = Rogue::resolving(pins);
    let (grant, url) = (http(format!("toxiproxy.test:{port}")), format!("http://toxiproxy.test:{port}/"));
    for _ in 0..2 {
        assert_eq!(answer(rogue.does(&grant, &order("fetch").what(&url)).await), "200 first");
    }
    let tcp = Grant { tcp: vec![format!("toxiproxy.test:{port}")], ..Grant::default() };
    let connect = order("connect").what(&format!("toxiproxy.test:{port}")).args(&["hello"]);
    assert!(answer(rogue.does(&tcp, &connect).await).ends_with("first"));
    assert_eq!((server.came(), elsewhere.came()), (3, 0));
}

#[tokio::test]
async fn an_origin_is_reached_in_the_spelling_of_its_grant_alone() {
    let (server, rogue) = (Server::saying("ok"), Rogue::new());
    let port = server.address.port();
    let grant = http(format!("127.0.0.1:{port}"));
    let good = format!("http://127.0.0.1:{port}/v1?x=1");
    assert_eq!(answer(rogue.does(&grant, &order("fetch").what(&good)).await), "200 ok");
    let refused_urls = [
        format!("http://127.0.0.1:{}/", port - 1),
        format!("https://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}@evil.test:80/"),
        format!("http://user:pass@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}\\@evil.test/"),
        format!("http://127.0.0.1:{port}.evil.test/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f000001:{port}/"),
        format!("http://0177.0.0.1:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://127.0.0.1.:{port}/"),
        format!("HTTP://127.0.0.1:{port}/"),
        format!(" http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}\t/"),
        format!("http:/\t/127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ];
    for url in refused_urls {
        assert_eq!(refused(rogue.does(&grant, &order("fetch").what(&url)).await), DENIED, "{url}");
    }
    assert_eq!(server.came(), 1);
}

#[tokio::test]
async fn a_request_carries_the_hosts_credentials_and_no_forged_ones() {
    let (server, rogue) = (Server::saying("ok"), Rogue::new());
    let fetch = order("fetch").what(&format!("http://{}/", server.address));
    let forged = fetch.args(&["GET", "Host=evil.test", "AUTHORIZATION=Bearer forged", "x-own=1"]);
    answer(rogue.does(&http(server.address), &forged).await);
    let sent = server.last().to_ascii_lowercase();
    assert!(sent.contains("authorization: bearer secret") && sent.contains("x-own: 1"), "{sent}");
    assert!(!sent.contains("evil.test") && !sent.contains("forged"), "{sent}");
}

#[tokio::test]
async fn a_connection_goes_where_it_was_granted() {
    let (server, rogue) = (Server::saying("ok"), Rogue::new());
    let port = server.address.port();
    let grant = Grant { tcp: vec![format!("127.0.0.1:{port}")], ..Grant::default() };
    for address in ["127.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
        let connect = order("connect").what(&format!("{address}:{port}"));
        assert_eq!(refused(rogue.does(&grant, &connect).await), DENIED, "{address}");
    }
    assert_eq!(refused(rogue.does(&http(server.address), &order("connect").what("127.0.0.1:1")).await), DENIED);
    assert_eq!(server.came(), 0);
}

#[tokio::test]
async fn a_check_a_look_and_a_dry_run_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (server, rogue, file) = (Server::saying("ok"), Rogue::new(), folder.path().join("f"));
    let grant = Grant {
        http: http(server.address).http,
        files: vec![folder.path().to_path_buf()],
        programs: programs("/bin/touch ...").programs,
        tcp: vec![server.address.to_string()],
        ..Grant::default()
    };
    let path = file.display().to_string();
    let url = format!("http://{}/", server.address);
    let changes = [
        order("fetch").what(&url).args(&["POST"]),
        order("write").what(&path),
        order("remove").what(&path),
        order("keep").what("key"),
    ];
    let starts = [order("run").what("/bin/touch").args(&[&path]), order("connect").what(&server.address.to_string())];
    let dry = Call { dry_run: true, ..call() };
    for change in changes.iter().chain(&starts) {
        assert_eq!(refused(rogue.prepared(&grant, &change.clone().when("prepare")).await), DENIED);
        assert_eq!(refused(rogue.does_as(&dry, &grant, change).await), DENIED);
    }
    for change in changes {
        assert_eq!(refused(rogue.status(&grant, &change.when("status")).await), DENIED);
    }
    assert!(!file.exists() && server.came() == 0);
    // It may still read.
    let read = order("fetch").what(&url).when("prepare");
    assert_eq!(answer(rogue.prepared(&grant, &read).await), "200 ok");
}

#[tokio::test]
async fn a_program_gets_the_arguments_of_its_grant_and_nothing_of_the_runner() {
    let rogue = Rogue::new();
    let echo = programs("/bin/echo now *");
    let run = |args: &[&str]| order("run").what("/bin/echo").args(args);
    assert_eq!(
        answer(rogue.does(&echo, &run(&["now", "a; id && $(id) `id` | cat"])).await),
        "Some(0) a; id && $(id) `id` | cat\n".replace("Some(0) ", "Some(0) now ")
    );
    for args in [&["now"][..], &["now", "--help"], &["now", "a", "b"], &["later", "a"], &["now", ""], &["now", "a\nb"]]
    {
        assert_eq!(refused(rogue.does(&echo, &run(args)).await), DENIED, "{args:?}");
    }
    for program in ["/bin/sh", "echo", "/bin/../bin/echo", "/bin//echo"] {
        assert_eq!(refused(rogue.does(&echo, &order("run").what(program).args(&["now", "a"])).await), DENIED);
    }
    let preloaded = run(&["now", "a", "env:LD_PRELOAD=/tmp/evil.so"]);
    assert_eq!(refused(rogue.does(&echo, &preloaded).await), DENIED);
    let env = order("run").what("/usr/bin/env").args(&["env:CHAOS_STEP=s"]);
    let mut seen: Vec<String> =
        answer(rogue.does(&programs("/usr/bin/env"), &env).await).lines().map(str::to_owned).collect();
    seen.sort();
    assert_eq!(seen.len(), 3, "{seen:?}");
    // The host's own mark, its path, and what the component may give it.
    for known in ["CHAOS_EFFECT=call-", "CHAOS_STEP=s", "PATH=/usr"] {
        assert!(seen.iter().any(|line| line.contains(known)), "{seen:?}");
    }
}

#[tokio::test]
async fn a_program_that_anybody_can_replace_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("pause");
    std::fs::copy("/bin/true", &program).unwrap();
    let path = program.display().to_string();
    let (rogue, grant, run) = (Rogue::new(), programs(&path), order("run").what(&path));
    assert!(answer(rogue.does(&grant, &run).await).starts_with("Some(0)"));
    for (file, folder_mode) in [(0o777, 0o755), (0o755, 0o777)] {
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(file)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(folder_mode)).unwrap();
        assert_eq!(refused(rogue.does(&grant, &run).await), DENIED);
    }
}

#[tokio::test]
async fn no_process_is_signalled_but_those_of_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let target = ProcessIdentity::of(child.id());
    let procs = folder.path().join("cgroup.procs");
    std::fs::write(&procs, child.id().to_string()).unwrap();
    let declared = Declared { instance: "payment".to_owned(), by: FoundBy::Cgroup(folder.path().to_path_buf()) };
    let (rogue, grant) = (Rogue::new(), Grant { processes: vec![declared], ..Grant::default() });
    let signal = |process: ProcessIdentity, name: &str| {
        order("signal").what(name).number("pid", process.pid.into()).number("started", process.started)
    };
    let own = ProcessIdentity::current();
    assert_eq!(refused(rogue.does(&grant, &signal(own, "KILL")).await), DENIED);
    assert_eq!(refused(rogue.does(&Grant::default(), &signal(target, "KILL")).await), DENIED);
    let reused = ProcessIdentity { started: target.started + 1, ..target };
    assert_eq!(refused(rogue.does(&grant, &signal(reused, "KILL")).await), "unknown-handle");
    for pid in [0, 1, u32::MAX] {
        let strange = ProcessIdentity { pid, started: target.started };
        assert_eq!(refused(rogue.does(&grant, &signal(strange, "KILL")).await), "unknown-handle", "{pid}");
    }
    assert_eq!(refused(rogue.does(&grant, &signal(target, "SEGV")).await), "invalid-params");
    assert!(target.is_alive());
    rogue.does(&grant, &signal(target, "KILL")).await.unwrap();
    child.wait().unwrap();
    assert!(!target.is_alive());
}

#[tokio::test]
async fn no_path_leads_out_of_a_granted_folder() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let inside = |name: &str| folder.path().join(name);
    std::fs::write(inside("own"), "own").unwrap();
    symlink(&secret, inside("link")).unwrap();
    symlink(outside.path(), inside("folder")).unwrap();
    symlink("../..", inside("up")).unwrap();
    symlink("own", inside("good")).unwrap();
    let (rogue, grant) = (Rogue::new(), files(folder.path()));
    let read = |path: &Path| order("read").what(&path.display().to_string());
    assert_eq!(answer(rogue.does(&grant, &read(&inside("own"))).await), "own");
    assert_eq!(answer(rogue.does(&grant, &read(&inside("good"))).await), "own");
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    let out = [
        inside(&format!("../{name}/secret")),
        inside("link"),
        inside("folder/secret"),
        inside(&format!("up/{name}/secret")),
        secret.clone(),
        Path::new("/etc/passwd").to_path_buf(),
        Path::new("own").to_path_buf(),
        folder.path().with_file_name(format!("{}x", folder.path().file_name().unwrap().to_str().unwrap())),
    ];
    for path in out {
        assert_eq!(refused(rogue.does(&grant, &read(&path)).await), DENIED, "{}", path.display());
    }
    for path in [inside("folder/secret"), inside("folder/new"), secret.clone()] {
        let path = path.display().to_string();
        for action in ["write", "remove"] {
            assert_eq!(refused(rogue.does(&grant, &order(action).what(&path).args(&["x"])).await), DENIED, "{path}");
        }
    }
    // A link is replaced, not followed; the root itself is no file.
    rogue.does(&grant, &order("write").what(&inside("link").display().to_string()).args(&["mine"])).await.unwrap();
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    let ours = "folder good link own up".to_owned();
    assert_eq!(answer(rogue.does(&grant, &order("names").what(&folder.path().display().to_string())).await), ours);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_exchanged_for_a_link_leads_nowhere() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("f"), "secret").unwrap();
    let (real, link, place) = (folder.path().join("real"), folder.path().join("link"), folder.path().join("place"));
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("f"), "own").unwrap();
    symlink(outside.path(), &link).unwrap();
    let (rogue, grant) = (Rogue::new(), files(folder.path()));
    let over = std::sync::Arc::new(AtomicBool::new(false));
    let stop = std::sync::Arc::clone(&over);
    let exchanging = std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            for from in [&real, &link] {
                std::fs::rename(from, &place).unwrap();
                std::fs::rename(&place, from).unwrap();
            }
        }
    });
    let read = order("read").what(&folder.path().join("place/f").display().to_string());
    for _ in 0..300 {
        let got = rogue.does(&grant, &read).await.unwrap_err().to_string();
        assert!(!got.contains("secret"), "{got}");
    }
    over.store(true, Ordering::SeqCst);
    exchanging.join().unwrap();
}

#[tokio::test]
async fn what_is_asked_is_written_down_with_what_came_of_it() {
    let (server, rogue) = (Server::saying("ok"), Rogue::new());
    let url = format!("http://{}/x?token=1", server.address);
    answer(rogue.does(&http(server.address), &order("fetch").what(&url)).await);
    refused(rogue.does(&http(server.address), &order("connect").what("127.0.0.1:1")).await);
    let asked = rogue.asked();
    let told = |at: usize| (asked[at].function.as_str(), asked[at].capability.as_str(), asked[at].what.clone());
    assert_eq!(told(0), ("inject", "http", format!("GET http://{}/x", server.address)));
    assert_eq!(told(1), ("inject", "tcp", "open 127.0.0.1:1".to_owned()));
    assert_eq!(asked[0].outcome, "done");
    assert_eq!(asked[1].outcome, "refused: no grant for 127.0.0.1:1");
    assert_eq!((asked[0].step.as_str(), asked[0].component.as_str()), ("s", "rogue"));
}
