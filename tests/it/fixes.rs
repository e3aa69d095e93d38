//! Fixes: each mends what it is about, `check --fix` writes the safe ones, and nothing gets worse.

use crate::harness::{Place, Ran};
use crate::spec::{Disk, analysed, tested};
use chaos_lang::analysis::analyse;
use chaos_lang::base::Overlay;
use chaos_lang::diagnostics::{Diagnostic, apply};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// Every fix that any message of the specification offers, tried alone: the message goes away.
#[test]
fn every_fix_mends_what_it_is_about() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for path in tested() {
        let analysis = analysed(&path);
        for finding in &analysis.findings {
            for fix in &finding.fixes {
                tried += 1;
                let source = analysis.program.sources.get(fix.edits[0].span.source).unwrap();
                assert!(fix.edits.iter().all(|edit| edit.span.source == fix.edits[0].span.source));
                let Some(fixed) = apply(&source.text, &fix.edits) else {
                    wrong.push(format!("{}: {} does not fit", path.display(), fix.title));
                    continue;
                };
                if still_there(&path, &source.path, &fixed, finding) {
                    wrong.push(format!("{}: {}: {}", path.display(), finding.headline, fix.title));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried} fixes mend nothing\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 50, "only {tried} fixes are offered");
}

/// Whether a finding is found again at the same place, with another text of a file.
fn still_there(path: &Path, file: &Path, text: &str, finding: &Diagnostic) -> bool {
    let files = Overlay::over(&Disk);
    files.put(file, text.to_owned());
    let place = |it: &Diagnostic| it.place().map(|place| place.start);
    let again = analyse(path, &files, None).unwrap();
    again.findings.iter().any(|it| {
        it.code == finding.code
            && it.headline == finding.headline
            && place(it) == place(finding)
            && it.path(&again.program.sources) == Some(file)
    })
}

/// A name that is replaced is the one that the headline calls unknown, and nothing around it.
#[test]
fn a_near_name_replaces_the_name_alone() {
    let mut seen = 0;
    for path in tested() {
        let analysis = analysed(&path);
        for finding in analysis.findings.iter().filter(|finding| finding.headline.starts_with("unknown ")) {
            for edit in finding.fixes.iter().flat_map(|fix| &fix.edits) {
                seen += 1;
                let replaced = analysis.program.sources.text(edit.span);
                let name = finding.headline.split('`').nth_back(1).unwrap();
                assert_eq!(replaced.trim_matches('"'), name, "{}: {}", path.display(), finding.headline);
            }
        }
    }
    assert!(seen > 20, "only {seen} names");
}

const DAMAGED: &str = "\
use std.http
system shop {
  service web { calls payment }
  service payment { external; metrc success: ratio; slo success = 99% }
}
experiment outage on shop {
  hypothesis \"It holds.\"
  limit { services paymnt }
  abort when payment.success < 50%&&payment.sucess > 1% for 10sec
  run {
    inject http.eror(payment) for 30s { expect always payment.success >= 90% of baseline }
    expect steady within 30s
  }
}
";

#[test]
fn safe_fixes_are_applied_until_none_is_left() {
    let place = Place::new();
    let path = place.write("damaged.chaos", DAMAGED);
    let ran = place.run(&["check", "--fix", "damaged.chaos"]).ended(0);
    let ran = ran.says("fixed damaged.chaos:4: write `metric` (E0101)").says("7 findings fixed in 1 file");
    ran.says("1 file checked, nothing wrong");
    let fixed = fs::read_to_string(&path).unwrap();
    for part in
        ["metric success", "success == 99%", "services payment }", "50% and payment.success >", "10s\n", "http.error("]
    {
        assert!(fixed.contains(part), "{part} is not in\n{fixed}");
    }
    place.run(&["check", "--fix", "damaged.chaos"]).ended(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), fixed);
}

#[test]
fn a_difference_is_shown_and_nothing_is_written() {
    let place = Place::new();
    let path = place.write("damaged.chaos", DAMAGED);
    let ran = place.run(&["check", "--diff", "damaged.chaos"]).ended(1);
    assert!(ran.out.starts_with("--- damaged.chaos\n+++ damaged.chaos\n@@ "), "{}", ran.out);
    for line in ["\n-  limit { services paymnt }\n", "\n+  limit { services payment }\n"] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    assert!(ran.err.contains("error[E0101]"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), DAMAGED);
    place.write("whole.chaos", "system s { }\n");
    let nothing = place.run(&["check", "--diff", "whole.chaos"]);
    assert_eq!(nothing.out, "");
}

#[test]
fn what_is_not_sure_is_left_to_the_author() {
    let place = Place::new();
    let text = "system s {\n  service a {\n    metric success: ratio\n    slo success >= 99%\n  }\n";
    let path = place.write("open.chaos", text);
    place.run(&["check", "--fix", "open.chaos"]).ended(1).says("E0102").says("write `}`");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_that_would_get_worse_is_left_as_it_was() {
    let place = Place::new();
    // Mending the condition lets the types be checked, which are wrong twice.
    let text = "system s { service a { metric success: ratio; metric age: duration; slo success = 3s or age < 2% } }\n";
    let path = place.write("worse.chaos", text);
    let ran = place.run(&["check", "--fix", "worse.chaos"]).ended(1);
    ran.says("`worse.chaos` is left as it was: with its fixes, it would have 2 errors instead of 1");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    let path = place.write("real.chaos", DAMAGED);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.chaos", place.path().join("link.chaos")).unwrap();
    place.run(&["check", "--fix", "link.chaos"]).ended(0);
    assert!(place.path().join("link.chaos").is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let left = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".new")).collect();
    assert!(left.is_empty(), "{left:?}");
    let locked = place.write("locked.chaos", DAMAGED);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    place.run(&["check", "--fix", "locked.chaos"]).ended(2).says("it may not be written");
    assert_eq!(fs::read_to_string(&locked).unwrap(), DAMAGED);
}

#[test]
fn excluded_files_and_the_standard_library_are_not_touched() {
    let place = Place::new();
    place.write("chaos.toml", "exclude = [\"vendor/\"]\n");
    let vendored = place.write("vendor/shop.chaos", "system shop { service a { metrc x: ratio } }\n");
    place.write("a.chaos", "use \"./vendor/shop.chaos\"\n");
    place.run(&["check", "--fix"]).ended(1).says("E0101");
    assert!(fs::read_to_string(vendored).unwrap().contains("metrc"));
}

fn piped(place: &Place, arguments: &[&str], text: &str) -> Ran {
    let mut child = place.chaos(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn standard_input_is_mended_to_standard_output() {
    let place = Place::new();
    let ran = piped(&place, &["check", "-"], DAMAGED).ended(1).says("<stdin>:4:");
    assert_eq!(ran.out, "");
    let ran = piped(&place, &["check", "-", "--fix"], DAMAGED).ended(0);
    assert!(ran.out.starts_with("use std.http\n") && ran.out.contains("metric success"), "{}", ran.out);
    assert!(ran.out.ends_with("}\n"), "{}", ran.out);
    let ran = piped(&place, &["check", "-", "--fix"], "system s { }\n");
    assert_eq!(ran.out, "system s { }\n");
    place.write("sub/shop.chaos", "system shop { service a { metric x: ratio; slo x > 1% } }\n");
    let uses = "use \"./shop.chaos\"\nenvironment local for shop { tier development }\n";
    piped(&place, &["check", "-", "--stdin-path", "sub/new.chaos"], uses).ended(0);
    piped(&place, &["check", "-"], uses).ended(1).says("there is no file `shop.chaos`");
    piped(&place, &["check", "-", "--fix", "--format", "json"], uses).ended(2);
    piped(&place, &["check", "-", "a.chaos"], uses).ended(2);
}

#[test]
fn settings_are_mended_too() {
    let place = Place::new();
    place.write("a.chaos", "system s { service a { } }\n");
    let path = place.write("chaos.toml", "exlude = []\n[lint]\nno-abotr = \"dney\"\n");
    place.run(&["check", "--fix"]).says("fixed chaos.toml:1: write `exclude` (E0108)");
    assert_eq!(fs::read_to_string(path).unwrap(), "exclude = []\n[lint]\nno-abort = \"deny\"\n");
}
