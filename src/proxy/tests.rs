//! The whole proxy over real sockets.

mod commands;
mod harness;
mod injection;
mod marks;
mod traffic;
