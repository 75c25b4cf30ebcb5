//! QUANTIZED PEAK: the peak of products of bytes, to compare with: so many products, about, that never leave the registers.
//!
//! Params: count, and the fastest way that is taken, as [`Products::from`] says it. Operands: y, what sums came to, 4 words.
//!
//! Sums are what the next product is of, or is added to: none can be done before its turn, once for all, or left out.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::kernels::integer::{products, Products};
use crate::simd::{I16x8, I32x4, U8x16};
use core::hint::black_box;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "quantized peak",
    "-> y",
    &[Dtype::U8],
    decode,
    Sample::new(&[1000, 0], &[4]).of(&[Dtype::U8]),
)];

struct QuantizedPeak {
    count: usize,
    way: u32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (count, way) = (params.usize(), params.below(Products::WAYS));
    params.check()?;
    Ok(Planned::new(QuantizedPeak { count, way }))
}

impl Instruction for QuantizedPeak {
    fn extents(&self) -> Extents {
        Extents::words(&[4])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        if share.part == 0 {
            let (of, at_once): (fn(usize) -> I32x4, _) = match products().from(self.way) {
                Products::Dots | Products::Signed => (dots, 16),
                Products::Pairs => (pairs, 16),
                Products::Wide => (wide, 8),
            };
            // SAFETY: the caller guarantees that y holds four words.
            unsafe { of(self.count / (at_once * 2 * HALF)).store(operands.pointer(0)) };
        }
        Ok(())
    }
}

/// Half of the independent sums: enough that none waits for its last product; halves as in kernels/peak.rs.
const HALF: usize = 6;

/// sum = step(sum), so often, of every sum; the sums' sum.
#[inline(always)]
fn peak(turns: usize, step: impl Fn(I32x4) -> I32x4) -> I32x4 {
    let start = |first: usize| core::array::from_fn::<_, HALF, _>(|i| I32x4::splat((first + i) as i32));
    let (mut left, mut right) = (start(0), start(HALF));
    for _ in 0..turns {
        left = left.map(&step);
        right = right.map(&step);
    }
    left.into_iter().chain(right).fold(I32x4::splat(0), I32x4::add)
}

#[inline(never)]
fn dots(turns: usize) -> I32x4 {
    let factor = U8x16::splat(black_box(3));
    peak(turns, |sum| factor.dot(factor, sum))
}

#[inline(never)]
fn pairs(turns: usize) -> I32x4 {
    let (factor, one) = (U8x16::splat(black_box(3)), I16x8::splat(black_box(1)));
    peak(turns, |sum| sum.add(factor.pairs(sum.as_bytes()).dot(one)))
}

#[inline(never)]
fn wide(turns: usize) -> I32x4 {
    let factor = I16x8::splat(black_box(3));
    peak(turns, |sum| sum.add(factor.dot(sum.as_shorts())))
}
