//! The cases of the suite: what each is called, and what a component owes in it.

use super::report::Came;
use super::steps;
use super::trial::Trial;
use crate::names::component::FaultSpec;

/// A case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The component is what its manifest says.
    Manifest,
    /// It can be prepared.
    Prepared,
    /// Wrong parameters are refused.
    Params,
    /// What may change nothing asks for no change.
    DryRun,
    /// Its status before.
    Before,
    /// Its status meanwhile.
    Injected,
    /// Injected again.
    InjectedTwice,
    /// Reverted again.
    RevertedTwice,
    /// Reverted without having been injected.
    NeverInjected,
    /// Reverted by somebody who has nothing but the handle.
    Restarted,
    /// Cut off while it is injected.
    Cancelled,
    /// A handle that is not its own.
    ForeignHandles,
    /// Without a grant.
    NotGranted,
    /// Within what the host keeps of a call.
    Limits,
    /// Its lease is renewed.
    Renewed,
    /// Its lease is not renewed.
    Expired,
}

/// The cases of every fault, in the order in which they are tried.
const OF_ALL: &[Case] = &[
    Case::Prepared,
    Case::Params,
    Case::DryRun,
    Case::Before,
    Case::Injected,
    Case::InjectedTwice,
    Case::RevertedTwice,
    Case::NeverInjected,
    Case::Restarted,
    Case::Cancelled,
    Case::ForeignHandles,
    Case::NotGranted,
    Case::Limits,
];
/// Those of leased faults besides.
const OF_LEASED: &[Case] = &[Case::Renewed, Case::Expired];

impl Case {
    /// The cases of a fault.
    pub(super) fn of(spec: &FaultSpec) -> impl Iterator<Item = Case> {
        let leased = if spec.class == "leased" { OF_LEASED } else { &[] };
        OF_ALL.iter().chain(leased).copied()
    }

    /// The case of a fault with this name.
    pub fn named(name: &str) -> Option<Case> {
        OF_ALL.iter().chain(OF_LEASED).copied().find(|case| case.name() == name)
    }

    /// The names of the cases of faults.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OF_ALL.iter().chain(OF_LEASED).map(|case| case.name())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Case::Manifest => "manifest",
            Case::Prepared => "prepared",
            Case::Params => "params",
            Case::DryRun => "dry-run",
            Case::Before => "before",
            Case::Injected => "injected",
            Case::InjectedTwice => "injected-twice",
            Case::RevertedTwice => "reverted-twice",
            Case::NeverInjected => "never-injected",
            Case::Restarted => "restarted",
            Case::Cancelled => "cancelled",
            Case::ForeignHandles => "foreign-handles",
            Case::NotGranted => "not-granted",
            Case::Limits => "limits",
            Case::Renewed => "renewed",
            Case::Expired => "expired",
        }
    }

    /// What a component owes in it, as the guide says.
    pub fn owes(self) -> &'static str {
        match self {
            Case::Manifest => "the component loads, and its manifest is the one that it was built from",
            Case::Prepared => "`prepare` answers, and gives the same when it is asked again",
            Case::Params => "a parameter that is missing or of another kind is refused with `invalid-params`",
            Case::DryRun => "a dry run succeeds, and neither it nor `prepare` and `status` ask for a change",
            Case::Before => {
                "`prepare` changes nothing: before `inject` the fault is not in force, nor does `status` say so"
            }
            Case::Injected => "after `inject` the fault is in force, `status` says so, and the host has seen it act",
            Case::InjectedTwice => "`inject` may come twice; one `revert` takes all of it back",
            Case::RevertedTwice => "`revert` takes the fault back, and may come twice",
            Case::NeverInjected => "`revert` of what was never injected succeeds and changes nothing",
            Case::Restarted => "`revert` needs nothing but the handle and the state: it may come after a restart",
            Case::Cancelled => "`inject` may be cut off anywhere; `revert` takes back whatever was done",
            Case::ForeignHandles => "a handle that is not its own is refused with `unknown-handle`; it does not trap",
            Case::NotGranted => "without a grant, `inject` fails with an error of the interface and changes nothing",
            Case::Limits => {
                "a call stays within what the host keeps of it: lines of log, things asked, size of answers"
            }
            Case::Renewed => "a lease that is renewed in time goes on",
            Case::Expired => "without renewal the fault ends by itself, and can be reverted all the same",
        }
    }

    /// How often it is tried, each time somewhat differently.
    pub(super) fn rounds(self) -> usize {
        if self == Case::Cancelled { steps::life::CUTS.len() } else { 1 }
    }

    /// Tries it.
    pub(super) async fn run(self, trial: &Trial<'_>, round: usize) -> Came {
        match self {
            Case::Manifest => Ok(()),
            Case::Prepared => steps::life::prepared(trial).await,
            Case::Params => steps::input::params(trial).await,
            Case::DryRun => steps::life::dry_run(trial).await,
            Case::Before => steps::life::before(trial).await,
            Case::Injected => steps::life::injected(trial).await,
            Case::InjectedTwice => steps::life::injected_twice(trial).await,
            Case::RevertedTwice => steps::life::reverted_twice(trial).await,
            Case::NeverInjected => steps::life::never_injected(trial).await,
            Case::Restarted => steps::life::restarted(trial).await,
            Case::Cancelled => steps::life::cancelled(trial, round).await,
            Case::ForeignHandles => steps::input::foreign_handles(trial).await,
            Case::NotGranted => steps::input::not_granted(trial).await,
            Case::Limits => steps::input::limits(trial).await,
            Case::Renewed => steps::lease::renewed(trial).await,
            Case::Expired => steps::lease::expired(trial).await,
        }
    }
}
