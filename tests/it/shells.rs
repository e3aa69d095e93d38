//! Completions in a real shell, and the manual.

use crate::harness::Place;
use std::path::Path;
use std::process::{Command, Stdio};

/// What bash offers at the end of a line.
fn offered(place: &Place, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let ask = format!(
        "source ./chaos.bash\ncompopt() {{ :; }}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_chaos chaos '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2]
    );
    let shell = Command::new("bash")
        .args(["--norc", "-c", &ask])
        .current_dir(place.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(shell.status.success(), "{ask}");
    String::from_utf8(shell.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_their_words() {
    let place = Place::new();
    let made = place.run(&["completions", "bash"]).ended(0);
    place.write("chaos.bash", made.out.clone());
    assert_eq!(offered(&place, &["chaos", "rec"]), ["recover"]);
    assert_eq!(offered(&place, &["chaos", "plan", "--form"]), ["--format"]);
    assert!(offered(&place, &["chaos", "plan", "--format", ""]).contains(&"json".to_owned()));
    assert_eq!(offered(&place, &["chaos", "env", "ch"]), ["check"]);
    assert_eq!(offered(&place, &["chaos", "gua"]), [""], "what is hidden is not offered");
    place.write("a b.chaos", "");
    assert_eq!(offered(&place, &["chaos", "check", "--stdin-path", "a"]), ["a b.chaos"]);
    assert_eq!(offered(&place, &["chaos", "check", "--env", "a"]), ["a"], "no file is an environment");
}

/// What fish offers at the end of a line.
fn offered_by_fish(folder: &Path, line: &str) -> Vec<String> {
    let ask = format!("source ./chaos.fish; complete -C '{line}' | cut -f 1");
    let shell = Command::new("fish").args(["--no-config", "-c", &ask]).env("HOME", folder).current_dir(folder).output();
    let shell = shell.unwrap_or_else(|error| panic!("fish: {error}; scripts/test installs it"));
    String::from_utf8(shell.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn fish_completes_what_commands_take() {
    let place = Place::new();
    let made = place.run(&["completions", "fish"]).ended(0);
    place.write("chaos.fish", made.out.clone());
    place.write("check me.chaos", "");
    let offered = |line: &str| offered_by_fish(place.path(), line);
    assert_eq!(offered("chaos completions "), ["bash", "elvish", "fish", "powershell", "zsh"]);
    assert_eq!(offered("chaos help che"), ["check"]);
    assert_eq!(offered("chaos help env "), ["check"]);
    assert_eq!(offered("chaos check --stdin-path che"), ["check me.chaos"]);
    assert_eq!(offered("chaos check --format=gith"), ["--format=github"]);
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
