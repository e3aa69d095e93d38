//! Every lint with its page: what is legal, but better not written. The one list of their names; `@allow(…)`,
//! `chaos explain`, `chaos lint` and the documentation are made from it. What they look for is in `src/lint/rules`.

use super::Code;

macro_rules! lints {
    ($($name:ident $text:literal)*) => {
        $(
            #[doc = concat!("See `src/lint/pages/", $text, ".md`.")]
            pub const $name: Code = Code {
                name: $text,
                page: include_str!(concat!("../lint/pages/", $text, ".md")),
            };
        )*

        /// All lints, by name.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

lints! {
    BENDS_WITHOUT_SLO "bends-without-slo"
    BROAD_ALLOW "broad-allow"
    DOUBLE_NEGATION "double-negation"
    DUPLICATE_EXPECTATION "duplicate-expectation"
    DUPLICATE_ID "duplicate-id"
    FULL_TRAFFIC "full-traffic"
    LOOSE_LIMIT "loose-limit"
    LOOSE_SERVICES "loose-services"
    MISSING_DOC "missing-doc"
    MISSING_ID "missing-id"
    MISSING_OWNER "missing-owner"
    MISSING_TIER "missing-tier"
    NAMING "naming"
    NO_ABORT "no-abort"
    NO_EFFECT "no-effect"
    NO_RECOVERY "no-recovery"
    NO_TIME_LIMIT "no-time-limit"
    REDUNDANT_DEFAULT "redundant-default"
    SECRET_IN_TEXT "secret-in-text"
    SHADOWING "shadowing"
    SLOW_SOURCE "slow-source"
    STEADY_DOES_NOT_COVER "steady-does-not-cover"
    UNIT_STYLE "unit-style"
    UNLIMITED_ENVIRONMENT "unlimited-environment"
    UNUSED_ALLOW "unused-allow"
    UNUSED_METRIC "unused-metric"
    UNUSED_MODEL "unused-model"
    UNUSED_PARAM "unused-param"
    UNUSED_SOURCE "unused-source"
    UNUSED_USE "unused-use"
    UNWATCHED_FAULT "unwatched-fault"
    VAGUE_HYPOTHESIS "vague-hypothesis"
    YODA "yoda"
}

/// Errors that `@allow(…)` can answer: what they say may be meant.
pub const ANSWERABLE: &[&str] = &["amplification-only", "interference"];

/// The lint with this name.
pub fn find(name: &str) -> Option<Code> {
    ALL.iter().find(|code| code.name == name).copied()
}

/// All that `@allow(…)` can name.
pub fn allowable() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|code| code.name).chain(ANSWERABLE.iter().copied())
}

/// Whether `@allow(…)` can name it.
pub fn is_allowable(name: &str) -> bool {
    allowable().any(|known| known == name)
}
