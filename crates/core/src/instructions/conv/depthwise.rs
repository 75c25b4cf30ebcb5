//! Depthwise convolution, with any channel multiplier: each output plane is one input plane under one kernel.
//!
//! Items of the share are output planes. Kernels 3x3 and 5x5 at stride 1 and 2 go strip by strip; everything else goes
//! row by row and tap by tap.

use super::{Conv, Places, Share};
use crate::kernels::depthwise::{self, Plane, Strips, Window, EDGES};
use crate::kernels::tile::{Finish, Tile};
use crate::plan::strip_kernel;
use crate::simd::LANES;

/// # Safety
/// The places hold what the problem says.
pub unsafe fn run(conv: &Conv, places: &Places, share: Share) {
    let problem = &conv.problem;
    let geometry = &problem.geometry;
    let (taps, volume) = (geometry.taps(), geometry.output());
    let channels = problem.groups * problem.co;
    let [_, height, width] = &geometry.axes;
    let strips = strip_kernel(geometry).map(|kernel| {
        // Where blocks of seven rows are not whole, or make more than a fifth of them twice.
        let low = kernel == (3, 1)
            && (height.output < 7 || 5 * height.output.next_multiple_of(7) > 6 * height.output)
            && width.output <= LANES * EDGES;
        let run = match kernel {
            (3, 1) if low => depthwise::strips::<3, 1, 3>,
            (3, 1) => depthwise::rows::<3, 7, 9>,
            (3, _) => depthwise::strips::<3, 2, 2>,
            (_, 1) => depthwise::rows::<5, 4, 8>,
            _ => depthwise::strips::<5, 2, 3>,
        };
        // SAFETY: the scratch memory holds a row.
        unsafe { places.scratch.write_bytes(0, width.input) };
        (run, Strips::new(width, low))
    });
    let interior = width.interior();
    for item in share.range(problem.batch * channels) {
        let (image, channel) = (item / channels, item % channels);
        let source = (image * problem.groups + channel / problem.co) * geometry.input();
        // SAFETY: plane `source` of x, kernel `channel` of the weights and plane `item` of y exist.
        unsafe {
            let x = places.x.add(source);
            let weights = places.weights.add(channel * taps);
            let mut tile = places.tile(item * volume, channel);
            let finish = conv.finish.of_row(tile.slope);
            tile.columns = width.output;
            tile.plane = tile.columns;
            tile.room = volume;
            if let Some((run, strips)) = &strips {
                tile.rows = height.output;
                let (zeros, scratch) = (places.scratch.cast_const(), places.scratch.add(width.input));
                run(&Plane { x, weights, height, width, strips, zeros, scratch }, &tile, &finish);
            } else {
                tile.rows = 1;
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
