//! SORT: the `count` first of each row `x[o, :, i]` in ascending or descending order, and their places in the row.
//!
//! Params: outer, size, inner, count, descending. Operands: x, y and indices (int32), both [outer, count, inner], scratch.
//! Equal elements keep their order; NaN is the largest, -0 is 0. Rows are divided among the parts.
//!
//! A row's elements become pairs of a key, whose order as an integer is the wanted one, and a place, so that no two are
//! equal. A heap of `count` pairs, its largest on top, takes in the row; then it is sorted from its end.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "sort",
    "x -> y, indices; scratch",
    ANY,
    decode,
    Sample::new(&[2, 9, 3, 4, 1], &[54, 24, 24]).of(ANY),
)];

/// A key and a place.
pub(super) type Pair = [u32; 2];

struct Sort {
    dtype: Dtype,
    outer: usize,
    size: usize,
    inner: usize,
    count: usize,
    descending: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let dtype = params.dtype;
    let [outer, size, inner, count] = params.array().map(|size| size as usize);
    params.elements(&[outer, size, inner], 4);
    params.elements(&[count, size_of::<Pair>()], 1);
    if count > size {
        params.refuse(count as u32);
    }
    let descending = params.flag();
    params.check()?;
    Ok(Planned::new(Sort { dtype, outer, size, inner, count, descending }))
}

impl Instruction for Sort {
    fn extents(&self) -> Extents {
        let Sort { dtype, outer, size, inner, count, .. } = *self;
        let [x, y] = [size, count].map(|size| product(&[outer, size, inner]));
        Extents::bytes(&[x * dtype.bytes(), y * dtype.bytes(), 4 * y])
    }

    fn scratch(&self) -> usize {
        (self.count * size_of::<Pair>()).next_multiple_of(64)
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Sort { dtype, size, inner, count, .. } = *self;
        let (x, y) = (operands.pointer::<u8>(0), operands.pointer::<u8>(1));
        let indices = operands.pointer::<u32>(2);
        let scratch = operands.pointer::<u8>(3).wrapping_add(share.part * self.scratch());
        // SAFETY: this part's scratch memory has room for so many pairs, which are words.
        let heap = unsafe { core::slice::from_raw_parts_mut(scratch.cast::<Pair>(), count) };
        for row in share.range(self.outer * inner) {
            let (o, i) = (row / inner, row % inner);
            let source = o * size * inner + i;
            // SAFETY: places are below the size; this row of the outputs is this part's.
            unsafe {
                let pair = |k: usize| {
                    let mut lane = [0];
                    dtype.gather(x, (source + k * inner) as isize, 1, &mut lane);
                    [self.key(lane[0]), k as u32]
                };
                smallest(heap, size, pair);
                for (n, &[_, place]) in heap.iter().enumerate() {
                    let (from, to) = (source + place as usize * inner, (o * count + n) * inner + i);
                    if dtype.bytes() == 4 {
                        *y.cast::<u32>().add(to) = *x.cast::<u32>().add(from);
                    } else {
                        *y.add(to) = *x.add(from);
                    }
                    *indices.add(to) = place;
                }
            }
        }
        Ok(())
    }
}

impl Sort {
    /// A lane's place in the order, as an unsigned integer.
    fn key(&self, lane: u32) -> u32 {
        let ascending = if self.dtype == Dtype::F32 { float_key(lane) } else { lane ^ SIGN };
        if self.descending {
            !ascending
        } else {
            ascending
        }
    }
}

const SIGN: u32 = 1 << 31;

/// The place of a float, given by its bits, among all: NaN is the largest, -0 is 0.
pub(super) fn float_key(bits: u32) -> u32 {
    let value = f32::from_bits(bits);
    match bits {
        _ if value.is_nan() => u32::MAX,
        _ if value == 0.0 => SIGN,
        _ if bits & SIGN != 0 => !bits,
        _ => bits | SIGN,
    }
}

/// Sorts pairs in place.
pub(super) fn ascending(pairs: &mut [Pair]) {
    heapify(pairs);
    drain(pairs);
}

/// The smallest of `size` pairs in ascending order, as many as `heap` has.
fn smallest(heap: &mut [Pair], size: usize, pair: impl Fn(usize) -> Pair) {
    let count = heap.len();
    if count == 0 {
        return;
    }
    for (k, place) in heap.iter_mut().enumerate() {
        *place = pair(k);
    }
    heapify(heap);
    for k in count..size {
        let next = pair(k);
        if next < heap[0] {
            heap[0] = next;
            sift(heap, 0);
        }
    }
    drain(heap);
}

/// The largest pair on top, none above a larger one.
fn heapify(heap: &mut [Pair]) {
    for at in (0..heap.len() / 2).rev() {
        sift(heap, at);
    }
}

/// A heap's pairs in ascending order.
fn drain(heap: &mut [Pair]) {
    for end in (1..heap.len()).rev() {
        heap.swap(0, end);
        sift(&mut heap[..end], 0);
    }
}

/// Moves a pair down to where none below it is larger.
fn sift(heap: &mut [Pair], mut at: usize) {
    let pair = heap[at];
    loop {
        let mut child = 2 * at + 1;
        if child >= heap.len() {
            break;
        }
        if child + 1 < heap.len() && heap[child] < heap[child + 1] {
            child += 1;
        }
        if heap[child] <= pair {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = pair;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_in_order_with_nan_as_the_largest_and_equal_ones_as_they_stood() {
        let mut x = [2.0, f32::NAN, -0.0, 0.0, f32::NEG_INFINITY, -1.0, f32::INFINITY, -f32::NAN];
        for (descending, expected) in [(false, [4, 5, 2, 3, 0, 6, 1, 7]), (true, [1, 7, 6, 0, 2, 3, 5, 4])] {
            for count in [1, 3, 8] {
                let sort = Sort { dtype: Dtype::F32, outer: 1, size: 8, inner: 1, count, descending };
                let (mut y, mut indices, mut scratch) = ([0.0_f32; 8], [9_u32; 8], [0_u32; 16]);
                let addresses = [
                    x.as_mut_ptr().cast::<u8>(),
                    y.as_mut_ptr().cast(),
                    indices.as_mut_ptr().cast(),
                    scratch.as_mut_ptr().cast(),
                ];
                // SAFETY: the operands have the sizes of the problem.
                unsafe { sort.run(&Operands::new(&addresses), Share::WHOLE).unwrap() };
                assert_eq!(indices[..count], expected[..count]);
                for n in 0..count {
                    assert_eq!(y[n].to_bits(), x[indices[n] as usize].to_bits());
                }
            }
        }
    }

    #[test]
    fn signed_and_unsigned_bytes() {
        let key = |dtype, lane: u32| {
            Sort { dtype, outer: 1, size: 1, inner: 1, count: 1, descending: false }.key(lane)
        };
        assert!(key(Dtype::I8, -1_i32 as u32) < key(Dtype::I8, 0));
        assert!(key(Dtype::U8, 200) > key(Dtype::U8, 100));
        assert!(key(Dtype::I32, i32::MIN as u32) < key(Dtype::I32, i32::MAX as u32));
    }
}
