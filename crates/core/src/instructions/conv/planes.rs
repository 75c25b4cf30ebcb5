//! The weight gradient of groups with few output channels (depthwise): one plane of dy against one plane of x at a time.
//!
//! Items of the share are pairs (output channel, input channel). A row of x is copied, with its padding, to lines in
//! which each tap along the width finds its outputs side by side, and meets every row of dy that reads it. A row's sums
//! are in lanes, and are added to the lanes of their tap.

use super::weight_gradient::{clear, copy};
use super::{Extents, Instruction, Operands, Problem, Share};
use crate::fault::Fault;
use crate::geometry::{elements, Axis, Geometry};
use crate::simd::F32x4;

/// Elements of all lines: half of a 32 kB first cache.
const LINES: usize = 1 << 12;

pub struct Gradient {
    problem: Problem,
    /// Outputs of a piece of a row.
    piece: usize,
    lines: usize,
    /// Elements of a line.
    line: usize,
}

impl Gradient {
    /// # Errors
    /// `TooLarge` when the scratch memory would exceed 2^31 - 1 bytes.
    pub fn new(problem: Problem) -> Result<Gradient, Fault> {
        let width = &problem.geometry.axes[2];
        let lines = width.stride.min(width.kernel);
        let piece = width.output.min(LINES / lines).next_multiple_of(4).max(4);
        let ahead = if lines < width.kernel { (width.extent() - 1) / lines } else { 0 };
        let line = (piece + ahead).next_multiple_of(4);
        elements(&[lines, line], 8)?;
        elements(&[problem.geometry.taps(), 4], 8)?;
        Ok(Gradient { problem, piece, lines, line })
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        self.problem.extents_of_gradient()
    }

    fn scratch(&self) -> usize {
        4 * (self.lines * self.line + self.problem.geometry.taps() * 4)
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Problem { batch, groups, ci, co, geometry } = &self.problem;
        let taps = geometry.taps();
        let scratch = operands.pointer::<f32>(3).wrapping_add(share.part * self.scratch() / 4);
        for item in share.range(groups * co * ci) {
            let (output, input) = (item / ci, item / ci / co * ci + item % ci);
            let pair = Pair {
                gradient: self,
                geometry,
                lines: scratch,
                sums: scratch.wrapping_add(self.lines * self.line),
            };
            // SAFETY: the operands hold what the problem says, the scratch memory the lines and four lanes per tap.
            unsafe {
                clear(pair.lines, self.lines * self.line + taps * 4);
                for image in 0..*batch {
                    let dy =
                        operands.pointer::<f32>(0).add((image * groups * co + output) * geometry.output());
                    let x = operands.pointer::<f32>(1).add((image * groups * ci + input) * geometry.input());
                    pair.add(dy, x);
                }
                for tap in 0..taps {
                    let sum = F32x4::load(pair.sums.add(tap * 4)).sum();
                    operands.pointer::<f32>(2).add(item * taps + tap).write(sum);
                }
            }
        }
        Ok(())
    }
}

/// One output channel and one input channel.
struct Pair<'a> {
    gradient: &'a Gradient,
    geometry: &'a Geometry,
    lines: *mut f32,
    sums: *mut f32,
}

/// The output for which tap `k` reads `input`.
fn output_of(axis: &Axis, input: usize, k: usize) -> Option<usize> {
    let distance = (input + axis.lo).checked_sub(k * axis.dilation)?;
    let output = if axis.stride == 1 { distance } else { distance / axis.stride };
    (output * axis.stride == distance && output < axis.output).then_some(output)
}

impl Pair<'_> {
    /// Adds one image's terms to the sums.
    ///
    /// # Safety
    /// `dy` and `x` are planes of the geometry.
    unsafe fn add(&self, dy: *const f32, x: *const f32) {
        let [depth, height, width] = &self.geometry.axes;
        let piece = self.gradient.piece;
        for id in 0..depth.input {
            for ih in 0..height.input {
                for first in (0..width.output).step_by(piece) {
                    let count = piece.min(width.output - first);
                    let mut copied = false;
                    for kd in 0..depth.kernel {
                        let Some(od) = output_of(depth, id, kd) else { continue };
                        for kh in 0..height.kernel {
                            let Some(oh) = output_of(height, ih, kh) else { continue };
                            // SAFETY: the rows exist.
                            unsafe {
                                if !copied {
                                    self.copy(x.add((id * height.input + ih) * width.input), first);
                                    copied = true;
                                }
                                let dy = dy.add((od * height.output + oh) * width.output + first);
                                self.row(dy, count, (kd * height.kernel + kh) * width.kernel);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Where a tap finds its first output.
    #[inline(never)]
    fn line_of(&self, kw: usize) -> *const f32 {
        let width = &self.geometry.axes[2];
        let lines = self.gradient.lines;
        let (line, shift) = if lines < width.kernel {
            (kw * width.dilation % lines, kw * width.dilation / lines)
        } else {
            (kw, 0)
        };
        self.lines.wrapping_add(line * self.gradient.line + shift)
    }

    /// Fills the lines from a row of x: element q of line j is position `(first + q) * stride + j` of the padded row,
    /// or `+ j * dilation` where each tap has its own line.
    ///
    /// # Safety
    /// `x` is a row of the input.
    unsafe fn copy(&self, x: *const f32, first: usize) {
        let width = &self.geometry.axes[2];
        let Gradient { piece, lines, line, .. } = *self.gradient;
        if piece < width.output {
            // SAFETY: the lines exist.
            unsafe { clear(self.lines, lines * line) };
        }
        for j in 0..lines {
            let origin = first * width.stride + if lines < width.kernel { j } else { j * width.dilation };
            let before = width.lo.saturating_sub(origin).div_ceil(width.stride);
            let end = (width.input + width.lo).saturating_sub(origin).div_ceil(width.stride).min(line);
            if before < end {
                // SAFETY: elements `before..end` of the line lie inside the row.
                unsafe {
                    let from = x.add(origin + before * width.stride - width.lo);
                    copy(from, width.stride, self.lines.add(j * line + before), end - before);
                }
            }
        }
    }

    /// A piece of a row of dy against the lines, for the taps along the width from `tap` on.
    ///
    /// # Safety
    /// `dy` holds `count` elements, at most a piece.
    unsafe fn row(&self, dy: *const f32, count: usize, tap: usize) {
        let kernel = self.geometry.axes[2].kernel;
        let mut kw = 0;
        while kw < kernel {
            // SAFETY: the taps exist.
            unsafe {
                let sums = self.sums.add((tap + kw) * 4);
                match kernel - kw {
                    1 => self.taps::<1>(dy, count, kw, sums),
                    2 => self.taps::<2>(dy, count, kw, sums),
                    3 => self.taps::<3>(dy, count, kw, sums),
                    _ => self.taps::<4>(dy, count, kw, sums),
                }
            }
            kw += 4;
        }
    }

    /// # Safety
    /// As [`Pair::row`]; T taps from `kw` on exist.
    #[inline(always)]
    unsafe fn taps<const T: usize>(&self, dy: *const f32, count: usize, kw: usize, sums: *mut f32) {
        let lines: [*const f32; T] = core::array::from_fn(|tap| self.line_of(kw + tap));
        let mut row = [F32x4::ZERO; T];
        // SAFETY: dy holds `count` elements, and so does each line from its shift on.
        unsafe {
            let whole = count / 4 * 4;
            for index in (0..whole).step_by(4) {
                let gradient = F32x4::load(dy.add(index));
                for (sum, line) in row.iter_mut().zip(lines) {
                    *sum = gradient.madd(F32x4::load(line.add(index)), *sum);
                }
            }
            if whole < count {
                let gradient = F32x4::load_partial(dy.add(whole), count - whole);
                for (sum, line) in row.iter_mut().zip(lines) {
                    *sum = gradient.madd(F32x4::load_partial(line.add(whole), count - whole), *sum);
                }
            }
            for (tap, sum) in row.into_iter().enumerate() {
                let sums = sums.add(tap * 4);
                F32x4::load(sums).add(sum).store(sums);
            }
        }
    }
}
