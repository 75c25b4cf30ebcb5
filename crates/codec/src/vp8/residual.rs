//! Coefficients out of bits (RFC 6386, section 13), and blocks of pixels' differences out of coefficients (section 14).

use super::bits::Bits;
use super::plane::Plane;
use super::tables::{COEFFICIENTS, UPDATES};

pub type Probabilities = [[[[u8; 11]; 3]; 8]; 4];

/// Kinds of blocks: luma whose means are apart, these means, chroma, luma.
pub const WITHOUT_MEANS: usize = 0;
pub const MEANS: usize = 1;
pub const CHROMA: usize = 2;
pub const LUMA: usize = 3;

const BANDS: [u8; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0];
const ZIGZAG: [u8; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];
/// The probabilities of the further bits of large values, by their category.
const FURTHER: [&[u8]; 4] = [
    &[173, 148, 140],
    &[176, 155, 140, 135],
    &[180, 157, 141, 134, 130],
    &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
];

/// The probabilities that a picture begins with, as its header updates them.
pub fn probabilities(header: &mut Bits) -> Probabilities {
    let mut all = [[[[0; 11]; 3]; 8]; 4];
    for (i, one) in all.as_flattened_mut().as_flattened_mut().as_flattened_mut().iter_mut().enumerate() {
        *one = if header.bit(UPDATES[i]) { header.literal(8) as u8 } else { COEFFICIENTS[i] };
    }
    all
}

/// A block's coefficients from `first` on, times their steps: [that of the mean, that of all others]. Gives the number of the
/// one behind the last.
#[inline]
pub fn coefficients(
    bits: &mut Bits,
    probabilities: &[[[u8; 11]; 3]; 8],
    context: usize,
    steps: [i16; 2],
    first: usize,
    block: &mut [i16; 16],
) -> usize {
    let of = |n: usize, context: usize| &probabilities[usize::from(BANDS[n])][context];
    let mut n = first;
    let mut p = of(n, context);
    while n < 16 {
        if !bits.bit(p[0]) {
            return n;
        }
        while !bits.bit(p[1]) {
            n += 1;
            if n == 16 {
                return 16;
            }
            p = of(n, 0);
        }
        let (value, next) = if bits.bit(p[2]) { (large(bits, p), 2) } else { (1, 1) };
        let value = if bits.bit(128) { -value } else { value };
        block[usize::from(ZIGZAG[n])] = value.wrapping_mul(steps[usize::from(n > 0)]);
        n += 1;
        p = of(n, next);
    }
    16
}

/// A magnitude from 2 on.
fn large(bits: &mut Bits, p: &[u8; 11]) -> i16 {
    if !bits.bit(p[3]) {
        if !bits.bit(p[4]) {
            return 2;
        }
        return 3 + i16::from(bits.bit(p[5]));
    }
    if !bits.bit(p[6]) {
        if !bits.bit(p[7]) {
            return 5 + i16::from(bits.bit(159));
        }
        let high = i16::from(bits.bit(165));
        return 7 + 2 * high + i16::from(bits.bit(145));
    }
    let high = usize::from(bits.bit(p[8]));
    let category = 2 * high + usize::from(bits.bit(p[9 + high]));
    let more = FURTHER[category].iter().fold(0, |value, &p| value << 1 | i16::from(bits.bit(p)));
    3 + (8 << category) + more
}

/// The means of the sixteen luma blocks, by the Walsh-Hadamard transform.
pub fn means(block: &[i16; 16]) -> [i16; 16] {
    let x = block.map(i32::from);
    let mut t = [0; 16];
    for i in 0..4 {
        let (a, b) = (x[i] + x[12 + i], x[4 + i] + x[8 + i]);
        let (c, d) = (x[4 + i] - x[8 + i], x[i] - x[12 + i]);
        (t[i], t[4 + i], t[8 + i], t[12 + i]) = (a + b, d + c, a - b, d - c);
    }
    let mut out = [0; 16];
    for i in (0..16).step_by(4) {
        let (a, b) = (t[i] + 3 + t[i + 3], t[i + 1] + t[i + 2]);
        let (c, d) = (t[i + 1] - t[i + 2], t[i] + 3 - t[i + 3]);
        for (j, sum) in [a + b, d + c, a - b, d - c].into_iter().enumerate() {
            out[i + j] = (sum >> 3) as i16;
        }
    }
    out
}

/// Adds a block's differences to the prediction: the inverse cosine transform.
#[inline]
pub fn add(plane: &mut Plane, at: usize, block: &[i16; 16], count: usize) {
    if count <= 1 {
        let mean = (i32::from(block[0]) + 4) >> 3;
        return plane.change(at, |_, _, pixel| pixel + mean);
    }
    let row = |i: usize| [0, 1, 2, 3].map(|j| i32::from(block[4 * i + j]));
    let columns = transformed([row(0), row(1), row(2), row(3)], 0);
    let rows = transformed(turned(columns), 4);
    plane.change(at, |x, y, pixel| pixel + (rows[x][y] >> 3));
}

/// One direction of the transform, four lanes at a time.
#[inline(always)]
fn transformed([x0, x1, x2, x3]: [[i32; 4]; 4], bias: i32) -> [[i32; 4]; 4] {
    let mut out = [[0; 4]; 4];
    for i in 0..4 {
        // cos(pi / 8) * sqrt(2) and sin(pi / 8) * sqrt(2), 16 bits behind the point.
        // What no encoder writes may be too large, and is anything then.
        let cosine = |v: i32| v + (v.wrapping_mul(20091) >> 16);
        let sine = |v: i32| v.wrapping_mul(35468) >> 16;
        let (a, b) = (x0[i] + bias + x2[i], x0[i] + bias - x2[i]);
        let (c, d) = (sine(x1[i]) - cosine(x3[i]), cosine(x1[i]) + sine(x3[i]));
        (out[0][i], out[1][i], out[2][i], out[3][i]) = (a + d, b + c, b - c, a - d);
    }
    out
}

#[inline(always)]
fn turned(rows: [[i32; 4]; 4]) -> [[i32; 4]; 4] {
    [0, 1, 2, 3].map(|i| [0, 1, 2, 3].map(|j| rows[j][i]))
}
