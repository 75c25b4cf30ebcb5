//! POOL GRADIENT: `dx[plane, i] = slope(x[i]) * sum over the outputs o whose windows hold i of flow[plane, o]`.
//!
//! Params: as POOL's, without maxima and minima. Operands: dy, x? and y? (Lp), dx.
//!
//! Average: `flow = dy / divisor`. Sum: `flow = dy`. Lp: `flow = dy * y^(1 - p) * taps / (taps that count)`, 0 where y is 0
//! (as PyTorch's, which multiplies by the sign of the mean), and `slope = x^(p - 1)`; of absolute values
//! `slope = sign(x) |x|^(p - 1)`. The adjoint of the forward loops: the flow of a chunk of outputs is spread over a row of
//! columns, and that row is added to each row of dx that the outputs read. Planes are divided among the parts.

use super::problem::{OutputRow, Piece, Problem, Reduction};
use super::rows::{Windows, COLUMNS, ROW};
use crate::fault::{Code, Fault};
use crate::instructions::entry::FLOAT;
use crate::instructions::sample::{window, Sample, ONE};
use crate::instructions::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::math;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRY: Entry = Entry::new(
    "pool gradient",
    "dy, x?, y? -> dx",
    FLOAT,
    decode,
    Sample::new(window!(6; 2, 0, 1, 0, ONE, 0), &[180, 0, 0, 180]),
);

const DY: usize = 0;
const X: usize = 1;
const Y: usize = 2;
const DX: usize = 3;

struct PoolGradient(Problem);

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let problem = Problem::read(params)?;
    if matches!(problem.reduction, Reduction::Max | Reduction::Min) || problem.samples() > 0 {
        return Err(Fault::new(Code::BadInstruction, [problem.reduction as i32, 0, 0]));
    }
    Ok(Planned::new(PoolGradient(problem)))
}

impl Instruction for PoolGradient {
    fn extents(&self) -> Extents {
        let [x, y] = self.0.elements();
        let extents = Extents::words(&[y, x, y, x]);
        if self.is_power() {
            extents.needing(X).needing(Y)
        } else {
            extents
        }
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let problem = &self.0;
        let planes = share.range(problem.planes);
        let size = problem.geometry.input();
        // SAFETY: dx holds `planes * size` elements, and these planes are this part's; the other operands are as long
        // as the problem says.
        unsafe {
            let dx = operands.pointer::<f32>(DX).add(planes.start * size);
            core::slice::from_raw_parts_mut(dx, planes.len() * size).fill(0.0);
            self.spread_rows(operands, planes.clone());
            if self.is_power() {
                let own = core::slice::from_raw_parts_mut(dx, planes.len() * size);
                self.multiply(own, operands.pointer::<f32>(X).add(planes.start * size));
            }
        }
        Ok(())
    }
}

impl PoolGradient {
    fn is_power(&self) -> bool {
        matches!(self.0.reduction, Reduction::Lp | Reduction::LpAbsolute)
    }

    /// # Safety
    /// As [`Instruction::run`].
    unsafe fn spread_rows(&self, operands: &Operands, planes: Range<usize>) {
        let problem = &self.0;
        let width = &problem.geometry.axes[2];
        let (mut flow, mut divisors) = ([0.0; COLUMNS], [0.0; COLUMNS]);
        let mut row = [0.0; ROW];
        let mut chunks = problem.chunks(planes.start * problem.rows()..planes.end * problem.rows());
        while let Some((index, outputs)) = chunks.next() {
            // SAFETY: averages, sums and norms have no samples; dy and y hold the chunk.
            let output = unsafe {
                let output = problem.row(index, core::ptr::null());
                let at = index * width.output + outputs.start;
                self.flow(operands, at, &output, &outputs, &mut flow, &mut divisors);
                output
            };
            let mut tap = 0;
            while tap < width.kernel {
                let piece = output.piece(&outputs, tap);
                row[..piece.columns].fill(0.0);
                output.for_windows(&outputs, &piece, |group| spread(&mut row, &flow, group));
                // SAFETY: the rows that the outputs read lie in dx, in a plane of this part's.
                unsafe { add_to_rows(operands.pointer(DX), &output, &piece, &row) };
                tap += problem.taps;
            }
        }
    }

    /// What flows back from each output of a chunk, the first of which is element `at` of dy.
    ///
    /// # Safety
    /// dy, and for a norm y, hold the chunk.
    unsafe fn flow(
        &self,
        operands: &Operands,
        at: usize,
        row: &OutputRow,
        outputs: &Range<usize>,
        flow: &mut [f32; COLUMNS],
        divisors: &mut [f32; COLUMNS],
    ) {
        let problem = &self.0;
        let count = outputs.len();
        let taps = problem.geometry.taps() as f32;
        // Lanes beyond the last output add nothing.
        flow[..count.next_multiple_of(LANES)].fill(0.0);
        let flow = &mut flow[..count];
        // SAFETY: the caller's guarantee.
        flow.copy_from_slice(unsafe {
            core::slice::from_raw_parts(operands.pointer::<f32>(DY).add(at), count)
        });
        if problem.reduction == Reduction::Average || problem.reduction == Reduction::Lp && !problem.uniform {
            row.divisors(outputs, divisors);
            let outer = row.outer_divisor();
            let scale = if problem.reduction == Reduction::Lp { taps } else { 1.0 };
            for (f, divisor) in flow.iter_mut().zip(&*divisors) {
                *f = *f / (outer * divisor) * scale;
            }
        }
        if self.is_power() {
            // SAFETY: the caller's guarantee.
            let y = unsafe { core::slice::from_raw_parts(operands.pointer::<f32>(Y).add(at), count) };
            for (f, &y) in flow.iter_mut().zip(y) {
                *f = if y == 0.0 { 0.0 } else { *f * math::pow(y, 1.0 - problem.p) };
            }
        }
    }

    /// # Safety
    /// x holds as many elements as `own`.
    unsafe fn multiply(&self, own: &mut [f32], x: *const f32) {
        let absolute = self.0.reduction == Reduction::LpAbsolute;
        for (i, d) in own.iter_mut().enumerate() {
            // SAFETY: the caller's guarantee.
            let x = unsafe { *x.add(i) };
            let size = if absolute { x.abs() } else { x };
            let slope = math::pow(size, self.0.p - 1.0);
            *d *= if !absolute || x > 0.0 {
                slope
            } else if x < 0.0 {
                -slope
            } else {
                0.0
            };
        }
    }
}

/// `row[o * stride + k * dilation] += flow[o]` for all outputs and taps.
fn spread(row: &mut [f32; ROW], flow: &[f32; COLUMNS], windows: Windows) {
    let Windows { output, outputs, column, taps, stride, dilation } = windows;
    if outputs == 1 && dilation == 1 {
        let flow = F32x4::splat(flow[output]);
        let taps = &mut row[column..column + taps];
        for to in taps.chunks_mut(LANES) {
            // SAFETY: as many elements as the chunk has.
            unsafe {
                let sum = F32x4::load_partial(to.as_ptr(), to.len()).add(flow);
                sum.store_partial(to.as_mut_ptr(), to.len());
            }
        }
        return;
    }
    for k in 0..taps {
        let first = k * dilation;
        let mut o = 0;
        while o < outputs {
            // SAFETY: a row is longer than the columns that outputs read by two vectors; flow has whole vectors, and
            // what follows its outputs is 0.
            unsafe {
                let from = F32x4::load(flow.as_ptr().add(o));
                let to = row.as_mut_ptr().add(first + o * stride);
                match stride {
                    1 => F32x4::load(to).add(from).store(to),
                    2 => {
                        let (low, high) = from.zip(F32x4::ZERO);
                        F32x4::load(to).add(low).store(to);
                        F32x4::load(to.add(LANES)).add(high).store(to.add(LANES));
                    }
                    _ => {
                        for lane in o..outputs.min(o + LANES) {
                            row[first + lane * stride] += flow[lane];
                        }
                    }
                }
            }
            o += LANES;
        }
    }
}

/// Adds a row's columns inside the input to each row of dx that the outputs read.
///
/// # Safety
/// dx holds the plane of this row, and nobody else writes it.
unsafe fn add_to_rows(dx: *mut f32, output: &OutputRow, piece: &Piece, row: &[f32; ROW]) {
    let inside = &row[piece.inside.clone()];
    output.for_rows(piece, |rows| {
        for r in 0..rows.count {
            let start = output.start + rows.position + r * rows.step;
            // SAFETY: the taps' ranges keep every row inside the plane.
            let dx = unsafe { core::slice::from_raw_parts_mut(dx.add(start), inside.len()) };
            let mut at = 0;
            while at < inside.len() {
                let count = LANES.min(inside.len() - at);
                // SAFETY: `count` elements are left of both.
                unsafe {
                    let (to, from) = (dx.as_mut_ptr().add(at), inside.as_ptr().add(at));
                    if count == LANES {
                        F32x4::load(to).add(F32x4::load(from)).store(to);
                    } else {
                        let sum = F32x4::load_partial(to, count).add(F32x4::load_partial(from, count));
                        sum.store_partial(to, count);
                    }
                }
                at += LANES;
            }
        }
    });
}
