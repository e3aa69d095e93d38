//! Rank 8: what of a run outlives it where it is started: its guard, and its store.
//!
//! When a runner is killed, its guard takes everything back (G4), and `chaos recover` can (G2). Both need a place that stays.

mod container;

use crate::diagnostics::{Diagnostic, codes};
use crate::journal::FileSystem;
use crate::plan::Plan;
use crate::types::model::Class;
use std::path::Path;

/// Where a run may be killed and nothing left behind by it but a word.
const FORGIVING: &str = "development";

/// What is lost with a run where it is started.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    losses: Vec<String>,
}

impl Surroundings {
    /// Looks at the container this process is in, if any, and at the disk under the store.
    pub fn look(store: &Path) -> Self {
        let container = container::ends_with_the_run().map(|why| format!("the guard is killed with the run: {why}"));
        let disk = match FileSystem::of(store) {
            FileSystem::Memory(kind) => Some(format!("the store is lost: it lies in memory ({kind})")),
            FileSystem::Layers(kind) => {
                Some(format!("the store is lost: it lies in a container's upper layer ({kind})"))
            }
            FileSystem::Local | FileSystem::Remote(_) => None,
        };
        Self { losses: container.into_iter().chain(disk).collect() }
    }

    /// The same where somebody says that the place stays.
    pub fn look_unless(stays: bool, store: &Path) -> Self {
        if stays { Self::default() } else { Self::look(store) }
    }

    /// What is lost, and why.
    pub fn losses(&self) -> &[String] {
        &self.losses
    }

    /// What there is to say of a plan that is run here: an error where it must not be, a warning where it is a risk. Nothing
    /// where all is kept.
    pub fn judge(&self, plan: &Plan) -> Option<Diagnostic> {
        if self.losses.is_empty() {
            return None;
        }
        let lasting: Vec<String> = plan
            .injections()
            .filter(|(_, injection)| injection.class != Class::Leased)
            .map(|(step, injection)| format!("{} ({} on {})", step.name, injection.fault, injection.target))
            .collect();
        let refused = !lasting.is_empty() && plan.tier != FORGIVING;
        let headline = "nobody would take back what a killed run leaves here";
        let finding = match refused {
            true => {
                Diagnostic::error(codes::E0812, format!("{headline}, and `{}` is no {FORGIVING}", plan.environment))
            }
            false => Diagnostic::warning(codes::E0812, headline),
        };
        let finding = self.losses.iter().fold(finding, |finding, loss| finding.note(loss.as_str()));
        let finding = match lasting.is_empty() {
            true => finding.note("every fault of this plan is leased: without its runner it ends within 10s"),
            false => finding.note(format!("not leased: {}", lasting.join(", "))),
        };
        Some(finding.help(
            "run it where things stay: on a machine, in a longer-lived container, with `--store` on a disk or a volume; \
             use leased faults; or, if this place does stay, say `--place-stays`",
        ))
    }
}
