//! Element types, and the walk through memory that serves them all: a run of elements gathered into four-byte lanes, or
//! scattered from them. Instructions whose speed does not depend on it (integers, odd strides) compute on such runs.

use crate::enumeration::enumeration;
use crate::simd::{I32x4, LANES};
use core::ops::Range;

enumeration! {
    pub enum Dtype {
        F32 as "float32",
        I32 as "int32",
        U8 as "uint8",
        I8 as "int8",
    }
}

impl Dtype {
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Dtype::F32 | Dtype::I32 => 4,
            Dtype::U8 | Dtype::I8 => 1,
        }
    }

    /// Elements `start, start + stride, ...` as lanes: floats by their bits, integers by their values.
    ///
    /// # Safety
    /// Each of these elements, as many as `lanes` has, can be read.
    #[inline(never)]
    pub unsafe fn gather(self, source: *const u8, start: isize, stride: isize, lanes: &mut [u32]) {
        if stride == 0 && lanes.len() > 1 {
            // SAFETY: the caller's guarantee.
            unsafe { self.gather(source, start, 1, &mut lanes[..1]) };
            return lanes.fill(lanes[0]);
        }
        let whole = if stride == 1 { lanes.len() / LANES * LANES } else { 0 };
        let to: *mut i32 = lanes.as_mut_ptr().cast();
        for i in (0..whole).step_by(LANES) {
            // SAFETY: the caller guarantees that these elements can be read.
            unsafe {
                let at = start + i as isize;
                let vector = match self {
                    Dtype::F32 | Dtype::I32 => I32x4::load(source.cast::<i32>().offset(at)),
                    Dtype::U8 => I32x4::load_bytes(source.offset(at)),
                    Dtype::I8 => I32x4::load_signed_bytes(source.cast::<i8>().offset(at)),
                };
                vector.store(to.add(i));
            }
        }
        let mut at = start + whole as isize * stride;
        for lane in &mut lanes[whole..] {
            // SAFETY: the caller guarantees that these elements can be read.
            *lane = unsafe {
                match self {
                    Dtype::F32 | Dtype::I32 => source.cast::<u32>().offset(at).read(),
                    Dtype::U8 => u32::from(source.offset(at).read()),
                    Dtype::I8 => i32::from(source.cast::<i8>().offset(at).read()) as u32,
                }
            };
            at += stride;
        }
    }

    /// Lanes to consecutive elements; integers wrap.
    ///
    /// # Safety
    /// As many elements as `lanes` has can be written at `start` and after it.
    #[inline(never)]
    pub unsafe fn scatter(self, lanes: &[u32], destination: *mut u8, start: usize) {
        let whole = lanes.len() / LANES * LANES;
        for i in (0..whole).step_by(LANES) {
            // SAFETY: the caller guarantees that these elements can be written.
            unsafe {
                let vector = I32x4::load(lanes.as_ptr().add(i).cast());
                match self {
                    Dtype::F32 | Dtype::I32 => vector.store(destination.cast::<i32>().add(start + i)),
                    Dtype::U8 | Dtype::I8 => vector.store_bytes(destination.add(start + i)),
                }
            }
        }
        for (index, &lane) in lanes.iter().enumerate().skip(whole) {
            // SAFETY: the caller guarantees that these elements can be written.
            unsafe {
                match self {
                    Dtype::F32 | Dtype::I32 => destination.cast::<u32>().add(start + index).write(lane),
                    Dtype::U8 | Dtype::I8 => destination.add(start + index).write(lane as u8),
                }
            }
        }
    }
}

/// Lanes that are gathered at a time.
pub const RUN: usize = 64;

/// Elements `range` of x, changed run by run, to the same places of y. What is changed are whole vectors: behind the last
/// element may be lanes that mean nothing.
///
/// # Safety
/// x and y hold the elements of `range`; they are the same memory only where both dtypes have the same size.
pub unsafe fn map_runs(
    (from, x): (Dtype, *const u8),
    (to, y): (Dtype, *mut u8),
    range: Range<usize>,
    change: &dyn Fn(&mut [u32]),
) {
    let mut lanes = [0; RUN];
    let mut at = range.start;
    while at < range.end {
        let count = RUN.min(range.end - at);
        // SAFETY: the run lies inside `range`; it is read before it is written.
        unsafe {
            from.gather(x, at as isize, 1, &mut lanes[..count]);
            change(&mut lanes[..count.next_multiple_of(LANES)]);
            to.scatter(&lanes[..count], y, at);
        }
        at += count;
    }
}
