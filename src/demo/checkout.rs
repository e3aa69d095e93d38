//! The checkout service: takes an order if there is stock, and has it paid now or later.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clap::Args;
use serde_json::json;

use super::charging::Charging;
use super::client::{Answer, BaseUrl, Failure, Peer, call_repeatable, client};
use super::drain::Drain;
use super::error::DemoError;
use super::metrics::{MeasuredRoutes, pages, registry};
use super::orders::Order;
use super::service::{Door, Stop};

/// How long checkout waits for each of the services it needs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Options of `checkout`.
#[derive(Debug, Clone, Args)]
pub struct CheckoutOptions {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 7301)]
    pub port: u16,
    /// Where payment is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7302")]
    pub payment: BaseUrl,
    /// Where inventory is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7303")]
    pub inventory: BaseUrl,
    /// Where orders is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7304")]
    pub orders: BaseUrl,
    /// Refuse an order that cannot be paid at once, instead of storing it unpaid and charging it later
    #[arg(long)]
    pub no_fallback: bool,
    /// How fast orders stored unpaid are charged when payment works again, in orders a second, 1 to 10000
    #[arg(long, value_name = "RATE", default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub drain_rate: u32,
}

/// What became of an order.
enum Placed {
    Confirmed,
    Queued,
    Failed(String),
}

impl IntoResponse for Placed {
    fn into_response(self) -> Response {
        match self {
            Self::Confirmed => (StatusCode::OK, Json(json!({ "status": "confirmed" }))),
            Self::Queued => (StatusCode::ACCEPTED, Json(json!({ "status": "queued" }))),
            Self::Failed(reason) => {
                (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "failed", "reason": reason })))
            }
        }
        .into_response()
    }
}

struct Checkout {
    inventory: Peer,
    orders: Peer,
    charging: Arc<Charging>,
    fallback: bool,
    ids: OrderIds,
}

impl Checkout {
    async fn place(&self) -> Placed {
        self.try_place().await.unwrap_or_else(Placed::Failed)
    }

    async fn try_place(&self) -> Result<Placed, String> {
        self.check_stock().await.map_err(|failure| format!("inventory failed: {failure}"))?;
        let id = self.ids.next();
        let charged = match self.charging.charge(&id).await {
            Ok(()) => true,
            Err(_) if self.fallback => false,
            Err(uncharged) => return Err(uncharged.to_string()),
        };
        self.store(&Order { id, charged }).await.map_err(|failure| format!("orders failed: {failure}"))?;
        Ok(if charged { Placed::Confirmed } else { Placed::Queued })
    }

    async fn check_stock(&self) -> Result<(), Failure> {
        call_repeatable(self.inventory.get("/stock")).await?.success().map(drop)
    }

    async fn store(&self, order: &Order) -> Result<(), Failure> {
        call_repeatable(self.orders.post("/orders").json(order)).await.and_then(Answer::success).map(drop)
    }

    async fn is_ready(&self) -> bool {
        let peers = [&self.inventory, &self.orders, self.charging.payment()];
        for peer in peers {
            if !peer.answers("/health").await {
                return false;
            }
        }
        true
    }
}

/// Gives out ids that no other order has, not even one from before a restart.
struct OrderIds {
    run: u64,
    given: AtomicU64,
}

impl OrderIds {
    fn new() -> Self {
        Self { run: RandomState::new().hash_one(std::process::id()), given: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        format!("{:016x}-{}", self.run, self.given.fetch_add(1, Ordering::Relaxed))
    }
}

/// Serves checkout and drains the backlog, until `stop`.
pub async fn serve(door: Door, options: &CheckoutOptions, stop: Stop) -> Result<(), DemoError> {
    let client = client(PATIENCE)?;
    let peer = |base: &BaseUrl| Peer::new(client.clone(), base.clone());
    let mut registry = registry();
    let business = MeasuredRoutes::new(&mut registry).route("/checkout", &[200, 202, 503], post(place));
    let charging = Arc::new(Charging::new(peer(&options.payment), &mut registry));
    let drain = Drain::new(Arc::clone(&charging), peer(&options.orders), options.drain_rate);
    let checkout = Arc::new(Checkout {
        inventory: peer(&options.inventory),
        orders: peer(&options.orders),
        charging,
        fallback: !options.no_fallback,
        ids: OrderIds::new(),
    });
    let business = business.with_state(Arc::clone(&checkout)).route("/ready", get(ready).with_state(checkout));
    let draining = async {
        drain.run(stop.clone()).await;
        Ok(())
    };
    tokio::try_join!(door.serve(business.merge(pages(registry)), stop.clone()), draining).map(drop)
}

/// Places the order in a task of its own: once begun it is carried through, even if the customer hangs up.
async fn place(State(checkout): State<Arc<Checkout>>) -> Placed {
    let placing = tokio::spawn(async move { checkout.place().await });
    placing.await.unwrap_or_else(|error| Placed::Failed(error.to_string()))
}

/// Tells whether all that checkout needs is up, so that the load can begin without a false start.
async fn ready(State(checkout): State<Arc<Checkout>>) -> StatusCode {
    if checkout.is_ready().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
