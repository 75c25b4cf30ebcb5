//! Of convolutions of bytes whose scales and zero points are known at a run. With weights w' = w - 128 that were packed with the
//! zero point 1, and d = 128 - the zero point of w, `sum of (x - zero) (w' + d) = sum of x w' + zero * sums + d * window`, where
//! `window` is the sum of x - zero under the window.
//!
//! DYNAMIC ENDS: what follows the sums. Params: the dtype of x, groups, ci, co, flags: 1 there is a scale for each output.
//! Operands: the sums and shifts that packing left, x's zero point, the scale, the bias of each output; the sums times the zero
//! point; scale, shift, bias of each output, one kind after the other; four bytes of the zero point.
//!
//! DYNAMIC WINDOW: `y[batch, groups, pixels]`, int32, the sums of x - zero over taps and a group's channels. Params: batch,
//! groups, ci, 3 axes. Operands: x in fours, the four bytes of the zero point, y.

use super::walk::Walk;
use super::{Sizes, MOST_TERMS};
use crate::fault::Fault;
use crate::geometry::{Geometry, Rule};
use crate::instructions::conv::Problem;
use crate::instructions::dtype::Dtype;
use crate::instructions::sample::Sample;
use crate::instructions::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::kernels::integer::OUTPUTS;
use crate::simd::{I16x8, I32x4, U8x16};

const BYTES: &[Dtype] = &[Dtype::U8, Dtype::I8];
const ONE_SCALE_EACH: u32 = 1;

pub const ENDS: Entry = Entry::new(
    "dynamic ends",
    "sums, shifts, zero?, scale?, bias? -> ends, scales, zeros",
    BYTES,
    |params| Ok(Planned::new(DynamicEnds::new(params)?)),
    Sample::new(&[1, 6, 5, 1], &[8, 8, 1, 5, 5, 8, 24, 1]).of(BYTES),
);

pub const WINDOW: Entry = Entry::new(
    "dynamic window",
    "x, zeros -> y",
    &[Dtype::U8],
    |params| Ok(Planned::new(DynamicWindow::new(params)?)),
    Sample::new(&[2, 1, 6, 1, 1, 1, 1, 0, 0, 7, 3, 1, 1, 0, 0, 8, 3, 2, 1, 0, 0], &[224, 1, 30])
        .of(&[Dtype::U8]),
);

struct DynamicEnds {
    sizes: Sizes,
    flags: u32,
    /// What is added to the byte of the zero point.
    flip: u8,
}

impl DynamicEnds {
    fn new(params: &mut Params) -> Result<DynamicEnds, Fault> {
        let [groups, ci, co] = params.array().map(|word| word as usize);
        let flags = params.below(2);
        let sizes = Sizes { groups, ci, co };
        params.elements(&[groups, co.next_multiple_of(OUTPUTS), 3], 4);
        if sizes.is_depthwise() {
            params.refuse(ci as u32);
        }
        params.check()?;
        let flip = if params.dtype == Dtype::I8 { 0x80 } else { 0 };
        Ok(DynamicEnds { sizes, flags, flip })
    }
}

impl Instruction for DynamicEnds {
    fn extents(&self) -> Extents {
        let Sizes { groups, co, .. } = self.sizes;
        let (channels, rows) = (product(&[4, groups, co]), product(&[4, self.sizes.ends()]));
        let scales = if self.flags & ONE_SCALE_EACH > 0 { channels } else { 4 };
        Extents::bytes(&[rows, rows, 1, scales, channels, rows, product(&[3, rows]), 4])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (rows, co) = (self.sizes.ends(), self.sizes.co);
        let in_group = self.sizes.tiles() * OUTPUTS;
        let zero = operands.pointer::<u8>(2);
        // SAFETY: the caller guarantees that the operands hold what the sizes say.
        unsafe {
            let zero = self.flip ^ if zero.is_null() { 0 } else { zero.read() };
            let at = |operand: usize, place: usize, absent: f32| {
                let numbers = operands.pointer::<f32>(operand);
                if numbers.is_null() {
                    absent
                } else {
                    numbers.add(place).read()
                }
            };
            for row in share.range(rows) {
                let (group, o) = (row / in_group, row % in_group);
                let output = group * co + o;
                let is_there = o < co;
                let sum = operands.pointer::<i32>(0).add(row).read();
                operands.pointer::<i32>(5).add(row).write(sum.wrapping_mul(zero.into()));
                let scale = if self.flags & ONE_SCALE_EACH > 0 { output } else { 0 };
                let ends = operands.pointer::<f32>(6).add(row);
                ends.write(if is_there { at(3, scale, 1.0) } else { 0.0 });
                let shift = operands.pointer::<f32>(1).add(row).read();
                ends.add(rows).cast::<i32>().write(shift as i32);
                ends.add(2 * rows).write(if is_there { at(4, output, 0.0) } else { 0.0 });
            }
            if share.part == 0 {
                operands.pointer::<u32>(7).write(u32::from(zero) * 0x0101_0101);
            }
        }
        Ok(())
    }
}

struct DynamicWindow {
    problem: Problem,
}

impl DynamicWindow {
    fn new(params: &mut Params) -> Result<DynamicWindow, Fault> {
        let [batch, groups, ci] = params.array().map(|word| word as usize);
        let requests = [params.axis(), params.axis(), params.axis()];
        params.check()?;
        let geometry = Geometry::new(requests, Rule::default())?;
        let problem = Problem::new(batch, groups, ci, 1, geometry)?;
        let is_padded = geometry.axes.iter().any(|axis| axis.lo + axis.hi > 0);
        let is_cut = groups == 1 || ci.is_multiple_of(4);
        if is_padded || !is_cut || problem.depth() > MOST_TERMS {
            params.refuse(ci as u32);
        }
        params.check()?;
        Ok(DynamicWindow { problem })
    }

    /// Fours of a group, and bytes of one of them.
    fn fours(&self) -> (usize, usize) {
        (self.problem.ci.div_ceil(4), 4 * self.problem.geometry.input())
    }

    /// The sums of x under the windows whose first taps lie at `places`.
    ///
    /// # Safety
    /// All that they hold can be read.
    #[inline(always)]
    unsafe fn sums(&self, walk: &Walk, x: *const u8, places: Places) -> I32x4 {
        let [depth, height, width] = walk.taps;
        let (fours, plane) = self.fours();
        let last = self.problem.ci - 4 * fours.saturating_sub(1);
        let ones = I16x8::splat(1);
        let some: [i16; 8] = core::array::from_fn(|lane| (lane % 4 < last).into());
        let (mut first, mut second) = (I32x4::splat(0), I32x4::splat(0));
        // SAFETY: the caller's guarantee.
        unsafe {
            let some = I16x8::load(some.as_ptr());
            for d in 0..depth.0 {
                for h in 0..height.0 {
                    for w in 0..width.0 {
                        let mut at = x.add(d * depth.1 + h * height.1 + w * width.1);
                        for four in 0..fours {
                            let (a, b) = match places {
                                Places::Side => U8x16::load(at),
                                Places::Apart(places) => U8x16::gather(at, places),
                            }
                            .widen();
                            let factors = if four + 1 == fours { some } else { ones };
                            first = first.add(a.dot(factors));
                            second = second.add(b.dot(factors));
                            at = at.wrapping_add(plane);
                        }
                    }
                }
            }
        }
        first.add_pairs(second)
    }
}

/// How four windows lie: side by side, or so many bytes on.
#[derive(Clone, Copy)]
enum Places {
    Side,
    Apart([usize; 4]),
}

impl Instruction for DynamicWindow {
    fn extents(&self) -> Extents {
        let Problem { batch, groups, ref geometry, .. } = self.problem;
        let (fours, plane) = self.fours();
        Extents::bytes(&[
            product(&[batch, groups, fours, plane]),
            4,
            product(&[batch, groups, 4, geometry.output()]),
        ])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let geometry = &self.problem.geometry;
        let walk = Walk::new(geometry);
        let (fours, plane) = self.fours();
        let (stride, output) = (geometry.axes[2].stride, geometry.axes[2].output);
        let rows = geometry.output() / output.max(1);
        // SAFETY: the caller guarantees that the operands hold what the problem says.
        unsafe {
            let zero = i32::from(operands.pointer::<u8>(1).read());
            let start = I32x4::splat(zero.wrapping_mul(self.problem.depth() as i32));
            for item in share.range(self.problem.batch * self.problem.groups * rows) {
                let (image, row) = (item / rows, item % rows);
                let x = operands.pointer::<u8>(0).add(image * fours * plane + walk.place(row * output));
                let y = operands.pointer::<i32>(2).add(item * output);
                let mut first = 0;
                while first < output {
                    let places = if stride == 1 && first + 4 <= output {
                        Places::Side
                    } else {
                        Places::Apart([0, 1, 2, 3].map(|p| 4 * stride * p.min(output - 1 - first)))
                    };
                    let own = self.sums(&walk, x.add(4 * stride * first), places).sub(start);
                    own.as_f32().store_partial(y.add(first).cast(), (output - first).min(4));
                    first += 4;
                }
            }
        }
        Ok(())
    }
}
