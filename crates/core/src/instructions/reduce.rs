//! REDUCE: `y[o, i] = max, min, sum, argmax or argmin over k of x[o, k, i]`.
//!
//! Params: kind ([`Kind`]), outer, size, inner. Operands: x, y (x's dtype, int32 for places). The size is at least 1, but for
//! sums. NaN is above and below everything. Sums of floats are ACCUMULATE's.
//!
//! Floats are reduced in vectors: a row (inner is 1) in lanes that are joined at the end, columns side by side. Integers
//! go the same way a run at a time.

use super::dtype::{Dtype, RUN};
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::simd::{F32x4, I32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] =
    &[Entry::new("reduce", "x -> y", ANY, decode, Sample::new(&[1, 3, 5, 7], &[105, 21]).of(ANY))];

enumeration! {
    pub enum Kind {
        /// Of integers only; they wrap.
        Sum,
        Max,
        Min,
        /// The first of the largest.
        ArgMax,
        /// The first of the smallest.
        ArgMin,
    }
}

/// Vectors that are reduced side by side.
const VECTORS: usize = 4;
const WIDTH: usize = VECTORS * LANES;

impl Kind {
    fn places(self) -> bool {
        matches!(self, Kind::ArgMax | Kind::ArgMin)
    }

    fn smallest(self) -> bool {
        matches!(self, Kind::Min | Kind::ArgMin)
    }
}

struct Reduce {
    kind: Kind,
    dtype: Dtype,
    outer: usize,
    size: usize,
    inner: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (dtype, kind) = (params.dtype, params.kind());
    let [outer, size, inner] = params.array().map(|size| size as usize);
    params.elements(&[outer, size, inner], dtype.bytes());
    params.elements(&[outer, inner], 4);
    if if kind == Kind::Sum { dtype == Dtype::F32 } else { size == 0 } {
        params.refuse(kind as u32);
    }
    params.check()?;
    Ok(Planned::new(Reduce { kind, dtype, outer, size, inner }))
}

impl Instruction for Reduce {
    fn extents(&self) -> Extents {
        let y = product(&[self.outer, self.inner]);
        let bytes = self.dtype.bytes();
        let places = if self.kind.places() { 4 } else { bytes };
        Extents::bytes(&[product(&[y, self.size, bytes]), y * places])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.outer * self.inner);
        let mut at = range.start;
        while at < range.end {
            let (o, i) = (at / self.inner, at % self.inner);
            let start = o * self.size * self.inner + i;
            let (left, whole) = (range.end - at, self.inner - i);
            let columns = match self.dtype {
                Dtype::F32 if self.short_rows() && left >= LANES => LANES,
                Dtype::F32 => WIDTH.min(left).min(whole),
                _ => RUN.min(left).min(whole),
            };
            // SAFETY: x holds outer x size x inner elements and y outer x inner; this part's are written by no other.
            unsafe {
                match self.dtype {
                    Dtype::F32 if self.kind.places() => self.floats::<true>(operands, start, at, columns),
                    Dtype::F32 => self.floats::<false>(operands, start, at, columns),
                    _ => self.integers(operands, start, at, columns),
                }
            }
            at += columns;
        }
        Ok(())
    }
}

/// The largest elements so far, one per lane, and where they were: integers in the bits of floats.
#[derive(Clone, Copy)]
#[repr(C)]
struct Best {
    value: F32x4,
    place: F32x4,
}

impl Best {
    /// Nothing yet; should everything be as small as can be, it was at `place`.
    fn new(place: I32x4) -> Best {
        Best { value: F32x4::splat(f32::NEG_INFINITY), place: place.as_f32() }
    }

    #[inline(always)]
    fn take<const PLACES: bool>(&mut self, value: F32x4, place: I32x4) {
        if PLACES {
            // The first NaN is not passed by anything.
            let nan = value.ne(value).and(self.value.eq(self.value));
            let better = value.gt(self.value).or(nan);
            self.place = better.select(place.as_f32(), self.place);
            self.value = better.select(value, self.value);
        } else {
            self.value = self.value.max(value);
        }
    }

    fn result<const PLACES: bool>(&self, sign: F32x4) -> F32x4 {
        if PLACES {
            self.place
        } else {
            self.value.mul(sign)
        }
    }
}

impl Reduce {
    /// Whether rows are too short for vectors of their own: four of them are taken as columns.
    fn short_rows(&self) -> bool {
        self.dtype == Dtype::F32 && self.inner == 1 && self.size < WIDTH
    }

    /// Reduces `columns` floats side by side; the first of them begins at `start` and is result `at`.
    ///
    /// # Safety
    /// x and y hold them.
    unsafe fn floats<const PLACES: bool>(
        &self,
        operands: &Operands,
        start: usize,
        at: usize,
        columns: usize,
    ) {
        // The smallest is the largest of the negated.
        let sign = F32x4::splat(if self.kind.smallest() { -1.0 } else { 1.0 });
        // SAFETY: the caller's guarantee.
        unsafe {
            let x = operands.pointer::<f32>(0).cast_const().add(start);
            let y = operands.pointer::<f32>(1).add(at);
            if self.inner > 1 && columns >= LANES {
                // The last vectors overlap where there are fewer columns.
                let first = [0, 1, 2, 3].map(|v| (v * LANES).min(columns - LANES));
                let best = self.columns::<PLACES, VECTORS>(sign, |k, v| F32x4::load(x.add(k + first[v])));
                for (first, best) in first.into_iter().zip(best) {
                    best.result::<PLACES>(sign).store(y.add(first));
                }
                return;
            }
            let best = if self.inner == 1 && columns < LANES {
                let (value, place) = self.row::<PLACES>(x, sign);
                Best { value: F32x4::splat(value), place: I32x4::splat(place).as_f32() }
            } else {
                let rows = [0, 1, 2, 3].map(|row| row * self.size);
                let [best] = self.columns::<PLACES, 1>(sign, |k, _| {
                    if self.inner == 1 {
                        F32x4::gather(x.add(k), rows)
                    } else {
                        F32x4::load_partial(x.add(k), columns)
                    }
                });
                best
            };
            best.result::<PLACES>(sign).store_partial(y, columns);
        }
    }

    /// The best of V vectors of columns; `load` is told how far from the first element it is, and which of the vectors.
    #[inline(always)]
    fn columns<const PLACES: bool, const V: usize>(
        &self,
        sign: F32x4,
        load: impl Fn(usize, usize) -> F32x4,
    ) -> [Best; V] {
        let mut best = [Best::new(I32x4::splat(0)); V];
        for k in 0..self.size {
            for (v, best) in best.iter_mut().enumerate() {
                best.take::<PLACES>(load(k * self.inner, v).mul(sign), I32x4::splat(k as i32));
            }
        }
        best
    }

    /// The largest element of a row, and its place.
    ///
    /// # Safety
    /// x holds `size` elements.
    unsafe fn row<const PLACES: bool>(&self, x: *const f32, sign: F32x4) -> (f32, i32) {
        let places = I32x4::from_array([0, 1, 2, 3]);
        let step = |v: usize| I32x4::splat((v * LANES) as i32);
        let mut lanes: [Best; VECTORS] = core::array::from_fn(|v| Best::new(places.add(step(v))));
        let whole = self.size / WIDTH * WIDTH;
        let mut at = places;
        for i in (0..whole).step_by(WIDTH) {
            for (v, best) in lanes.iter_mut().enumerate() {
                // SAFETY: the caller's guarantee.
                let value = unsafe { F32x4::load(x.add(i + v * LANES)) };
                best.take::<PLACES>(value.mul(sign), at.add(step(v)));
            }
            at = at.add(step(VECTORS));
        }
        // SAFETY: the elements from `whole` on are left.
        unsafe { joined(if whole > 0 { &lanes } else { &[] }, x, whole..self.size, sign) }
    }

    /// As [`Reduce::floats`], for integers.
    ///
    /// # Safety
    /// x and y hold them.
    unsafe fn integers(&self, operands: &Operands, start: usize, at: usize, columns: usize) {
        let x = operands.pointer::<u8>(0).cast_const();
        let (mut best, mut places, mut lanes) = ([0; RUN], [0; RUN], [0; RUN]);
        // A row is a column of one: its elements are taken a run at a time, and joined.
        let taken = if self.inner == 1 { RUN } else { 1 };
        for k in (0..self.size).step_by(taken) {
            let count = if self.inner == 1 { RUN.min(self.size - k) } else { columns };
            // SAFETY: the caller's guarantee.
            unsafe { self.dtype.gather(x, (start + k * self.inner) as isize, 1, &mut lanes[..count]) };
            for (i, &lane) in lanes[..count].iter().enumerate() {
                let (to, place) = if self.inner == 1 { (0, k + i) } else { (i, k) };
                let value = lane as i32;
                let better = match self.kind {
                    Kind::Sum => {
                        best[to] = value.wrapping_add(best[to]);
                        continue;
                    }
                    Kind::Min | Kind::ArgMin => value < best[to],
                    _ => value > best[to],
                };
                if better || place == 0 {
                    (best[to], places[to]) = (value, place as i32);
                }
            }
        }
        let (dtype, results) = if self.kind.places() { (Dtype::I32, places) } else { (self.dtype, best) };
        // SAFETY: the caller's guarantee.
        unsafe { dtype.scatter(&results.map(|value| value as u32)[..columns], operands.pointer(1), at) };
    }
}

/// The best of these lanes and of the elements `rest`, and its place.
///
/// # Safety
/// x holds them.
#[inline(never)]
unsafe fn joined(lanes: &[Best], x: *const f32, rest: Range<usize>, sign: F32x4) -> (f32, i32) {
    let mut best = (f32::NEG_INFINITY, i32::MAX);
    let mut join = |value: f32, place: i32| {
        let before = place < best.1;
        let same = value == best.0 || (value.is_nan() && best.0.is_nan());
        if value > best.0 || (value.is_nan() && !best.0.is_nan()) || (same && before) {
            best = (value, place);
        }
    };
    // As single numbers in memory: code for each of the lanes would be a kilobyte.
    let (lanes, count) = (lanes.as_ptr().cast::<f32>(), lanes.len() * LANES);
    for i in 0..count {
        // SAFETY: a vector of values is followed by one of places.
        let place = unsafe { lanes.add(i / LANES * 2 * LANES + i % LANES) };
        // SAFETY: as above.
        unsafe { join(*place, (*place.add(LANES)).to_bits() as i32) };
    }
    let sign = sign.to_array()[0];
    for i in rest {
        // SAFETY: the caller's guarantee.
        join(unsafe { *x.add(i) } * sign, i as i32);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::prelude::v1::*;
    use std::vec;

    /// The reduction of values in this dtype, as f64.
    fn run(kind: Kind, dtype: Dtype, [outer, size, inner]: [usize; 3], x: &[f64], parts: usize) -> Vec<f64> {
        let words = [dtype as u32, kind as u32, outer as u32, size as u32, inner as u32];
        let instruction = ENTRIES[0].plan(&mut Params::new(&words)).unwrap();
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
            unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }) }.unwrap();
        }
        let read = |i: usize| {
            // SAFETY: as in the loop above.
            unsafe {
                match if kind.places() { Dtype::I32 } else { dtype } {
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
                for kind in [Kind::Sum, Kind::Max, Kind::Min, Kind::ArgMax, Kind::ArgMin] {
                    if kind == Kind::Sum && dtype != Dtype::I32 {
                        continue;
                    }
                    let mut want = vec![];
                    for at in 0..outer * inner {
                        let (o, i) = (at / inner, at % inner);
                        let along: Vec<f64> = (0..size).map(|k| x[(o * size + k) * inner + i]).collect();
                        let max = along.iter().copied().fold(f64::MIN, f64::max);
                        let min = along.iter().copied().fold(f64::MAX, f64::min);
                        let place = |of: f64| along.iter().position(|&v| v == of).unwrap() as f64;
                        want.push(match kind {
                            Kind::Sum => along.iter().sum(),
                            Kind::Max => max,
                            Kind::Min => min,
                            Kind::ArgMax => place(max),
                            Kind::ArgMin => place(min),
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
            assert_eq!(run(Kind::ArgMin, Dtype::F32, [1, 4, 1], &x, 1), [1.0]);
        }
        let infinite = [f64::NEG_INFINITY, 0.0, f64::INFINITY];
        assert_eq!(run(Kind::Max, Dtype::F32, [1, 3, 1], &infinite, 1), [f64::INFINITY]);
        assert_eq!(run(Kind::Min, Dtype::F32, [1, 3, 1], &infinite, 1), [f64::NEG_INFINITY]);
        assert_eq!(run(Kind::ArgMax, Dtype::F32, [1, 2, 1], &[-0.0, 0.0], 1), [0.0]);
        assert_eq!(run(Kind::ArgMin, Dtype::F32, [1, 2, 1], &[0.0, -0.0], 1), [0.0]);
        assert_eq!(run(Kind::ArgMin, Dtype::F32, [1, 3, 1], &infinite, 1), [0.0]);
        let ends = [f64::from(i32::MIN), f64::from(i32::MAX)];
        assert_eq!(run(Kind::Max, Dtype::I32, [1, 2, 1], &ends, 1), [ends[1]]);
        assert_eq!(run(Kind::Min, Dtype::I32, [1, 2, 1], &ends, 1), [ends[0]]);
        assert_eq!(run(Kind::Sum, Dtype::I32, [1, 3, 1], &[ends[1], 1.0, 0.0], 1), [ends[0]]);
        assert_eq!(run(Kind::Sum, Dtype::I32, [2, 0, 1], &[], 1), [0.0, 0.0]);
    }

    #[test]
    fn words_that_are_refused() {
        // Of the element type and the kind: another kind, sums of floats, no elements twice, another type.
        for words in [[0, 5, 1, 1, 1], [0, 0, 1, 1, 1], [0, 1, 1, 0, 1], [1, 3, 2, 0, 2], [4, 1, 1, 1, 1]] {
            assert!(ENTRIES[0].plan(&mut Params::new(&words)).is_err());
        }
        assert!(ENTRIES[0].plan(&mut Params::new(&[0, 1, 1 << 16, 1 << 16, 1])).is_err());
    }
}
