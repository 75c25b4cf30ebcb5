//! QUANTIZED POOL: the largest or the average byte under a window, of fours of channels `[planes, d, h, w, 4]`.
//!
//! Params: kind, planes, 3 axes, and of an average the zero point and step of x, those of y, and whether padding counts. Operands:
//! x, y. Of maxima the bytes are y's as they are; an average is `round(sum of (x - zero) * (step / (count * y's step))) + y's zero`.

use super::dtype::Dtype;
use super::sample::{window, Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::geometry::{Axis, Geometry, Rule};
use crate::kernels::integer::Requantize;
use crate::simd::{F32x4, I32x4, U8x16};
use core::ops::Range;

const BYTES: &[Dtype] = &[Dtype::U8];

enumeration! {
    pub enum Kind {
        Max,
        Average,
        /// The average of the window with its padding, which stands for 0.
        AverageWithPadding,
    }
}

pub const ENTRIES: &[Entry] = &[Entry::new(
    "quantized pool",
    "x -> y",
    BYTES,
    decode,
    Sample::new(window!(1, 3; 0, 128, ONE, 128, ONE), &[90, 90]).of(BYTES),
)];

struct QuantizedPool {
    kind: Kind,
    planes: usize,
    geometry: Geometry,
    x_zero: i32,
    ratio: f32,
    y_zero: u8,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (kind, planes) = (params.kind(), params.usize());
    let requests = [params.axis(), params.axis(), params.axis()];
    let rule = Rule(params.below(4));
    let (x_zero, x_step) = (params.below(256) as i32, params.f32());
    let (y_zero, y_step) = (params.below(256) as u8, params.f32());
    params.check()?;
    let geometry = Geometry::new(requests, rule)?;
    params.elements(&[planes, geometry.input()], 4);
    params.elements(&[planes, geometry.output()], 4);
    // Sums of bytes must fit 32 bits.
    if params.elements(&[geometry.taps()], 256) == 0 {
        params.refuse(0);
    }
    params.check()?;
    Ok(Planned::new(QuantizedPool { kind, planes, geometry, x_zero, ratio: x_step / y_step, y_zero }))
}

/// The inputs of an output along an axis: the first, how many, and how many there are with the padding.
fn seen(axis: &Axis, output: usize) -> (Range<usize>, usize) {
    let start = (output * axis.stride) as isize - axis.lo as isize;
    let step = axis.dilation as isize;
    let kernel = axis.kernel as isize;
    // A window that lies in the padding before the input sees nothing.
    let first = if start < 0 { ((-start + step - 1) / step).min(kernel) } else { 0 };
    let end = (axis.input as isize - start + step - 1).div_euclid(step).clamp(first, kernel);
    let padded = (axis.input + axis.lo + axis.hi) as isize;
    let counted = ((padded - (start + axis.lo as isize) + step - 1) / step).clamp(0, kernel);
    (first as usize..end as usize, counted as usize)
}

/// The outputs along an axis whose windows hold no padding: four at least, or none.
fn whole_windows(axis: &Axis) -> Range<usize> {
    let first = axis.lo.div_ceil(axis.stride);
    let span = axis.dilation * (axis.kernel - 1);
    let end = match (axis.input + axis.lo).checked_sub(span + 1) {
        Some(last) => (last / axis.stride + 1).min(axis.output),
        None => 0,
    };
    if end >= first + 4 {
        first..end
    } else {
        0..0
    }
}

impl Instruction for QuantizedPool {
    fn extents(&self) -> Extents {
        Extents::words(&[self.geometry.input(), self.geometry.output()].map(|plane| self.planes * plane))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let [depth, height, width] = &self.geometry.axes;
        let rows = depth.output * height.output;
        for item in share.range(self.planes * rows) {
            let (plane, row) = (item / rows, item % rows);
            let (d, in_depth) = seen(depth, row / height.output);
            let (h, in_height) = seen(height, row % height.output);
            let origin = |axis: &Axis, output: usize| (output * axis.stride).wrapping_sub(axis.lo);
            let (od, oh) = (origin(depth, row / height.output), origin(height, row % height.output));
            let x = operands.pointer::<u8>(0).wrapping_add(4 * plane * self.geometry.input());
            let y = operands.pointer::<u8>(1).wrapping_add(4 * item * width.output);
            let line = |d: usize, h: usize| {
                let (id, ih) = (od.wrapping_add(d * depth.dilation), oh.wrapping_add(h * height.dilation));
                x.wrapping_add(4 * (id * height.input + ih) * width.input)
            };
            let inner = if self.kind == Kind::Max { whole_windows(width) } else { 0..0 };
            for first in inner.clone().step_by(4) {
                let first = first.min(inner.end - 4);
                let words: [usize; 4] = core::array::from_fn(|i| 4 * i * width.stride);
                let mut largest = U8x16::splat(0);
                for d in d.clone() {
                    for h in h.clone() {
                        let line = line(d, h).wrapping_add(4 * origin(width, first));
                        for w in 0..width.kernel {
                            // SAFETY: the four windows lie inside of x, of which the caller guarantees what the sizes say.
                            let seen = unsafe { U8x16::gather(line.add(4 * w * width.dilation), words) };
                            largest = largest.max(seen);
                        }
                    }
                }
                // SAFETY: there are four outputs.
                unsafe { largest.store(y.add(4 * first)) };
            }
            for ow in (0..inner.start).chain(inner.end..width.output) {
                let (w, in_width) = seen(width, ow);
                let first = origin(width, ow);
                let word =
                    |line: *const u8, w: usize| line.wrapping_add(4 * first.wrapping_add(w * width.dilation));
                // SAFETY: the caller guarantees that x and y hold what the sizes say; the taps lie inside of x.
                unsafe {
                    if self.kind == Kind::Max {
                        let mut largest = U8x16::splat(0);
                        for d in d.clone() {
                            for h in h.clone() {
                                let line = line(d, h);
                                for w in w.clone() {
                                    largest = largest.max(U8x16::load_four(word(line, w)));
                                }
                            }
                        }
                        largest.store_fours(y.add(4 * ow), 1);
                        continue;
                    }
                    let mut sum = I32x4::splat(0);
                    for d in d.clone() {
                        for h in h.clone() {
                            let line = line(d, h);
                            for w in w.clone() {
                                sum = sum.add(I32x4::load_bytes(word(line, w)));
                            }
                        }
                    }
                    let inside = d.len() * h.len() * w.len();
                    let count = match self.kind {
                        Kind::AverageWithPadding => in_depth * in_height * in_width,
                        _ => inside,
                    };
                    let sum = sum.sub(I32x4::splat(self.x_zero.wrapping_mul(inside as i32)));
                    let scale = F32x4::splat(self.ratio / count.max(1) as f32);
                    let requantize = Requantize::new([self.y_zero, 0, 255]);
                    requantize.rounded([sum.to_f32().mul(scale); 4]).store_fours(y.add(4 * ow), 1);
                }
            }
        }
        Ok(())
    }
}
