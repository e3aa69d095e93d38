//! What came of a component's trial, for people and for machines.

use super::case::Case;
use crate::names::component::ComponentFile;
use serde_json::{Value, json};

/// What came of a case: nothing to say, or what was wrong.
pub type Came = Result<(), String>;

/// A case that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseReport {
    /// Which.
    pub case: Case,
    /// What came of it.
    pub came: Came,
}

/// Why a fault was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The reason.
    pub reason: String,
    /// Whether the settings say so; else the component has not passed.
    pub listed: bool,
}

/// What came of a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultReport {
    /// Its name.
    pub fault: String,
    /// Why it was not tried.
    pub skipped: Option<Skipped>,
    /// Its cases.
    pub cases: Vec<CaseReport>,
}

/// What came of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    name: String,
    version: String,
    digest: String,
    /// What concerns the whole component.
    pub component: Vec<CaseReport>,
    /// What concerns its faults.
    pub faults: Vec<FaultReport>,
    /// The signal that ended it before everything was tried.
    pub stopped: Option<&'static str>,
}

impl Report {
    /// Of a component of which nothing was tried yet.
    pub fn new(file: &ComponentFile) -> Self {
        let (name, version) = (file.manifest.name.clone(), file.manifest.version.clone());
        Self { name, version, digest: file.digest.clone(), component: Vec::new(), faults: Vec::new(), stopped: None }
    }

    /// Of one that was not tried, since a signal came before.
    pub fn stopped(file: &ComponentFile, signal: &'static str) -> Self {
        Self { stopped: Some(signal), ..Self::new(file) }
    }

    fn cases(&self) -> impl Iterator<Item = &CaseReport> {
        self.component.iter().chain(self.faults.iter().flat_map(|fault| &fault.cases))
    }

    /// The faults that were not tried, as far as nobody said so.
    fn untried(&self) -> usize {
        self.faults.iter().filter(|fault| fault.skipped.as_ref().is_some_and(|skipped| !skipped.listed)).count()
    }

    /// Whether all is as it must be.
    pub fn passed(&self) -> bool {
        self.untried() == 0 && self.cases().all(|case| case.came.is_ok())
    }

    /// The counts in a line.
    pub fn summary(&self) -> String {
        let (all, failed) = (self.cases().count(), self.cases().filter(|case| case.came.is_err()).count());
        let skipped = self.faults.iter().filter(|fault| fault.skipped.is_some()).count();
        let counts = format!("{} {}: {all} cases, {} passed, {failed} failed", self.name, self.version, all - failed);
        match (skipped, self.untried()) {
            (0, _) => counts,
            (skipped, 0) => format!("{counts}; {skipped} skipped as it is listed"),
            (skipped, untried) => format!("{counts}; {skipped} skipped, {untried} of them not listed"),
        }
    }

    /// As a document; its schema is in `docs/schemas`.
    pub fn document(&self) -> Value {
        let case = |case: &CaseReport| {
            let (result, reason) = match &case.came {
                Ok(()) => ("passed", None),
                Err(reason) => ("failed", Some(reason)),
            };
            json!({ "case": case.case.name(), "owes": case.case.owes(), "result": result, "reason": reason })
        };
        let cases = |all: &[CaseReport]| all.iter().map(case).collect::<Vec<_>>();
        let fault = |fault: &FaultReport| {
            let skipped = fault.skipped.as_ref().map(|it| json!({ "reason": it.reason, "listed": it.listed }));
            json!({ "fault": fault.fault, "skipped": skipped, "cases": cases(&fault.cases) })
        };
        json!({
            "version": 1,
            "component": { "name": self.name, "version": self.version, "digest": self.digest },
            "passed": self.passed(),
            "cases": cases(&self.component),
            "faults": self.faults.iter().map(fault).collect::<Vec<_>>(),
        })
    }
}
