//! Types, ranges, parameters, and which component is behind a fault or probe.

use super::Builder;
use crate::syntax::parser::{Node, Rule};
use crate::syntax::tree::{Expr, Name, Parameter, TypeKind, TypeName};

impl Builder<'_> {
    /// The type among a node's parts.
    pub(super) fn find_type(&self, node: Node) -> Option<TypeName> {
        node.find(Rule::type_name).and_then(|ty| self.type_name(ty))
    }

    fn type_name(&self, node: Node) -> Option<TypeName> {
        let span = self.span(node);
        if let Some(variants) = node.find(Rule::enumeration) {
            let names = variants.each(Rule::name, |name| Some(self.name(name)));
            return Some(TypeName { kind: TypeKind::Enum(names), span });
        }
        if let Some(structure) = node.find(Rule::structure) {
            let fields = structure.all(Rule::field).filter_map(|field| self.field(field)).collect();
            return Some(TypeName { kind: TypeKind::Service(fields), span });
        }
        let name = self.first_name(node)?;
        let argument = match node.find(Rule::type_argument) {
            Some(argument) => self.type_name(argument).map(Box::new),
            None => node.all(Rule::name).nth(1).map(|inner| Box::new(self.plain_type(inner))),
        };
        Some(TypeName { kind: TypeKind::Named(name, argument), span })
    }

    fn field(&self, node: Node) -> Option<(Name, TypeName)> {
        Some((self.first_name(node)?, self.find_type(node)?))
    }

    fn plain_type(&self, node: Node) -> TypeName {
        TypeName { kind: TypeKind::Named(self.name(node), None), span: self.span(node) }
    }

    /// The range among a node's parts.
    pub(super) fn bounds(&mut self, node: Node) -> Option<(Expr, Expr)> {
        let mut both = node.find(Rule::bounds)?.all(Rule::expression);
        let (low, high) = (both.next()?, both.next()?);
        Some((self.expression(low), self.expression(high)))
    }

    /// `(target: service, rate: ratio = 100%)`.
    pub(super) fn parameters(&mut self, node: Node) -> Option<Vec<Parameter>> {
        let list = node.find(Rule::parameters)?;
        Some(list.each(Rule::typed_parameter, |one| self.typed_parameter(one, one)))
    }

    /// `param rate: ratio in 1%..100% = 40%`.
    pub(super) fn parameter(&mut self, node: Node) -> Option<Parameter> {
        self.typed_parameter(node.find(Rule::typed_parameter)?, node)
    }

    fn typed_parameter(&mut self, node: Node, whole: Node) -> Option<Parameter> {
        let name = self.first_name(node)?;
        let ty = self.find_type(node).unwrap_or(TypeName { kind: TypeKind::Inferred, span: name.span });
        let (range, default) = (self.bounds(node), self.find_expr(node));
        Some(Parameter { name, ty, range, default, doc: self.doc(whole) })
    }
}
