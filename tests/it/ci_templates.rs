//! The GitHub Action and the GitLab component: what their steps run, run as they run it.

use crate::harness::{Place, root};
use serde_json::Value;
use std::process::{Command, Output};

const WRONG: &str = "system shop {\n  service web { metric success: ratio }\n}\n\nexperiment x on shop {\n  expect always web.succes > 1%\n}\n";
const RIGHT: &str = "system shop {\n  service web { }\n}\n";

/// The scripts of `run:` and `script:` in a file of YAML, in order, each as the runner hands it to a shell.
fn scripts(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let begins = |line: &&&str| ["run:", "script:"].iter().any(|word| line.trim_start().starts_with(word));
    let one = |(at, line): (usize, &&str)| {
        let inline = line.trim_start().split_once(": ").map(|(_, rest)| rest).filter(|rest| *rest != "|");
        let inside = lines[at + 1..].iter().take_while(|next| indent(next) > indent(line));
        let inside: Vec<&str> = inside.map(|next| next.trim_start().trim_start_matches("- ")).collect();
        inline.map_or_else(|| inside.join("\n"), str::to_owned)
    };
    lines.iter().enumerate().filter(|(_, line)| begins(line)).map(one).collect()
}

/// Runs a script with these variables.
fn run(place: &Place, script: &str, variables: &[(&str, &str)]) -> Output {
    let program = place.chaos(&[]).get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(place.path());
    shell.env("PATH", path).envs(variables.iter().copied()).output().unwrap()
}

fn of_chaos(file: &str, command: &str) -> String {
    let calls = format!("chaos {command}");
    scripts(file).into_iter().find(|script| script.contains(&calls)).unwrap()
}

/// What the action says of these paths, and how it ends.
fn acted(place: &Place, paths: &str, lint: &str, fmt: &str) -> (String, bool) {
    let variables = [("PATHS", paths), ("ENVIRONMENT", ""), ("LINT", lint), ("FMT", fmt)];
    let output = run(place, &of_chaos("action.yml", "fmt"), &variables);
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (said.concat(), output.status.success())
}

#[test]
fn the_action_puts_remarks_at_their_lines_and_fails() {
    let place = Place::new();
    place.write("experiments/right.chaos", RIGHT);
    place.write("wrong files/wrong.chaos", WRONG);
    place.write("warned.chaos", "use std.http\n");
    for (lint, fmt) in [("true", "true"), ("false", "false")] {
        let (said, well) = acted(&place, ".", lint, fmt);
        let remark = "::error file=wrong files/wrong.chaos,line=6";
        assert!(!well && said.matches(remark).count() == 1 && said.matches("E0203").count() == 1, "{said}");
        let (said, well) = acted(&place, "warned.chaos", lint, fmt);
        assert!(well && said.contains("::warning") == (lint == "true"), "{said}");
        assert_eq!(acted(&place, "experiments", lint, fmt), (String::new(), true));
    }
    place.write("experiments/loose.chaos", "system   loose {   }\n");
    let (said, well) = acted(&place, "experiments", "true", "true");
    assert!(!well && said.starts_with("::error file=experiments/loose.chaos,line=1,"), "{said}");
    assert!(said.contains("title=E0110") && said.lines().count() == 1, "{said}");
    assert_eq!(acted(&place, "experiments", "false", "false"), (String::new(), true));
}

#[test]
fn the_action_takes_paths_as_they_are_written() {
    let place = Place::new();
    for name in ["a b.chaos", "c.chaos", "d.chaos", "sub/e.chaos", "it's.chaos"] {
        place.write(name, "system   loose {   }\n");
    }
    let files = |paths: &str| {
        let (said, _) = acted(&place, paths, "true", "true");
        let files = said.lines().map(|line| line.split_once("file=").unwrap_or(("", line)).1);
        files.map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(files("'a b.chaos'"), ["a b.chaos"]);
    assert_eq!(files("\"a b.chaos\" c.chaos"), ["a b.chaos", "c.chaos"]);
    assert_eq!(files("  c.chaos   sub "), ["c.chaos", "sub/e.chaos"]);
    assert_eq!(files("a b.chaos\nit's.chaos\n\nsub\n"), ["a b.chaos", "it's.chaos", "sub/e.chaos"]);
    assert_eq!(files("[cd].chaos sub/*"), ["c.chaos", "d.chaos", "sub/e.chaos"]);
    assert_eq!(files("*.chaos\nsub").len(), 5);
    assert_eq!(files("").len(), 5, "nothing means all");
    assert!(files("c.chaos $(touch made)").contains(&"made)".to_owned()));
    assert!(!place.path().join("made").exists());
}

#[test]
fn every_input_of_the_action_is_handed_on_as_a_variable() {
    let text = std::fs::read_to_string(root().join("action.yml")).unwrap();
    let inside = scripts("action.yml").join("\n");
    assert!(!inside.contains("${{"), "what somebody else may write is never part of a script:\n{inside}");
    for input in ["paths", "env", "lint", "fmt"] {
        assert!(text.contains(&format!("inputs.{input}")), "{input}");
    }
}

#[test]
fn the_component_of_gitlab_writes_reports_and_fails() {
    let place = Place::new();
    place.write("wrong.chaos", WRONG);
    let filled = |command| of_chaos("templates/chaos.yml", command).replace("$[[ inputs.paths ]]", ".");
    let report =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(place.path().join(name)).unwrap()).unwrap() };
    let found = run(&place, &filled("lint"), &[]);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    assert_eq!(report("chaos-lint.json")[0]["location"]["path"], "wrong.chaos");
    assert!(run(&place, &filled("fmt"), &[]).status.success());
    assert_eq!(report("chaos-fmt.json"), serde_json::json!([]));
    place.write("wrong.chaos", format!("{RIGHT}\n\n"));
    assert!(run(&place, &filled("lint"), &[]).status.success());
    assert_eq!(run(&place, &filled("fmt"), &[]).status.code(), Some(1));
    let layout = report("chaos-fmt.json");
    assert_eq!((&layout[0]["check_name"], &layout[0]["location"]["lines"]["begin"]), (&"E0110".into(), &4.into()));
}

/// An image that is empty is refused by GitLab: it has to be given.
#[test]
fn no_input_of_the_component_is_empty() {
    let text = std::fs::read_to_string(root().join("templates/chaos.yml")).unwrap();
    let empty = text.lines().filter(|line| line.trim() == "default: \"\"").count();
    assert!(empty == 0 && text.contains("image: $[[ inputs.image ]]"), "{text}");
}
