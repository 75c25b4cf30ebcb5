//! SOFTMAX: `y[o, j, i] = e^(x[o, j, i] - m) / s` along the middle axis of `[outer, n, inner]`, with the largest value m and
//! the sum s of `e^(x - m)` there; or its logarithm, `x - m - log(s)`.
//!
//! Params: outer, n, inner, logarithm (0 or 1). Operands: x, y (which may be the same memory).
//! The share's items are the columns (o, i): neighbours along inner go in the lanes; with an inner of 1 each is a row.
//! NaN, an infinite largest value, and a column of -inf give NaN, as in PyTorch.

use super::sample::Sample;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] =
    &[Entry::new("softmax", "x -> y", FLOAT, decode, Sample::new(&[3, 5, 7, 0], &[105, 105]))];

struct Softmax {
    outer: usize,
    n: usize,
    inner: usize,
    logarithm: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (outer, n, inner, logarithm) = (params.usize(), params.usize(), params.usize(), params.flag());
    params.elements(&[outer, n, inner], 4);
    params.elements(&[outer, inner], 4);
    params.check()?;
    Ok(Planned::new(Softmax { outer, n, inner, logarithm }))
}

impl Instruction for Softmax {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(1));
        let range = share.range(if self.n == 0 { 0 } else { self.outer * self.inner });
        let mut item = range.start;
        while item < range.end {
            let (outer, i) = (item / self.inner, item % self.inner);
            let start = outer * self.n * self.inner + i;
            // Lanes of one outer index only.
            let lanes = LANES.min(self.inner - i).min(range.end - item);
            // SAFETY: both hold outer * n * inner elements; a column belongs to one part, and each element is read
            // before it is written, should they be the same memory.
            unsafe {
                let (x, y) = (x.add(start), y.add(start));
                if self.inner == 1 {
                    self.row(x, y);
                } else {
                    self.columns(x, y, lanes);
                }
            }
            item += lanes;
        }
        Ok(())
    }
}

impl Softmax {
    /// `lanes` neighbouring columns, their elements `inner` apart.
    ///
    /// # Safety
    /// n elements of each column from `x` and `y` on.
    unsafe fn columns(&self, x: *const f32, y: *mut f32, lanes: usize) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let load = |j: usize| F32x4::load_partial(x.add(j * self.inner), lanes);
            let largest = (1..self.n).fold(load(0), |largest, j| largest.max(load(j)));
            let mut sum = F32x4::ZERO;
            for block in (0..self.n).step_by(BLOCK) {
                let mut part = F32x4::ZERO;
                for j in block..self.n.min(block + BLOCK) {
                    let e = math::exp(load(j).sub(largest));
                    part = part.add(e);
                    if !self.logarithm {
                        e.store_partial(y.add(j * self.inner), lanes);
                    }
                }
                sum = sum.add(part);
            }
            let log = math::log(sum);
            for j in 0..self.n {
                let at = y.add(j * self.inner);
                let made = if self.logarithm {
                    load(j).sub(largest).sub(log)
                } else {
                    F32x4::load_partial(at, lanes).div(sum)
                };
                made.store_partial(at, lanes);
            }
        }
    }

    /// n neighbouring elements.
    ///
    /// # Safety
    /// n elements, at least one, from `x` and `y` on.
    unsafe fn row(&self, x: *const f32, y: *mut f32) {
        let n = self.n;
        // What is added to the last elements where they do not fill a vector: no largest value, nothing to the sum.
        let pad = F32x4::from_array([0, 1, 2, 3].map(
            |lane| {
                if lane < n % LANES {
                    0.0
                } else {
                    f32::NEG_INFINITY
                }
            },
        ));
        // SAFETY: the caller's guarantee.
        unsafe {
            let load = |j: usize| match n - j {
                rest @ 0..LANES => F32x4::load_partial(x.add(j), rest).add(pad),
                _ => F32x4::load(x.add(j)),
            };
            let store = |v: F32x4, j: usize| v.store_partial(y.add(j), LANES.min(n - j));
            let mut lanes = load(0);
            for j in (LANES..n).step_by(LANES) {
                lanes = lanes.max(load(j));
            }
            let [a, b, c, d] = lanes.to_array().map(F32x4::splat);
            let largest = a.max(b).max(c.max(d));
            let mut sum = 0.0f64;
            for block in (0..n).step_by(BLOCK) {
                let mut lanes = F32x4::ZERO;
                for j in (block..n.min(block + BLOCK)).step_by(LANES) {
                    let e = math::exp(load(j).sub(largest));
                    lanes = lanes.add(e);
                    if !self.logarithm {
                        store(e, j);
                    }
                }
                sum += f64::from(lanes.sum());
            }
            let sum = F32x4::splat(sum as f32);
            let log = math::log(sum);
            for j in (0..n).step_by(LANES) {
                let made = if self.logarithm {
                    load(j).sub(largest).sub(log)
                } else {
                    F32x4::load_partial(y.add(j), LANES.min(n - j)).div(sum)
                };
                store(made, j);
            }
        }
    }
}

/// Exponentials are summed in blocks of so many, and the blocks' sums then, so that long axes lose no digits.
const BLOCK: usize = 256;
