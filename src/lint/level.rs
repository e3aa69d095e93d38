//! How much a rule matters: what it is by itself, and what a project or a command line makes of it.

use super::rules;
use crate::diagnostics::{Diagnostic, codes, suggest};
use crate::project;
use std::collections::BTreeMap;

pub use crate::project::{EVERY_RULE, Level};

/// The word for all rules that are at `warn`, where they are denied.
pub const WARNINGS: &str = "warnings";

/// The level of every rule.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// What was said of single rules.
    named: BTreeMap<&'static str, Level>,
    /// What was said of all.
    every: Option<Level>,
    /// Whether what would be a warning is an error.
    warnings_denied: bool,
}

impl Levels {
    /// Says the level of a rule, or of `all` rules. A later word counts more than an earlier one, a rule's name more than
    /// `all`. To deny `warnings` makes errors of them.
    ///
    /// # Errors
    /// There is no such rule.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), Diagnostic> {
        match name {
            WARNINGS if level == Level::Deny => self.warnings_denied = true,
            EVERY_RULE => {
                self.named.clear();
                self.every = Some(level);
            }
            _ => {
                let rule = rules::ALL.iter().find(|rule| rule.code.name == name).ok_or_else(|| unknown_rule(name))?;
                self.named.insert(rule.code.name, level);
            }
        }
        Ok(())
    }

    /// Says what a project says: of all rules first, so that a name can say otherwise.
    pub fn set_all(&mut self, said: &project::Levels) {
        let (every, named): (Vec<_>, Vec<_>) = said.iter().partition(|(name, _)| *name == EVERY_RULE);
        for (name, level) in every.into_iter().chain(named) {
            let _a_project_names_known_rules_only = self.set(name, *level);
        }
    }

    /// The level of a rule that has `default` by itself.
    pub fn of(&self, rule: &str, default: Level) -> Level {
        let level = self.named.get(rule).copied().or(self.every).unwrap_or(default);
        if level == Level::Warn && self.warnings_denied { Level::Deny } else { level }
    }
}

/// There is no rule with this name.
pub fn unknown_rule(name: &str) -> Diagnostic {
    let help = suggest::help_for(name, rules::ALL.iter().map(|rule| rule.code.name));
    Diagnostic::error(codes::E0203, format!("unknown rule `{name}`"))
        .maybe_help(help)
        .note("`chaos lint --rules` lists them all")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Level, Levels};

    #[test]
    fn a_name_counts_more_than_all_and_later_more_than_earlier() {
        let mut levels = Levels::default();
        assert_eq!(levels.of("no-abort", Level::Warn), Level::Warn);
        levels.set("no-abort", Level::Deny).unwrap();
        assert_eq!(levels.of("no-abort", Level::Warn), Level::Deny);
        levels.set("all", Level::Allow).unwrap();
        assert_eq!(levels.of("no-abort", Level::Warn), Level::Allow);
        levels.set("no-abort", Level::Warn).unwrap();
        levels.set("warnings", Level::Deny).unwrap();
        assert_eq!(levels.of("no-abort", Level::Allow), Level::Deny);
        assert_eq!(levels.of("yoda", Level::Warn), Level::Allow);
        let unknown = levels.set("no-abotr", Level::Warn).unwrap_err();
        assert!(unknown.help.iter().any(|help| help.contains("`no-abort`")));
        assert!(levels.set("warnings", Level::Warn).is_err());
    }
}
