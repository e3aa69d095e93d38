//! The component of the tests, and how it is told what to do.

use super::call;
use crate::injector::call::{Call, Evidence, Handle, Target};
use crate::injector::imports::Pins;
use crate::injector::{Deed, Grant, Host, Injector, InjectorError};
use crate::journal::{HostCall, Journal};
use crate::plan::PlannedArgument;
use crate::types::Type;
use crate::types::model::Argument;
use crate::types::term::Term;
use std::collections::BTreeMap;
use std::sync::Arc;

const ROGUE: &[u8] = include_bytes!("../../../tests/components/rogue.wasm");

/// The component with its host.
pub struct Rogue {
    pub injector: Injector,
    pub journal: Arc<Journal>,
}

/// What it is told.
#[derive(Clone, Default)]
pub struct Order {
    arguments: BTreeMap<String, PlannedArgument>,
    fault: String,
}

/// An order to do something when a fault is injected.
pub fn order(fault: &str) -> Order {
    Order { fault: fault.to_owned(), ..Order::default() }
}

impl Order {
    fn with(mut self, name: &str, ty: Type, value: Argument) -> Self {
        self.arguments.insert(name.to_owned(), PlannedArgument { ty, value });
        self
    }

    pub fn what(self, what: &str) -> Self {
        self.with("what", Type::String, Argument::Text(what.to_owned()))
    }

    pub fn when(self, when: &str) -> Self {
        self.with("when", Type::String, Argument::Text(when.to_owned()))
    }

    pub fn args(self, args: &[&str]) -> Self {
        let all = args.iter().map(|it| Argument::Text((*it).to_owned())).collect();
        self.with("args", Type::List(Box::new(Type::String)), Argument::List(all))
    }

    pub fn number(self, name: &str, number: u64) -> Self {
        self.with(name, Type::Int, Argument::Term(Term::Constant(number as f64)))
    }

    pub fn seconds(self, seconds: f64) -> Self {
        self.with("time", Type::Duration, Argument::Term(Term::Constant(seconds)))
    }
}

impl Rogue {
    pub fn new() -> Self {
        Self::resolving(Pins::default())
    }

    pub fn resolving(pins: Pins) -> Self {
        let journal = Arc::new(Journal::in_memory().unwrap());
        let host = Host::resolving(None, Arc::clone(&journal), pins).unwrap();
        Self { injector: host.load_bytes("rogue", ROGUE).unwrap(), journal }
    }

    pub async fn prepared(&self, grant: &Grant, order: &Order) -> Result<Handle, InjectorError> {
        let target = Target { service: "payment".to_owned(), ..Target::default() };
        self.injector.prepare(grant, &call(), &order.fault, &target, &order.arguments).await
    }

    /// Prepares and injects.
    pub async fn does(&self, grant: &Grant, order: &Order) -> Result<Vec<Deed>, InjectorError> {
        self.does_as(&call(), grant, order).await
    }

    pub async fn does_as(&self, by: &Call, grant: &Grant, order: &Order) -> Result<Vec<Deed>, InjectorError> {
        let handle = self.prepared(grant, order).await?;
        self.injector.inject(grant, by, &handle).await
    }

    pub async fn status(&self, grant: &Grant, order: &Order) -> Result<Evidence, InjectorError> {
        let handle = self.prepared(grant, order).await?;
        self.injector.status(grant, &call(), &handle).await
    }

    pub fn asked(&self) -> Vec<HostCall> {
        self.journal.host_calls("r").unwrap()
    }
}

/// What the host answered the component.
pub fn answer<T: std::fmt::Debug>(of: Result<T, InjectorError>) -> String {
    match of {
        Err(InjectorError::Refused { code, message, .. }) if code == "answer" => message,
        other => panic!("no answer: {other:?}"),
    }
}

/// The code with which something was refused.
pub fn refused<T: std::fmt::Debug>(of: Result<T, InjectorError>) -> String {
    match of {
        Err(InjectorError::Refused { code, message, .. }) if code == "answer" => panic!("it was answered: {message}"),
        Err(InjectorError::Refused { code, .. }) => code,
        other => panic!("not refused: {other:?}"),
    }
}
