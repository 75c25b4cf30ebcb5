//! The peak of the processor, to compare with: multiply-accumulates that never leave the registers.

use crate::simd::F32x4;

/// Independent sums: enough that none waits for its last one; with the two factors they fit in sixteen registers.
const SUMS: usize = 10;

/// Multiply-accumulates of one iteration.
pub const MACS: u32 = 4 * SUMS as u32;

/// sum = sum * value + value, so often, in every lane of every sum; the sums' sum. A `value` of 0.5 has all tend to 1.
#[inline(never)]
#[must_use]
pub fn peak(iterations: u32, value: f32) -> f32 {
    let factor = F32x4::splat(value);
    let mut sums = [F32x4::splat(0.0); SUMS];
    for _ in 0..iterations {
        for sum in &mut sums {
            *sum = sum.madd(factor, factor);
        }
    }
    sums.into_iter().fold(F32x4::splat(0.0), F32x4::add).to_array()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_tends_to_one() {
        assert!((peak(100, 0.5) - SUMS as f32).abs() < 1e-5);
    }
}
