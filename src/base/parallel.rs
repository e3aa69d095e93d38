//! The same work on many things, on all processors.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Fewer things than this are not worth a thread.
const WORTH_A_THREAD: usize = 4;

/// Bytes of a thread's stack: deeply nested texts are read by functions that call themselves. Untouched pages cost nothing.
const STACK: usize = 16 << 20;

/// Does `work` on each of `items` and gives the results in their order.
pub fn map<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let threads = threads(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        let mut own = Vec::new();
        while let Some((at, item)) = take(items, &next) {
            own.push((at, work(item)));
        }
        done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(&mut own);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread is to be had, this one does the rest.
            let _started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How many threads share the work. How many there may be takes a dozen system calls to find out, so it is asked last.
fn threads(items: usize) -> usize {
    match items / WORTH_A_THREAD {
        few @ ..2 => few,
        most => thread::available_parallelism().map_or(1, NonZero::get).min(most),
    }
}

fn take<'i, I>(items: &'i [I], next: &AtomicUsize) -> Option<(usize, &'i I)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    items.get(at).map(|item| (at, item))
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 3, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(map(&items, |item| item * 2), doubled);
        }
    }
}
