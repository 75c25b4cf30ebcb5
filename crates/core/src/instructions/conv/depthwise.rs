//! Depthwise convolution, with any channel multiplier: each output plane is one input plane under one kernel.
//!
//! Items of the share are output planes. Kernels 3x3 and 5x5 at strides of 1 and 2 go strip by strip; everything else goes
//! row by row and tap by tap.

use super::algorithm::{Convolve, Layout, Plan};
use super::{Conv, Places, Problem, Share};
use crate::fault::Fault;
use crate::geometry::{elements, Geometry};
use crate::kernels::depthwise::{self, Plane, Strips, Window, EDGES};
use crate::kernels::tile::{Epilogue, Tile};
use crate::simd::LANES;

pub struct Depthwise;

impl Convolve for Depthwise {
    const LAYOUT: Layout = Layout::Rows;

    fn accepts(problem: &Problem) -> bool {
        problem.ci == 1
    }

    fn packs(ci: usize, _: [usize; 3]) -> bool {
        ci == 1
    }

    fn cost(problem: &Problem, _: bool) -> f32 {
        let taps = problem.geometry.taps() as f32;
        let strided = problem.geometry.axes[2].stride > 1;
        let planes = problem.groups as f32 * problem.co as f32;
        let (rows, lanes) = problem.rows();
        let outputs = planes * (rows * lanes) as f32;
        if strip_kernel(&problem.geometry).is_some() {
            let strips = (problem.batch * lanes / LANES) as f32;
            let each = if strided { 110.0 } else { 60.0 };
            return outputs * taps * each + planes * (strips * 5700.0 + 16e3);
        }
        let each = if strided { 600.0 } else { 270.0 };
        outputs * (taps * each + 1300.0) + planes * rows as f32 * (taps * 200.0 + 20e3)
    }

    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
        plan.scratch = 4 * strip_kernel(&problem.geometry).map_or(Ok(0), |_| strip_scratch(problem))?;
        Ok(())
    }

    unsafe fn run(conv: &Conv, places: &Places, share: Share) {
        let problem = &conv.problem;
        let geometry = &problem.geometry;
        let (taps, volume) = (geometry.taps(), geometry.output());
        let channels = problem.groups * problem.co;
        let [_, height, width] = &geometry.axes;
        let strips = strip_kernel(geometry).map(|kernel| {
            // Where blocks of seven rows are not whole, or make more than a fifth of them twice.
            let low = kernel == (3, 1, 1)
                && (height.output < 7 || 5 * height.output.next_multiple_of(7) > 6 * height.output)
                && width.output <= LANES * EDGES;
            // Blocks of three rows take up to 1.3 times as long for each of their rows.
            let by_three =
                |block| 10 * height.output.next_multiple_of(block) > 13 * height.output.next_multiple_of(3);
            let run = match kernel {
                (3, 1, 1) if low => depthwise::strips::<3, 1, 1, 3>,
                (3, 1, 1) if by_three(7) => depthwise::rows::<3, 1, 3, 5>,
                (3, 1, 1) => depthwise::rows::<3, 1, 7, 9>,
                (3, _, 1) => depthwise::rows::<3, 2, 4, 9>,
                (3, 1, _) => depthwise::strips::<3, 1, 2, 3>,
                (3, ..) => depthwise::strips::<3, 2, 2, 2>,
                (_, 1, 1) if by_three(4) => depthwise::rows::<5, 1, 3, 7>,
                (_, 1, 1) => depthwise::rows::<5, 1, 4, 8>,
                (_, _, 1) => depthwise::rows::<5, 2, 3, 9>,
                (_, 1, _) => depthwise::strips::<5, 1, 2, 5>,
                _ => depthwise::strips::<5, 2, 2, 3>,
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
                tile.columns = width.output;
                tile.plane = tile.columns;
                tile.room = volume;
                if let Some((run, strips)) = &strips {
                    tile.rows = height.output;
                    let (zeros, scratch) = (places.scratch.cast_const(), places.scratch.add(width.input));
                    run(&Plane { x, weights, height, width, strips, zeros, scratch }, &tile, &conv.epilogue);
                } else {
                    tile.rows = 1;
                    rows(&Window { geometry, interior: interior.clone(), x, weights }, &tile, &conv.epilogue);
                    conv.epilogue.finish(tile.y, volume, tile.slope);
                }
            }
        }
    }
}

/// Kernel size, and strides down the rows and along a row, of the depthwise kernel that serves a geometry, if one does.
fn strip_kernel(geometry: &Geometry) -> Option<(usize, usize, usize)> {
    let [depth, height, width] = geometry.axes;
    let kernel = width.kernel;
    // Strips of four outputs, and vectors of four inputs; outside the row a strip reads less than a kernel.
    let reach = width.output.saturating_sub(1).saturating_mul(width.stride);
    let fits = width.input >= 4
        && width.output >= 4
        && width.lo < kernel
        && reach < width.lo + width.input
        && depth.is_identity()
        && depth.input == 1
        && height.kernel == kernel
        && (height.dilation, width.dilation) == (1, 1)
        && matches!((kernel, height.stride, width.stride), (3 | 5, 1 | 2, 1 | 2));
    fits.then_some((kernel, height.stride, width.stride))
}

/// Elements of a row of zeros, and of the sums of an output row or a strip before they are finished.
fn strip_scratch(problem: &Problem) -> Result<usize, Fault> {
    let [_, height, width] = problem.geometry.axes;
    elements(&[width.input + height.output.max(width.output.div_ceil(LANES)) * LANES], 4)
}

/// One output plane, row by row.
///
/// # Safety
/// As [`Window::row`], for each row.
unsafe fn rows(window: &Window, tile: &Tile, epilogue: &Epilogue) {
    let [depth, height, width] = &window.geometry.axes;
    for row in 0..depth.output * height.output {
        // SAFETY: the row is inside the output plane.
        unsafe {
            let mut part = tile.right(row * width.output);
            part.room = width.output;
            window.row(row / height.output, row % height.output, &part, epilogue);
        }
    }
}
