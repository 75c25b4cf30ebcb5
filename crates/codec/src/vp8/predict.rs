//! What pixels are expected to be, from those above and to the left (RFC 6386, section 12).

use super::plane::Plane;

/// Modes of whole blocks, and of blocks of 4x4 pixels, which have more; a whole block counts as one of these.
pub const DC: u8 = 0;
pub const TRUE_MOTION: u8 = 1;
pub const VERTICAL: u8 = 2;
pub const HORIZONTAL: u8 = 3;

/// Fills a block of NxN pixels. `above` and `left` say where there are any, for the mean.
#[inline]
pub fn whole<const N: usize>(plane: &mut Plane, at: usize, mode: u8, above: bool, left: bool) {
    let stride = plane.stride;
    let top: [u8; N] = plane.row(at - stride);
    let beside = |plane: &Plane, y: usize| plane.bytes[at + y * stride - 1];
    match mode {
        VERTICAL => (0..N).for_each(|y| plane.set(at + y * stride, top)),
        HORIZONTAL => (0..N).for_each(|y| plane.set(at + y * stride, [beside(plane, y); N])),
        TRUE_MOTION => true_motion::<N>(plane, at),
        _ => {
            let n = N as u32;
            let row: u32 = if above { top.iter().map(|&b| u32::from(b)).sum() } else { 0 };
            let column: u32 = if left { (0..N).map(|y| u32::from(beside(plane, y))).sum() } else { 0 };
            let mean = match (above, left) {
                (true, true) => (row + column + n) / (2 * n),
                (false, false) => 128,
                _ => (row + column + n / 2) / n,
            };
            (0..N).for_each(|y| plane.set(at + y * stride, [mean as u8; N]));
        }
    }
}

/// Each pixel as far from the one above as the one to the left is from the corner.
#[inline(always)]
fn true_motion<const N: usize>(plane: &mut Plane, at: usize) {
    let stride = plane.stride;
    let top: [u8; N] = plane.row(at - stride);
    let corner = i16::from(plane.bytes[at - stride - 1]);
    for y in 0..N {
        let step = i16::from(plane.bytes[at + y * stride - 1]) - corner;
        plane.set(at + y * stride, top.map(|b| (i16::from(b) + step).clamp(0, 255) as u8));
    }
}

/// Where a pixel of the directional modes comes from: means of two and of three neighbours on the edge, which runs from the
/// lowest pixel on the left to the corner (place 5) and on to the last above.
const fn two(place: usize) -> u8 {
    place as u8
}
const fn three(place: usize) -> u8 {
    16 + place as u8
}

/// By mode from VERTICAL on, the sixteen pixels' places.
const DIRECTIONS: [[u8; 16]; 8] = {
    let mut all = [[0; 16]; 8];
    let mut i = 0;
    while i < 16 {
        let (x, y) = (i % 4, i / 4);
        all[0][i] = three(6 + x);
        all[1][i] = three(4 - y);
        all[2][i] = three(7 + x + y); // left and down
        all[3][i] = three(5 + x - y); // right and down
                                      // Steep ones: two pixels down, one aside; of odd rows means of three.
        all[4][i] = match (x, y) {
            (0, 2) => three(4),
            (0, 3) => three(3),
            (_, 0 | 2) => two(5 + x - y / 2),
            _ => three(5 + x - y / 2),
        };
        all[5][i] = match (x, y) {
            (3, 2) => three(11),
            (3, 3) => three(12),
            (_, 0 | 2) => two(6 + x + y / 2),
            _ => three(7 + x + y / 2),
        };
        // Flat ones: the same with columns for rows.
        all[6][i] = match (x, y) {
            (2 | 3, 0) => three(4 + x),
            (0 | 2, _) => two(4 + x / 2 - y),
            _ => three(5 + x / 2 - y),
        };
        all[7][i] = match x + 2 * y {
            6.. => two(0),
            n if n % 2 == 0 => two(3 - n / 2),
            n => three(3 - n / 2),
        };
        i += 1;
    }
    all
};

/// Fills a block of 4x4 pixels; `right` are the four pixels above and to the right.
#[inline]
pub fn small(plane: &mut Plane, at: usize, mode: u8, right: [u8; 4]) {
    let stride = plane.stride;
    let top: [u8; 4] = plane.row(at - stride);
    let left = |y: usize| plane.bytes[at + y * stride - 1];
    match mode {
        TRUE_MOTION => true_motion::<4>(plane, at),
        DC => {
            let sum = |bytes: [u8; 4]| bytes.iter().map(|&b| u32::from(b)).sum::<u32>();
            let mean = (sum(top) + sum([left(0), left(1), left(2), left(3)]) + 4) / 8;
            (0..4).for_each(|y| plane.set(at + y * stride, [mean as u8; 4]));
        }
        _ => {
            let corner = plane.bytes[at - stride - 1];
            let [a, b, c, d] = top;
            let [e, f, g, h] = right;
            let edge = [left(3), left(3), left(2), left(1), left(0), corner, a, b, c, d, e, f, g, h, h];
            let edge = edge.map(u16::from);
            let mut means = [0; 32];
            for i in 0..14 {
                means[i] = (edge[i] + edge[i + 1]).div_ceil(2) as u8;
            }
            for i in 1..14 {
                means[16 + i] = ((edge[i - 1] + 2 * edge[i] + edge[i + 1] + 2) >> 2) as u8;
            }
            let places = &DIRECTIONS[usize::from(mode - VERTICAL) & 7];
            for y in 0..4 {
                let row = std::array::from_fn(|x| means[usize::from(places[4 * y + x] & 31)]);
                plane.set::<4>(at + y * stride, row);
            }
        }
    }
}
