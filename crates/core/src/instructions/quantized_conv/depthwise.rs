//! A depthwise convolution of bytes: a plane of four channels is copied into its padding, row by row as rows of outputs see
//! it, and the sums of some rows become what they do at once.

use super::{pack, QuantizedConv};
use crate::fault::Fault;
use crate::geometry::elements;
use crate::instructions::{product, Operands, Share};
use crate::kernels::integer::{row_kernel, two_rows, Products, Row};
use crate::simd::{I32x4, U8x16};
use core::ops::Range;

/// Words behind a plane, which a depthwise kernel may read, and behind sums, which it may write.
const ROOM: usize = 64;

/// Pixels whose sums a depthwise kernel leaves before they become what they do, where rows are short.
const AT_ONCE: usize = 128;

impl QuantizedConv {
    /// Bytes of the scratch memory.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn depthwise_scratch(&self) -> Result<usize, Fault> {
        let [plane, sums] = [elements(&self.padded(), 8)?, elements(&[self.at_once(), 4], 8)?];
        elements(&[plane + sums + ROOM, 4], 1)
    }

    /// The sizes of the input with its padding.
    fn padded(&self) -> [usize; 3] {
        let [depth, height, width] = &self.problem.geometry.axes;
        [depth, height, width].map(|axis| axis.lo + axis.input + axis.hi)
    }

    /// # Safety
    /// The operands hold what the problem says.
    pub unsafe fn depthwise(&self, operands: &Operands, share: Share, products: Products) {
        let [depth, height, width] = &self.problem.geometry.axes;
        let (fours, end) = (self.sizes.groups.div_ceil(4), self.end(operands));
        let columns = pack::columns(&self.problem.geometry);
        let [_, high, wide] = self.padded();
        let line = 4 * wide;
        let kernel = |products| {
            row_kernel(products, [depth.kernel, height.kernel], [width.kernel, width.dilation, width.stride])
        };
        let is_three =
            [height, width].iter().all(|axis| (axis.kernel, axis.dilation, axis.stride) == (3, 1, 1));
        let is_three = is_three && depth.kernel == 1;
        let judgements = self.judgements(operands, fours, 16 * columns);
        let rows = depth.output * height.output;
        let at_once = self.at_once() / width.output;
        let sums: *mut i32 = operands.pointer::<u8>(6).wrapping_add(share.part * self.scratch).cast();
        let plane: *mut u8 = sums.wrapping_add(4 * self.at_once() + ROOM / 2).cast();
        // SAFETY: the caller's guarantee; the scratch memory holds sums, a plane with its padding, and room behind both.
        unsafe {
            plane.write_bytes(self.x_zero, 4 * (product(&self.padded()) + ROOM / 2));
            for item in share.range(self.problem.batch * fours) {
                let four = item % fours;
                let (x, mut copied) = (operands.pointer::<u8>(0).add(item * self.planes().0), 0);
                let y = self.place(operands.pointer(5), item / fours, 4 * four);
                let own = products.exact(judgements.add(four).read());
                let (kernel, two) = (kernel(own), two_rows(own).filter(|_| is_three));
                let weights =
                    core::slice::from_raw_parts(operands.pointer::<[u8; 16]>(1).add(four * columns), columns);
                let bias = I32x4::load(operands.pointer::<i32>(2).add(4 * four));
                let of_row = |row: usize, sums: *mut i32| {
                    let (od, oh) = (row / height.output, row % height.output);
                    let start = (od * depth.stride * high + oh * height.stride) * line;
                    Row {
                        x: plane.add(start),
                        depth: (depth.kernel, depth.dilation * high * line),
                        height: (height.kernel, height.dilation * line),
                        width: (width.kernel, width.dilation, width.stride),
                        weights,
                        bias,
                        outputs: width.output,
                        sums,
                    }
                };
                for first in (0..rows).step_by(at_once) {
                    let last = rows.min(first + at_once);
                    let seen = self.rows_seen(last);
                    self.copy(x, plane, copied..seen);
                    copied = seen;
                    let mut row = first;
                    while row < last {
                        let now = of_row(row, sums.add(4 * (row - first) * width.output));
                        match two {
                            Some(two) if row + 1 < last && (row + 1) % height.output > 0 => {
                                two(&now);
                                row += 2;
                            }
                            _ => {
                                kernel(&now);
                                row += 1;
                            }
                        }
                    }
                    let scale = operands.pointer::<f32>(3).add(4 * four);
                    let (count, channels) = ((last - first) * width.output, self.sizes.groups - 4 * four);
                    end.store_all(sums, scale, y.add(4 * first * width.output), count, channels.min(4));
                }
            }
        }
    }

    /// Pixels of whole rows, two at least, whose sums a depthwise kernel leaves at once.
    fn at_once(&self) -> usize {
        let width = self.problem.geometry.axes[2].output;
        product(&[(AT_ONCE / width).max(2) / 2 * 2, width])
    }

    /// How many rows of the input the first `count` rows of outputs see: of a volume all.
    fn rows_seen(&self, count: usize) -> usize {
        let [depth, height, _] = &self.problem.geometry.axes;
        let beyond = (count - 1) * height.stride + (height.kernel - 1) * height.dilation + 1;
        if depth.input == 1 && depth.output == 1 {
            beyond.saturating_sub(height.lo).min(height.input)
        } else {
            depth.input * height.input
        }
    }

    /// Rows of a plane of words into the middle of its padding.
    ///
    /// # Safety
    /// x is a plane of the input, y one with its padding.
    unsafe fn copy(&self, x: *const u8, y: *mut u8, rows: Range<usize>) {
        let [depth, height, width] = &self.problem.geometry.axes;
        let [_, high, wide] = self.padded();
        for row in rows {
            let (d, h) = (row / height.input + depth.lo, row % height.input + height.lo);
            // SAFETY: the caller's guarantee.
            unsafe {
                let from = x.add(4 * row * width.input);
                let to = y.add(4 * ((d * high + h) * wide + width.lo));
                copy_words(from, to, width.input);
            }
        }
    }
}

/// Copies words; a call of memory.copy would take longer than most rows.
///
/// # Safety
/// So many words can be read, and written.
#[inline(always)]
unsafe fn copy_words(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if count < 4 {
            for i in 0..count {
                to.cast::<u32>().add(i).write_unaligned(from.cast::<u32>().add(i).read_unaligned());
            }
            return;
        }
        let mut i = 0;
        while i + 4 < count {
            U8x16::load(from.add(4 * i)).store(to.add(4 * i));
            i += 4;
        }
        let last = 4 * (count - 4);
        U8x16::load(from.add(last)).store(to.add(last));
    }
}
