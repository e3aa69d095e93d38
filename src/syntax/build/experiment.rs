//! `experiment` and its limits, `scenario`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Abort, Experiment, Expr, Limits, Run, Scenario};

impl Builder<'_> {
    pub(super) fn experiment(&mut self, node: Node) -> Option<Experiment> {
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
            steady: Vec::new(),
            consents: Vec::new(),
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
            let Some(item) = Self::inner(item) else { continue };
            self.experiment_item(item, &mut experiment);
        }
        experiment.damaged = self.findings.len() > before;
        Some(experiment)
    }

    fn experiment_item(&mut self, item: Node, experiment: &mut Experiment) {
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
            Rule::expect => experiment.expectations.extend(self.expect(item, Vec::new())),
            Rule::steady_state => experiment.steady.extend(self.steady_state(item)),
            Rule::consent => experiment.consents.extend(self.first_name(item)),
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

    fn abort(&mut self, node: Node) -> Option<Abort> {
        let condition = self.find_expr(node)?;
        let timing = self.timing(node, &condition);
        Some(Abort { condition, timing, span: self.span(node) })
    }

    pub(super) fn limits(&mut self, node: Node) -> Option<Limits> {
        let block = node.find(Rule::limit_block)?;
        let mut limits = Limits { services: Vec::new(), texts: Vec::new(), bounds: Vec::new(), span: self.span(node) };
        for item in self.statements(block, Rule::limit_item, Rule::strict_limit) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::service_limit => {
                    let word = item.children().next().map(|word| self.name(word));
                    limits.services.extend(word.map(|word| (word, self.names(item))));
                }
                Rule::text_limit => {
                    let word = item.children().next().map(|word| self.name(word));
                    let texts = self.all_expr(item);
                    limits.texts.extend(word.map(|word| (word, texts)));
                }
                _ => {
                    let bound = self.first_name(item).zip(self.find_expr(item));
                    limits.bounds.extend(bound);
                }
            }
        }
        Some(limits)
    }

    fn steady_state(&mut self, node: Node) -> Vec<Expr> {
        let Some(block) = node.find(Rule::steady_block) else { return Vec::new() };
        let items = self.statements(block, Rule::steady_item, Rule::strict_steady);
        items.into_iter().filter_map(|item| self.find_expr(item)).collect()
    }

    pub(super) fn scenario(&mut self, node: Node) -> Option<Scenario> {
        let before = self.findings.len();
        let (name, parameters, steps) = (self.first_name(node)?, self.parameters(node)?, self.steps(node)?);
        Some(Scenario { name, parameters, steps, doc: self.doc(node), damaged: self.findings.len() > before })
    }

    fn run(&mut self, node: Node) -> Option<Run> {
        Some(Run { steps: self.steps(node)?, span: self.span(node) })
    }
}
