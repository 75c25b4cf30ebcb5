//! Winograd's F(2x2, 3x3) on integers, four channels of two tiles side by side: `y = A'((2G w 2G') * (B' x B))A / 4`, where
//!
//! ```text
//!      | 1  0 -1  0 |        | 2  0  0 |
//! B' = | 0  1  1  0 |   2G = | 1  1  1 |   A' = | 1  1  1  0 |
//!      | 0 -1  1  0 |        | 1 -1  1 |        | 0  1 -1 -1 |
//!      | 0  1  0 -1 |        | 0  0  2 |
//! ```
//!
//! Transformed pixels are at most 4 * 255, weights 9 * 128, so that both fit in 16 bits, and sums of [`MOST_CHANNELS`] products in
//! 32: nothing is rounded. Of 36 products 16 are left.

use super::{End, OUTPUTS};
use crate::simd::{I16x8, I32x4, U8x16};

/// Elements of a transformed tile, and the tiles that are multiplied at once.
pub const PLACES: usize = 16;
pub const TILES: usize = 6;

/// 1800 * 4 * 255 * 9 * 128 is below 2^31.
pub const MOST_CHANNELS: usize = 1800;

/// Of two tiles side by side, whose first pixel lies at x, to each place of both, `next` elements from one to the next.
///
/// # Safety
/// Six pixels of four rows can be read, and eight elements of each place written.
#[inline(always)]
pub unsafe fn transform_pixels(x: *const u8, line: usize, to: *mut i16, next: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let rows: [[I16x8; 3]; 4] = core::array::from_fn(|row| {
            let at = x.add(row * line);
            let (first, second) = U8x16::load(at).widen();
            [first, second, U8x16::load(at.add(8)).widen().1]
        });
        let [a, b, c, d] = rows;
        let pairs = |i: usize| [a[i].sub(c[i]), b[i].add(c[i]), c[i].sub(b[i]), b[i].sub(d[i])];
        let (first, second, third) = (pairs(0), pairs(1), pairs(2));
        for row in 0..4 {
            let (a, b) = first[row].unzip_halves(second[row]);
            let (c, d) = second[row].unzip_halves(third[row]);
            for (column, place) in [a.sub(c), b.add(c), c.sub(b), b.sub(d)].into_iter().enumerate() {
                place.store(to.add((4 * row + column) * next));
            }
        }
    }
}

/// Of the weights of eight outputs, `[tap][four][OUTPUTS][4]`, to `[place][four][2][OUTPUTS][2]`: channels go in pairs.
///
/// # Safety
/// So many can be read, and written.
#[inline(never)]
pub unsafe fn transform_weights(weights: *const u8, fours: usize, to: *mut i16) {
    for four in 0..fours {
        for half in 0..2 {
            // SAFETY: the caller's guarantee.
            unsafe {
                let [a, b] = [0, 8].map(|two| {
                    let tap = |tap: usize| {
                        let at = (tap * fours + four) * 4 * OUTPUTS + 16 * half + two;
                        I16x8::load_signed_bytes(weights.add(at))
                    };
                    let columns: [[I16x8; 4]; 3] =
                        core::array::from_fn(|w| doubled([tap(w), tap(3 + w), tap(6 + w)]));
                    core::array::from_fn::<_, 4, _>(|row| {
                        doubled([columns[0][row], columns[1][row], columns[2][row]])
                    })
                });
                for place in 0..PLACES {
                    let (even, odd) = a[place / 4][place % 4].unzip_pairs(b[place / 4][place % 4]);
                    let to = to.add((place * fours + four) * 4 * OUTPUTS + 8 * half);
                    even.store(to);
                    odd.store(to.add(2 * OUTPUTS));
                }
            }
        }
    }
}

/// 2G times a column.
#[inline(always)]
fn doubled([a, b, c]: [I16x8; 3]) -> [I16x8; 4] {
    let ends = a.add(c);
    [a.add(a), ends.add(b), ends.sub(b), c.add(c)]
}

/// The sums of one place: eight outputs of [`TILES`] tiles, whose fours of channels are `step` elements apart.
///
/// # Safety
/// So many can be read, and written.
#[inline(never)]
pub unsafe fn multiply(weights: *const i16, tiles: *const i16, fours: usize, step: usize, sums: *mut i32) {
    let (mut upper, mut lower) = ([I32x4::splat(0); TILES], [I32x4::splat(0); TILES]);
    let (mut weights, mut tiles) = (weights, tiles);
    // SAFETY: the caller's guarantee.
    unsafe {
        for _ in 0..fours {
            for two in 0..2 {
                let own = [0, 8].map(|half| I16x8::load(weights.add(16 * two + half)));
                for tile in 0..TILES {
                    let channels = I16x8::load_pair(tiles.add(4 * tile + 2 * two));
                    upper[tile] = upper[tile].add(own[0].dot(channels));
                    lower[tile] = lower[tile].add(own[1].dot(channels));
                }
            }
            weights = weights.add(4 * OUTPUTS);
            tiles = tiles.wrapping_add(step);
        }
        for tile in 0..TILES {
            upper[tile].store(sums.add(OUTPUTS * tile));
            lower[tile].store(sums.add(OUTPUTS * tile + 4));
        }
    }
}

/// Two rows of four pixels of four outputs, of two tiles' sums, whose places are `next` elements apart.
///
/// # Safety
/// So many can be read, and written as `end` says it.
#[inline(always)]
pub unsafe fn store(
    sums: *const i32,
    next: usize,
    [bias, scale]: [*const i32; 2],
    end: &End,
    [y, below]: [*mut u8; 2],
    outputs: usize,
) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let bias = I32x4::load(bias);
        let tile = |tile: usize| -> [[I32x4; 2]; 2] {
            let sum = |place: usize| I32x4::load(sums.add(place * next + OUTPUTS * tile));
            let columns: [[I32x4; 2]; 4] =
                core::array::from_fn(|w| gathered([sum(w), sum(4 + w), sum(8 + w), sum(12 + w)]));
            [0, 1].map(|row| {
                let whole = gathered(columns.map(|column| column[row]));
                whole.map(|sum| sum.shift_right(2).add(bias))
            })
        };
        let (first, second) = (tile(0), tile(1));
        for (row, y) in [y, below].into_iter().enumerate() {
            let pixels = [first[row][0], first[row][1], second[row][0], second[row][1]];
            end.store(pixels, scale.cast(), y, outputs);
        }
    }
}

/// A' times a column.
#[inline(always)]
fn gathered([a, b, c, d]: [I32x4; 4]) -> [I32x4; 2] {
    [a.add(b).add(c), b.sub(c).sub(d)]
}
