//! The orders service: the order book behind HTTP, with its figures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};

use super::metrics::{MeasuredRoutes, pages, registry};
use super::order_book::{Accepted, Charged, OrderBook};

/// The longest id of an order, in bytes. With the bounded book this bounds the memory.
const LONGEST_ID: usize = 64;

/// The most pending orders one request gets.
const LARGEST_PAGE: usize = 1000;

/// Options of `orders`.
#[derive(Debug, Clone, Args)]
pub struct OrdersOptions {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 7304)]
    pub port: u16,
    /// How many orders may wait for their charge; one more is refused, and counts as lost
    #[arg(long, value_name = "ORDERS", default_value_t = 10_000)]
    pub capacity: usize,
}

/// An order as checkout hands it in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// What tells it from all others; 1 to 64 bytes.
    pub id: String,
    /// Whether the customer has been charged already.
    pub charged: bool,
}

/// How many pending orders a caller asks for; 1 to 1000, 100 if it does not say.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default)]
struct Page {
    limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 100 }
    }
}

/// The figures of the order book. At any time the backlog is what was accepted less what was charged.
#[derive(Default)]
struct Figures {
    backlog: Gauge,
    accepted: Counter,
    charged: Counter,
    lost: Counter,
}

impl Figures {
    fn register(registry: &mut Registry) -> Self {
        let figures = Self::default();
        registry.register("orders_backlog", "Orders accepted and not yet charged", figures.backlog.clone());
        registry.register("orders_accepted", "Orders accepted, charged or not", figures.accepted.clone());
        registry.register("orders_charged", "Orders charged, at once or later", figures.charged.clone());
        registry.register("orders_lost", "Orders refused because the queue was full", figures.lost.clone());
        figures
    }

    fn count_accepted(&self, outcome: Accepted, charged: bool) {
        match outcome {
            Accepted::New => {
                self.accepted.inc();
                self.charged.inc_by(u64::from(charged));
            }
            Accepted::Known => {}
            Accepted::Full => {
                self.lost.inc();
            }
        }
    }
}

struct Office {
    book: Mutex<OrderBook>,
    figures: Figures,
}

impl Office {
    fn book(&self) -> MutexGuard<'_, OrderBook> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&self, order: &Order) -> Accepted {
        let mut book = self.book();
        let outcome = book.accept(&order.id, order.charged);
        self.figures.count_accepted(outcome, order.charged);
        self.show_backlog(&book);
        outcome
    }

    fn charge(&self, id: &str) -> Charged {
        let mut book = self.book();
        let outcome = book.charge(id);
        self.figures.charged.inc_by(u64::from(outcome == Charged::Now));
        self.show_backlog(&book);
        outcome
    }

    /// Takes the book to be sure that it is still locked: an older figure must not overwrite a newer one.
    fn show_backlog(&self, book: &OrderBook) {
        self.figures.backlog.set(i64::try_from(book.backlog()).unwrap_or(i64::MAX));
    }
}

/// The routes of the service.
pub fn router(capacity: usize) -> Router {
    let mut registry = registry();
    let office = Office { book: Mutex::new(OrderBook::new(capacity)), figures: Figures::register(&mut registry) };
    let business = MeasuredRoutes::new(&mut registry)
        .route("/orders", &[201, 503], post(accept))
        .route("/orders/pending", &[200], get(pending))
        .route("/orders/{id}/charged", &[200], post(charged))
        .with_state(Arc::new(office));
    business.merge(pages(registry))
}

async fn accept(State(office): State<Arc<Office>>, Json(order): Json<Order>) -> StatusCode {
    if order.id.is_empty() || order.id.len() > LONGEST_ID {
        return StatusCode::BAD_REQUEST;
    }
    match office.accept(&order) {
        Accepted::New | Accepted::Known => StatusCode::CREATED,
        Accepted::Full => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn pending(State(office): State<Arc<Office>>, Query(page): Query<Page>) -> Json<Vec<Order>> {
    let ids = office.book().oldest_pending(page.limit.clamp(1, LARGEST_PAGE));
    Json(ids.into_iter().map(|id| Order { id, charged: false }).collect())
}

async fn charged(State(office): State<Arc<Office>>, Path(id): Path<String>) -> StatusCode {
    match office.charge(&id) {
        Charged::Now | Charged::Before => StatusCode::OK,
        Charged::Unknown => StatusCode::NOT_FOUND,
    }
}
