//! A walk through two operands at once: up to eight axes, each with a size and a stride per operand, in the order in
//! which its elements are numbered. Who asks for a range of these numbers gets it in pieces of the last axis.

use super::Params;
use crate::fault::{Code, Fault};
use crate::geometry::elements;
use core::ops::Range;

const MAX_RANK: usize = 8;

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
        let rank = params.usize()?;
        if rank > MAX_RANK {
            return Err(Fault::new(Code::BadInstruction, [rank as i32, 0, 0]));
        }
        let mut walk = Walk { rank: 0, axes: [WalkAxis::default(); MAX_RANK], count: 0 };
        let mut sizes = [1; MAX_RANK];
        let mut reach = [0i64; 2];
        for size in sizes.iter_mut().take(rank) {
            *size = params.usize()?;
            let strides = [params.i32()? as isize, params.i32()? as isize];
            for (reach, stride) in reach.iter_mut().zip(strides) {
                // At most eight products of 31 and 32 bits: their sum stays below 2^63 if each is cut to 2^59.
                let distance = size.saturating_sub(1).min(i32::MAX as usize) as i64;
                *reach += (distance * (stride as i64).abs()).min(1 << 59);
            }
            if *size != 1 {
                walk.axes[walk.rank] = WalkAxis { size: *size, strides };
                walk.rank += 1;
            }
        }
        walk.count = elements(&sizes, bytes)?;
        if walk.count > 0 && reach.iter().any(|&reach| reach > i64::from(i32::MAX) / bytes as i64) {
            return Err(Fault::new(Code::TooLarge, [0; 3]));
        }
        Ok(walk)
    }

    #[must_use]
    pub fn axes(&self) -> &[WalkAxis] {
        &self.axes[..self.rank]
    }

    /// Puts the axes in descending order of the second operand's strides.
    pub fn sort(&mut self) {
        let axes = &mut self.axes[..self.rank];
        // Insertion: eight axes at most, and the standard sort is ten times this code.
        for i in 1..axes.len() {
            let mut at = i;
            while at > 0 && axes[at - 1].strides[1].unsigned_abs() < axes[at].strides[1].unsigned_abs() {
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

    /// Visits the elements of `range` in their order: `visit(first element's offsets, elements)`, one piece of a row
    /// at a time.
    pub fn pieces(&self, range: Range<usize>, visit: &mut dyn FnMut([isize; 2], usize)) {
        if range.is_empty() {
            return;
        }
        let row = self.row();
        let outer = self.rank.saturating_sub(1);
        let mut index = [0; MAX_RANK];
        let mut start = [0; 2];
        let mut rest = range.start / row.size;
        for d in (0..outer).rev() {
            let WalkAxis { size, strides } = self.axes[d];
            index[d] = rest % size;
            rest /= size;
            start[0] += index[d] as isize * strides[0];
            start[1] += index[d] as isize * strides[1];
        }
        let mut column = range.start % row.size;
        let mut left = range.len();
        loop {
            let len = left.min(row.size - column);
            let skip = column as isize;
            visit([start[0] + skip * row.strides[0], start[1] + skip * row.strides[1]], len);
            left -= len;
            if left == 0 {
                return;
            }
            column = 0;
            for d in (0..outer).rev() {
                let WalkAxis { size, strides } = self.axes[d];
                index[d] += 1;
                start[0] += strides[0];
                start[1] += strides[1];
                if index[d] < size {
                    break;
                }
                index[d] = 0;
                start[0] -= size as isize * strides[0];
                start[1] -= size as isize * strides[1];
            }
        }
    }
}
