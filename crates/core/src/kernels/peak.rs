//! The peak of the processor, to compare with: multiply-accumulates that never leave the registers.

use crate::simd::F32x4;

/// Independent sums: enough that none waits for its last one; with the two factors they fit in sixteen registers. Two
/// loops of five, because the build unrolls loops of nine turns at most, and sums that are not unrolled lie in memory.
const SUMS: usize = 2 * HALF;
const HALF: usize = 5;

/// Multiply-accumulates of one iteration.
pub const MACS: u32 = 4 * SUMS as u32;

/// sum = sum * value + value, so often, in every lane of every sum; the sums' sum. A `value` of 0.5 has all tend to 1.
#[inline(never)]
#[must_use]
pub fn peak(iterations: u32, value: f32) -> f32 {
    let factor = F32x4::splat(value);
    let (mut left, mut right) = ([F32x4::ZERO; HALF], [F32x4::ZERO; HALF]);
    for _ in 0..iterations {
        left = left.map(|sum| sum.madd(factor, factor));
        right = right.map(|sum| sum.madd(factor, factor));
    }
    let mut total = F32x4::ZERO;
    for i in 0..HALF {
        total = total.add(left[i]).add(right[i]);
    }
    total.to_array()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_tends_to_one() {
        assert!((peak(100, 0.5) - SUMS as f32).abs() < 1e-5);
    }
}
