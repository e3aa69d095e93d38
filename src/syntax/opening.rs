//! What can stand where a statement breaks off: the grammar itself is asked.

use super::layout::lay_out;
use super::parser::{self, Rule};
use super::with_stack;
use crate::base::SourceId;

/// A list of statements, by what they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Declarations of a file.
    File,
    /// Services of a system.
    System,
    /// What a service of a system says.
    Service,
    /// What an environment says.
    Environment,
    /// Where a service is.
    Placed,
    /// What an experiment says.
    Experiment,
    /// Bounds.
    Limit,
    /// Conditions.
    Steady,
    /// Steps.
    Steps,
    /// Expectations under a fault.
    Expectations,
    /// Rules.
    Policy,
    /// What a model says.
    Model,
    /// What a service of a model is like.
    Modelled,
    /// What a test gives and expects.
    Test,
    /// When an experiment recurs.
    Schedule,
    /// What a fault does.
    Fault,
    /// What a probe reads.
    Probe,
}

impl List {
    fn rule(self) -> Rule {
        match self {
            List::File => Rule::strict_declaration,
            List::System => Rule::strict_system,
            List::Service => Rule::strict_service,
            List::Environment => Rule::strict_environment,
            List::Placed => Rule::strict_placed,
            List::Experiment => Rule::strict_experiment,
            List::Limit => Rule::strict_limit,
            List::Steady => Rule::strict_steady,
            List::Steps => Rule::strict_step,
            List::Expectations => Rule::strict_expect,
            List::Policy => Rule::strict_policy,
            List::Model => Rule::strict_model,
            List::Modelled => Rule::strict_modelled,
            List::Test => Rule::strict_test,
            List::Schedule => Rule::strict_schedule,
            List::Fault => Rule::strict_fault,
            List::Probe => Rule::strict_probe,
        }
    }
}

/// The longest beginning of a statement that is read, in bytes.
const LONGEST: usize = 4 << 10;

/// Stands for any name: no word of the language.
const NAME: &str = "a0a0";

/// Stands for what no statement can go on with.
const NOTHING: &str = "\u{0}";

/// Words of the grammar that are no rule of their own there.
const BARE: &[&str] = &["always", "never", "stable", "and", "or"];

/// A statement up to a place in it.
#[derive(Debug)]
pub struct Opening {
    rule: Rule,
    before: String,
}

impl Opening {
    /// The statement of a list that begins like this. None where that is wrong already, or longer than anybody writes.
    pub fn of(list: List, before: &str) -> Option<Self> {
        if before.len() > LONGEST {
            return None;
        }
        let before = format!("{} ", before.trim_end());
        let opening = Self { rule: list.rule(), before: before.trim_start().to_owned() };
        let (stop, _) = opening.stop(NOTHING);
        (stop >= opening.before.trim_end().len()).then_some(opening)
    }

    /// Whether the statement can go on with a text. What follows the text, and statements in its blocks, does not count.
    pub fn takes(&self, text: &str) -> bool {
        let end = self.before.len() + text.trim_end().len();
        let reads = |text: &str| self.stop(text).0 >= end;
        // Where the bracket of a type is missing, the type is not read as one.
        reads(text) || self.before.contains('<') && reads(&format!("{}>", text.trim_end()))
    }

    /// Whether any name can stand there.
    pub fn takes_name(&self) -> bool {
        self.takes(NAME)
    }

    /// The statement with more words; none where it cannot go on with them.
    pub fn then(&self, text: &str) -> Option<Self> {
        self.takes(text).then(|| Self { rule: self.rule, before: format!("{}{text} ", self.before) })
    }

    /// Whether it can end there.
    pub fn is_whole(&self) -> bool {
        self.stop("").0 == usize::MAX
    }

    /// The words of the language that mean something there.
    pub fn words(&self) -> Vec<&'static str> {
        let named = self.takes_name().then(|| self.behind(NAME));
        let all = parser::keywords().iter().map(String::as_str).chain(BARE.iter().copied());
        // A word behind which the same can stand as behind any name is one.
        all.filter(|word| self.takes(word) && named.as_ref().is_none_or(|named| self.behind(word) != *named)).collect()
    }

    fn behind(&self, word: &str) -> Vec<Rule> {
        let mut rules = self.stop(&format!("{word} {NOTHING}")).1;
        rules.sort_unstable();
        rules
    }

    /// Where it stops to be read with a text behind it, and what could stand there.
    fn stop(&self, text: &str) -> (usize, Vec<Rule>) {
        let whole = format!("{}{text}", self.before);
        let layout = lay_out(SourceId(0), &whole);
        let laid_out = layout.text.trim_end_matches([' ', ';']);
        let stop = with_stack(layout.depth, || parser::expected(self.rule, laid_out));
        stop.unwrap_or((usize::MAX, Vec::new()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{List, Opening};

    #[test]
    fn the_grammar_says_how_a_statement_goes_on() {
        let cases: &[(List, &str, &[&str], &[&str])] = &[
            (List::Steps, "inject http.error(a)", &["for", "until", "as", "after"], &["within", "and", "else"]),
            (List::Steps, "inject http.error(a) for 1m", &["as", "after"], &["until", "within"]),
            (List::Steps, "wait", &["until"], &["inject", "stable"]),
            (List::Steps, "wait until", &["stable"], &["until"]),
            (List::Experiment, "expect", &["always", "never"], &["verdict"]),
            (List::Experiment, "expect a.b > 1", &["within", "for", "and", "or", "no", "unchanged"], &["always"]),
            (List::Test, "expect", &["verdict"], &["always", "steady"]),
            (List::Test, "given", &["steady", "stop", "no"], &["model", "verdict"]),
            (List::Policy, "require", &["approval", "confirmed"], &["time"]),
            (List::Placed, "restarts", &["by"], &["after"]),
            (List::File, "experiment e", &["on"], &["of"]),
            (List::Service, "metric a: distribution<", &["enum"], &["in"]),
        ];
        for (list, before, wanted, unwanted) in cases {
            let words = Opening::of(*list, before).unwrap().words();
            assert!(wanted.iter().all(|word| words.contains(word)), "{before}: {words:?}");
            assert!(!unwanted.iter().any(|word| words.contains(word)), "{before}: {words:?}");
        }
        assert!(Opening::of(List::Service, "metric a: distribution<").unwrap().takes("duration"));
        let deep = format!("abort when {}", "(".repeat(200));
        assert!(Opening::of(List::Experiment, &deep).unwrap().takes_name());
        assert!(Opening::of(List::Steps, "inject inject inject").is_none());
    }
}
