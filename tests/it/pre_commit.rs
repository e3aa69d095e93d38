//! The hooks, with the real pre-commit in a real repository: a commit goes through, or is stopped and says why.

use crate::harness::{Place, Ran, root};
use std::fs;
use std::path::Path;
use std::process::Command;

const SYSTEM: &str = "system yard {\n  service gate { calls crane }\n  service crane {\n    metric lifts: ratio\n    slo lifts >= 95%\n  }\n}\n";
const RULES: &str = "use \"./yard.chaos\"\n\nenvironment local for yard {\n  tier development\n  service crane { url \"http://127.0.0.1:7950\" }\n}\n";

struct Repository(Place);

impl Repository {
    /// A repository with a first commit and the hooks installed.
    fn new() -> Self {
        let it = Self(Place::new());
        let hooks = it.0.path().join("hooks");
        fs::create_dir_all(&hooks).unwrap();
        fs::copy(root().join(".pre-commit-hooks.yaml"), hooks.join(".pre-commit-hooks.yaml")).unwrap();
        it.run(&hooks, "git", &["init", "-q", "."]).ended(0);
        it.run(&hooks, "git", &["add", "."]).ended(0);
        it.run(&hooks, "git", &["commit", "-qm", "hooks"]).ended(0);
        let rev = it.run(&hooks, "git", &["rev-parse", "HEAD"]).ended(0).out;
        let ids = ["chaos-fmt-system", "chaos-check-system", "chaos-lint-system"];
        let ids: String = ids.iter().map(|id| format!("      - id: {id}\n")).collect();
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

    fn work(&self) -> std::path::PathBuf {
        let work = self.0.path().join("work");
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
        let chaos = Path::new(env!("CARGO_BIN_EXE_chaos")).parent().unwrap();
        let path = std::env::join_paths(
            [chaos.to_path_buf()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("PATH", path.unwrap()).env("HOME", self.0.path());
        command.env("PRE_COMMIT_HOME", self.0.path().join("cache")).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
        }
        for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(variable);
        }
        Ran::from(command.output().unwrap_or_else(|error| panic!("{program}: {error}; scripts/test installs it")))
    }
}

#[test]
fn a_commit_is_checked_as_it_is_staged() {
    let it = Repository::new();
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
    let it = Repository::new();
    it.write("local.chaos", &RULES.replace("  tier", "        tier"));
    it.commit("local.chaos").ended(1).says("files were modified by this hook");
    assert_eq!(fs::read_to_string(it.work().join("local.chaos")).unwrap(), RULES);
    it.commit("local.chaos").ended(0);
    it.write("notes.txt", "no program\n");
    it.commit("notes.txt").ended(0).says("no files to check");
}
