//! Maximum, sum and mean of float32 planes without depth, by regular windows: the case that networks have. A row of
//! outputs is two passes over vectors: down the taps of the height into a row of columns, whose padding holds the
//! identity, and across the taps of the width from there.
//!
//! Maxima are taken by an instruction that knows no NaN; where a row of columns meets one, which a sum tells that costs an
//! addition each, the row is computed again by the instruction that does.

use super::problem::{Piece, Problem, Reduction};
use super::rows::{windows as windows_of, Combine, Largest, Sum, Windows, COLUMNS, ROW};
use super::{X, Y};
use crate::ops::dtype::Dtype;
use crate::ops::Operands;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

/// The larger one of numbers.
struct Larger;

impl Combine for Larger {
    const IDENTITY: f32 = f32::NEG_INFINITY;

    #[inline(always)]
    fn combine(a: F32x4, b: F32x4) -> F32x4 {
        a.pmax(b)
    }
}

/// Whether `run` can be used.
pub fn accepts(problem: &Problem) -> bool {
    let width = &problem.geometry.axes[2];
    let simple = matches!(problem.reduction, Reduction::Max | Reduction::Sum | Reduction::Average);
    simple && problem.dtype == Dtype::F32 && problem.is_flat() && problem.taps == width.kernel
}

/// # Safety
/// As `Operator::run`; `rows` are the share's.
pub unsafe fn run(problem: &Problem, operands: &Operands, rows: Range<usize>) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if problem.reduction == Reduction::Max {
            run_with::<Larger, Largest>(problem, operands, rows);
        } else {
            run_with::<Sum, Sum>(problem, operands, rows);
        }
    }
}

/// # Safety
/// As [`run`].
unsafe fn run_with<C: Combine, Exact: Combine>(problem: &Problem, operands: &Operands, rows: Range<usize>) {
    let width = problem.geometry.axes[2].output;
    let mut row = [C::IDENTITY; ROW];
    let mut divisors = [1.0; COLUMNS];
    let mut known: Option<(usize, Piece, Windows)> = None;
    let mut chunks = problem.chunks(rows);
    while let Some((index, outputs)) = chunks.next() {
        // SAFETY: regular windows have no samples.
        let output = unsafe { problem.row(index, core::ptr::null()) };
        if known.as_ref().is_none_or(|&(start, ..)| start != outputs.start) {
            let piece = output.piece(&outputs, 0);
            row.fill(C::IDENTITY);
            output.divisors(&outputs, &mut divisors);
            let Some(windows) = piece.windows else { return };
            known = Some((outputs.start, piece, windows));
        }
        let Some((_, piece, windows)) = &known else { return };
        let inside = &mut row[piece.inside.clone()];
        let mut source = None;
        output.for_rows(piece, |rows| source = Some(rows));
        let outer = output.outer_divisor();
        // SAFETY: the rows lie in x, `inside` has a place for each of their columns; y has this row's outputs.
        unsafe {
            let y = operands.pointer::<f32>(Y).add(index * width + outputs.start);
            let Some(source) = source else {
                inside.fill(C::IDENTITY);
                across::<C>(y, &row, windows, outer, &divisors);
                continue;
            };
            let x = operands.pointer::<f32>(X).cast_const().add(output.start + source.position);
            if down::<C>(inside, x, source.step, source.count) || !watched::<C>() {
                across::<C>(y, &row, windows, outer, &divisors);
            } else {
                down_by::<Exact, 0>(inside, x, source.step, source.count);
                let mut maxima = [Exact::IDENTITY; COLUMNS];
                windows_of::<Exact>(&mut maxima, &row, *windows);
                maxima.as_ptr().copy_to_nonoverlapping(y, outputs.len());
            }
        }
    }
}

/// Whether NaN must be looked for: not in sums.
fn watched<C: Combine>() -> bool {
    C::IDENTITY != 0.0
}

/// `row[i] =` the elements `i` of `count` rows combined, `step` apart; whether none of them is NaN.
///
/// # Safety
/// The rows have as many elements as `row`.
#[inline(always)]
unsafe fn down<C: Combine>(row: &mut [f32], x: *const f32, step: usize, count: usize) -> bool {
    // SAFETY: the caller's guarantee.
    unsafe {
        match count {
            2 => down_by::<C, 2>(row, x, step, count),
            3 => down_by::<C, 3>(row, x, step, count),
            _ => down_by::<C, 0>(row, x, step, count),
        }
    }
}

/// As [`down`], for a number of rows that is known where it is not 0.
#[inline(never)]
unsafe fn down_by<C: Combine, const ROWS: usize>(
    row: &mut [f32],
    x: *const f32,
    step: usize,
    count: usize,
) -> bool {
    let rows = if ROWS == 0 { count } else { ROWS };
    let mut probe = F32x4::ZERO;
    let (len, row) = (row.len(), row.as_mut_ptr());
    // SAFETY: the caller's guarantee; a last vector that is not full begins earlier, unless there is no other.
    unsafe {
        if len < LANES {
            let value = column::<C>(x, step, rows, &mut probe, |x| F32x4::load_partial(x, len));
            value.store_partial(row, len);
        } else {
            let mut at = 0;
            while at < len {
                let from = at.min(len - LANES);
                let value = column::<C>(x.add(from), step, rows, &mut probe, |x| F32x4::load(x));
                value.store(row.add(from));
                at += LANES;
            }
        }
    }
    !probe.ne(probe).any()
}

/// The elements of four columns combined, and all of them added to `probe`.
#[inline(always)]
fn column<C: Combine>(
    x: *const f32,
    step: usize,
    rows: usize,
    probe: &mut F32x4,
    load: impl Fn(*const f32) -> F32x4,
) -> F32x4 {
    let mut value = load(x);
    let mut seen = value;
    for r in 1..rows {
        let next = load(x.wrapping_add(r * step));
        value = C::combine(value, next);
        seen = seen.add(next);
    }
    *probe = probe.add(seen);
    value
}

/// `y[o] =` the taps of each window over `row` combined, and divided.
///
/// # Safety
/// y has a place for each output.
unsafe fn across<C: Combine>(
    y: *mut f32,
    row: &[f32; ROW],
    windows: &Windows,
    outer: f32,
    divisors: &[f32; COLUMNS],
) {
    let Windows { outputs, taps, stride, dilation, .. } = *windows;
    let x = row.as_ptr();
    let finish = |o: usize, value: F32x4| {
        if watched::<C>() {
            return value;
        }
        // SAFETY: `o` is a multiple of four below the divisors' length.
        value.div(F32x4::splat(outer).mul(unsafe { F32x4::load(divisors.as_ptr().add(o)) }))
    };
    // SAFETY: the windows' columns, and those of up to three more windows, lie in the row.
    unsafe {
        match (stride, taps, dilation) {
            (1, 2, _) => blocks(y, outputs, |o| finish(o, C::combine(at(x, o), at(x, o + dilation)))),
            (1, 3, _) => blocks(y, outputs, |o| {
                let pair = C::combine(at(x, o), at(x, o + dilation));
                finish(o, C::combine(pair, at(x, o + 2 * dilation)))
            }),
            (2, 2, 1) => blocks(y, outputs, |o| {
                let (even, odd) = at(x, 2 * o).unzip(at(x, 2 * o + LANES));
                finish(o, C::combine(even, odd))
            }),
            (2, 3, 1) => blocks(y, outputs, |o| {
                let (even, odd) = at(x, 2 * o).unzip(at(x, 2 * o + LANES));
                let (next, _) = at(x, 2 * o + 2).unzip(at(x, 2 * o + 2 + LANES));
                finish(o, C::combine(C::combine(even, odd), next))
            }),
            _ => {
                let mut sums = [C::IDENTITY; COLUMNS];
                windows_of::<C>(&mut sums, row, *windows);
                blocks(y, outputs, |o| finish(o, at(sums.as_ptr(), o)));
            }
        }
    }
}

/// # Safety
/// Four elements can be read.
#[inline(always)]
unsafe fn at(x: *const f32, index: usize) -> F32x4 {
    // SAFETY: the caller's guarantee.
    unsafe { F32x4::load(x.add(index)) }
}

/// `y[o..o + 4] = block(o)`, the last block's as far as there are outputs.
///
/// # Safety
/// y has a place for each output.
#[inline(always)]
unsafe fn blocks(y: *mut f32, outputs: usize, block: impl Fn(usize) -> F32x4) {
    let mut o = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        while o + LANES <= outputs {
            block(o).store(y.add(o));
            o += LANES;
        }
        if o < outputs {
            block(o).store_partial(y.add(o), outputs - o);
        }
    }
}
