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

fn run(place: &Place, script: &str, paths: &str) -> Output {
    let program = place.chaos(&[]).get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(place.path());
    shell.env("PATH", path).env("PATHS", paths).env("ENVIRONMENT", "").output().unwrap()
}

fn of_chaos(file: &str, command: &str) -> String {
    let all = scripts(file);
    all.into_iter().find(|script| script.contains(&format!("chaos {command}"))).unwrap()
}

#[test]
fn the_action_puts_remarks_at_their_lines_and_fails() {
    let place = Place::new();
    place.write("experiments/right.chaos", RIGHT);
    place.write("wrong files/wrong.chaos", WRONG);
    let check = of_chaos("action.yml", "check");
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let found = run(&place, &check, ".");
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let last_line = run(&place, &check, "experiments\n.\n");
    assert_eq!(said(&last_line), said(&found), "paths on lines of their own");
    assert!(said(&found).contains("::error file=wrong files/wrong.chaos,line=6"), "{}", said(&found));
    assert!(run(&place, &check, "experiments").status.success());
    assert!(run(&place, &of_chaos("action.yml", "lint"), "experiments").status.success());
    let laid_out = run(&place, &of_chaos("action.yml", "fmt"), "experiments");
    assert!(laid_out.status.success(), "{laid_out:?}");
    place.write("experiments/loose.chaos", "system   loose {   }\n");
    assert_eq!(run(&place, &of_chaos("action.yml", "fmt"), "experiments").status.code(), Some(1));
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
    let found = run(&place, &filled("check"), "");
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let report = std::fs::read(place.path().join("chaos-check.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report[0]["location"]["path"], "wrong.chaos");
    assert!(run(&place, &filled("fmt"), "").status.success());
    place.write("wrong.chaos", RIGHT);
    assert!(run(&place, &filled("lint"), "").status.success());
}
