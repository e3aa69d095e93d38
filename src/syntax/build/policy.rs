//! `policy`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Expr, ExprKind, Policy, Requirement, Rule as Written};

impl Builder<'_> {
    pub(super) fn policy(&mut self, node: Node) -> Option<Policy> {
        let title = node.find(Rule::text).and_then(|text| self.text_name(text));
        let block = node.find(Rule::policy_block)?;
        let mut policy = Policy {
            name: self.first_name(node)?,
            title: title.map(|title| Expr { kind: ExprKind::Text(title.text), span: title.span }),
            applies: self.find_expr(node),
            rules: Vec::new(),
            doc: self.doc(node),
            damaged: false,
        };
        let before = self.findings.len();
        for rule in self.statements(block, Rule::policy_rule, Rule::strict_policy) {
            policy.rules.extend(self.rule(rule));
        }
        policy.damaged = self.findings.len() > before;
        Some(policy)
    }

    fn rule(&mut self, node: Node) -> Option<Written> {
        let inner = Self::inner(node)?;
        let requirement = self.requirement(inner)?;
        let (mut condition, mut reason) = (None, None);
        let mut word = None;
        for part in node.children() {
            match (part.rule, word) {
                (Rule::kw_if | Rule::kw_because, _) => word = Some(part.rule),
                (Rule::expression, Some(Rule::kw_if)) => condition = Some(self.expression(part)),
                (Rule::expression, _) => reason = Some(self.expression(part)),
                _ => {}
            }
        }
        Some(Written { requirement, condition, reason, span: self.span(node) })
    }

    fn requirement(&mut self, node: Node) -> Option<Requirement> {
        let denies = node.rule == Rule::deny;
        if let Some(approval) = node.find(Rule::approval) {
            return self.find_expr(approval).map(Requirement::Approval);
        }
        if let Some(confirmed) = node.find(Rule::confirmed) {
            let within = self.find_expr(confirmed);
            return self.first_name(confirmed).map(|environment| Requirement::Confirmed(environment, within));
        }
        if let Some(hours) = node.find(Rule::hours) {
            return self.find_expr(hours).map(Requirement::Hours);
        }
        self.find_expr(node).map(if denies { Requirement::Deny } else { Requirement::Require })
    }
}
