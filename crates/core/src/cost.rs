//! What each algorithm is estimated to take: picoseconds of one core of an Intel Xeon at 3.5 GHz. The numbers are a least
//! squares fit of the relative errors to the times that `npm run bench -- choices` prints into its JSON, 2487 convolutions in
//! both variants; only their ratios matter, and they are rounded. What every algorithm pays alike is left out.

use crate::kernels::gemm::{MR, NR};
use crate::kernels::winograd::POSITIONS;
use crate::plan::{strip_kernel, winograd_patches, winograd_tiles, Algorithm, Band, Problem};
use crate::simd::LANES;

impl Algorithm {
    /// The estimate for a problem that it accepts.
    #[inline(never)]
    #[must_use]
    pub fn cost(self, problem: &Problem) -> f32 {
        let [depth, height, width] = &problem.geometry.axes;
        let (groups, ci, co) = (problem.groups as f32, problem.ci as f32, problem.co as f32);
        let taps = problem.geometry.taps() as f32;
        let strided = width.stride > 1;
        // Multiply-adds of whole row tiles; packing and finishing of each pixel; row tiles that are stored in part.
        let tiles = |pixels: usize, multiply: f32, pack: f32, finish: f32, partly: f32| {
            let rows = problem.co.next_multiple_of(MR) as f32;
            let partly = if problem.co.is_multiple_of(MR) { 0.0 } else { partly };
            groups * pixels as f32 * (ci * taps * (rows * multiply + pack) + rows * finish + partly)
        };
        // Rows of outputs of all planes, in whole vectors.
        let rows = problem.batch * depth.output * height.output;
        let lanes = width.output.next_multiple_of(LANES);
        match self {
            Algorithm::Gemm | Algorithm::Pointwise => {
                let pixels = problem.pixels().next_multiple_of(NR);
                let pack = match self {
                    Algorithm::Pointwise => 140.0,
                    _ if strided => 400.0,
                    _ => 240.0,
                };
                tiles(pixels, 40.0, pack, 300.0, 7000.0) + groups * 240e3
            }
            Algorithm::Direct => {
                let Some(band) = Band::new(problem) else { return f32::INFINITY };
                let bands = groups * (problem.batch * height.output.div_ceil(band.rows)) as f32;
                tiles(rows * lanes, 42.0, 0.0, 125.0, 6000.0)
                    + bands * (ci * band.plane as f32 * 310.0 + 35e3)
            }
            Algorithm::Winograd => {
                let patches = winograd_patches(problem).next_multiple_of(MR);
                let blocks = patches.div_ceil(MR * winograd_tiles(problem)) as f32;
                let (patches, co) = (patches as f32, problem.co.next_multiple_of(NR) as f32);
                // Patches of a dilated kernel are copied, and their outputs stored one by one.
                let apart = if (height.dilation, width.dilation) == (1, 1) { 1.0 } else { 2.0 };
                let transforms = apart * (ci * 350.0 + co * 480.0);
                let positions = patches * (ci * co * 46.0 + transforms) + blocks * ci * co * 90.0;
                groups * (POSITIONS as f32 * positions + 80e3)
            }
            Algorithm::Depthwise => {
                let planes = groups * co;
                let outputs = planes * (rows * lanes) as f32;
                if strip_kernel(&problem.geometry).is_some() {
                    let strips = (problem.batch * lanes / LANES) as f32;
                    let each = if strided { 110.0 } else { 60.0 };
                    return outputs * taps * each + planes * (strips * 5700.0 + 16e3);
                }
                let each = if strided { 600.0 } else { 270.0 };
                outputs * (taps * each + 1300.0) + planes * rows as f32 * (taps * 200.0 + 20e3)
            }
        }
    }
}
