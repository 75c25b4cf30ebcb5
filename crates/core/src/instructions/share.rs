//! How the callers of an instruction divide its work.

use core::ops::Range;

/// Which part of how many: the split of an instruction's output items among its callers.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub part: usize,
    pub parts: usize,
}

impl Share {
    pub const WHOLE: Share = Share { part: 0, parts: 1 };

    /// The items of this part: contiguous, disjoint between parts, and together all of `0..items`. The first parts have
    /// the more: a single item is part 0's, which is the caller.
    #[inline(never)]
    #[must_use]
    pub fn range(self, items: usize) -> Range<usize> {
        let cut = |part: usize| (items as u64 * part as u64).div_ceil(self.parts as u64) as usize;
        cut(self.part)..cut(self.part + 1)
    }
}
