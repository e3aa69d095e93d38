//! The conformance suite: the standard components and the examples pass it; one that is wrong in one way fails the case of that.

use crate::formats::fitting;
use crate::harness::{Place, Ran, Running, root, wait_for};

fn tried(place: &Place, component: &str, more: &[&str]) -> Ran {
    let component = root().join(component).display().to_string();
    let arguments = [&["plugin", "test", &component], more].concat();
    place.run(&arguments)
}

fn settings(name: &str) -> String {
    root().join("tests/conformance").join(name).display().to_string()
}

#[test]
fn the_standard_components_conform() {
    let place = Place::new();
    for (name, cases) in [("http", 121), ("process", 40), ("command", 14), ("toxiproxy", 105)] {
        let ran = place.run(&["plugin", "test", name, "--with", &settings(&format!("{name}.toml"))]).ended(0);
        ran.says(&format!("{cases} cases, {cases} passed, 0 failed"));
    }
}

#[test]
fn the_examples_conform() {
    let place = Place::new();
    for (folder, cases) in [("c", 14), ("javascript", 14), ("python", 14), ("rust", 16)] {
        let ran = tried(&place, &format!("target/guests/{folder}"), &[]).ended(0);
        ran.says(&format!("{cases} cases, {cases} passed, 0 failed"));
    }
}

const CARELESS: &str = "target/guests/careless/injector.wasm";

/// How the careless component is told what to do wrong, with or without a look at its target.
fn careless(place: &Place, look: bool) -> String {
    let params = "params = { address = \"{address}\", key = \"job\" }";
    let look = if look { "in_force = \"sh -c 'redis-cli -p {port} EXISTS job | grep -qx 1'\"" } else { "" };
    let text = format!(
        "[[start]]\nrun = \"redis-server --port {{port}} --bind 127.0.0.1 --save '' --dir {{dir}}\"\nanswers = \"{{address}}\"\n\
         [grant]\ntcp = [\"{{address}}\"]\n[fault.lenient]\n{params}\n[fault.trapping]\n{params}\n[fault.hold]\n{params}\n{look}\n"
    );
    place.write("careless.toml", text).display().to_string()
}

/// The flaw, the case that it fails, and what is said of it.
const FLAWS: &[(&str, &str, &str)] = &[
    ("refuses", "prepared", "`prepare`: not on this target (unsupported-target)"),
    ("spins-in-prepare", "prepared", "`prepare`: the component `careless` did not answer within 5 s"),
    ("differs", "prepared", "asked again, `prepare` gives another handle"),
    ("takes-any", "params", "without `address`, `prepare` succeeds"),
    ("other-code", "params", "without `address`, `prepare`: `address` is missing or no text (internal)"),
    ("traps-on-params", "params", "without `address`, `prepare`: the component `careless` trapped"),
    ("connects-in-prepare", "dry-run", "`prepare` asked for tcp open"),
    ("ignores-dry-run", "dry-run", "`inject` asked for tcp open"),
    ("claims", "before", "nothing was injected, and `status` says Expired, acted 1 times"),
    ("lies", "before", "nothing was injected, and `status` says Active, acted 1 times"),
    ("lies", "injected", "`status` says that the fault is in force, and `in_force` that it is not"),
    ("no-evidence", "injected", "after `inject`, `status` says Active, acted 0 times"),
    ("traps", "injected", "`inject`: the component `careless` trapped: wasm trap: wasm `unreachable`"),
    ("spins", "injected", "`inject`: the component `careless` did not answer within 5 s"),
    ("once", "injected-twice", "the second time, `inject`: somebody else holds `job` (held)"),
    ("piles-up", "injected-twice", "injected twice and reverted once, `status` still says Active"),
    ("never-reverts", "reverted-twice", "after `revert`, `status` still says Active"),
    ("reverts-once", "reverted-twice", "the second time, `revert`: it is gone (unknown-handle)"),
    ("reverts-once", "never-injected", "never injected, `revert`: it is gone (unknown-handle)"),
    ("never-reverts", "restarted", "reverted after a restart, `status` still says Active"),
    ("half", "cancelled", "cut off after"),
    ("hides-errors", "not-granted", "without a grant, `inject` succeeds"),
    ("floods", "limits", "`inject` writes more than 100 lines of log"),
    ("shouts", "limits", "`status` gives a message of 102400 bytes"),
    ("never-renews", "renewed", "renewed over 2 leases, `status` says Expired"),
    ("never-expires", "expired", "10 s after its lease, `status` still says Active"),
];

fn fails(place: &Place, fault: &str, case: &str, more: &[&str], words: &str) {
    let settings = careless(place, words.contains("in_force") || !words.contains("evidence"));
    let chosen = ["--fault", fault, "--case", case, "--with", &settings];
    tried(place, CARELESS, &[&chosen, more].concat()).ended(1).says(&format!("FAIL {fault} {case}: {words}"));
}

#[test]
fn a_component_that_is_wrong_in_one_way_fails_the_case_of_that() {
    let one = |(flaw, case, words): &(&str, &str, &str)| {
        let flaw = format!("flaw={flaw}");
        fails(&Place::new(), "hold", case, &["--param", &flaw], words);
    };
    // Most of the time they wait: four at one time.
    std::thread::scope(|scope| {
        for part in FLAWS.chunks(FLAWS.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(one));
        }
    });
    let place = Place::new();
    let by_its_own_word = "`inject` asked nothing of the host that changes anything; its own word is no evidence";
    fails(&place, "hold", "injected", &["--param", "flaw=lies"], by_its_own_word);
    let given = "given an empty one as a handle, `status`";
    fails(&place, "lenient", "foreign-handles", &[], &format!("{given} succeeds"));
    fails(&place, "trapping", "foreign-handles", &[], &format!("{given}: the component `careless` trapped"));
}

/// Without a flaw the same component passes: it is the flaw that is noticed.
#[test]
fn a_fault_that_is_not_tried_fails_the_suite_unless_it_is_listed() {
    let place = Place::new();
    let settings = careless(&place, true);
    let ran = tried(&place, CARELESS, &["--fault", "hold", "--fault", "untried", "--with", &settings]).ended(1);
    ran.says("SKIP untried: ")
        .says("has no value for address: write `[fault.untried] params`")
        .says("1 of them not listed");
    let text = std::fs::read_to_string(&settings).unwrap();
    place.write("careless.toml", format!("{text}[skip]\nuntried = \"needs a second machine\"\n"));
    let all = ["--fault", "hold", "--fault", "untried", "--with", &settings];
    let ran = tried(&place, CARELESS, &all).ended(0).says("skip untried: needs a second machine");
    ran.says("16 cases, 16 passed, 0 failed; 1 skipped as it is listed");
    let few = [&all[..], &["--case", "prepared", "--format", "json"]].concat();
    let document = fitting("conformance.v1", &tried(&place, CARELESS, &few).ended(0));
    assert_eq!(document["passed"], true);
    assert_eq!(document["faults"][1]["skipped"]["reason"], "needs a second machine");
}

#[test]
fn settings_that_name_what_there_is_not_are_refused() {
    let place = Place::new();
    let grant = "[grant]\ntcp = [\"127.0.0.1:1\"]\n";
    for (text, why) in [
        ("start = 7", "invalid type"),
        ("[grant]\nroot = true", "unknown field `root`"),
        ("[fault.cut]", "has no fault `cut`"),
        ("[skip]\ncut = \"so\"", "has no fault `cut`"),
        ("[fault.hold]\nparams = { address = 7, key = \"k\" }", "`address`: `7` is no string"),
        ("[fault.hold]\nparams = { address = \"a\", key = \"k\", lock = \"l\" }", "there is no parameter `lock`"),
        ("[grant]\nexec = [\"rm -rf\"]\n[fault.hold]\nparams = { address = \"a\", key = \"k\" }", "no absolute path"),
    ] {
        let settings = place.write("wrong.toml", text).display().to_string();
        tried(&place, CARELESS, &["--fault", "hold", "--with", &settings]).ended(2).says("E0864").says(why);
    }
    let settings = place.write("some.toml", grant).display().to_string();
    let with = |more: &[&str]| tried(&place, CARELESS, &[&["--with", &settings], more].concat()).ended(2).says("E0864");
    with(&["--fault", "cut"]).says("has no fault `cut`");
    with(&["--param", "key=k"]).says("name it with `--fault`");
    with(&["--grant", "root=all"]).says("`root` is none of");
    tried(&place, CARELESS, &["--with", "lost.toml"]).ended(2).says("E0864").says("lost.toml");
    let start = "[[start]]\nrun = \"sh -c 'seq 9 >&2; exit 3'\"\nanswers = \"{address}\"\n";
    let settings = place.write("start.toml", start).display().to_string();
    let ran = tried(&place, CARELESS, &["--with", &settings]).ended(2).says("E0708").says("it said: 7 / 8 / 9");
    let log = ran.err.split('`').find(|part| part.ends_with(".log")).unwrap();
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 9, "what is named is there");
    std::fs::remove_dir_all(std::path::Path::new(log).parent().unwrap()).unwrap();
    let start = "[[start]]\nrun = \"/no/such/program\"\n";
    let settings = place.write("start.toml", start).display().to_string();
    tried(&place, CARELESS, &["--with", &settings]).ended(2).says("E0708").says("/no/such/program");
    place.run(&["plugin", "test"]).ended(2).says("E0330").says("`chaos plugin build` makes it");
}

#[test]
fn a_manifest_that_was_changed_since_the_build_is_noticed() {
    let place = Place::new();
    std::fs::copy(root().join(CARELESS), place.path().join("injector.wasm")).unwrap();
    let manifest = std::fs::read_to_string(root().join("tests/careless/manifest.json")).unwrap();
    place.write("manifest.json", manifest.replace("0.1.0", "0.2.0"));
    let ran = place.run(&["plugin", "test", ".", "--fault", "untried"]).ended(1);
    ran.says("FAIL manifest: manifest.json says something else than the component");
}

/// A suite that is stopped takes back what is in force, and ends what it started.
#[test]
fn what_is_in_force_when_a_suite_is_stopped_is_taken_back() {
    let place = Place::new();
    let folder = place.path().join("flags");
    std::fs::create_dir(&folder).unwrap();
    let (flags, marker) = (folder.display(), crate::harness::free_port());
    place.write(
        "slow.toml",
        format!(
            "[[start]]\nrun = \"sleep 3600.{marker}\"\n[grant]\nfiles = [\"{flags}\"]\n[fault.flag]\n\
             in_force = \"sh -c 'test -f {flags}/down && sleep 3'\"\nparams = {{ file = \"{flags}/down\" }}\n"
        ),
    );
    let component = root().join("target/guests/c").display().to_string();
    let with = place.path().join("slow.toml").display().to_string();
    let trying =
        Running::start(&mut place.chaos(&["plugin", "test", &component, "--with", &with, "--case", "injected"]));
    wait_for("the fault", 60, || folder.join("down").exists());
    trying.signal("INT");
    trying.finish().ended(4).says("stopped by SIGINT");
    assert!(!folder.join("down").exists());
    let left = std::process::Command::new("pgrep").args(["-f", &format!("sleep 3600.{marker}")]).output().unwrap();
    assert!(left.stdout.is_empty(), "{left:?}");
}
