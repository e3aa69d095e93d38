//! The rules, one file each.

pub mod bends_without_slo;
pub mod broad_allow;
pub mod double_negation;
pub mod duplicate_expectation;
pub mod duplicate_id;
pub mod full_traffic;
pub mod loose_limit;
pub mod loose_services;
pub mod missing_doc;
pub mod missing_id;
pub mod missing_owner;
pub mod missing_tier;
pub mod naming;
pub mod no_abort;
pub mod no_effect;
pub mod no_recovery;
pub mod no_time_limit;
pub mod redundant_default;
pub mod secret_in_text;
pub mod shadowing;
pub mod slow_source;
pub mod steady_does_not_cover;
pub mod unit_style;
pub mod unlimited_environment;
pub mod unused_allow;
pub mod unused_metric;
pub mod unused_model;
pub mod unused_param;
pub mod unused_source;
pub mod unused_use;
pub mod unwatched_fault;
pub mod vague_hypothesis;
pub mod yoda;

use super::Rule;

/// All rules, by name; a test compares them with the list of lints.
pub const ALL: &[Rule] = &[
    bends_without_slo::RULE,
    broad_allow::RULE,
    double_negation::RULE,
    duplicate_expectation::RULE,
    duplicate_id::RULE,
    full_traffic::RULE,
    loose_limit::RULE,
    loose_services::RULE,
    missing_doc::RULE,
    missing_id::RULE,
    missing_owner::RULE,
    missing_tier::RULE,
    naming::RULE,
    no_abort::RULE,
    no_effect::RULE,
    no_recovery::RULE,
    no_time_limit::RULE,
    redundant_default::RULE,
    secret_in_text::RULE,
    shadowing::RULE,
    slow_source::RULE,
    steady_does_not_cover::RULE,
    unit_style::RULE,
    unlimited_environment::RULE,
    unused_allow::RULE,
    unused_metric::RULE,
    unused_model::RULE,
    unused_param::RULE,
    unused_source::RULE,
    unused_use::RULE,
    unwatched_fault::RULE,
    vague_hypothesis::RULE,
    yoda::RULE,
];
