//! The customers: a steady stream of purchases that does not slow down when the shop does.

use std::time::{Duration, Instant};

use axum::Router;
use clap::Args;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::client::{Answer, BaseUrl, Failure, Peer, call, client};
use super::error::DemoError;
use super::metrics::{durations, pages, registry};
use super::service::{Door, Stop};

/// After so long a customer gives up on a purchase.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many purchases may be under way. A customer who finds more than that counts as turned away without an answer.
const CROWD: usize = 1000;

/// How long the customers wait for web to be up before they come all the same.
const OPENING: Duration = Duration::from_secs(30);

/// How long they then wait for the rest of the shop. Shorter: a shop broken on purpose should get its load soon.
const SETTLING: Duration = Duration::from_secs(10);

/// The code of a purchase that got no answer.
const NO_ANSWER: &str = "error";

/// Options of `customers`.
#[derive(Debug, Clone, Args)]
pub struct CustomersOptions {
    /// Port on 127.0.0.1 for the metrics; 0 lets the system choose
    #[arg(long, default_value_t = 7305)]
    pub port: u16,
    /// Where web is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7300")]
    pub web: BaseUrl,
    /// How many purchases to start each second, 1 to 10000
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rate: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: String,
}

/// What the customers saw.
#[derive(Clone)]
struct Impressions {
    requests: Family<Code, Counter>,
    durations: Histogram,
}

impl Impressions {
    fn register(registry: &mut Registry) -> Self {
        let impressions = Self { requests: Family::default(), durations: durations() };
        registry.register("customers_requests", "Purchases tried, by the answer", impressions.requests.clone());
        let help = "Time from a purchase to its answer, or to giving up";
        registry.register_with_unit("customers_request_duration", help, Unit::Seconds, impressions.durations.clone());
        for code in ["200", "202", "502", "503", NO_ANSWER] {
            drop(impressions.requests.get_or_create(&Code { code: code.to_owned() }));
        }
        impressions
    }

    fn count(&self, code: &str) {
        self.requests.get_or_create(&Code { code: code.to_owned() }).inc();
    }

    fn note(&self, outcome: Result<Answer, Failure>, since: Instant) {
        self.durations.observe(since.elapsed().as_secs_f64());
        match outcome {
            Ok(answer) => self.count(answer.status.as_str()),
            Err(_) => self.count(NO_ANSWER),
        }
    }
}

struct Load {
    web: Peer,
    rate: u32,
    impressions: Impressions,
}

impl Load {
    async fn run(self, stop: Stop) {
        tokio::select! {
            () = stop.clone().requested() => return,
            () = self.wait_for_opening() => {}
        }
        let mut purchases = JoinSet::new();
        tokio::select! {
            () = stop.requested() => {}
            () = self.keep_buying(&mut purchases) => {}
        }
        while purchases.join_next().await.is_some() {}
    }

    /// Waits until web is up, and then until web says that the shop behind it is: the order in which the services are
    /// started should not show as errors.
    async fn wait_for_opening(&self) {
        let _ = tokio::time::timeout(OPENING, self.wait_for("/health")).await;
        let _ = tokio::time::timeout(SETTLING, self.wait_for("/ready")).await;
    }

    async fn wait_for(&self, path: &str) {
        while !self.web.answers(path).await {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Starts purchases on a fixed schedule. Never ends.
    async fn keep_buying(&self, purchases: &mut JoinSet<()>) {
        let mut ticks = interval(Duration::from_secs(1) / self.rate);
        // What a busy machine made late is made up for, so that the number of purchases is right.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            ticks.tick().await;
            while purchases.try_join_next().is_some() {}
            if purchases.len() < CROWD {
                purchases.spawn(buy(self.web.clone(), self.impressions.clone()));
            } else {
                self.impressions.count(NO_ANSWER);
            }
        }
    }
}

async fn buy(web: Peer, impressions: Impressions) {
    let since = Instant::now();
    let outcome = call(web.post("/buy")).await;
    impressions.note(outcome, since);
}

/// Buys, and serves the figures, until `stop`.
pub async fn serve(door: Door, options: &CustomersOptions, stop: Stop) -> Result<(), DemoError> {
    let web = Peer::new(client(PATIENCE)?, options.web.clone());
    let mut registry = registry();
    let load = Load { web, rate: options.rate.max(1), impressions: Impressions::register(&mut registry) };
    let buying = async {
        load.run(stop.clone()).await;
        Ok(())
    };
    tokio::try_join!(door.serve(Router::new().merge(pages(registry)), stop.clone()), buying).map(drop)
}
