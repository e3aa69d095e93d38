//! `let`: constants, which may name each other in any order, but not in a circle.

use super::Checker;
use crate::base::stack;
use crate::names::{DeclarationId, Kind, ModuleId};
use crate::syntax::tree::{Expr, ExprKind, Path};
use crate::types::errors;
use crate::types::expression::Context;
use crate::types::model::Argument;
use crate::types::term::{Known, Term};
use crate::types::value::{Typed, Values};

impl Checker<'_> {
    /// Evaluates all constants; from then on every module has its own.
    pub(super) fn constants(&mut self) {
        for id in self.declarations(|module| module.file.constants.len()) {
            self.constant(id, &mut Vec::new());
        }
        let visible = |at: usize| {
            let scope = &self.program.modules.get(at)?.scope;
            let named = scope.known(Kind::Constant).filter_map(|name| Some((name, scope.find(Kind::Constant, name)?)));
            Some(named.map(|(name, id)| (name.to_owned(), self.constant_value(id))).collect())
        };
        self.values = (0..self.program.modules.len()).map(|at| visible(at).unwrap_or_default()).collect();
    }

    fn constant_value(&self, id: DeclarationId) -> Typed {
        self.checked.constants.get(&id).cloned().unwrap_or_else(Typed::error)
    }

    fn constant(&mut self, id: DeclarationId, chain: &mut Vec<DeclarationId>) -> Typed {
        if let Some(known) = self.checked.constants.get(&id) {
            return known.clone();
        }
        let Some(written) = self.file(id).and_then(|file| file.constants.get(id.index)) else { return Typed::error() };
        if chain.contains(&id) {
            let names = chain.iter().chain([&id]).filter_map(|id| self.constant_name(*id)).collect::<Vec<_>>();
            let start = names.iter().position(|name| *name == written.name.text).unwrap_or(0);
            self.report(errors::circle("constants need each other", &names[start..], written.name.span));
            self.checked.constants.insert(id, Typed::error());
            return Typed::error();
        }
        chain.push(id);
        let values = self.needed(&written.value, id.module, chain);
        chain.pop();
        let before = self.checked.findings.len();
        let context = Context { values: Some(&values), ..Context::default() };
        let mut typed = self.typing(context).value(&written.value);
        if let Argument::Term(term) = &typed.value
            && !term.is_constant()
        {
            self.report(errors::not_constant(&written.name.text, written.value.span));
            typed = Typed::error();
        }
        if self.checked.findings.len() > before || self.checked.constants.contains_key(&id) {
            typed = Typed::error();
        }
        typed.value = folded(typed.value);
        self.checked.constants.insert(id, typed.clone());
        typed
    }

    fn constant_name(&self, id: DeclarationId) -> Option<String> {
        self.file(id)?.constants.get(id.index).map(|constant| constant.name.text.clone())
    }

    /// The constants that an expression names.
    fn needed(&mut self, expr: &Expr, module: ModuleId, chain: &mut Vec<DeclarationId>) -> Values {
        let mut values = Values::new();
        for path in paths(expr) {
            let text = path.text();
            let found = self.program.module(module).and_then(|module| module.scope.find(Kind::Constant, &text));
            if let Some(id) = found {
                let value = stack::level(|| self.constant(id, chain));
                values.insert(text, value);
            }
        }
        values
    }
}

/// A value worked out, so that what is made of it need not hold how it was made.
fn folded(value: Argument) -> Argument {
    match value {
        Argument::Term(term) => {
            let bounds = term.bounds(&Known::default());
            Argument::Term(if bounds.is_point() { Term::Constant(bounds.lo) } else { term })
        }
        Argument::List(items) => Argument::List(items.into_iter().map(folded).collect()),
        other => other,
    }
}

/// Every path in an expression.
fn paths(expr: &Expr) -> Vec<&Path> {
    match &expr.kind {
        ExprKind::Path(path) => vec![path],
        ExprKind::Group(inner) | ExprKind::Negative(inner) | ExprKind::Not(inner) => paths(inner),
        ExprKind::Binary(_, a, b) => paths(a).into_iter().chain(paths(b)).collect(),
        ExprKind::List(items) => items.iter().flat_map(paths).collect(),
        ExprKind::Call(_, arguments) => arguments.list.iter().flat_map(|argument| paths(&argument.value)).collect(),
        _ => Vec::new(),
    }
}
