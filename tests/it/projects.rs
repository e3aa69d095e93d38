//! Folders, `chaos.toml`, and exit codes.

use crate::harness::Place;
use std::os::unix::fs::symlink;

const CLEAN: &str = "system s { service a { metric x: ratio; slo x > 1% } }\n";
const WRONG: &str = "system s { service a { calls b } }\n";

#[test]
fn a_folder_is_walked() {
    let place = Place::new();
    for file in ["a.chaos", "deep/er/b.chaos"] {
        place.write(file, CLEAN);
    }
    for file in [".hidden/x.chaos", ".x.chaos", "ignored/x.chaos", "skipped.chaos", "notes.txt"] {
        place.write(file, WRONG);
    }
    place.write(".gitignore", "ignored/\n");
    place.write("deep/.ignore", "/skipped.chaos\n");
    place.write("deep/skipped.chaos", WRONG);
    place.write(".ignore", "/skipped.chaos\n");
    place.run(&["check"]).ended(0).says("2 files checked, nothing wrong");
    place.run(&["check", "."]).ended(0).says("2 files checked");
    place.run(&["check", "deep", "a.chaos", "./a.chaos"]).ended(0).says("2 files checked");
    // What is named is checked, whatever hides it.
    place.run(&["check", ".hidden"]).ended(1).says(".hidden/x.chaos:1:");
    place.run(&["check", "ignored/x.chaos"]).ended(1);
}

#[test]
fn links_in_circles_do_no_harm() {
    let place = Place::new();
    place.write("a/a.chaos", CLEAN);
    symlink("..", place.path().join("a/up")).unwrap();
    symlink("self", place.path().join("self")).unwrap();
    symlink("a.chaos", place.path().join("a/again.chaos")).unwrap();
    place.run(&["check"]).ended(0).says("2 files checked");
    symlink("nowhere.chaos", place.path().join("lost.chaos")).unwrap();
    place.run(&["check"]).ended(2).says("there is no file `lost.chaos`");
}

#[test]
fn exit_codes_tell_what_happened() {
    let place = Place::new();
    place.write("clean.chaos", CLEAN);
    place.write("wrong.chaos", WRONG);
    place.write("empty/readme.md", "");
    place.run(&["check", "clean.chaos"]).ended(0);
    place.run(&["check", "clean.chaos", "wrong.chaos"]).ended(1);
    place.run(&["check", "missing.chaos"]).ended(2).says("E0100");
    place.run(&["check", "wrong.chaos", "missing.chaos"]).ended(2).says("E0203").says("E0100");
    place.run(&["check", "empty"]).ended(2).says("there is no `.chaos` file in `empty`");
    place.run(&["check", "--format", "yaml"]).ended(2);
    place.run(&["check", "--color", "sometimes"]).ended(2);
    place.run(&["lint", "empty"]).ended(2);
    place.run(&["fmt", "--check", "empty"]).ended(2);
}

#[test]
fn each_finding_is_told_once_in_the_order_of_paths() {
    let place = Place::new();
    place.write("shop.chaos", WRONG);
    for name in ["z", "b", "m"] {
        place.write(&format!("{name}.chaos"), "use \"./shop.chaos\"\nsystem t { service a { calls c } }\n");
    }
    let ran = place.run(&["check", "--format", "concise"]).ended(1);
    let lines: Vec<&str> = ran.err.lines().map(|line| line.split(':').next().unwrap()).take(4).collect();
    assert_eq!(lines, ["b.chaos", "m.chaos", "shop.chaos", "z.chaos"]);
    assert!(ran.err.contains("4 errors in 4 files"), "{}", ran.err);
}

#[test]
fn the_nearest_settings_above_a_path_count() {
    let place = Place::new();
    place.write("chaos.toml", "exclude = [\"drafts/\", \"/top.chaos\", \"**/gen_*\"]\n");
    place.write("a/ok.chaos", CLEAN);
    for file in ["a/drafts/x.chaos", "top.chaos", "a/gen_1.chaos"] {
        place.write(file, WRONG);
    }
    place.run(&["check"]).ended(0).says("1 file checked");
    place.run(&["check", "a"]).ended(0).says("1 file checked");
    let mut inside = place.chaos(&["check"]);
    let ran = crate::harness::Ran::from(inside.current_dir(place.path().join("a")).output().unwrap());
    ran.ended(0).says("1 file checked");
    place.run(&["check", "top.chaos"]).ended(1);
    // The root of a repository ends the search.
    place.write("a/.git/HEAD", "");
    place.run(&["check", "a"]).ended(1).says("3 files");
}

#[test]
fn settings_that_are_wrong_are_named() {
    let place = Place::new();
    place.write("a.chaos", CLEAN);
    place.write("chaos.toml", "exclude = \"vendor\"\n[chekc]\nenvironment = \"x\"\n");
    let ran = place.run(&["check"]).ended(1);
    ran.says("error[E0108]: expected a list of patterns for `exclude`, found a text")
        .says("chaos.toml:1:11")
        .says("unknown key `chekc`")
        .says("did you mean `check`?");
    place.write("chaos.toml", "exclude = [\n");
    place.run(&["check"]).ended(1).says("E0108").says("this is no TOML");
    place.write("chaos.toml", b"\xff");
    place.run(&["check"]).ended(2).says("`chaos.toml` is not UTF-8 text");
}

#[test]
fn settings_name_the_environment_and_the_levels_of_rules() {
    let place = Place::new();
    let experiment = "use std.http\nuse \"./shop.chaos\"\nexperiment x on s { hypothesis \"It holds well.\"; limit { services a }\n\
                      run { inject http.error(a) for 30s { expect always a.x >= 1% } } }\n";
    place.write("shop.chaos", CLEAN);
    place.write("x.chaos", experiment);
    place.run(&["check"]).ended(0);
    place.write("chaos.toml", "[check]\nenvironment = \"staging\"\n");
    place.run(&["check"]).ended(1).says("E0701").says("staging");
    place.write(
        "staging.chaos",
        "use \"./shop.chaos\"\nenvironment staging for s { tier staging; allow http.* on a }\n",
    );
    place.run(&["check"]).ended(1).says("E0702");
    place.run(&["check", "--env", "local"]).ended(1).says("E0701");
    place.write("chaos.toml", "[lint]\nall = \"allow\"\nno-abort = \"deny\"\n");
    place.run(&["lint"]).ended(1).says("error[no-abort]");
    place.run(&["lint", "--allow", "no-abort"]).ended(0).says("nothing found");
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let place = Place::new();
    place.write("wrong.chaos", WRONG);
    let coloured = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = place.chaos(arguments);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        variable.map(|(name, value)| command.env(name, value));
        let ran = crate::harness::Ran::from(command.output().unwrap());
        ran.err.contains('\u{1b}')
    };
    assert!(!coloured(&["check"], None));
    assert!(coloured(&["check", "--color", "always"], None));
    assert!(coloured(&["check"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!coloured(&["check", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!coloured(&["check"], Some(("NO_COLOR", "1"))));
}

#[test]
fn many_files_are_checked_at_once() {
    let place = Place::new();
    place.write("shop.chaos", CLEAN);
    for at in 0..200 {
        place.write(&format!("trials/t{at}.chaos"), format!("use std.http\nuse \"../shop.chaos\"\nlet a{at} = 1s\n"));
    }
    place.write("trials/t77.chaos", "use \"../shop.chaos\"\nlet a = 1sec\n");
    let ran = place.run(&["check"]).ended(1).says("1 error in 201 files");
    assert_eq!(ran.err.matches("error[").count(), 1);
}
