//! Sums of a row of a depthwise convolution: four channels, four pixels at a time. Four rows of the kernel are one column of
//! bytes, which one dot product takes; a kernel of more rows has more such columns, one of fewer has weights of 0.

use super::{Dots, Pairs, Products, Signed, Way, Wide};
use crate::simd::{I32x4, U8x16};

/// What a row reads and writes.
pub struct Row<'a> {
    /// The first output's word under the first tap.
    pub x: *const u8,
    /// Taps along depth and height, and bytes from one to the next.
    pub depth: (usize, usize),
    pub height: (usize, usize),
    /// Taps along the width, words from one to the next, and words from an output to the next.
    pub width: (usize, usize, usize),
    /// `[depth][height / 4][width][channel][row]`.
    pub weights: &'a [[u8; 16]],
    pub bias: I32x4,
    pub outputs: usize,
    /// Four for each output.
    pub sums: *mut i32,
}

/// Rows of a kernel that are multiplied at once.
pub const ROWS: usize = 4;

/// Computes a row.
///
/// # Safety
/// All that it says can be read and written, beyond the last pixel that a window holds sixteen words more be read, and beyond the
/// last sums those of three outputs more be written.
pub type RowKernel = unsafe fn(&Row);

/// The kernel for so many taps along depth and height, and taps, distance of taps and of outputs along the width; called by its
/// address, as those of tiles.
#[must_use]
pub fn row_kernel(products: Products, [depth, height]: [usize; 2], width: [usize; 3]) -> RowKernel {
    let is_one = depth == 1 && height <= ROWS;
    match (width, products) {
        ([3, 1, 1], Products::Dots) if is_one => slide::<Dots, 3, 1, 2>,
        ([3, 1, 2], Products::Dots) if is_one => slide::<Dots, 3, 2, 3>,
        ([5, 1, 1], Products::Dots) => blocks::<Dots, 5, 1, 2>,
        ([5, 1, 2], Products::Dots) => blocks::<Dots, 5, 2, 3>,
        (_, Products::Dots) => gather::<Dots>,
        ([3, 1, 1], Products::Signed) if is_one => slide::<Signed, 3, 1, 2>,
        ([3, 1, 2], Products::Signed) if is_one => slide::<Signed, 3, 2, 3>,
        ([5, 1, 1], Products::Signed) => blocks::<Signed, 5, 1, 2>,
        (_, Products::Signed) => gather::<Signed>,
        ([3, 1, 1], Products::Pairs) if is_one => slide::<Pairs, 3, 1, 2>,
        ([3, 1, 2], Products::Pairs) if is_one => slide::<Pairs, 3, 2, 3>,
        ([5, 1, 1], Products::Pairs) => blocks::<Pairs, 5, 1, 2>,
        ([3, 1, 1], _) if is_one => slide::<Wide, 3, 1, 2>,
        ([3, 1, 2], _) if is_one => slide::<Wide, 3, 2, 3>,
        ([5, 1, 1], _) => blocks::<Wide, 5, 1, 2>,
        _ => gather::<Wide>,
    }
}

/// The kernel of two rows of a 3x3 window that goes by one, where there is one.
#[must_use]
pub fn two_rows(products: Products) -> Option<RowKernel> {
    match products {
        Products::Dots => Some(two::<Dots>),
        Products::Signed => Some(two::<Signed>),
        Products::Pairs => Some(two::<Pairs>),
        Products::Wide => None,
    }
}

/// # Safety
/// As [`RowKernel`].
unsafe fn slide<W: Way, const K: usize, const S: usize, const B: usize>(row: &Row) {
    // SAFETY: the caller's guarantee.
    unsafe { row.slide::<W, K, S, B>() }
}

/// # Safety
/// As [`RowKernel`]; a further row of outputs lies behind this one.
unsafe fn two<W: Way<Column = U8x16>>(row: &Row) {
    // SAFETY: the caller's guarantee.
    unsafe { row.two::<W>() }
}

/// # Safety
/// As [`RowKernel`].
unsafe fn blocks<W: Way, const K: usize, const S: usize, const B: usize>(row: &Row) {
    // SAFETY: the caller's guarantee.
    unsafe { row.blocks::<W, K, S, B>() }
}

/// # Safety
/// As [`RowKernel`].
unsafe fn gather<W: Way>(row: &Row) {
    // SAFETY: the caller's guarantee.
    unsafe { row.gather::<W>() }
}

/// Fours of pixels that four outputs see.
type Seen<W> = [[<W as Way>::Column; 4]; 3];

impl Row<'_> {
    /// What sums begin with.
    #[inline(always)]
    fn begin<W: Way>(&self) -> I32x4 {
        // SAFETY: the weights are there.
        unsafe { W::begin(self.bias, self.weights.as_ptr().cast(), self.weights.len(), 16) }
    }

    /// The rows of x that belong to a column of the kernel; those that there are not are its last.
    #[inline(always)]
    fn rows(&self, d: usize, group: usize) -> [*const u8; ROWS] {
        let first = self.x.wrapping_add(d * self.depth.1);
        core::array::from_fn(|row| {
            let row = (group * ROWS + row).min(self.height.0 - 1);
            first.wrapping_add(row * self.height.1)
        })
    }

    /// K taps side by side, S words from an output to the next; B fours of pixels are what four outputs see.
    #[inline(always)]
    unsafe fn blocks<W: Way, const K: usize, const S: usize, const B: usize>(&self) {
        let bias = self.begin::<W>();
        for first in (0..self.outputs).step_by(4) {
            let first = self.outputs.saturating_sub(4).min(first);
            let mut sums = [bias; 4];
            let mut weights = self.weights.as_ptr();
            for d in 0..self.depth.0 {
                for group in 0..self.height.0.div_ceil(ROWS) {
                    // SAFETY: the caller's guarantee.
                    unsafe {
                        let seen = Self::seen::<W, B>(moved(self.rows(d, group), first * S));
                        for k in 0..K {
                            let own = W::column_weights(U8x16::load(weights.add(k).cast()));
                            sums = Self::tap::<W, S>(own, &seen, k, sums);
                        }
                        weights = weights.add(K);
                    }
                }
            }
            // SAFETY: the caller's guarantee.
            unsafe { self.store(first, sums) };
        }
    }

    /// A kernel of one column of rows: what the next outputs see as well is not made again.
    #[inline(always)]
    unsafe fn slide<W: Way, const K: usize, const S: usize, const B: usize>(&self) {
        let bias = self.begin::<W>();
        let own: [W::Column; K] = core::array::from_fn(|k| {
            // SAFETY: the kernel has so many columns.
            W::column_weights(unsafe { U8x16::load(self.weights.as_ptr().add(k).cast()) })
        });
        // SAFETY: the caller's guarantee.
        unsafe {
            let mut rows = self.rows(0, 0);
            let mut seen = Self::seen::<W, B>(rows);
            let mut first = 0;
            loop {
                let mut sums = [bias; 4];
                for (k, &own) in own.iter().enumerate() {
                    sums = Self::tap::<W, S>(own, &seen, k, sums);
                }
                self.store(first, sums);
                let next = first + 4;
                if next >= self.outputs {
                    return;
                }
                if next + 4 > self.outputs {
                    first = self.outputs - 4;
                    rows = moved(self.rows(0, 0), first * S);
                    seen = Self::seen::<W, B>(rows);
                    continue;
                }
                first = next;
                rows = moved(rows, 4 * S);
                let [_, b, c] = seen;
                seen = if S == 1 {
                    [b, Self::block::<W>(rows, 1), c]
                } else {
                    [c, Self::block::<W>(rows, 1), Self::block::<W>(rows, 2)]
                };
            }
        }
    }

    /// Two rows of outputs see four rows of x: the same columns of bytes, the weights one row further down.
    #[inline(always)]
    unsafe fn two<W: Way<Column = U8x16>>(&self) {
        let bias = self.begin::<W>();
        let start: [*const u8; ROWS] = core::array::from_fn(|row| self.x.wrapping_add(row * self.height.1));
        // SAFETY: the caller's guarantee.
        unsafe {
            let weights = self.weights.as_ptr();
            let above: [U8x16; 3] = core::array::from_fn(|k| U8x16::load(weights.add(k).cast()));
            let below = above.map(U8x16::one_up);
            let mut rows = start;
            let mut seen = Self::seen::<W, 2>(rows);
            let mut first = 0;
            loop {
                // One after the other, so that the sums of both need not be kept.
                for (row, own) in [above, below].into_iter().enumerate() {
                    let mut sums = [bias; 4];
                    sums = Self::tap::<W, 1>(own[0], &seen, 0, sums);
                    sums = Self::tap::<W, 1>(own[1], &seen, 1, sums);
                    sums = Self::tap::<W, 1>(own[2], &seen, 2, sums);
                    self.store(first + row * self.outputs, sums);
                }
                let next = first + 4;
                if next >= self.outputs {
                    return;
                }
                let [_, b, c] = seen;
                if next + 4 > self.outputs {
                    first = self.outputs - 4;
                    rows = moved(start, first);
                    seen = Self::seen::<W, 2>(rows);
                } else {
                    first = next;
                    rows = moved(rows, 4);
                    seen = [b, Self::block::<W>(rows, 1), c];
                }
            }
        }
    }

    /// Four pixels' columns, block `index` from where the rows are.
    #[inline(always)]
    unsafe fn block<W: Way>(rows: [*const u8; ROWS], index: usize) -> [W::Column; 4] {
        // SAFETY: the caller's guarantee.
        W::columns(rows.map(|row| unsafe { U8x16::load(row.add(16 * index)) }))
    }

    /// Two or three blocks, written out so that they stay in registers.
    #[inline(always)]
    unsafe fn seen<W: Way, const B: usize>(rows: [*const u8; ROWS]) -> Seen<W> {
        // SAFETY: the caller's guarantee.
        unsafe {
            let (a, b) = (Self::block::<W>(rows, 0), Self::block::<W>(rows, 1));
            [a, b, if B == 3 { Self::block::<W>(rows, 2) } else { b }]
        }
    }

    /// Tap k of four outputs.
    #[inline(always)]
    fn tap<W: Way, const S: usize>(own: W::Column, seen: &Seen<W>, k: usize, sums: [I32x4; 4]) -> [I32x4; 4] {
        let [a, b, c, d] = sums;
        let at = |j: usize| seen[(j * S + k) / 4][(j * S + k) % 4];
        [
            W::add_column(own, at(0), a),
            W::add_column(own, at(1), b),
            W::add_column(own, at(2), c),
            W::add_column(own, at(3), d),
        ]
    }

    /// Any kernel: each tap's four pixels are fetched by themselves.
    #[inline(always)]
    unsafe fn gather<W: Way>(&self) {
        let bias = self.begin::<W>();
        let (taps, dilation, stride) = self.width;
        for first in (0..self.outputs).step_by(4) {
            let words: [usize; 4] = core::array::from_fn(|j| 4 * stride * (first + j).min(self.outputs - 1));
            let mut sums = [bias; 4];
            let mut weights = self.weights.as_ptr();
            for d in 0..self.depth.0 {
                for group in 0..self.height.0.div_ceil(ROWS) {
                    let rows = self.rows(d, group);
                    for k in 0..taps {
                        // SAFETY: the caller's guarantee.
                        unsafe {
                            let columns =
                                W::columns(rows.map(|row| U8x16::gather(row.add(4 * k * dilation), words)));
                            let own = W::column_weights(U8x16::load(weights.cast()));
                            for (sum, column) in sums.iter_mut().zip(columns) {
                                *sum = W::add_column(own, column, *sum);
                            }
                            weights = weights.add(1);
                        }
                    }
                }
            }
            // SAFETY: the caller's guarantee.
            unsafe { self.store(first, sums) };
        }
    }

    /// The sums of four outputs from `first` on.
    #[inline(always)]
    unsafe fn store(&self, first: usize, sums: [I32x4; 4]) {
        for (output, sum) in sums.into_iter().enumerate() {
            // SAFETY: the caller's guarantee.
            unsafe { sum.store(self.sums.add(4 * (first + output))) };
        }
    }
}

/// So many words on.
#[inline(always)]
fn moved(rows: [*const u8; ROWS], words: usize) -> [*const u8; ROWS] {
    rows.map(|row| row.wrapping_add(4 * words))
}
