//! The inventory service: everything is in stock, always.

use axum::routing::get;
use axum::{Json, Router};
use clap::Args;
use serde_json::{Value, json};

use super::latency::Latency;
use super::metrics::{MeasuredRoutes, pages, registry};

/// How long a look at the shelf takes on average.
const LOOK: Latency = Latency::from_millis(2);

/// Options of `inventory`.
#[derive(Debug, Clone, Args)]
pub struct InventoryOptions {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 7303)]
    pub port: u16,
}

/// The routes of the service.
pub fn router() -> Router {
    let mut registry = registry();
    let business = MeasuredRoutes::new(&mut registry).route("/stock", &[200], get(stock)).with_state(());
    business.merge(pages(registry))
}

async fn stock() -> Json<Value> {
    LOOK.pass().await;
    Json(json!({ "available": true }))
}
