//! The whole shop, on ports the system chooses, through a payment outage and the recovery from it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::{Answer, BaseUrl, Peer, call, client};
use super::error::DemoError;
use super::metrics::{pages, registry};
use super::service::{Door, Stop, until};
use super::{CheckoutOptions, CustomersOptions, InventoryOptions, OrdersOptions, Shop, WebOptions};

/// Only a shop that never gets there fails; a busy machine may take its time.
const DEADLINE: Duration = Duration::from_secs(180);

/// A payment that fails as often as it is told to.
#[derive(Default)]
struct Toy {
    percent: AtomicU32,
    calls: AtomicU32,
}

impl Toy {
    fn charge(&self) -> StatusCode {
        // Steps through all of 0 to 99 in a scattered order: any hundred calls fail exactly `percent` times.
        let draw = self.calls.fetch_add(1, Ordering::Relaxed).wrapping_mul(37) % 100;
        if draw < self.percent.load(Ordering::Relaxed) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }

    fn router(self: &Arc<Self>) -> Router {
        let toy = Arc::clone(self);
        Router::new().route("/charge", post(async move || toy.charge())).merge(pages(registry()))
    }
}

/// The shop, running in this process.
struct Street {
    client: reqwest::Client,
    request: watch::Sender<bool>,
    stop: Stop,
    services: Vec<JoinHandle<Result<(), DemoError>>>,
}

impl Street {
    fn new() -> Self {
        let (request, stop) = Stop::new();
        Self { client: client(Duration::from_secs(1)).unwrap(), request, stop, services: Vec::new() }
    }

    async fn door(name: &'static str) -> (Door, BaseUrl) {
        let door = Door::bind(name, 0).await.unwrap();
        let url = format!("http://{}/", door.address()).parse().unwrap();
        (door, url)
    }

    fn open(&mut self, shop: Shop, door: Door) {
        let stop = self.stop.clone();
        self.services.push(tokio::spawn(until(stop.requested(), |stop| shop.open(door, stop))));
    }

    fn open_toy(&mut self, toy: &Arc<Toy>, door: Door) {
        self.services.push(tokio::spawn(door.serve(toy.router(), self.stop.clone())));
    }

    async fn scrape(&self, base: &BaseUrl) -> String {
        let peer = Peer::new(self.client.clone(), base.clone());
        let answer = call(peer.get("/metrics")).await.and_then(Answer::success).unwrap();
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    /// The value of one series, written as on the metrics page.
    async fn figure(&self, base: &BaseUrl, series: &str) -> f64 {
        let page = self.scrape(base).await;
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| unreachable!("no {series} in\n{page}")).parse().unwrap()
    }

    async fn wait_until(&self, base: &BaseUrl, series: &str, enough: impl Fn(f64) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let figure = self.figure(base, series).await;
            if enough(figure) {
                return;
            }
            assert!(Instant::now() < deadline, "{series} is still {figure}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn close(self) {
        self.request.send(true).unwrap();
        for service in self.services {
            tokio::time::timeout(DEADLINE, service).await.unwrap().unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn an_outage_of_payment_queues_orders_and_loses_none() {
    let mut street = Street::new();
    let toy = Arc::new(Toy::default());
    let (customers_door, customers) = Street::door("customers").await;
    let (web_door, web) = Street::door("web").await;
    let (checkout_door, checkout) = Street::door("checkout").await;
    let (payment_door, payment) = Street::door("payment").await;
    let (inventory_door, inventory) = Street::door("inventory").await;
    let (orders_door, orders) = Street::door("orders").await;

    // The load first and what it depends on last: the order must not matter.
    street.open(Shop::Customers(CustomersOptions { port: 0, web: web.clone(), rate: 40 }), customers_door);
    street.open(Shop::Web(WebOptions { port: 0, checkout: checkout.clone() }), web_door);
    let options =
        CheckoutOptions { port: 0, payment, inventory, orders: orders.clone(), no_fallback: false, drain_rate: 250 };
    street.open(Shop::Checkout(options), checkout_door);
    street.open(Shop::Inventory(InventoryOptions { port: 0 }), inventory_door);
    street.open(Shop::Orders(OrdersOptions { port: 0, capacity: 10_000 }), orders_door);
    street.open_toy(&toy, payment_door);

    let confirmed = "http_requests_total{code=\"200\",route=\"/checkout\"}";
    let queued = "http_requests_total{code=\"202\",route=\"/checkout\"}";
    let failed = "http_requests_total{code=\"503\",route=\"/checkout\"}";
    street.wait_until(&checkout, confirmed, |count| count >= 20.0).await;
    assert!(street.figure(&checkout, queued).await < 1.0, "nothing is queued while all is well");

    toy.percent.store(40, Ordering::Relaxed);
    street.wait_until(&orders, "orders_backlog", |backlog| backlog >= 50.0).await;
    toy.percent.store(0, Ordering::Relaxed);
    street.wait_until(&orders, "orders_backlog", |backlog| backlog < 1.0).await;
    street.wait_until(&checkout, "checkout_breaker_state", |state| state < 1.0).await;

    assert!(street.figure(&checkout, queued).await >= 50.0);
    assert!(street.figure(&checkout, failed).await < 1.0, "no order failed");
    assert!(street.figure(&orders, "orders_lost_total").await < 1.0);
    assert!(street.figure(&customers, "customers_requests_total{code=\"error\"}").await < 1.0);
    street.close().await;
}
