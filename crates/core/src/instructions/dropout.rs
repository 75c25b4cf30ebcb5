//! DROPOUT: `y[i] = x[i] * factor[i / inner]`, where a factor is 0 with the probability `threshold / 2^32`, else `scale`.
//!
//! Params: count, inner, threshold, scale. Operands: x [count], state [3] (key, key, stream; 32-bit words), y (which may
//! be x). An item is dropped when its 32 random bits, those of RANDOM's generator at a counter that RANDOM never uses,
//! are below the threshold. They depend on the state and the item's index alone, so the gradient is this instruction on
//! what flows back, with the same state. As in PyTorch it is a product: NaN stays NaN.

use super::random::{draw, DRAWN};
use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, I32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "dropout",
    "x, state -> y",
    FLOAT,
    decode,
    Sample::new(&[37, 1, 1 << 31, ONE], &[37, 3, 37]).with(1, |i| i as u32),
)];

/// The second word of the counter; RANDOM has 0 there.
const DOMAIN: u32 = 1;

struct Dropout {
    count: usize,
    inner: usize,
    threshold: u32,
    scale: f32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (count, inner, threshold, scale) = (params.usize(), params.usize(), params.u32(), params.f32());
    if inner == 0 {
        params.refuse(0);
    }
    params.elements(&[count], 4);
    params.check()?;
    Ok(Planned::new(Dropout { count, inner, threshold, scale }))
}

impl Instruction for Dropout {
    fn extents(&self) -> Extents {
        Extents::words(&[self.count, 3, self.count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the state holds three words.
        let state = unsafe { operands.slice::<u32>(1, 3) };
        let (x, y) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(2));
        let range = share.range(self.count);
        let mut i = range.start;
        while i < range.end {
            let group = i / self.inner / DRAWN;
            let factors = self.factors(group, state);
            if self.inner == 1 && i.is_multiple_of(DRAWN) && i + DRAWN <= range.end {
                for factor in factors {
                    // SAFETY: x and y hold `count` elements; this part's range is written by no other part.
                    unsafe { F32x4::load(x.add(i)).mul(factor).store(y.add(i)) };
                    i += LANES;
                }
                continue;
            }
            let factors = factors.map(F32x4::to_array);
            let last = range.end.min((group + 1).saturating_mul(DRAWN).saturating_mul(self.inner));
            while i < last {
                let item = i / self.inner;
                let end = last.min((item + 1).saturating_mul(self.inner));
                let factor = F32x4::splat(factors.as_flattened()[item % DRAWN]);
                while i < end {
                    let step = LANES.min(end - i);
                    // SAFETY: as above.
                    unsafe { F32x4::load_partial(x.add(i), step).mul(factor).store_partial(y.add(i), step) };
                    i += step;
                }
            }
        }
        Ok(())
    }
}

impl Dropout {
    /// The factors of as many items as are drawn together.
    fn factors(&self, group: usize, state: &[u32]) -> [F32x4; DRAWN / LANES] {
        let threshold = I32x4::splat(self.threshold as i32);
        draw(group, DOMAIN, state)
            .map(|words| words.below(threshold).select(F32x4::ZERO, F32x4::splat(self.scale)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn drop_from(op: &Dropout, x: &[f32], share: Share) -> Vec<f32> {
        let mut state = [7u32, 9, 1];
        let (mut x, mut y) = (x.to_vec(), std::vec![-9.0f32; op.count]);
        let addresses = [x.as_mut_ptr().cast::<u8>(), state.as_mut_ptr().cast(), y.as_mut_ptr().cast()];
        // SAFETY: `count` elements and three words.
        unsafe { op.run(&Operands::new(&addresses), share) }.unwrap();
        y
    }

    fn quarter(count: usize, inner: usize) -> Dropout {
        Dropout { count, inner, threshold: 1 << 30, scale: 4.0 / 3.0 }
    }

    #[test]
    fn a_share_of_the_items_is_dropped_and_the_others_grow() {
        let y = drop_from(&quarter(40_000, 1), &std::vec![3.0; 40_000], Share::WHOLE);
        let dropped = y.iter().filter(|&&v| v == 0.0).count();
        assert!((9_600..10_400).contains(&dropped), "{dropped} of 40000");
        assert!(y.iter().all(|&v| v == 0.0 || v == 4.0));
    }

    #[test]
    fn an_item_is_dropped_as_a_whole() {
        let single = drop_from(&quarter(101, 1), &[1.0; 101], Share::WHOLE);
        for inner in [2, 3, 4, 7, 50] {
            let y = drop_from(&quarter(101 * inner, inner), &std::vec![1.0; 101 * inner], Share::WHOLE);
            for (i, value) in y.iter().enumerate() {
                assert_eq!(*value, single[i / inner], "element {i} of items of {inner}");
            }
        }
    }

    #[test]
    fn parts_drop_what_the_whole_drops() {
        for (count, inner) in [(103, 1), (104, 2), (95, 5), (3, 1), (0, 1)] {
            let x: Vec<f32> = (0..count).map(|i| i as f32 - 40.0).collect();
            let whole = drop_from(&quarter(count, inner), &x, Share::WHOLE);
            for parts in [2, 3, 7] {
                let mut joined = std::vec![0.0; count];
                for part in 0..parts {
                    let share = Share { part, parts };
                    let range = share.range(count);
                    joined[range.clone()]
                        .copy_from_slice(&drop_from(&quarter(count, inner), &x, share)[range]);
                }
                assert_eq!(whole, joined);
            }
        }
    }

    #[test]
    fn the_ends_of_the_probability() {
        let x = [1.0, -2.0, f32::NAN, f32::INFINITY, 5.0];
        let none = drop_from(&Dropout { count: 5, inner: 1, threshold: 0, scale: 1.0 }, &x, Share::WHOLE);
        let all =
            drop_from(&Dropout { count: 5, inner: 1, threshold: u32::MAX, scale: 0.0 }, &x, Share::WHOLE);
        assert_eq!((none[0], none[1], none[4]), (1.0, -2.0, 5.0));
        assert_eq!((all[0], all[1], all[4]), (0.0, 0.0, 0.0));
        assert!(none[2].is_nan() && all[2].is_nan() && all[3].is_nan());
    }

    #[test]
    fn words_that_say_nothing_are_refused() {
        for words in [&[4u32, 0, 0, 0][..], &[4, 1, 0], &[u32::MAX, 1, 0, 0]] {
            assert!(decode(&mut Params::new(words)).is_err());
        }
    }
}
