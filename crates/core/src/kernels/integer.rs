//! Sums of products of 8-bit integers: activations are unsigned bytes, weights signed ones, sums 32 bits. Four channels of a
//! pixel lie side by side, one word; so do four channels of an output's weights.
//!
//! The relaxed variant's dot product does a word in each lane at once where the engine computes it as AVX-VNNI does, which is
//! probed ([`products`]). Engines on ARM take both factors as signed: bytes less 128, and 128 times the weights' sum added
//! ([`Way::begin`]), give the same, but for two weights of -128 side by side ([`judged`]). Other engines on x86 hold the sum of
//! two products within 16 bits on the way: that is as good where weights are so small that it changes nothing ([`judged`]).
//! Else, and in the plain variant, bytes are widened to 16 bits. All give the same sums.

mod dense;
mod depthwise;
mod end;
pub mod winograd;

use crate::simd::{I16x8, I32x4, U8x16};
use core::hint::black_box;

pub use dense::{Pixels, Tile, Totals, OUTPUTS, PIXELS, SIXES};
pub use depthwise::{row_kernel, two_rows, Row};
pub use end::{End, Other, Requantize, Sums};

/// How bytes are multiplied, the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Products {
    Dots,
    Signed,
    Pairs,
    Wide,
}

impl Products {
    /// Numbers that [`Products::from`] takes.
    pub const WAYS: u32 = 4;

    /// Number `way` where the engine has it: 0 the fastest, 1 [`Products::Pairs`], 3 [`Products::Signed`]; else, and 2, [`Products::Wide`].
    #[must_use]
    pub fn from(self, way: u32) -> Products {
        match (way, self) {
            (0, _) => self,
            (1, Products::Dots | Products::Pairs) => Products::Pairs,
            (3, Products::Signed) => Products::Signed,
            // The scalar form has both instructions.
            (3, Products::Dots) if cfg!(not(target_arch = "wasm32")) => Products::Signed,
            _ => Products::Wide,
        }
    }

    /// The way that is exact for weights of which packing found so much, as [`judged`] says it.
    #[must_use]
    pub fn exact(self, judgement: u8) -> Products {
        let is_exact = match self {
            Products::Signed => judgement & FIT_SIGNED != 0,
            Products::Pairs => judgement & SMALL != 0,
            Products::Dots | Products::Wide => true,
        };
        if is_exact {
            self
        } else {
            Products::Wide
        }
    }
}

/// The fastest way whose instruction takes all eight bits of both factors here: of [`Products::Dots`] without saturating on
/// the way, of [`Products::Signed`] but for two of -128 side by side, whose products V8's first compiler holds in 16 bits and
/// its second does not, of [`Products::Pairs`] where sums of two fit.
#[inline(never)]
#[must_use]
pub fn products() -> Products {
    // Weights in turns, and all bytes alike.
    let are_equal = |pairs: &[([i8; 2], u8)], of: fn(U8x16, U8x16) -> I32x4, number: fn(u8) -> i32| {
        pairs.iter().all(|&([a, b], byte)| {
            let [first, second] = [a, b].map(|weight| U8x16::splat(black_box(weight) as u8));
            let sum = 2 * (i32::from(a) + i32::from(b)) * number(byte);
            of(first.zip(second).0, U8x16::splat(black_box(byte))).to_array() == [sum + 5; 4]
        })
    };
    let are_exact = |pairs, of| are_equal(pairs, of, i32::from);
    let extremes = [([127, 127], 255), ([-128, -128], 255), ([127, 127], 127), ([-1, -1], 128)];
    let signed =
        [([127, 127], 255), ([-128, -127], 128), ([-128, -128], 127), ([127, -128], 129), ([-1, -1], 128)];
    let halves = [([64, 64], 255), ([127, 1], 255), ([-64, -64], 255), ([-128, 0], 255), ([127, -128], 255)];
    if are_exact(&extremes, |weights, bytes| <Dots as Direct>::add(weights, bytes, I32x4::splat(5))) {
        Products::Dots
    } else if are_equal(
        &signed,
        |weights, bytes| <Signed as Direct>::add(weights, bytes, I32x4::splat(5)),
        |byte| i32::from(byte as i8),
    ) {
        Products::Signed
    } else if are_exact(&halves, |weights, bytes| <Pairs as Direct>::add(weights, bytes, I32x4::splat(5))) {
        Products::Pairs
    } else {
        Products::Wide
    }
}

/// What packing finds out of weights, of those at the given places in each four: [`SMALL`] and [`FIT_SIGNED`].
#[must_use]
pub fn judged(weights: &[u8], pairs: &[[usize; 2]]) -> u8 {
    let all = |is: fn(i32, i32) -> bool| {
        weights.chunks_exact(4).all(|four| {
            pairs.iter().all(|pair| {
                let [a, b] = pair.map(|place| i32::from(four[place] as i8));
                is(a, b)
            })
        })
    };
    let is_small = all(|a, b| a.max(0) + b.max(0) <= MOST_TOGETHER && a.min(0) + b.min(0) >= -MOST_TOGETHER);
    let fit_signed = all(|a, b| a + b > -2 * MOST_TOGETHER);
    (u8::from(is_small) * SMALL) | (u8::from(fit_signed) * FIT_SIGNED)
}

/// Two products, each with any byte, fit in 16 bits together.
const SMALL: u8 = 1;

/// They do with any byte less 128.
const FIT_SIGNED: u8 = 2;

/// The middle of a byte's numbers.
const MIDDLE: u8 = 128;

/// 128 * 255 is below 2^15.
const MOST_TOGETHER: i32 = 128;

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
    /// The bias and what words leave out, of so many vectors of weights, `step` bytes apart.
    ///
    /// # Safety
    /// They can be read.
    #[inline(always)]
    unsafe fn begin(bias: I32x4, _weights: *const u8, _count: usize, _step: usize) -> I32x4 {
        bias
    }
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

/// By an engine's that takes both factors as signed.
pub struct Signed;

/// By its sums of two products, in 16 bits.
pub struct Pairs;

/// Through 16 bits.
pub struct Wide;

/// Ways that multiply bytes without widening them.
trait Direct {
    /// Whether the instruction takes bytes as signed: then each is given less [`MIDDLE`].
    const IS_SIGNED: bool = false;

    /// Bytes as the instruction takes them.
    #[inline(always)]
    fn taken(bytes: U8x16) -> U8x16 {
        if Self::IS_SIGNED {
            bytes.xor(U8x16::splat(MIDDLE))
        } else {
            bytes
        }
    }

    fn add(weights: U8x16, bytes: U8x16, sums: I32x4) -> I32x4;
}

impl Direct for Dots {
    #[inline(always)]
    fn add(weights: U8x16, bytes: U8x16, sums: I32x4) -> I32x4 {
        weights.dot(bytes, sums)
    }
}

impl Direct for Signed {
    const IS_SIGNED: bool = true;

    #[inline(always)]
    fn add(weights: U8x16, bytes: U8x16, sums: I32x4) -> I32x4 {
        weights.dot_signed(bytes, sums)
    }
}

impl Direct for Pairs {
    #[inline(always)]
    fn add(weights: U8x16, bytes: U8x16, sums: I32x4) -> I32x4 {
        // Of a sum by lanes LLVM makes the dot product.
        sums.add(weights.pairs(bytes).dot(I16x8::splat(1)))
    }
}

impl<T: Direct> Way for T {
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
        T::taken(unsafe { U8x16::load_four(from) })
    }

    #[inline(always)]
    unsafe fn begin(bias: I32x4, weights: *const u8, count: usize, step: usize) -> I32x4 {
        if !T::IS_SIGNED {
            return bias;
        }
        // As signed it is -128.
        let each = U8x16::splat(MIDDLE);
        (0..count).fold(bias, |bias, i| {
            // SAFETY: the caller's guarantee.
            let weights = unsafe { U8x16::load(weights.add(i * step)) };
            bias.sub(<T as Direct>::add(weights, each, I32x4::splat(0)))
        })
    }

    #[inline(always)]
    fn start(bias: I32x4) -> I32x4 {
        bias
    }

    #[inline(always)]
    fn add(weights: U8x16, word: U8x16, sums: I32x4) -> I32x4 {
        <T as Direct>::add(weights, word, sums)
    }

    #[inline(always)]
    fn total(sums: I32x4, _: I32x4) -> I32x4 {
        sums
    }

    #[inline(always)]
    fn columns(rows: [U8x16; 4]) -> [U8x16; 4] {
        let [a, b, c, d] = rows.map(T::taken);
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
        <T as Direct>::add(weights, column, sums)
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
