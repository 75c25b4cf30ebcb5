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

#[cfg(test)]
pub(crate) mod tests {
    use super::Share;
    use crate::fault::Fault;
    use crate::instructions::{Instruction, Operands};

    /// Runs an instruction in two parts, both of them whatever the first says: the first fault, if there is one.
    pub fn run_in_two(instruction: &dyn Instruction, addresses: &[*mut u8]) -> Result<(), Fault> {
        let mut outcome = Ok(());
        for part in 0..2 {
            // SAFETY: the caller's operands have the sizes of the problem.
            let own = unsafe { instruction.run(&Operands::new(addresses), Share { part, parts: 2 }) };
            outcome = outcome.and(own);
        }
        outcome
    }
}
