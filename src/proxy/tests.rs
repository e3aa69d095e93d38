//! The whole proxy over real sockets.

mod bodies;
mod commands;
mod counting;
mod endings;
mod harness;
mod injection;
mod limiting;
mod marks;
mod selection;
mod traffic;
