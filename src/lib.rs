//! A typed language for chaos experiments, from text to verdict.
//!
//! Folders are layers with ranks; a module imports from lower ranks only, and a test reads the `use crate::` lines to
//! keep it so. The way of a file: text → tree → names → types → plan → radius → run → report.
//!
//! | rank | module | does |
//! | --- | --- | --- |
//! | 0 | [`base`] | places in texts, quantities, clocks, which requests are meant |
//! | 1 | [`diagnostics`] | findings: codes with pages, drawing, suggestions |
//! | 2 | [`syntax`] | text to tree; total |
//! | 2 | [`project`] | `chaos.toml`: what of a folder is checked, and how |
//! | 3 | [`format`] | the formatter; from the text alone |
//! | 3 | [`names`] | files to a program: imports, scopes, the embedded standard library |
//! | 4 | [`types`] | types, dimensions, ranges, conditions: the typed model |
//! | 5 | [`plan`] | the execution graph, with all that an environment adds |
//! | 6 | [`radius`] | the worst the graph can do, proven against the limits |
//! | 7 | [`policy`] | the rules that a plan breaks, and what is asked before it runs |
//! | 7 | [`monitor`] | conditions over time: obligations, triggers; pure |
//! | 7 | [`journal`] | the run store |
//! | 7 | [`web`] | HTTP clients: one way to make them |
//! | 8 | [`analysis`] | all of the above in one call |
//! | 8 | [`injector`] | the host of WebAssembly injectors |
//! | 8 | [`metrics`] | where metrics come from: the scraper, Prometheus servers, the proxy's view, probes |
//! | 8 | [`surroundings`] | what of a run outlives it where it is started |
//! | 8 | [`toy`] | toy systems in virtual time, for tests; pure |
//! | 8 | [`registry`] | components from elsewhere, and where they are kept |
//! | 9 | [`document`] | a plan as a document: JSON, hash, drawings, what changed |
//! | 9 | [`lint`] | rules about what is legal, but better not written |
//! | 9 | [`run`] | the interpreter: environment, steady state, steps, watchers, recovery |
//! | 10 | [`rehearsal`] | what an environment shows while nothing is injected, check by check |
//! | 10 | [`simulation`] | experiments in virtual time: tests, and what can go wrong with a run |
//! | 10 | [`replay`] | what the outside answered in a run, kept; and the run computed again from it |
//! | 10 | [`report`] | plan, progress and verdict for people |
//! | 10 | [`proxy`] | the fault proxy |
//! | 10 | [`demo`] | the sample shop |
//! | 10 | `lsp` | the language server: what editors ask |
//! | 10 | [`kit`] | injectors of one's own: first files, building, conformance |
//! | 10 | [`starter`] | the first files of a system: `chaos init` |
//! | 11 | [`cli`] | one file a command |
//!
//! Ranks 0 to 6, policies, the analysis, the documents, the lints and the language server do no I/O; with
//! `--no-default-features` they build alone, the language server with `--features lsp`.

pub mod analysis;
pub mod base;
pub mod diagnostics;
pub mod document;
pub mod format;
pub mod lint;
#[cfg(feature = "lsp")]
pub mod lsp;
pub mod monitor;
pub mod names;
pub mod plan;
pub mod policy;
pub mod project;
pub mod radius;
pub mod syntax;
pub mod toy;
pub mod types;

#[cfg(feature = "runtime")]
pub mod cli;
#[cfg(feature = "runtime")]
pub mod demo;
#[cfg(feature = "runtime")]
pub mod injector;
#[cfg(feature = "runtime")]
pub mod journal;
#[cfg(feature = "runtime")]
pub mod kit;
#[cfg(feature = "runtime")]
pub mod metrics;
#[cfg(feature = "runtime")]
pub mod proxy;
#[cfg(feature = "runtime")]
pub mod registry;
#[cfg(feature = "runtime")]
pub mod rehearsal;
#[cfg(feature = "runtime")]
pub mod replay;
#[cfg(feature = "runtime")]
pub mod report;
#[cfg(feature = "runtime")]
pub mod run;
#[cfg(feature = "runtime")]
pub mod simulation;
#[cfg(feature = "runtime")]
pub mod starter;
#[cfg(feature = "runtime")]
pub mod surroundings;
#[cfg(feature = "runtime")]
pub mod web;
