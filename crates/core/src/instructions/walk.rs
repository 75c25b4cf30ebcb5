//! A walk through two operands at once: up to eight axes, each with a size and a stride per operand, in the order in
//! which its elements are numbered. Who asks for a range of these numbers gets it in pieces of the last axis.

use super::Params;
use crate::fault::{Code, Fault};
use crate::geometry::distance;
use core::ops::Range;

/// The most axes that a walk has.
pub const MAX_RANK: usize = 8;

/// Elements, not bytes; a stride may be 0 (the same element again) or negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalkAxis {
    pub size: usize,
    pub strides: [isize; 2],
}

#[derive(Clone, Copy, Debug)]
pub struct Walk {
    rank: usize,
    axes: [WalkAxis; MAX_RANK],
    pub count: usize,
}

impl Walk {
    /// Reads a rank and per axis (size, stride, stride); axes of size 1 are dropped.
    ///
    /// # Errors
    /// `BadInstruction` for a rank above 8, `TooLarge` when the elements or an operand's reach exceed 2^31 - 1 bytes.
    pub fn decode(params: &mut Params, bytes: usize) -> Result<Walk, Fault> {
        let rank = params.below(MAX_RANK as u32 + 1) as usize;
        let mut walk = Walk { rank: 0, axes: [WalkAxis::default(); MAX_RANK], count: 0 };
        let mut sizes = [1; MAX_RANK];
        let mut reach = [0i64; 2];
        for size in sizes.iter_mut().take(rank) {
            *size = params.usize();
            let strides = params.array::<2>().map(|stride| stride as i32 as isize);
            for (reach, stride) in reach.iter_mut().zip(strides) {
                *reach += distance(*size, stride).abs();
            }
            if *size != 1 {
                walk.axes[walk.rank] = WalkAxis { size: *size, strides };
                walk.rank += 1;
            }
        }
        walk.count = params.elements(&sizes, bytes);
        params.check()?;
        if walk.count > 0 && reach.iter().any(|&reach| reach > i64::from(i32::MAX) / bytes as i64) {
            return Err(Fault::new(Code::TooLarge, [0; 3]));
        }
        Ok(walk)
    }

    /// Reads the two offsets of a walk's first element.
    ///
    /// # Errors
    /// `TooLarge` for more than 2^31 - 1 bytes.
    pub fn offsets(params: &mut Params, bytes: usize) -> Result<[isize; 2], Fault> {
        let offsets = params.array::<2>().map(|offset| offset as i32 as isize);
        params.check()?;
        if offsets.iter().any(|offset| offset.unsigned_abs() > i32::MAX as usize / bytes) {
            return Err(Fault::new(Code::TooLarge, [0; 3]));
        }
        Ok(offsets)
    }

    #[must_use]
    pub fn axes(&self) -> &[WalkAxis] {
        &self.axes[..self.rank]
    }

    /// Bytes of both operands from their addresses to behind all that is reached from these offsets; `usize::MAX` where that
    /// begins before an address.
    #[inline(never)]
    #[must_use]
    pub fn extents(&self, offsets: [isize; 2], bytes: usize) -> [usize; 2] {
        [0, 1].map(|operand| {
            if self.count == 0 {
                return 0;
            }
            let (mut low, mut high) = (offsets[operand] as i64, offsets[operand] as i64);
            for axis in self.axes() {
                let distance = distance(axis.size, axis.strides[operand]);
                low += distance.min(0);
                high += distance.max(0);
            }
            if low < 0 {
                return usize::MAX;
            }
            usize::try_from((high + 1).saturating_mul(bytes as i64)).unwrap_or(usize::MAX)
        })
    }

    /// Puts the axes in descending order of an operand's strides.
    pub fn sort(&mut self, operand: usize) {
        let axes = &mut self.axes[..self.rank];
        let stride = |axis: &WalkAxis| axis.strides[operand].unsigned_abs();
        // Insertion: eight axes at most, and the standard sort is ten times this code.
        for i in 1..axes.len() {
            let mut at = i;
            while at > 0 && stride(&axes[at - 1]) < stride(&axes[at]) {
                axes.swap(at - 1, at);
                at -= 1;
            }
        }
    }

    /// Makes one axis of two neighbours where both operands step evenly through them.
    pub fn merge(&mut self) {
        let mut rank = 0;
        for i in 0..self.rank {
            let axis = self.axes[i];
            let size = axis.size as isize;
            if rank > 0 {
                let outer = self.axes[rank - 1];
                let [a, b] = axis.strides;
                if outer.strides == [a.wrapping_mul(size), b.wrapping_mul(size)] {
                    self.axes[rank - 1] = WalkAxis { size: outer.size * axis.size, ..axis };
                    continue;
                }
            }
            self.axes[rank] = axis;
            rank += 1;
        }
        self.rank = rank;
    }

    /// Walks every axis forward in the second operand, or in the first where the second stands still; `offsets` are
    /// those of the first elements, and the walk is not empty.
    pub fn straighten(&mut self, offsets: &mut [isize; 2]) {
        for axis in &mut self.axes[..self.rank] {
            let [a, b] = axis.strides;
            if b < 0 || (b == 0 && a < 0) {
                let last = axis.size as isize - 1;
                *offsets = [offsets[0] + last * a, offsets[1] + last * b];
                axis.strides = [-a, -b];
            }
        }
    }

    /// Whether no two elements of the walk may be one element of the second operand, along which it is sorted and which is
    /// not empty.
    #[must_use]
    pub fn is_injective(&self) -> bool {
        let mut reach = 0;
        self.axes().iter().rev().all(|axis| {
            let stride = axis.strides[1].unsigned_abs();
            let apart = stride > reach;
            reach += (axis.size - 1) * stride;
            apart
        })
    }

    /// Takes the axes along which the second operand stands still out of the walk, as a walk of their own.
    #[must_use]
    pub fn split_still(&mut self) -> Walk {
        let mut still = Walk { rank: 0, count: 1, ..*self };
        for at in (0..self.rank).rev() {
            if self.axes[at].strides[1] == 0 {
                let axis = self.remove(at);
                still.push(axis);
            }
        }
        still
    }

    /// Puts an axis in the innermost place.
    pub fn push(&mut self, axis: WalkAxis) {
        self.axes[self.rank] = axis;
        self.rank += 1;
        self.count *= axis.size;
    }

    /// Takes an axis out of the walk.
    pub fn remove(&mut self, index: usize) -> WalkAxis {
        let axis = self.axes[index];
        self.axes.copy_within(index + 1..self.rank, index);
        self.rank -= 1;
        self.count = self.count.checked_div(axis.size).unwrap_or(0);
        axis
    }

    /// The innermost axis, around which pieces are made.
    #[must_use]
    pub fn row(&self) -> WalkAxis {
        let unit = WalkAxis { size: 1, strides: [0; 2] };
        self.axes().last().copied().unwrap_or(unit)
    }

    /// The elements of `range` in their order, one piece of a row at a time.
    #[inline(never)]
    #[must_use]
    pub fn pieces(&self, range: Range<usize>) -> Pieces<'_> {
        let mut pieces =
            Pieces { walk: self, index: [0; MAX_RANK], start: [0; 2], column: 0, left: range.len() };
        if range.is_empty() {
            return pieces;
        }
        let row = self.row();
        pieces.column = range.start % row.size;
        let mut rest = range.start / row.size;
        for d in (0..self.rank.saturating_sub(1)).rev() {
            let size = self.axes[d].size;
            pieces.index[d] = rest % size;
            rest /= size;
            pieces.step(d, pieces.index[d] as isize);
        }
        pieces
    }
}

/// What is left of a range of a walk.
pub struct Pieces<'a> {
    walk: &'a Walk,
    index: [usize; MAX_RANK],
    /// Offsets of the row's first element.
    start: [isize; 2],
    column: usize,
    left: usize,
}

impl Pieces<'_> {
    fn step(&mut self, axis: usize, steps: isize) {
        let strides = self.walk.axes[axis].strides;
        self.start[0] += steps * strides[0];
        self.start[1] += steps * strides[1];
    }
}

/// Offsets of the first element, and how many elements of the row follow.
impl Iterator for Pieces<'_> {
    type Item = ([isize; 2], usize);

    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let row = self.walk.row();
        let skip = self.column as isize;
        let first = [self.start[0] + skip * row.strides[0], self.start[1] + skip * row.strides[1]];
        let len = self.left.min(row.size - self.column);
        self.left -= len;
        self.column = 0;
        for d in (0..self.walk.rank.saturating_sub(1)).rev() {
            self.index[d] += 1;
            self.step(d, 1);
            let size = self.walk.axes[d].size;
            if self.index[d] < size {
                break;
            }
            self.index[d] = 0;
            self.step(d, -(size as isize));
        }
        Some((first, len))
    }
}
