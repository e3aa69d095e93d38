//! Completions in a real shell, and the manual.

use crate::harness::Place;
use std::process::{Command, Stdio};

/// What bash offers at the end of a line.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let ask = format!(
        "source {script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_chaos chaos '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2]
    );
    let shell = Command::new("bash").args(["--norc", "-c", &ask]).stderr(Stdio::inherit()).output().unwrap();
    assert!(shell.status.success(), "{ask}");
    String::from_utf8(shell.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_their_words() {
    let place = Place::new();
    let made = place.run(&["completions", "bash"]).ended(0);
    let script = place.write("chaos.bash", made.out.clone()).display().to_string();
    assert_eq!(offered(&script, &["chaos", "rec"]), ["recover"]);
    assert_eq!(offered(&script, &["chaos", "plan", "--form"]), ["--format"]);
    assert!(offered(&script, &["chaos", "plan", "--format", ""]).contains(&"json".to_owned()));
    assert_eq!(offered(&script, &["chaos", "env", "ch"]), ["check"]);
    assert_eq!(offered(&script, &["chaos", "gua"]), [""], "what is hidden is not offered");
}

#[test]
fn every_shell_gets_a_script() {
    let place = Place::new();
    for (shell, sign) in [
        ("zsh", "#compdef chaos"),
        ("fish", "complete -c chaos"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-"),
    ] {
        place.run(&["completions", shell]).ended(0).says(sign).says("recover");
    }
    place.run(&["completions", "csh"]).ended(2).says("possible values: bash, elvish, fish, powershell, zsh");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let place = Place::new();
    place.run(&["man"]).ended(0).says(".TH chaos 1").says("chaos\\-exec(1)");
    place.run(&["man", "--out", "share/man/man1"]).ended(0);
    let page = |name: &str| std::fs::read_to_string(place.path().join("share/man/man1").join(name));
    assert!(page("chaos-exec.1").unwrap().contains("\\-\\-dry\\-run"));
    assert!(page("chaos-env-check.1").unwrap().contains("Exit code"));
    let title = format!(".TH chaos-check 1 \"\" \"chaos {}\" \"chaos manual\"\n", env!("CARGO_PKG_VERSION"));
    let check = page("chaos-check.1").unwrap();
    assert!(check.contains(&title) && check.contains("[\\fIPATHS ...\\fR]"), "{check}");
    assert!(page("chaos-guard.1").is_err(), "what is hidden has no page");
    place.write("file", "");
    place.run(&["man", "--out", "file"]).ended(2).says("file");
}
