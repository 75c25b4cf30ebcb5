//! ACCUMULATE: `y[o1 + sum i_d t_d] += x[o0 + sum i_d s_d]` over up to eight axes of strides s and t, float32: the adjoint of
//! strided copies, and of broadcasting where t is 0.
//!
//! Params: rank, per axis (size, x's stride, y's stride), x's offset, y's offset (elements). Operands: x, y (apart from
//! each other).
//!
//! Axes along which y stands still are summed first. Rows of x are summed in vectors over blocks, and blocks in f64;
//! where it is y that has a row beside x's, whole rows of x are added up, block by block with the rounding errors kept.
//! Each element of y belongs to one part and its sum has one order.

use super::sample::Sample;
use super::walk::{Walk, WalkAxis};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "accumulate",
    "x -> y",
    FLOAT,
    decode,
    Sample::new(&[2, 5, 7, 1, 7, 1, 0, 0, 0], &[35, 5]).with(1, |_| 0),
)];

/// Elements of a row that are summed in vectors before the sum goes on in f64.
const BLOCK: usize = 1024;
/// Rows that are added up in float32 before their sum goes on with its error.
const ROWS: usize = 128;
/// Columns that are summed together, and vectors of them.
const COLUMNS: usize = 256;
const VECTORS: usize = COLUMNS / LANES;

struct Accumulate {
    /// The elements of y.
    kept: Walk,
    /// What is summed into each of them.
    summed: Walk,
    offsets: [isize; 2],
    /// No element of y is reached twice by `kept`, so that parts may share them out.
    shared: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let mut kept = Walk::decode(params, 4)?;
    let mut offsets = Walk::offsets(params, 4)?;
    if kept.count == 0 {
        return Ok(Planned::new(Accumulate { kept, summed: kept, offsets, shared: true }));
    }
    kept.straighten(&mut offsets);
    let mut summed = kept.split_still();
    summed.sort(0);
    summed.merge();
    kept.sort(1);
    kept.merge();
    let shared = kept.is_injective();
    if let Some(at) = kept.axes().iter().position(|axis| axis.strides[0] == 1) {
        let row = kept.remove(at);
        kept.push(row);
    }
    Ok(Planned::new(Accumulate { kept, summed, offsets, shared }))
}

impl Instruction for Accumulate {
    fn extents(&self) -> Extents {
        if self.kept.count == 0 {
            return Extents::bytes(&[]);
        }
        let mut whole = self.kept;
        for &axis in self.summed.axes() {
            whole.push(axis);
        }
        Extents::bytes(&whole.extents(self.offsets, 4))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = match (self.shared, share.part) {
            (true, _) => share.range(self.kept.count),
            (false, 0) => 0..self.kept.count,
            (false, _) => return Ok(()),
        };
        let WalkAxis { strides: [step, stride], .. } = self.kept.row();
        // SAFETY: x and y hold all that the walk reaches; this part's elements of y are written by no other part.
        unsafe {
            let x = operands.pointer::<f32>(0).cast_const().offset(self.offsets[0]);
            let y = operands.pointer::<f32>(1).offset(self.offsets[1]);
            for ([from, to], len) in self.kept.pieces(range) {
                let (x, y) = (x.offset(from), y.offset(to));
                if self.summed.count == 1 {
                    add_row(x, step, y, stride, len);
                } else if step == 1 {
                    self.add_columns(x, y, stride, len);
                } else {
                    for i in 0..len as isize {
                        *y.offset(i * stride) += self.sum(x.offset(i * step));
                    }
                }
            }
        }
        Ok(())
    }
}

/// `y[i stride] += x[i step]`
///
/// # Safety
/// `len` elements lie at both, these steps apart.
unsafe fn add_row(x: *const f32, step: isize, y: *mut f32, stride: isize, len: usize) {
    let mut done = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        if stride == 1 {
            let reversed = |at: *const f32| {
                let [a, b, c, d] = F32x4::load(at.sub(LANES - 1)).to_array();
                F32x4::from_array([d, c, b, a])
            };
            while done + LANES <= len {
                let from = x.offset(done as isize * step);
                let values = match step {
                    1 => F32x4::load(from),
                    0 => F32x4::load_splat(from),
                    -1 => reversed(from),
                    _ => break,
                };
                F32x4::load(y.add(done)).add(values).store(y.add(done));
                done += LANES;
            }
        }
        for i in done as isize..len as isize {
            *y.offset(i * stride) += *x.offset(i * step);
        }
    }
}

impl Accumulate {
    /// The sum of what `summed` reaches from `x`.
    ///
    /// # Safety
    /// x holds it.
    unsafe fn sum(&self, x: *const f32) -> f32 {
        let WalkAxis { size, strides: [step, _] } = self.summed.row();
        // SAFETY: the caller's guarantee.
        let total = unsafe {
            if self.summed.axes().len() == 1 {
                sum_row(x, step, size)
            } else {
                let pieces = self.summed.pieces(0..self.summed.count);
                pieces.map(|([from, _], len)| sum_row(x.offset(from), step, len)).sum()
            }
        };
        total as f32
    }

    /// `y[i stride] += sum of what summed reaches from x[i]`
    ///
    /// # Safety
    /// x holds what is reached from `len` elements, and y as many elements, this stride apart.
    unsafe fn add_columns(&self, x: *const f32, y: *mut f32, stride: isize, len: usize) {
        let step = self.summed.row().strides[0];
        for first in (0..len).step_by(COLUMNS) {
            let mut columns = Columns::new(COLUMNS.min(len - first));
            // SAFETY: the caller's guarantee.
            unsafe {
                let x = x.add(first);
                for ([from, _], rows) in self.summed.pieces(0..self.summed.count) {
                    let row = |i: usize| x.offset(from + i as isize * step);
                    for i in (0..rows / 4 * 4).step_by(4) {
                        columns.add([row(i), row(i + 1), row(i + 2), row(i + 3)]);
                    }
                    for i in rows / 4 * 4..rows {
                        columns.add([row(i)]);
                    }
                }
                columns.settle();
                for (v, total) in columns.totals() {
                    let at = first + v * LANES;
                    for (lane, value) in total.to_array().into_iter().enumerate().take(len - at) {
                        *y.offset((at + lane) as isize * stride) += value;
                    }
                }
            }
        }
    }
}

/// The sum of `len` elements `step` apart.
///
/// # Safety
/// They can be read.
unsafe fn sum_row(x: *const f32, step: isize, len: usize) -> f64 {
    let mut total = 0.0;
    let mut done = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        while step == 1 && done + LANES <= len {
            let end = len.min(done + BLOCK);
            let mut lanes = [F32x4::ZERO; 4];
            while done + 4 * LANES <= end {
                for (i, lane) in lanes.iter_mut().enumerate() {
                    *lane = lane.add(F32x4::load(x.add(done + i * LANES)));
                }
                done += 4 * LANES;
            }
            while done + LANES <= end {
                lanes[0] = lanes[0].add(F32x4::load(x.add(done)));
                done += LANES;
            }
            let [a, b, c, d] = lanes;
            total += f64::from(a.add(b).add(c.add(d)).sum());
        }
        for i in done..len {
            total += f64::from(*x.offset(i as isize * step));
        }
    }
    total
}

/// Sums of columns: `block` of the latest rows, `high` of the blocks before, `low` what was rounded off.
struct Columns {
    width: usize,
    rows: usize,
    block: [F32x4; VECTORS],
    high: [F32x4; VECTORS],
    low: [F32x4; VECTORS],
}

impl Columns {
    fn new(width: usize) -> Columns {
        let zeros = [F32x4::ZERO; VECTORS];
        Columns { width, rows: 0, block: zeros, high: zeros, low: zeros }
    }

    /// Adds rows, four at a time where there are as many.
    ///
    /// # Safety
    /// `width` elements can be read from each.
    #[inline(always)]
    unsafe fn add<const N: usize>(&mut self, rows: [*const f32; N]) {
        let sum = |v: [F32x4; N]| match N {
            4 => v[0].add(v[1]).add(v[2].add(v[3])),
            _ => v[0],
        };
        let (whole, rest) = (self.width / LANES, self.width % LANES);
        for (v, block) in self.block.iter_mut().enumerate().take(whole) {
            // SAFETY: within the width.
            *block = block.add(sum(rows.map(|row| unsafe { F32x4::load(row.add(v * LANES)) })));
        }
        if rest > 0 {
            // SAFETY: within the width.
            let last = rows.map(|row| unsafe { F32x4::load_partial(row.add(whole * LANES), rest) });
            self.block[whole] = self.block[whole].add(sum(last));
        }
        self.rows += N;
        if self.rows >= ROWS {
            self.settle();
        }
    }

    /// Adds the block to the sums, with the error of each addition (Knuth's two-sum).
    fn settle(&mut self) {
        for v in 0..self.width.div_ceil(LANES) {
            let (high, block) = (self.high[v], self.block[v]);
            let sum = high.add(block);
            let added = sum.sub(high);
            let error = high.sub(sum.sub(added)).add(block.sub(added));
            self.high[v] = sum;
            self.low[v] = self.low[v].add(error);
            self.block[v] = F32x4::ZERO;
        }
        self.rows = 0;
    }

    /// Where a sum is infinite, its error is not a number and is left out.
    fn totals(&self) -> impl Iterator<Item = (usize, F32x4)> + '_ {
        (0..self.width.div_ceil(LANES)).map(|v| {
            let (high, low) = (self.high[v], self.low[v]);
            (v, low.eq(low).select(high.add(low), high))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::prelude::v1::*;
    use std::vec;

    type Axis = (usize, i32, i32);

    fn run(axes: &[Axis], offsets: [i32; 2], x: &[f32], y: &[f32], parts: usize) -> Vec<f32> {
        let mut words = vec![axes.len() as u32];
        for &(size, source, target) in axes {
            words.extend([size as u32, source as u32, target as u32]);
        }
        words.extend(offsets.map(|offset| offset as u32));
        let mut params = Params::new(&words);
        let instruction = decode(&mut params).unwrap();
        params.end().unwrap();
        let (mut x, mut y) = (x.to_vec(), y.to_vec());
        let addresses = [x.as_mut_ptr().cast::<u8>(), y.as_mut_ptr().cast()];
        for part in (0..parts).rev() {
            // SAFETY: the tests give walks within x and y.
            unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }) }.unwrap();
        }
        y
    }

    fn plain(axes: &[Axis], offsets: [i32; 2], x: &[f32], y: &[f32]) -> Vec<f32> {
        let mut y = y.to_vec();
        let count: usize = axes.iter().map(|axis| axis.0).product();
        for i in 0..count {
            let (mut rest, mut from, mut to) = (i, offsets[0], offsets[1]);
            for &(size, source, target) in axes.iter().rev() {
                from += (rest % size) as i32 * source;
                to += (rest % size) as i32 * target;
                rest /= size;
            }
            y[to as usize] += x[from as usize];
        }
        y
    }

    #[test]
    fn walks_against_plain_loops() {
        let x: Vec<f32> = (0..4000).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
        let y: Vec<f32> = (0..1000).map(|i| (i * 5 % 7) as f32).collect();
        let cases: [(&[Axis], [i32; 2]); 22] = [
            (&[], [3, 5]),
            (&[(37, 1, 1)], [1, 2]),
            (&[(37, -1, -1)], [40, 50]),
            (&[(37, -1, 1)], [40, 2]),
            (&[(37, 1, -1)], [0, 40]),
            (&[(37, 0, 1)], [7, 2]),
            (&[(37, 3, 2)], [1, 0]),
            (&[(5, 7, 9), (7, 1, 1)], [0, 3]),
            (&[(5, 1, 9), (7, 5, 1)], [0, 3]),
            (&[(30, 33, 1), (33, 1, 0)], [0, 0]),
            (&[(3, 1100, 2), (1100, 1, 0)], [0, 0]),
            (&[(30, 33, 0), (33, 1, 1)], [0, 0]),
            (&[(3, 1300, 0), (1300, 1, 0)], [0, 7]),
            (&[(7, 300, 0), (300, 1, 3)], [2, 1]),
            (&[(2, 420, 0), (3, 140, 1), (140, 1, 0)], [0, 4]),
            (&[(2, 420, 0), (3, 140, 0), (14, 10, 0), (10, 1, 1)], [0, 4]),
            (&[(4, 70, 0), (7, 10, 7), (5, 2, 1)], [0, 0]),
            (&[(4, -70, 0), (7, -10, -7), (5, 2, -1)], [400, 60]),
            (&[(9, 12, 1), (12, 1, 1)], [0, 0]),
            (&[(9, 12, 1), (0, 1, 1)], [0, 0]),
            (&[(9, 12, 1), (0, 1, 0)], [0, 0]),
            (&[(500, 3, 0), (3, 1, 1)], [0, 0]),
        ];
        for (axes, offsets) in cases {
            let want = plain(axes, offsets, &x, &y);
            for parts in [1, 2, 3, 7] {
                assert_eq!(run(axes, offsets, &x, &y, parts), want, "{axes:?} in {parts} parts");
            }
        }
    }

    #[test]
    fn long_sums_lose_little_and_infinity_stays() {
        let count = 1 << 20;
        let x: Vec<f32> = (0..count).map(|i| 0.1 + (i * 7919 % 1000) as f32 * 1e-3).collect();
        let want: f64 = x.iter().map(|&v| f64::from(v)).sum();
        let rows = run(&[(count, 1, 0)], [0, 0], &x, &[0.0], 1);
        assert!((f64::from(rows[0]) / want - 1.0).abs() < 1e-6);
        let columns = run(&[(count / 8, 8, 0), (8, 1, 1)], [0, 0], &x, &[0.0; 8], 1);
        let total: f64 = columns.iter().map(|&v| f64::from(v)).sum();
        assert!((total / want - 1.0).abs() < 1e-6);
        let infinite = [f32::INFINITY, 1.0, 1.0, f32::NAN, 1.0, 1.0];
        let sums = run(&[(2, 3, 0), (3, 1, 1)], [0, 0], &infinite, &[0.0; 3], 1);
        assert!(sums[0].is_nan() && sums[1] == 2.0 && sums[2] == 2.0);
        let sums = run(&[(2, 3, 0), (3, 1, 1)], [0, 0], &[f32::INFINITY; 6], &[0.0; 3], 1);
        assert_eq!(sums, [f32::INFINITY; 3]);
    }
}
