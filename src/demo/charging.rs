//! Charging payments behind the circuit breaker, and knowing how payment is doing.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::json;

use super::breaker::{Breaker, Ticket};
use super::client::{Answer, Failure, Peer, call};

/// How long payment must not have failed to count as well again.
const CALM: Duration = Duration::from_millis(1500);

/// Why a customer was not charged.
#[derive(Debug)]
pub enum Uncharged {
    /// Payment failed.
    Failed(Failure),
    /// Payment was not asked: it has failed too often lately.
    BreakerOpen,
}

impl fmt::Display for Uncharged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => write!(f, "payment failed: {failure}"),
            Self::BreakerOpen => f.write_str("payment is not asked at present: it failed too often"),
        }
    }
}

/// What is known about payment from the calls to it.
struct Experience {
    breaker: Breaker,
    last_failure: Option<Instant>,
}

/// Charges customers. Live traffic and the drain share one of these, and with it what either finds out.
pub struct Charging {
    payment: Peer,
    experience: Mutex<Experience>,
    state: Gauge,
}

impl Charging {
    /// Charges at `payment`, and registers `checkout_breaker_state`.
    pub fn new(payment: Peer, registry: &mut Registry) -> Self {
        let state = Gauge::default();
        let help = "The circuit breaker to payment: 0 closed, 1 half-open, 2 open";
        registry.register("checkout_breaker_state", help, state.clone());
        let experience = Mutex::new(Experience { breaker: Breaker::new(), last_failure: None });
        Self { payment, experience, state }
    }

    /// Charges one order, if the breaker allows it. Must be run to its end: a half-open breaker waits for its probe.
    pub async fn charge(&self, order: &str) -> Result<(), Uncharged> {
        let ticket = self.admit().ok_or(Uncharged::BreakerOpen)?;
        // Sent only once: a charge whose connection broke may have been carried out.
        let outcome = call(self.payment.post("/charge").json(&json!({ "order": order }))).await;
        let outcome = outcome.and_then(Answer::success);
        self.settle(ticket, outcome.is_err());
        outcome.map(drop).map_err(Uncharged::Failed)
    }

    /// Whether payment has not failed for a while, as far as is known.
    pub fn is_calm(&self) -> bool {
        self.experience().last_failure.is_none_or(|failure| failure.elapsed() >= CALM)
    }

    /// The service that charges.
    pub const fn payment(&self) -> &Peer {
        &self.payment
    }

    fn admit(&self) -> Option<Ticket> {
        let mut experience = self.experience();
        let ticket = experience.breaker.admit(Instant::now());
        self.show(&experience);
        ticket
    }

    fn settle(&self, ticket: Ticket, failed: bool) {
        let now = Instant::now();
        let mut experience = self.experience();
        experience.breaker.settle(ticket, failed, now);
        if failed {
            experience.last_failure = Some(now);
        }
        self.show(&experience);
    }

    fn show(&self, experience: &Experience) {
        self.state.set(experience.breaker.position() as i64);
    }

    fn experience(&self) -> MutexGuard<'_, Experience> {
        self.experience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
