//! What becomes of sums: bytes, `round(sum * scale + (other - its zero) * step) + zero`, in fours of channels; or in planes
//! floats, `sum * scale`, or what weights with any zero point ask for: `sum + shift * window`, and that times scale, and bias.

use crate::enumeration::enumeration;
use crate::simd::{F32x4, I32x4, U8x16};

/// From steps of y to bytes: `round(steps) + zero`, ties to even, held within `low..=high`.
#[derive(Clone, Copy, Debug)]
pub struct Requantize {
    high: u8,
    // Numbers of the code would be made anew for each vector.
    lowest: f32,
    rounder: f32,
    base: i32,
}

/// A float from here on is an integer, and holds it in its lowest bits.
const TWO_23: f32 = 8_388_608.0;

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

    /// Stores what four outputs of pixels side by side become, in planes that of the first `outputs`.
    ///
    /// # Safety
    /// There are so many pixels' sums, and up to a four of pixels any; so many words can be written at y, and read where what is
    /// added lies; in planes so many in each output's. Four outputs' scales can be read, and what lies behind them.
    pub unsafe fn store_all(
        &self,
        sums: *const i32,
        scale: *const f32,
        y: *mut u8,
        count: usize,
        outputs: usize,
    ) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.result != Sums::Bytes {
                for first in (0..count).step_by(4) {
                    let (sums, y) = (load_four(sums, first), y.add(4 * first));
                    self.apart(sums, scale, y, (count - first).min(4), outputs);
                }
            } else if self.other.distance == 0 {
                self.bytes::<false>(sums, scale, y, count);
            } else {
                self.bytes::<true>(sums, scale, y, count);
            }
        }
    }

    /// Bytes, four pixels at a time.
    ///
    /// # Safety
    /// As [`End::store_all`].
    #[inline(always)]
    unsafe fn bytes<const ADDED: bool>(self, sums: *const i32, scale: *const f32, y: *mut u8, count: usize) {
        let whole = count / 4 * 4;
        // SAFETY: the caller's guarantee.
        unsafe {
            let scale = F32x4::load(scale);
            for first in (0..whole).step_by(4) {
                let y = y.add(4 * first);
                self.rounded::<ADDED>(load_four(sums, first), scale, y, 4).store(y);
            }
            if whole < count {
                let (y, count) = (y.add(4 * whole), count - whole);
                self.rounded::<ADDED>(load_four(sums, whole), scale, y, count).store_fours(y, count);
            }
        }
    }

    /// Four pixels as bytes.
    ///
    /// # Safety
    /// As [`End::store`].
    #[inline(always)]
    unsafe fn rounded<const ADDED: bool>(
        self,
        sums: [I32x4; 4],
        scale: F32x4,
        y: *const u8,
        count: usize,
    ) -> U8x16 {
        let [mut p, mut q, mut r, mut s] = sums.map(|sums| sums.to_f32().mul(scale));
        if ADDED {
            // SAFETY: the caller's guarantee.
            let bytes = unsafe { U8x16::load_fours(y.wrapping_offset(self.other.distance), count) };
            let (a, b) = bytes.widen();
            let ((a, b), (c, d)) = (a.above_2_23(), b.above_2_23());
            let zero = F32x4::splat(TWO_23 + f32::from(self.other.zero));
            let step = F32x4::splat(self.other.step);
            // Never fused: all machines round alike.
            p = p.add(a.sub(zero).mul(step));
            q = q.add(b.sub(zero).mul(step));
            r = r.add(c.sub(zero).mul(step));
            s = s.add(d.sub(zero).mul(step));
        }
        self.requantize.rounded([p, q, r, s])
    }

    /// As [`End::store_all`], four pixels that are in registers.
    ///
    /// # Safety
    /// As [`End::store_all`].
    #[inline(always)]
    pub unsafe fn store(&self, sums: [I32x4; 4], scale: *const f32, y: *mut u8, outputs: usize) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.result != Sums::Bytes {
                return self.apart(sums, scale, y, 4, outputs);
            }
            let scale = F32x4::load(scale);
            let bytes = if self.other.distance == 0 {
                self.rounded::<false>(sums, scale, y, 4)
            } else {
                self.rounded::<true>(sums, scale, y, 4)
            };
            bytes.store(y);
        }
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

/// Four pixels' sums, from one on.
///
/// # Safety
/// There are so many.
#[inline(always)]
unsafe fn load_four(sums: *const i32, first: usize) -> [I32x4; 4] {
    // SAFETY: the caller's guarantee.
    core::array::from_fn(|pixel| unsafe { I32x4::load(sums.add(4 * (first + pixel))) })
}
