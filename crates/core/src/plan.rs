//! Which algorithm computes a convolution, how its weights are packed and how much scratch memory each part needs.
//!
//! A pure function of the problem. Each algorithm says whether it accepts, and what it is estimated to cost (`crate::cost`); the
//! cheapest is taken. The general GEMM accepts everything.

use crate::enumeration::{enumeration, Enumeration};
use crate::fault::{Code, Fault};
use crate::geometry::{all_fit, elements, Axis, Geometry};
use crate::kernels::gemm::{MR, NR};
use crate::kernels::winograd::{CHUNK, PAD, PATCHES_STEP, POSITIONS, WEIGHTS_STEP};
use crate::simd::LANES;

/// A convolution: `x [batch, groups * ci, d, h, w]`, `w [groups * co, ci, kd, kh, kw]`, `y [batch, groups * co, ...]`.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    pub batch: usize,
    pub groups: usize,
    /// Input channels per group.
    pub ci: usize,
    /// Output channels per group.
    pub co: usize,
    pub geometry: Geometry,
}

impl Problem {
    /// # Errors
    /// `TooLarge` when a tensor exceeds 2^31 - 1 bytes, `BadInstruction` without a group.
    pub fn new(batch: usize, groups: usize, ci: usize, co: usize, geometry: Geometry) -> Result<Self, Fault> {
        if groups == 0 {
            return Err(Fault::new(Code::BadInstruction, [0; 3]));
        }
        // Each product by itself: a zero elsewhere does not excuse it.
        let (input, output, taps) = (geometry.input(), geometry.output(), geometry.taps());
        all_fit(&[[groups, co], [groups, ci], [ci, taps], [batch, output]])?;
        all_fit(&[
            [batch, groups, ci, input],
            [batch, groups, co, output],
            [groups, co.next_multiple_of(MR), ci, taps],
        ])?;
        Ok(Self { batch, groups, ci, co, geometry })
    }

    /// Terms of each output's sum.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.ci * self.geometry.taps()
    }

    /// Output positions of the whole batch.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.batch * self.geometry.output()
    }
}

enumeration! {
    /// 0 means: choose.
    pub enum Algorithm {
        Gemm = 1,
        Pointwise,
        Depthwise,
        Winograd,
        Direct,
    }
}

impl Algorithm {
    /// Of equal ones the first is taken.
    const ORDER: [Algorithm; 5] =
        [Algorithm::Pointwise, Algorithm::Depthwise, Algorithm::Winograd, Algorithm::Direct, Algorithm::Gemm];

    /// # Errors
    /// `BadInstruction` for a number that is no algorithm's.
    pub fn from_number(number: u32) -> Result<Algorithm, Fault> {
        let unknown = Fault::new(Code::BadInstruction, [number as i32, 0, 0]);
        Self::at(number.wrapping_sub(1)).ok_or(unknown)
    }

    /// Whether it can compute the problem.
    #[inline(never)]
    #[must_use]
    pub fn accepts(self, problem: &Problem) -> bool {
        match self {
            Algorithm::Gemm => true,
            Algorithm::Pointwise => problem.geometry.is_identity(),
            Algorithm::Depthwise => problem.ci == 1,
            Algorithm::Winograd => is_three_by_three(&problem.geometry),
            Algorithm::Direct => problem.geometry.taps() > 1 && Band::new(problem).is_some(),
        }
    }

    /// Whether the plan may choose it; `exact`: it may not round where the definition does not. Few channels gain little by
    /// Winograd's transforms, and keep their exact sums.
    fn is_eligible(self, problem: &Problem, exact: bool) -> bool {
        let winograd = !exact && (16..=WINOGRAD_CHANNELS).contains(&problem.ci) && problem.co >= 16;
        self.accepts(problem) && (self != Algorithm::Winograd || winograd)
    }

    /// The one that is forced where it accepts, else the one that is estimated to take the least time.
    fn choose(problem: &Problem, forced: u32, exact: bool) -> Algorithm {
        if let Some(forced) = Self::from_number(forced).ok().filter(|forced| forced.accepts(problem)) {
            return forced;
        }
        let mut best = (Algorithm::Gemm, f32::INFINITY);
        for each in Self::ORDER {
            if each.is_eligible(problem, exact) {
                let cost = each.cost(problem);
                if cost < best.1 {
                    best = (each, cost);
                }
            }
        }
        best.0
    }
}

/// A kernel of 3x3 over one plane at stride 1.
fn is_three_by_three(geometry: &Geometry) -> bool {
    let [depth, height, width] = geometry.axes;
    let fits = |axis: &Axis| (axis.kernel, axis.stride) == (3, 1);
    depth.is_identity() && depth.input == 1 && fits(&height) && fits(&width)
}

/// Along an axis: phases of the dilation, whose outputs are as far apart and read the same elements; and patches of four
/// outputs in each, as many as in the longest.
#[must_use]
pub fn winograd_grid(axis: &Axis) -> (usize, usize) {
    let phases = axis.dilation.min(axis.output);
    (phases, axis.output.div_ceil(axis.dilation).div_ceil(4))
}

/// Patches of four by four outputs.
pub(crate) fn winograd_patches(problem: &Problem) -> usize {
    let [_, height, width] = &problem.geometry.axes;
    let along = |axis| {
        let (phases, patches) = winograd_grid(axis);
        phases * patches
    };
    problem.batch * along(height) * along(width)
}

/// Tiles of four patches in a block.
pub(crate) fn winograd_tiles(problem: &Problem) -> usize {
    let patches = winograd_patches(problem).div_ceil(MR);
    let tile = (POSITIONS * PATCHES_STEP).saturating_mul(problem.ci.div_ceil(CHUNK));
    let most = (WINOGRAD_BLOCK / tile.max(1)).clamp(1, WINOGRAD_TILES);
    patches.div_ceil(patches.div_ceil(most).max(1)).max(1)
}

/// Tiles of patches of a block, at most; a block has one panel of outputs, so its products stay in the first cache.
const WINOGRAD_TILES: usize = 32;
/// Input channels that the plan chooses it for, at most.
const WINOGRAD_CHANNELS: usize = 4096;
/// Elements that a block's transformed input may have: a tile of patches of so many channels.
const WINOGRAD_BLOCK: usize = POSITIONS * PATCHES_STEP * WINOGRAD_CHANNELS.div_ceil(CHUNK);

/// Kernel size and stride of the depthwise kernel that serves a geometry, if one does.
#[must_use]
pub fn strip_kernel(geometry: &Geometry) -> Option<(usize, usize)> {
    let [depth, height, width] = geometry.axes;
    let (kernel, stride) = (width.kernel, width.stride);
    // Strips of four outputs, and vectors of four inputs; outside the row a strip reads less than a kernel.
    let reach = width.output.saturating_sub(1).saturating_mul(stride);
    let fits = width.input >= 4
        && width.output >= 4
        && width.lo < kernel
        && reach < width.lo + width.input
        && depth.is_identity()
        && depth.input == 1
        && (height.kernel, height.stride) == (kernel, stride)
        && (height.dilation, width.dilation) == (1, 1)
        && matches!((kernel, stride), (3 | 5, 1 | 2));
    fits.then_some((kernel, stride))
}

/// Elements of a row of zeros, and of the sums of an output row or a strip before they are finished.
fn strip_scratch(problem: &Problem) -> Result<usize, Fault> {
    let [_, height, width] = problem.geometry.axes;
    elements(&[width.input + height.output.max(width.output.div_ceil(LANES)) * LANES], 4)
}

/// Elements of a band of padded rows, and of one that is needed for a single row of outputs.
const BAND: usize = 1 << 14;
const LARGEST_BAND: usize = 1 << 18;

/// The padded input rows of some rows of outputs, for one group over one plane: `[channel][row][phase][column]`, where a
/// row's element `p` is column `p / stride` of phase `p % stride`. So neighbouring outputs read neighbouring columns.
#[derive(Clone, Copy, Debug)]
pub struct Band {
    /// Rows of outputs, at most.
    pub rows: usize,
    pub phases: usize,
    pub columns: usize,
    /// Elements from a channel to the next.
    pub plane: usize,
}

impl Band {
    /// Where rows hold four outputs, and the padded ones are not too long.
    #[inline(never)]
    #[must_use]
    pub fn new(problem: &Problem) -> Option<Band> {
        let [depth, height, width] = problem.geometry.axes;
        let phases = width.stride.min(width.extent());
        let columns = width.output + (width.extent() - 1) / width.stride;
        let row = elements(&[problem.ci, phases, columns], 4).ok()?;
        let fits = depth.is_identity()
            && depth.input == 1
            && width.output >= LANES
            && problem.ci > 0
            && elements(&[row, height.extent()], 4).ok()? <= LARGEST_BAND;
        if !fits {
            return None;
        }
        let rows = (BAND / row.max(1)).saturating_sub(height.extent()) / height.stride + 1;
        let rows = height.output.div_ceil(height.output.div_ceil(rows));
        let plane = ((rows - 1) * height.stride + height.extent()) * phases * columns;
        Some(Band { rows, phases, columns, plane })
    }

    /// Elements of scratch memory: the inputs, their offsets and the windows.
    fn scratch(&self, problem: &Problem) -> usize {
        let windows = self.rows * problem.geometry.axes[2].output.div_ceil(LANES) + 1;
        problem.ci * self.plane + problem.depth() + 2 * windows
    }
}

/// What [`Plan::new`] decided.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub algorithm: Algorithm,
    /// Bytes of scratch memory per part.
    pub scratch: usize,
    /// Elements of the packed weights.
    pub packed: usize,
    /// Panels of a block of pixels, and row tiles of a block of outputs.
    pub panels: usize,
    pub tiles: usize,
}

impl Plan {
    /// `forced` is an [`Algorithm`]'s number; where that one does not accept, or for 0, the plan chooses.
    ///
    /// # Errors
    /// `TooLarge` when the scratch memory would exceed 2^31 - 1 bytes.
    pub fn new(problem: &Problem, forced: u32, exact: bool) -> Result<Plan, Fault> {
        let algorithm = Algorithm::choose(problem, forced, exact);
        let depth = problem.depth();
        match algorithm {
            Algorithm::Depthwise => Ok(Plan {
                algorithm,
                scratch: 4 * strip_kernel(&problem.geometry).map_or(Ok(0), |_| strip_scratch(problem))?,
                packed: problem.groups * problem.co * depth,
                panels: 0,
                tiles: 0,
            }),
            Algorithm::Winograd => {
                let Problem { groups, ci, co, .. } = *problem;
                let tile = elements(&[POSITIONS * PATCHES_STEP, ci.div_ceil(CHUNK)], 4)?;
                let panels = winograd_tiles(problem);
                let others = POSITIONS * (panels * MR * NR + PAD + WEIGHTS_STEP);
                Ok(Plan {
                    algorithm,
                    scratch: 4 * elements(&[elements(&[panels, tile], 4)? + others], 4)?,
                    packed: groups * co.next_multiple_of(MR) * depth,
                    panels,
                    tiles: 1,
                })
            }
            Algorithm::Direct => Ok(Plan {
                algorithm,
                scratch: 4 * Band::new(problem).map_or(0, |band| band.scratch(problem)),
                packed: problem.groups * problem.co.next_multiple_of(MR) * depth,
                panels: 0,
                tiles: 0,
            }),
            Algorithm::Gemm | Algorithm::Pointwise => {
                let (panels, tiles) = blocks(problem);
                Ok(Plan {
                    algorithm,
                    scratch: 4 * elements(&[panels, NR, depth], 4)?,
                    packed: problem.groups * problem.co.next_multiple_of(MR) * depth,
                    panels,
                    tiles,
                })
            }
        }
    }
}

/// Elements of packed pixels that a block may have: with the weights of 64 outputs they stay in a 1 MB L2.
const BLOCK: usize = 1 << 17;
/// Weights below this many elements stay in the cache whatever the order of the blocks.
const SMALL_WEIGHTS: usize = 1 << 16;
/// Panels of a block: 64 pixels.
const PANELS: usize = 8;
/// Row tiles of a block: 64 outputs.
const TILES: usize = 16;

/// Panels and row tiles of a block. Results do not depend on them.
fn blocks(problem: &Problem) -> (usize, usize) {
    let depth = problem.depth().max(1);
    let all_panels = problem.pixels().div_ceil(NR);
    let mut panels = (BLOCK / (depth * NR)).clamp(1, PANELS);
    if depth * problem.co <= SMALL_WEIGHTS {
        // Enough blocks for several parts.
        panels = panels.min(all_panels / PANELS).max(1);
    }
    let all_tiles = problem.co.div_ceil(MR).max(1);
    let tiles = all_tiles.div_ceil(all_tiles.div_ceil(TILES));
    (panels.min(all_panels.max(1)), tiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{AxisRequest, Rule};

    /// `[input, kernel, stride, dilation, lo, hi]`, the same for height and width.
    fn square([input, kernel, stride, dilation, lo, hi]: [i32; 6]) -> Geometry {
        let axis = AxisRequest { input, kernel, stride, dilation, lo, hi };
        let unit = AxisRequest { input: 1, kernel: 1, stride: 1, dilation: 1, lo: 0, hi: 0 };
        Geometry::new([unit, axis, axis], Rule::default()).unwrap()
    }

    fn plan(groups: usize, ci: usize, co: usize, axes: [i32; 6]) -> Plan {
        Plan::new(&Problem::new(1, groups, ci, co, square(axes)).unwrap(), 0, false).unwrap()
    }

    #[test]
    fn each_kind_of_problem_finds_its_algorithm() {
        assert_eq!(plan(1, 8, 8, [16, 3, 1, 1, 1, 1]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 3, 64, [224, 7, 2, 1, 3, 3]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 16, 8, [16, 3, 2, 1, 1, 1]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 256, 256, [28, 3, 2, 1, 1, 1]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(1, 8, 8, [5, 3, 1, 1, 0, 0]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(1, 8, 8, [16, 1, 1, 1, 0, 0]).algorithm, Algorithm::Pointwise);
        assert_eq!(plan(1, 8, 8, [16, 1, 2, 1, 0, 0]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(8, 1, 1, [16, 3, 1, 1, 1, 1]).algorithm, Algorithm::Depthwise);
        assert_eq!(plan(8, 1, 1, [16, 1, 3, 1, 0, 0]).algorithm, Algorithm::Depthwise);
        assert_eq!(plan(1, 1, 32, [28, 7, 1, 1, 3, 3]).algorithm, Algorithm::Direct);
    }

    #[test]
    fn winograd_is_chosen_where_it_pays() {
        let chosen = |size: i32, channels: usize, exact: bool| {
            let problem = Problem::new(1, 1, channels, channels, square([size, 3, 1, 1, 1, 1])).unwrap();
            Plan::new(&problem, 0, exact).unwrap().algorithm
        };
        assert_eq!(chosen(56, 64, false), Algorithm::Winograd);
        assert_eq!(chosen(7, 512, false), Algorithm::Winograd);
        assert_eq!(chosen(2, 16, false), Algorithm::Gemm);
        assert_eq!(chosen(56, 8, false), Algorithm::Direct);
        assert_ne!(chosen(56, 64, true), Algorithm::Winograd);
        assert_ne!(chosen(56, 15, false), Algorithm::Winograd);
    }

    #[test]
    fn a_forced_algorithm_that_does_not_accept_is_passed_over() {
        let problem = Problem::new(1, 1, 8, 8, square([3, 3, 1, 1, 1, 1])).unwrap();
        for forced in [2, 3, 5, 99] {
            assert_eq!(Plan::new(&problem, forced, false).unwrap().algorithm, Algorithm::Gemm);
        }
        let pointwise = Problem::new(1, 1, 8, 8, square([16, 1, 1, 1, 0, 0])).unwrap();
        assert_eq!(Plan::new(&pointwise, 1, false).unwrap().algorithm, Algorithm::Gemm);
    }

    #[test]
    fn scratch_memory_is_bounded() {
        assert_eq!(plan(1, 24, 24, [64, 1, 1, 1, 0, 0]).scratch, 8 * 8 * 24 * 4);
        assert!(plan(1, 2048, 512, [14, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert!(plan(1, 4096, 16, [224, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert!(plan(1, 8192, 16, [14, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert_eq!(plan(1, 64, 4, [400, 9, 1, 1, 4, 4]).algorithm, Algorithm::Direct);
        assert!(plan(1, 64, 4, [400, 9, 1, 1, 4, 4]).scratch <= 3 << 20);
        assert_eq!(plan(1, 64, 4, [512, 9, 1, 1, 4, 4]).algorithm, Algorithm::Gemm);
        assert!(plan(96, 1, 1, [256, 3, 1, 1, 1, 1]).scratch <= 1 << 16);
        assert_eq!(plan(96, 1, 1, [256, 3, 1, 1, 0, 0]).scratch, (256 + 4 * 254) * 4);
        assert_eq!(plan(96, 1, 1, [3, 3, 1, 1, 1, 1]).scratch, 0);
    }

    #[test]
    fn sizes_beyond_the_limit_are_refused_also_beside_a_zero() {
        let geometry = square([16, 3, 1, 1, 1, 1]);
        for [batch, groups, ci, co] in [
            [usize::MAX, 1, 1, 0],
            [0, usize::MAX, 1, 1],
            [0, 1, usize::MAX, 0],
            [0, 1, 0, usize::MAX],
            [1 << 10, 1, 1 << 12, 1],
            [1, 1 << 14, 1 << 13, 1 << 10],
        ] {
            let fault = Problem::new(batch, groups, ci, co, geometry).unwrap_err();
            assert_eq!(fault.code, Code::TooLarge, "{batch} {groups} {ci} {co}");
        }
    }
}
