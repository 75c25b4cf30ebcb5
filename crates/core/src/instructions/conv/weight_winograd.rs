//! The weight gradient of a 3x3 convolution at stride 1 as the adjoint of Winograd's F(4x4, 3x3): 36 products per patch of
//! sixteen outputs, where the definition has 144.
//!
//! `dw = G' [sum over patches of (A dy A') * (B' x B)] G`, dy a patch of 4x4 outputs, x the 6x6 inputs that they read, the
//! product being position by position; A, B and G are those of Lavin and Gray, "Fast Algorithms for Convolutional Neural
//! Networks", 2015, and ' transposes.
//!
//! A band of patches is copied with its padding and four channels in the lanes, then transformed patch by patch. For each
//! position the sum is a GEMM over patches by CONV's microkernel: a row tile is four output channels, a panel eight input
//! channels. Blocks of patches are added in their order, whoever computes them. Items of the share are panels.

use super::weight_gradient::clear;
use super::{Operands, Problem, Share};
use crate::fault::Fault;
use crate::geometry::Axis;
use crate::instructions::{Extents, Instruction};
use crate::kernels::gemm::{gemm_4x8, Panels, MR, NR};
use crate::kernels::tile::{Epilogue, Tile};
use crate::kernels::winograd::{input, store_column, store_input};
use crate::simd::{F32x4, LANES};
use core::ops::Range;

/// Outputs of a patch along an axis, inputs that they read, and positions of what these are transformed to.
const SIDE: usize = 4;
const REACH: usize = 6;
const POSITIONS: usize = REACH * REACH;
/// Channels from which on the transforms cost less than they save, on either side.
const CHANNELS: usize = 16;
/// Elements of a block's transformed patches, and of its sums, at most: 1 and 2.5 MB.
const BLOCK: usize = 1 << 18;
const SUMS: usize = 640_000;
/// Patches of a block, and panels that go together, at most.
const PATCHES: usize = 64;
const PANELS: usize = 16;
/// Panels that one call of the kernel takes.
const TOGETHER: usize = 2;
/// Elements between positions besides their own, so that these do not meet in one set of a cache.
const PAD: usize = 16;

pub(super) struct Gradient {
    problem: Problem,
    /// Patches of a block, and panels that go together.
    patches: usize,
    panels: usize,
}

/// Patches along the height and the width of one image.
fn grid(problem: &Problem) -> (usize, usize) {
    let [_, height, width] = &problem.geometry.axes;
    (height.output.div_ceil(SIDE), width.output.div_ceil(SIDE))
}

/// Whether the sums are few enough, the channels and patches many enough, and patches are mostly full.
pub(super) fn accepts(problem: &Problem) -> bool {
    let [depth, height, width] = &problem.geometry.axes;
    let fits = |axis: &Axis| (axis.kernel, axis.stride, axis.dilation) == (3, 1, 1);
    if !(depth.is_identity() && depth.input == 1 && fits(height) && fits(width)) {
        return false;
    }
    let (down, across) = grid(problem);
    let patches = problem.batch * down * across;
    let is_full = patches * SIDE * SIDE <= 2 * problem.pixels();
    let is_many = problem.ci >= CHANNELS && problem.co >= CHANNELS && patches >= 32;
    is_full && is_many && POSITIONS * problem.co * NR <= SUMS
}

impl Gradient {
    pub(super) fn new(problem: Problem) -> Gradient {
        let (down, across) = grid(&problem);
        let all = problem.batch * down * across;
        let rows = problem.co.next_multiple_of(MR);
        let most = (SUMS / (POSITIONS * problem.co * NR)).clamp(1, PANELS);
        let panels = problem.ci.div_ceil(NR);
        let panels = panels.div_ceil(panels.div_ceil(most));
        let most = (BLOCK / (POSITIONS * (panels * NR + rows))).clamp(16, PATCHES);
        Gradient { problem, patches: all.div_ceil(all.div_ceil(most)), panels }
    }

    /// Elements of a band's row, and of a position of the panels, the row tiles and the sums.
    fn sizes(&self) -> [usize; 4] {
        let (Problem { co, .. }, (_, across)) = (&self.problem, grid(&self.problem));
        let (columns, rows) = (self.panels * NR, co.next_multiple_of(MR));
        // Four pixels are copied at a time, behind the last as well.
        let row = (across * SIDE + REACH) * LANES;
        [row, columns * self.patches + PAD, rows * self.patches + PAD, co * columns + PAD]
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        self.problem.extents_of_gradient()
    }

    fn scratch(&self) -> usize {
        let [row, panels, tiles, sums] = self.sizes();
        4 * (REACH * row + POSITIONS * (panels + tiles + sums))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Problem { groups, ci, co, geometry, .. } = self.problem;
        let panels = ci.div_ceil(NR);
        let [row, panel, tile, _] = self.sizes();
        let scratch = operands.pointer::<f32>(3).wrapping_add(share.part * self.scratch() / 4);
        let mut items = share.range(groups * panels);
        while !items.is_empty() {
            let (group, first) = (items.start / panels, items.start % panels);
            let count = items.len().min(panels - first).min(self.panels);
            items.start += count;
            let channels = first * NR..ci.min((first + count) * NR);
            let block = Block {
                gradient: self,
                dy: operands.pointer::<f32>(0).wrapping_add(group * co * geometry.output()),
                x: operands.pointer::<f32>(1).wrapping_add((group * ci + channels.start) * geometry.input()),
                dw: operands.pointer::<f32>(2).wrapping_add((group * co * ci + channels.start) * 9),
                band: scratch,
                panels: scratch.wrapping_add(REACH * row),
                tiles: scratch.wrapping_add(REACH * row + POSITIONS * panel),
                sums: scratch.wrapping_add(REACH * row + POSITIONS * (panel + tile)),
                channels: channels.len(),
            };
            let (down, across) = grid(&self.problem);
            let all = self.problem.batch * down * across;
            for start in (0..all).step_by(self.patches) {
                // SAFETY: the operands hold what the problem says, the scratch memory what `sizes` says.
                unsafe { block.add(start..all.min(start + self.patches)) };
            }
            // SAFETY: as above.
            unsafe { block.finish() };
        }
        Ok(())
    }
}

/// Where planes of x or dy lie, and how they are cut to patches.
struct Planes {
    /// Of the first image, and elements from one image to the next.
    first: *const f32,
    image: usize,
    channels: usize,
    height: usize,
    width: usize,
    /// Padding before the first row and column, and rows and columns of a patch.
    lo: [usize; 2],
    side: usize,
}

/// Some input channels of one group, and where its operands start.
struct Block<'a> {
    gradient: &'a Gradient,
    dy: *const f32,
    x: *const f32,
    dw: *mut f32,
    band: *mut f32,
    /// `[position][panel][patch][NR]`, `[position][tile][patch][MR]`, `[position][co][columns]`.
    panels: *mut f32,
    tiles: *mut f32,
    sums: *mut f32,
    channels: usize,
}

impl Block<'_> {
    fn columns(&self) -> usize {
        self.channels.next_multiple_of(NR)
    }

    /// Adds the products of some patches to the sums; the first patches' are written instead.
    ///
    /// # Safety
    /// As [`Gradient::run`]; the patches exist.
    unsafe fn add(&self, patches: Range<usize>) {
        let Problem { groups, ci, co, geometry, .. } = self.gradient.problem;
        let [_, height, width] = &geometry.axes;
        let [_, panel, tile, sums] = self.gradient.sizes();
        let x = Planes {
            first: self.x,
            image: groups * ci * geometry.input(),
            channels: self.channels,
            height: height.input,
            width: width.input,
            lo: [height.lo, width.lo],
            side: REACH,
        };
        let dy = Planes {
            first: self.dy,
            image: groups * co * geometry.output(),
            channels: co,
            height: height.output,
            width: width.output,
            lo: [0, 0],
            side: SIDE,
        };
        let k = patches.len();
        let epilogue = Epilogue { low: f32::NEG_INFINITY, high: f32::INFINITY, activation: None };
        // SAFETY: the caller's guarantee.
        unsafe {
            self.transform::<NR>(&x, &patches, self.panels, panel, transform_x);
            self.transform::<MR>(&dy, &patches, self.tiles, tile, transform_dy);
            for position in 0..POSITIONS {
                for column in (0..self.columns()).step_by(TOGETHER * NR) {
                    let columns = (self.columns() - column).min(TOGETHER * NR);
                    let y = self.sums.add(position * sums + column);
                    let to = Tile {
                        y,
                        residual: if patches.start == 0 { core::ptr::null() } else { y.cast_const() },
                        bias: core::ptr::null(),
                        slope: core::ptr::null(),
                        rows: co,
                        columns,
                        plane: self.columns(),
                        room: columns,
                        wrap: 0,
                    };
                    let b = Panels::Packed(self.panels.add(position * panel + column * k));
                    gemm_4x8(k, self.tiles.add(position * tile), b, &to, &epilogue);
                }
            }
        }
    }

    /// Transformed patches `[position][channels / W][patch][W]`, positions `step` apart.
    ///
    /// # Safety
    /// As [`Block::add`]; `to` holds them.
    #[inline(always)]
    unsafe fn transform<const W: usize>(
        &self,
        planes: &Planes,
        patches: &Range<usize>,
        to: *mut f32,
        step: usize,
        transform: unsafe fn(*const f32, usize, *mut f32, usize),
    ) {
        let (down, across) = grid(&self.gradient.problem);
        let [row, ..] = self.gradient.sizes();
        let mut patch = patches.start;
        while patch < patches.end {
            let (band, column) = (patch / across, patch % across);
            let count = (across - column).min(patches.end - patch);
            for channel in (0..planes.channels.next_multiple_of(W)).step_by(LANES) {
                let first = channel / W * W * patches.len() + (patch - patches.start) * W + channel % W;
                // SAFETY: the caller's guarantee.
                unsafe {
                    self.copy_band(planes, [band / down, band % down], column..column + count, channel);
                    for index in 0..count {
                        transform(self.band.add(index * SIDE * LANES), row, to.add(first + index * W), step);
                    }
                }
            }
            patch += count;
        }
    }

    /// The rows of some patches of an image's band, with zeros for what lies outside, four channels in the lanes.
    ///
    /// # Safety
    /// As [`Block::add`].
    unsafe fn copy_band(
        &self,
        planes: &Planes,
        [image, band]: [usize; 2],
        patches: Range<usize>,
        channel: usize,
    ) {
        let [row, ..] = self.gradient.sizes();
        let len = (patches.len() - 1) * SIDE + planes.side;
        // The first column and the columns that are copied, counted from the padding's first.
        let left = patches.start * SIDE;
        let (from, end) = (planes.lo[1].max(left), (planes.lo[1] + planes.width).min(left + len));
        let volume = self.volume(planes);
        let all = channel + LANES <= planes.channels;
        for r in 0..planes.side {
            let (at, to) = (band * SIDE + r, self.band.wrapping_add(r * row));
            let inside = planes.lo[0] <= at && at < planes.lo[0] + planes.height && from < end;
            // SAFETY: the band has room for the row and four pixels more, and a plane has the rows and columns inside.
            unsafe {
                if !inside {
                    clear(to, len * LANES);
                    continue;
                }
                clear(to, (from - left) * LANES);
                let line = planes
                    .first
                    .add(image * planes.image + channel * volume + (at - planes.lo[0]) * planes.width);
                let mut column = from;
                while all && column + LANES <= end {
                    let at = line.add(column - planes.lo[1]);
                    let load = |lane: usize| F32x4::load(at.add(lane * volume));
                    let [a, b, c, d] = F32x4::transpose([load(0), load(1), load(2), load(3)]);
                    let to = to.add((column - left) * LANES);
                    a.store(to);
                    b.store(to.add(LANES));
                    c.store(to.add(2 * LANES));
                    d.store(to.add(3 * LANES));
                    column += LANES;
                }
                for column in (column..end).step_by(LANES) {
                    let lanes = LANES.min(end - column);
                    let load = |lane: usize| {
                        if channel + lane < planes.channels {
                            F32x4::load_partial(line.add(lane * volume + column - planes.lo[1]), lanes)
                        } else {
                            F32x4::ZERO
                        }
                    };
                    let pixels = F32x4::transpose([load(0), load(1), load(2), load(3)]);
                    for (index, pixel) in pixels.iter().enumerate() {
                        pixel.store(to.add((column - left + index) * LANES));
                    }
                }
                clear(to.add((end - left) * LANES), (left + len - end) * LANES);
            }
        }
    }

    fn volume(&self, planes: &Planes) -> usize {
        planes.height * planes.width
    }

    /// dw of the sums.
    ///
    /// # Safety
    /// As [`Block::add`].
    unsafe fn finish(&self) {
        let Problem { ci, co, .. } = self.gradient.problem;
        let [.., step] = self.gradient.sizes();
        for o in 0..co {
            for channel in (0..self.channels).step_by(LANES) {
                let lanes = LANES.min(self.channels - channel);
                // SAFETY: the caller's guarantee.
                unsafe {
                    let from = self.sums.add(o * self.columns() + channel);
                    let load = |r: usize, q: usize| F32x4::load(from.add((r * REACH + q) * step));
                    let rows: [[F32x4; 3]; REACH] =
                        core::array::from_fn(|r| weights(core::array::from_fn(|q| load(r, q))));
                    let to = self.dw.add((o * ci + channel) * 9);
                    let columns: [[F32x4; 3]; 3] =
                        core::array::from_fn(|q| weights(core::array::from_fn(|r| rows[r][q])));
                    for tap in 0..9 {
                        let values = columns[tap % 3][tap / 3].to_array();
                        for (lane, value) in values.into_iter().enumerate().take(lanes) {
                            *to.add(lane * 9 + tap) = value;
                        }
                    }
                }
            }
        }
    }
}

/// A row of a patch in the band.
///
/// # Safety
/// It can be read.
#[inline(always)]
unsafe fn row_of<const N: usize>(from: *const f32) -> [F32x4; N] {
    // SAFETY: the caller's guarantee.
    core::array::from_fn(|column| unsafe { F32x4::load(from.add(column * LANES)) })
}

/// `B' x B` of a patch of x, its positions `step` apart.
///
/// # Safety
/// The patch can be read, its positions can be written.
#[inline(never)]
unsafe fn transform_x(band: *const f32, row: usize, to: *mut f32, step: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let a = input(row_of(band));
        let b = input(row_of(band.add(row)));
        let c = input(row_of(band.add(2 * row)));
        let d = input(row_of(band.add(3 * row)));
        let e = input(row_of(band.add(4 * row)));
        let f = input(row_of(band.add(5 * row)));
        store_input([a, b, c, d, e, f], to, step);
    }
}

/// `A dy A'` of a patch of dy, its positions `step` apart.
///
/// # Safety
/// As [`transform_x`].
#[inline(never)]
unsafe fn transform_dy(band: *const f32, row: usize, to: *mut f32, step: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let a = output(row_of(band));
        let b = output(row_of(band.add(row)));
        let c = output(row_of(band.add(2 * row)));
        let d = output(row_of(band.add(3 * row)));
        store_column(output([a[0], b[0], c[0], d[0]]), to, step);
        store_column(output([a[1], b[1], c[1], d[1]]), to.add(step), step);
        store_column(output([a[2], b[2], c[2], d[2]]), to.add(2 * step), step);
        store_column(output([a[3], b[3], c[3], d[3]]), to.add(3 * step), step);
        store_column(output([a[4], b[4], c[4], d[4]]), to.add(4 * step), step);
        store_column(output([a[5], b[5], c[5], d[5]]), to.add(5 * step), step);
    }
}

/// A y.
#[inline(always)]
fn output(y: [F32x4; SIDE]) -> [F32x4; REACH] {
    let [two, four] = [2.0, 4.0].map(F32x4::splat);
    let (a, b) = (y[0].add(y[2]), y[1].add(y[3]));
    let (c, d) = (y[2].madd(four, y[0]), y[3].madd(four, y[1]).mul(two));
    [y[0], a.add(b), a.sub(b), c.add(d), c.sub(d), y[3]]
}

/// G' m, whose 1 and 2 come of rows of B' that are divided by -4 (crates/core/src/kernels/winograd.rs).
#[inline(always)]
fn weights(m: [F32x4; REACH]) -> [F32x4; 3] {
    let [quarter, sixth, twelfth, small] = [0.25, 1.0 / 6.0, 1.0 / 12.0, 1.0 / 24.0].map(F32x4::splat);
    let third = F32x4::splat(2.0 / 3.0);
    let (a, b) = (m[1].add(m[2]).mul(third), m[3].add(m[4]));
    [
        m[0].mul(quarter).add(a).add(b.mul(small)),
        m[1].sub(m[2]).mul(third).add(m[3].sub(m[4]).mul(twelfth)),
        b.mul(sixth).add(a).add(m[5]),
    ]
}
