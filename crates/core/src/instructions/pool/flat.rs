//! Maximum, minimum, sum and mean of float32 planes without depth, by regular windows: the case that networks have. A row of
//! outputs is two passes over vectors: down the taps of the height into a row of columns, whose padding holds the
//! identity, and across the taps of the width from there.
//!
//! Maxima are taken by an instruction that knows no NaN; where a row of columns meets one, which a sum tells that costs an
//! addition each, the row is computed again by the instruction that does. A minimum is the maximum with signs flipped on
//! loading and on storing.

use super::problem::{Problem, Reduction};
use super::rows::{is_wide, wide_windows, Combine, Join, Largest, Sum, Windows, CHAIN, COLUMNS, ROW};
use super::{X, Y};
use crate::instructions::dtype::Dtype;
use crate::instructions::Operands;
use crate::simd::{F32x4, I32x4, LANES};
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

impl Join for Larger {
    const IDEMPOTENT: bool = true;

    #[inline(always)]
    fn join(a: F32x4, low: F32x4, b: F32x4) -> (F32x4, F32x4) {
        (a.pmax(b), low)
    }
}

/// Whether `run` can be used.
pub fn accepts(problem: &Problem) -> bool {
    let width = &problem.geometry.axes[2];
    let simple = match problem.reduction {
        Reduction::Max | Reduction::Min => true,
        // Longer chains lose digits.
        Reduction::Average | Reduction::Sum => problem.geometry.axes[1].kernel <= 2 * CHAIN,
        Reduction::Lp | Reduction::LpAbsolute => false,
    };
    simple && problem.dtype == Dtype::F32 && problem.is_flat() && problem.taps == width.kernel
}

/// # Safety
/// As `Instruction::run`; `rows` are the share's.
pub unsafe fn run(problem: &Problem, operands: &Operands, rows: Range<usize>) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if matches!(problem.reduction, Reduction::Max | Reduction::Min) {
            run_with::<Larger, Largest>(problem, operands, rows);
        } else {
            run_with::<Sum, Sum>(problem, operands, rows);
        }
    }
}

/// The taps of the height that lie inside for a row of outputs, and what divides its sums.
#[derive(Clone, Copy)]
struct Down {
    first: usize,
    count: usize,
    divisor: f32,
}

impl Down {
    #[inline(never)]
    fn new(problem: &Problem, oh: usize) -> Down {
        let taps = problem.geometry.axes[1].taps_of_output(oh);
        Down { first: taps.start, count: taps.len(), divisor: problem.outer_divisor(0, oh) }
    }
}

/// # Safety
/// As [`run`].
unsafe fn run_with<C: Join, Exact: Join>(problem: &Problem, operands: &Operands, rows: Range<usize>) {
    if rows.is_empty() {
        return;
    }
    let [_, height, width] = &problem.geometry.axes;
    let mut row = [C::IDENTITY; ROW];
    let (mut divisors, mut sums) = ([1.0; COLUMNS], [0.0; COLUMNS]);
    let signs = I32x4::splat(if problem.reduction == Reduction::Min { i32::MIN } else { 0 });
    let step = height.dilation * width.input;
    // Rows whose taps all lie inside are alike.
    let interior = height.interior();
    let of_interior = Down::new(problem, interior.start);
    for outputs in problem.outputs() {
        // SAFETY: regular windows have no samples.
        let output = unsafe { problem.row(rows.start, core::ptr::null()) };
        let piece = output.piece(&outputs, 0);
        let Some(windows) = &piece.windows else { return };
        if outputs.start > 0 {
            row.fill(C::IDENTITY);
        }
        if !watched::<C>() {
            output.divisors(&outputs, &mut divisors);
        }
        let mut oh = rows.start % height.output;
        let mut plane = rows.start / height.output * problem.geometry.input();
        for index in rows.clone() {
            let down = if interior.contains(&oh) { of_interior } else { Down::new(problem, oh) };
            let position = (oh * height.stride + down.first * height.dilation).wrapping_sub(height.lo);
            let start = plane + position.wrapping_mul(width.input).wrapping_add(piece.column);
            oh += 1;
            if oh == height.output {
                oh = 0;
                plane += problem.geometry.input();
            }
            if is_wide::<C>(windows) {
                row.fill(C::IDENTITY); // the row before changed the padding
            }
            let inside = &mut row[piece.inside.clone()];
            // SAFETY: the rows lie in x, `inside` has a place for each of their columns; y has this row's outputs.
            unsafe {
                let y = operands.pointer::<f32>(Y).add(index * width.output + outputs.start);
                let mut across = |row: &mut [f32; ROW]| {
                    across::<C>(y, row, windows, down.divisor, &divisors, signs, &mut sums)
                };
                if down.count == 0 || inside.is_empty() {
                    inside.fill(C::IDENTITY);
                    across(&mut row);
                    continue;
                }
                let x = operands.pointer::<f32>(X).cast_const().wrapping_add(start);
                if columns_of::<C>(inside, x, step, down.count, signs) || !watched::<C>() {
                    across(&mut row);
                } else {
                    down_by::<Exact, 0>(inside, x, step, down.count, signs);
                    let maxima = &mut sums[..outputs.len().next_multiple_of(LANES)];
                    maxima.fill(Exact::IDENTITY);
                    wide_windows::<Exact>(&mut sums, &mut row, *windows);
                    let maxima = sums.as_ptr();
                    blocks(y, outputs.len(), |o| at(maxima, o).flip(signs));
                }
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
unsafe fn columns_of<C: Combine>(
    row: &mut [f32],
    x: *const f32,
    step: usize,
    count: usize,
    signs: I32x4,
) -> bool {
    // SAFETY: the caller's guarantee.
    unsafe {
        match count {
            2 => down_by::<C, 2>(row, x, step, count, signs),
            3 => down_by::<C, 3>(row, x, step, count, signs),
            _ => down_by::<C, 0>(row, x, step, count, signs),
        }
    }
}

/// As [`columns_of`], for a number of rows that is known where it is not 0.
#[inline(never)]
unsafe fn down_by<C: Combine, const ROWS: usize>(
    row: &mut [f32],
    x: *const f32,
    step: usize,
    count: usize,
    signs: I32x4,
) -> bool {
    let signed = |x: F32x4| if watched::<C>() { x.flip(signs) } else { x };
    let rows = if ROWS == 0 { count } else { ROWS };
    let mut probe = F32x4::ZERO;
    let (len, row) = (row.len(), row.as_mut_ptr());
    // SAFETY: the caller's guarantee; a last vector that is not full begins earlier, unless there is no other.
    unsafe {
        if len < LANES {
            let value = column::<C>(x, step, rows, &mut probe, |x| signed(F32x4::load_partial(x, len)));
            value.store_partial(row, len);
        } else {
            let mut at = 0;
            while at < len {
                let from = at.min(len - LANES);
                let value = column::<C>(x.add(from), step, rows, &mut probe, |x| signed(F32x4::load(x)));
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

/// `y[o] =` the taps of each window over `row` combined, and divided; `sums` is what windows in general need.
///
/// # Safety
/// y has a place for each output.
unsafe fn across<C: Join>(
    y: *mut f32,
    row: &mut [f32; ROW],
    windows: &Windows,
    outer: f32,
    divisors: &[f32; COLUMNS],
    signs: I32x4,
    sums: &mut [f32; COLUMNS],
) {
    let Windows { outputs, taps, stride, dilation, .. } = *windows;
    let x = row.as_ptr();
    let finish = |o: usize, value: F32x4| {
        if watched::<C>() {
            return value.flip(signs);
        }
        // SAFETY: `o` is a multiple of four below the divisors' length.
        value.div(F32x4::splat(outer).mul(unsafe { F32x4::load(divisors.as_ptr().add(o)) }))
    };
    // SAFETY: the windows' columns, and those of up to three more windows, lie in the row.
    unsafe {
        match (stride, taps, dilation) {
            (2, 2, 1) => blocks(y, outputs, |o| {
                let (even, odd) = at(x, 2 * o).unzip(at(x, 2 * o + LANES));
                finish(o, C::combine(even, odd))
            }),
            (2, 3, 1) => blocks(y, outputs, |o| {
                let (even, odd) = at(x, 2 * o).unzip(at(x, 2 * o + LANES));
                let (next, _) = at(x, 2 * o + 2).unzip(at(x, 2 * o + 2 + LANES));
                finish(o, C::combine(C::combine(even, odd), next))
            }),
            (1, ..) if !is_wide::<C>(windows) => blocks(y, outputs, |o| {
                let mut value = at(x, o);
                let mut k = 1;
                while k < taps {
                    let end = taps.min(k + CHAIN);
                    let mut part = at(x, o + k * dilation);
                    for k in k + 1..end {
                        part = C::combine(part, at(x, o + k * dilation));
                    }
                    value = C::combine(value, part);
                    k = end;
                }
                finish(o, value)
            }),
            _ => {
                sums[..outputs.next_multiple_of(LANES)].fill(C::IDENTITY);
                wide_windows::<C>(sums, row, *windows);
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
        while o < outputs {
            block(o).store_partial(y.add(o), LANES.min(outputs - o));
            o += LANES;
        }
    }
}
