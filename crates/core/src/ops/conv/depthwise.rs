//! Depthwise convolution, with any channel multiplier: each output plane is one input plane under one kernel.
//!
//! Items of the share are output planes. Kernels 3x3 and 5x5 at stride 1 and 2 have their own: columns that lie inside
//! the input are read in place, the others in a zero-padded copy of their band of columns. Planes with the usual
//! padding of 3x3, whole vectors wide, need no copy.
//! Everything else goes row by row and tap by tap.

use super::{Conv, Places, Share};
use crate::geometry::Geometry;
use crate::kernels::depthwise::{self, Band, Window};
use crate::kernels::tile::{Finish, Tile};
use crate::plan::{strip_kernel, Bands};
use crate::simd::F32x4;

/// # Safety
/// The places hold what the problem says.
pub unsafe fn run(conv: &Conv, places: &Places, share: Share) {
    let problem = &conv.problem;
    let geometry = &problem.geometry;
    let (taps, volume) = (geometry.taps(), geometry.output());
    let channels = problem.groups * problem.co;
    let kernel = strip_kernel(geometry);
    let bands = Bands::new(geometry);
    let interior = geometry.axes[2].interior();
    let mut plane = Plane { geometry, bands, x: core::ptr::null(), scratch: places.scratch };
    if bands.elements() > 0 {
        // SAFETY: the scratch memory holds both copies; what is padding in them stays zero.
        unsafe { plane.scratch.write_bytes(0, bands.elements()) };
    }
    for item in share.range(problem.batch * channels) {
        let (image, channel) = (item / channels, item % channels);
        let source = (image * problem.groups + channel / problem.co) * geometry.input();
        // SAFETY: plane `source` of x, kernel `channel` of the weights and plane `item` of y exist.
        unsafe {
            let x = places.x.add(source);
            let weights = places.weights.add(channel * taps);
            let mut tile = places.tile(item * volume, channel);
            let finish = conv.finish.of_row(tile.slope);
            tile.rows = 1;
            tile.columns = geometry.axes[2].output;
            tile.plane = tile.columns;
            tile.room = volume;
            if let Some(kernel) = kernel {
                if plane.x != x {
                    plane.x = x;
                    plane.copy_bands();
                }
                plane.bands(kernel, weights, &tile, &finish);
            } else {
                rows(&Window { geometry, interior: interior.clone(), x, weights }, &tile, &finish);
            }
        }
    }
}

/// One output plane, row by row.
///
/// # Safety
/// As [`Window::row`], for each row.
unsafe fn rows(window: &Window, tile: &Tile, finish: &Finish) {
    let [depth, height, width] = &window.geometry.axes;
    for row in 0..depth.output * height.output {
        // SAFETY: the row is inside the output plane.
        unsafe {
            let mut part = tile.right(row * width.output);
            part.room = width.output;
            window.row(row / height.output, row % height.output, &part, finish);
        }
    }
}

/// An input plane and the copies of its edges.
struct Plane<'a> {
    geometry: &'a Geometry,
    bands: Bands,
    x: *const f32,
    scratch: *mut f32,
}

impl Plane<'_> {
    /// # Safety
    /// `x` is a plane of the geometry, the scratch memory holds the bands.
    unsafe fn copy_bands(&self) {
        let Bands { left_width, right_width, right, rows, .. } = self.bands;
        let lo = self.geometry.axes[2].lo as isize;
        // SAFETY: the caller's guarantee.
        unsafe {
            self.copy(-lo, left_width, self.scratch);
            let first = (right * 4 * self.geometry.axes[2].stride) as isize - lo;
            self.copy(first, right_width, self.scratch.add(left_width * rows));
        }
    }

    /// Copies what lies inside the input of columns `first..first + width` of every row.
    ///
    /// # Safety
    /// As [`Plane::copy_bands`].
    #[inline(never)]
    unsafe fn copy(&self, first: isize, width: usize, to: *mut f32) {
        let input = self.geometry.axes[2].input;
        let skip = (-first).max(0) as usize;
        let from = first.max(0) as usize;
        let count = width.saturating_sub(skip).min(input.saturating_sub(from));
        if count == 0 {
            return;
        }
        for row in 0..self.bands.rows {
            // SAFETY: the columns are inside both rows.
            unsafe { copy_row(self.x.add(row * input + from), to.add(row * width + skip), count) };
        }
    }

    /// One output plane, band by band.
    ///
    /// # Safety
    /// The bands are copied; weights and tile are of this plane's output.
    unsafe fn bands(&self, kernel: (usize, usize), weights: *const f32, tile: &Tile, finish: &Finish) {
        let Bands { left, right, strips, left_width, right_width, rows, bare } = self.bands;
        let [_, height, width] = &self.geometry.axes;
        let run = match kernel {
            (3, 1) => depthwise::rows::<3, 1, 2, 4>,
            (3, _) => depthwise::rows::<3, 2, 1, 3>,
            (_, 1) => depthwise::rows::<5, 1, 2, 6>,
            _ => depthwise::rows::<5, 2, 1, 5>,
        };
        let copies = self.scratch.cast_const();
        let inside = self.x.wrapping_add(left * 4 * width.stride).wrapping_sub(width.lo);
        let bands = [
            (0, left, copies, left_width),
            (left, right, inside, width.input),
            (right, strips, copies.wrapping_add(left_width * rows), right_width),
        ];
        for (first, end, source, pitch) in bands {
            if first == end {
                continue;
            }
            let band = Band { source, pitch, rows: height.input, lo: height.lo, weights, bare };
            // SAFETY: the band's columns exist: in the middle inside the input, the others in their copy.
            unsafe {
                let mut part = tile.right(first * 4);
                part.rows = height.output;
                part.columns = width.output.min(end * 4) - first * 4;
                run(&band, &part, finish);
            }
        }
    }
}

/// # Safety
/// `count` elements, at least one, can be read at `from` and written at `to`.
#[inline(always)]
unsafe fn copy_row(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: whole vectors end at `count` or before; the last one may overlap the one before.
    unsafe {
        if count < 4 {
            return from.copy_to_nonoverlapping(to, count);
        }
        let mut done = 0;
        while done + 4 <= count {
            F32x4::load(from.add(done)).store(to.add(done));
            done += 4;
        }
        F32x4::load(from.add(count - 4)).store(to.add(count - 4));
    }
}
