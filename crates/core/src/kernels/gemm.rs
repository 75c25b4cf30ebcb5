//! `sum[m][n] = sum over k of a[k][m] * b[k][n]`, `k` ascending in one chain: whatever tile computes an output, it
//! gets the same bits.
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
            if F32x4::FUSED && tile.rows - row >= 3 * MR {
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

/// Row tiles of which one pixel is computed at a time.
const COLUMN: usize = 8;

/// The same for the first pixel of a panel alone: some row tiles at a time, output channels in the lanes.
///
/// # Safety
/// As [`gemm_4x8`].
#[inline(never)]
pub unsafe fn gemm_column(k: usize, a: *const f32, b: *const f32, tile: &Tile, epilogue: &Epilogue) {
    let tile = Tile { columns: 1, ..*tile };
    for first in (0..tile.rows).step_by(COLUMN * MR) {
        let tiles = (tile.rows - first).div_ceil(MR).min(COLUMN);
        // SAFETY: the row tiles from `first` on exist; absent ones repeat the last, their sums are not stored.
        unsafe {
            let places =
                core::array::from_fn(|index| a.wrapping_add((first + index.min(tiles - 1) * MR) * k));
            let sums = column(k, places, b, core::array::from_fn(|index| tile.biases(first + index * MR)));
            for (index, sum) in sums.map(F32x4::to_array).iter().enumerate().take(tiles) {
                let rows = sum.map(|lane| [F32x4::splat(lane); 2]);
                Panels::Packed(b).store(&tile, first + index * MR, 0, &rows, epilogue);
            }
            tile.finish(first..tile.rows.min(first + COLUMN * MR), 1, epilogue);
        }
    }
}

/// One pixel times some row tiles, added to the sums.
///
/// # Safety
/// Each of `a` holds a row tile, `b` holds `k` rows of a panel.
#[inline(always)]
unsafe fn column(
    k: usize,
    a: [*const f32; COLUMN],
    b: *const f32,
    mut sums: [F32x4; COLUMN],
) -> [F32x4; COLUMN] {
    for step in 0..k {
        // SAFETY: the caller's guarantee.
        unsafe {
            let pixel = F32x4::load_splat(b.add(step * NR));
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = F32x4::load(a.add(step * MR)).madd(pixel, *sum);
            }
        }
    }
    sums
}
