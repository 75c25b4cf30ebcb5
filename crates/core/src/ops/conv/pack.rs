//! CONV_PACK: weights `w[g * co, ci, kd, kh, kw]` in the order in which the algorithm of the plan reads them.
//!
//! GEMM: `packed[g][tile][tap][c][MR]`, output channels of a tile side by side, those that are missing zero.
//! Depthwise: `packed[channel][tap]`. `flip` reverses the taps along every axis (the mathematical convolution).

use super::{Conv, Operands, Operator, Params, Share};
use crate::fault::Fault;
use crate::kernels::gemm::MR;
use crate::plan::Algorithm;

/// Operands: w, packed.
pub struct ConvPack(Conv);

impl ConvPack {
    /// Reads the parameters of CONV.
    ///
    /// # Errors
    /// As [`Conv::new`].
    pub fn new(params: &mut Params) -> Result<ConvPack, Fault> {
        Conv::new(params).map(ConvPack)
    }

    /// One output channel: `from[ci][taps]` to `to[taps][ci]`, elements `step` apart.
    ///
    /// # Safety
    /// `from` holds the channel's weights, `to` room for as many; where `from` is null zeros are written.
    #[inline(never)]
    unsafe fn row(&self, from: *const f32, to: *mut f32, step: usize) {
        let (ci, taps) = (self.0.problem.ci, self.0.problem.geometry.taps());
        let last = if self.0.flip { taps - 1 } else { 0 };
        for tap in 0..taps {
            let source = tap.abs_diff(last);
            for c in 0..ci {
                // SAFETY: `(c, source)` is inside the weights, `(tap, c)` inside the packed row.
                unsafe {
                    let value = if from.is_null() { 0.0 } else { from.add(c * taps + source).read() };
                    to.add((tap * ci + c) * step).write(value);
                }
            }
        }
    }
}

impl Operator for ConvPack {
    fn packed(&self) -> usize {
        self.0.plan.packed
    }

    fn algorithm(&self) -> u32 {
        self.0.plan.algorithm as u32
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (w, packed): (*const f32, *mut f32) = (operands.pointer(0), operands.pointer(1));
        let problem = &self.0.problem;
        let depth = problem.depth();
        if self.0.plan.algorithm == Algorithm::Depthwise {
            for channel in share.range(problem.groups * problem.co) {
                // SAFETY: the channel exists in both operands; ci is 1.
                unsafe { self.row(w.add(channel * depth), packed.add(channel * depth), 1) };
            }
            return Ok(());
        }
        let tiles = problem.co.div_ceil(MR);
        for item in share.range(problem.groups * tiles) {
            let (group, first) = (item / tiles, item % tiles * MR);
            for row in 0..MR {
                let channel = first + row;
                // SAFETY: the channel, if it exists, and its place in the tile exist in their operands.
                unsafe {
                    let from = if channel < problem.co {
                        w.add((group * problem.co + channel) * depth)
                    } else {
                        core::ptr::null()
                    };
                    self.row(from, packed.add(item * depth * MR + row), MR);
                }
            }
        }
        Ok(())
    }
}
