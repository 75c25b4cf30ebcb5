//! The two loops of pooling. `columns` reduces the taps of depth and height, input column by input column, into a row;
//! `windows` reduces the taps of width from that row. Where the window reaches into the padding the row holds the
//! identity, so neither loop has a test. The indexed forms carry each maximum's position along, `wide_windows` goes over
//! many taps by doubling.

use crate::simd::{F32x4, I32x4, Mask, LANES};
use core::ops::Range;

/// Input columns that a row holds; each output's taps are reduced in pieces of as many.
pub const COLUMNS: usize = 512;
/// The length of a row: the vectors of `windows` may read a little beyond the last column that counts.
pub const ROW: usize = COLUMNS + 2 * LANES;
/// The position that stands for none: above every other one, and no NaN's bits.
pub const NOWHERE: i32 = 0x7f00_0000;

/// How values are put together.
pub trait Combine {
    const IDENTITY: f32;
    fn combine(a: F32x4, b: F32x4) -> F32x4;
}

/// How long chains of values are put together.
pub trait Join: Combine {
    /// Whether a value may be combined with itself.
    const IDEMPOTENT: bool;
    /// `a + low` combined with b, in two numbers: what rounding would lose of a sum is in the second.
    fn join(a: F32x4, low: F32x4, b: F32x4) -> (F32x4, F32x4);
}

/// The larger one; NaN wins.
pub struct Largest;

impl Combine for Largest {
    const IDENTITY: f32 = f32::NEG_INFINITY;

    #[inline(always)]
    fn combine(a: F32x4, b: F32x4) -> F32x4 {
        a.max(b)
    }
}

impl Join for Largest {
    const IDEMPOTENT: bool = true;

    #[inline(always)]
    fn join(a: F32x4, low: F32x4, b: F32x4) -> (F32x4, F32x4) {
        (a.max(b), low)
    }
}

pub struct Sum;

impl Combine for Sum {
    const IDENTITY: f32 = 0.0;

    #[inline(always)]
    fn combine(a: F32x4, b: F32x4) -> F32x4 {
        a.add(b)
    }
}

impl Join for Sum {
    const IDEMPOTENT: bool = false;

    #[inline(always)]
    fn join(a: F32x4, low: F32x4, b: F32x4) -> (F32x4, F32x4) {
        a.add_keeping(b, low)
    }
}

/// Reduced columns, and for maxima where they are.
pub struct Row {
    pub values: [f32; ROW],
    pub positions: [i32; ROW],
}

/// Rows of the input that lie `stride` elements apart, from their first column that is read on.
#[derive(Clone, Copy)]
pub struct Source {
    pub start: *const f32,
    pub stride: usize,
    pub rows: usize,
    /// Position of the first element, and from row to row.
    pub position: i32,
    pub step: i32,
}

/// Along the width: `outputs` windows of `taps` taps over a row, from an output and a column on.
#[derive(Clone, Copy)]
pub struct Windows {
    pub output: usize,
    pub outputs: usize,
    pub column: usize,
    pub taps: usize,
    pub stride: usize,
    pub dilation: usize,
}

/// `row[inside] = row[inside] combined with the rows of source`.
///
/// # Safety
/// The source's rows have an element per column of `inside`, which lies within `COLUMNS`.
pub unsafe fn columns<C: Combine>(row: &mut [f32; ROW], inside: Range<usize>, source: Source) {
    let end = inside.end;
    let mut at = inside.start;
    let row = row.as_mut_ptr();
    let mut from = source.start;
    while at < end {
        let count = LANES.min(end - at);
        // SAFETY: the caller's guarantee; `count` elements are left.
        unsafe {
            let mut sum = F32x4::load(row.add(at));
            let mut x = from;
            if count == LANES {
                for _ in 0..source.rows {
                    sum = C::combine(sum, F32x4::load(x));
                    x = x.wrapping_add(source.stride);
                }
            } else {
                for _ in 0..source.rows {
                    sum = C::combine(sum, F32x4::load_partial(x, count));
                    x = x.wrapping_add(source.stride);
                }
            }
            sum.store_partial(row.add(at), count);
        }
        at += LANES;
        from = from.wrapping_add(LANES);
    }
}

/// As [`columns`] for the larger one, with positions; of equal values the first one stays, of NaN the last. Sources come in
/// the order of their positions. Columns of -infinity have none.
///
/// # Safety
/// As [`columns`].
pub unsafe fn indexed_columns(row: &mut Row, inside: Range<usize>, source: Source) {
    let end = inside.end;
    let mut at = inside.start;
    let mut skipped = 0;
    while at < end {
        let count = LANES.min(end - at);
        let lane = I32x4::from_array([0, 1, 2, 3]).add(I32x4::splat(source.position + skipped));
        // SAFETY: as in `columns`; a row and its positions have the same length.
        unsafe {
            let value_at = row.values.as_mut_ptr().add(at);
            let position_at = row.positions.as_mut_ptr().add(at);
            let mut best = Best { value: F32x4::load(value_at), position: I32x4::load(position_at) };
            for r in 0..source.rows {
                let x = source.start.add(r * source.stride + skipped as usize);
                let position = lane.add(I32x4::splat(r as i32 * source.step));
                let value = if count == LANES { F32x4::load(x) } else { F32x4::load_partial(x, count) };
                best.take_later(Best { value, position });
            }
            best.value.store_partial(value_at, count);
            best.position.as_f32().store_partial(position_at.cast(), count);
        }
        at += LANES;
        skipped += LANES as i32;
    }
}

/// Taps of a window, or of each lane of one, whose sum is one chain.
pub const CHAIN: usize = 32;

/// `sums[o] = sums[o] combined with row[o * stride + k * dilation]` for all taps k. One window, or one that does not lie as
/// its neighbours do, is reduced along its taps.
pub fn windows<C: Combine>(sums: &mut [f32; COLUMNS], row: &[f32; ROW], windows: Windows) {
    if windows.outputs == 1 && windows.dilation == 1 {
        let taps = &row[windows.column..windows.column + windows.taps];
        sums[windows.output] = along::<C>(sums[windows.output], taps);
        return;
    }
    let mut o = 0;
    while o < windows.outputs {
        let block = Block::new(windows, o);
        // SAFETY: `outputs` is at most COLUMNS, a multiple of LANES; the block's taps lie within the row.
        unsafe {
            let place = sums.as_mut_ptr().add(o);
            let mut sum = F32x4::load(place);
            let mut x = row.as_ptr().add(o * windows.stride);
            let mut left = windows.taps;
            while left > 0 {
                let count = left.min(CHAIN);
                let mut part = block.load(x);
                x = x.wrapping_add(windows.dilation);
                for _ in 1..count {
                    part = C::combine(part, block.load(x));
                    x = x.wrapping_add(windows.dilation);
                }
                sum = C::combine(sum, part);
                left -= count;
            }
            sum.store(place);
        }
        o += LANES;
    }
}

/// Whether [`wide_windows`] changes the row: doubling is faster than going through so many taps.
pub fn is_wide<C: Join>(windows: &Windows) -> bool {
    C::IDEMPOTENT && windows.outputs > 1 && windows.stride * 32 <= windows.taps
}

/// As [`windows`], for any number of taps; may change the row. Where a value may count twice, each column is made to stand for
/// a power of two of taps, so that two of them are a window: the steps hardly depend on the window, as in van Herk's
/// sliding maxima.
pub fn wide_windows<C: Join>(sums: &mut [f32; COLUMNS], row: &mut [f32; ROW], mut given: Windows) {
    let Windows { outputs, stride, taps, dilation, .. } = given;
    if !is_wide::<C>(&given) {
        return windows::<C>(sums, row, given);
    }
    let columns = (outputs - 1) * stride + (taps - 1) * dilation + 1;
    let mut reach = 1;
    while 2 * reach <= taps {
        let (mut at, apart) = (0, reach * dilation);
        while at + apart < columns {
            // SAFETY: `columns` is at most COLUMNS, and the row is longer by two vectors.
            unsafe {
                let place = row.as_mut_ptr().add(at);
                C::combine(F32x4::load(place), F32x4::load(place.add(apart))).store(place);
            }
            at += LANES;
        }
        reach *= 2;
    }
    given.taps = if reach < taps { 2 } else { 1 };
    given.dilation = (taps - reach) * dilation;
    windows::<C>(sums, row, given);
}

/// `sums + low = sums + low combined with part`.
pub fn join<C: Join>(sums: &mut [f32; COLUMNS], low: &mut [f32; COLUMNS], part: &[f32; COLUMNS]) {
    let lanes = sums.chunks_exact_mut(LANES).zip(low.chunks_exact_mut(LANES)).zip(part.chunks_exact(LANES));
    for ((sum, low), part) in lanes {
        // SAFETY: chunks have as many elements as vectors.
        unsafe {
            let joined =
                C::join(F32x4::load(sum.as_ptr()), F32x4::load(low.as_ptr()), F32x4::load(part.as_ptr()));
            joined.0.store(sum.as_mut_ptr());
            joined.1.store(low.as_mut_ptr());
        }
    }
}

/// `first` combined with all of a row.
pub fn along<C: Combine>(first: f32, row: &[f32]) -> f32 {
    let alone = |value: f32| F32x4::from_array([value, C::IDENTITY, C::IDENTITY, C::IDENTITY]);
    let mut lanes = alone(first);
    for chain in row.chunks(CHAIN * LANES) {
        let mut part = F32x4::splat(C::IDENTITY);
        let vectors = chain.chunks_exact(LANES);
        for &value in vectors.remainder() {
            part = C::combine(part, alone(value));
        }
        for vector in vectors {
            // SAFETY: a chunk has as many elements as a vector.
            part = C::combine(part, unsafe { F32x4::load(vector.as_ptr()) });
        }
        lanes = C::combine(lanes, part);
    }
    let [_, _, c, d] = lanes.to_array();
    let [a, b, ..] = C::combine(lanes, F32x4::from_array([c, d, c, d])).to_array();
    C::combine(F32x4::splat(a), F32x4::splat(b)).to_array()[0]
}

/// As [`windows`] for the larger one, with positions.
pub fn indexed_windows(
    sums: &mut [f32; COLUMNS],
    positions: &mut [i32; COLUMNS],
    row: &Row,
    windows: Windows,
) {
    if windows.outputs == 1 && windows.dilation == 1 {
        let (value, position) = (&mut sums[windows.output], &mut positions[windows.output]);
        let mut best = Best { value: F32x4::splat(*value), position: I32x4::splat(*position) };
        for column in windows.column..windows.column + windows.taps {
            let value = F32x4::splat(row.values[column]);
            best.take(Best { value, position: I32x4::splat(row.positions[column]) });
        }
        *value = best.value.to_array()[0];
        *position = best.position.to_array()[0];
        return;
    }
    let mut o = 0;
    while o < windows.outputs {
        let block = Block::new(windows, o);
        // SAFETY: as in `windows`.
        unsafe {
            let (place, position) = (sums.as_mut_ptr().add(o), positions.as_mut_ptr().add(o));
            let mut best = Best { value: F32x4::load(place), position: I32x4::load(position) };
            let first = o * windows.stride;
            for k in 0..windows.taps {
                let at = first + k * windows.dilation;
                let value = block.load(row.values.as_ptr().add(at));
                let position = block.load(row.positions.as_ptr().add(at).cast()).bits();
                best.take(Best { value, position });
            }
            best.value.store(place);
            best.position.store(position);
        }
        o += LANES;
    }
}

#[derive(Clone, Copy)]
struct Best {
    value: F32x4,
    position: I32x4,
}

impl Best {
    /// As `take`, for what comes later in the plane; but nothing has the place of -infinity.
    #[inline(always)]
    fn take_later(&mut self, other: Best) {
        let better = other.value.gt(self.value).or(other.value.ne(other.value));
        self.value = better.select(other.value, self.value);
        self.position = select(better, other.position, self.position);
    }

    #[inline(always)]
    fn take(&mut self, other: Best) {
        let nan = |v: F32x4| v.ne(v);
        let earlier = other.value.eq(self.value).and(other.position.lt(self.position));
        let later_nan = self.value.eq(self.value).or(self.position.lt(other.position));
        let better = other.value.gt(self.value).or(earlier).or(nan(other.value).and(later_nan));
        self.value = better.select(other.value, self.value);
        self.position = select(better, other.position, self.position);
    }
}

#[inline(always)]
fn select(mask: Mask, set: I32x4, clear: I32x4) -> I32x4 {
    mask.select(set.as_f32(), clear.as_f32()).bits()
}

/// How the values of four neighbouring outputs are loaded.
#[derive(Clone, Copy)]
enum Block {
    Consecutive,
    Even,
    /// Distances of lanes 1 to 3; the last lanes repeat one where fewer outputs are left.
    Apart([usize; 3]),
}

impl Block {
    fn new(windows: Windows, first: usize) -> Block {
        match windows.stride {
            1 => Block::Consecutive,
            2 => Block::Even,
            stride => {
                let last = windows.outputs - first - 1;
                Block::Apart([1, 2, 3].map(|lane: usize| lane.min(last) * stride))
            }
        }
    }

    /// # Safety
    /// The block's elements from `x` on, up to eight further ones, can be read.
    #[inline(always)]
    unsafe fn load(self, x: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe {
            match self {
                Block::Consecutive => F32x4::load(x),
                Block::Even => F32x4::load(x).unzip(F32x4::load(x.add(LANES))).0,
                Block::Apart([b, c, d]) => F32x4::from_array([*x, *x.add(b), *x.add(c), *x.add(d)]),
            }
        }
    }
}
