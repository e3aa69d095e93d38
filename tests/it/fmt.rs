//! `chaos fmt`: what it writes, what it leaves alone, and what it says.

use crate::harness::{Place, Ran};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};

const MESSY: &str = "system shop{service web{calls checkout}\nservice checkout{external}}";
const TIDY: &str = "system shop {\n  service web { calls checkout }\n  service checkout { external }\n}\n";

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

/// Runs the command with a text on its standard input.
fn piped(place: &Place, arguments: &[&str], text: &[u8]) -> Ran {
    let mut child = place.chaos(arguments).stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn files_and_folders_are_written() {
    let place = Place::new();
    place.write("a.chaos", MESSY);
    place.write("deep/er/b.chaos", MESSY);
    place.write("deep/tidy.chaos", TIDY);
    place.write("deep/notes.txt", MESSY);
    place.write("deep/.hidden/c.chaos", MESSY);
    let ran = place.run(&["fmt"]).ended(0).says("2 changed, 1 as they should be");
    assert_eq!(ran.out, "a.chaos\ndeep/er/b.chaos\n");
    for name in ["a.chaos", "deep/er/b.chaos", "deep/tidy.chaos"] {
        assert_eq!(read(&place, name), TIDY, "{name}");
    }
    for name in ["deep/notes.txt", "deep/.hidden/c.chaos"] {
        assert_eq!(read(&place, name), MESSY, "{name}");
    }
    let again = place.run(&["fmt", ".", "a.chaos"]).ended(0).says("0 changed, 3 as they should be");
    assert_eq!(again.out, "");
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_check_and_a_difference_write_nothing() {
    let place = Place::new();
    place.write("a.chaos", MESSY);
    place.write("b.chaos", TIDY);
    let ran = place.run(&["fmt", "--check"]).ended(1).says("1 would change, 1 as they should be");
    assert_eq!(ran.out, "a.chaos\n");
    let ran = place.run(&["fmt", "--diff", "a.chaos"]).ended(1);
    let expected = "--- a.chaos\n+++ a.chaos\n@@ -1,2 +1,4 @@\n-system shop{service web{calls checkout}\n\
        -service checkout{external}}\n\\ No newline at end of file\n+system shop {\n+  service web { calls checkout }\n\
        +  service checkout { external }\n+}\n";
    assert_eq!(ran.out, expected);
    assert_eq!(read(&place, "a.chaos"), MESSY);
    place.run(&["fmt", "--check", "b.chaos"]).ended(0);
    assert_eq!(place.run(&["fmt", "--diff", "b.chaos"]).ended(0).out, "");
}

#[test]
fn what_would_change_is_told_as_findings() {
    let place = Place::new();
    let tell = |format: &str, code: i32| place.run(&["fmt", "--check", "--format", format]).ended(code);
    place.write("a.chaos", TIDY);
    assert_eq!(tell("github", 0).out, "");
    assert!(tell("concise", 0).err.contains("1 file laid out as `chaos fmt` does it"));
    place.write("b.chaos", format!("{TIDY}system   b {{ }}\nsystem c {{ }}\n"));
    let json = crate::formats::fitting("findings.v1", &tell("json", 1));
    let finding = &json["findings"][0];
    assert_eq!((&finding["code"], &finding["file"]), (&"E0110".into(), &"b.chaos".into()));
    assert_eq!(finding["range"]["start"]["line"], 5, "{finding}");
    assert_eq!(json["summary"]["files"], 2);
    for format in ["json-lines", "sarif", "junit", "github", "gitlab", "rdjson"] {
        let ran = tell(format, 1);
        assert!(ran.out.contains("E0110") && ran.out.contains("b.chaos") && ran.err.is_empty(), "{}", ran.out);
    }
    let person = tell("full", 1).says("error[E0110]").says("b.chaos:5:1").says("1 error in 2 files");
    assert!(person.out.is_empty(), "{}", person.out);
    let named = ["fmt", "-", "--check", "--format", "concise", "--stdin-path", "c.chaos"];
    piped(&place, &named, MESSY.as_bytes()).ended(1).says("c.chaos:1:1: error[E0110] this file is not laid out");
    // What does not parse is refused, as without a format.
    place.write("c.chaos", "system shop {");
    tell("github", 2).says("title=E0102").says("title=E0110");
    assert!(place.path().join("b.chaos").exists() && read(&place, "b.chaos").contains("   b"));
    place.run(&["fmt", "--format", "json"]).ended(2).says("--check");
    place.run(&["fmt", "--check", "--diff", "--format", "json"]).ended(2);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let place = Place::new();
    assert_eq!(piped(&place, &["fmt", "-"], MESSY.as_bytes()).ended(0).out, TIDY);
    assert_eq!(piped(&place, &["fmt", "-"], b"").ended(0).out, "");
    let named = ["fmt", "-", "--check", "--stdin-path", "shop.chaos"];
    assert_eq!(piped(&place, &named, MESSY.as_bytes()).ended(1).out, "shop.chaos\n");
    assert_eq!(piped(&place, &named, TIDY.as_bytes()).ended(0).out, "");
    piped(&place, &["fmt", "-", "--diff"], MESSY.as_bytes()).ended(1).says("+  service checkout { external }");
    place.write("chaos.toml", "exclude = [\"shop.chaos\"]\n");
    let excluded = ["fmt", "-", "--force-exclude", "--stdin-path", "shop.chaos"];
    assert_eq!(piped(&place, &excluded, MESSY.as_bytes()).ended(0).out, MESSY, "as it came");
    let broken = piped(&place, &["fmt", "-", "--stdin-path", "shop.chaos"], b"system shop {").ended(2);
    assert_eq!(broken.says("E0102").says("shop.chaos:1:").out, "");
    piped(&place, &["fmt", "-"], b"# caf\xe9\n").ended(2).says("is not UTF-8 text: byte 5");
    place.run(&["fmt", "-", "a.chaos"]).ended(2).says("`-` stands alone");
}

#[test]
fn what_cannot_be_read_or_parsed_is_left_alone_and_the_rest_is_done() {
    let place = Place::new();
    place.write("a.chaos", "system shop { service web { calls checkout }\n");
    place.write("b.chaos", MESSY);
    place.write("c.chaos", b"# caf\xe9\n");
    place
        .run(&["fmt"])
        .ended(2)
        .says("E0102")
        .says("is not UTF-8 text")
        .says("1 changed, 0 as they should be, 2 refused");
    assert_eq!(read(&place, "a.chaos"), "system shop { service web { calls checkout }\n");
    assert_eq!(read(&place, "b.chaos"), TIDY);
    place.run(&["fmt", "missing.chaos"]).ended(2).says("there is no file `missing.chaos`");
    place.run(&["fmt", "--check", "missing.chaos", "b.chaos"]).ended(2);
}

#[test]
fn permissions_and_links_stay() {
    let place = Place::new();
    let file = place.write("real/a.chaos", MESSY);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, place.path().join("link.chaos")).unwrap();
    place.run(&["fmt", "link.chaos"]).ended(0);
    assert!(place.path().join("link.chaos").is_symlink());
    assert_eq!(read(&place, "real/a.chaos"), TIDY);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);

    fs::write(&file, MESSY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    place.run(&["fmt", "real"]).ended(2).says("cannot be written: it may not be written").says("1 refused");
    assert_eq!(read(&place, "real/a.chaos"), MESSY);
}
