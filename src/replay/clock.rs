//! A virtual clock that is exact to the nanosecond: tokio's own timers count milliseconds.

use crate::base::clock::Sleep;
use crate::base::{Clock, Instant};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that stands still until all that waits for it waits.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Arc<Mutex<State>>);

/// A moment, the turn within it, and when its owner came.
type Place = (Instant, usize, u64);

#[derive(Debug, Default)]
struct State {
    now: Instant,
    /// Who waits for which moment, in order.
    waiting: BTreeMap<Place, Waker>,
    came: u64,
}

impl VirtualClock {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass, while tokio's time is paused: whenever nobody has anything to do, it becomes the next moment for
    /// which somebody waits. Returns when nobody waits for one any more: then nothing would ever happen again.
    pub async fn run(&self) {
        loop {
            // Paused time goes on only when everything else waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let Some(waker) = self.go_on() else { return };
            waker.wake();
        }
    }

    fn go_on(&self) -> Option<Waker> {
        let mut state = self.state();
        let ((at, ..), waker) = state.waiting.pop_first()?;
        state.now = state.now.max(at);
        Some(waker)
    }

    /// Waits for a turn within a moment: of all that comes at it, first what only waits for the moment, then the turns in
    /// order. Waits for its turn also when the moment has come already.
    pub fn turn(&self, moment: Instant, turn: usize) -> Sleep {
        Box::pin(Waiting { clock: self.clone(), moment, turn: Some(turn), place: None })
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        self.state().now
    }

    fn sleep_until(&self, moment: Instant) -> Sleep {
        Box::pin(Waiting { clock: self.clone(), moment, turn: None, place: None })
    }
}

/// Somebody who waits for a moment.
struct Waiting {
    clock: VirtualClock,
    moment: Instant,
    turn: Option<usize>,
    place: Option<Place>,
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        let over = match (self.place, self.turn) {
            (Some(place), _) => !state.waiting.contains_key(&place),
            (None, Some(_)) => false,
            (None, None) => state.now >= self.moment,
        };
        if over {
            return Poll::Ready(());
        }
        state.came += 1;
        let place = (self.moment, self.turn.map_or(0, |turn| turn + 1), state.came);
        state.waiting.insert(*self.place.get_or_insert(place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.state().waiting.remove(&place);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::VirtualClock;
    use crate::base::{Clock, Instant};
    use crate::run::virtual_time;

    #[test]
    fn time_goes_from_one_awaited_moment_to_the_next() {
        let clock = VirtualClock::default();
        let wait = async |until: u64| {
            clock.sleep_until(Instant(until)).await;
            clock.now()
        };
        let waited = virtual_time(async {
            let all = async { tokio::join!(wait(1_000_000_007), wait(3), wait(1_000_000_006)) };
            tokio::select! {
                biased;
                () = clock.run() => None,
                all = all => Some(all),
            }
        });
        assert_eq!(waited.unwrap(), Some((Instant(1_000_000_007), Instant(3), Instant(1_000_000_006))));
    }

    #[test]
    fn turns_come_in_order_also_at_a_moment_that_has_come() {
        let clock = VirtualClock::default();
        let told = std::sync::Mutex::new(Vec::new());
        let turn = async |number: usize| {
            clock.turn(Instant(5), number).await;
            told.lock().unwrap().push(number);
        };
        let late = async {
            clock.sleep_until(Instant(5)).await;
            told.lock().unwrap().push(0);
            turn(2).await;
        };
        virtual_time(async {
            tokio::select! {
                biased;
                () = clock.run() => {}
                _ = async { tokio::join!(turn(3), turn(1), late) } => {}
            }
        })
        .unwrap();
        assert_eq!(*told.lock().unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn it_ends_when_nothing_could_happen_any_more() {
        let clock = VirtualClock::default();
        let ended = virtual_time(async {
            tokio::select! {
                biased;
                () = clock.run() => true,
                () = std::future::pending() => false,
            }
        });
        assert!(ended.unwrap());
    }
}
