//! What a component may use up.

use std::time::Duration;
use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// A call gives way to others this often, so that an endless loop cannot hold a thread.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// A call must have answered by then.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// What a call asks of the host must have been answered by then, so that a component can still say that it was not.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);
/// WebAssembly stack, in bytes.
pub(super) const STACK: usize = 512 << 10;
/// What a component gets in one answer of a target or a file, in bytes.
pub(super) const LARGEST_ANSWER: usize = 1 << 20;
/// What a component gets of each output of a program, in bytes.
pub(super) const LARGEST_OUTPUT: usize = 64 << 10;
/// Connections that one call may hold open.
pub(super) const CONNECTIONS: usize = 8;
/// What one call may ask of the host.
pub const REQUESTS: usize = 1_000;
/// Lines of log kept from one call.
pub const LOG_LINES: usize = 100;
/// Characters of a line of log.
pub(super) const LOG_LINE: usize = 500;
/// Calls of all components that run at one time; more wait.
pub(super) const CALLS: usize = 512;

/// Entries of a table of functions.
pub(super) const TABLE_ELEMENTS: usize = 20_000;

/// The limits of one store, whose component needs so much memory.
pub(super) fn store_limits(memory_mib: u32) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size((memory_mib as usize) << 20)
        .table_elements(TABLE_ELEMENTS)
        .instances(64)
        .memories(4)
        .tables(64)
        .trap_on_grow_failure(true)
        .build()
}
