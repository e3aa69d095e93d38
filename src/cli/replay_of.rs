//! What is replayed: the plan as it was run, made again of the texts that were kept with it, or another one.

use super::plan::Settings;
use super::recorded::Recorded;
use super::{REFUSED, complain, print};
use crate::analysis::{self, Planned, Target};
use crate::diagnostics::{Diagnostic, codes};
use crate::document::Document;
use crate::names::{Shelf, unreadable};
use crate::plan::not_runnable;
use crate::replay::Head;
use std::path::Path;

/// A plan with its document.
pub struct Again {
    pub planned: Planned,
    pub document: Document,
}

/// The plan that was run. What stands in its way is printed, and the exit code given.
pub fn recorded(head: &Head, store: &Path) -> Result<Again, u8> {
    let again = stored(head, store, Settings::of(&head.made_from)).map_err(|_| complain(&otherwise(head)))?;
    if again.document.hash() != head.hash {
        return Err(complain(&otherwise(head)));
    }
    Ok(again)
}

fn otherwise(head: &Head) -> Diagnostic {
    let headline = format!("this version of chaos plans the run {} otherwise than it was run", head.run);
    let own = concat!("chaos ", env!("CARGO_PKG_VERSION"));
    Diagnostic::error(codes::E0823, headline)
        .note(format!("it was run by {}; this is {own}", head.made_by))
        .help("use the version that ran it")
}

/// A plan of the texts that were run, with other settings.
pub fn stored(head: &Head, store: &Path, settings: Settings) -> Result<Again, u8> {
    let files = Recorded::of(head, store);
    let file = Path::new(&head.made_from.file);
    let target = Target { environment: settings.env.clone(), ..Target::new(file) };
    let read = analysis::analyse_from(&Shelf::new(&files), &target);
    let mut analysis = read.map_err(|error| complain(&unreadable(file, &error, None)))?;
    let (experiment, environment) = (settings.experiment.as_deref(), settings.env.as_deref());
    let planned = analysis::plan(&mut analysis, experiment, environment, &settings.set);
    let planned = planned.map_err(|findings| {
        print(&findings, &analysis.program.sources);
        REFUSED
    })?;
    let document = settings.document(file, &planned);
    Ok(Again { planned, document })
}

/// A plan of a file as it is now.
pub fn file(file: &Path, settings: Settings) -> Result<Again, u8> {
    let (analysis, planned) = settings.plan(file)?;
    let lacking = not_runnable(&planned.plan);
    if !lacking.is_empty() {
        print(&lacking, &analysis.program.sources);
        return Err(REFUSED);
    }
    let document = settings.document(file, &planned);
    Ok(Again { planned, document })
}
