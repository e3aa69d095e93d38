//! `chaos plugin add`, `fetch`, `update`, `remove`, `list`: components from paths, a web server and a registry, pinned.

use crate::formats::fitting;
use crate::harness::{Place, Ran, Running, free_port, nginx_that, root};
use crate::plugin_fixtures::{custom, digest, manifest, said};
use crate::registry::Registry;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

fn stamped(bytes: &[u8], sections: &[(&str, &str)]) -> Vec<u8> {
    let sections: Vec<(&str, &[u8])> = sections.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    chaos_lang::kit::stamp(bytes, &sections).unwrap()
}

/// A real component, called `shop`, with a module of this text.
pub fn component(module: &str) -> Vec<u8> {
    let http = fs::read(root().join("stdlib/components/http.wasm")).unwrap();
    let manifest = r#"{"interface":"0.2","name":"shop","version":"1.0.0","doc":"Faults of a shop.","capabilities":[{"name":"http","scope":["target:admin"],"reason":"to talk to the target's proxy"}],"faults":[{"name":"latency","targets":["service"],"class":"leased","resource":"requests","params":[{"name":"delay","kind":"duration","min":0,"max":600},{"name":"jitter","kind":"duration","default":0,"min":0,"max":600},{"name":"traffic","kind":"ratio","default":1,"min":0,"max":1},{"name":"rate","kind":"ratio","default":1,"min":0,"max":1},{"name":"among","kind":"text","default":"all","choices":["all","marked"]},{"name":"methods","kind":"texts","default":["*"]},{"name":"path","kind":"text","default":"*"},{"name":"headers","kind":"texts","default":[]}]}]}"#;
    stamped(&http, &[("chaos:manifest", manifest), ("chaos:module", module)])
}

pub const MODULE: &str = "## Delays all requests.\nfault slow(target: service, delay: duration in 1ms..1s = 100ms) {\n  component \"shop\" action \"latency\"\n  class leased\n}\n";

/// The same component, released again.
fn newer() -> Vec<u8> {
    component(&MODULE.replace("= 100ms", "= 200ms"))
}

const EXPERIMENT: &str = r#"use shop
system site { service page { metric up: ratio } }
environment local for site {
  service page { url "http://127.0.0.1:7399"; through "127.0.0.1:7398" }
  source app = scrape("http://127.0.0.1:7399/metrics")
  bind page.up = app.gauge(`up_ratio`)
  allow shop.slow on page
}
experiment slowly on site {
  hypothesis "The page stays up while it is slow."
  limit { services page; bends page }
  run {
    inject shop.slow(page) for 1m { expect always page.up >= 50% }
  }
}
"#;

/// A project, a cache folder, and the passwords of a user.
struct Project {
    place: Place,
}

impl Project {
    fn new() -> Self {
        let place = Place::new();
        place.write("slowly.chaos", EXPERIMENT);
        Self { place }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let mut command = self.place.chaos(arguments);
        command.current_dir(self.place.path().join(folder)).env("XDG_CACHE_HOME", self.cache());
        command.env("DOCKER_CONFIG", self.place.path().join("docker"));
        Ran::from(command.output().unwrap())
    }

    fn cache(&self) -> PathBuf {
        self.place.path().join("cache")
    }

    fn kept(&self, bytes: &[u8]) -> PathBuf {
        let digest = digest(bytes);
        self.cache().join("chaos/plugins").join(format!("{}.wasm", digest.strip_prefix("sha256:").unwrap()))
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.place.path().join(name)).unwrap()
    }

    /// The project as somebody else clones it: its own files, and none of this machine.
    fn clone(&self) -> Self {
        let place = Place::new();
        for name in ["slowly.chaos", "chaos.toml", "chaos.lock"] {
            place.write(name, self.text(name));
        }
        Self { place }
    }

    /// What `docker login` keeps.
    fn logs_in(&self, port: u16, user: &str, password: &str) {
        let auth = base64(format!("{user}:{password}").as_bytes());
        let text = format!(r#"{{"auths":{{"127.0.0.1:{port}":{{"auth":"{auth}"}}}}}}"#);
        self.place.write("docker/config.json", text);
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |number, at| (number << 8) | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * at)) as usize & 63] as char;
            out.push(if at > chunk.len() { '=' } else { digit });
        }
    }
    out
}

#[test]
fn a_file_of_the_project_is_pinned_where_it_lies() {
    let project = Project::new();
    project.place.write("parts/shop.wasm", component(MODULE));
    project.place.write("chaos.toml", "# ours\n[lint]\nno-abort = \"allow\"   # for now\n");
    project.run(&["check"]).ended(1).says("E0201").says("unknown module `shop`");
    // Given from where the user stands, written from where chaos.toml is.
    let added = project.run_in("parts", &["plugin", "add", "shop.wasm"]).ended(0);
    added.says("added shop 1.0.0").says("asks for http (target:admin): to talk to the target's proxy").says("use shop");
    let toml = project.text("chaos.toml");
    assert_eq!(toml, "# ours\n[lint]\nno-abort = \"allow\"   # for now\n\n[plugins]\nshop = \"parts/shop.wasm\"\n");
    let lock = project.text("chaos.lock");
    for line in ["name = \"shop\"", "source = \"parts/shop.wasm\"", "version = \"1.0.0\"", "interface = \"0.2\""] {
        assert!(lock.contains(line), "{line}\n{lock}");
    }
    assert!(lock.contains(&format!("digest = \"{}\"", digest(&component(MODULE)))), "{lock}");
    assert!(!project.cache().join("chaos/plugins").exists(), "it stays where it is");
    project.run(&["check"]).ended(0).says("1 file checked, nothing wrong");
    project.run(&["lint"]).ended(0);
    project.run(&["plan", "slowly.chaos"]).ended(0).says("shop.slow").says("100ms");
    project.run(&["doc", "shop"]).ended(0).says("Delays all requests.").says("`1ms..1s`");
    project.run(&["plugin", "list"]).ended(0).says("shop 1.0.0, present").says("from parts/shop.wasm");
    project.run(&["plugin", "inspect", "shop"]).ended(0).says("Faults of a shop.");

    // Built again, it is another one until somebody says that it is meant.
    project.place.write("parts/shop.wasm", newer());
    for command in
        [&["check"][..], &["plan", "slowly.chaos"], &["exec", "slowly.chaos"], &["plugin", "inspect", "shop"]]
    {
        let ran = project.run(command);
        assert_ne!(ran.code, Some(0), "{command:?}");
        ran.says("E0338").says(&digest(&newer())).says("chaos plugin update shop");
    }
    project.run(&["plugin", "list"]).ended(0).says("shop 1.0.0, differs");
    project.run(&["plugin", "fetch"]).ended(2).says("E0338");
    project.run(&["plugin", "update", "shop"]).ended(0).says("shop 1.0.0 is another one now");
    project.run(&["plan", "slowly.chaos"]).ended(0).says("200ms");
    project.run(&["plugin", "update"]).ended(0).says("is what it was");

    fs::remove_file(project.place.path().join("parts/shop.wasm")).unwrap();
    project.run(&["check"]).ended(1).says("E0337").says("the plugin `shop` is missing");
    let listed = fitting("plugins.v1", &project.run(&["plugin", "list", "--format", "json"]).ended(0));
    assert_eq!(listed["plugins"][0]["state"], "missing");
    project.place.write("chaos.lock", "version = 1\n");
    let listed = fitting("plugins.v1", &project.run(&["plugin", "list", "--format", "json"]).ended(0));
    assert_eq!(listed["plugins"][0]["state"], "unpinned");
}

/// The folder above a link is that above what it leads to.
#[test]
fn a_path_through_a_link_is_followed_as_the_system_does() {
    let project = Project::new();
    project.place.write("far/shop.wasm", component(MODULE));
    project.place.write("far/inner/none.txt", "");
    project.place.write("shop.wasm", "another one");
    std::os::unix::fs::symlink("far/inner", project.place.path().join("link")).unwrap();
    project.run(&["plugin", "add", "link/../shop.wasm"]).ended(0);
    assert!(project.text("chaos.toml").ends_with("shop = \"far/shop.wasm\"\n"), "{}", project.text("chaos.toml"));
    project.run(&["check"]).ended(0);
    project.run(&["plugin", "remove", "shop"]).ended(2);
    fs::remove_file(project.place.path().join("slowly.chaos")).unwrap();
    project.run(&["plugin", "remove", "shop"]).ended(0);
    let absolute = project.place.path().join("link/../shop.wasm").display().to_string();
    project.run(&["plugin", "add", &absolute]).ended(0);
    assert!(project.text("chaos.toml").ends_with("shop = \"far/shop.wasm\"\n"), "{}", project.text("chaos.toml"));
}

#[test]
fn what_an_editor_of_windows_wrote_stays_so() {
    let project = Project::new();
    project.place.write("shop.wasm", component(MODULE));
    project.place.write("chaos.toml", "\u{FEFF}# ours\r\n[lint]\r\nno-abort = \"allow\"\r\n");
    project.run(&["plugin", "add", "shop.wasm"]).ended(0);
    let toml = "\u{FEFF}# ours\r\n[lint]\r\nno-abort = \"allow\"\r\n\r\n[plugins]\r\nshop = \"shop.wasm\"\r\n";
    assert_eq!(project.text("chaos.toml"), toml);
    project.run(&["check"]).ended(0);
}

#[test]
fn a_plugin_that_is_used_stays() {
    let project = Project::new();
    project.place.write("shop.wasm", component(MODULE));
    project.run(&["plugin", "remove", "shop"]).ended(2).says("E0100").says("there is no chaos.toml");
    project.run(&["plugin", "add", "shop.wasm"]).ended(0);
    project.run(&["plugin", "add", "shop.wasm", "--name", "acme.store"]).ended(0);
    assert_eq!(project.text("chaos.toml"), "[plugins]\nshop = \"shop.wasm\"\n\"acme.store\" = \"shop.wasm\"\n");
    project.run(&["plugin", "remove", "shop"]).ended(2).says("E0340").says("slowly.chaos:1:5").says("still used");
    project.run(&["plugin", "remove", "shup"]).ended(2).says("E0340").says("shop");
    project.run(&["plugin", "remove", "acme.store"]).ended(0);
    assert_eq!(project.text("chaos.toml"), "[plugins]\nshop = \"shop.wasm\"\n");
    assert!(!project.text("chaos.lock").contains("acme"));
    project.run(&["check"]).ended(0);
    project.place.write("slowly.chaos", EXPERIMENT.replace("use shop", ""));
    project.run(&["plugin", "remove", "shop"]).ended(0);
    assert!(!project.text("chaos.lock").contains("[[plugin]]"));
}

#[test]
fn what_cannot_be_used_is_not_added() {
    let project = Project::new();
    let whole = component(MODULE);
    let mut spoilt = whole.clone();
    // In the code, where only somebody who reads every instruction looks.
    spoilt[60_000..60_040].fill(0xff);
    let lying = manifest("lying", "lie", r#"{"name":"rate","kind":"ratio","default":2,"min":0,"max":1}"#);
    let hidden = stamped(&whole, &[("chaos:manifest", &manifest("hidden", "hide", ""))]);
    let twice = |section: &str, text: &str| [whole.clone(), custom(section, text)].concat();
    let foreign = said(&manifest("foreign", "f", "").replace("0.2", "7.2"), None);
    let declared = |module: &str| component(module);
    let other = declared(&MODULE.replace("in 1ms..1s", "in 1ms..1h"));
    let kind = declared(
        "fault slow(target: service, delay: int in 1..10 = 1) { component \"shop\" action \"latency\"; class leased }\n",
    );
    let reaching = declared(&format!("use \"./other.chaos\"\n{MODULE}"));
    let cases: &[(&str, Vec<u8>, &str, &str)] = &[
        ("text", b"no component".to_vec(), "E0330", "it is damaged"),
        ("empty", Vec::new(), "E0330", "cannot be used"),
        ("module", b"\0asm\x01\0\0\0".to_vec(), "E0330", "it is a module of WebAssembly"),
        ("cut", whole[..whole.len() / 2].to_vec(), "E0330", "it is damaged"),
        ("spoilt", spoilt, "E0330", "it is damaged"),
        ("foreign", foreign, "E0330", "speaks 7.2 of the interface; this version of chaos speaks 0.1 and 0.2"),
        ("hidden", hidden, "E0330", "it imports `http`, which its manifest does not name"),
        ("two", twice("chaos:manifest", &manifest("hidden", "hide", "")), "E0330", "`chaos:manifest` stands twice"),
        ("both", twice("chaos:module", MODULE), "E0330", "`chaos:module` stands twice"),
        ("lying", said(&lying, None), "E0330", "its manifest is wrong: the range of `rate`"),
        ("wide", other, "E0333", "plugin/shop.chaos:2"),
        ("kind", kind, "E0331", "plugin/shop.chaos:1"),
        ("reaching", reaching, "E0201", "the module of a plugin cannot use the file `./other.chaos`"),
        ("lost", Vec::new(), "E0330", "there is no such file"),
    ];
    for (name, bytes, code, told) in cases {
        let file = format!("{name}.wasm");
        if *name != "lost" {
            project.place.write(&file, bytes);
        }
        project.run(&["plugin", "add", &file]).ended(2).says(code).says(told);
        assert!(!project.place.path().join("chaos.toml").exists(), "{name}: nothing is written");
        assert!(!project.place.path().join("chaos.lock").exists(), "{name}");
    }
    project.place.write("shop.wasm", &whole);
    for (arguments, code, told) in [
        (&["ftp://example.com/a.wasm"][..], "E0339", "is no place of a component"),
        (&["oci://example.com"], "E0339", "it has no repository"),
        (&["https://me:pw@example.com/a.wasm"], "E0339", "it names a user"),
        (&["http://example.com/a.wasm"], "E0339", "is asked without TLS"),
        (&["shop.wasm", "--name", "http"], "E0340", "`std.http` ends like it"),
        (&["shop.wasm", "--name", "std.shop"], "E0340", "`std` is the standard library"),
        (&["shop.wasm", "--name", "my shop"], "E0340", "a name has letters"),
        (&["shop.wasm", "--digest", &digest(b"other")], "E0338", "is not what was asked for"),
    ] {
        project.run(&[&["plugin", "add"], arguments].concat()).ended(2).says(code).says(told);
    }
    project.run(&["plugin", "add", "shop.wasm", "--digest", &digest(&whole)]).ended(0);
    project.run(&["plugin", "add", "shop.wasm"]).ended(2).says("E0340").says("there is one from `shop.wasm` already");
    project.run(&["plugin", "add", "shop.wasm", "--name", "a.shop"]).ended(2).says("`shop` ends alike");
}

#[test]
fn a_url_is_fetched_again_by_a_clone_and_only_as_it_was() {
    let (project, port) = (Project::new(), free_port());
    let served = project.place.path().join("served");
    fs::create_dir(&served).unwrap();
    fs::write(served.join("shop.wasm"), component(MODULE)).unwrap();
    let does = format!(
        "root {}; location /moved/ {{ return 302 /shop.wasm; }} location /loop {{ return 302 /loop; }} location /shut {{ return 403; }}",
        served.display()
    );
    let server = nginx_that(&project.place, "web", port, &does);
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    for (path, told) in
        [("none.wasm", "127.0.0.1 has no"), ("loop", "sends us on and on"), ("shut", "does not let us read")]
    {
        project.run(&["plugin", "add", &url(path)]).ended(2).says("E0339").says(told);
    }
    project.run(&["plugin", "add", &url("moved/shop.wasm")]).ended(0);
    let kept = project.kept(&component(MODULE));
    assert_eq!(fs::metadata(kept.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    project.run(&["check"]).ended(0);

    let clone = project.clone();
    clone.run(&["check"]).ended(1).says("E0337").says("slowly.chaos:1:5").says("chaos plugin fetch");
    clone.run(&["exec", "slowly.chaos"]).ended(2).says("E0337");
    clone.run(&["plugin", "list"]).ended(0).says("shop 1.0.0, missing");
    assert!(!clone.cache().join("chaos/plugins").exists(), "only `fetch` fetches");
    clone.run(&["plugin", "fetch"]).ended(0).says("fetched shop 1.0.0");
    clone.run(&["plugin", "fetch"]).ended(0).says("shop 1.0.0 is here");
    clone.run(&["check"]).ended(0);

    // A kept copy that somebody has changed is not used, and `fetch` mends it.
    fs::write(clone.kept(&component(MODULE)), newer()).unwrap();
    clone.run(&["check"]).ended(1).says("E0338").says(&digest(&newer()));
    clone.run(&["exec", "slowly.chaos"]).ended(2).says("E0338");
    clone.run(&["plugin", "fetch"]).ended(0).says("fetched shop");
    clone.run(&["check"]).ended(0);

    // What is published under the same address is another one.
    fs::write(served.join("shop.wasm"), newer()).unwrap();
    let late = project.clone();
    late.run(&["plugin", "fetch"]).ended(2).says("E0338").says(&digest(&newer()));
    late.run(&["check"]).ended(1).says("E0337");
    late.run(&["plugin", "update", "shop", "--digest", &digest(b"other")]).ended(2).says("is not what was asked for");
    late.run(&["plugin", "update", "shop", "--digest", "sha256:12"]).ended(2).says("64 hexadecimal digits");
    late.run(&["plugin", "update", "shop", "--digest", &digest(&newer())]).ended(0).says("is another one now");
    late.run(&["plugin", "update", "--digest", &digest(&newer())]).ended(0).says("is what it was");
    late.run(&["plan", "slowly.chaos"]).ended(0).says("200ms");
    drop(server);
    let cut = project.clone();
    cut.run(&["plugin", "fetch"]).ended(2).says("E0339").says("does not give it");
}

#[test]
fn a_lock_that_was_changed_by_hand_is_not_believed() {
    let project = Project::new();
    project.place.write("shop.wasm", component(MODULE));
    project.run(&["plugin", "add", "shop.wasm"]).ended(0);
    let (toml, lock) = (project.text("chaos.toml"), project.text("chaos.lock"));
    let replaced = |from: &str, to: &str| lock.replace(from, to);
    for (changed, code, told) in [
        (replaced(&digest(&component(MODULE)), &digest(b"other")), "E0338", "the digest of that one"),
        (replaced("version = \"1.0.0\"", "version = \"1.0.1\""), "E0338", "the version of that one is 1.0.1"),
        (replaced("interface = \"0.2\"", "interface = \"0.1\""), "E0338", "the interface of that one is 0.1"),
        (replaced("size = ", "size = 1"), "E0338", "the size of that one is"),
        (replaced("source = \"shop.wasm\"", "source = \"other.wasm\""), "E0109", "has it from `other.wasm`"),
        (
            replaced("name = \"shop\"", "name = \"shup\""),
            "E0109",
            "chaos.lock pins `shup`, which chaos.toml does not name",
        ),
        (replaced("version = 1\n", "version = 9\n"), "E0109", "it is of the form 9"),
        (format!("<<<<<<< ours\n{lock}"), "E0109", "chaos.lock cannot be read"),
        (lock.split("[[").next().unwrap().to_owned(), "E0109", "chaos.lock has no entry for it"),
    ] {
        project.place.write("chaos.lock", &changed);
        for command in [&["check"][..], &["exec", "slowly.chaos"]] {
            let ran = project.run(command);
            assert_ne!(ran.code, Some(0), "{told}");
            ran.says(code).says(told);
        }
    }
    fs::remove_file(project.place.path().join("chaos.lock")).unwrap();
    project.run(&["check"]).ended(1).says("E0109").says("there is no chaos.lock").says("chaos.toml:2:1");
    project.run(&["plugin", "update"]).ended(0).says("shop 1.0.0 is pinned");
    assert_eq!(project.text("chaos.lock"), lock);
    project.place.write("chaos.toml", "[plugins]\n");
    project.run(&["check"]).ended(1).says("E0109").says("chaos.lock:");
    project.place.write("chaos.toml", toml);
    project.run(&["check"]).ended(0);
}

#[tokio::test]
async fn a_registry_gives_what_a_tag_named_also_when_it_has_moved() {
    let (project, registry) = (Project::new(), Registry::open());
    let first = registry.push(&[("application/wasm", &component(MODULE))]).await;
    let source = format!("oci://127.0.0.1:{}/faults/http:1.0", registry.port);
    project.run(&["plugin", "add", &source]).ended(0).says(&first);
    assert!(project.text("chaos.lock").contains(&format!("resolved = \"{source}@{first}\"")));
    project.run(&["check"]).ended(0);

    let second = registry.push(&[("application/wasm", &newer())]).await;
    let clone = project.clone();
    clone.run(&["plugin", "fetch"]).ended(0).says(&digest(&component(MODULE)));
    clone.run(&["plan", "slowly.chaos"]).ended(0).says("100ms");
    // A lock that was changed by hand to what the tag names now.
    let moved = project.clone();
    moved.place.write("chaos.lock", project.text("chaos.lock").replace(&first, &second));
    moved.run(&["plugin", "fetch"]).ended(2).says("E0338");
    moved.run(&["check"]).ended(1).says("E0337");
    clone.run(&["plugin", "update", "shop"]).ended(0).says("another one now");
    clone.run(&["plan", "slowly.chaos"]).ended(0).says("200ms");
    let by_digest = format!("oci://127.0.0.1:{}/faults/http@{first}", registry.port);
    project.run(&["plugin", "add", &by_digest, "--name", "old"]).ended(0);
    let port = registry.port;
    drop(registry);
    let late = project.clone();
    late.run(&["plugin", "fetch"]).ended(2).says("E0339").says(&format!("127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_closed_registry_takes_the_password_that_docker_login_keeps() {
    let (project, registry) = (Project::new(), Registry::closed());
    registry.push(&[("application/wasm", &component(MODULE))]).await;
    let source = format!("oci://127.0.0.1:{}/faults/http:1.0", registry.port);
    project
        .run(&["plugin", "add", &source])
        .ended(2)
        .says("E0339")
        .says("wants a name and a password")
        .says("docker login");
    project.logs_in(registry.port, "me", "wrong");
    project.run(&["plugin", "add", &source]).ended(2).says("E0339").says("other credentials");
    project.logs_in(registry.port, "me", "secret");
    project.run(&["plugin", "add", &source]).ended(0);
    project.run(&["check"]).ended(0);
    assert!(!project.text("chaos.lock").contains("secret") && !project.text("chaos.toml").contains("secret"));
}

/// Where address space is short, calls do without the pool.
#[test]
fn a_component_is_called_in_little_address_space() {
    let project = Project::new();
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -v 12582912 && exec \"$0\" plugin bench http --format json",
        env!("CARGO_BIN_EXE_chaos"),
    ]);
    let ran = Ran::from(shell.env("XDG_CACHE_HOME", project.cache()).output().unwrap()).ended(0);
    let figures: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(figures["fails"], serde_json::Value::Null);
}

#[test]
fn a_component_is_measured() {
    let project = Project::new();
    project.place.write("shop.wasm", component(MODULE));
    let ran = project.run(&["plugin", "bench", "http", "--format", "json"]).ended(0);
    let figures: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for figure in ["compile", "first_call", "call", "thousand_calls"] {
        assert!(figures[figure].as_f64().unwrap() > 0.0, "{figures}");
    }
    project.run(&["plugin", "bench", "./shop.wasm"]).ended(0).says("first call, code from the cache");
    project.run(&["plugin", "bench", "none"]).ended(2).says("E0330");
}

#[test]
fn those_who_add_at_one_time_lose_nothing() {
    let project = Project::new();
    for at in 0..4 {
        fs::copy(root().join("stdlib/components/command.wasm"), project.place.path().join(format!("p{at}.wasm")))
            .unwrap();
    }
    let adding: Vec<Running> = (0..4)
        .map(|at| {
            let (file, name) = (format!("p{at}.wasm"), format!("own{at}"));
            Running::start(&mut project.place.chaos(&["plugin", "add", &file, "--name", &name]))
        })
        .collect();
    adding.into_iter().for_each(|one| drop(one.finish().ended(0)));
    let (settings, lock) = (project.text("chaos.toml"), project.text("chaos.lock"));
    assert!(
        (0..4).all(|at| settings.contains(&format!("own{at} =")) && lock.contains(&format!("\"own{at}\""))),
        "{lock}"
    );
}

/// What has no end, or never begins, is told and not waited for.
#[test]
fn what_is_no_regular_file_is_refused() {
    let project = Project::new();
    std::os::unix::fs::symlink("/dev/zero", project.place.path().join("zero.wasm")).unwrap();
    project.run(&["plugin", "add", "zero.wasm"]).ended(2).says("it is no regular file");
    std::os::unix::fs::symlink("/dev/zero", project.place.path().join("zero.chaos")).unwrap();
    project.run(&["check", "zero.chaos"]).ended(2).says("it is no regular file");
    let pipe = project.place.path().join("pipe.chaos");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    project.run(&["check", "pipe.chaos"]).ended(2).says("it is no regular file");
}
