//! The runner's words in those of each version of the interface. The records of 0.1 and 0.2 have the same fields, so one text
//! makes both modules.

use crate::injector::bindings;
use crate::injector::call::{self, Call, Evidence, Handle, Phase, Target, nanoseconds};
use crate::injector::error::Flaw;
use crate::injector::limits::CALL_TIMEOUT;
use crate::injector::value::Value;

/// A module `$module` with the words of `bindings::$module`; `$code` are the error codes that only this version has.
macro_rules! words {
    ($module:ident $(, $code:ident => $word:literal)*) => {
        pub(in crate::injector) mod $module {
            use super::*;
            use bindings::$module::chaos::injector::types::{self, ErrorCode, Param};
            use bindings::$module::exports::chaos::injector::injector as wit;

            pub fn context(call: &Call) -> wit::Context {
                wit::Context {
                    run_id: call.run.clone(),
                    experiment: call.experiment.clone(),
                    step: call.step.clone(),
                    fence: call.fence,
                    lease: call.lease.map(nanoseconds),
                    seed: call.seed(),
                    dry_run: call.dry_run,
                    deadline: Some(nanoseconds(CALL_TIMEOUT)),
                    attributes: Vec::new(),
                }
            }

            pub fn target(target: &Target) -> wit::Target {
                let attributes = target.attributes.iter().map(|(name, value)| (name.clone(), value.clone()));
                wit::Target {
                    kind: "service".to_owned(),
                    name: target.service.clone(),
                    instances: target.instances.iter().map(instance).collect(),
                    attributes: attributes.collect(),
                }
            }

            fn instance(instance: &call::Instance) -> wit::Instance {
                wit::Instance {
                    id: instance.id.clone(),
                    address: instance.address.clone(),
                    namespace: instance.namespace.clone(),
                    labels: Vec::new(),
                    zone: None,
                }
            }

            pub fn params(values: &[(String, Value)]) -> Vec<Param> {
                values.iter().map(|(name, value)| Param { name: name.clone(), value: param(value) }).collect()
            }

            fn param(value: &Value) -> types::Value {
                match value {
                    Value::Boolean(value) => types::Value::Boolean(*value),
                    Value::Integer(value) => types::Value::Integer(*value),
                    Value::Number(value) => types::Value::Number(*value),
                    Value::Text(value) => types::Value::Text(value.clone()),
                    Value::Duration(value) => types::Value::Duration(*value),
                    Value::Size(value) => types::Value::Size(*value),
                    Value::Bandwidth(value) => types::Value::Bandwidth(*value),
                    Value::Frequency(value) => types::Value::Frequency(*value),
                    Value::Ratio(value) => types::Value::Ratio(*value),
                    Value::Texts(value) => types::Value::Texts(value.clone()),
                }
            }

            pub fn handle(handle: &Handle) -> wit::Handle {
                wit::Handle { id: handle.id.clone(), data: handle.data.clone() }
            }

            pub fn evidence(report: wit::Report) -> Evidence {
                let phase = match report.phase {
                    wit::Phase::Active => Phase::Active,
                    wit::Phase::Reverted => Phase::Reverted,
                    wit::Phase::Expired => Phase::Expired,
                    wit::Phase::Lost => Phase::Lost,
                };
                Evidence { phase, acted: report.acted, message: report.message }
            }

            pub fn error(error: types::Error) -> Flaw {
                let code = match error.code {
                    ErrorCode::InvalidParams => "invalid-params".to_owned(),
                    ErrorCode::UnsupportedTarget => "unsupported-target".to_owned(),
                    ErrorCode::PermissionDenied => "permission-denied".to_owned(),
                    ErrorCode::TargetUnreachable => "target-unreachable".to_owned(),
                    ErrorCode::Timeout => "timeout".to_owned(),
                    ErrorCode::UnknownHandle => "unknown-handle".to_owned(),
                    $(ErrorCode::$code => $word.to_owned(),)*
                    ErrorCode::Internal => "internal".to_owned(),
                    ErrorCode::Other(code) => code,
                };
                Flaw::Refused { code, message: error.message, retryable: error.retryable }
            }
        }
    };
}

words!(v0_1);
words!(v0_2, Exhausted => "exhausted");
