//! `model`.

use super::Builder;
use crate::base::Span;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Arrivals, Model, ModelUse, Modelled, Name, Path, Shown, Trait, TraitKind};

impl Builder<'_> {
    pub(super) fn model(&mut self, node: Node) -> Option<Model> {
        let (name, system) = (self.first_name(node)?, self.find_path(node)?);
        let doc = self.doc(node);
        Some(self.model_block(name, Some(system), doc, node.find(Rule::model_block)?))
    }

    /// The model that a test is run in.
    pub(super) fn model_use(&mut self, node: Node, test: &Name) -> Option<ModelUse> {
        let Some(block) = node.find(Rule::model_block) else { return self.find_path(node).map(ModelUse::Named) };
        let name = Name { text: test.text.clone(), span: self.head(node, Some(block)) };
        let model = self.model_block(name, None, String::new(), block);
        Some(ModelUse::Written(Box::new(model), self.span(node)))
    }

    fn model_block(&mut self, name: Name, system: Option<Path>, doc: String, block: Node) -> Model {
        let (arrivals, services, shown) = (Vec::new(), Vec::new(), Vec::new());
        let mut model = Model { name, system, arrivals, services, shown, damaged: false, doc };
        let before = self.findings.len();
        for item in self.statements(block, Rule::model_item, Rule::strict_model) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::arrivals => model.arrivals.extend(self.arrivals(item)),
                Rule::modelled => model.services.extend(self.modelled(item)),
                _ => model.shown.extend(self.shown(item)),
            }
        }
        model.damaged = self.findings.len() > before;
        model
    }

    fn arrivals(&mut self, node: Node) -> Option<Arrivals> {
        Some(Arrivals { service: self.first_name(node)?, rate: self.find_expr(node)? })
    }

    fn shown(&mut self, node: Node) -> Option<Shown> {
        let mut names = node.all(Rule::name).map(|name| self.name(name));
        Some(Shown { metric: self.find_path(node)?, measure: names.next()?, of: names.next() })
    }

    fn modelled(&mut self, node: Node) -> Option<Modelled> {
        let mut service = Modelled { name: self.first_name(node)?, traits: Vec::new(), tolerates: Vec::new() };
        let block = node.find(Rule::modelled_block)?;
        for item in self.statements(block, Rule::modelled_item, Rule::strict_modelled) {
            let Some(item) = Self::inner(item) else { continue };
            match item.rule {
                Rule::tolerated => service.tolerates.extend(self.names(item)),
                _ => service.traits.extend(self.model_trait(item)),
            }
        }
        Some(service)
    }

    fn model_trait(&mut self, node: Node) -> Option<Trait> {
        let kind = TraitKind::of(node.text)?;
        let word = Span::new(self.span(node).source, node.start, node.start + kind.word().len());
        Some(Trait { kind, values: self.all_expr(node), to: self.names(node), word })
    }
}
