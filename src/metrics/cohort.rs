//! Parts of a proxy's traffic: what the faults' shares selected, and when any share was in force.

use super::exposition::Series;

/// What a proxy's faults have seen so far, read after read.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    active: bool,
    seen: f64,
}

/// The series that tell of a proxy's faults.
pub const ACTIVE: &str = "chaos_proxy_fault_active";
/// How many requests came while a fault was in force.
pub const SEEN: &str = "chaos_proxy_fault_seen_total";

impl Shares {
    /// Whether a share was in force at any time since the read before: while none is, `of affected` is the plain metric.
    pub fn in_force(&mut self, page: &[Series]) -> bool {
        let of = |name: &'static str| page.iter().filter(move |one| one.name == name).map(|one| one.value);
        let active = of(ACTIVE).any(|value| value > 0.0);
        let seen: f64 = of(SEEN).sum();
        let was = std::mem::replace(&mut self.active, active);
        // A proxy forgets faults that are long over, so the sum may fall.
        let grew = std::mem::replace(&mut self.seen, seen) < seen;
        was || active || grew
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ACTIVE, SEEN, Shares};
    use crate::metrics::parse;

    #[test]
    fn a_share_is_in_force_from_its_first_request_to_the_read_after_its_end() {
        let mut shares = Shares::default();
        let mut at = |active: u32, seen: u32| {
            let page = format!("{ACTIVE}{{fault=\"a\"}} {active}\n{SEEN}{{fault=\"a\"}} {seen}\n");
            shares.in_force(&parse(&page, |_| true).unwrap())
        };
        assert!(!at(0, 0));
        assert!(at(1, 0));
        assert!(at(1, 20));
        assert!(at(0, 25), "it ended since the read before");
        assert!(!at(0, 25));
        assert!(at(0, 30), "it came and went between two reads");
    }
}
