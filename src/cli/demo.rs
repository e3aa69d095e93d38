//! `chaos demo`.

use super::block_on;
use super::signals::Signals;
use crate::demo::{Shop, run};

/// Run one service of the sample shop, the environment of the quickstart.
#[derive(Debug, clap::Args)]
pub struct Demo {
    #[command(subcommand)]
    shop: Shop,
}

impl Demo {
    pub fn run(self) -> u8 {
        let served = block_on(async {
            let mut signals = Signals::install().map_err(|error| error.to_string())?;
            let shutdown = async move {
                signals.next().await;
            };
            run(self.shop, shutdown).await.map_err(|error| error.to_string())
        });
        match served.and_then(|served| served) {
            Ok(()) => 0,
            Err(error) => {
                complain_of!("{error}");
                1
            }
        }
    }
}
