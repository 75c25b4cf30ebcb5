//! `sum[m][n] = sum over k of a[k][m] * b[k][n]`, `k` ascending in one chain: whatever tile computes an output, it
//! gets the same bits.
//!
//! ```text
//!                     b: panel of NR pixels                  a: row tile of MR output channels
//!                     k=0 | p0 p1 p2 p3 p4 p5 p6 p7 |        k=0 | m0 m1 m2 m3 |
//!                     k=1 | p0 ...               p7 |        k=1 | m0 ...   m3 |
//! ```
//! Missing pixels are zero in the panel, missing channels zero in the row tile; neither is stored.
//! Tile 4x8 (8 sums, 2 of b, 1 of a) is the largest that fits V8's sixteen registers in every version that was
//! measured: 24 / 30 GFLOP/s (simd / relaxed) on a 2.5 GHz Xeon whose peak is 24 / 44.

use super::tile::{Finish, Tile};
use crate::simd::F32x4;

/// Output channels of a row tile.
pub const MR: usize = 4;
/// Pixels of a panel.
pub const NR: usize = 8;

/// The row tiles of a block of outputs times consecutive panels, the panels running fastest: each output channel's
/// pixels are written, and its residual read, as far as the block goes before the next channel's.
///
/// # Safety
/// `a` holds `tile.rows.div_ceil(MR)` row tiles of `k * MR` elements, `b` holds `tile.columns.div_ceil(NR)` panels of
/// `k * NR`; the tile's addresses hold its rows and columns. Only the columns of one panel may lie in several images.
#[inline(never)]
pub unsafe fn gemm_4x8(k: usize, a: *const f32, b: *const f32, tile: &Tile, finish: &Finish) {
    let mut rest = *tile;
    let mut a = a;
    let whole = if finish.activation.is_none() { rest.columns.min(rest.room) } else { 0 };
    let (low, high) = (F32x4::splat(finish.low), F32x4::splat(finish.high));
    let (bounded_below, bounded_above) = (finish.low > f32::NEG_INFINITY, finish.high < f32::INFINITY);
    loop {
        let mut next = a;
        for column in (0..rest.columns).step_by(NR) {
            // SAFETY: the first row tile of `rest` exists, in `a` as well, and so does the panel.
            unsafe {
                let mut sums = [rest.bias(0), rest.bias(1), rest.bias(2), rest.bias(3)].map(|bias| [bias; 2]);
                next = multiply(k, a, b.add(column * k), &mut sums);
                if column + NR > whole || rest.rows < MR {
                    let mut part = rest.right(column);
                    (part.columns, part.room) = (rest.columns - column, rest.room - column);
                    part.store(&sums, finish);
                    continue;
                }
                if !rest.residual.is_null() {
                    for (m, [left, right]) in sums.iter_mut().enumerate() {
                        let residual = rest.residual.add(m * rest.plane + column);
                        *left = left.add(F32x4::load(residual));
                        *right = right.add(F32x4::load(residual.add(4)));
                    }
                }
                if bounded_below {
                    sums = sums.map(|row| row.map(|sum| sum.pmax(low)));
                }
                if bounded_above {
                    sums = sums.map(|row| row.map(|sum| sum.pmin(high)));
                }
                for (m, [left, right]) in sums.into_iter().enumerate() {
                    let y = rest.y.add(m * rest.plane + column);
                    left.store(y);
                    right.store(y.add(4));
                }
            }
        }
        if rest.rows <= MR {
            return;
        }
        a = next;
        // SAFETY: a row tile is left.
        rest = unsafe { rest.down(MR) };
    }
}

/// One row tile times one panel, added to `sums`; returns where the next row tile starts.
///
/// # Safety
/// `a` holds `k * MR` elements, `b` holds `k * NR`.
#[inline(always)]
pub(super) unsafe fn multiply(
    k: usize,
    a: *const f32,
    b: *const f32,
    sums: &mut [[F32x4; 2]; MR],
) -> *const f32 {
    let (mut a, mut b) = (a, b);
    for _ in 0..k {
        // SAFETY: `k` rows of both operands, by the caller's guarantee.
        unsafe {
            let (left, right) = (F32x4::load(b), F32x4::load(b.add(4)));
            for (m, sum) in sums.iter_mut().enumerate() {
                let weight = F32x4::load_splat(a.add(m));
                sum[0] = weight.madd(left, sum[0]);
                sum[1] = weight.madd(right, sum[1]);
            }
            a = a.add(MR);
            b = b.add(NR);
        }
    }
    a
}

/// The same for the first pixel of a panel alone: four row tiles at a time, output channels in the lanes.
///
/// # Safety
/// As [`gemm_4x8`].
#[inline(never)]
pub unsafe fn gemm_16x1(k: usize, a: *const f32, b: *const f32, tile: &Tile, finish: &Finish) {
    let mut rest = Tile { columns: 1, ..*tile };
    let mut a = a;
    loop {
        let tiles = rest.rows.div_ceil(MR).min(4);
        // Absent row tiles repeat the last: their sums are not stored.
        let places: [usize; 4] = core::array::from_fn(|index| index.min(tiles - 1) * k * MR);
        // SAFETY: the bias of the rows that exist.
        let mut sums: [F32x4; 4] = core::array::from_fn(|index| unsafe { rest.biases(index * MR) });
        for step in 0..k {
            // SAFETY: `step < k` of each row tile and of the panel.
            unsafe {
                let pixel = F32x4::load_splat(b.add(step * NR));
                for (sum, place) in sums.iter_mut().zip(places) {
                    *sum = F32x4::load(a.add(place + step * MR)).madd(pixel, *sum);
                }
            }
        }
        for sum in &sums[..tiles] {
            let rows = sum.to_array().map(|lane| [F32x4::splat(lane); 2]);
            // SAFETY: the first row tile of `rest` exists.
            unsafe {
                rest.store(&rows, finish);
                if rest.rows <= MR {
                    return;
                }
                rest = rest.down(MR);
                a = a.add(k * MR);
            }
        }
    }
}
