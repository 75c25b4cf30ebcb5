//! SOFTMAX: `y[o, j, i] = e^(x[o, j, i] - m) / s` along the middle axis of `[outer, n, inner]`, with the largest value m and
//! the sum s of `e^(x - m)` there; or its logarithm, `x - m - log(s)`.
//!
//! Params: outer, n, inner, logarithm (0 or 1). Operands: x, y (which may be the same memory).
//! The share's items are the columns (o, i): a cache line of neighbours along inner goes together; with an inner of 1 each is
//! a row.
//! NaN, an infinite largest value, and a column of -inf give NaN, as in PyTorch.

use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math::{self, called};
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
    fn extents(&self) -> Extents {
        Extents::words(&[product(&[self.outer, self.n, self.inner]); 2])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(1));
        let range = share.range(if self.n == 0 { 0 } else { self.outer * self.inner });
        let mut item = range.start;
        while item < range.end {
            let (outer, i) = (item / self.inner, item % self.inner);
            let start = outer * self.n * self.inner + i;
            // Columns of one outer index only.
            let columns = (TOGETHER * LANES).min(self.inner - i).min(range.end - item);
            // SAFETY: both hold outer * n * inner elements; a column belongs to one part, and each element is read
            // before it is written, should they be the same memory.
            unsafe {
                let (x, y) = (x.add(start), y.add(start));
                if self.inner == 1 {
                    self.row(x, y);
                } else {
                    self.columns(x, y, columns);
                }
            }
            item += columns;
        }
        Ok(())
    }
}

impl Softmax {
    /// `columns` neighbouring columns, at most `TOGETHER` vectors, their elements `inner` apart.
    ///
    /// # Safety
    /// n elements of each column from `x` and `y` on.
    unsafe fn columns(&self, x: *const f32, y: *mut f32, columns: usize) {
        let (n, inner) = (self.n, self.inner);
        let vectors = columns.div_ceil(LANES);
        let lanes = |v: usize| LANES.min(columns - v * LANES);
        let place = |j: usize, v: usize| j * inner + v * LANES;
        let mut largest = [F32x4::splat(f32::NEG_INFINITY); TOGETHER];
        let mut sums = [F32x4::ZERO; TOGETHER];
        // SAFETY: the caller's guarantee.
        unsafe {
            let load = |j: usize, v: usize| F32x4::load_partial(x.add(place(j, v)), lanes(v));
            for j in 0..n {
                for (v, largest) in largest.iter_mut().enumerate().take(vectors) {
                    *largest = largest.max(load(j, v));
                }
            }
            for block in (0..n).step_by(BLOCK) {
                let mut parts = [F32x4::ZERO; TOGETHER];
                for j in block..n.min(block + BLOCK) {
                    for v in 0..vectors {
                        let e = math::exp(load(j, v).sub(largest[v]));
                        parts[v] = parts[v].add(e);
                        if !self.logarithm {
                            e.store_partial(y.add(place(j, v)), lanes(v));
                        }
                    }
                }
                for (sum, part) in sums.iter_mut().zip(&parts) {
                    *sum = sum.add(*part);
                }
            }
            if self.logarithm {
                for sum in sums.iter_mut().take(vectors) {
                    *sum = called::log(*sum);
                }
            }
            for j in 0..n {
                for v in 0..vectors {
                    let at = y.add(place(j, v));
                    let made = if self.logarithm {
                        load(j, v).sub(largest[v]).sub(sums[v])
                    } else {
                        F32x4::load_partial(at, lanes(v)).div(sums[v])
                    };
                    made.store_partial(at, lanes(v));
                }
            }
        }
    }

    /// n neighbouring elements.
    ///
    /// # Safety
    /// n elements, at least one, from `x` and `y` on.
    unsafe fn row(&self, x: *const f32, y: *mut f32) {
        let (n, rest) = (self.n, self.n % LANES);
        let whole = n - rest;
        // SAFETY: the caller's guarantee.
        unsafe {
            // Where the last elements do not fill a vector, what is beside them is no largest value and adds nothing.
            let mut last = [f32::NEG_INFINITY; LANES];
            for (i, value) in last.iter_mut().enumerate().take(rest) {
                *value = *x.add(whole + i);
            }
            let last = F32x4::from_array(last);
            let load = |j: usize| F32x4::load(x.add(j));
            let lanes = (0..whole).step_by(LANES).fold(last, |lanes, j| lanes.max(load(j)));
            let [a, b, c, d] = lanes.to_array().map(F32x4::splat);
            let largest = a.max(b).max(c.max(d));
            let last = last.sub(largest);
            let last_exp = called::exp(last);
            let mut sum = f64::from(last_exp.sum());
            for block in (0..whole).step_by(BLOCK) {
                let mut lanes = F32x4::ZERO;
                for j in (block..whole.min(block + BLOCK)).step_by(LANES) {
                    let e = math::exp(load(j).sub(largest));
                    lanes = lanes.add(e);
                    if !self.logarithm {
                        e.store(y.add(j));
                    }
                }
                sum += f64::from(lanes.sum());
            }
            let sum = F32x4::splat(sum as f32);
            let last = if self.logarithm {
                let log = called::log(sum);
                for j in (0..whole).step_by(LANES) {
                    load(j).sub(largest).sub(log).store(y.add(j));
                }
                last.sub(log)
            } else {
                for j in (0..whole).step_by(LANES) {
                    F32x4::load(y.add(j)).div(sum).store(y.add(j));
                }
                last_exp.div(sum)
            };
            if rest > 0 {
                last.store_partial(y.add(whole), rest);
            }
        }
    }
}

/// Vectors of columns that go together: a cache line.
const TOGETHER: usize = 4;
/// Exponentials are summed in blocks of so many, and the blocks' sums then, so that long axes lose no digits.
const BLOCK: usize = 256;
