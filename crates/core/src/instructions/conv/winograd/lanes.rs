//! Where four patches of the input lie, which take the lanes of a vector, and which of their elements are inside.

use super::{outputs_of, Patches, REACH};
use crate::geometry::Axis;
use crate::kernels::winograd::Inside;
use crate::simd::{I32x4, LANES};

/// Four patches of the input; beyond the last of the batch the last again.
pub struct Lanes {
    /// Where they begin, from the start of their group's channel in the first image.
    pub places: [isize; LANES],
    pub inside: Inside,
    /// The starts of channels where all that is read lies inside x.
    from: isize,
    until: isize,
    /// Elements from a patch's row to the next, and from column to column.
    steps: [usize; 2],
    /// Rows and columns that are inside the input.
    pub rows: [(usize, usize); LANES],
    pub columns: [(usize, usize); LANES],
    /// Rows and columns of outputs, and where the first of them lies in the first output channel.
    pub outputs: [[usize; LANES]; 2],
    pub starts: [usize; LANES],
}

impl Lanes {
    pub fn new(all: &Patches, group: usize, first: usize) -> Lanes {
        let problem = &all.conv.problem;
        let [_, height, width] = problem.geometry.axes;
        let plane = problem.geometry.input();
        let part = |axis: &Axis, start: usize| {
            let before = |position: usize| position.saturating_sub(start).div_ceil(axis.dilation).min(REACH);
            let from = before(axis.lo);
            (from, before(axis.input + axis.lo).max(from))
        };
        let (mut places, mut rows, mut columns) = ([0; LANES], [(0, 0); LANES], [(0, 0); LANES]);
        let (mut outputs, mut starts) = ([[0; LANES]; 2], [0; LANES]);
        for lane in 0..LANES {
            let (image, top, left) = all.place((first + lane).min(all.patches - 1));
            rows[lane] = part(&height, top);
            columns[lane] = part(&width, left);
            (outputs[0][lane], outputs[1][lane]) = (outputs_of(&height, top), outputs_of(&width, left));
            starts[lane] =
                image * problem.groups * problem.co * problem.geometry.output() + top * width.output + left;
            let start = (image * problem.groups + group) * problem.ci * plane;
            places[lane] = start as isize
                + (top as isize - height.lo as isize) * width.input as isize
                + (left as isize - width.lo as isize);
        }
        let within = |ranges: [(usize, usize); LANES]| -> [_; REACH] {
            let low = I32x4::from_array(ranges.map(|(from, _)| from as i32));
            let length = I32x4::from_array(ranges.map(|(from, to)| (to - from) as i32));
            core::array::from_fn(|at| I32x4::splat(at as i32).sub(low).below(length))
        };
        let (down, across) = (within(rows), within(columns));
        let inside = down.map(|row| across.map(|column| row.and(column)));
        let length = (problem.batch * problem.groups * problem.ci * plane) as isize;
        let reach = ((REACH - 1) * width.input + REACH) as isize;
        // Patches whose elements lie apart are copied.
        let least = if (height.dilation, width.dilation) == (1, 1) { 0 } else { isize::MAX };
        let from = places.iter().fold(least, |most: isize, place| most.max(-place));
        let until = places.iter().fold(isize::MAX, |least, place| least.min(length - reach - place + 1));
        let steps = [height.dilation * width.input, width.dilation];
        Lanes { places, inside, from, until, steps, rows, columns, outputs, starts }
    }

    /// Whether all that is read of the channel that begins `start` elements from the first one lies inside x, and side by side.
    #[inline(always)]
    pub fn lie_inside(&self, start: usize) -> bool {
        (self.from..self.until).contains(&(start as isize))
    }

    /// Copies what is inside of a patch in the channel that begins at `x`.
    ///
    /// # Safety
    /// The channel exists.
    #[inline(never)]
    pub unsafe fn copy(&self, lane: usize, x: *const f32, copy: &mut [f32; REACH * REACH]) {
        for row in self.rows[lane].0..self.rows[lane].1 {
            for column in self.columns[lane].0..self.columns[lane].1 {
                let place = self.places[lane] + (row * self.steps[0] + column * self.steps[1]) as isize;
                // SAFETY: this element of the patch is inside the input.
                copy[row * REACH + column] = unsafe { *x.offset(place) };
            }
        }
    }
}
