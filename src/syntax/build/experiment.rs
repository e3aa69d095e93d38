//! `experiment`, its limits, steps and expectations.

use super::Builder;
use crate::syntax::errors;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{
    Abort, Awaited, Expect, Experiment, Expr, ExprKind, Inject, Limits, Mode, Name, Operator, Parameter, Run, Step,
    Timing, Wait,
};

impl Builder<'_> {
    pub(super) fn experiment(&mut self, node: &Node) -> Option<Experiment> {
        let mut experiment = Experiment {
            name: self.first_name(node)?,
            system: self.find_path(node)?,
            id: None,
            hypothesis: None,
            owner: None,
            tags: Vec::new(),
            parameters: Vec::new(),
            window: None,
            baseline: None,
            no_data: None,
            limits: None,
            aborts: Vec::new(),
            run: None,
            expectations: Vec::new(),
            doc: self.doc(node),
            damaged: false,
        };
        let before = self.findings.len();
        let block = node.find(Rule::experiment_block)?;
        for item in self.statements(block, Rule::experiment_item, Rule::strict_experiment) {
            self.attributes(item);
            let Some(item) = item.children.iter().find(|child| child.rule != Rule::attribute) else { continue };
            self.experiment_item(item, &mut experiment);
        }
        experiment.damaged = self.findings.len() > before;
        Some(experiment)
    }

    fn experiment_item(&mut self, item: &Node, experiment: &mut Experiment) {
        match item.rule {
            Rule::id => self.once_expr(&mut experiment.id, item, "id"),
            Rule::hypothesis => self.once_expr(&mut experiment.hypothesis, item, "hypothesis"),
            Rule::owner => self.once_expr(&mut experiment.owner, item, "owner"),
            Rule::window => self.once_expr(&mut experiment.window, item, "window"),
            Rule::baseline => self.once_expr(&mut experiment.baseline, item, "baseline"),
            Rule::no_data => self.once_expr(&mut experiment.no_data, item, "no data"),
            Rule::tags => experiment.tags.extend(self.all_expr(item)),
            Rule::parameter => experiment.parameters.extend(self.parameter(item)),
            Rule::abort => experiment.aborts.extend(self.abort(item)),
            Rule::expect => experiment.expectations.extend(self.expect(item)),
            Rule::limits => {
                let limits = self.limits(item);
                self.once(&mut experiment.limits, limits, |limits| limits.span, "limit");
            }
            _ => {
                let run = self.run(item);
                self.once(&mut experiment.run, run, |run| run.span, "run");
            }
        }
    }

    pub(super) fn parameter(&mut self, node: &Node) -> Option<Parameter> {
        let (name, ty) = (self.first_name(node)?, self.find_type(node)?);
        let (range, default) = (self.bounds(node), self.find_expr(node));
        Some(Parameter { name, ty, range, default, doc: self.doc(node) })
    }

    fn abort(&mut self, node: &Node) -> Option<Abort> {
        let condition = self.find_expr(node)?;
        let timing = self.timing(node, &condition);
        Some(Abort { condition, timing, span: self.span(node) })
    }

    pub(super) fn limits(&mut self, node: &Node) -> Option<Limits> {
        let block = node.find(Rule::limit_block)?;
        let mut limits = Limits { services: Vec::new(), bounds: Vec::new(), span: self.span(node) };
        for item in self.statements(block, Rule::limit_item, Rule::strict_limit) {
            let Some(item) = item.children.first() else { continue };
            match item.rule {
                Rule::service_limit => {
                    let word = item.children.first().map(|word| self.name(word));
                    limits.services.extend(word.map(|word| (word, self.names(item))));
                }
                _ => {
                    let bound = self.first_name(item).zip(self.find_expr(item));
                    limits.bounds.extend(bound);
                }
            }
        }
        Some(limits)
    }

    fn run(&mut self, node: &Node) -> Option<Run> {
        Some(Run { steps: self.steps(node)?, span: self.span(node) })
    }

    fn steps(&mut self, node: &Node) -> Option<Vec<Step>> {
        let block = node.find(Rule::step_block)?;
        let steps = self.statements(block, Rule::step, Rule::strict_step);
        Some(steps.into_iter().filter_map(|step| self.step(step)).collect())
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let allows = self.attributes(node);
        let inner = node.children.iter().find(|child| child.rule != Rule::attribute)?;
        match inner.rule {
            Rule::inject => self.inject(inner, allows).map(Step::Inject),
            Rule::expect => self.expect(inner).map(Step::Expect),
            Rule::wait => self.wait(inner).map(Step::Wait),
            Rule::parallel => Some(Step::Parallel(self.steps(inner)?, self.span(inner))),
            _ => Some(Step::Sequence(self.steps(inner)?, self.span(inner))),
        }
    }

    fn inject(&mut self, node: &Node, allows: Vec<Name>) -> Option<Inject> {
        let arguments = node.find(Rule::arguments)?;
        let block = node.find(Rule::expect_block);
        let mut expectations = Vec::new();
        if let Some(block) = block {
            for item in self.statements(block, Rule::attributed_expect, Rule::strict_expect) {
                self.attributes(item);
                let expect = item.find(Rule::expect).and_then(|expect| self.expect(expect));
                expectations.extend(expect);
            }
        }
        let mut span = self.span(node);
        if let Some(block) = block {
            let head = self.text[node.start..block.start].trim_end().len();
            span = crate::base::Span::new(self.source, node.start, node.start + head);
        }
        Some(Inject {
            fault: self.find_path(node)?,
            arguments: self.arguments(arguments),
            name: self.first_name(node),
            duration: self.find_expr(node)?,
            expectations,
            allows,
            span,
        })
    }

    fn wait(&mut self, node: &Node) -> Option<Wait> {
        let value = self.find_expr(node)?;
        let what = match node.find(Rule::kw_until) {
            None => Awaited::Duration(value),
            Some(_) => {
                let timing = self.timing(node, &value);
                Awaited::Condition(value, timing)
            }
        };
        Some(Wait { what, name: self.first_name(node), span: self.span(node) })
    }

    fn expect(&mut self, node: &Node) -> Option<Expect> {
        let mode = node.children.iter().find_map(|child| match child.rule {
            Rule::always => Some(Mode::Always),
            Rule::never => Some(Mode::Never),
            _ => None,
        });
        let condition = self.find_expr(node)?;
        let timing = self.timing(node, &condition);
        Some(Expect { mode, condition, timing, name: self.first_name(node), span: self.span(node) })
    }

    fn timing(&mut self, node: &Node, condition: &Expr) -> Option<Timing> {
        let inner = node.find(Rule::timing)?.children.first()?;
        let span = self.span(inner);
        if matches!(condition.kind, ExprKind::Binary(Operator::Or, ..)) {
            self.findings.push(errors::or_needs_group(condition.span, span));
        }
        let mut parts = self.all_expr(inner).into_iter();
        let first = parts.next()?;
        Some(match inner.rule {
            Rule::within => Timing::Within(first, parts.next(), span),
            _ => Timing::For(first, span),
        })
    }
}
