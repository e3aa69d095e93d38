//! The faults that are over, and the reverts that outrank any inject still on its way.

use std::collections::{BTreeMap, HashMap};

use super::view::{FaultView, Phase};

/// A fault that's over.
#[derive(Debug, Clone)]
pub(super) struct Tomb {
    /// How it was when it ended.
    pub(super) view: FaultView,
    /// An inject needs a higher fence than this.
    pub(super) fence: u64,
}

/// The newest tombs, one for each id, up to a fixed number.
#[derive(Debug)]
pub(super) struct Tombs {
    by_id: HashMap<String, (u64, Tomb)>,
    by_age: BTreeMap<u64, String>,
    dug: u64,
    most: usize,
}

impl Tombs {
    /// Room for `most` of them; the oldest is forgotten for a new one.
    pub(super) fn new(most: usize) -> Self {
        Self { by_id: HashMap::new(), by_age: BTreeMap::new(), dug: 0, most }
    }

    /// The tomb of `id`.
    pub(super) fn get(&self, id: &str) -> Option<&Tomb> {
        self.by_id.get(id).map(|(_, tomb)| tomb)
    }

    /// Adds a tomb, or replaces that of the same id. The fence never falls.
    pub(super) fn bury(&mut self, view: FaultView, fence: u64) {
        let id = view.id.clone();
        let before = self.remove(&id).map_or(0, |tomb| tomb.fence);
        self.dug += 1;
        self.by_age.insert(self.dug, id.clone());
        self.by_id.insert(id, (self.dug, Tomb { view, fence: fence.max(before) }));
        if self.by_id.len() > self.most
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.by_id.remove(&oldest);
        }
    }

    /// Raises the fence of `id`, and gives how its fault ended. A fault that never was gets a tomb as well.
    pub(super) fn outrank(&mut self, id: &str, fence: u64) -> FaultView {
        if let Some((_, tomb)) = self.by_id.get_mut(id) {
            tomb.fence = tomb.fence.max(fence);
            if tomb.view.phase == Phase::Absent {
                tomb.view.fence = tomb.fence;
            }
            return tomb.view.clone();
        }
        let view = FaultView::never_was(id, fence);
        self.bury(view.clone(), fence);
        view
    }

    /// Takes the tomb of `id` away: its fault is active again.
    pub(super) fn remove(&mut self, id: &str) -> Option<Tomb> {
        let (age, tomb) = self.by_id.remove(id)?;
        self.by_age.remove(&age);
        Some(tomb)
    }

    /// The faults that really were, newest end first.
    pub(super) fn views(&self) -> impl Iterator<Item = &FaultView> {
        let newest_first = self.by_age.values().rev();
        newest_first.filter_map(|id| self.get(id)).map(|tomb| &tomb.view).filter(|view| view.phase != Phase::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut tombs = Tombs::new(2);
        for id in ["a", "b", "a", "c"] {
            tombs.outrank(id, 1);
            let view = FaultView { phase: Phase::Reverted, ..FaultView::never_was(id, 1) };
            tombs.bury(view, 1);
        }
        assert!(tombs.get("b").is_none());
        assert_eq!(tombs.views().map(|view| view.id.as_str()).collect::<Vec<_>>(), ["c", "a"]);
    }

    #[test]
    fn the_fence_never_falls() {
        let mut tombs = Tombs::new(5);
        assert_eq!(tombs.outrank("a", 7).fence, 7);
        assert_eq!(tombs.outrank("a", 3).fence, 7);
        tombs.bury(FaultView::never_was("a", 2), 2);
        assert_eq!(tombs.get("a").map(|tomb| tomb.fence), Some(7));
    }
}
