//! A sample shop: six small HTTP services on loopback, the environment of the quickstart experiment.
//!
//! `customers` buy at `web`, which hands the purchase to `checkout`; that asks `inventory`, charges `payment` behind a
//! circuit breaker and stores the order in `orders`. When payment is in trouble the order is stored unpaid and charged
//! later. The services only speak plain HTTP on 127.0.0.1 and keep nothing on disk.

mod breaker;
mod charging;
mod checkout;
mod client;
mod customers;
mod drain;
mod error;
mod inventory;
mod latency;
mod metrics;
mod order_book;
mod orders;
mod payment;
mod service;
#[cfg(test)]
mod shop_test;
mod web;

use std::future::Future;

use clap::Subcommand;

pub use checkout::CheckoutOptions;
pub use client::BaseUrl;
pub use customers::CustomersOptions;
pub use error::DemoError;
pub use inventory::InventoryOptions;
pub use latency::Latency;
pub use orders::OrdersOptions;
pub use payment::PaymentOptions;
pub use web::WebOptions;

use service::{Door, Stop};

/// The services of the sample shop, each a process of its own.
#[derive(Debug, Clone, Subcommand)]
pub enum Shop {
    /// The shop window: a page, and POST /buy, which goes on to checkout
    Web(WebOptions),
    /// Takes orders: checks the stock, charges the payment, stores the order
    Checkout(CheckoutOptions),
    /// Charges customers, after a short while
    Payment(PaymentOptions),
    /// Knows what is in stock
    Inventory(InventoryOptions),
    /// Keeps the orders, in memory
    Orders(OrdersOptions),
    /// A steady load: so many purchases a second
    Customers(CustomersOptions),
}

/// Runs one service until `shutdown` completes; requests in flight are finished first, for at most 0.8 s.
///
/// Prints one line to standard output when the service answers, with the port the system chose if port 0 was asked for.
///
/// # Errors
///
/// When the port cannot be listened on, or the HTTP client or the server cannot be set up.
pub async fn run(shop: Shop, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let door = Door::bind(shop.name(), shop.port()).await?;
    door.announce();
    service::until(shutdown, |stop| shop.open(door, stop)).await
}

impl Shop {
    /// The service's name, as on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Web(_) => "web",
            Self::Checkout(_) => "checkout",
            Self::Payment(_) => "payment",
            Self::Inventory(_) => "inventory",
            Self::Orders(_) => "orders",
            Self::Customers(_) => "customers",
        }
    }

    /// The port it listens on; 0 lets the system choose.
    #[must_use]
    pub const fn port(&self) -> u16 {
        match self {
            Self::Web(options) => options.port,
            Self::Checkout(options) => options.port,
            Self::Payment(options) => options.port,
            Self::Inventory(options) => options.port,
            Self::Orders(options) => options.port,
            Self::Customers(options) => options.port,
        }
    }

    async fn open(self, door: Door, stop: Stop) -> Result<(), DemoError> {
        match self {
            Self::Web(options) => door.serve(web::router(&options)?, stop).await,
            Self::Checkout(options) => checkout::serve(door, &options, stop).await,
            Self::Payment(options) => door.serve(payment::router(options.latency), stop).await,
            Self::Inventory(_) => door.serve(inventory::router(), stop).await,
            Self::Orders(options) => door.serve(orders::router(options.capacity), stop).await,
            Self::Customers(options) => customers::serve(door, &options, stop).await,
        }
    }
}
