//! QUANTIZED PACK: signed bytes of weights as the tiles read them, and what follows the sum.
//!
//! Params: groups, ci, co, 3 kernel sizes, the zero point of x, the steps of x and y (floats), flags: 1 the weights have a step
//! for each output, 2 the bias is float32. Operands: w `[groups * co, ci, taps]`, its steps, the bias (of steps of x and w, or
//! float32); the packed weights, and behind them a byte for each part, as [`judged`] gives it; the bias less what
//! the zero point adds, and a step of the sum in steps of y.
//! Weights of uint8 have the zero point 128.

use super::{Sizes, MOST_TERMS};
use crate::fault::Fault;
use crate::geometry::{elements, Geometry};
use crate::instructions::dtype::Dtype;
use crate::instructions::sample::Sample;
use crate::instructions::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::kernels::integer::{judged, OUTPUTS};
use crate::simd::F32x4;

const WEIGHTS: &[Dtype] = &[Dtype::I8, Dtype::U8];
const ONE_STEP_EACH: u32 = 1;
const FLOAT_BIAS: u32 = 2;

pub const ENTRY: Entry = Entry::new(
    "quantized pack",
    "weights, steps, bias? -> packed, sums, scale",
    WEIGHTS,
    |params| Ok(Planned::new(QuantizedPack::new(params)?)),
    Sample::new(&[1, 6, 5, 1, 3, 3, 7, 0x3f00_0000, 0x3e80_0000, 3], &[68, 5, 5, 145, 8, 8]).of(WEIGHTS),
);

/// Vectors of a depthwise kernel of four channels.
pub fn columns(geometry: &Geometry) -> usize {
    let [depth, height, width] = &geometry.axes;
    of_kernel([depth.kernel, height.kernel, width.kernel])
}

fn of_kernel([depth, height, width]: [usize; 3]) -> usize {
    depth * height.div_ceil(4) * width
}

struct QuantizedPack {
    sizes: Sizes,
    kernel: [usize; 3],
    zero: i32,
    x_step: f32,
    y_step: f32,
    flags: u32,
    /// What is added to a byte of w.
    flip: u8,
    packed: usize,
}

impl QuantizedPack {
    fn new(params: &mut Params) -> Result<QuantizedPack, Fault> {
        let [groups, ci, co] = params.array().map(|word| word as usize);
        let kernel = params.array().map(|word| word as usize);
        let zero = params.below(256) as i32;
        let (x_step, y_step, flags) = (params.f32(), params.f32(), params.below(4));
        let sizes = Sizes { groups, ci, co };
        let taps = params.elements(&kernel, 1);
        let terms = params.elements(&[ci, taps], 1);
        params.elements(&[groups, co, ci, taps], 1);
        let (parts, each) = if sizes.is_depthwise() {
            (groups.div_ceil(4), params.elements(&[kernel[0], kernel[1].div_ceil(4), kernel[2], 16], 1))
        } else {
            (elements(&[groups, sizes.tiles()], 1)?, elements(&[taps, sizes.fours().0, 4 * OUTPUTS], 1)?)
        };
        let packed = params.elements(&[parts, each + 1], 1);
        if !sizes.fits() || terms > MOST_TERMS || groups == 0 {
            params.refuse(ci as u32);
        }
        params.check()?;
        let flip = if params.dtype == Dtype::U8 { 0x80 } else { 0 };
        Ok(QuantizedPack { sizes, kernel, zero, x_step, y_step, flags, flip, packed })
    }

    fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// The weights of an output, of one of its channels.
    ///
    /// # Safety
    /// w holds what the sizes say; output, channel and tap exist.
    unsafe fn weight(&self, operands: &Operands, output: usize, channel: usize, tap: usize) -> u8 {
        let place = (output * self.sizes.ci + channel) * self.taps() + tap;
        // SAFETY: the caller's guarantee.
        unsafe { operands.pointer::<u8>(0).add(place).read() ^ self.flip }
    }

    /// What follows the sum of an output, at `place`.
    ///
    /// # Safety
    /// As [`QuantizedPack::weight`].
    unsafe fn finish(&self, operands: &Operands, output: Option<usize>, place: usize) {
        let (mut sum, mut scale) = (0i32, 0.0);
        if let Some(output) = output {
            // SAFETY: the caller's guarantee.
            unsafe {
                let steps = operands.pointer::<f32>(1);
                let step = steps.add(if self.flags & ONE_STEP_EACH > 0 { output } else { 0 }).read();
                let step = self.x_step * step;
                scale = step / self.y_step;
                let bias = operands.pointer::<i32>(2);
                if !bias.is_null() {
                    sum = bias.add(output).read();
                    if self.flags & FLOAT_BIAS > 0 {
                        let rounded = F32x4::splat(f32::from_bits(sum as u32) / step).nearest();
                        sum = rounded.to_i32().to_array()[0];
                    }
                }
                for channel in 0..self.sizes.ci {
                    for tap in 0..self.taps() {
                        let weight = i32::from(self.weight(operands, output, channel, tap) as i8);
                        sum = sum.wrapping_sub(self.zero * weight);
                    }
                }
            }
        }
        // SAFETY: the caller's guarantee.
        unsafe {
            operands.pointer::<i32>(4).add(place).write(sum);
            operands.pointer::<f32>(5).add(place).write(scale);
        }
    }

    /// Writes what can be said of a part of the packed weights.
    ///
    /// # Safety
    /// The part is packed.
    unsafe fn judge(&self, operands: &Operands, parts: usize, part: usize, pairs: &[[usize; 2]]) {
        let (packed, each) = (operands.pointer::<u8>(3), self.packed / parts - 1);
        // SAFETY: the caller's guarantee.
        unsafe {
            let own = core::slice::from_raw_parts(packed.add(part * each), each);
            packed.add(parts * each + part).write(judged(own, pairs));
        }
    }

    /// # Safety
    /// The operands hold what the sizes say.
    unsafe fn dense(&self, operands: &Operands, share: Share) {
        let Sizes { ci, co, groups } = self.sizes;
        let (tiles, fours, taps) = (self.sizes.tiles(), self.sizes.fours().0, self.taps());
        for item in share.range(groups * tiles) {
            let (group, tile) = (item / tiles, item % tiles);
            let output = |o: usize| (tile * OUTPUTS + o < co).then_some(group * co + tile * OUTPUTS + o);
            let mut at = operands.pointer::<u8>(3).wrapping_add(item * taps * fours * 4 * OUTPUTS);
            for tap in 0..taps {
                for place in 0..fours * OUTPUTS * 4 {
                    let (four, o, c) = (place / (4 * OUTPUTS), place / 4 % OUTPUTS, place % 4);
                    let channel = 4 * four + c;
                    // SAFETY: the caller's guarantee.
                    unsafe {
                        let weight = match output(o) {
                            Some(output) if channel < ci => self.weight(operands, output, channel, tap),
                            _ => 0,
                        };
                        at.write(weight);
                        at = at.add(1);
                    }
                }
            }
            // SAFETY: the caller's guarantee.
            unsafe { self.judge(operands, groups * tiles, item, &[[0, 1], [2, 3]]) };
            for o in 0..OUTPUTS {
                // SAFETY: the caller's guarantee.
                unsafe { self.finish(operands, output(o), item * OUTPUTS + o) };
            }
        }
    }

    /// # Safety
    /// The operands hold what the sizes say.
    unsafe fn depthwise(&self, operands: &Operands, share: Share) {
        let [depth, height, width] = self.kernel;
        for item in share.range(self.sizes.groups.div_ceil(4)) {
            let channel = |c: usize| (4 * item + c < self.sizes.groups).then_some(4 * item + c);
            let mut at = operands.pointer::<u8>(3).wrapping_add(item * of_kernel(self.kernel) * 16);
            for d in 0..depth {
                for group in 0..height.div_ceil(4) {
                    for w in 0..width {
                        for place in 0..16 {
                            let row = 4 * group + place % 4;
                            let tap = (d * height + row) * width + w;
                            // SAFETY: the caller's guarantee.
                            unsafe {
                                let weight = match channel(place / 4) {
                                    Some(output) if row < height => self.weight(operands, output, 0, tap),
                                    _ => 0,
                                };
                                at.write(weight);
                                at = at.add(1);
                            }
                        }
                    }
                }
            }
            // Two rows of outputs are computed with weights one row further down.
            // SAFETY: the caller's guarantee.
            unsafe { self.judge(operands, self.sizes.groups.div_ceil(4), item, &[[0, 1], [2, 3], [1, 2]]) };
            for c in 0..4 {
                // SAFETY: the caller's guarantee.
                unsafe { self.finish(operands, channel(c), 4 * item + c) };
            }
        }
    }
}

impl Instruction for QuantizedPack {
    fn extents(&self) -> Extents {
        let Sizes { groups, ci, co } = self.sizes;
        let (channels, ends) = (groups * co, 4 * self.sizes.ends());
        let steps = if self.flags & ONE_STEP_EACH > 0 { channels } else { 1 };
        let weights = product(&[channels, ci, self.taps()]);
        Extents::bytes(&[weights, 4 * steps, 4 * channels, self.packed, ends, ends])
    }

    fn packed(&self) -> usize {
        self.packed
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.sizes.is_depthwise() {
                self.depthwise(operands, share);
            } else {
                self.dense(operands, share);
            }
        }
        Ok(())
    }
}
