//! REDUCE: `y[o, i] = max, min, sum or argmax over k of x[o, k, i]`.
//!
//! Params: kind, dtype, outer, size, inner. Operands: x, y (x's dtype, int32 for argmax). Kinds: 0 sum (integers only; they
//! wrap), 1 max, 2 min, 3 argmax (the first of the largest). The size is at least 1, but for sums. NaN is above and
//! below everything. Sums of floats are ACCUMULATE's.
//!
//! Elements become integers of the same order (keys), a run at a time, and every dtype and kind is one loop: a row (inner
//! is 1) is taken run by run and its lanes are joined at the end; otherwise the lanes are columns.

use super::dtype::{Dtype, RUN};
use super::{Entry, Operands, Operator, Params, Share};
use crate::fault::{Code, Fault};
use crate::geometry::elements;
use alloc::boxed::Box;

pub const ENTRY: Entry = Entry { opcode: 14, name: "reduce", operands: 2, optional: 0, decode };

/// The numbers are part of the program format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
    Sum = 0,
    Max = 1,
    Min = 2,
    ArgMax = 3,
}

/// The key of NaN: no other float has it.
const NAN: i32 = i32::MAX;

struct Reduce {
    kind: Kind,
    dtype: Dtype,
    outer: usize,
    size: usize,
    inner: usize,
}

fn decode(params: &mut Params) -> Result<Box<dyn Operator>, Fault> {
    let [number, dtype, sizes @ ..] = params.array::<5>()?;
    let bad = Fault::new(Code::BadInstruction, [number as i32, 0, 0]);
    let kinds = [Kind::Sum, Kind::Max, Kind::Min, Kind::ArgMax];
    let kind = kinds.into_iter().find(|&kind| kind as u32 == number).ok_or(bad)?;
    let dtype = Dtype::new(dtype)?;
    let [outer, size, inner] = sizes.map(|size| size as usize);
    elements(&[outer, size, inner], dtype.bytes())?;
    elements(&[outer, inner], 4)?;
    if if kind == Kind::Sum { dtype == Dtype::F32 } else { size == 0 } {
        return Err(bad);
    }
    Ok(Box::new(Reduce { kind, dtype, outer, size, inner }))
}

/// The largest key so far in each lane, or the sum, and where it was.
struct Lanes {
    best: [i32; RUN],
    place: [i32; RUN],
}

impl Operator for Reduce {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.outer * self.inner);
        let x = operands.pointer::<u8>(0).cast_const();
        let mut at = range.start;
        while at < range.end {
            let (o, i) = (at / self.inner, at % self.inner);
            let mut lanes = Lanes { best: [0; RUN], place: [0; RUN] };
            let start = o * self.size * self.inner + i;
            let mut count = 1;
            // SAFETY: x holds outer x size x inner elements.
            unsafe {
                if self.inner == 1 {
                    let runs = (0..self.size).step_by(RUN);
                    for first in runs.clone() {
                        self.take(&mut lanes, x, start + first, RUN.min(self.size - first), first, 1);
                    }
                    self.join(&mut lanes, RUN.min(self.size));
                } else {
                    count = RUN.min(self.inner - i).min(range.end - at);
                    for k in 0..self.size {
                        self.take(&mut lanes, x, start + k * self.inner, count, k, 0);
                    }
                }
                let (dtype, values) = self.values(&mut lanes);
                dtype.scatter(&values[..count], operands.pointer(1), at);
            }
            at += count;
        }
        Ok(())
    }
}

impl Reduce {
    /// Takes a run of elements into the lanes: the first lane's is number `first` of those that are reduced, the next
    /// lane's `step` further. The run of number 0 is the first.
    ///
    /// # Safety
    /// x holds `count` elements from `start` on.
    unsafe fn take(
        &self,
        lanes: &mut Lanes,
        x: *const u8,
        start: usize,
        count: usize,
        first: usize,
        step: i32,
    ) {
        let mut keys = [0; RUN];
        let keys = &mut keys[..count];
        // SAFETY: the caller's guarantee.
        unsafe { self.keys(x, start, keys) };
        let Lanes { best, place } = lanes;
        let mut number = first as i32;
        match self.kind {
            Kind::Sum => best.iter_mut().zip(keys).for_each(|(best, key)| *best = best.wrapping_add(*key)),
            _ if first == 0 => {
                for ((best, place), key) in best.iter_mut().zip(place).zip(keys) {
                    (*best, *place) = (*key, number);
                    number += step;
                }
            }
            Kind::ArgMax => {
                for ((best, place), key) in best.iter_mut().zip(place).zip(keys) {
                    *place = if *key > *best { number } else { *place };
                    *best = (*key).max(*best);
                    number += step;
                }
            }
            _ => best.iter_mut().zip(keys).for_each(|(best, key)| *best = (*key).max(*best)),
        }
    }

    /// Elements from `start` on as integers, of which the largest is wanted, or the sum.
    ///
    /// # Safety
    /// x holds as many elements as there are keys.
    unsafe fn keys(&self, x: *const u8, start: usize, keys: &mut [i32]) {
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.dtype {
                Dtype::F32 | Dtype::I32 => {
                    x.cast::<i32>().add(start).copy_to_nonoverlapping(keys.as_mut_ptr(), keys.len());
                }
                Dtype::U8 => {
                    let bytes = core::slice::from_raw_parts(x.add(start), keys.len());
                    keys.iter_mut().zip(bytes).for_each(|(key, &byte)| *key = byte.into());
                }
                Dtype::I8 => {
                    let bytes = core::slice::from_raw_parts(x.add(start).cast::<i8>(), keys.len());
                    keys.iter_mut().zip(bytes).for_each(|(key, &byte)| *key = byte.into());
                }
            }
        }
        let flip = self.flip();
        if self.dtype == Dtype::F32 {
            // Where both zeros count as one, it is the positive one.
            let zero = if self.kind == Kind::ArgMax { -1 } else { NAN };
            for key in keys {
                let ordered = magnitude_flipped(*key);
                let ordered = if ordered == zero { 0 } else { ordered };
                let is_nan = (*key & i32::MAX) > 0x7f80_0000;
                *key = if is_nan { NAN } else { ordered ^ flip };
            }
        } else if flip != 0 {
            keys.iter_mut().for_each(|key| *key ^= flip);
        }
    }

    /// All ones where the smallest is wanted: the order turned round.
    fn flip(&self) -> i32 {
        -i32::from(self.kind == Kind::Min)
    }

    /// Joins the first `count` lanes in the first of them.
    fn join(&self, lanes: &mut Lanes, count: usize) {
        let Lanes { best, place } = lanes;
        for lane in 1..count {
            if self.kind == Kind::Sum {
                best[0] = best[0].wrapping_add(best[lane]);
            } else if best[lane] > best[0] || (best[lane] == best[0] && place[lane] < place[0]) {
                (best[0], place[0]) = (best[lane], place[lane]);
            }
        }
    }

    /// The results, and their dtype.
    fn values<'a>(&self, lanes: &'a mut Lanes) -> (Dtype, &'a [u32; RUN]) {
        let (dtype, results) = match self.kind {
            Kind::ArgMax => (Dtype::I32, &mut lanes.place),
            _ => (self.dtype, &mut lanes.best),
        };
        if matches!(self.kind, Kind::Max | Kind::Min) {
            let flip = self.flip();
            for key in results.iter_mut() {
                *key = match self.dtype {
                    Dtype::F32 if *key == NAN => f32::NAN.to_bits() as i32,
                    Dtype::F32 => magnitude_flipped(*key ^ flip),
                    _ => *key ^ flip,
                };
            }
        }
        // SAFETY: the same bits.
        (dtype, unsafe { &*(&raw const *results).cast() })
    }
}

/// A float's bits as an integer of the same order, and back: a negative number's magnitude is turned round.
fn magnitude_flipped(bits: i32) -> i32 {
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::prelude::v1::*;
    use std::vec;

    /// The reduction of values in this dtype, as f64.
    fn run(kind: Kind, dtype: Dtype, [outer, size, inner]: [usize; 3], x: &[f64], parts: usize) -> Vec<f64> {
        let words = [kind as u32, dtype as u32, outer as u32, size as u32, inner as u32];
        let operator = decode(&mut Params::new(&words)).unwrap();
        let mut memory = vec![0u32; x.len() + 1];
        let at = memory.as_mut_ptr();
        for (i, &value) in x.iter().enumerate() {
            // SAFETY: an element of at most four bytes at its place.
            unsafe {
                match dtype {
                    Dtype::F32 => at.cast::<f32>().add(i).write(value as f32),
                    Dtype::I32 => at.cast::<i32>().add(i).write(value as i32),
                    Dtype::U8 => at.cast::<u8>().add(i).write(value as u8),
                    Dtype::I8 => at.cast::<i8>().add(i).write(value as i8),
                }
            }
        }
        let mut results = vec![0u32; outer * inner + 1];
        let y = results.as_mut_ptr();
        for part in (0..parts).rev() {
            let addresses = [at.cast(), y.cast()];
            // SAFETY: the operands have the sizes of the problem.
            unsafe { operator.run(&Operands { addresses: &addresses }, Share { part, parts }) }.unwrap();
        }
        let read = |i: usize| {
            // SAFETY: as in the loop above.
            unsafe {
                match if kind == Kind::ArgMax { Dtype::I32 } else { dtype } {
                    Dtype::F32 => f64::from(*y.cast::<f32>().add(i)),
                    Dtype::I32 => f64::from(*y.cast::<i32>().add(i)),
                    Dtype::U8 => f64::from(*y.cast::<u8>().add(i)),
                    Dtype::I8 => f64::from(*y.cast::<i8>().add(i)),
                }
            }
        };
        (0..outer * inner).map(read).collect()
    }

    #[test]
    fn every_kind_and_dtype_against_plain_loops() {
        let shapes =
            [[1, 1, 1], [3, 5, 1], [2, 64, 1], [2, 200, 1], [2, 3, 5], [3, 7, 130], [0, 3, 2], [2, 3, 0]];
        for [outer, size, inner] in shapes {
            for dtype in [Dtype::F32, Dtype::I32, Dtype::U8, Dtype::I8] {
                let shift = if dtype == Dtype::U8 { 5 } else { 0 };
                let value = |i: usize| (i * 7 % 11) as f64 - 5.0 + f64::from(shift);
                let x: Vec<f64> = (0..outer * size * inner).map(value).collect();
                for kind in [Kind::Sum, Kind::Max, Kind::Min, Kind::ArgMax] {
                    if kind == Kind::Sum && dtype != Dtype::I32 {
                        continue;
                    }
                    let mut want = vec![];
                    for at in 0..outer * inner {
                        let (o, i) = (at / inner, at % inner);
                        let along: Vec<f64> = (0..size).map(|k| x[(o * size + k) * inner + i]).collect();
                        let max = along.iter().copied().fold(f64::MIN, f64::max);
                        want.push(match kind {
                            Kind::Sum => along.iter().sum(),
                            Kind::Max => max,
                            Kind::Min => along.iter().copied().fold(f64::MAX, f64::min),
                            Kind::ArgMax => along.iter().position(|&v| v == max).unwrap() as f64,
                        });
                    }
                    for parts in [1, 2, 3, 7] {
                        let got = run(kind, dtype, [outer, size, inner], &x, parts);
                        assert_eq!(got, want, "{kind:?} {dtype:?} of {outer} {size} {inner}, {parts} parts");
                    }
                }
            }
        }
    }

    #[test]
    fn extremes_of_floats_and_integers() {
        let nan = f64::NAN;
        let cases = [vec![1.0, nan, 3.0, nan], vec![f64::NEG_INFINITY, nan, f64::INFINITY, -0.0]];
        for x in cases {
            assert!(run(Kind::Max, Dtype::F32, [1, 4, 1], &x, 1)[0].is_nan());
            assert!(run(Kind::Min, Dtype::F32, [1, 4, 1], &x, 1)[0].is_nan());
            assert_eq!(run(Kind::ArgMax, Dtype::F32, [1, 4, 1], &x, 1), [1.0]);
        }
        let infinite = [f64::NEG_INFINITY, 0.0, f64::INFINITY];
        assert_eq!(run(Kind::Max, Dtype::F32, [1, 3, 1], &infinite, 1), [f64::INFINITY]);
        assert_eq!(run(Kind::Min, Dtype::F32, [1, 3, 1], &infinite, 1), [f64::NEG_INFINITY]);
        assert_eq!(run(Kind::ArgMax, Dtype::F32, [1, 2, 1], &[-0.0, 0.0], 1), [0.0]);
        let ends = [f64::from(i32::MIN), f64::from(i32::MAX)];
        assert_eq!(run(Kind::Max, Dtype::I32, [1, 2, 1], &ends, 1), [ends[1]]);
        assert_eq!(run(Kind::Min, Dtype::I32, [1, 2, 1], &ends, 1), [ends[0]]);
        assert_eq!(run(Kind::Sum, Dtype::I32, [1, 3, 1], &[ends[1], 1.0, 0.0], 1), [ends[0]]);
        assert_eq!(run(Kind::Sum, Dtype::I32, [2, 0, 1], &[], 1), [0.0, 0.0]);
    }

    #[test]
    fn words_that_are_refused() {
        for words in [[4, 0, 1, 1, 1], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [3, 1, 2, 0, 2], [1, 4, 1, 1, 1]] {
            assert!(decode(&mut Params::new(&words)).is_err());
        }
        assert!(decode(&mut Params::new(&[1, 0, 1 << 16, 1 << 16, 1])).is_err());
    }
}
