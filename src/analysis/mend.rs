//! Safe fixes, round by round, without writing anything.

use super::Survey;
use crate::base::{Files, Overlay, SourceId};
use crate::diagnostics::{Diagnostic, Edit, Fix, Severity, apply};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A fix can make room for another; after this many rounds it is enough.
const ROUNDS: usize = 10;

/// What came of the safe fixes.
#[derive(Debug)]
pub struct Mended {
    /// The files that change, by path.
    pub changes: BTreeMap<PathBuf, Change>,
    /// The files that are left as they were, because errors would be added.
    pub worse: Vec<Worse>,
    /// What is found in the files with all changes.
    pub survey: Survey,
}

/// A file's old and new text.
#[derive(Debug)]
pub struct Change {
    /// What was read.
    pub before: String,
    /// What it becomes.
    pub after: String,
    /// What was done, in order.
    pub fixes: Vec<Done>,
}

/// One fix that was applied.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    /// The code of the finding.
    pub code: &'static str,
    /// What it did.
    pub title: String,
    /// The line where it began, from 1, in the text of its round.
    pub line: usize,
}

/// A file whose fixes would add errors.
#[derive(Debug, PartialEq, Eq)]
pub struct Worse {
    /// The file that is left as it was.
    pub path: PathBuf,
    /// The file in which errors would be added: itself, or one that uses it.
    pub place: PathBuf,
    /// Errors in that file as things are.
    pub before: usize,
    /// Errors in that file with the fixes.
    pub after: usize,
}

/// Applies the safe fixes of what `check` finds, until there are none left. Only files that `may_change` allows are
/// touched. `check` is asked again after each round.
pub fn mend(files: &dyn Files, may_change: impl Fn(&Path) -> bool, check: impl Fn(&dyn Files) -> Survey) -> Mended {
    let first = check(files);
    let mut worse: Vec<Worse> = Vec::new();
    loop {
        let spared: BTreeSet<&Path> = worse.iter().map(|it| it.path.as_path()).collect();
        let (changes, last) = rounds(files, &first, |path| !spared.contains(path) && may_change(path), &check);
        let Some(last) = last else { return Mended { changes, worse, survey: first } };
        let found = grown(&changes, &first, &last);
        if found.is_empty() {
            return Mended { changes, worse, survey: last };
        }
        // At least one more file is spared each time, so this ends.
        worse.extend(found);
    }
}

type Changes = BTreeMap<PathBuf, Change>;

fn rounds(
    files: &dyn Files,
    first: &Survey,
    may_change: impl Fn(&Path) -> bool,
    check: impl Fn(&dyn Files) -> Survey,
) -> (Changes, Option<Survey>) {
    let overlay = Overlay::over(files);
    let (mut changes, mut last) = (Changes::new(), None);
    for _ in 0..ROUNDS {
        let survey = last.as_ref().unwrap_or(first);
        let picked = Picked::from(survey, &may_change);
        if picked.edits.is_empty() {
            break;
        }
        for (source, edits) in &picked.edits {
            let Some(source) = survey.sources.get(*source) else { continue };
            let Some(after) = apply(&source.text, edits) else { continue };
            overlay.put(&source.path, after.clone());
            let new = || Change { before: source.text.clone(), after: String::new(), fixes: Vec::new() };
            changes.entry(source.path.clone()).or_insert_with(new).after = after;
        }
        for (path, done) in picked.done {
            changes.entry(path).and_modify(|change| change.fixes.push(done));
        }
        last = Some(check(&overlay));
    }
    (changes, last)
}

/// The fixes of one round: no two of them touch.
#[derive(Default)]
struct Picked {
    edits: BTreeMap<SourceId, Vec<Edit>>,
    done: Vec<(PathBuf, Done)>,
}

impl Picked {
    fn from(survey: &Survey, may_change: &dyn Fn(&Path) -> bool) -> Self {
        let mut picked = Self::default();
        for finding in &survey.findings {
            if let Some(fix) = finding.safe_fixes().find(|fix| picked.fits(fix, survey, may_change)) {
                picked.take(finding, fix, survey);
            }
        }
        picked
    }

    fn fits(&self, fix: &Fix, survey: &Survey, may_change: &dyn Fn(&Path) -> bool) -> bool {
        let fits = |edit: &Edit| {
            let taken = self.edits.get(&edit.span.source).map_or(&[][..], Vec::as_slice);
            let source = survey.sources.get(edit.span.source).filter(|source| may_change(&source.path));
            source.is_some_and(|source| apply(&source.text, std::slice::from_ref(edit)).is_some())
                && !taken.iter().any(|other| other.touches(edit))
        };
        !fix.edits.is_empty() && fix.edits.iter().all(fits)
    }

    fn take(&mut self, finding: &Diagnostic, fix: &Fix, survey: &Survey) {
        let first = fix.edits.iter().filter_map(|edit| Some((edit, survey.sources.get(edit.span.source)?))).next();
        if let Some((edit, source)) = first {
            let line = source.line(edit.span.start as usize);
            self.done.push((source.path.clone(), Done { code: finding.code.name, title: fix.title.clone(), line }));
        }
        for edit in &fix.edits {
            self.edits.entry(edit.span.source).or_default().push(edit.clone());
        }
    }
}

/// The changed files that must be spared, because errors were added in them or in what uses them.
fn grown(changes: &Changes, first: &Survey, last: &Survey) -> Vec<Worse> {
    let (before, after) = (errors(first), errors(last));
    let mut found = Vec::new();
    for (place, after) in after {
        let before = before.get(&place).copied().unwrap_or(0);
        if after <= before {
            continue;
        }
        let own = changes.keys().filter(|path| **path == place);
        let used = changes.keys().filter(|path| !changes.contains_key(&place) && last.is_used_by(path, &place));
        let worse = |path: &PathBuf| Worse { path: path.clone(), place: place.clone(), before, after };
        found.extend(own.chain(used).map(worse));
    }
    found.dedup_by(|a, b| a.path == b.path);
    found
}

/// The number of errors in each file.
fn errors(survey: &Survey) -> BTreeMap<PathBuf, usize> {
    let mut counts = BTreeMap::new();
    for finding in survey.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        if let Some(path) = finding.path(&survey.sources) {
            *counts.entry(path.to_path_buf()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Mended, mend};
    use crate::analysis::{Survey, Target, survey};
    use crate::base::{FileError, Files};
    use crate::diagnostics::{Diagnostic, codes};
    use crate::names::Shelf;
    use std::path::{Path, PathBuf};

    /// Files that hold texts.
    struct Texts(Vec<(&'static str, &'static str)>);

    impl Files for Texts {
        fn read(&self, path: &Path) -> Result<String, FileError> {
            let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned()).ok_or(FileError::Missing)
        }

        fn siblings(&self, _: &Path) -> Vec<PathBuf> {
            Vec::new()
        }
    }

    /// A made-up rule: findings at words, with a safe fix that writes another word.
    fn words(files: &dyn Files, names: &[&str], rules: &[(&str, Option<&str>)]) -> Survey {
        let shelf = Shelf::new(files);
        let targets: Vec<Target> = names.iter().copied().map(Target::new).collect();
        let mut found = survey(&targets, &shelf);
        found.findings.clear();
        let sources = found.sources.clone();
        for (id, source) in sources.all() {
            for (word, better) in rules {
                for (at, _) in source.text.match_indices(word) {
                    let span = crate::base::Span::new(id, at, at + word.len());
                    let finding = Diagnostic::error(codes::E0101, format!("`{word}`")).at(span, "");
                    found.findings.push(match better {
                        Some(better) => finding.safe_replace(span, format!("write `{better}`"), *better),
                        None => finding,
                    });
                }
            }
        }
        found
    }

    fn run(files: &Texts, rules: &[(&str, Option<&str>)]) -> Mended {
        let names: Vec<&str> = files.0.iter().map(|(name, _)| *name).collect();
        mend(files, |path| path != Path::new("kept.chaos"), |files| words(files, &names, rules))
    }

    #[test]
    fn fixes_go_on_in_rounds_until_there_are_none_left() {
        let files = Texts(vec![("a.chaos", "# one one\n")]);
        let mended = run(&files, &[("one", Some("two")), ("two", Some("three"))]);
        let change = mended.changes.values().next().unwrap();
        assert_eq!((change.before.as_str(), change.after.as_str()), ("# one one\n", "# three three\n"));
        assert_eq!(change.fixes.len(), 4);
        assert!(mended.survey.findings.is_empty() && mended.worse.is_empty());
    }

    #[test]
    fn fixes_without_end_stop() {
        let files = Texts(vec![("a.chaos", "# ping\n")]);
        let mended = run(&files, &[("ping", Some("pong")), ("pong", Some("ping"))]);
        assert_eq!(mended.changes.values().next().unwrap().fixes.len(), super::ROUNDS);
    }

    #[test]
    fn a_file_that_would_get_worse_is_left_as_it_was() {
        let files = Texts(vec![("a.chaos", "# one\n"), ("b.chaos", "# two\n"), ("kept.chaos", "# two\n")]);
        let mended = run(&files, &[("one", Some("bad bad")), ("bad", None), ("two", Some("2"))]);
        assert_eq!(mended.changes.keys().collect::<Vec<_>>(), [Path::new("b.chaos")]);
        let worse = mended.worse.first().unwrap();
        assert_eq!((worse.path.as_path(), worse.before, worse.after), (Path::new("a.chaos"), 1, 2));
    }

    #[test]
    fn a_file_whose_users_would_get_worse_is_left_as_it_was() {
        let used = "# damaged\nsystem shop { service a { metrc success: ratio } }\n";
        let user = "use \"./shop.chaos\"\nexperiment x on shop { hypothesis \"h\"; limit { services a }; run { } }\n";
        let files = Texts(vec![("shop.chaos", used), ("x.chaos", user)]);
        let check = |files: &dyn Files| {
            let targets = ["shop.chaos", "x.chaos"].map(Target::new);
            survey(&targets, &Shelf::new(files))
        };
        let fixed = mend(&files, |_| true, check);
        assert!(fixed.worse.is_empty() && fixed.changes.len() == 1, "{fixed:#?}");
        // The same, but mending the system brings an error to light in the file that uses it.
        let brings = |files: &dyn Files| {
            let mut found = check(files);
            let shop = files.read(Path::new("shop.chaos")).unwrap();
            if shop.contains("metric") {
                found.findings.push(Diagnostic::error(codes::E0203, "new").about("x.chaos"));
                found.findings.push(Diagnostic::error(codes::E0203, "new, too").about("x.chaos"));
            }
            found
        };
        let kept = mend(&files, |_| true, brings);
        assert!(kept.changes.is_empty(), "{kept:#?}");
        assert_eq!(kept.worse.first().unwrap().place, Path::new("x.chaos"));
    }
}
