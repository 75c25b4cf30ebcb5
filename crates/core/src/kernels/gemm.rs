//! `sum[m][n] = sum over k of a[k][m] * b[k][n]`, `k` ascending in one chain, or of very many packed terms in chains that are
//! added up: whatever tile computes an output, it gets the same bits.
//!
//! ```text
//!                     b: panel of NR pixels                  a: row tile of MR output channels
//!                     k=0 | p0 p1 p2 p3 p4 p5 p6 p7 |        k=0 | m0 m1 m2 m3 |
//!                     k=1 | p0 ...               p7 |        k=1 | m0 ...   m3 |
//! ```
//! Missing pixels are zero in the panel, missing channels zero in the row tile; neither is stored.
//! Where a product and its sum are two instructions, 4x8 (8 sums, 2 of b, 1 of a and a product) is the largest tile
//! that fits sixteen registers with any compiler, and fills the multipliers. Fused, eight sums are just as many as are
//! on their way at once, and any delay is lost: three row tiles are two tiles of 6x8, the middle one being halved.

use super::tile::{Epilogue, Tile};
use crate::simd::{F32x4, LANES};
use core::ops::Range;

/// Output channels of a row tile.
pub const MR: usize = 4;
/// Pixels of a panel.
pub const NR: usize = 8;

/// Where the rows of consecutive panels are read.
#[derive(Clone, Copy)]
pub enum Panels<'a> {
    /// One panel behind the other.
    Packed(*const f32),
    Windows(&'a Windows),
}

/// Panels of two windows each, among inputs: row `k` of a window lies `offsets[k]` bytes behind its start.
pub struct Windows {
    pub x: *const f32,
    pub offsets: *const u32,
    /// One for four columns of a tile, and one more where their number is odd.
    pub windows: *const Window,
    /// Whether some begin before the one before them ends.
    pub overlap: bool,
}

/// Four neighbouring outputs: half of a panel.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Window {
    /// Bytes from `x` to its start.
    pub from: u32,
    /// Elements from the tile's first output to this one.
    pub to: u32,
}

impl Windows {
    /// The two windows of the panel at `column`.
    ///
    /// # Safety
    /// The panel exists.
    #[inline(always)]
    unsafe fn panel(&self, column: usize) -> [Window; 2] {
        // SAFETY: the caller's guarantee.
        unsafe { self.windows.add(column / LANES).cast::<[Window; 2]>().read() }
    }
}

impl Panels<'_> {
    /// The columns that need no masks.
    #[inline(always)]
    fn whole(&self, tile: &Tile) -> usize {
        match self {
            // What is added to an output may lie where the output is written, and must be added once.
            Panels::Windows(windows) if windows.overlap && !tile.residual.is_null() => 0,
            _ => tile.columns.min(tile.room),
        }
    }

    /// Where in a row of y the two halves of the panel at `column` begin.
    ///
    /// # Safety
    /// The panel exists.
    #[inline(always)]
    unsafe fn halves(&self, column: usize) -> [usize; 2] {
        match self {
            Panels::Packed(_) => [column, column + LANES],
            // SAFETY: the caller's guarantee.
            Panels::Windows(windows) => unsafe { windows.panel(column) }.map(|window| window.to as usize),
        }
    }

    /// Outputs of a row, where columns are side by side: windows may overlap.
    ///
    /// # Safety
    /// The panels exist.
    unsafe fn outputs(&self, tile: &Tile) -> usize {
        match self {
            Panels::Packed(_) => tile.columns,
            Panels::Windows(windows) => {
                // SAFETY: there is a window for each four columns, at least one.
                let last = unsafe { *windows.windows.add(tile.columns / LANES - 1) };
                last.to as usize + LANES
            }
        }
    }

    /// Stores a panel's sums in the rows from `row` on, as many as there are sums or rows: across images, each output once.
    ///
    /// # Safety
    /// The panel at `column` exists; the tile's addresses hold its rows and columns.
    #[inline(never)]
    unsafe fn store(&self, tile: &Tile, row: usize, column: usize, sums: &[[F32x4; 2]], epilogue: &Epilogue) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if tile.plane == 1 {
                return store_pixels(tile, row, column, sums, epilogue);
            }
            let halves = self.halves(column);
            for half in 0..(tile.columns - column).div_ceil(LANES).min(2) {
                let (mut part, mut first, mut done) = (*tile, halves[half], 0);
                if let Panels::Windows(windows) = self {
                    if windows.overlap && column + half > 0 {
                        let before = windows.windows.add(column / LANES + half).sub(1);
                        done = ((*before).to as usize + LANES).saturating_sub(first);
                    }
                    part = part.right(first + done);
                    (part.columns, first) = (LANES - done, 0);
                }
                for (row, sums) in (row..tile.rows).zip(sums) {
                    let mut sum = sums[half];
                    if done > 0 {
                        sum = sum.from_lane(done);
                    }
                    part.down(row).store_vector(first, sum, epilogue);
                }
            }
        }
    }
}

/// Stores a panel's sums where each image has one pixel.
///
/// # Safety
/// As [`Panels::store`]; panels of single pixels are packed.
unsafe fn store_pixels(tile: &Tile, row: usize, column: usize, sums: &[[F32x4; 2]], epilogue: &Epilogue) {
    for (half, first) in (column..tile.columns).step_by(LANES).take(2).enumerate() {
        let rows = core::array::from_fn(|m| sums.get(m).map_or(F32x4::ZERO, |sum| sum[half]));
        let columns = F32x4::transpose(rows);
        // SAFETY: the caller's guarantee.
        unsafe { store_columns(tile, row..tile.rows.min(row + sums.len()), first, &columns, epilogue) };
    }
}

/// Stores the columns of some rows from `first` on, as many as there are sums or columns, the rows in their lanes.
///
/// # Safety
/// The tile's addresses hold its rows and columns.
#[inline(never)]
unsafe fn store_columns(tile: &Tile, rows: Range<usize>, first: usize, sums: &[F32x4], epilogue: &Epilogue) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if tile.plane > 1 {
            let columns = core::array::from_fn(|column| sums.get(column).map_or(F32x4::ZERO, |sum| *sum));
            for (row, sum) in rows.zip(F32x4::transpose(columns)) {
                tile.down(row).store_vector(first, sum, epilogue);
            }
        } else if !rows.is_empty() {
            for (column, sum) in (first..tile.columns).zip(sums) {
                tile.store_rows(rows.start, rows.len(), column, *sum, epilogue);
            }
        }
    }
}

/// The row tiles of a block of outputs times consecutive panels, the panels running fastest: each output channel's
/// pixels are written, and its residual read, as far as the block goes before the next channel's.
///
/// # Safety
/// `a` holds `tile.rows.div_ceil(MR)` row tiles of `k * MR` elements, `b` has `tile.columns.div_ceil(NR)` panels of `k`
/// rows; the tile's addresses hold its rows and columns. Only the columns of one panel may lie in several images.
#[inline(never)]
pub unsafe fn gemm_4x8(k: usize, a: *const f32, b: Panels, tile: &Tile, epilogue: &Epilogue) {
    let (mut a, mut row) = (a, 0);
    let next = k * MR;
    while row < tile.rows {
        let start = row;
        // SAFETY: the row tile at `a` starts with row `row`, and there are as many as are used.
        unsafe {
            if F32x4::is_fused() && tile.rows - row >= 3 * MR {
                let (middle, last) = (a.add(next), a.add(2 * next));
                strip::<6>(k, [a, middle], b, tile, [row, row + 4], epilogue);
                strip::<6>(k, [last, middle.add(2)], b, tile, [row + 8, row + 6], epilogue);
                row += 2 * MR;
                a = last;
            } else {
                strip::<4>(k, [a; 2], b, tile, [row; 2], epilogue);
            }
            row = tile.rows.min(row + MR);
            if epilogue.activation.is_some() {
                tile.finish(start..row, b.outputs(tile), epilogue);
            }
        }
        a = a.wrapping_add(next);
    }
}

/// R rows times the panels: those of a row tile, and where there are more the first of another one.
///
/// # Safety
/// As [`gemm_4x8`]; `rows` says which row each of the two begins with, and all rows of the second exist.
#[inline(never)]
unsafe fn strip<const R: usize>(
    k: usize,
    a: [*const f32; 2],
    b: Panels,
    tile: &Tile,
    rows: [usize; 2],
    epilogue: &Epilogue,
) {
    if let (Panels::Packed(panels), true) = (b, k > LONG) {
        // SAFETY: the caller's guarantee.
        return unsafe { long_strip::<R>(k, a, panels, tile, rows, epilogue) };
    }
    // SAFETY: the caller's guarantee.
    let bias = rows.map(|row| unsafe { tile.biases(row) }.to_array());
    let there = if R > MR { R } else { MR.min(tile.rows - rows[0]) };
    let (low, high) = (F32x4::splat(epilogue.low), F32x4::splat(epilogue.high));
    let bounded = epilogue.low > f32::NEG_INFINITY || epilogue.high < f32::INFINITY;
    let whole = b.whole(tile);
    for column in (0..tile.columns).step_by(NR) {
        // SAFETY: the panel exists, and so do the rows where all columns are stored.
        unsafe {
            let start = core::array::from_fn(|m| [F32x4::splat(bias[m / MR][m % MR]); 2]);
            let mut sums: [[F32x4; 2]; R] = match b {
                Panels::Packed(b) => multiply(k, a, packed(b.add(column * k)), start),
                Panels::Windows(windows) => {
                    let places = windows.panel(column).map(|window| windows.x.byte_add(window.from as usize));
                    let mut offsets = windows.offsets;
                    let next_row = || {
                        let offset = *offsets as usize;
                        offsets = offsets.add(1);
                        places.map(|place| F32x4::load(place.byte_add(offset)))
                    };
                    multiply(k, a, next_row, start)
                }
            };
            if column + NR > whole {
                // A copy: what has an address is kept in memory at all times.
                let kept = sums.map(|[left, right]| [left, right]);
                b.store(tile, rows[0], column, &kept[..MR], epilogue);
                b.store(tile, rows[1], column, &kept[MR..], epilogue);
                continue;
            }
            let halves = b.halves(column);
            let places = |m: usize| halves.map(|half| (rows[m / MR] + m % MR) * tile.plane + half);
            if !tile.residual.is_null() {
                for (m, [left, right]) in sums.iter_mut().enumerate() {
                    if m >= there {
                        break;
                    }
                    let residual = places(m).map(|place| F32x4::load(tile.residual.add(place)));
                    *left = left.add(residual[0]);
                    *right = right.add(residual[1]);
                }
            }
            if bounded {
                sums = sums.map(|row| row.map(|sum| sum.pmax(low).pmin(high)));
            }
            for (m, [left, right]) in sums.into_iter().enumerate() {
                if m >= there {
                    break;
                }
                let y = places(m).map(|place| tile.y.add(place));
                left.store(y[0]);
                right.store(y[1]);
            }
        }
    }
}

/// Sums of more terms are made of chains: what one chain rounds grows with its length, 7e-4 of the sum of 100 000 equal terms.
const LONG: usize = 8192;
/// Terms of a chain; what the addition of chains rounds is added at the end.
const CHAIN: usize = 128;

/// [`strip`] of packed panels in chains.
///
/// # Safety
/// As [`strip`].
#[inline(never)]
unsafe fn long_strip<const R: usize>(
    k: usize,
    a: [*const f32; 2],
    b: *const f32,
    tile: &Tile,
    rows: [usize; 2],
    epilogue: &Epilogue,
) {
    for column in (0..tile.columns).step_by(NR) {
        let mut sums = [[F32x4::ZERO; 2]; R];
        let mut rests = sums;
        // SAFETY: the caller's guarantee.
        unsafe {
            for (m, sum) in sums.iter_mut().enumerate() {
                *sum = [tile.bias(rows[m / MR] + m % MR); 2];
            }
            for from in (0..k).step_by(CHAIN) {
                let panel = packed(b.add(column * k + from * NR));
                let a = a.map(|a| a.add(from * MR));
                let chain = multiply(CHAIN.min(k - from), a, panel, [[F32x4::ZERO; 2]; R]);
                add_chain(&mut sums, &mut rests, &chain);
            }
            end_chains(&mut sums, &rests);
            Panels::Packed(b).store(tile, rows[0], column, &sums[..MR], epilogue);
            Panels::Packed(b).store(tile, rows[1], column, &sums[MR..], epilogue);
        }
    }
}

#[inline(always)]
fn add_chain<const A: usize, const B: usize>(
    sums: &mut [[F32x4; A]; B],
    rests: &mut [[F32x4; A]; B],
    chain: &[[F32x4; A]; B],
) {
    let each = sums.iter_mut().flatten().zip(rests.iter_mut().flatten());
    for ((sum, rest), &chain) in each.zip(chain.iter().flatten()) {
        (*sum, *rest) = sum.add_keeping(chain, *rest);
    }
}

#[inline(always)]
fn end_chains<const A: usize, const B: usize>(sums: &mut [[F32x4; A]; B], rests: &[[F32x4; A]; B]) {
    for (sum, &rest) in sums.iter_mut().flatten().zip(rests.iter().flatten()) {
        *sum = sum.add(rest);
    }
}

/// The rows of a packed panel, one by one.
///
/// # Safety
/// As many can be read as are asked for.
#[inline(always)]
pub(super) unsafe fn packed(mut b: *const f32) -> impl FnMut() -> [F32x4; 2] {
    // SAFETY: the caller's guarantee.
    move || unsafe {
        let row = [F32x4::load(b), F32x4::load(b.add(LANES))];
        b = b.add(NR);
        row
    }
}

/// R rows times one panel, added to the sums.
///
/// # Safety
/// Both of `a` hold `k` rows, MR elements apart, and `next_row` gives as many of the panel.
#[inline(always)]
pub(super) unsafe fn multiply<const R: usize>(
    k: usize,
    [mut a, mut other]: [*const f32; 2],
    mut next_row: impl FnMut() -> [F32x4; 2],
    mut sums: [[F32x4; 2]; R],
) -> [[F32x4; 2]; R] {
    for _ in 0..k {
        // SAFETY: `k` rows of all operands, by the caller's guarantee.
        unsafe {
            let [left, right] = next_row();
            for (m, sum) in sums.iter_mut().enumerate() {
                let weight = F32x4::load_splat(if m < MR { a.add(m) } else { other.add(m - MR) });
                *sum = [weight.madd(left, sum[0]), weight.madd(right, sum[1])];
            }
            a = a.add(MR);
            other = other.add(MR);
        }
    }
    sums
}

/// Pixels of a tile that are computed with output channels in the lanes, where there are no more of them.
pub const FEW: usize = 4;

/// The same for a tile of at most [`FEW`] pixels: output channels in the lanes, so that no missing pixel is multiplied.
///
/// # Safety
/// As [`gemm_4x8`]; `b` is one panel.
pub unsafe fn gemm_few(k: usize, a: *const f32, b: *const f32, tile: &Tile, epilogue: &Epilogue) {
    // SAFETY: the caller's guarantee.
    unsafe {
        match tile.columns {
            1 => few::<1, 8>(k, a, b, tile, epilogue),
            2 => few::<2, 5>(k, a, b, tile, epilogue),
            3 => few::<3, 3>(k, a, b, tile, epilogue),
            _ => few::<4, 2>(k, a, b, tile, epilogue),
        }
    }
}

/// C pixels, T row tiles at a time: as many sums as fit the registers beside a weight and a pixel.
///
/// # Safety
/// As [`gemm_4x8`]; the tile has C columns.
#[inline(never)]
unsafe fn few<const C: usize, const T: usize>(
    k: usize,
    a: *const f32,
    b: *const f32,
    tile: &Tile,
    epilogue: &Epilogue,
) {
    for first in (0..tile.rows).step_by(T * MR) {
        let tiles = (tile.rows - first).div_ceil(MR).min(T);
        // SAFETY: the row tiles from `first` on exist; absent ones repeat the last, their sums are not stored.
        unsafe {
            let places: [_; T] =
                core::array::from_fn(|index| a.wrapping_add((first + index.min(tiles - 1) * MR) * k));
            let mut sums: [_; T] = core::array::from_fn(|index| [tile.biases(first + index * MR); C]);
            if k <= LONG {
                pixels(k, places, b, &mut sums);
            } else {
                let mut rests = [[F32x4::ZERO; C]; T];
                for from in (0..k).step_by(CHAIN) {
                    let mut chain = [[F32x4::ZERO; C]; T];
                    let places = places.map(|a: *const f32| a.add(from * MR));
                    pixels(CHAIN.min(k - from), places, b.add(from * NR), &mut chain);
                    add_chain(&mut sums, &mut rests, &chain);
                }
                end_chains(&mut sums, &rests);
            }
            for (index, sums) in sums.iter().enumerate().take(tiles) {
                let row = first + index * MR;
                store_columns(tile, row..tile.rows.min(row + MR), 0, sums, epilogue);
            }
            tile.finish(first..tile.rows.min(first + T * MR), C, epilogue);
        }
    }
}

/// C pixels times T row tiles, added to the sums.
///
/// # Safety
/// Each of `a` holds a row tile, `b` holds `k` rows of a panel.
#[inline(never)]
unsafe fn pixels<const C: usize, const T: usize>(
    k: usize,
    a: [*const f32; T],
    b: *const f32,
    to: &mut [[F32x4; C]; T],
) {
    let mut sums = *to;
    for step in 0..k {
        // SAFETY: the caller's guarantee.
        unsafe {
            let pixels: [F32x4; C] =
                core::array::from_fn(|pixel| F32x4::load_splat(b.add(step * NR + pixel)));
            for (sums, a) in sums.iter_mut().zip(a) {
                let weights = F32x4::load(a.add(step * MR));
                for (sum, pixel) in sums.iter_mut().zip(pixels) {
                    *sum = weights.madd(pixel, *sum);
                }
            }
        }
    }
    *to = sums;
}
