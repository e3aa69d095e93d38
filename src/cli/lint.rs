//! `chaos lint`.

use super::disk::Disk;
use super::{REFUSED, complain, counted, print};
use crate::analysis::{Analysis, analyse};
use crate::base::Sources;
use crate::diagnostics::{Diagnostic, Severity};
use crate::lint::{self, Gathered, Level, Levels, rules};
use crate::names::unreadable;
use std::path::PathBuf;

/// Look for what is legal, but better not written: experiments without abort or recovery, limits that stop nothing,
/// secrets, names that nothing uses.
///
/// `chaos explain RULE` explains a rule. `@allow(RULE)` before a declaration, a service, a step or another statement
/// allows it there.
///
/// Exit code: 0 nothing denied, 1 something denied or an error in a file, 2 a file cannot be read.
#[derive(Debug, clap::Args)]
pub struct Lint {
    /// The files.
    #[arg(required_unless_present = "rules")]
    files: Vec<PathBuf>,
    /// The environment in which experiments are judged (default: all that are known).
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Show what a rule finds as errors; `warnings` means whatever is shown, `all` every rule. May be given again.
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Show what a rule finds as warnings; `all` means every rule. May be given again.
    #[arg(long, value_name = "RULE")]
    warn: Vec<String>,
    /// Do not look for what a rule finds; `all` means every rule. May be given again.
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// List all rules, with the level that each has by itself.
    #[arg(long)]
    rules: bool,
}

impl Lint {
    pub fn run(self) -> u8 {
        if self.rules {
            list_rules();
            return 0;
        }
        match self.levels() {
            Ok(levels) => self.lint(&levels),
            Err(finding) => complain(&finding),
        }
    }

    /// The levels that were said. Where a rule was given several, the strictest counts.
    fn levels(&self) -> Result<Levels, Diagnostic> {
        let mut levels = Levels::default();
        let said = [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)];
        let words = said.into_iter().flat_map(|(words, level)| words.iter().map(move |word| (word, level)));
        // `all` before the names, so that a name can say otherwise.
        let (every, named): (Vec<_>, Vec<_>) = words.partition(|(word, _)| *word == lint::EVERY_RULE);
        for (word, level) in every.into_iter().chain(named) {
            levels.set(word, level)?;
        }
        Ok(levels)
    }

    fn lint(&self, levels: &Levels) -> u8 {
        let mut analyses = Vec::new();
        let mut unread = 0;
        for path in &self.files {
            match analyse(path, &Disk, self.env.as_deref()) {
                Ok(analysis) => analyses.push(analysis),
                Err(error) => {
                    unread += 1;
                    complain(&unreadable(path, &error, None));
                }
            }
        }
        let shown = self.show(&analyses, levels);
        shown.summary(self.files.len(), unread)
    }

    fn show(&self, analyses: &[Analysis], levels: &Levels) -> Shown {
        let mut gathered = Gathered::default();
        analyses.iter().for_each(|analysis| gathered.add(analysis));
        let mut seen = super::check::Seen::default();
        let mut shown = Shown::default();
        for analysis in analyses {
            let sources = &analysis.program.sources;
            let mut findings = analysis.findings.clone();
            findings.extend(lint::lint(analysis, self.env.as_deref(), &gathered, levels));
            findings.sort_by(Diagnostic::order);
            shown.add(&seen.fresh(findings, sources), sources);
        }
        shown
    }
}

/// What was shown so far.
#[derive(Default)]
struct Shown {
    errors: usize,
    warnings: usize,
}

impl Shown {
    fn add(&mut self, findings: &[Diagnostic], sources: &Sources) {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        self.errors += errors;
        self.warnings += findings.len() - errors;
        print(findings, sources);
    }

    fn summary(&self, files: usize, unread: usize) -> u8 {
        let Shown { errors, warnings } = *self;
        if errors + warnings > 0 {
            complain_of!(
                "{} and {} in {}",
                counted(errors, "error"),
                counted(warnings, "warning"),
                counted(files, "file")
            );
        }
        if unread > 0 {
            complain_of!("{} cannot be read", counted(unread, "file"));
            return REFUSED;
        }
        if errors + warnings == 0 {
            say!("{} linted, nothing found", counted(files, "file"));
        }
        u8::from(errors > 0)
    }
}

fn list_rules() {
    for rule in rules::ALL {
        say!("{:<5}  {:<22}  {}", rule.level.word(), rule.code, rule.code.title());
    }
}
