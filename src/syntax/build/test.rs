//! `test` and `schedule`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Course, Expr, Given, GivenWhat, ModelUse, Name, Schedule, Since, Test, TestExpectation};

impl Builder<'_> {
    pub(super) fn test(&mut self, node: Node) -> Option<Test> {
        let name = match node.find(Rule::text) {
            Some(text) => self.text_name(text)?,
            None => self.first_name(node)?,
        };
        let mut paths = node.all(Rule::path).map(|path| self.path(path));
        let (experiment, environment) = (paths.next()?, paths.next());
        let mut test = Test {
            name,
            experiment,
            environment,
            model: None,
            givens: Vec::new(),
            settings: Vec::new(),
            expectations: Vec::new(),
            damaged: false,
        };
        let before = self.findings.len();
        let block = node.find(Rule::test_block)?;
        for item in self.statements(block, Rule::test_item, Rule::strict_test) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::model_use => {
                    let model = self.model_use(item, &test.name);
                    self.once(&mut test.model, model, ModelUse::span, "model");
                }
                Rule::given => test.givens.extend(self.given(item)),
                Rule::setting => test.settings.extend(self.setting(item)),
                Rule::expect_verdict => test.expectations.extend(self.expect_verdict(item)),
                _ => test.expectations.extend(self.expect_step(item)),
            }
        }
        test.damaged = self.findings.len() > before;
        Some(test)
    }

    fn given(&mut self, node: Node) -> Option<Given> {
        let what = self.given_what(node.children().find(|part| part.rule != Rule::kw_given)?)?;
        let since = node.find(Rule::since).and_then(|since| self.since(since));
        let lasting = node.find(Rule::lasting).and_then(|lasting| self.find_expr(lasting));
        Some(Given { what, since, lasting, span: self.span(node) })
    }

    fn given_what(&mut self, node: Node) -> Option<GivenWhat> {
        Some(match node.rule {
            Rule::kw_steady => GivenWhat::Steady,
            Rule::kw_stop => GivenWhat::Stop,
            Rule::no_data_of => GivenWhat::Silence(self.find_path(node)?),
            Rule::no_evidence => GivenWhat::Unseen(self.find_step_path(node)?),
            Rule::given_traffic => GivenWhat::Traffic(self.first_name(node)?, self.course(node)?),
            Rule::given_value => {
                GivenWhat::Value(self.find_step_path(node)?, self.first_name(node), self.course(node)?)
            }
            _ => GivenWhat::Happening(self.find_step_path(node)?, self.first_name(node)?),
        })
    }

    fn course(&mut self, node: Node) -> Option<Course> {
        let course = node.find(Rule::course)?;
        let mut parts: Vec<_> = course.all(Rule::expression).map(|part| self.expression(part)).collect();
        Some(match (parts.len(), course.find(Rule::kw_every)) {
            (3, _) => {
                let (over, to) = (parts.pop()?, parts.pop()?);
                Course::Ramp { from: parts.pop()?, to, over }
            }
            (2, Some(_)) => {
                let every = parts.pop()?;
                Course::Levels { values: parts.pop()?, every }
            }
            _ => Course::One(parts.pop()?),
        })
    }

    fn setting(&mut self, node: Node) -> Option<(Name, Expr)> {
        self.first_name(node).zip(self.find_expr(node))
    }

    fn since(&mut self, node: Node) -> Option<Since> {
        let after = node.find(Rule::kw_after).is_some();
        Some(Since { offset: self.find_expr(node)?, step: self.find_step_path(node), after })
    }

    fn expect_verdict(&mut self, node: Node) -> Option<TestExpectation> {
        let verdict = node.find(Rule::verdict)?;
        let words = verdict.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let verdict = Name { text: words, span: self.span(verdict) };
        Some(TestExpectation::Verdict { verdict, because: self.find_expr(node), span: self.span(node) })
    }

    fn expect_step(&mut self, node: Node) -> Option<TestExpectation> {
        let (step, outcome) = (self.find_step_path(node)?, self.first_name(node)?);
        Some(TestExpectation::Step { step, outcome, within: self.find_expr(node), span: self.span(node) })
    }

    pub(super) fn schedule(&mut self, node: Node) -> Option<Schedule> {
        let mut paths = node.all(Rule::path).map(|path| self.path(path));
        let mut schedule = Schedule {
            name: self.first_name(node)?,
            experiment: paths.next()?,
            environment: paths.next(),
            cron: None,
            timezone: None,
            settings: Vec::new(),
            doc: self.doc(node),
        };
        let block = node.find(Rule::schedule_block)?;
        for item in self.statements(block, Rule::schedule_item, Rule::strict_schedule) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::cron => self.once_expr(&mut schedule.cron, item, "cron"),
                Rule::timezone => self.once_expr(&mut schedule.timezone, item, "timezone"),
                _ => schedule.settings.extend(self.setting(item)),
            }
        }
        Some(schedule)
    }
}
