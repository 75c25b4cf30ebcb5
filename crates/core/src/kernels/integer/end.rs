//! What becomes of sums: bytes, `round(sum * scale + (other - its zero) * step) + zero`, in fours of channels; or in planes
//! floats, `sum * scale`, or what weights with any zero point ask for: `sum + shift * window`, and that times scale, and bias.

use crate::enumeration::enumeration;
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

enumeration! {
    /// What sums become.
    pub enum Sums {
        Bytes,
        /// In planes `sum * scale`.
        Scaled,
        /// In planes `(sum + shift * window) * scale + bias`, and the larger of that and 0.
        Floats,
        Rectified,
        /// In planes `sum + shift * window`.
        Integers,
    }
}

/// How sums end.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub requantize: Requantize,
    pub result: Sums,
    /// What is added; where there is a shift, the windows' sums, 4 bytes each.
    pub other: Other,
    /// Bytes of a plane of four-byte results.
    pub plane: usize,
    /// How far behind an output's scale its shift lies, and behind that its bias.
    pub ends: usize,
}

impl End {
    /// Whether shift and bias lie behind the scale.
    #[inline(always)]
    #[must_use]
    pub fn has_shift(&self) -> bool {
        !matches!(self.result, Sums::Bytes | Sums::Scaled)
    }

    /// Stores what four outputs of four pixels become, or of the first `count` of these; in planes the first `outputs`.
    ///
    /// # Safety
    /// So many words can be written at y, and read where what is added lies; in planes so many in each output's. Four outputs'
    /// scales can be read, and what lies behind them.
    #[inline(always)]
    pub unsafe fn store(
        &self,
        sums: [I32x4; 4],
        scale: *const f32,
        y: *mut u8,
        count: usize,
        outputs: usize,
    ) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.result != Sums::Bytes {
                return self.apart(sums, scale, y, count, outputs);
            }
            let scale = F32x4::load(scale);
            let [mut p, mut q, mut r, mut s] = sums.map(|sums| sums.to_f32().mul(scale));
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
        scale: *const f32,
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
    unsafe fn apart(
        &self,
        mut sums: [I32x4; 4],
        scale: *const f32,
        y: *mut u8,
        count: usize,
        outputs: usize,
    ) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let (shift, bias) = (scale.wrapping_add(self.ends), scale.wrapping_add(2 * self.ends));
            if self.has_shift() && self.other.distance != 0 {
                let (shift, window) = (I32x4::load(shift.cast()), y.wrapping_offset(self.other.distance));
                for (pixel, sums) in sums.iter_mut().enumerate().take(count) {
                    let of_window = I32x4::splat(window.cast::<i32>().add(pixel).read());
                    *sums = sums.add(of_window.mul(shift));
                }
            }
            let scale = F32x4::load(scale);
            let scaled = sums.map(|sums| sums.to_f32().mul(scale));
            let shifted = || scaled.map(|numbers| numbers.add(F32x4::load(bias)));
            let pixels = match self.result {
                Sums::Integers => sums.map(I32x4::as_f32),
                Sums::Bytes | Sums::Scaled => scaled,
                Sums::Floats => shifted(),
                // What is no number stays so.
                Sums::Rectified => shifted().map(|numbers| numbers.pmax(F32x4::splat(0.0))),
            };
            for (output, row) in F32x4::transpose(pixels).into_iter().enumerate().take(outputs) {
                row.store_partial(y.add(output * self.plane).cast(), count);
            }
        }
    }
}
