//! `chaos plugin calls`: what the components of a run asked of the host.

use crate::cli::{REFUSED, StoreOption, complain};
use crate::run::RunError;

/// Show what the components of a run asked of the host, and what came of it.
#[derive(Debug, clap::Args)]
pub struct Calls {
    /// The run.
    run: String,
    #[command(flatten)]
    store: StoreOption,
}

impl Calls {
    pub fn run(&self) -> u8 {
        match self.show() {
            Ok(code) => code,
            Err(error) => complain(&error.diagnostic()),
        }
    }

    fn show(&self) -> Result<u8, RunError> {
        let journal = self.store.open()?;
        if journal.run(&self.run)?.is_none() {
            complain_of!("the store knows no run `{}`", self.run);
            return Ok(REFUSED);
        }
        for call in journal.host_calls(&self.run)? {
            let (by, what) =
                (format!("{} {}", call.component, call.function), format!("{} {}", call.capability, call.what));
            say!("{}  {by}  {what}: {}", call.step, call.outcome);
        }
        Ok(0)
    }
}
