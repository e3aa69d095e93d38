//! `fault` and `probe`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Expr, Fault, Probe};

impl Builder<'_> {
    pub(super) fn fault(&mut self, node: Node) -> Option<Fault> {
        let mut fault = Fault {
            name: self.first_name(node)?,
            parameters: self.parameters(node)?,
            component: None,
            touches: None,
            fails: None,
            resource: None,
            class: None,
            doc: self.doc(node),
        };
        let block = node.find(Rule::fault_block)?;
        for item in self.statements(block, Rule::fault_item, Rule::strict_fault) {
            let Some(item) = Self::inner(item) else { continue };
            self.fault_item(item, &mut fault);
        }
        Some(fault)
    }

    fn fault_item(&mut self, item: Node, fault: &mut Fault) {
        match item.rule {
            Rule::touches => self.once_expr(&mut fault.touches, item, "touches"),
            Rule::fails => self.once_expr(&mut fault.fails, item, "fails"),
            Rule::resource => {
                let resource = self.find_path(item);
                self.once(&mut fault.resource, resource, |path| path.span, "resource");
            }
            Rule::class => {
                let class = self.first_name(item);
                self.once(&mut fault.class, class, |name| name.span, "class");
            }
            _ => self.component(item, &mut fault.component),
        }
    }

    fn component(&mut self, item: Node, slot: &mut Option<(Expr, Expr)>) {
        let mut both = self.all_expr(item).into_iter();
        let pair = both.next().zip(both.next());
        self.once(slot, pair, |pair| pair.0.span, "component");
    }

    pub(super) fn probe(&mut self, node: Node) -> Option<Probe> {
        let mut probe = Probe {
            name: self.first_name(node)?,
            parameters: self.parameters(node)?,
            returns: self.find_type(node)?,
            component: None,
            doc: self.doc(node),
        };
        let block = node.find(Rule::probe_block)?;
        for item in self.statements(block, Rule::probe_item, Rule::strict_probe) {
            let Some(item) = Self::inner(item) else { continue };
            self.component(item, &mut probe.component);
        }
        Some(probe)
    }
}
