//! Requests under way.

/// A request, by its place and how often the place was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VisitId {
    at: u32,
    turn: u32,
}

/// A request to a service, from the moment at which its caller wants it.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    turn: u32,
    pub state: State,
    /// The line it comes by.
    pub line: u32,
    /// Who waits for it; none where it comes from outside.
    pub caller: Option<VisitId>,
    /// When it came to the service, in nanoseconds.
    pub came: u64,
    /// Whether a fault's share selected it.
    pub affected: bool,
    /// Whether a fault makes its answer no good.
    pub spoilt: bool,
    /// Whether its caller has an answer, or gave up.
    pub answered: bool,
    /// Which of its calls is made next.
    pub step: u32,
    /// How often that one was made again.
    pub tries: u32,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is over; its place is free.
    Over,
    /// It waits for a connection.
    Pooled,
    /// It has one, and leaves its caller.
    Connected,
    /// On its way, with a delay.
    Sent,
    /// Lost on its way: nobody answers.
    Lost,
    /// It waits for a worker.
    Queued,
    /// It has a worker.
    Working,
}

/// All requests under way.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    all: Vec<Visit>,
    free: Vec<u32>,
}

impl Visits {
    pub fn begin(&mut self, line: u32, caller: Option<VisitId>) -> VisitId {
        let at = self.free.pop().unwrap_or(self.all.len() as u32);
        let turn = self.all.get(at as usize).map_or(0, |old| old.turn.wrapping_add(1));
        let state = State::Pooled;
        let (affected, spoilt, answered) = (false, false, false);
        let visit = Visit { turn, state, line, caller, came: 0, affected, spoilt, answered, step: 0, tries: 0 };
        match self.all.get_mut(at as usize) {
            Some(place) => *place = visit,
            None => self.all.push(visit),
        }
        VisitId { at, turn }
    }

    /// A request that is not over.
    pub fn get(&mut self, id: VisitId) -> Option<&mut Visit> {
        self.all.get_mut(id.at as usize).filter(|visit| visit.turn == id.turn && visit.state != State::Over)
    }

    pub fn end(&mut self, id: VisitId) {
        if let Some(visit) = self.get(id) {
            visit.state = State::Over;
            self.free.push(id.at);
        }
    }

    /// Those that are not over, in the order of their places.
    pub fn under_way(&self) -> impl Iterator<Item = (VisitId, &Visit)> {
        let numbered = self.all.iter().zip(0_u32..);
        let live = numbered.filter(|(visit, _)| visit.state != State::Over);
        live.map(|(visit, at)| (VisitId { at, turn: visit.turn }, visit))
    }
}
