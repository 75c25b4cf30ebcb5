//! Pointwise convolution: each output reads its own pixel. The GEMM over one flat axis, whose panels are copies.

use super::algorithm::{Convolve, Layout, Plan};
use super::{gemm, Conv, Places, Problem, Share};
use crate::fault::Fault;
use crate::geometry::{Axis, Geometry};

pub struct Pointwise;

impl Convolve for Pointwise {
    const LAYOUT: Layout = Layout::Tiles;

    fn accepts(problem: &Problem) -> bool {
        problem.geometry.is_identity()
    }

    fn cost(problem: &Problem, _: bool) -> f32 {
        gemm::cost(problem, 140.0)
    }

    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
        gemm::plan(problem, plan)
    }

    unsafe fn run(conv: &Conv, places: &Places, share: Share) {
        let plane = conv.problem.geometry.input();
        let flat = Axis { input: plane, output: plane, ..Axis::UNIT };
        // SAFETY: the caller's guarantee.
        unsafe { gemm::run(conv, places, share, &Geometry { axes: [Axis::UNIT, Axis::UNIT, flat] }) }
    }
}
