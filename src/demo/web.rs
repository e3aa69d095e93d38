//! The web service: the shop window, and the door to checkout.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use clap::Args;

use super::client::{BaseUrl, Peer, call, client};
use super::error::DemoError;
use super::metrics::{MeasuredRoutes, pages, registry};

/// How long web waits for checkout: longer than checkout can take for its own three calls, a second each.
const PATIENCE: Duration = Duration::from_millis(3500);

const PAGE: &str = "<!doctype html>
<html lang=\"en\"><title>The sample shop</title>
<h1>The sample shop</h1>
<p>One thing for sale, always in stock.</p>
<form method=\"post\" action=\"/buy\"><button>Buy</button></form>
";

/// Options of `web`.
#[derive(Debug, Clone, Args)]
pub struct WebOptions {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 7300)]
    pub port: u16,
    /// Where checkout is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7301")]
    pub checkout: BaseUrl,
}

/// The routes of the service.
pub fn router(options: &WebOptions) -> Result<Router, DemoError> {
    let checkout = Peer::new(client(PATIENCE)?, options.checkout.clone());
    let mut registry = registry();
    let business = MeasuredRoutes::new(&mut registry)
        .route("/", &[200], get(async || Html(PAGE)))
        .route("/buy", &[200, 202, 502, 503], post(buy))
        .with_state(checkout.clone());
    Ok(business.merge(pages(registry)).route("/ready", get(ready).with_state(checkout)))
}

async fn buy(State(checkout): State<Peer>) -> Response {
    match call(checkout.post("/checkout")).await {
        Ok(answer) => (answer.status, [(CONTENT_TYPE, "application/json")], answer.body).into_response(),
        Err(failure) => (StatusCode::BAD_GATEWAY, format!("checkout: {failure}\n")).into_response(),
    }
}

/// Tells whether the whole shop is up.
async fn ready(State(checkout): State<Peer>) -> StatusCode {
    if checkout.answers("/ready").await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
