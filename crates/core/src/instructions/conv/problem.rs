//! What a convolution is asked to compute, and what it takes whatever the algorithm.

use crate::fault::{Code, Fault};
use crate::geometry::{all_fit, Geometry};
use crate::instructions::{product, Extents};
use crate::kernels::gemm::MR;
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

    /// Elements of x.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.batch * self.groups * self.ci * self.geometry.input()
    }

    /// Elements of y.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.batch * self.groups * self.co * self.geometry.output()
    }

    /// Of the gradient of the weights, from dy and x.
    #[must_use]
    pub fn extents_of_gradient(&self) -> Extents {
        let weights = product(&[self.groups, self.co, self.depth()]);
        Extents::words(&[self.outputs(), self.inputs(), weights])
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

impl Problem {
    /// Of so many pixels of each group by row tiles: what a multiply-add takes, packing an input element, finishing an
    /// output, and storing a pixel's outputs where the last row tile is not full.
    #[inline(never)]
    pub(super) fn tiles_cost(
        &self,
        pixels: usize,
        multiply: f32,
        pack: f32,
        finish: f32,
        partly: f32,
    ) -> f32 {
        let (ci, taps) = (self.ci as f32, self.geometry.taps() as f32);
        let rows = self.co.next_multiple_of(MR) as f32;
        let partly = if self.co.is_multiple_of(MR) { 0.0 } else { partly };
        self.groups as f32 * pixels as f32 * (ci * taps * (rows * multiply + pack) + rows * finish + partly)
    }

    /// Rows of outputs of all planes, and outputs of a row in whole vectors.
    pub(super) fn rows(&self) -> (usize, usize) {
        let [depth, height, width] = &self.geometry.axes;
        (self.batch * depth.output * height.output, width.output.next_multiple_of(LANES))
    }
}
