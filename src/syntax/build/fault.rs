//! `fault`.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::Fault;

impl Builder<'_> {
    pub(super) fn fault(&mut self, node: &Node) -> Option<Fault> {
        let parameters = node.find(Rule::fault_parameters)?;
        let mut fault = Fault {
            name: self.first_name(node)?,
            parameters: parameters.all(Rule::fault_parameter).filter_map(|one| self.parameter(one)).collect(),
            component: None,
            touches: None,
            fails: None,
            resource: None,
            class: None,
            doc: self.doc(node),
        };
        let block = node.find(Rule::fault_block)?;
        for item in self.statements(block, Rule::fault_item, Rule::strict_fault) {
            let Some(item) = item.children.first() else { continue };
            self.fault_item(item, &mut fault);
        }
        Some(fault)
    }

    fn fault_item(&mut self, item: &Node, fault: &mut Fault) {
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
            _ => {
                let mut both = self.all_expr(item).into_iter();
                let pair = both.next().zip(both.next());
                self.once(&mut fault.component, pair, |pair| pair.0.span, "component");
            }
        }
    }
}
