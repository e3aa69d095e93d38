//! The integration tests, one binary: the real program against real programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod bad_input;
mod components;
mod dice;
mod docs;
mod examples;
mod explore;
mod fixes;
mod fmt;
mod format;
mod formats;
mod fuzz;
mod givens;
mod graph;
mod harness;
mod init;
mod lint;
mod messages;
mod models;
mod pages;
mod plan_document;
mod policy;
mod projects;
mod prometheus;
mod quickstart;
mod recovery;
mod rehearsal;
mod restarts;
mod simulation;
mod somebody_elses;
mod soundness;
mod sources;
mod spec;
mod trials;
