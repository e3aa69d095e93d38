//! Room for functions that call themselves once for each level of a text: as deep as the text is, on a thread of any size.

/// Bytes that must be left before a level is begun; an unoptimised build needs most.
const LEFT: usize = 256 << 10;

/// Bytes to add where they are not.
const MORE: usize = 2 << 20;

/// Does `work`, one level of something nested.
pub fn level<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, MORE, work)
}
