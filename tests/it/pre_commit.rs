//! The hooks, with the real pre-commit in a real repository: a commit goes through, or is stopped and says why.

use crate::harness::{Place, Ran, root};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SYSTEM: &str = "system yard {\n  service gate { calls crane }\n  service crane {\n    metric lifts: ratio\n    slo lifts >= 95%\n  }\n}\n";
const RULES: &str = "use \"./yard.chaos\"\n\nenvironment local for yard {\n  tier development\n  service crane { url \"http://127.0.0.1:7950\" }\n}\n";

struct Repository {
    place: Place,
    /// Where the hooks' `chaos` comes from.
    origin: Origin,
}

/// Where a hook's `chaos` comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It is on the path.
    Path,
    /// pre-commit installs it from a wheel.
    Wheel,
}

impl Repository {
    /// A repository with a first commit and the hooks installed.
    fn new(origin: Origin) -> Self {
        let it = Self { place: Place::new(), origin };
        let hooks = it.place.path().join("hooks");
        fs::create_dir_all(&hooks).unwrap();
        for file in [".pre-commit-hooks.yaml", "pyproject.toml"] {
            fs::copy(root().join(file), hooks.join(file)).unwrap();
        }
        it.run(&hooks, "git", &["init", "-q", "."]).ended(0);
        it.run(&hooks, "git", &["add", "."]).ended(0);
        it.run(&hooks, "git", &["commit", "-qm", "hooks"]).ended(0);
        let rev = it.run(&hooks, "git", &["rev-parse", "HEAD"]).ended(0).out;
        let suffix = if origin == Origin::Path { "-system" } else { "" };
        let ids = ["fmt", "check", "lint"].map(|id| format!("      - id: chaos-{id}{suffix}\n")).concat();
        let config =
            format!("repos:\n  - repo: file://{}\n    rev: {}\n    hooks:\n{ids}", hooks.display(), rev.trim());
        it.write(".pre-commit-config.yaml", &config);
        it.git(&["init", "-q", "."]).ended(0);
        it.write("yard.chaos", SYSTEM);
        it.git(&["add", "."]).ended(0);
        it.git(&["commit", "-qm", "first"]).ended(0);
        it.run(&it.work(), "pre-commit", &["install"]).ended(0);
        it
    }

    /// Packs the wheel that the hooks need; PyPI need not have it.
    fn pack(&self) {
        let packed = Command::new(root().join("scripts/pack-wheel"))
            .arg(env!("CARGO_BIN_EXE_chaos"))
            .arg(self.wheels())
            .output();
        Ran::from(packed.unwrap()).ended(0);
    }

    fn wheels(&self) -> PathBuf {
        self.place.path().join("wheels")
    }

    fn work(&self) -> PathBuf {
        let work = self.place.path().join("work");
        fs::create_dir_all(&work).unwrap();
        work
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.work().join(name), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> Ran {
        self.run(&self.work(), "git", arguments)
    }

    /// Stages a file and tries to commit.
    fn commit(&self, name: &str) -> Ran {
        self.git(&["add", name]).ended(0);
        self.git(&["commit", "-m", name])
    }

    fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("HOME", self.place.path());
        match self.origin {
            Origin::Path => command.env("PATH", with_chaos()),
            Origin::Wheel => command.env("PIP_FIND_LINKS", self.wheels()),
        };
        command.env("PRE_COMMIT_HOME", self.place.path().join("cache")).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
        }
        for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(variable);
        }
        Ran::from(command.output().unwrap_or_else(|error| panic!("{program}: {error}; scripts/test installs it")))
    }
}

/// The path, with the folder of `chaos` before all others.
fn with_chaos() -> OsString {
    let chaos = Path::new(env!("CARGO_BIN_EXE_chaos")).parent().unwrap().to_path_buf();
    let others = std::env::var_os("PATH").unwrap();
    std::env::join_paths(std::iter::once(chaos).chain(std::env::split_paths(&others))).unwrap()
}

#[test]
fn a_commit_is_checked_as_it_is_staged() {
    let it = Repository::new(Origin::Path);
    it.write("local.chaos", RULES);
    it.commit("local.chaos").ended(0).says("chaos check").says("Passed");

    it.write("local.chaos", &RULES.replace("service crane", "service crain"));
    it.commit("local.chaos").ended(1).says("E0203").says("known: `crane`, `gate`");

    // What is staged is right; what is not staged does not count.
    it.write("local.chaos", &RULES.replace("7950", "7951"));
    it.git(&["add", "local.chaos"]).ended(0);
    it.write("local.chaos", &RULES.replace("service crane", "service crain"));
    it.git(&["commit", "-m", "staged"]).ended(0);
    let left = fs::read_to_string(it.work().join("local.chaos")).unwrap();
    assert!(left.contains("service crain"), "{left}");
}

#[test]
fn a_file_is_laid_out_and_goes_through_when_it_is_staged_again() {
    let it = Repository::new(Origin::Path);
    it.write("local.chaos", &RULES.replace("  tier", "        tier"));
    it.commit("local.chaos").ended(1).says("files were modified by this hook");
    assert_eq!(fs::read_to_string(it.work().join("local.chaos")).unwrap(), RULES);
    it.commit("local.chaos").ended(0);
    it.write("notes.txt", "no program\n");
    it.commit("notes.txt").ended(0).says("no files to check");
}

/// pre-commit names every file that is staged.
#[test]
fn what_a_project_excludes_is_left_alone_and_any_name_is_a_file() {
    let it = Repository::new(Origin::Path);
    it.write("chaos.toml", "exclude = [\"wrong.chaos\"]\n");
    let wrong = "system   loose { service a { calls b } }\n";
    it.write("wrong.chaos", wrong);
    it.commit("wrong.chaos").ended(0).says("chaos check").says("Passed");
    assert_eq!(fs::read_to_string(it.work().join("wrong.chaos")).unwrap(), wrong);
    it.write("-dash and blank.chaos", wrong);
    it.git(&["add", "--", "-dash and blank.chaos"]).ended(0);
    it.git(&["commit", "-m", "dash"])
        .ended(1)
        .says("files were modified")
        .says("-dash and blank.chaos:1:")
        .says("E0203");
}

/// The hooks that need nothing on the path: what installs them is small, and takes the program from a wheel.
#[test]
fn hooks_install_chaos_from_a_wheel() {
    let it = Repository::new(Origin::Wheel);
    it.pack();
    it.write("local.chaos", RULES);
    it.commit("local.chaos").ended(0).says("chaos fmt").says("chaos check").says("chaos lint").says("Passed");
    it.write("local.chaos", &RULES.replace("service crane", "service crain"));
    it.commit("local.chaos").ended(1).says("E0203").says("known: `crane`, `gate`");

    let version = env!("CARGO_PKG_VERSION");
    let installed = it.run(&it.place.path().join("cache"), "sh", &["-c", "repo*/py_env*/bin/chaos --version"]);
    assert_eq!(installed.ended(0).out.trim(), format!("chaos {version}"));
}

/// What the hooks install is the program of their own version.
#[test]
fn hooks_and_wheel_are_of_one_version() {
    let text = fs::read_to_string(root().join("pyproject.toml")).unwrap();
    let shim: toml::Table = text.parse().unwrap();
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    assert_eq!(shim["project"]["version"].as_str(), Some(version));
    assert_eq!(shim["project"]["dependencies"][0].as_str(), Some(format!("{name}=={version}").as_str()));
}
