//! SELECT: `y[o, j, i] = x[o, k, i]`, k being `indices[j]`, or `indices[o, j, i]` where each element has its own.
//! PUT: `y[o, k, i] = x[o, j, i]`, or what [`Joining`] makes of it and of what y holds, in the order of j; k likewise.
//!
//! Params: outer, count (of j), size (of k), inner, whether each element has its own index; put: [`Joining`], what an
//! index outside is ([`Outside`]). Operands: x, indices (int32), y, of which put writes only what indices name.
//!
//! A negative index counts from the end. SELECT's elements are divided among the parts, PUT's columns, since a column's
//! elements may have one place. An index outside is a fault: it is left out, and all others are read and written.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::{Code, Fault};
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "select",
        "x, indices -> y",
        ANY,
        decode_select,
        Sample::new(&[2, 3, 5, 7, 1], &[70, 42, 42]).of(ANY).with(1, |i| (i * 3 % 5) as u32),
    ),
    Entry::new(
        "put",
        "x, indices -> y",
        ANY,
        decode_put,
        Sample::new(&[2, 5, 5, 7, 0, 0, 0], &[70, 5, 70]).of(ANY).with(1, |i| (i * 3 % 5) as u32),
    ),
];

enumeration! {
    /// What is made of an element and of what is in its place.
    pub enum Joining {
        Assign,
        Add,
        Multiply,
        Max,
        Min,
    }
}

enumeration! {
    /// What an index outside is.
    pub enum Outside {
        Fault,
        /// Nothing is written, and nothing is wrong.
        Skip,
        /// A fault of a class; negative ones are outside.
        Class,
    }
}

struct Indexed {
    outer: usize,
    count: usize,
    size: usize,
    inner: usize,
    /// Each element has an index of its own.
    own: bool,
    dtype: Dtype,
}

impl Indexed {
    fn read(params: &mut Params) -> Indexed {
        let [outer, count, size, inner] = params.array().map(|word| word as usize);
        params.elements(&[outer, count, inner], 4);
        params.elements(&[outer, size, inner], 4);
        Indexed { outer, count, size, inner, own: params.flag(), dtype: params.dtype }
    }

    /// Of the elements that have an index, of what they are in, and of the indices.
    fn bytes(&self) -> [usize; 3] {
        let Indexed { outer, count, size, inner, own, dtype } = *self;
        let [indexed, whole] = [count, size].map(|size| product(&[outer, size, inner]));
        let indices = if own { indexed } else { count };
        [indexed * dtype.bytes(), whole * dtype.bytes(), indices.saturating_mul(4)]
    }

    /// The place along the axis that an index names.
    #[inline(always)]
    fn place(&self, index: i32) -> Option<usize> {
        let from_start = if index < 0 { i64::from(index) + self.size as i64 } else { i64::from(index) };
        usize::try_from(from_start).ok().filter(|&place| place < self.size)
    }

    /// How many elements from `i` on share the index of `j`: the rest of the row, or one.
    #[inline(always)]
    fn run(&self, left: usize) -> usize {
        if self.own {
            left.min(1)
        } else {
            left
        }
    }

    /// Which index is that of an element.
    #[inline(always)]
    fn index_of(&self, o: usize, j: usize, i: usize) -> usize {
        if self.own {
            (o * self.count + j) * self.inner + i
        } else {
            j
        }
    }

    fn fault(&self, index: i32) -> Fault {
        Fault::new(Code::AxisOutside, [index, self.size as i32, 0])
    }
}

struct Select(Indexed);

struct Put {
    indexed: Indexed,
    joining: Joining,
    outside: Outside,
}

fn decode_select(params: &mut Params) -> Result<Planned, Fault> {
    let indexed = Indexed::read(params);
    params.check()?;
    Ok(Planned::new(Select(indexed)))
}

fn decode_put(params: &mut Params) -> Result<Planned, Fault> {
    let (indexed, joining, outside) = (Indexed::read(params), params.kind(), params.kind());
    params.check()?;
    Ok(Planned::new(Put { indexed, joining, outside }))
}

impl Instruction for Select {
    fn extents(&self) -> Extents {
        let [indexed, whole, indices] = self.0.bytes();
        Extents::bytes(&[whole, indices, indexed])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee; elements are moved by their bits.
        unsafe {
            match self.0.dtype.bytes() {
                1 => self.select::<u8>(operands, share),
                _ => self.select::<u32>(operands, share),
            }
        }
    }
}

impl Select {
    /// # Safety
    /// As [`Instruction::run`], for elements of T's size.
    unsafe fn select<T: Copy>(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Select(indexed) = self;
        let Indexed { outer, count, size, inner, .. } = *indexed;
        let (x, indices, y) =
            (operands.pointer::<T>(0), operands.pointer::<i32>(1), operands.pointer::<T>(2));
        let range = share.range(outer * count * inner);
        let mut outcome = Ok(());
        let mut at = range.start;
        while at < range.end {
            let (row, i) = (at / inner, at % inner);
            let (o, j) = (row / count, row % count);
            let len = indexed.run((inner - i).min(range.end - at));
            // SAFETY: `o`, `j` and `i` are within their sizes, and a place is within the axis.
            unsafe {
                let index = *indices.add(indexed.index_of(o, j, i));
                match indexed.place(index) {
                    Some(place) => {
                        x.add((o * size + place) * inner + i).copy_to_nonoverlapping(y.add(at), len);
                    }
                    None => outcome = outcome.and(Err(indexed.fault(index))),
                }
            }
            at += len;
        }
        outcome
    }
}

impl Instruction for Put {
    fn extents(&self) -> Extents {
        let [indexed, whole, indices] = self.indexed.bytes();
        Extents::bytes(&[indexed, indices, whole])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let dtype = self.indexed.dtype;
        let each = |join: fn(f32, f32) -> f32| {
            move |from: *const u8, to: *mut u8, len: usize| {
                let (from, to) = (from.cast::<f32>(), to.cast::<f32>());
                for n in 0..len {
                    // SAFETY: `put` gives as many elements.
                    unsafe { *to.add(n) = join(*to.add(n), *from.add(n)) };
                }
            }
        };
        // SAFETY: the caller's guarantee.
        unsafe {
            match (self.joining, dtype) {
                (Joining::Assign, _) => self.put(operands, share, &|from, to, len| {
                    from.copy_to_nonoverlapping(to, len * dtype.bytes());
                }),
                (Joining::Add, Dtype::F32) => self.put(operands, share, &|from, to, len| {
                    let (from, to) = (from.cast::<f32>(), to.cast::<f32>());
                    for n in 0..len {
                        *to.add(n) += *from.add(n);
                    }
                }),
                (_, Dtype::F32) => self.put(
                    operands,
                    share,
                    // NaN is above and below everything.
                    &each(match self.joining {
                        Joining::Multiply => |old, new| old * new,
                        Joining::Max => |old, new| if old >= new || old.is_nan() { old } else { new },
                        _ => |old, new| if old <= new || old.is_nan() { old } else { new },
                    }),
                ),
                _ => self.put(operands, share, &|from, to, len| {
                    let (mut old, mut new) = ([0], [0]);
                    for n in 0..len {
                        dtype.gather(to, n as isize, 1, &mut old);
                        dtype.gather(from, n as isize, 1, &mut new);
                        let joined = self.joined(old[0] as i32, new[0] as i32);
                        dtype.scatter(&[joined as u32], to, n);
                    }
                }),
            }
        }
    }
}

impl Put {
    /// Of integers, which wrap.
    fn joined(&self, old: i32, new: i32) -> i32 {
        match self.joining {
            Joining::Assign => new,
            Joining::Add => old.wrapping_add(new),
            Joining::Multiply => old.wrapping_mul(new),
            Joining::Max => old.max(new),
            Joining::Min => old.min(new),
        }
    }

    /// `join` is given where elements are, where they go, and how many; they lie one behind the other in both.
    ///
    /// # Safety
    /// As [`Instruction::run`].
    unsafe fn put(
        &self,
        operands: &Operands,
        share: Share,
        join: &dyn Fn(*const u8, *mut u8, usize),
    ) -> Result<(), Fault> {
        let indexed = &self.indexed;
        let Indexed { outer, count, size, inner, dtype, .. } = *indexed;
        let (x, indices, y) =
            (operands.pointer::<u8>(0), operands.pointer::<i32>(1), operands.pointer::<u8>(2));
        let range = share.range(outer * inner);
        let mut outcome = Ok(());
        let mut at = range.start;
        while at < range.end {
            let (o, first) = (at / inner, at % inner);
            let columns = (inner - first).min(range.end - at);
            for j in 0..count {
                let mut i = first;
                while i < first + columns {
                    let len = indexed.run(first + columns - i);
                    // SAFETY: `o`, `j` and `i` are within their sizes, a place is within the axis, and these columns
                    // of y are this part's.
                    unsafe {
                        let index = *indices.add(indexed.index_of(o, j, i));
                        match self.place(index) {
                            Ok(Some(place)) => {
                                let from = ((o * count + j) * inner + i) * dtype.bytes();
                                let to = ((o * size + place) * inner + i) * dtype.bytes();
                                join(x.add(from), y.add(to), len);
                            }
                            Ok(None) => {}
                            Err(fault) => outcome = outcome.and(Err(fault)),
                        }
                    }
                    i += len;
                }
            }
            at += columns;
        }
        outcome
    }

    /// The place that an index names; none where it is left out.
    #[inline(always)]
    fn place(&self, index: i32) -> Result<Option<usize>, Fault> {
        let place = self.indexed.place(index);
        match self.outside {
            Outside::Fault => place.map(Some).ok_or(self.indexed.fault(index)),
            Outside::Skip => Ok(place),
            Outside::Class if index < 0 || place.is_none() => {
                Err(Fault::new(Code::ClassOutside, [index, self.indexed.size as i32, 0]))
            }
            Outside::Class => Ok(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::share::tests::run_in_two;

    fn run<T>(
        instruction: &dyn Instruction,
        x: &mut [T],
        indices: &mut [i32],
        y: &mut [T],
    ) -> Result<(), Fault> {
        let addresses = [x.as_mut_ptr().cast::<u8>(), indices.as_mut_ptr().cast(), y.as_mut_ptr().cast()];
        run_in_two(instruction, &addresses)
    }

    fn rows(dtype: Dtype) -> Indexed {
        Indexed { outer: 1, count: 3, size: 2, inner: 2, own: false, dtype }
    }

    #[test]
    fn rows_are_selected_from_both_ends_and_what_lies_outside_is_a_fault() {
        let mut y = [9.0_f32; 6];
        let mut x = [1.0, 2.0, 3.0, 4.0];
        run(&Select(rows(Dtype::F32)), &mut x, &mut [1, -2, -1], &mut y).unwrap();
        assert_eq!(y, [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
        for outside in [2, -3, i32::MAX, i32::MIN] {
            let mut y = [9.0_f32; 6];
            let fault = run(&Select(rows(Dtype::F32)), &mut x, &mut [1, outside, 0], &mut y).unwrap_err();
            assert_eq!(fault, Fault::new(Code::AxisOutside, [outside, 2, 0]));
            assert_eq!(y, [3.0, 4.0, 9.0, 9.0, 1.0, 2.0]);
        }
    }

    #[test]
    fn each_element_by_an_index_of_its_own() {
        let indexed = Indexed { own: true, ..rows(Dtype::U8) };
        let mut y = [9_u8; 6];
        run(&Select(indexed), &mut [1, 2, 3, 4], &mut [1, 0, 0, 1, -1, -1], &mut y).unwrap();
        assert_eq!(y, [3, 2, 1, 4, 3, 4]);
    }

    #[test]
    fn what_is_put_in_one_place_is_joined_in_order() {
        let put = |joining| Put { indexed: rows(Dtype::F32), joining, outside: Outside::Fault };
        let cases = [
            (Joining::Assign, [10.0, 10.0, 5.0, 6.0]),
            (Joining::Add, [10.0, 10.0, 18.0, 20.0]),
            (Joining::Multiply, [10.0, 10.0, 150.0, 240.0]),
            (Joining::Max, [10.0, 10.0, 10.0, 10.0]),
            (Joining::Min, [10.0, 10.0, 3.0, 4.0]),
        ];
        for (joining, expected) in cases {
            // The last row's index is outside: it is left out.
            let (mut x, mut y) = ([3.0_f32, 4.0, 5.0, 6.0, 7.0, 8.0], [10.0; 4]);
            let fault = run(&put(joining), &mut x, &mut [1, 1, 2], &mut y).unwrap_err();
            assert_eq!(fault.code, Code::AxisOutside);
            assert_eq!(y, expected, "{joining:?}");
            let lenient = Put { outside: Outside::Skip, ..put(joining) };
            run(&lenient, &mut x, &mut [1, 1, 2], &mut [10.0; 4]).unwrap();
            let classes = Put { outside: Outside::Class, ..put(joining) };
            let fault = run(&classes, &mut x, &mut [1, -1, 0], &mut [10.0; 4]).unwrap_err();
            assert_eq!(fault, Fault::new(Code::ClassOutside, [-1, 2, 0]));
        }
    }

    #[test]
    fn integers_wrap_and_nan_is_above_and_below() {
        let put = Put { indexed: rows(Dtype::U8), joining: Joining::Multiply, outside: Outside::Fault };
        let mut y = [100_u8, 100, 2, 2];
        run(&put, &mut [3, 4, 2, 2, 3, 3], &mut [0, 1, 1], &mut y).unwrap();
        assert_eq!(y, [44, 144, 12, 12]);
        for joining in [Joining::Max, Joining::Min] {
            let put = Put { indexed: rows(Dtype::F32), joining, outside: Outside::Fault };
            let mut y = [f32::NAN, 1.0, 1.0, 1.0];
            run(&put, &mut [3.0, f32::NAN, 1.0, f32::NAN, 1.0, 1.0], &mut [0, 0, 1], &mut y).unwrap();
            assert!(y[0].is_nan() && y[1].is_nan());
        }
    }
}
