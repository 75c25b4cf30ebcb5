//! The order in which a dense convolution of bytes goes through its output pixels: by sixes, and runs of these.

use crate::geometry::{Axis, Geometry};
use crate::kernels::integer::{Pixels, PIXELS};

/// The output pixels in sixes.
pub struct Walk<'a> {
    geometry: &'a Geometry,
    /// One row: all pixels lie as the input's do.
    is_flat: bool,
    /// Each row by itself, its last six overlapping those before.
    by_row: bool,
    /// Sixes.
    pub count: usize,
    /// Taps along three axes, and bytes from one to the next.
    pub taps: [(usize, usize); 3],
}

impl<'a> Walk<'a> {
    pub fn new(geometry: &'a Geometry) -> Walk<'a> {
        let [depth, height, width] = &geometry.axes;
        let line = 4 * width.input;
        let taps = [
            (depth.kernel, depth.dilation * height.input * line),
            (height.kernel, height.dilation * line),
            (width.kernel, 4 * width.dilation),
        ];
        let is_flat = geometry.is_identity();
        let whole = geometry.output();
        let in_row = width.output.div_ceil(PIXELS);
        // What is computed twice must be less than what pixels of several rows cost.
        let by_row = !is_flat && width.output >= PIXELS && 6 * in_row * PIXELS <= 7 * width.output;
        let count = if by_row { depth.output * height.output * in_row } else { whole.div_ceil(PIXELS) };
        Walk { geometry, is_flat, by_row, count, taps }
    }

    /// Where an output pixel's first tap lies, in bytes.
    pub fn place(&self, pixel: usize) -> usize {
        let [depth, height, width] = &self.geometry.axes;
        let at = |axis: &Axis, output: usize| output * axis.stride;
        let (row, ow) = (pixel / width.output, pixel % width.output);
        let (od, oh) = (row / height.output, row % height.output);
        4 * ((at(depth, od) * height.input + at(height, oh)) * width.input + at(width, ow))
    }

    /// Six number `index`.
    pub fn six(&self, index: usize) -> Six {
        let width = &self.geometry.axes[2];
        let whole = self.geometry.output();
        let count = whole.min(PIXELS);
        if self.by_row {
            let in_row = width.output.div_ceil(PIXELS);
            let start = (index % in_row * PIXELS).min(width.output - PIXELS);
            return self.side_by_side(index / in_row * width.output + start);
        }
        let first = (index * PIXELS).min(whole - count);
        if count == PIXELS && (self.is_flat || first % width.output + PIXELS <= width.output) {
            return self.side_by_side(first);
        }
        let place = self.place(first);
        // Those that there are not are the last.
        let places = core::array::from_fn(|p| self.place((first + p).min(whole - 1)) - place);
        Six { place, places, pixels: Pixels::Any, pixel: first, count }
    }

    /// Six pixels of a row.
    fn side_by_side(&self, first: usize) -> Six {
        let stride = self.geometry.axes[2].stride;
        let pixels = match stride {
            1 => Pixels::Neighbours,
            2 => Pixels::Seconds,
            _ => Pixels::Any,
        };
        let places = core::array::from_fn(|p| 4 * p * stride);
        Six { place: self.place(first), places, pixels, pixel: first, count: PIXELS }
    }
}

/// Six pixels, or a run of sixes: where the first lies in x and the others from there, how, which output is the first, and how
/// many there are.
#[derive(Clone, Copy)]
pub struct Six {
    pub place: usize,
    pub places: [usize; PIXELS],
    pub pixels: Pixels,
    pub pixel: usize,
    pub count: usize,
}

impl Six {
    /// Takes the next six into the run, where they go on as these do.
    pub fn is_joined(&mut self, next: &Six) -> bool {
        let step = match self.pixels {
            Pixels::Neighbours => 4,
            Pixels::Seconds => 8,
            Pixels::Any => return false,
        };
        let is_next = next.pixels == self.pixels
            && next.pixel == self.pixel + self.count
            && next.place == self.place + step * self.count;
        self.count += if is_next { next.count } else { 0 };
        is_next
    }
}

impl Default for Six {
    fn default() -> Six {
        Six { place: 0, places: [0; PIXELS], pixels: Pixels::Any, pixel: 0, count: 0 }
    }
}
