//! CONV_WEIGHT_GRADIENT: `dw[o, c, k] = sum over n, p of dy[n, o, p] * x[n, c, p * stride - lo + k * dilation]`.
//!
//! Params: batch, groups, ci, co, 3 axes, as CONV's, whether no transform may round (exact). Operands: dy, x, dw, scratch.
//!
//! A GEMM over pixels by CONV's microkernel: a row tile is four output channels of dy, a panel eight columns (c, k) of x,
//! `depth` being a block of pixels. Blocks are added to dw in their order, whoever computes it. Items of the share are
//! panels. Groups of few output channels, which would leave most of a tile empty, are in `planes`, kernels of 3x3 in
//! `weight_winograd`.

use super::{
    planes, weight_winograd, Entry, Extents, Instruction, Operands, Params, Planned, Problem, Share,
};
use crate::fault::Fault;
use crate::geometry::{Axis, Geometry, Rule};
use crate::instructions::entry::FLOAT;
use crate::instructions::sample::{window, Sample};
use crate::kernels::gemm::{gemm_4x8, Panels, MR, NR};
use crate::kernels::tile::{Epilogue, Tile};
use crate::simd::F32x4;
use core::ops::Range;

pub const ENTRY: Entry = Entry::new(
    "conv weight gradient",
    "dy, x -> dw; scratch",
    FLOAT,
    decode,
    Sample::new(window!(2, 1, 3, 4; 0), &[240, 180, 108]),
);

/// Pixels of a block: a panel and a row tile of so many stay in the first cache.
const PIXELS: usize = 256;
/// Panels and row tiles that are packed for a block of pixels: 512 and 256 kB.
const PANELS: usize = 64;
const TILES: usize = 64;
/// Panels that one call of the kernel takes.
const TOGETHER: usize = 2;

struct Gradient {
    problem: Problem,
    /// Pixels of a block.
    pixels: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [batch, groups, ci, co] = params.array().map(|word| word as usize);
    let requests = [params.axis(), params.axis(), params.axis()];
    let exact = params.flag();
    params.check()?;
    let mut geometry = Geometry::new(requests, Rule::default())?;
    if geometry.is_identity() {
        let plane = geometry.input();
        geometry.axes = [Axis::UNIT, Axis::UNIT, Axis { input: plane, output: plane, ..Axis::UNIT }];
    }
    let problem = Problem::new(batch, groups, ci, co, geometry)?;
    if co < MR {
        return Ok(Planned::new(planes::Gradient::new(problem)?));
    }
    if !exact && weight_winograd::accepts(&problem) {
        return Ok(Planned::new(weight_winograd::Gradient::new(problem)));
    }
    let pixels = problem.pixels().max(1);
    Ok(Planned::new(Gradient { problem, pixels: pixels.div_ceil(pixels.div_ceil(PIXELS)) }))
}

impl Gradient {
    /// Elements of the lines before they are transposed, of the panels, and of the row tiles.
    fn sizes(&self) -> [usize; 3] {
        let line = self.pixels.next_multiple_of(4);
        let panels = self.problem.depth().div_ceil(NR).min(PANELS);
        let tiles = self.problem.co.div_ceil(MR).min(TILES);
        // What is transposed four pixels at a time may end behind the last.
        [NR * line, (panels * self.pixels + 4) * NR, (tiles * self.pixels + 4) * MR]
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        self.problem.extents_of_gradient()
    }

    fn scratch(&self) -> usize {
        4 * self.sizes().iter().sum::<usize>()
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Problem { groups, ci, co, geometry, .. } = self.problem;
        let columns = self.problem.depth();
        let panels = columns.div_ceil(NR);
        let [lines, panel, _] = self.sizes();
        let scratch = operands.pointer::<f32>(3).wrapping_add(share.part * self.scratch() / 4);
        let mut items = share.range(groups * panels);
        while !items.is_empty() {
            let (group, first) = (items.start / panels, items.start % panels);
            let count = items.len().min(panels - first).min(PANELS);
            items.start += count;
            let block = Block {
                gradient: self,
                geometry: &geometry,
                dy: operands.pointer::<f32>(0).wrapping_add(group * co * geometry.output()),
                x: operands.pointer::<f32>(1).wrapping_add(group * ci * geometry.input()),
                dw: operands.pointer::<f32>(2).wrapping_add(group * co * columns),
                lines: scratch,
                panels: scratch.wrapping_add(lines),
                tiles: scratch.wrapping_add(lines + panel),
                columns: first * NR..columns.min((first + count) * NR),
            };
            let mut pixel = 0;
            loop {
                let end = self.problem.pixels().min(pixel + self.pixels);
                // SAFETY: the operands hold what the problem says, the scratch memory what `sizes` says.
                unsafe { block.add(pixel..end) };
                pixel = end;
                if pixel == self.problem.pixels() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Some columns of one group, and where its operands start.
struct Block<'a> {
    gradient: &'a Gradient,
    geometry: &'a Geometry,
    dy: *const f32,
    x: *const f32,
    dw: *mut f32,
    lines: *mut f32,
    panels: *mut f32,
    tiles: *mut f32,
    columns: Range<usize>,
}

impl Block<'_> {
    /// Adds the terms of some pixels to dw; the first pixels are written instead.
    ///
    /// # Safety
    /// As [`Gradient::run`]; the columns and the pixels exist.
    unsafe fn add(&self, pixels: Range<usize>) {
        let problem = &self.gradient.problem;
        let (k, depth) = (pixels.len(), problem.depth());
        let epilogue = Epilogue { low: f32::NEG_INFINITY, high: f32::INFINITY, activation: None };
        // SAFETY: the caller's guarantee.
        unsafe {
            self.pack_panels(&pixels);
            for first in (0..problem.co).step_by(TILES * MR) {
                let rows = (problem.co - first).min(TILES * MR);
                self.pack_tiles(first..first + rows, &pixels);
                for column in self.columns.clone().step_by(TOGETHER * NR) {
                    let columns = (self.columns.end - column).min(TOGETHER * NR);
                    let y = self.dw.add(first * depth + column);
                    let residual = if pixels.start == 0 { core::ptr::null() } else { y.cast_const() };
                    let tile = Tile {
                        y,
                        residual,
                        bias: core::ptr::null(),
                        slope: core::ptr::null(),
                        rows,
                        columns,
                        plane: depth,
                        room: columns,
                        wrap: 0,
                    };
                    gemm_4x8(
                        k,
                        self.tiles,
                        Panels::Packed(self.panels.add((column - self.columns.start) * k)),
                        &tile,
                        &epilogue,
                    );
                }
            }
        }
    }

    /// Row tiles `[pixel][MR]` of some output channels.
    ///
    /// # Safety
    /// As [`Block::add`].
    unsafe fn pack_tiles(&self, rows: Range<usize>, pixels: &Range<usize>) {
        let Problem { groups, co, .. } = self.gradient.problem;
        let volume = self.geometry.output();
        let line = self.gradient.pixels.next_multiple_of(4);
        for (index, first) in rows.clone().step_by(MR).enumerate() {
            // SAFETY: the caller's guarantee: a line holds a block of pixels.
            unsafe {
                for row in 0..MR {
                    let to = self.lines.add(row * line);
                    if first + row >= rows.end {
                        clear(to, line);
                        continue;
                    }
                    let mut pixel = pixels.start;
                    while pixel < pixels.end {
                        let (image, inner) = (pixel / volume, pixel % volume);
                        let count = (volume - inner).min(pixels.end - pixel);
                        let from = self.dy.add((image * groups * co + first + row) * volume + inner);
                        copy(from, 1, to.add(pixel - pixels.start), count);
                        pixel += count;
                    }
                }
                let to = self.tiles.add(index * MR * pixels.len());
                transpose::<1>(self.lines, line, pixels.len(), to);
            }
        }
    }

    /// Panels `[pixel][NR]` of the columns.
    ///
    /// # Safety
    /// As [`Block::add`].
    unsafe fn pack_panels(&self, pixels: &Range<usize>) {
        let line = self.gradient.pixels.next_multiple_of(4);
        for (index, first) in self.columns.clone().step_by(NR).enumerate() {
            // SAFETY: the caller's guarantee.
            unsafe {
                for column in 0..NR {
                    let to = self.lines.add(column * line);
                    clear(to, line);
                    if first + column < self.columns.end {
                        self.pack_column(first + column, pixels, to);
                    }
                }
                let to = self.panels.add(index * NR * pixels.len());
                transpose::<2>(self.lines, line, pixels.len(), to);
            }
        }
    }

    /// What one tap of one channel reads for these pixels; where it reads padding, `to` is left as it is.
    ///
    /// # Safety
    /// As [`Block::add`]; `to` holds the pixels.
    unsafe fn pack_column(&self, column: usize, pixels: &Range<usize>, to: *mut f32) {
        let Problem { groups, ci, .. } = self.gradient.problem;
        let [depth, height, width] = &self.geometry.axes;
        let (channel, tap) = (column / self.geometry.taps(), column % self.geometry.taps());
        let (kw, tap) = (tap % width.kernel, tap / width.kernel);
        let (kh, kd) = (tap % height.kernel, tap / height.kernel);
        let (inside, rows, slices) =
            (width.outputs_of_tap(kw), height.outputs_of_tap(kh), depth.outputs_of_tap(kd));
        let place = |axis: &Axis, output: usize, k: usize| output * axis.stride + k * axis.dilation - axis.lo;
        let mut pixel = pixels.start;
        let (mut ow, row) = (pixel % width.output, pixel / width.output);
        let (mut oh, row) = (row % height.output, row / height.output);
        let (mut od, mut image) = (row % depth.output, row / depth.output);
        while pixel < pixels.end {
            let count = (width.output - ow).min(pixels.end - pixel);
            let (first, end) = (inside.start.max(ow), inside.end.min(ow + count));
            if first < end && rows.contains(&oh) && slices.contains(&od) {
                let plane = (image * groups * ci + channel) * depth.input + place(depth, od, kd);
                let row = (plane * height.input + place(height, oh, kh)) * width.input;
                // SAFETY: the outputs from `first` to `end` read inside this row.
                unsafe {
                    let from = self.x.add(row + place(width, first, kw));
                    copy(from, width.stride, to.add(pixel - pixels.start + first - ow), end - first);
                }
            }
            pixel += count;
            ow = 0;
            oh += 1;
            if oh == height.output {
                (oh, od) = (0, od + 1);
                if od == depth.output {
                    (od, image) = (0, image + 1);
                }
            }
        }
    }
}

/// # Safety
/// `count` elements can be written at `to`.
#[inline(always)]
pub unsafe fn clear(to: *mut f32, count: usize) {
    for done in (0..count / 4 * 4).step_by(4) {
        // SAFETY: the caller's guarantee.
        unsafe { F32x4::ZERO.store(to.add(done)) };
    }
    for done in count / 4 * 4..count {
        // SAFETY: the caller's guarantee.
        unsafe { to.add(done).write(0.0) };
    }
}

/// Copies elements that are `stride` apart.
///
/// # Safety
/// `count` elements can be read at `from`, and written at `to`.
#[inline(always)]
pub unsafe fn copy(from: *const f32, stride: usize, to: *mut f32, count: usize) {
    // SAFETY: four elements at a time, the last of them at `count - 1`: they may overlap those before.
    unsafe {
        if count < 4 {
            for index in 0..count {
                *to.add(index) = *from.add(index * stride);
            }
            return;
        }
        let four = |first: usize| {
            let from = from.add(first * stride);
            let values = match stride {
                1 => F32x4::load(from),
                2 => F32x4::load(from).even_then_odd(F32x4::load(from.add(3))),
                _ => F32x4::gather(from, [0, stride, 2 * stride, 3 * stride]),
            };
            values.store(to.add(first));
        };
        for first in (0..count - 3).step_by(4) {
            four(first);
        }
        if !count.is_multiple_of(4) {
            four(count - 4);
        }
    }
}

/// H times four lines, `line` elements apart, to `[pixel][4 H]`.
///
/// # Safety
/// The lines hold `pixels` elements, rounded up to fours, and so does `to`, in rows of 4 H.
#[inline(always)]
unsafe fn transpose<const H: usize>(lines: *const f32, line: usize, pixels: usize, to: *mut f32) {
    for pixel in (0..pixels).step_by(4) {
        for half in 0..H {
            // SAFETY: the caller's guarantee.
            unsafe {
                let row = |row: usize| F32x4::load(lines.add((half * 4 + row) * line + pixel));
                let columns = F32x4::transpose([row(0), row(1), row(2), row(3)]);
                for (index, column) in columns.iter().enumerate() {
                    column.store(to.add(((pixel + index) * H + half) * 4));
                }
            }
        }
    }
}
