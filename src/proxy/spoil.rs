//! Changing bytes of a body, spread evenly over it.

use hyper::body::Bytes;

use super::dice::Dice;

/// Changes a share of the bytes of one body.
#[derive(Debug)]
pub(super) struct Spoiler {
    /// From one changed byte to the next.
    gap: f64,
    /// How many bytes come before the next changed one; not known before the first bytes have come.
    next: Option<f64>,
    dice: Dice,
}

impl Spoiler {
    /// Changes this share of the bytes, above 0 and at most 1; `seed` decides which, and to what.
    pub(super) fn new(share: f64, seed: u64) -> Self {
        Self { gap: 1.0 / share, next: None, dice: Dice::from(seed) }
    }

    /// The next bytes with some of them changed: of the first bytes of a body one at least.
    pub(super) fn spoil(&mut self, data: &Bytes) -> Bytes {
        let mut bytes = data.to_vec();
        if bytes.is_empty() {
            return Bytes::new();
        }
        let first = self.gap.min(bytes.len() as f64) * self.dice.roll();
        let mut next = self.next.unwrap_or(first.min(bytes.len() as f64 - 1.0));
        while let Some(byte) = bytes.get_mut(next as usize) {
            *byte ^= (self.dice.next() % 255) as u8 + 1;
            next += self.gap;
        }
        self.next = Some(next - bytes.len() as f64);
        Bytes::from(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Spoiler};

    /// How many bytes are changed of a body that comes in parts of this size.
    fn changed(share: f64, length: usize, part: usize, seed: u64) -> usize {
        let body: Vec<u8> = (0..length).map(|at| at as u8).collect();
        let mut spoiler = Spoiler::new(share, seed);
        let parts = body.chunks(part).map(|part| spoiler.spoil(&Bytes::copy_from_slice(part)));
        let spoilt: Vec<u8> = parts.flat_map(|part| part.to_vec()).collect();
        assert_eq!(spoilt.len(), length);
        body.iter().zip(&spoilt).filter(|(before, after)| before != after).count()
    }

    #[test]
    fn the_share_is_changed_however_the_body_comes() {
        for part in [1, 7, 1000, 100_000] {
            for (share, length) in [(0.01, 100_000), (0.25, 1000), (0.5, 999), (0.000_1, 50_000), (1.0, 64)] {
                let (is, wanted) = (changed(share, length, part, 7) as f64, share * length as f64);
                assert!((is - wanted).abs() <= 1.0, "{share} of {length} in parts of {part}: {is}");
            }
        }
    }

    #[test]
    fn of_every_body_a_byte_is_changed() {
        for seed in 0..200 {
            assert_eq!(changed(0.000_001, 1, 1, seed), 1);
            assert_eq!(changed(0.000_001, 20, 20, seed), 1);
        }
    }

    #[test]
    fn an_empty_part_changes_nothing() {
        let mut spoiler = Spoiler::new(0.5, 1);
        assert!(spoiler.spoil(&Bytes::new()).is_empty());
        assert_ne!(spoiler.spoil(&Bytes::from_static(b"a")), "a");
    }
}
