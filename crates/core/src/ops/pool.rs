//! POOL: `y[plane, o] = finish(combine over taps k of x[plane, o * stride - lo + k * dilation])`.
//!
//! Params: planes, 3 axes, reduction (0 max, 1 min, 2 average, 3 sum, 4 Lp, 5 Lp of absolute values), dtype, ceil,
//! count include pad, divisor (0 = none), p. Operands: x, y, indices? (int32 positions in the plane; max and min).
//!
//! As PyTorch: NaN wins; of equal maxima the first position counts; an average's divisor is the part of the window
//! inside the padded input (or inside the input); Lp is that average of x^p times the kernel's size, to the power 1/p.
//! With reduction 5 it is the plain sum of |x|^p, as in ONNX. Max and min take uint8 and int8 as well.
//!
//! An output row is computed in chunks, by the two loops of `rows`. Minimum is the maximum of -x; what is not float32
//! or has a function applied first is staged row by row. The maximum of float32 without positions, of an input without
//! depth, is taken in place.

mod rows;

use self::rows::{
    columns, indexed_columns, indexed_windows, windows, Combine, Largest, Row, Source, Sum, Window, Windows,
    COLUMNS, NOWHERE, ROW,
};
use super::dtype::{Dtype, RUN};
use super::{axis_request, Entry, Operands, Operator, Params, Share};
use crate::fault::{Code, Fault};
use crate::geometry::{elements, Axis, Geometry, Rule};
use crate::math;
use alloc::boxed::Box;
use core::ops::Range;

pub const ENTRY: Entry = Entry { opcode: 3, name: "pool", operands: 3, optional: 1 << INDICES, decode };

const X: usize = 0;
const Y: usize = 1;
const INDICES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reduction {
    Max,
    Min,
    Average,
    Sum,
    Lp,
    LpAbsolute,
}

struct Pool {
    geometry: Geometry,
    rows: usize,
    reduction: Reduction,
    dtype: Dtype,
    include_pad: bool,
    divisor: f32,
    p: f32,
    /// No window reaches beyond what counts: every divisor is the number of taps.
    uniform: bool,
    /// Outputs of a chunk and taps of a piece, so that the columns they read fit in a row.
    outputs: usize,
    taps: usize,
}

fn decode(params: &mut Params) -> Result<Box<dyn Operator>, Fault> {
    use Reduction::{Average, Lp, LpAbsolute, Max, Min, Sum};
    let [planes, axes @ .., number, dtype, ceil, include_pad, divisor, p] = params.array::<25>()?;
    let planes = planes as usize;
    let axis = |index: usize| axis_request(core::array::from_fn(|field| axes[6 * index + field]));
    let requests = [axis(0), axis(1), axis(2)];
    let wrong = Fault::new(Code::BadInstruction, [number as i32, 0, 0]);
    let reduction = *[Max, Min, Average, Sum, Lp, LpAbsolute].get(number as usize).ok_or(wrong)?;
    let dtype = Dtype::new(dtype)?;
    let bytes_too = matches!(reduction, Max | Min) && dtype != Dtype::I32;
    if dtype != Dtype::F32 && !bytes_too || ceil > 1 || include_pad > 1 {
        return Err(wrong);
    }
    let rule = if ceil == 1 { Rule(Rule::CEIL) } else { Rule::default() };
    let geometry = Geometry::new(requests, rule)?;
    elements(&[planes, geometry.input()], 4)?;
    elements(&[planes, geometry.output()], 4)?;
    let include_pad = include_pad == 1;
    let (divisor, p) = (divisor as f32, f32::from_bits(p));
    let [depth, height, width] = &geometry.axes;
    let (outputs, taps) = chunk(width);
    let uniform = geometry.axes.iter().all(|axis| is_uniform(axis, include_pad));
    let rows = planes * depth.output * height.output;
    Ok(Box::new(Pool { geometry, rows, reduction, dtype, include_pad, divisor, p, uniform, outputs, taps }))
}

fn chunk(width: &Axis) -> (usize, usize) {
    let extent = width.extent();
    if extent > COLUMNS {
        return (1, (COLUMNS - 1) / width.dilation + 1);
    }
    let most = (COLUMNS - extent) / width.stride + 1;
    // Whole vectors, but for the last chunk.
    let whole = if most >= 4 { most / 4 * 4 } else { most };
    (whole.min(width.output.max(1)), width.kernel)
}

fn is_uniform(axis: &Axis, include_pad: bool) -> bool {
    let end = (axis.output.max(1) - 1) * axis.stride + axis.extent();
    end <= axis.lo + axis.input + axis.hi && (include_pad || axis.lo + axis.hi == 0)
}

impl Operator for Pool {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let indexed = !operands.pointer::<i32>(INDICES).is_null();
        // SAFETY: the caller's guarantee is passed on.
        unsafe {
            match self.reduction {
                Reduction::Max | Reduction::Min if indexed => self.run_indexed(operands, share),
                Reduction::Max if self.is_flat() && self.dtype == Dtype::F32 => {
                    self.run_flat(operands, share)
                }
                Reduction::Max | Reduction::Min => self.run_with(&Loops::of::<Largest>(), operands, share),
                _ => self.run_with(&Loops::of::<Sum>(), operands, share),
            }
        }
        Ok(())
    }
}

impl Pool {
    /// # Safety
    /// As [`Operator::run`].
    unsafe fn run_with(&self, loops: &Loops, operands: &Operands, share: Share) {
        let mut row = [0.0; ROW];
        let mut sums = [0.0; COLUMNS];
        let mut staged = [0.0; COLUMNS];
        let mut chunks = self.chunks(share);
        while let Some((index, outputs)) = chunks.next() {
            set(&mut sums[..outputs.len().next_multiple_of(4)], loops.identity);
            let mut tap = 0;
            while tap < self.geometry.axes[2].kernel {
                let piece = self.piece(&outputs, tap);
                set(&mut row[..piece.columns], loops.identity);
                let mut sources = self.sources(operands, index, &piece);
                // SAFETY: the sources lie in x, and have a column for each of the piece's.
                unsafe {
                    while let Some(source) = sources.next(&mut staged) {
                        (loops.columns)(&mut row, piece.inside.clone(), source);
                    }
                }
                (loops.windows)(&mut sums, &row, piece.windows);
                tap += self.taps;
            }
            self.finish(index, &outputs, &mut sums);
            // SAFETY: y has this row, and no other part writes it.
            unsafe { self.write(operands, index, &outputs, &sums) };
        }
    }

    fn is_flat(&self) -> bool {
        let depth = &self.geometry.axes[0];
        depth.is_identity() && depth.input == 1
    }

    /// # Safety
    /// As [`Operator::run`]; the input is flat.
    unsafe fn run_flat(&self, operands: &Operands, share: Share) {
        let [_, height, width] = &self.geometry.axes;
        let interior = width.interior();
        for index in share.range(self.rows) {
            let (oh, plane) = (index % height.output, index / height.output);
            let kh = height.taps_of_output(oh);
            let ih = (oh * height.stride + kh.start * height.dilation).wrapping_sub(height.lo);
            let start = plane * self.geometry.input() + ih.wrapping_mul(width.input);
            let mut ow = 0;
            while ow < width.output {
                let inside = interior.start <= ow && ow + 4 <= interior.end;
                let kw = if inside { 0..width.kernel } else { width.taps_of_output(ow) };
                let first = (ow * width.stride + kw.start * width.dilation).wrapping_sub(width.lo);
                let window = Window {
                    x: operands.pointer::<f32>(X).wrapping_add(start.wrapping_add(first)),
                    rows: kh.len(),
                    pitch: height.dilation * width.input,
                    taps: kw.len(),
                    dilation: width.dilation,
                };
                // SAFETY: the window's taps lie inside its row of x, and so do those of its three neighbours in
                // the interior; y holds these outputs, and nobody else writes them.
                unsafe {
                    let y = operands.pointer::<f32>(Y).add(index * width.output + ow);
                    if inside {
                        window.four(width.stride).store(y);
                        ow += 4;
                    } else {
                        y.write(window.one());
                        ow += 1;
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`Operator::run`]; there are indices.
    unsafe fn run_indexed(&self, operands: &Operands, share: Share) {
        let mut row = Row { values: [0.0; ROW], positions: [0; ROW] };
        let mut sums = [0.0; COLUMNS];
        let mut positions = [0; COLUMNS];
        let mut staged = [0.0; COLUMNS];
        let width = self.geometry.axes[2].output;
        let mut chunks = self.chunks(share);
        while let Some((index, outputs)) = chunks.next() {
            set(&mut sums, f32::NEG_INFINITY);
            set(&mut positions, NOWHERE);
            let mut tap = 0;
            while tap < self.geometry.axes[2].kernel {
                let piece = self.piece(&outputs, tap);
                set(&mut row.values[..piece.columns], f32::NEG_INFINITY);
                set(&mut row.positions[..piece.columns], NOWHERE);
                let mut sources = self.sources(operands, index, &piece);
                // SAFETY: as in `run_with`.
                unsafe {
                    while let Some(source) = sources.next(&mut staged) {
                        indexed_columns(&mut row, piece.inside.clone(), source);
                    }
                }
                indexed_windows(&mut sums, &mut positions, &row, piece.windows);
                tap += self.taps;
            }
            self.finish(index, &outputs, &mut sums);
            // SAFETY: y and the indices have this row, and no other part writes it.
            unsafe {
                self.write(operands, index, &outputs, &sums);
                let place = operands.pointer::<i32>(INDICES).add(index * width + outputs.start);
                for (o, &position) in positions[..outputs.len()].iter().enumerate() {
                    // A window that meets no element has no position.
                    place.add(o).write(if position == NOWHERE { -1 } else { position });
                }
            }
        }
    }

    /// The share's output rows, and their outputs chunk by chunk.
    fn chunks(&self, share: Share) -> Chunks {
        let rows = share.range(self.rows);
        Chunks { rows, start: 0, step: self.outputs, width: self.geometry.axes[2].output }
    }

    /// The piece of the taps along the width that begins with `tap`.
    #[inline(never)]
    fn piece(&self, outputs: &Range<usize>, tap: usize) -> Piece {
        let width = &self.geometry.axes[2];
        let taps = self.taps.min(width.kernel - tap);
        let columns = (outputs.len() - 1) * width.stride + (taps - 1) * width.dilation + 1;
        // Columns count from the left padding.
        let first = outputs.start * width.stride + tap * width.dilation;
        let left = width.lo.saturating_sub(first).min(columns);
        let right = (width.lo + width.input).saturating_sub(first).min(columns).max(left);
        let windows =
            Windows { outputs: outputs.len(), taps, stride: width.stride, dilation: width.dilation };
        let column = (first + left).wrapping_sub(width.lo);
        Piece { columns, inside: left..right, column, windows }
    }

    /// The rows of the input that the taps of depth and height read for output row `index`.
    #[inline(never)]
    fn sources(&self, operands: &Operands, index: usize, piece: &Piece) -> Sources<'_> {
        let [depth, height, _] = &self.geometry.axes;
        let (oh, rest) = (index % height.output, index / height.output);
        let (od, plane) = (rest % depth.output, rest / depth.output);
        let columns = piece.inside.len();
        let kh = if columns > 0 { height.taps_of_output(oh) } else { 0..0 };
        Sources {
            pool: self,
            x: operands.pointer(X),
            plane: plane * self.geometry.input(),
            id: (od * depth.stride).wrapping_sub(depth.lo),
            ih: (oh * height.stride).wrapping_sub(height.lo),
            column: piece.column,
            columns,
            kd: depth.taps_of_output(od),
            next: kh.start,
            kh,
        }
    }

    /// Whether values are changed before they are combined.
    fn is_staged(&self) -> bool {
        match self.reduction {
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
            unsafe { self.dtype.gather(x, at as isize, 1, lanes) };
            for (value, &lane) in run.iter_mut().zip(&*lanes) {
                let x = if self.dtype == Dtype::F32 { f32::from_bits(lane) } else { lane as i32 as f32 };
                *value = match self.reduction {
                    Reduction::Min => -x,
                    Reduction::Lp => math::pow(x, self.p),
                    Reduction::LpAbsolute => math::pow(x.max(-x), self.p),
                    _ => x,
                };
            }
            at += run.len();
        }
    }

    fn finish(&self, index: usize, outputs: &Range<usize>, sums: &mut [f32; COLUMNS]) {
        let sums = &mut sums[..outputs.len()];
        let taps = self.geometry.taps() as f32;
        match self.reduction {
            Reduction::Max | Reduction::Sum => {}
            Reduction::Min => sums.iter_mut().for_each(|y| *y = -*y),
            Reduction::Average if self.divisor != 0.0 => sums.iter_mut().for_each(|y| *y /= self.divisor),
            Reduction::Average if self.uniform => sums.iter_mut().for_each(|y| *y /= taps),
            Reduction::Average => self.divide(index, outputs, sums, 1.0),
            Reduction::Lp if !self.uniform => {
                self.divide(index, outputs, sums, taps);
                self.root(sums);
            }
            Reduction::Lp | Reduction::LpAbsolute => self.root(sums),
        }
    }

    /// `y = y / (taps that count) * scale`.
    fn divide(&self, index: usize, outputs: &Range<usize>, sums: &mut [f32], scale: f32) {
        let [depth, height, width] = &self.geometry.axes;
        let (oh, od) = (index % height.output, index / height.output % depth.output);
        let outer = self.taps_that_count(depth, od) * self.taps_that_count(height, oh);
        for (y, o) in sums.iter_mut().zip(outputs.clone()) {
            let count = outer * self.taps_that_count(width, o);
            if count > 0 {
                *y = *y / count as f32 * scale;
            }
        }
    }

    fn taps_that_count(&self, axis: &Axis, o: usize) -> usize {
        if self.include_pad {
            let padded = axis.lo + axis.input + axis.hi;
            let room = padded.saturating_sub(o * axis.stride);
            return room.div_ceil(axis.dilation).min(axis.kernel);
        }
        axis.taps_of_output(o).len()
    }

    fn root(&self, sums: &mut [f32]) {
        for y in sums {
            *y = math::pow(*y, 1.0 / self.p);
        }
    }

    /// # Safety
    /// y holds row `index`, and nobody else writes it.
    unsafe fn write(&self, operands: &Operands, index: usize, outputs: &Range<usize>, sums: &[f32; COLUMNS]) {
        let place = index * self.geometry.axes[2].output + outputs.start;
        let sums = &sums[..outputs.len()];
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.dtype == Dtype::F32 {
                let y = operands.pointer::<f32>(Y).add(place);
                sums.as_ptr().copy_to_nonoverlapping(y, sums.len());
                return;
            }
            let y = operands.pointer::<u8>(Y).add(place);
            // A window without an element is infinite, and becomes the type's least value (for min, its largest).
            let (low, high) = if self.dtype == Dtype::U8 { (0, 255) } else { (-128, 127) };
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
    windows: fn(&mut [f32; COLUMNS], &[f32; ROW], Windows),
}

impl Loops {
    fn of<C: Combine>() -> Loops {
        Loops { identity: C::IDENTITY, columns: columns::<C>, windows: windows::<C> }
    }
}

struct Chunks {
    rows: Range<usize>,
    start: usize,
    step: usize,
    width: usize,
}

impl Chunks {
    #[inline(always)]
    fn next(&mut self) -> Option<(usize, Range<usize>)> {
        if self.rows.is_empty() {
            return None;
        }
        let chunk = (self.rows.start, self.start..self.width.min(self.start + self.step));
        self.start += self.step;
        if self.start >= self.width {
            self.start = 0;
            self.rows.start += 1;
        }
        Some(chunk)
    }
}

/// `fill`, called: inlined it is unrolled at each place.
#[inline(never)]
fn set<T: Copy>(slice: &mut [T], value: T) {
    slice.fill(value);
}

/// A piece of the taps along the width, over the columns that a chunk's outputs read.
struct Piece {
    columns: usize,
    /// Columns of the row that lie inside the input.
    inside: Range<usize>,
    /// The input column of `inside.start`.
    column: usize,
    windows: Windows,
}

/// The input rows that one output row reads, in the order of their positions.
struct Sources<'a> {
    pool: &'a Pool,
    x: *const u8,
    /// The plane's first element.
    plane: usize,
    /// The input's depth and height that the first taps read; below 0, wrapped.
    id: usize,
    ih: usize,
    column: usize,
    columns: usize,
    kd: Range<usize>,
    kh: Range<usize>,
    /// The next tap of the height.
    next: usize,
}

impl Sources<'_> {
    /// Rows that lie evenly apart; what has to be changed first is put in `staged`, row by row.
    ///
    /// # Safety
    /// x holds the pool's input.
    #[inline(never)]
    unsafe fn next(&mut self, staged: &mut [f32; COLUMNS]) -> Option<Source> {
        if self.kd.is_empty() || self.kh.is_empty() {
            return None;
        }
        let pool = self.pool;
        let [depth, height, width] = &pool.geometry.axes;
        let id = self.id.wrapping_add(self.kd.start * depth.dilation);
        let ih = self.ih.wrapping_add(self.next * height.dilation);
        let position = (id * height.input + ih) * width.input + self.column;
        let direct = pool.dtype == Dtype::F32 && !pool.is_staged();
        let stride = height.dilation * width.input;
        let rows = if direct { self.kh.len() } else { 1 };
        self.next += rows;
        if self.next >= self.kh.end {
            self.next = self.kh.start;
            self.kd.start += 1;
        }
        // SAFETY: the taps' ranges keep every row inside x.
        let start = unsafe {
            if direct {
                self.x.cast::<f32>().add(self.plane + position)
            } else {
                pool.stage(self.x, self.plane + position, &mut staged[..self.columns]);
                staged.as_ptr()
            }
        };
        Some(Source { start, stride, rows, position: position as i32, step: stride as i32 })
    }
}
