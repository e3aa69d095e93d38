//! The orders themselves: which exist and which still have to be charged, in order of arrival. Pure, bounded in memory.

use std::collections::{BTreeMap, HashMap, VecDeque};

/// How many charged orders are remembered, so that a repeated request about one of them is recognised.
const REMEMBERED: usize = 10_000;

/// What became of an order handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is new and now in the book.
    New,
    /// The book had it before; nothing changed.
    Known,
    /// It waits for its charge like too many others, and was refused.
    Full,
}

/// What became of the news that an order is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// It was pending and is no longer.
    Now,
    /// It had been charged before; nothing changed.
    Before,
    /// The book does not know the order, or has forgotten it.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
enum Standing {
    /// Waits for its charge, since this arrival number.
    Pending(u64),
    Charged,
}

/// The orders of the shop, each by the id that checkout gave it.
#[derive(Debug)]
pub struct OrderBook {
    capacity: usize,
    arrivals: u64,
    standings: HashMap<String, Standing>,
    pending: BTreeMap<u64, String>,
    charged: VecDeque<String>,
}

impl OrderBook {
    /// An empty book that takes up to `capacity` orders that are not charged yet.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, arrivals: 0, standings: HashMap::new(), pending: BTreeMap::new(), charged: VecDeque::new() }
    }

    /// Enters an order, unless it is in already. One that is charged takes no room in the queue and is never refused.
    pub fn accept(&mut self, id: &str, charged: bool) -> Accepted {
        if self.standings.contains_key(id) {
            return Accepted::Known;
        }
        if charged {
            self.remember_charged(id.to_owned());
        } else if self.pending.len() >= self.capacity {
            return Accepted::Full;
        } else {
            self.queue(id.to_owned());
        }
        Accepted::New
    }

    /// Notes that an order has been charged.
    pub fn charge(&mut self, id: &str) -> Charged {
        match self.standings.get(id) {
            None => Charged::Unknown,
            Some(Standing::Charged) => Charged::Before,
            Some(&Standing::Pending(arrival)) => {
                if let Some(id) = self.pending.remove(&arrival) {
                    self.remember_charged(id);
                }
                Charged::Now
            }
        }
    }

    /// Up to `limit` orders that wait for their charge, the oldest first.
    pub fn oldest_pending(&self, limit: usize) -> Vec<String> {
        self.pending.values().take(limit).cloned().collect()
    }

    /// How many orders wait for their charge.
    pub fn backlog(&self) -> usize {
        self.pending.len()
    }

    fn queue(&mut self, id: String) {
        self.arrivals += 1;
        self.pending.insert(self.arrivals, id.clone());
        self.standings.insert(id, Standing::Pending(self.arrivals));
    }

    fn remember_charged(&mut self, id: String) {
        self.standings.insert(id.clone(), Standing::Charged);
        self.charged.push_back(id);
        if self.charged.len() > REMEMBERED
            && let Some(forgotten) = self.charged.pop_front()
        {
            self.standings.remove(&forgotten);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_uncharged_orders_come_first() {
        let mut book = OrderBook::new(10);
        for (id, charged) in [("c", false), ("x", true), ("a", false), ("b", false)] {
            assert_eq!(book.accept(id, charged), Accepted::New);
        }
        assert_eq!(book.oldest_pending(2), ["c", "a"]);
        assert_eq!(book.charge("c"), Charged::Now);
        assert_eq!(book.oldest_pending(9), ["a", "b"]);
        assert_eq!(book.backlog(), 2);
    }

    #[test]
    fn repeating_a_request_changes_nothing() {
        let mut book = OrderBook::new(10);
        book.accept("a", false);
        assert_eq!(book.accept("a", false), Accepted::Known);
        assert_eq!(book.charge("a"), Charged::Now);
        assert_eq!(book.charge("a"), Charged::Before);
        assert_eq!(book.accept("a", false), Accepted::Known);
        assert_eq!(book.charge("b"), Charged::Unknown);
        assert_eq!(book.backlog(), 0);
    }

    #[test]
    fn a_full_queue_refuses_uncharged_orders_only() {
        let mut book = OrderBook::new(1);
        book.accept("a", false);
        assert_eq!(book.accept("b", false), Accepted::Full);
        assert_eq!(book.accept("c", true), Accepted::New);
        book.charge("a");
        assert_eq!(book.accept("b", false), Accepted::New);
    }

    #[test]
    fn charged_orders_are_forgotten_after_a_while() {
        let mut book = OrderBook::new(1);
        for n in 0..=REMEMBERED {
            book.accept(&n.to_string(), true);
        }
        assert_eq!(book.charge("0"), Charged::Unknown);
        assert_eq!(book.charge("1"), Charged::Before);
        assert_eq!(book.standings.len(), REMEMBERED);
    }
}
