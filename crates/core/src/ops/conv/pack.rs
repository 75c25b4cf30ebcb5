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

    /// One row tile: output channels `first..first + rows`.
    ///
    /// # Safety
    /// `w` holds the rows' weights, `packed` the tile's `depth * MR` elements.
    unsafe fn tile(&self, w: *const f32, rows: usize, packed: *mut f32) {
        let (ci, taps) = (self.0.problem.ci, self.0.problem.geometry.taps());
        for tap in 0..taps {
            let from = if self.0.flip { taps - 1 - tap } else { tap };
            for c in 0..ci {
                for row in 0..MR {
                    // SAFETY: `(row, c, from)` is inside the weights where `row < rows`, the place inside the tile.
                    unsafe {
                        let value = if row < rows {
                            w.add((row * ci + c) * taps + from).read()
                        } else {
                            0.0
                        };
                        packed.add((tap * ci + c) * MR + row).write(value);
                    }
                }
            }
        }
    }

    /// The planes of depthwise kernels.
    ///
    /// # Safety
    /// Both operands hold the kernels of `channels`.
    unsafe fn planes(&self, w: *const f32, packed: *mut f32, channels: core::ops::Range<usize>) {
        let taps = self.0.problem.geometry.taps();
        for channel in channels {
            for tap in 0..taps {
                let from = if self.0.flip { taps - 1 - tap } else { tap };
                // SAFETY: `channel` and both taps exist.
                unsafe {
                    packed
                        .add(channel * taps + tap)
                        .write(w.add(channel * taps + from).read())
                };
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
        if self.0.plan.algorithm == Algorithm::Depthwise {
            // SAFETY: the caller guarantees both operands, the share is of their channels.
            unsafe { self.planes(w, packed, share.range(problem.groups * problem.co)) };
            return Ok(());
        }
        let (depth, tiles) = (problem.depth(), problem.co.div_ceil(MR));
        for item in share.range(problem.groups * tiles) {
            let (group, first) = (item / tiles, item % tiles * MR);
            let rows = (problem.co - first).min(MR);
            // SAFETY: the row and the tile exist in their operands.
            unsafe {
                let row = (group * problem.co + first) * depth;
                self.tile(w.add(row), rows, packed.add(item * depth * MR));
            }
        }
        Ok(())
    }
}
