//! The payment service: charges everybody, after a short while. It is the one that experiments break.

use axum::routing::post;
use axum::{Json, Router};
use clap::Args;
use serde_json::{Value, json};

use super::latency::Latency;
use super::metrics::{MeasuredRoutes, pages, registry};

/// Options of `payment`.
#[derive(Debug, Clone, Args)]
pub struct PaymentOptions {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 7302)]
    pub port: u16,
    /// How long a charge takes on average, 0s to 10s; single ones take 0.6 to 1.4 times as long
    #[arg(long, value_name = "TIME", default_value = "5ms")]
    pub latency: Latency,
}

/// The routes of the service.
pub fn router(latency: Latency) -> Router {
    let mut registry = registry();
    let charge = async move || -> Json<Value> {
        latency.pass().await;
        Json(json!({ "charged": true }))
    };
    let business = MeasuredRoutes::new(&mut registry).route("/charge", &[200], post(charge)).with_state(());
    business.merge(pages(registry))
}
