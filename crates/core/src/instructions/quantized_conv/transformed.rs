//! A 3x3 convolution whose window goes by one, by Winograd's method on integers, where the engine has no dot product of bytes:
//! a panel of tiles is transformed, then each eight outputs' weights, and both are multiplied place by place. Tiles go in pairs, two
//! rows of four pixels; the last of a row, and of a column, overlap those before.

use super::QuantizedConv;
use crate::instructions::{product, Operands, Share};
use crate::kernels::integer::winograd::{
    multiply, store, transform_pixels, transform_weights, MOST_CHANNELS, PLACES, TILES,
};
use crate::kernels::integer::OUTPUTS;

/// With fewer channels, and outputs, transforming takes longer than it saves.
const LEAST: usize = 8;

impl QuantizedConv {
    /// Whether it can be done so, and pays.
    pub fn is_transformed(&self) -> bool {
        let [depth, height, width] = &self.problem.geometry.axes;
        let is_plain = |size: usize, axis: &crate::geometry::Axis| {
            (axis.kernel, axis.stride, axis.dilation) == (size, 1, 1)
        };
        let is_three = is_plain(3, height) && is_plain(3, width) && depth.input == 1 && depth.kernel == 1;
        let fits = height.output >= 2 && width.output >= 4 && !self.sizes.is_depthwise();
        let (ci, co) = (self.sizes.ci, self.sizes.co);
        is_three && fits && (LEAST..=MOST_CHANNELS).contains(&ci) && co >= LEAST
    }

    /// Tiles of a panel, so that it stays in the second cache.
    fn panel(&self) -> usize {
        if self.sizes.fours().0 > 32 {
            4 * TILES
        } else {
            8 * TILES
        }
    }

    /// Elements of a panel, of transformed weights, and of the sums of both.
    fn areas(&self) -> [usize; 3] {
        let (tiles, fours) = (self.panel(), self.sizes.fours().0);
        [[tiles, fours, 4], [OUTPUTS, fours, 4], [tiles, OUTPUTS, 1]].map(|area| PLACES * product(&area))
    }

    /// Bytes of all.
    pub fn transformed_scratch(&self) -> usize {
        let [panel, weights, sums] = self.areas();
        2 * (panel + weights) + 4 * sums
    }

    /// # Safety
    /// The operands hold what the problem says, and the scratch memory what this says.
    pub unsafe fn transformed(&self, operands: &Operands, share: Share) {
        let [_, height, width] = &self.problem.geometry.axes;
        let (across, down) = (width.output.div_ceil(4), height.output.div_ceil(2));
        let (fours, room) = (self.sizes.fours().0, self.panel());
        let (pairs, of_panel) = (across * down, room / 2);
        let panels = pairs.div_ceil(of_panel);
        let (input, line) = (self.planes().0, 4 * width.input);
        let [panel_size, weights_size, _] = self.areas();
        let panel: *mut i16 = operands.pointer::<u8>(6).wrapping_add(share.part * self.scratch).cast();
        let weights = panel.wrapping_add(panel_size);
        let sums: *mut i32 = weights.wrapping_add(weights_size).cast();
        // The first pixel of a pair's outputs.
        let place = |pair: usize| {
            let (row, column) = (2 * (pair / across), 4 * (pair % across));
            (row.min(height.output - 2), column.min(width.output - 4))
        };
        for item in share.range(self.problem.batch * self.problem.groups * panels) {
            let (image, first) = (item / panels, item % panels * of_panel);
            let count = of_panel.min(pairs - first);
            // SAFETY: the caller's guarantee; image, pairs and outputs exist.
            unsafe {
                let x = operands.pointer::<u8>(0).add(image * fours * input);
                for pair in 0..count {
                    let (row, column) = place(first + pair);
                    let mut x = x.add(row * line + 4 * column);
                    for four in 0..fours {
                        let to = panel.add(4 * (four * room + 2 * pair));
                        transform_pixels(x, line, to, 4 * fours * room);
                        x = x.wrapping_add(input);
                    }
                }
                for tile in 0..self.sizes.tiles() {
                    let of = self.outputs_of(operands, image, tile);
                    transform_weights(of.weights, fours, weights);
                    for at in 0..PLACES {
                        let (weights, panel) =
                            (weights.add(at * weights_size / PLACES), panel.add(at * panel_size / PLACES));
                        for tile in (0..2 * count).step_by(TILES) {
                            let to = sums.add((at * room + tile) * OUTPUTS);
                            multiply(weights, panel.add(4 * tile), fours, 4 * room, to);
                        }
                    }
                    for pair in 0..count {
                        let (row, column) = place(first + pair);
                        let pixel = row * width.output + column;
                        for half in 0..of.outputs.div_ceil(4) {
                            let y = of.y.add(half * of.next + 4 * pixel);
                            store(
                                sums.add(2 * pair * OUTPUTS + 4 * half),
                                room * OUTPUTS,
                                [of.bias.add(4 * half), of.scale.add(4 * half).cast()],
                                &of.ends[half],
                                [y, y.add(4 * width.output)],
                                (of.outputs - 4 * half).min(4),
                            );
                        }
                    }
                }
            }
        }
    }
}
