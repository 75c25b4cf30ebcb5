//! What becomes of sums: bytes, `round(sum * scale + (other - its zero) * step) + zero`, in fours of channels, or floats,
//! `sum * scale`, in planes.

use crate::simd::{F32x4, I16x8, I32x4, U8x16};

/// From steps of y to bytes: `round(steps) + zero`, ties to even, held within `low..=high`.
#[derive(Clone, Copy, Debug)]
pub struct Requantize {
    high: u8,
    // Numbers of the code would be made anew for each vector.
    lowest: f32,
    rounder: f32,
    base: i32,
}

/// 1.5 * 2^23: a float near it holds an integer in its lowest bits, rounded to even.
const ROUNDER: f32 = 12_582_912.0;

impl Requantize {
    #[must_use]
    pub fn new([zero, low, high]: [u8; 3]) -> Requantize {
        let lowest = f32::from(low) - f32::from(zero);
        Requantize { high, lowest, rounder: ROUNDER, base: ROUNDER.to_bits() as i32 - i32::from(zero) }
    }

    /// The integers next to numbers, and the zero point; NaN is at the lower end, and one far above is only known to be.
    #[inline(always)]
    fn step(self, numbers: F32x4) -> I32x4 {
        let held = F32x4::splat(self.lowest).pmax(numbers);
        held.add(F32x4::splat(self.rounder)).bits().sub(I32x4::splat(self.base))
    }

    /// Sixteen numbers in steps of y as bytes.
    #[inline(always)]
    #[must_use]
    pub fn rounded(self, [a, b, c, d]: [F32x4; 4]) -> U8x16 {
        let bytes = self.step(a).narrow(self.step(b)).narrow(self.step(c).narrow(self.step(d)));
        bytes.min(U8x16::splat(self.high))
    }
}

/// Bytes that are added to sums.
#[derive(Clone, Copy, Debug)]
pub struct Other {
    pub zero: u8,
    /// Their step in steps of y.
    pub step: f32,
    /// Where they lie from y on, in bytes; 0: nothing is added.
    pub distance: isize,
}

/// How sums end.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub requantize: Requantize,
    pub other: Other,
    /// Bytes of a plane of floats; 0: bytes.
    pub plane: usize,
}

impl End {
    /// Stores what four outputs of four pixels become, or of the first `count` of these; of floats the first `outputs`.
    ///
    /// # Safety
    /// So many words can be written at y, and read where what is added lies; of floats so many in each output's plane.
    #[inline(always)]
    pub unsafe fn store(&self, sums: [I32x4; 4], scale: F32x4, y: *mut u8, count: usize, outputs: usize) {
        let [mut p, mut q, mut r, mut s] = sums.map(|sums| sums.to_f32().mul(scale));
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.plane != 0 {
                return self.floats([p, q, r, s], y, count, outputs);
            }
            if self.other.distance != 0 {
                let bytes = U8x16::load_fours(y.wrapping_offset(self.other.distance), count);
                let ((a, b), zero) = (bytes.widen(), I16x8::splat(self.other.zero.into()));
                let ((a, b), (c, d)) = (a.sub(zero).widen_signed(), b.sub(zero).widen_signed());
                let step = F32x4::splat(self.other.step);
                // Never fused: all machines round alike.
                p = p.add(a.to_f32().mul(step));
                q = q.add(b.to_f32().mul(step));
                r = r.add(c.to_f32().mul(step));
                s = s.add(d.to_f32().mul(step));
            }
            self.requantize.rounded([p, q, r, s]).store_fours(y, count);
        }
    }

    /// The same out of line, for what is rare.
    ///
    /// # Safety
    /// As [`End::store`].
    #[inline(never)]
    pub unsafe fn store_some(
        &self,
        sums: [I32x4; 4],
        scale: F32x4,
        y: *mut u8,
        count: usize,
        outputs: usize,
    ) {
        // SAFETY: the caller's guarantee.
        unsafe { self.store(sums, scale, y, count, outputs) };
    }

    /// Out of line, as few convolutions end so.
    ///
    /// # Safety
    /// As [`End::store`].
    #[inline(never)]
    unsafe fn floats(&self, pixels: [F32x4; 4], y: *mut u8, count: usize, outputs: usize) {
        for (output, row) in F32x4::transpose(pixels).into_iter().enumerate().take(outputs) {
            // SAFETY: the caller's guarantee.
            unsafe { row.store_partial(y.add(output * self.plane).cast(), count) };
        }
    }
}
