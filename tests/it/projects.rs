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

/// Each file is judged by the project that it lies in, whatever path was given: exclusions, environment, levels.
#[test]
fn the_settings_nearest_to_a_file_count_for_it() {
    let place = Place::new();
    let wait = "use std.http\nuse \"./shop.chaos\"\nexperiment x on s { hypothesis \"It holds well.\"; limit { services a }\n\
                run { inject http.error(a) for 30s { expect always a.x >= 1% } } }\n";
    for folder in ["", "sub/proj/"] {
        place.write(&format!("{folder}shop.chaos"), CLEAN);
        place.write(&format!("{folder}x.chaos"), wait);
        place.write(&format!("{folder}drafts/wrong.chaos"), WRONG);
    }
    place.write("sub/proj/made.chaos", WRONG);
    place.write(".gitignore", "made.chaos\n");
    let outer = "exclude = [\"drafts/\"]\n[lint]\nall = \"allow\"\n";
    place.write("chaos.toml", outer);
    place.run(&["check", "."]).ended(0).says("4 files checked");

    let inner = "[check]\nenvironment = \"staging\"\n[lint]\nall = \"allow\"\nno-abort = \"deny\"\n";
    place.write("sub/proj/chaos.toml", inner);
    for given in [".", "sub", "sub/proj", "sub/proj/x.chaos"] {
        let found =
            place.run(&["check", "--format", "concise", given]).ended(1).says("sub/proj/x.chaos:3:12: error[E0701]");
        assert_eq!(found.err.contains("drafts/wrong.chaos"), !given.ends_with("x.chaos"), "{given}: {}", found.err);
        assert!(!found.err.contains("made.chaos") && !found.err.contains("\nx.chaos"), "{given}: {}", found.err);
    }
    let linted = place.run(&["lint", "--format", "concise"]).ended(1).says("sub/proj/x.chaos:3:12: error[no-abort]");
    assert_eq!(linted.err.matches("no-abort").count(), 1, "{}", linted.err);

    place.write("sub/proj/chaos.toml", "exclude = [\"x.chaos\", \"drafts/\"]\n");
    place.run(&["check"]).ended(0).says("3 files checked");
    place.write("chaos.toml", "exclude = [\"drafts/\", \"sub/\"]\n");
    place.run(&["check"]).ended(0).says("2 files checked");
    place.run(&["check", "sub"]).ended(0).says("1 file checked");
    // One that excludes everything leaves the others.
    place.write("chaos.toml", outer);
    place.write("sub/proj/chaos.toml", "exclude = [\"*\"]\n");
    place.run(&["check"]).ended(0).says("2 files checked");
    place.run(&["check", "sub"]).ended(2).says("there is no `.chaos` file in `sub`");
    // A repository of its own has no project above it.
    place.write("sub/other/.git/HEAD", "");
    place.write("sub/other/drafts/wrong.chaos", WRONG);
    place.run(&["check"]).ended(1).says("sub/other/drafts/wrong.chaos");
}

#[test]
fn exclusions_hold_for_named_files_where_that_is_asked_for() {
    let place = Place::new();
    place.write("chaos.toml", "exclude = [\"drafts/\", \"/past/old/*.chaos\"]\n");
    place.write("sub/chaos.toml", "exclude = [\"made.chaos\"]\n");
    let out = ["drafts/deep/x.chaos", "drafts", "past/old/x.chaos", "sub/made.chaos", "sub/new/made.chaos"];
    for file in ["drafts/deep/x.chaos", "past/old/x.chaos", "sub/made.chaos", "sub/new/made.chaos", "made.chaos"] {
        place.write(file, WRONG);
    }
    place.write("a.chaos", CLEAN);
    for command in ["check", "lint"] {
        place.run(&[command, out[0]]).ended(1);
        let all = [&[command, "--force-exclude"], &out[..]].concat();
        place.run(&all).ended(0).says("0 files").says("5 paths left out");
        let json = place.run(&[command, "--force-exclude", "--format", "json", out[1]]).ended(0);
        assert!(json.out.contains("\"findings\": []") && json.err.is_empty(), "{} {}", json.out, json.err);
        place.run(&[command, "--force-exclude", "made.chaos", "sub/made.chaos"]).ended(1).says("1 path left out");
        place.run(&[command, "--force-exclude", "a.chaos", "--", "sub/made.chaos"]).ended(0).says("1 file ");
    }
    let all = [&["fmt", "--force-exclude"], &out[..]].concat();
    place.run(&all).ended(0).says("0 changed, 0 as they should be").says("5 paths left out");
    let kept = std::fs::read_to_string(place.path().join(out[0])).unwrap();
    assert_eq!(kept, WRONG);
    place.run(&["fmt", "--force-exclude", out[0], "made.chaos"]).ended(0).says("0 changed, 1 as they should be");
    // The root of a repository ends the search here, too.
    place.write("drafts/.git/HEAD", "");
    place.run(&["check", "--force-exclude", "drafts/deep/x.chaos"]).ended(1);
}
