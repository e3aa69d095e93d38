//! `chaos lint`.

use super::complain;
use super::examine::Examine;
use super::selection::Selection;
use crate::analysis::{Found, Survey, each};
use crate::base::parallel;
use crate::diagnostics::Diagnostic;
use crate::lint::{self, Gathered, Level, Levels, rules};
use crate::names::Shelf;
use crate::project::Project;

/// Look for what is legal, but better not written: experiments without abort or recovery, limits that stop nothing,
/// secrets, names that nothing uses.
///
/// `chaos explain RULE` explains a rule. `@allow(RULE)` before a declaration, a service, a step or another statement
/// allows it there.
///
/// Exit code: 0 nothing denied, 1 something denied or an error in a file, 2 a file cannot be read.
#[derive(Debug, clap::Args)]
pub struct Lint {
    #[command(flatten)]
    examine: Examine,
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
        if let Err(unknown) = self.levels(None) {
            return complain(&unknown);
        }
        self.examine.run("lint", "linted, nothing found", false, &|selection, shelf| self.lint(selection, shelf))
    }

    /// The levels that were said here, over those of a project. Where a rule was given several, the strictest counts.
    fn levels(&self, project: Option<&Project>) -> Result<Levels, Diagnostic> {
        let mut levels = Levels::default();
        if let Some(project) = project {
            levels.set_all(&project.levels);
        }
        let said = [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)];
        let words = said.into_iter().flat_map(|(words, level)| words.iter().map(move |word| (word, level)));
        // `all` before the names, so that a name can say otherwise.
        let (every, named): (Vec<_>, Vec<_>) = words.partition(|(word, _)| *word == lint::EVERY_RULE);
        for (word, level) in every.into_iter().chain(named) {
            levels.set(word, level)?;
        }
        Ok(levels)
    }

    fn lint(&self, selection: &Selection, shelf: &Shelf) -> Survey {
        let targets = selection.targets(self.env.as_deref());
        let levels: Vec<Levels> =
            selection.files().map(|(_, project)| self.levels(project).unwrap_or_default()).collect();
        let analyses = each(&targets, shelf, |_, read| read);
        let mut gathered = Gathered::default();
        analyses.iter().flatten().for_each(|analysis| gathered.add(analysis));
        let work: Vec<_> = targets.iter().zip(&analyses).zip(&levels).collect();
        let found = parallel::map(&work, |((target, read), levels)| match read {
            Ok(analysis) => {
                let mut findings = analysis.findings.clone();
                findings.extend(lint::lint(analysis, target.environment.as_deref(), &gathered, levels));
                Found::in_file(analysis, findings)
            }
            Err(error) => Found::unreadable(target, error),
        });
        Survey::new(&targets, found, shelf.sources())
    }
}

fn list_rules() {
    for rule in rules::ALL {
        say!("{:<5}  {:<22}  {}", rule.level.word(), rule.code, rule.code.title());
    }
}
