//! Pays the backlog: charges the orders that were stored unpaid, once payment is well again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::charging::Charging;
use super::client::{Answer, Failure, Peer, call_repeatable};
use super::orders::Order;
use super::service::Stop;

/// How many orders are charged in one go, before the list of pending ones is read again.
const BATCH: usize = 25;

/// How long to wait when there is nothing to pay, or nobody to pay it.
const PAUSE: Duration = Duration::from_millis(100);

/// The background task of checkout that pays the backlog, oldest orders first.
pub struct Drain {
    charging: Arc<Charging>,
    orders: Peer,
    pace: Duration,
    /// Orders that were charged but could not be marked so. They must not be charged again.
    unmarked: HashSet<String>,
}

/// How one order of a batch came out.
enum Paid {
    Marked(String),
    Unmarked(String),
    Not,
}

impl Drain {
    /// Charges `rate` orders a second, one or more.
    pub fn new(charging: Arc<Charging>, orders: Peer, rate: u32) -> Self {
        let pace = Duration::from_secs(1) / rate.max(1);
        Self { charging, orders, pace, unmarked: HashSet::new() }
    }

    /// Works until `stop`, and finishes the charges under way.
    pub async fn run(mut self, stop: Stop) {
        while !stop.is_requested() {
            let pending = if self.charging.is_calm() { self.pending().await.unwrap_or_default() } else { Vec::new() };
            if pending.is_empty() || !self.pay(pending, &stop).await {
                sleep(PAUSE).await;
            }
        }
    }

    async fn pending(&self) -> Result<Vec<Order>, Failure> {
        let answer = call_repeatable(self.orders.get(&format!("/orders/pending?limit={BATCH}"))).await?.success()?;
        // An answer that cannot be read is as good as none: it is asked for again.
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Pays a batch at an even pace, as long as payment holds out. Tells whether anything got paid.
    async fn pay(&mut self, batch: Vec<Order>, stop: &Stop) -> bool {
        let mut ticks = interval(self.pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut payments = JoinSet::new();
        // What could not be marked was among the oldest and still is, unless orders has lost it.
        self.unmarked.retain(|id| batch.iter().any(|order| order.id == *id));
        for order in batch {
            ticks.tick().await;
            if stop.is_requested() || !self.charging.is_calm() {
                break;
            }
            let charged = self.unmarked.contains(&order.id);
            payments.spawn(pay(Arc::clone(&self.charging), self.orders.clone(), order.id, charged));
        }
        let mut any = false;
        for paid in payments.join_all().await {
            any |= self.note(paid);
        }
        any
    }

    fn note(&mut self, paid: Paid) -> bool {
        match paid {
            Paid::Marked(id) => {
                self.unmarked.remove(&id);
                true
            }
            Paid::Unmarked(id) => {
                self.unmarked.insert(id);
                false
            }
            Paid::Not => false,
        }
    }
}

async fn pay(charging: Arc<Charging>, orders: Peer, id: String, charged: bool) -> Paid {
    if !charged && charging.charge(&id).await.is_err() {
        return Paid::Not;
    }
    let marked = call_repeatable(orders.post(&format!("/orders/{id}/charged"))).await;
    if marked.and_then(Answer::success).is_ok() { Paid::Marked(id) } else { Paid::Unmarked(id) }
}
