//! Whether a source's clock agrees with ours.

use std::time::SystemTime;

/// Clocks that differ by no more than this are taken to agree, in seconds.
pub const AGREEING: f64 = 2.0;

/// So often it is told that a clock has jumped.
const MOST: u32 = 10;

/// What was said of a source's clock.
#[derive(Clone, Debug)]
pub struct Skew {
    /// What is ahead or behind, with its verb.
    what: String,
    /// By how many seconds it was ahead when that was told last.
    last: f64,
    told: u32,
}

impl Skew {
    /// Nothing was said yet of what is called so: `its clock is`.
    pub fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), last: 0.0, told: 0 }
    }

    /// A remark when the source's clock is off, and again when it has jumped. `ahead`: by how many seconds it is ahead of ours.
    pub fn remark(&mut self, ahead: Option<f64>) -> Option<String> {
        let ahead = ahead.filter(|ahead| (ahead - self.last).abs() > AGREEING)?;
        self.last = ahead;
        self.told += 1;
        if self.told > MOST {
            return None;
        }
        let (by, what) = (ahead.abs(), &self.what);
        Some(match ahead {
            _ if by <= AGREEING => format!("{what} that of this machine again"),
            ahead => {
                let which = if ahead > 0.0 { "ahead of" } else { "behind" };
                format!("{what} {by:.0} s {which} this machine's; its samples are placed by how old they are there")
            }
        })
    }
}

/// Our own time, in Unix seconds.
pub fn unix_now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{MOST, Skew};

    #[test]
    fn a_clock_that_is_off_is_told_of_once() {
        let mut skew = Skew::of("its clock is");
        assert_eq!(skew.remark(None), None);
        assert_eq!(skew.remark(Some(1.4)), None);
        assert!(skew.remark(Some(-37.0)).unwrap().contains("37 s behind"));
        assert_eq!(skew.remark(Some(-37.9)), None);
    }

    #[test]
    fn a_clock_that_jumps_is_told_of_each_time() {
        let mut skew = Skew::of("its clock is");
        assert!(skew.remark(Some(-37.0)).is_some());
        assert!(skew.remark(Some(3600.0)).unwrap().starts_with("its clock is 3600 s ahead of this machine's"));
        assert_eq!(skew.remark(Some(0.3)).unwrap(), "its clock is that of this machine again");
        assert_eq!(skew.remark(Some(1.9)), None);
        let told = (0..100).filter_map(|at| skew.remark(Some(f64::from(at) * 10.0))).count();
        assert_eq!(told as u32, MOST - 3);
    }
}
