//! Element types, and the walk through memory that serves them all: a run of elements gathered into four-byte lanes, or
//! scattered from them. Instructions whose speed does not depend on it (integers, odd strides) compute on such runs.

use crate::enumeration::enumeration;
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
        let mut at = start;
        for lane in lanes {
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
        for (index, &lane) in lanes.iter().enumerate() {
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

/// Elements `range` of x, changed run by run, to the same places of y.
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
        let lanes = &mut lanes[..RUN.min(range.end - at)];
        // SAFETY: the run lies inside `range`; it is read before it is written.
        unsafe {
            from.gather(x, at as isize, 1, lanes);
            change(lanes);
            to.scatter(lanes, y, at);
        }
        at += lanes.len();
    }
}
