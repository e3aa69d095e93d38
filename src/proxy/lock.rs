//! The one way in which the proxy takes a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. Nothing that holds one of the proxy's locks can leave its data half changed by a panic, so a
/// poisoned lock is taken as it is: the traffic must go on.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
