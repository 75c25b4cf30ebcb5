//! Outputs that are each a weighted sum of a few elements of a plane, a block at a time: where the elements lie and what
//! they weigh is computed once, and used for every plane.

use crate::simd::{F32x4, I32x4, LANES};

/// Elements of all outputs of a block together.
const ROOM: usize = 1024;
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
    /// -1 for an element outside the plane: it counts as zero, whatever lies at its offset, which is 0.
    outside: [i32; ROOM],
    /// Whether there is one.
    partial: bool,
}

impl Taps {
    /// For outputs of `each` elements (at most 256).
    pub fn new(each: usize) -> Taps {
        let block = ROOM / each / LANES * LANES;
        Taps { each, block, offsets: [0; ROOM], weights: NO_WEIGHTS, outside: [0; ROOM], partial: false }
    }

    /// Empties the block.
    pub fn clear(&mut self) {
        self.partial = false;
        self.offsets.fill(0);
    }

    /// Where element `k` of the block's output `j` lies in the tables.
    pub fn place(&self, j: usize, k: usize) -> usize {
        k * self.block + j
    }

    /// Says where an element is; `None`: outside the plane.
    pub fn set_offset(&mut self, place: usize, offset: Option<usize>) {
        self.partial |= offset.is_none();
        self.outside[place] = -i32::from(offset.is_none());
        self.offsets[place] = offset.unwrap_or(0) as u32;
    }

    /// Where an element is.
    pub fn offset(&self, place: usize) -> usize {
        self.offsets[place] as usize
    }

    /// `y[j] = sum over k of weights[j, k] * x[offsets[j, k]]` for the first `count` outputs of the block, in each plane.
    ///
    /// # Safety
    /// The planes are not empty and hold what the offsets say; y has room for `count` elements per plane.
    #[inline(never)]
    pub unsafe fn gather(&self, weights: &Weights, planes: Planes, count: usize) {
        // SAFETY: the caller's guarantee is passed on.
        planes.by_fours(
            |planes| unsafe { self.gather_some::<4>(weights, planes, count) },
            |planes| unsafe { self.gather_some::<1>(weights, planes, count) },
        );
    }

    /// # Safety
    /// As [`Taps::gather`], for P planes.
    #[inline(always)]
    unsafe fn gather_some<const P: usize>(&self, weights: &Weights, planes: Planes, count: usize) {
        for j in (0..count).step_by(LANES) {
            let mut sums = [F32x4::ZERO; P];
            for k in 0..self.each {
                let place = self.place(j, k);
                // SAFETY: the caller's guarantee; the tables hold whole vectors, and beyond `count` offsets that are 0 or
                // those of another block.
                unsafe {
                    let offsets = self.offsets.as_ptr().add(place);
                    let offsets = [0, 1, 2, 3].map(|lane| *offsets.add(lane) as usize);
                    let weight = F32x4::load(weights.as_ptr().add(place));
                    let outside = I32x4::load(self.outside.as_ptr().add(place)).lt(I32x4::splat(0));
                    for (p, sum) in sums.iter_mut().enumerate() {
                        let mut values = F32x4::gather(planes.small.add(p * planes.small_step), offsets);
                        if self.partial {
                            values = outside.select(F32x4::ZERO, values);
                        }
                        *sum = if k == 0 { values.mul(weight) } else { values.madd(weight, *sum) };
                    }
                }
            }
            let lanes = LANES.min(count - j);
            for (p, sum) in sums.into_iter().enumerate() {
                // SAFETY: at most `count` elements are written.
                unsafe { sum.store_partial(planes.large.add(p * planes.large_step + j), lanes) };
            }
        }
    }

    /// The adjoint: `dx[offsets[j, k]] += weights[j, k] * dy[j]`, in the order of the outputs and their elements.
    ///
    /// # Safety
    /// As [`Taps::gather`], with `dx` for `x` and `dy` for `y`.
    #[inline(never)]
    pub unsafe fn scatter(&self, planes: Planes, count: usize) {
        // SAFETY: the caller's guarantee is passed on.
        planes.by_fours(
            |planes| unsafe { self.scatter_some::<4>(planes, count) },
            |planes| unsafe { self.scatter_some::<1>(planes, count) },
        );
    }

    /// # Safety
    /// As [`Taps::scatter`], for P planes: each waits for its own last sum only.
    #[inline(always)]
    unsafe fn scatter_some<const P: usize>(&self, planes: Planes, count: usize) {
        for j in 0..count {
            // SAFETY: the caller's guarantee.
            let flows: [f32; P] =
                core::array::from_fn(|p| unsafe { *planes.large.add(p * planes.large_step + j) });
            for k in 0..self.each {
                let place = self.place(j, k);
                if self.outside[place] != 0 {
                    continue;
                }
                for (p, flow) in flows.iter().enumerate() {
                    // SAFETY: the caller's guarantee.
                    unsafe {
                        let dx = planes.small.add(p * planes.small_step + self.offset(place));
                        *dx += self.weights[place] * flow;
                    }
                }
            }
        }
    }
}

/// Planes that the same taps are for.
#[derive(Clone, Copy)]
pub struct Planes {
    /// x or dx, and from one plane to the next.
    pub small: *mut f32,
    pub small_step: usize,
    /// The block's first element of y or dy, and from one plane to the next.
    pub large: *mut f32,
    pub large_step: usize,
    pub count: usize,
}

impl Planes {
    /// Four planes at a time, then those that are left.
    #[inline(always)]
    fn by_fours(self, four: impl Fn(Planes), one: impl Fn(Planes)) {
        let from = |first: usize| Planes {
            small: self.small.wrapping_add(first * self.small_step),
            large: self.large.wrapping_add(first * self.large_step),
            ..self
        };
        let whole = self.count / 4 * 4;
        for first in (0..whole).step_by(4) {
            four(from(first));
        }
        for first in whole..self.count {
            one(from(first));
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
