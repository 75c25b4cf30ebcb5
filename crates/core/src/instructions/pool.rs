//! POOL: `y[plane, o] = finish(combine over taps k of x[plane, o * stride - lo + k * dilation])`.
//!
//! Params: planes, 3 axes, [`Reduction`], ceil, count include pad, divisor (0 = none), p, [`Placing`]. An axis is a
//! window's six words; where windows are not placed regularly, they are those of `problem::irregular`. Operands: x,
//! samples? (fractional), y, indices? (int32 positions in the plane; max and min).
//!
//! As PyTorch: NaN wins; of equal maxima the first position counts; an average's divisor is the part of the window
//! inside the padded input (or inside the input); Lp is that average of x^p times the kernel's size, to the power 1/p.
//! Of absolute values it is the plain sum of |x|^p, as in ONNX. Max and min take uint8 and int8 as well.
//!
//! An output row is computed in chunks, by the two loops of `rows`, and sums of many taps in parts, which are put together
//! in two numbers. Of maxima by many taps, what all windows of a chunk see is reduced once. Minimum is the maximum of -x;
//! what is not float32 or has a function applied first is staged row by row.
//! `flat` is for the case that networks have, `gradient` is the adjoint of the two loops.

mod flat;
pub mod gradient;
mod problem;
mod rows;

pub use self::problem::{Placing, Reduction};

use self::problem::{OutputRow, Problem};
use self::rows::{
    along, columns, indexed_columns, indexed_windows, join, wide_windows, Join, Largest, Row, Source, Sum,
    Windows, COLUMNS, NOWHERE, ROW,
};
use super::dtype::{Dtype, RUN};
use super::sample::{window, Sample, ONE};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::math;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "pool",
        "x, samples? -> y, indices?",
        &[Dtype::F32, Dtype::U8, Dtype::I8],
        decode,
        Sample::new(window!(6; 2, 0, 1, 0, ONE, 0), &[180, 0, 180, 0]),
    ),
    gradient::ENTRY,
];

const X: usize = 0;
const SAMPLES: usize = 1;
const Y: usize = 2;
const INDICES: usize = 3;

struct Pool(Problem);

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Pool(Problem::read(params)?)))
}

impl Instruction for Pool {
    fn extents(&self) -> Extents {
        let problem = &self.0;
        let [x, y] = problem.elements();
        let bytes = problem.dtype.bytes();
        let samples = product(&[problem.planes, problem.samples(), 4]);
        let extents = Extents::bytes(&[x * bytes, samples, y * bytes, 4 * y]);
        if samples > 0 {
            extents.needing(SAMPLES)
        } else {
            extents
        }
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let problem = &self.0;
        let indexed = !operands.pointer::<i32>(INDICES).is_null();
        // SAFETY: the caller's guarantee is passed on.
        unsafe {
            match problem.reduction {
                Reduction::Max | Reduction::Min if indexed => self.run_indexed(operands, share),
                _ if flat::accepts(problem) => flat::run(problem, operands, self.rows(share)),
                Reduction::Max | Reduction::Min => self.run_with(&Loops::of::<Largest>(), operands, share),
                _ => self.run_with(&Loops::of::<Sum>(), operands, share),
            }
        }
        Ok(())
    }
}

impl Pool {
    /// The output rows of a share.
    fn rows(&self, share: Share) -> Range<usize> {
        share.range(self.0.planes * self.0.rows())
    }

    /// Calls `each` with the rows of the input that an output row reads: evenly apart, and changed first where the
    /// reduction or the dtype asks for it.
    ///
    /// # Safety
    /// x holds the pool's input.
    #[inline(always)]
    unsafe fn for_sources(
        &self,
        operands: &Operands,
        row: &OutputRow,
        piece: &problem::Piece,
        staged: &mut [f32; COLUMNS],
        mut each: impl FnMut(Source),
    ) {
        let x = operands.pointer::<u8>(X);
        let direct = self.0.dtype == Dtype::F32 && !self.is_staged();
        row.for_rows(piece, |rows| {
            let (stride, step) = (rows.step, rows.step as i32);
            if direct {
                let start = x.cast::<f32>().wrapping_add(row.start + rows.position);
                return each(Source {
                    start,
                    stride,
                    rows: rows.count,
                    position: rows.position as i32,
                    step,
                });
            }
            for r in 0..rows.count {
                let position = rows.position + r * rows.step;
                // SAFETY: the taps' ranges keep every row inside x.
                unsafe { self.stage(x, row.start + position, &mut staged[..piece.inside.len()]) };
                each(Source { start: staged.as_ptr(), stride, rows: 1, position: position as i32, step });
            }
        });
    }

    /// # Safety
    /// As [`Instruction::run`].
    unsafe fn run_with(&self, loops: &Loops, operands: &Operands, share: Share) {
        let mut row = [0.0; ROW];
        let (mut sums, mut staged, mut divisors) = ([0.0; COLUMNS], [0.0; COLUMNS], [0.0; COLUMNS]);
        let (mut part, mut low) = ([0.0; COLUMNS], [0.0; COLUMNS]);
        let mut chunks = self.0.chunks(self.rows(share));
        while let Some((index, outputs)) = chunks.next() {
            // SAFETY: the samples are as many as the words say.
            let output = unsafe { self.0.row(index, operands.pointer(SAMPLES)) };
            let lanes = outputs.len().next_multiple_of(LANES);
            set(&mut sums[..lanes], loops.identity);
            let mut parts = 0;
            for some in output.parts() {
                let width = &self.0.geometry.axes[2];
                let mut between = if loops.identity == 0.0 { None } else { some.between(&outputs) };
                let mut tap = 0;
                while tap < width.kernel {
                    let mut common = loops.identity;
                    if tap > 0 {
                        if let Some(pieces) = between.take() {
                            set(&mut row, loops.identity);
                            for piece in pieces {
                                // SAFETY: as below; all of them are combined in the first columns of the row.
                                unsafe {
                                    self.for_sources(operands, &some, &piece, &mut staged, |source| {
                                        (loops.columns)(&mut row, 0..piece.inside.len(), source);
                                    });
                                }
                            }
                            common = (loops.along)(common, &row[..COLUMNS]);
                            tap = width.kernel - self.0.taps;
                        }
                    }
                    let piece = some.piece(&outputs, tap);
                    set(&mut row[..piece.columns], loops.identity);
                    // SAFETY: the sources lie in x, and have a column for each of the piece's.
                    unsafe {
                        self.for_sources(operands, &some, &piece, &mut staged, |source| {
                            (loops.columns)(&mut row, piece.inside.clone(), source);
                        });
                    }
                    if common > loops.identity || common.is_nan() {
                        // The last window begins with a column that all of the piece's windows see.
                        let seen = (outputs.len() - 1) * width.stride;
                        row[seen] = (loops.along)(common, &row[seen..=seen]);
                    }
                    let own = if parts == 0 { &mut sums } else { &mut part };
                    if parts == 1 {
                        set(&mut low, 0.0);
                    }
                    if parts > 0 {
                        set(&mut own[..lanes], loops.identity);
                    }
                    some.for_windows(&outputs, &piece, |group| (loops.windows)(own, &mut row, group));
                    if parts > 0 {
                        (loops.join)(&mut sums, &mut low, &part);
                    }
                    parts += 1;
                    tap += self.0.taps;
                }
            }
            if parts > 1 && loops.identity == 0.0 {
                for (sum, low) in sums[..lanes].iter_mut().zip(&low) {
                    *sum += low;
                }
            }
            self.finish(&output, &outputs, &mut sums, &mut divisors);
            // SAFETY: y has this row, and no other part writes it.
            unsafe { self.write(operands, index, &outputs, &sums) };
        }
    }

    /// # Safety
    /// As [`Instruction::run`]; there are indices.
    unsafe fn run_indexed(&self, operands: &Operands, share: Share) {
        let mut row = Row { values: [0.0; ROW], positions: [0; ROW] };
        let mut sums = [0.0; COLUMNS];
        let (mut positions, mut staged, mut divisors) = ([0; COLUMNS], [0.0; COLUMNS], [0.0; COLUMNS]);
        let width = self.0.geometry.axes[2].output;
        let mut chunks = self.0.chunks(self.rows(share));
        while let Some((index, outputs)) = chunks.next() {
            // SAFETY: as in `run_with`.
            let output = unsafe { self.0.row(index, operands.pointer(SAMPLES)) };
            let lanes = outputs.len().next_multiple_of(LANES);
            set(&mut sums[..lanes], f32::NEG_INFINITY);
            set(&mut positions[..lanes], NOWHERE);
            let mut tap = 0;
            while tap < self.0.geometry.axes[2].kernel {
                let piece = output.piece(&outputs, tap);
                set(&mut row.values[..piece.columns], f32::NEG_INFINITY);
                set(&mut row.positions[..piece.columns], NOWHERE);
                // SAFETY: as in `run_with`.
                unsafe {
                    self.for_sources(operands, &output, &piece, &mut staged, |source| {
                        indexed_columns(&mut row, piece.inside.clone(), source);
                    });
                }
                output.for_windows(&outputs, &piece, |group| {
                    indexed_windows(&mut sums, &mut positions, &row, group);
                });
                tap += self.0.taps;
            }
            self.finish(&output, &outputs, &mut sums, &mut divisors);
            // SAFETY: y and the indices have this row, and no other part writes it.
            unsafe {
                self.write(operands, index, &outputs, &sums);
                let place = operands.pointer::<i32>(INDICES).add(index * width + outputs.start);
                for (o, &position) in positions[..outputs.len()].iter().enumerate() {
                    let found = position != NOWHERE;
                    place.add(o).write(if found {
                        position
                    } else {
                        output.first_position(outputs.start + o)
                    });
                }
            }
        }
    }

    /// Whether values are changed before they are combined.
    fn is_staged(&self) -> bool {
        match self.0.reduction {
            Reduction::Max | Reduction::Average | Reduction::Sum => false,
            Reduction::Min | Reduction::Lp | Reduction::LpAbsolute => true,
        }
    }

    /// # Safety
    /// As many elements of x as `staged` has can be read at `start` and after it.
    unsafe fn stage(&self, x: *const u8, start: usize, staged: &mut [f32]) {
        let mut lanes = [0; RUN];
        let mut at = start;
        for run in staged.chunks_mut(RUN) {
            let lanes = &mut lanes[..run.len()];
            // SAFETY: the caller's guarantee.
            unsafe { self.0.dtype.gather(x, at as isize, 1, lanes) };
            for (value, &lane) in run.iter_mut().zip(&*lanes) {
                let x = if self.0.dtype == Dtype::F32 { f32::from_bits(lane) } else { lane as i32 as f32 };
                *value = match self.0.reduction {
                    Reduction::Min => -x,
                    Reduction::Lp | Reduction::LpAbsolute if self.0.p == 2.0 => x * x,
                    Reduction::Lp => math::pow(x, self.0.p),
                    Reduction::LpAbsolute => math::pow(x.max(-x), self.0.p),
                    _ => x,
                };
            }
            at += run.len();
        }
    }

    fn finish(
        &self,
        row: &OutputRow,
        outputs: &Range<usize>,
        sums: &mut [f32; COLUMNS],
        divisors: &mut [f32; COLUMNS],
    ) {
        let problem = &self.0;
        if problem.reduction == Reduction::Average || problem.reduction == Reduction::Lp && !problem.uniform {
            row.divisors(outputs, divisors);
            let outer = row.outer_divisor();
            let scale = if problem.reduction == Reduction::Lp { problem.geometry.taps() as f32 } else { 1.0 };
            for (sum, divisor) in sums[..outputs.len()].iter_mut().zip(&*divisors) {
                *sum = *sum / (outer * divisor) * scale;
            }
        }
        let sums = &mut sums[..outputs.len()];
        match problem.reduction {
            Reduction::Max | Reduction::Sum | Reduction::Average => {}
            Reduction::Min => sums.iter_mut().for_each(|y| *y = -*y),
            Reduction::Lp | Reduction::LpAbsolute => self.root(sums),
        }
    }

    /// `sums^(1 / p)`; the usual powers without a logarithm.
    fn root(&self, sums: &mut [f32]) {
        let p = self.0.p;
        if p == 1.0 {
            return;
        }
        for y in sums {
            *y = if p == 2.0 { F32x4::splat(*y).sqrt().to_array()[0] } else { math::pow(*y, 1.0 / p) };
        }
    }

    /// # Safety
    /// y holds row `index`, and nobody else writes it.
    unsafe fn write(&self, operands: &Operands, index: usize, outputs: &Range<usize>, sums: &[f32; COLUMNS]) {
        let place = index * self.0.geometry.axes[2].output + outputs.start;
        let sums = &sums[..outputs.len()];
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.0.dtype == Dtype::F32 {
                let y = operands.pointer::<f32>(Y).add(place);
                sums.as_ptr().copy_to_nonoverlapping(y, sums.len());
                return;
            }
            let y = operands.pointer::<u8>(Y).add(place);
            // A window without an element is infinite, and becomes the type's least value (for min, its largest).
            let (low, high) = if self.0.dtype == Dtype::U8 { (0, 255) } else { (-128, 127) };
            for (o, &value) in sums.iter().enumerate() {
                y.add(o).write((value as i32).max(low).min(high) as u8);
            }
        }
    }
}

/// The loops of a reduction without positions.
struct Loops {
    identity: f32,
    columns: unsafe fn(&mut [f32; ROW], Range<usize>, Source),
    windows: fn(&mut [f32; COLUMNS], &mut [f32; ROW], Windows),
    join: fn(&mut [f32; COLUMNS], &mut [f32; COLUMNS], &[f32; COLUMNS]),
    along: fn(f32, &[f32]) -> f32,
}

impl Loops {
    fn of<C: Join>() -> Loops {
        Loops {
            identity: C::IDENTITY,
            columns: columns::<C>,
            windows: wide_windows::<C>,
            join: join::<C>,
            along: along::<C>,
        }
    }
}

/// `fill`, called: inlined it is unrolled at each place.
#[inline(never)]
fn set<T: Copy>(slice: &mut [T], value: T) {
    slice.fill(value);
}
