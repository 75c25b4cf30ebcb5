//! Sums of products of 8-bit integers: activations are unsigned bytes, weights signed ones, sums 32 bits. Four channels of a
//! pixel lie side by side, one word; so do four channels of an output's weights.
//!
//! The relaxed variant's dot product does a word in each lane at once where the engine computes it as AVX-VNNI does, which is
//! probed ([`dots`]); else, and in the plain variant, bytes are widened to 16 bits. Both give the same sums.

mod dense;
mod depthwise;

use crate::simd::{F32x4, I16x8, I32x4, U8x16};
use core::hint::black_box;

pub use dense::{kernels, Kernel, Pixels, Tile, OUTPUTS, PIXELS};
pub use depthwise::{row_kernel, Row, TWO_ROWS};

/// Whether [`U8x16::dot`] is one instruction, and takes all eight bits of both factors without saturating on the way.
#[inline(never)]
#[must_use]
pub fn dots() -> bool {
    cfg!(any(target_feature = "relaxed-simd", not(target_arch = "wasm32")))
        && [(127, 255), (-128, 255), (127, 127), (-1, 128)].into_iter().all(|(weight, byte): (i8, u8)| {
            let (a, b) = (U8x16::splat(black_box(weight) as u8), U8x16::splat(black_box(byte)));
            a.dot(b, I32x4::splat(5)).to_array() == [4 * i32::from(weight) * i32::from(byte) + 5; 4]
        })
}

/// How words are multiplied.
pub trait Way {
    /// Four outputs' weights of four channels, and their sums.
    type Weights: Copy;
    type Sums: Copy;
    /// A pixel's four channels, once for each output.
    type Word: Copy;
    /// Four channels' weights of four rows, and a pixel's four channels in four rows.
    type Column: Copy;

    /// # Safety
    /// Sixteen bytes can be read.
    unsafe fn weights(from: *const u8) -> Self::Weights;
    /// # Safety
    /// Four bytes can be read.
    unsafe fn word(from: *const u8) -> Self::Word;
    /// What sums of so much begin with.
    fn start(bias: I32x4) -> Self::Sums;
    fn add(weights: Self::Weights, word: Self::Word, sums: Self::Sums) -> Self::Sums;
    fn total(sums: Self::Sums, bias: I32x4) -> I32x4;

    /// Of four rows of four pixels each pixel's column.
    fn columns(rows: [U8x16; 4]) -> [Self::Column; 4];
    fn column_weights(weights: U8x16) -> Self::Column;
    fn add_column(weights: Self::Column, column: Self::Column, sums: I32x4) -> I32x4;
}

/// By the engine's dot product.
pub struct Dots;

/// Through 16 bits.
pub struct Wide;

impl Way for Dots {
    type Weights = U8x16;
    type Sums = I32x4;
    type Word = U8x16;
    type Column = U8x16;

    #[inline(always)]
    unsafe fn weights(from: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        unsafe { U8x16::load(from) }
    }

    #[inline(always)]
    unsafe fn word(from: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        unsafe { U8x16::load_four(from) }
    }

    #[inline(always)]
    fn start(bias: I32x4) -> I32x4 {
        bias
    }

    #[inline(always)]
    fn add(weights: U8x16, word: U8x16, sums: I32x4) -> I32x4 {
        weights.dot(word, sums)
    }

    #[inline(always)]
    fn total(sums: I32x4, _: I32x4) -> I32x4 {
        sums
    }

    #[inline(always)]
    fn columns([a, b, c, d]: [U8x16; 4]) -> [U8x16; 4] {
        let ((a, b), (c, d)) = (a.zip(b), c.zip(d));
        let ((first, second), (third, fourth)) = (a.zip_pairs(c), b.zip_pairs(d));
        [first, second, third, fourth]
    }

    #[inline(always)]
    fn column_weights(weights: U8x16) -> U8x16 {
        weights
    }

    #[inline(always)]
    fn add_column(weights: U8x16, column: U8x16, sums: I32x4) -> I32x4 {
        weights.dot(column, sums)
    }
}

impl Way for Wide {
    /// Two outputs each.
    type Weights = [I16x8; 2];
    /// Of two outputs each: of channels 0 and 1, and of 2 and 3.
    type Sums = [I32x4; 2];
    type Word = I16x8;
    /// Rows 0 and 1, and rows 2 and 3.
    type Column = [I16x8; 2];

    #[inline(always)]
    unsafe fn weights(from: *const u8) -> [I16x8; 2] {
        // SAFETY: the caller's guarantee.
        unsafe { [I16x8::load_signed_bytes(from), I16x8::load_signed_bytes(from.add(8))] }
    }

    #[inline(always)]
    unsafe fn word(from: *const u8) -> I16x8 {
        // SAFETY: the caller's guarantee.
        unsafe { U8x16::load_four(from).widen().0 }
    }

    #[inline(always)]
    fn start(_: I32x4) -> [I32x4; 2] {
        [I32x4::splat(0); 2]
    }

    #[inline(always)]
    fn add(weights: [I16x8; 2], word: I16x8, sums: [I32x4; 2]) -> [I32x4; 2] {
        [sums[0].add(weights[0].dot(word)), sums[1].add(weights[1].dot(word))]
    }

    #[inline(always)]
    fn total([a, b]: [I32x4; 2], bias: I32x4) -> I32x4 {
        a.add_pairs(b).add(bias)
    }

    #[inline(always)]
    fn columns([a, b, c, d]: [U8x16; 4]) -> [[I16x8; 2]; 4] {
        let (above, below) = (a.zip(b), c.zip(d));
        let (above, below) = ((above.0.widen(), above.1.widen()), (below.0.widen(), below.1.widen()));
        [
            [above.0 .0, below.0 .0],
            [above.0 .1, below.0 .1],
            [above.1 .0, below.1 .0],
            [above.1 .1, below.1 .1],
        ]
    }

    #[inline(always)]
    fn column_weights(weights: U8x16) -> [I16x8; 2] {
        let (a, b) = weights.widen_signed();
        let (above, below) = a.unzip_pairs(b);
        [above, below]
    }

    #[inline(always)]
    fn add_column(weights: [I16x8; 2], column: [I16x8; 2], sums: I32x4) -> I32x4 {
        sums.add(weights[0].dot(column[0])).add(weights[1].dot(column[1]))
    }
}

/// From sums to bytes: `round(sum * scale) + zero`, ties to even, held within `low..=high`.
#[derive(Clone, Copy, Debug)]
pub struct Requantize {
    low: u8,
    high: u8,
    // Numbers of the code would be made anew for each vector.
    rounder: f32,
    floor: i32,
    base: i32,
}

/// 1.5 * 2^23: a float near it holds an integer in its lowest bits, rounded to even.
const ROUNDER: f32 = 12_582_912.0;

impl Requantize {
    #[must_use]
    pub fn new([zero, low, high]: [u8; 3]) -> Requantize {
        let bits = ROUNDER.to_bits() as i32;
        // A float far below is a negative integer, one far above a large one.
        Requantize { low, high, rounder: ROUNDER, floor: bits - (1 << 15), base: bits - i32::from(zero) }
    }

    /// The integers next to numbers, and the zero point; far from 0 only where the byte is at its end.
    #[inline(always)]
    fn step(self, numbers: F32x4) -> I32x4 {
        let rounded = numbers.add(F32x4::splat(self.rounder)).bits();
        rounded.max(I32x4::splat(self.floor)).sub(I32x4::splat(self.base))
    }

    /// Four sums of each of four pixels as sixteen bytes.
    #[inline(always)]
    #[must_use]
    pub fn bytes(self, sums: [I32x4; 4], scale: F32x4) -> U8x16 {
        self.rounded(sums.map(|sums| sums.to_f32().mul(scale)))
    }

    /// Sixteen numbers in steps of y as bytes.
    #[inline(always)]
    #[must_use]
    pub fn rounded(self, [a, b, c, d]: [F32x4; 4]) -> U8x16 {
        let bytes = self.step(a).narrow(self.step(b)).narrow(self.step(c).narrow(self.step(d)));
        bytes.max(U8x16::splat(self.low)).min(U8x16::splat(self.high))
    }
}
