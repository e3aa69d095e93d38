//! Keeping what the outside answers in a run, so that `chaos replay` can compute it again. Whatever goes wrong with that, the
//! run goes on.

use super::endpoint::Endpoint;
use super::plan::Choice;
use super::planfile;
use super::recorded;
use super::signals::Signals;
use super::stop;
use crate::analysis::{Analysis, Planned};
use crate::base::{Clock, Instant};
use crate::document::Document;
use crate::journal::Journal;
use crate::names::stdlib;
use crate::project::{FILE_NAME, LOCK_NAME};
use crate::replay::{Head, Outcome, Recorder, Recording, VERSION, file, forward};
use crate::run::{Ending, Events, Halt, RealWorld, Verdict, World};
use futures_util::future::join_all;
use std::path::Path;
use std::sync::Arc;

/// What is kept of a plan: all that it was made from. The run's name comes later.
pub fn head(analysis: &Analysis, planned: &Planned, choice: &Choice) -> Head {
    let document = document(planned, choice);
    let texts = analysis.program.sources.all().map(|(_, source)| source);
    // What a `chaos.toml` says of stopping may hold a key, and a plan that was made needs none of it.
    let is_project = |path: &Path| path.file_name().is_some_and(|name| name == FILE_NAME || name == LOCK_NAME);
    let own = texts.filter(|source| {
        !is_project(&source.path) && !stdlib::MODULES.iter().any(|(_, file, _)| source.path == Path::new(file))
    });
    let own = own.map(|source| (source.path.display().to_string(), source.text.clone()));
    Head {
        version: VERSION,
        made_by: concat!("chaos ", env!("CARGO_PKG_VERSION")).to_owned(),
        run: String::new(),
        made_from: document.made_from().clone(),
        hash: document.hash().to_owned(),
        files: own.chain(recorded::projects(&analysis.program)).collect(),
        components: recorded::components(&analysis.program),
    }
}

/// The document of what was chosen; a plan's file says itself what it was made from.
pub fn document(planned: &Planned, choice: &Choice) -> Document {
    let reviewed = planfile::is_plan(&choice.file).then(|| planfile::read(&choice.file).ok()).flatten();
    match reviewed {
        Some(reviewed) => Document::new(planned, reviewed.made_from().clone()),
        None => choice.settings.document(&choice.file, planned),
    }
}

/// A run's world, and its recording if there is one.
pub struct Kept {
    pub world: Arc<dyn World>,
    clock: Arc<dyn Clock>,
    recorder: Result<Arc<Recorder>, String>,
}

/// Begins to record what a world answers.
pub fn begin(world: RealWorld, clock: &Arc<dyn Clock>, store: &Path, head: Head) -> Kept {
    let (world, clock) = (Arc::new(world), Arc::clone(clock));
    let recorder = Recorder::begin(store, head).map(Arc::new);
    let recorded = recorder.clone().map(|recorder| {
        let secrets = Arc::clone(&world);
        let inner: Arc<dyn World> = Arc::clone(&world) as Arc<dyn World>;
        let recording = Recording::new(inner, Arc::clone(&clock), recorder, move |text| secrets.redacted(text));
        Arc::new(recording) as Arc<dyn World>
    });
    Kept { world: recorded.unwrap_or(world), clock, recorder }
}

impl Kept {
    /// Stops the run at a signal, or when it is asked to by `switch`: in the store, or by an endpoint, and notes when that was.
    pub fn stopped_by(
        &self,
        signals: Signals,
        switch: (Arc<Journal>, String, Vec<Endpoint>),
        halt: Halt,
        events: Events,
    ) -> impl Future<Output = ()> + use<> {
        let asked = Halt::default();
        let telling = forward(asked.clone(), halt, self.recorder.clone().ok(), Arc::clone(&self.clock));
        async move {
            let (journal, run, endpoints) = switch;
            let at_signals = signals.stop(asked.clone(), events.clone(), Arc::clone(&journal), run.clone());
            let at_endpoints = join_all(endpoints.iter().map(|endpoint| endpoint.watch(&asked, &events)));
            tokio::join!(at_signals, stop::watch(journal, run, asked.clone()), at_endpoints, telling);
        }
    }

    /// Ends the recording with what came of the run, and tells if it is not whole.
    pub fn end(&self, ending: &Ending, store: &Path, run: &str) {
        let trouble = match &self.recorder {
            Ok(recorder) => recorder.end(Outcome::of(ending), self.now()),
            Err(why) => Some(why.clone()),
        };
        if ending.verdict == Verdict::Refused {
            // Nothing was run: there is nothing to replay, and no folder is left for it.
            let path = file(store, run);
            let removed = std::fs::remove_file(&path).and_then(|()| path.parent().map_or(Ok(()), std::fs::remove_dir));
            let _may_be_missing = removed;
        } else if let Some(why) = trouble {
            complain_of!("this run cannot be replayed whole, since its recording could not be written: {why}");
        }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}
