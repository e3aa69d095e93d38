//! The rules: `tests/lint/RULE/*.chaos` say in comments what the rule finds in them, as the specification does. Only the
//! rule of the folder is on, and `unused-allow`, so that an `@allow(…)` that nothing needs is found.

use crate::harness::{Place, files, root};
use crate::spec;
use chaos_lang::analysis::{Analysis, analyse};
use chaos_lang::base::{FileError, Files};
use chaos_lang::diagnostics::render::{Style, render};
use chaos_lang::diagnostics::{Code, Diagnostic, lints};
use chaos_lang::lint::{Gathered, Level, Levels, lint, rules};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One text under a name; everything else is on the disk.
struct Drafted {
    path: PathBuf,
    text: String,
}

impl Files for Drafted {
    fn read(&self, path: &Path) -> Result<String, FileError> {
        if path == self.path { Ok(self.text.clone()) } else { spec::Disk.read(path) }
    }

    fn siblings(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn analysed(path: &Path, text: &str) -> Analysis {
    let files = Drafted { path: path.to_owned(), text: text.to_owned() };
    analyse(path, &files, None).unwrap()
}

/// Everything that is found in one file: errors, and what the rules say.
fn found(analysis: &Analysis, levels: &Levels) -> Vec<Diagnostic> {
    let mut gathered = Gathered::default();
    gathered.add(analysis);
    let mut findings = analysis.findings.clone();
    findings.extend(lint(analysis, None, &gathered, levels));
    findings
}

fn only(rules: &[&str]) -> Levels {
    let mut levels = Levels::default();
    levels.set("all", Level::Allow).unwrap();
    rules.iter().for_each(|rule| levels.set(rule, Level::Warn).unwrap());
    levels
}

/// The files of a rule, each with its text.
fn cases(rule: Code) -> Vec<(PathBuf, String)> {
    let folder = root().join("tests/lint").join(rule.name);
    let all = files(&folder, "chaos").into_iter();
    let tested = all.filter(|file| !file.file_name().unwrap().to_string_lossy().starts_with('_'));
    tested.map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn every_rule_finds_what_its_files_say() {
    let mut failed = Vec::new();
    for rule in lints::ALL {
        for (path, text) in cases(*rule) {
            let analysis = analysed(&path, &text);
            let findings = found(&analysis, &only(&[rule.name, "unused-allow"]));
            let wrong = spec::compared(&path, &analysis, &findings);
            if !wrong.is_empty() {
                failed.push(format!("{}:\n{}", path.display(), wrong.join("\n")));
            }
        }
    }
    assert!(failed.is_empty(), "{} files differ\n{}", failed.len(), failed.join("\n\n"));
}

/// Each rule has a file in which it finds something, one in which it nearly would, and one in which it is allowed.
#[test]
fn every_rule_is_tested_from_all_sides() {
    let folders = fs::read_dir(root().join("tests/lint")).unwrap();
    let folders: BTreeSet<String> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<String> = lints::ALL.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(folders, names);
    for rule in lints::ALL {
        let (marker, allow) = (format!("#~ {rule}"), "@allow(");
        let allows =
            |text: &str| text.split(allow).skip(1).any(|rest| rest.split(')').next().unwrap().contains(rule.name));
        let cases = cases(*rule);
        let marked = |text: &str| text.contains("#~ ");
        assert!(cases.iter().any(|(_, text)| text.contains(&marker)), "{rule} finds nothing");
        assert!(cases.iter().any(|(_, text)| !marked(text) && !allows(text)), "{rule} has no near miss");
        assert!(cases.iter().any(|(_, text)| !marked(text) && allows(text)), "{rule} is never allowed");
    }
}

#[test]
fn the_rules_are_those_of_the_list() {
    let rules: Vec<&str> = rules::ALL.iter().map(|rule| rule.code.name).collect();
    let names: Vec<&str> = lints::ALL.iter().map(|code| code.name).collect();
    assert_eq!(rules, names);
    assert!(names.is_sorted());
    let pages: Vec<PathBuf> = files(&root().join("src/lint/pages"), "md");
    let pages: Vec<&str> = pages.iter().map(|page| page.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(pages, names);
}

/// A fix that is called safe leaves a file that checks, without the finding, and without a new one.
#[test]
fn safe_fixes_mend_what_they_are_for() {
    let mut mended: BTreeSet<&str> = BTreeSet::new();
    for rule in lints::ALL {
        let levels = only(&[rule.name, "unused-allow"]);
        for (path, text) in cases(*rule) {
            // A marker is a comment, and a statement with a comment is not removed.
            let text: String =
                text.lines().map(|line| line.split("#~").next().unwrap().trim_end().to_owned() + "\n").collect();
            let analysis = analysed(&path, &text);
            let before = found(&analysis, &levels);
            for finding in before.iter().filter(|finding| finding.code == *rule) {
                for fix in finding.fixes.iter().filter(|fix| fix.safe) {
                    let mut after = text.clone();
                    let mut edits = fix.edits.clone();
                    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
                    for edit in edits {
                        after.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
                    }
                    let left = found(&analysed(&path, &after), &levels);
                    assert_eq!(left.len() + 1, before.len(), "{}: {}\n{after}\n{left:#?}", path.display(), fix.title);
                    mended.insert(rule.name);
                }
            }
        }
    }
    let fixed = [
        "double-negation",
        "duplicate-expectation",
        "redundant-default",
        "unit-style",
        "unused-allow",
        "unused-use",
        "yoda",
    ];
    assert_eq!(mended, fixed.into_iter().collect());
}

/// The examples of a page: the wrong one and the right one.
fn page_examples(page: &str) -> Vec<String> {
    let blocks = page.split("```chaos\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap().to_owned() + "\n").collect()
}

/// What stands around the example of a page: the shop, and an experiment in which nothing is to be found.
fn whole(example: &str) -> String {
    let first = example.split_whitespace().next().unwrap();
    let declares = ["use", "let", "system", "environment", "experiment", "scenario", "model", "##"].contains(&first);
    let body = if declares { example.to_owned() } else { in_experiment(example) };
    let mut head = String::new();
    for (used, line) in [
        ("inject http.", "use std.http"),
        (" shop {", "use \"../spec/_shop.chaos\""),
        ("on shop {", "use \"../spec/_local.chaos\""),
    ] {
        if body.contains(used) && !body.contains(line) {
            head.push_str(line);
            head.push('\n');
        }
    }
    head + &body
}

/// An experiment with the statements of an example, and its own where the example says nothing.
fn in_experiment(example: &str) -> String {
    let own = [
        ("id", "id \"PAY-1\""),
        ("hypothesis", "hypothesis \"If payment fails, checkout queues the orders and loses none.\""),
        ("owner", "owner \"team-checkout\""),
        ("limit", "limit { services payment; bends checkout; exposure <= 3m; timeout <= 10m }"),
        ("abort", "abort when checkout.success < 10% for 10s"),
        (
            "run",
            "run {\n  inject http.error(payment) for 1m { expect always checkout.success >= 90% }\n  expect steady within 1m\n}",
        ),
    ];
    let said =
        |word: &str| example.lines().any(|line| line.split_whitespace().next() == Some(word) && !line.starts_with(' '));
    let missing: Vec<&str> = own.iter().filter(|(word, _)| !said(word)).map(|(_, text)| *text).collect();
    format!("experiment payment_outage on shop {{\n{}\n{example}}}\n", missing.join("\n"))
}

#[test]
fn the_wrong_example_of_a_page_is_found_and_the_right_one_is_not() {
    let path = root().join("tests/lint/page.chaos");
    for rule in rules::ALL {
        let examples = page_examples(rule.code.page);
        assert_eq!(examples.len(), 2, "{}: its page has not one wrong example and one right one", rule.code);
        let mut levels = Levels::default();
        levels.set(rule.code.name, rule.level.max(Level::Warn)).unwrap();
        for (example, wrong) in examples.iter().zip([true, false]) {
            let text = whole(example);
            let analysis = analysed(&path, &text);
            let findings = found(&analysis, &levels);
            let drawn: Vec<String> =
                findings.iter().map(|finding| render(finding, &analysis.program.sources, Style::PLAIN)).collect();
            let fits = if wrong {
                !findings.is_empty() && findings.iter().all(|finding| finding.code == rule.code)
            } else {
                findings.is_empty()
            };
            assert!(fits, "{}, wrong: {wrong}\n{text}\n{}", rule.code, drawn.join("\n"));
        }
    }
}

#[test]
fn pages_of_lints_are_whole() {
    for code in lints::ALL {
        let first = code.page.lines().next().unwrap();
        assert!(first.starts_with(&format!("# {code}: ")) && code.title().len() > 5, "{code}: {first}");
        assert!(code.page.lines().all(|line| line.chars().count() <= 120), "{code}: a line is too long");
    }
}

/// Nothing is to be found in the examples and the standard library, together, by the rules that are on by themselves.
#[test]
fn the_examples_are_without_findings() {
    let folders = ["examples", "stdlib"].map(|name| root().join(name).display().to_string());
    Place::new().run(&["lint", "--deny", "warnings", &folders[0], &folders[1]]).ended(0).says("nothing found");
}

const UNOWNED: &str = "use std.http\n\nsystem page { service page { metric success: ratio; slo success >= 99% } }\n\n\
    experiment slow on page {\n  id \"P-1\"\n  hypothesis \"If the page is slow, it is right all the same.\"\n  \
    limit { services page; exposure <= 3m; timeout <= 10m }\n  abort when page.success < 50% for 10s\n  run {\n    \
    inject http.latency(page, delay: 1s) as delay for 30s { expect always page.success >= 99% }\n    \
    expect steady within 60s\n  }\n}\n";

#[test]
fn levels_come_from_the_command_line() {
    let place = Place::new();
    place.write("a.chaos", UNOWNED);
    place.run(&["lint", "a.chaos"]).ended(0).says("warning[missing-owner]").says("1 warning in 1 file");
    place.run(&["lint", "--deny", "missing-owner", "a.chaos"]).ended(1).says("error[missing-owner]");
    place.run(&["lint", "--deny", "warnings", "a.chaos"]).ended(1).says("error[missing-owner]");
    place.run(&["lint", "--allow", "missing-owner", "a.chaos"]).ended(0).says("nothing found");
    place.run(&["lint", "--allow", "all", "--deny", "missing-doc", "a.chaos"]).ended(1).says("error[missing-doc]");
    place.run(&["lint", "--warn", "missing-doc", "a.chaos"]).ended(0).says("warning[missing-doc]");
    place.run(&["lint", "--deny", "missing-ownr", "a.chaos"]).ended(2).says("did you mean `missing-owner`");
    place.run(&["lint", "b.chaos"]).ended(2).says("there is no file `b.chaos`");
}

#[test]
fn levels_come_from_the_project_and_the_command_line_says_otherwise() {
    let place = Place::new();
    place.write("a.chaos", UNOWNED);
    place.write("chaos.toml", "[lint]\nmissing-owner = \"deny\"\nmissing-doc = \"warn\"\n");
    place.run(&["lint"]).ended(1).says("error[missing-owner]").says("warning[missing-doc]");
    place.run(&["lint", "--warn", "missing-owner", "."]).ended(0).says("warning[missing-owner]");
    place.run(&["lint", "--allow", "missing-owner", "--deny", "missing-doc"]).ended(1).says("error[missing-doc]");
    place.write("chaos.toml", "[lint]\nall = \"allow\"\n");
    place.run(&["lint"]).ended(0).says("nothing found");
    place.write("chaos.toml", "[lint]\nmissing-ownr = \"deny\"\n");
    place.run(&["lint"]).ended(1).says("unknown rule `missing-ownr`").says("did you mean `missing-owner`");
}

#[test]
fn safe_fixes_are_applied_and_findings_are_told_to_machines() {
    let place = Place::new();
    let odd = UNOWNED
        .replace("use std.http\n", "use std.http\nuse std.process\n")
        .replace("expect always", "expect never not");
    let file = place.write("a.chaos", odd);
    place.run(&["lint", "--allow", "missing-owner", "--fix"]).ended(0).says("2 findings fixed in 1 file");
    assert_eq!(fs::read_to_string(file).unwrap(), UNOWNED);
    let json = place.run(&["lint", "--format", "json"]).ended(0).out;
    assert!(json.contains("\"missing-owner\"") && json.contains("warning"), "{json}");
}

/// What only shows when files are looked at together.
#[test]
fn files_are_compared() {
    let place = Place::new();
    place.write("a.chaos", UNOWNED);
    place.write("b.chaos", UNOWNED.replace("experiment slow", "experiment slower"));
    let rule = ["--allow", "all", "--warn", "duplicate-id"];
    place.run(&[&["lint"], &rule[..], &["a.chaos"]].concat()).ended(0).says("nothing found");
    let both = place.run(&[&["lint"], &rule[..], &["a.chaos", "./b.chaos", "./a.chaos"]].concat()).ended(0);
    both.says("it is also that of `slower` in b.chaos").says("it is also that of `slow` in a.chaos");
    place.write(
        "page.chaos",
        "system page { service page { metric success: ratio; metric lost: counter; slo success >= 99% } }\n",
    );
    let user = UNOWNED.split_once("experiment").unwrap().1;
    place.write("c.chaos", format!("use std.http\nuse \"./page.chaos\"\nexperiment{user}"));
    let rule = ["--allow", "all", "--warn", "unused-metric"];
    place.run(&[&["lint"], &rule[..], &["page.chaos"]].concat()).ended(0).says("nothing found");
    place.run(&[&["lint"], &rule[..], &["page.chaos", "c.chaos"]].concat()).ended(0).says("nothing reads `page.lost`");
}

#[test]
fn errors_are_shown_and_what_they_touch_is_left_alone() {
    let place = Place::new();
    place.write("a.chaos", UNOWNED.replace("page.success < 50%", "page.sucess < 50%"));
    let ran = place.run(&["lint", "a.chaos"]).ended(1).says("error[E0203]").says("1 error in 1 file");
    assert!(!ran.err.contains("missing-owner"), "{}", ran.err);
}

#[test]
fn rules_are_listed_and_explained() {
    let place = Place::new();
    place.run(&["lint", "--rules"]).ended(0).says("warn no-recovery nothing judges whether the system heals");
    place.run(&["explain", "no-recovery"]).ended(0).says("# no-recovery: nothing judges");
    place.run(&["explain", "--list"]).ended(0).says("E0803").says("yoda the constant stands on the left");
    place.run(&["explain", "no-recvery"]).ended(2).says("did you mean `no-recovery`?");
}

/// A run of a thousand steps, each with something to find, some of it allowed.
fn long() -> String {
    let step = |n: usize| {
        let allow = if n.is_multiple_of(2) { "    @allow(no-effect, unused-allow)\n" } else { "" };
        format!(
            "{allow}    inject http.error(page, traffic: 0%) as step_{n} for 90s\n    wait until page.success >= 99% within 60s\n"
        )
    };
    let steps: String = (0..500).map(step).collect();
    UNOWNED
        .replace("    expect steady", &format!("{steps}    expect steady"))
        .replace("exposure <= 3m; timeout <= 10m", "")
}

#[test]
fn a_thousand_steps_are_linted_in_no_time() {
    let path = root().join("tests/lint/long.chaos");
    let analysis = analysed(&path, &long());
    let mut levels = Levels::default();
    levels.set("all", Level::Warn).unwrap();
    let start = Instant::now();
    let findings = found(&analysis, &levels);
    let took = start.elapsed();
    assert!(findings.len() > 1_000, "{}", findings.len());
    assert!(took < Duration::from_secs(30), "{took:?} for {} findings", findings.len());
}
