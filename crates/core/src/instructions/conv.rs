//! CONV: `y = act(conv(x) + bias + residual)`, and CONV_PACK: the weights in the order that its algorithm reads.
//!
//! `conv(x)[n, o, p] = sum over tap k, channel c of x[n, c, p * stride - lo + k * dilation] * w[o, c, k]`, padding
//! being zero. The plan chooses how: each algorithm is a file of its own, and in the list below.

mod algorithm;
mod blocks;
mod depthwise;
mod direct;
pub(super) mod gemm;
mod pack;
mod panel;
mod planes;
mod pointwise;
mod problem;
mod weight_gradient;
mod weight_winograd;
mod winograd;

use self::algorithm::{algorithms, Convolve, Layout};
use super::sample::{window, Sample};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::geometry::{Geometry, Rule};
use crate::instructions::entry::FLOAT;
use crate::kernels::tile::{advance, Epilogue, Tile};

pub use algorithm::Plan;
pub use pack::ConvPack;
pub use problem::Problem;

algorithms! {
    pointwise::Pointwise = 1,
    depthwise::Depthwise,
    winograd::Winograd,
    direct::Direct,
    gemm::Gemm,
}

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "conv",
        "x, weights, bias?, residual?, slope? -> y; scratch",
        FLOAT,
        |params| Ok(Planned::new(Conv::new(params)?)),
        Sample::new(window!(2, 1, 3, 4; 0, 0, 1, 0, 0), &[180, 108, 4, 240, 0, 240]),
    ),
    Entry::new(
        "conv pack",
        "weights -> packed",
        FLOAT,
        |params| Ok(Planned::new(ConvPack::new(params)?)),
        Sample::new(&[1, 3, 4, 1, 3, 3, Algorithm::Gemm as u32, 108, 27, 9, 9, 3, 1, 0], &[108, 108]),
    ),
    weight_gradient::ENTRY,
];

/// Operands of CONV, in their order.
const X: usize = 0;
const WEIGHTS: usize = 1;
const BIAS: usize = 2;
const RESIDUAL: usize = 3;
const SLOPE: usize = 4;
const Y: usize = 5;
const SCRATCH: usize = 6;

/// What the parameters of CONV say, and the plan that follows.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    pub problem: Problem,
    pub plan: Plan,
    epilogue: Epilogue,
}

impl Conv {
    /// Reads `batch, groups, ci, co, 3 axes, algorithm, exact (0, 1), act, p0, p1`.
    ///
    /// # Errors
    /// What [`Geometry::new`], [`Problem::new`] and [`Plan::new`] refuse; `BadInstruction` for what they cannot read.
    pub fn new(params: &mut Params) -> Result<Conv, Fault> {
        let [batch, groups, ci, co] = params.array().map(|word| word as usize);
        let requests = [params.axis(), params.axis(), params.axis()];
        let (forced, exact) = (params.u32(), params.flag());
        let (act, p0, p1) = (params.kind(), params.f32(), params.f32());
        params.check()?;
        let geometry = Geometry::new(requests, Rule::default())?;
        let problem = Problem::new(batch, groups, ci, co, geometry)?;
        let plan = Plan::new(&problem, forced, exact)?;
        let epilogue = Epilogue::new(act, p0, p1)?;
        Ok(Conv { problem, plan, epilogue })
    }

    /// Whether nothing but a clamp follows the sum.
    #[must_use]
    pub fn ends_plainly(&self) -> bool {
        self.epilogue.activation.is_none()
    }

    /// The addresses of CONV's operands.
    fn places(&self, operands: &Operands, share: Share) -> Places {
        let scratch: *mut f32 = operands.pointer(SCRATCH);
        Places {
            x: operands.pointer(X),
            weights: operands.pointer(WEIGHTS),
            bias: operands.pointer(BIAS),
            residual: operands.pointer(RESIDUAL),
            slope: operands.pointer(SLOPE),
            y: operands.pointer(Y),
            scratch: scratch.wrapping_add(share.part * self.plan.scratch / 4),
        }
    }
}

/// The operands of CONV; `bias`, `residual` and `slope` are null where absent, `scratch` is this part's own.
#[derive(Clone, Copy)]
pub struct Places {
    pub x: *const f32,
    pub weights: *const f32,
    pub bias: *const f32,
    pub residual: *const f32,
    pub slope: *const f32,
    pub y: *mut f32,
    pub scratch: *mut f32,
}

impl Places {
    /// The tile whose first element is `y[place]`, of output channel `channel`; its sizes are still to be set.
    ///
    /// # Safety
    /// `place` is inside y, `channel` below the number of output channels.
    unsafe fn tile(&self, place: usize, channel: usize) -> Tile {
        // SAFETY: bias and slope have an element per output channel, the residual has y's shape.
        unsafe {
            Tile {
                y: self.y.add(place),
                residual: advance(self.residual, place),
                bias: advance(self.bias, channel),
                slope: advance(self.slope, channel),
                rows: 0,
                columns: 0,
                plane: 0,
                room: 0,
                wrap: 0,
            }
        }
    }
}

impl Instruction for Conv {
    fn extents(&self) -> Extents {
        let Conv { problem, plan, epilogue } = self;
        let (channels, y) = (problem.groups * problem.co, problem.outputs());
        let extents = Extents::words(&[problem.inputs(), plan.packed, channels, y, channels, y]);
        if epilogue.activation.is_some_and(|activation| activation.needs_slope()) {
            extents.needing(SLOPE)
        } else {
            extents
        }
    }

    fn scratch(&self) -> usize {
        self.plan.scratch
    }

    fn packed(&self) -> usize {
        self.plan.packed
    }

    fn algorithm(&self) -> u32 {
        self.plan.algorithm as u32
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let places = self.places(operands, share);
        // SAFETY: the caller guarantees that the operands hold what the problem says.
        unsafe { self.plan.algorithm.run(self, &places, share) };
        Ok(())
    }
}
