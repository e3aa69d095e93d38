//! Sets of bytes.

/// What stands behind the last byte of a text: no UTF-8 text holds it.
pub const END: u8 = 0xFF;

/// A set of bytes. One whose characters are read holds of the bytes beyond ASCII either all but [`END`] or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub [u64; 4]);

impl Bytes {
    pub const NONE: Self = Self([0; 4]);
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// These bytes.
    pub fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self::NONE;
        for byte in bytes {
            set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        set
    }

    /// The bytes with which a character can begin or go on.
    pub fn any() -> Self {
        Self::of([END]).complement()
    }

    pub fn holds(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    pub fn intersection(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    pub fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    pub fn without(self, other: Self) -> Self {
        self.intersection(other.complement())
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}
