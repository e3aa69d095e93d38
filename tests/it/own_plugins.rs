//! `chaos plugin new` and `build`: from nothing to a component of one's own, and what stands in the way.

use crate::harness::{Place, Ran, root};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn new(place: &Place, name: &str, lang: &str) -> Ran {
    place.run(&["plugin", "new", name, "--lang", lang])
}

/// What clang and the linker make in a second.
fn made(place: &Place) -> Ran {
    new(place, "cut-cable", "c").ended(0).says("wrote 14 files in cut-cable");
    place.run(&["plugin", "build", "cut-cable"])
}

#[test]
fn a_new_plugin_is_built_stamped_and_conforms() {
    let place = Place::new();
    let ran = made(&place).ended(0).says("with the module cut-cable/cut-cable.chaos");
    ran.says("cut-cable 0.1.0, of the interface 0.2").says("asks for files (granted)").says("fault flag(file: string)");
    let first = std::fs::read(place.path().join("cut-cable/injector.wasm")).unwrap();
    let module = std::fs::read(place.path().join("cut-cable/cut-cable.chaos")).unwrap();
    assert!(first.windows(module.len()).any(|part| part == module), "the module is in the component");
    place.run(&["plugin", "inspect", "cut-cable/injector.wasm"]).ended(0).says("cut-cable 0.1.0");
    place.run(&["plugin", "test", "cut-cable"]).ended(0).says("14 passed, 0 failed");
    place.run(&["plugin", "build", "cut-cable"]).ended(0);
    assert_eq!(std::fs::read(place.path().join("cut-cable/injector.wasm")).unwrap(), first, "built again, the same");
}

#[test]
fn the_module_of_a_plugin_is_checked_where_it_is_written() {
    let place = Place::new();
    new(&place, "cut-cable", "c").ended(0);
    let check = || place.run(&["check", "cut-cable/cut-cable.chaos"]);
    check().ended(1).says("E0330").says("the component `cut-cable` is not built yet").says("chaos plugin build");
    place.run(&["plugin", "build", "cut-cable"]).ended(0);
    check().ended(0);
    place.run(&["check", "cut-cable"]).ended(0);
    let module = place.path().join("cut-cable/cut-cable.chaos");
    let text = std::fs::read_to_string(&module).unwrap();
    std::fs::write(&module, text.replace("action \"flag\"", "action \"flog\"")).unwrap();
    check().ended(1).says("E0203").says("unknown action `flog`");
    std::fs::write(&module, text.replace("\"cut-cable\" action", "\"cut-cord\" action")).unwrap();
    check().ended(1).says("E0203").says("unknown component `cut-cord`");
}

#[test]
fn a_name_or_a_file_in_the_way_is_refused_and_nothing_is_written() {
    let place = Place::new();
    for (name, why) in [("1st", "is no name"), ("a b", "is no name"), ("true", "is no name"), ("http", "of this name")]
    {
        new(&place, name, "c").ended(2).says("E0861").says(why);
        assert!(!place.path().join(name).exists());
    }
    let kept = place.write("cut-cable/manifest.json", "mine");
    new(&place, "cut-cable", "rust")
        .ended(2)
        .says("E0861")
        .says("manifest.json` is there already; nothing was written");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(place.path().join("cut-cable")).unwrap().count(), 1);
    let odd = place.run(&["plugin", "new", "x", "--lang", "c", "--dir", "a b"]).ended(2);
    odd.says("E0861").says("holds more than letters");
}

/// A folder with links to these programs alone, to be the only one that is searched.
fn only(place: &Place, programs: &[&str]) -> String {
    let folder = place.path().join("bin");
    let _none_yet = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    for program in programs {
        symlink(program, folder.join(Path::new(program).file_name().unwrap())).unwrap();
    }
    folder.display().to_string()
}

#[test]
fn a_tool_that_is_missing_is_named_with_how_it_is_got() {
    let place = Place::new();
    for (lang, tools, missing, how) in [
        ("c", &[][..], "clang", "sudo apt-get install clang wasi-libc"),
        ("c", &["/usr/bin/clang"], "rustc", "https://rustup.rs"),
        ("rust", &[], "cargo", "https://rustup.rs"),
        ("rust", &["/bin/true", "cargo"], "the target wasm32-unknown-unknown of Rust", "rustup target add"),
        ("js", &[], "node", "sudo apt-get install nodejs npm"),
        ("js", &["/usr/bin/node"], "npm", "sudo apt-get install npm"),
        ("python", &[], "python3", "sudo apt-get install python3"),
        ("python", &["/bin/false", "python3"], "python3-venv", "sudo apt-get install python3-venv"),
    ] {
        let name = format!("of-{lang}");
        if !place.path().join(&name).exists() {
            new(&place, &name, lang).ended(0);
        }
        let path = match tools {
            [program, stands_for] => {
                let path = only(&place, &[]);
                symlink(program, Path::new(&path).join(stands_for)).unwrap();
                path
            }
            tools => only(&place, tools),
        };
        let ran = Ran::from(place.chaos(&["plugin", "build", &name]).env("PATH", path).output().unwrap());
        ran.ended(2).says("E0862").says(&format!("takes {missing}, which is not there")).says(how);
    }
}

#[test]
fn a_build_that_fails_says_why() {
    let place = Place::new();
    place.run(&["plugin", "build"]).ended(2).says("E0863").says("no plugin's folder: there is no `build` in it");
    made(&place).ended(0);
    let within = |file: &str| place.path().join("cut-cable").join(file);
    let change = |file: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(within(file)).unwrap();
        assert!(text.contains(from), "{file}: {text}");
        std::fs::write(within(file), text.replace(from, to)).unwrap();
        let ran = place.run(&["plugin", "build", "cut-cable"]).ended(2);
        std::fs::write(within(file), text).unwrap();
        ran
    };
    change("injector.c", "bool exports", "boole exports").says("E0863").says("unknown type name 'boole'");
    change("manifest.json", "\"files\"", "\"tcp\"")
        .says("E0330")
        .says("imports `files`, which its manifest does not name");
    change("manifest.json", "\"kind\": \"text\"", "\"kind\": \"colour\"")
        .says("E0330")
        .says("unknown variant `colour`");
    change("manifest.json", "\"kind\": \"text\"", "\"kind\": \"integer\"").says("E0331").says("cut-cable.chaos");
    std::fs::rename(within("cut-cable.chaos"), within("module.txt")).unwrap();
    let unfit = "\"kind\": \"text\", \"default\": \"a\", \"choices\": [\"b\"]";
    change("manifest.json", "\"kind\": \"text\"", unfit).says("E0330").says("the default `a` of `file` is none of b");
    // What whoever adds it would be told of the declarations that are made of its manifest.
    change("manifest.json", "\"kind\": \"text\"", "\"kind\": \"ratio\", \"default\": 2").says("E0302");
    std::fs::rename(within("module.txt"), within("cut-cable.chaos")).unwrap();
    change("cut-cable.chaos", "file: string", "path: string").says("E0331").says("takes no `path`");
    change("cut-cable.chaos", "\"cut-cable\" action", "\"cut-cord\" action").says("unknown component `cut-cord`");
    // What is wrong has no manifest, so it cannot be taken for whole.
    place.run(&["plugin", "inspect", "cut-cable/injector.wasm"]).ended(2).says("E0330").says("it has no manifest");
    std::fs::remove_file(within("injector.wasm")).unwrap();
    std::fs::write(within("build"), "#!/bin/sh\n").unwrap();
    place.run(&["plugin", "build", "cut-cable"]).ended(2).says("E0863").says("injector.wasm: No such file");
    std::fs::set_permissions(within("build"), std::fs::Permissions::from_mode(0o644)).unwrap();
    place.run(&["plugin", "build", "cut-cable"]).ended(2).says("E0863").says("Permission denied");
}

/// What `new` writes is what the repository has: the example itself.
#[test]
fn the_templates_are_the_examples() {
    let place = Place::new();
    place.run(&["plugin", "new", "flag-file", "--lang", "c"]).ended(0);
    for file in ["injector.c", "manifest.json", "conformance.toml", "nginx.conf", "README.md", "build"] {
        let made = std::fs::read(place.path().join("flag-file").join(file)).unwrap();
        let example = std::fs::read(root().join("examples/injectors/c").join(file)).unwrap();
        assert_eq!(made, example, "{file}");
    }
}
