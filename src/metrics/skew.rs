//! Whether a source's clock agrees with ours.

/// Clocks that differ by no more than this are taken to agree, in seconds.
const AGREEING: f64 = 2.0;

/// What was said of a source's clock.
#[derive(Clone, Debug, Default)]
pub struct Skew {
    told: bool,
}

impl Skew {
    /// A remark, once, when the source's clock is off. `ahead`: by how many seconds it is ahead of ours.
    pub fn remark(&mut self, ahead: Option<f64>) -> Option<String> {
        let ahead = ahead.filter(|ahead| ahead.abs() > AGREEING)?;
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let (by, which) = (ahead.abs(), if ahead > 0.0 { "ahead of" } else { "behind" });
        Some(format!("its clock is {by:.0} s {which} this machine's; its samples are placed by how old they are there"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Skew;

    #[test]
    fn a_clock_that_is_off_is_told_of_once() {
        let mut skew = Skew::default();
        assert_eq!(skew.remark(None), None);
        assert_eq!(skew.remark(Some(1.4)), None);
        assert!(skew.remark(Some(-37.0)).unwrap().contains("37 s behind"));
        assert_eq!(skew.remark(Some(-37.0)), None);
    }
}
