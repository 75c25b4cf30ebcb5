//! Outputs that are each a weighted sum of a few elements of a plane, a block at a time: where the elements lie and what
//! they weigh is computed once, and used for every plane.

use crate::simd::{F32x4, LANES};

/// Elements of all outputs of a block together.
const ROOM: usize = 1024;
/// An element outside the plane: it counts as zero and is never read.
const ABSENT: u32 = u32::MAX;

/// The weights of a block, in the order of its elements.
pub type Weights = [f32; ROOM];
pub const NO_WEIGHTS: Weights = [0.0; ROOM];

pub struct Taps {
    /// Elements per output.
    pub each: usize,
    /// Outputs that a block has room for.
    pub block: usize,
    offsets: [u32; ROOM],
    pub weights: Weights,
    /// Whether an element may be outside.
    absent: bool,
}

impl Taps {
    /// For outputs of `each` elements (at most 256).
    pub fn new(each: usize) -> Taps {
        let block = ROOM / each / LANES * LANES;
        Taps { each, block, offsets: [0; ROOM], weights: NO_WEIGHTS, absent: false }
    }

    /// Empties the block.
    pub fn clear(&mut self) {
        self.absent = false;
        self.offsets.fill(0);
    }

    /// Where element `k` of the block's output `j` lies in the tables.
    pub fn place(&self, j: usize, k: usize) -> usize {
        k * self.block + j
    }

    /// Says where an element is; `None` where it is outside the plane.
    pub fn set_offset(&mut self, place: usize, offset: Option<usize>) {
        self.absent |= offset.is_none();
        self.offsets[place] = offset.map_or(ABSENT, |offset| offset as u32);
    }

    /// Where an element is.
    pub fn offset(&self, place: usize) -> usize {
        self.offsets[place] as usize
    }

    /// `y[j] = sum over k of weights[j, k] * x[offsets[j, k]]` for the first `count` outputs of the block.
    ///
    /// # Safety
    /// The plane at `x` is not empty and holds what the offsets say, `y` has room for `count` elements.
    #[inline(never)]
    pub unsafe fn gather(&self, weights: &Weights, x: *const f32, y: *mut f32, count: usize) {
        if self.absent {
            for j in 0..count {
                // SAFETY: the caller's guarantee.
                unsafe { *y.add(j) = self.sum_present(weights, x, j) };
            }
            return;
        }
        let mut j = 0;
        while j < count {
            let mut sum = F32x4::ZERO;
            for k in 0..self.each {
                let place = self.place(j, k);
                let lanes = [0, 1, 2, 3].map(|lane| self.offsets[place + lane] as usize);
                // SAFETY: the caller's guarantee; beyond `count` the offsets are 0 or those of another block.
                let values = unsafe { F32x4::gather(x, lanes) };
                // SAFETY: the tables hold whole vectors.
                let weight = unsafe { F32x4::load(weights.as_ptr().add(place)) };
                sum = if k == 0 { values.mul(weight) } else { values.madd(weight, sum) };
            }
            // SAFETY: at most `count` elements are written.
            unsafe {
                if j + LANES <= count {
                    sum.store(y.add(j));
                } else {
                    sum.store_partial(y.add(j), count - j);
                }
            }
            j += LANES;
        }
    }

    /// # Safety
    /// As [`Taps::gather`].
    unsafe fn sum_present(&self, weights: &Weights, x: *const f32, j: usize) -> f32 {
        let mut sum = 0.0;
        for k in 0..self.each {
            let place = self.place(j, k);
            if self.offsets[place] != ABSENT {
                // SAFETY: the caller's guarantee.
                sum += weights[place] * unsafe { *x.add(self.offset(place)) };
            }
        }
        sum
    }

    /// The adjoint: `dx[offsets[j, k]] += weights[j, k] * dy[j]`, in the order of the outputs and their elements.
    ///
    /// # Safety
    /// As [`Taps::gather`], with `dx` for `x` and `dy` for `y`.
    #[inline(never)]
    pub unsafe fn scatter(&self, dy: *const f32, dx: *mut f32, count: usize) {
        for j in 0..count {
            // SAFETY: the caller's guarantee.
            let flow = unsafe { *dy.add(j) };
            for k in 0..self.each {
                let place = self.place(j, k);
                if self.offsets[place] != ABSENT {
                    // SAFETY: the caller's guarantee.
                    unsafe { *dx.add(self.offset(place)) += self.weights[place] * flow };
                }
            }
        }
    }
}

/// The weights of four elements around a position `t` (from 0 to 1) behind the second of them: Keys' cubic convolution
/// with the coefficient `a`.
pub fn cubic(a: f32, t: f32) -> [f32; 4] {
    let near = |d: f32| ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
    let far = |d: f32| ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// The derivatives of [`cubic`] by `t`.
pub fn cubic_slopes(a: f32, t: f32) -> [f32; 4] {
    let near = |d: f32| (3.0 * (a + 2.0) * d - 2.0 * (a + 3.0)) * d;
    let far = |d: f32| (3.0 * a * d - 10.0 * a) * d + 8.0 * a;
    [far(t + 1.0), near(t), -near(1.0 - t), -far(2.0 - t)]
}
