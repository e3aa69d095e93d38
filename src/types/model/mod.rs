//! The typed model: what the declarations of a program say once they are understood.

mod binding;
mod environment;
mod experiment;
mod fault;
mod parameter;
mod permit;
mod policy;
mod source;
mod step;
mod system;
mod test;

pub use binding::{Binding, How, ProbeUse, SourceRef};
pub use environment::{Allowance, Environment, Place, Restart, Restarter, Toxiproxy};
pub use experiment::{Expectation, Experiment, Limits, Trigger};
pub use fault::{Class, ComponentPath, Fault, Probe};
pub use parameter::{Argument, Parameter};
pub use permit::{CGROUPS, ComponentName, Granted, Permit, ProcessSource, is_controller};
pub use policy::Policy;
pub use source::{Access, Source, SourceKind};
pub use step::{After, Hold, Inject, Step, StepKind};
pub use system::{Metric, Service, Slo, System};
pub use test::{Schedule, Test};
