//! A 3x3 convolution at stride 1 by Winograd's F(4x4, 3x3): 36 products per channel for sixteen outputs, where the
//! definition has 144 (crates/core/src/kernels/winograd.rs).
//!
//! A block is up to 32 patches: the input transform writes panels of eight patches for each of the 36 positions, the
//! GEMM's kernel multiplies them with the transformed weights of up to 64 outputs, the output transform finishes and stores.
//! The blocks of outputs run fastest.

use super::{Blocks, Conv, Piece, Places, Share};
use crate::kernels::gemm::{gemm_4x8, MR, NR};
use crate::kernels::tile::{advance, Finish, Tile};
use crate::kernels::winograd::{transform_input, transform_output, Patches, POSITIONS};
use crate::plan::{WINOGRAD_OUTPUTS, WINOGRAD_PAD};
use crate::simd::{F32x4, LANES};

/// Outputs of a patch along an axis, and inputs.
const SIDE: usize = 4;
const REACH: usize = 6;
/// Elements of a row of a patch that was copied.
const ROW: usize = 8;

/// # Safety
/// The places hold what the problem says, the weights being packed for this algorithm.
pub unsafe fn run(conv: &Conv, places: &Places, share: Share) {
    let Conv { problem, plan, .. } = conv;
    let [_, height, width] = problem.geometry.axes;
    let across = width.output.div_ceil(SIDE);
    let patches = problem.batch * height.output.div_ceil(SIDE) * across;
    let room = plan.panels * NR;
    let inputs = POSITIONS * (room * problem.ci + WINOGRAD_PAD);
    let winograd = Winograd {
        conv,
        places,
        across,
        down: height.output.div_ceil(SIDE),
        transformed: places.scratch,
        products: places.scratch.wrapping_add(inputs),
        room,
    };
    let blocks = Blocks {
        groups: problem.groups,
        panels: patches.div_ceil(NR),
        panels_together: plan.panels,
        tiles: problem.co.div_ceil(MR),
        tiles_together: plan.tiles,
        readying: 6,
    };
    let mut done = usize::MAX;
    for Piece { block, first_tile, tiles } in blocks.pieces(share) {
        let (group, first) = (block / blocks.per_group(), block % blocks.per_group() * room);
        let count = room.min(patches - first);
        // SAFETY: the caller's guarantee; block and row tiles exist.
        unsafe {
            if done != block {
                winograd.transform(group, first, count);
                done = block;
            }
            winograd.multiply(group, first, count, first_tile, tiles);
        }
    }
}

struct Winograd<'a> {
    conv: &'a Conv,
    places: &'a Places,
    /// Patches along an image's axes.
    across: usize,
    down: usize,
    /// `[position][panel][channel][NR]`, positions a little more than that apart.
    transformed: *mut f32,
    /// `[position][output][patch]`, the same.
    products: *mut f32,
    /// Patches that a block may have.
    room: usize,
}

impl Winograd<'_> {
    /// Image, row and column of a patch.
    fn place(&self, patch: usize) -> (usize, usize, usize) {
        let (row, column) = (patch / self.across, patch % self.across);
        (row / self.down, row % self.down, column)
    }

    /// # Safety
    /// As [`run`].
    unsafe fn transform(&self, group: usize, first: usize, count: usize) {
        let problem = &self.conv.problem;
        let (plane, ci) = (problem.geometry.input(), problem.ci);
        let step = self.room * ci + WINOGRAD_PAD;
        for half in 0..count.div_ceil(LANES) {
            let mut lanes = Lanes::new(self, group, first + half * LANES, (count - half * LANES).min(LANES));
            let to = self.transformed.wrapping_add(half / 2 * ci * NR + half % 2 * LANES);
            for channel in 0..ci {
                // SAFETY: the channel exists, the patches that are read in place lie inside it.
                unsafe {
                    let patches = lanes.of(self.places.x.wrapping_add(channel * plane));
                    transform_input(patches, to.add(channel * NR), step);
                }
            }
        }
    }

    /// # Safety
    /// As [`run`]; the block was transformed.
    unsafe fn multiply(&self, group: usize, first: usize, count: usize, first_tile: usize, tiles: usize) {
        let Conv { problem, finish, .. } = self.conv;
        let (ci, co) = (problem.ci, problem.co);
        let row_tiles = co.div_ceil(MR);
        let rows = (co - first_tile * MR).min(tiles * MR);
        let plain = Finish { low: f32::NEG_INFINITY, high: f32::INFINITY, activation: None };
        let panels = count.next_multiple_of(NR);
        for position in 0..POSITIONS {
            let products =
                self.products.wrapping_add(position * (WINOGRAD_OUTPUTS * self.room + WINOGRAD_PAD));
            let tile = Tile {
                y: products,
                residual: core::ptr::null(),
                bias: core::ptr::null(),
                slope: core::ptr::null(),
                rows,
                columns: panels,
                plane: self.room,
                room: panels,
                wrap: 0,
            };
            let before = (group * POSITIONS + position) * row_tiles + first_tile;
            // SAFETY: weights and panels of this position exist.
            unsafe {
                let weights = self.places.weights.add(before * MR * ci);
                let panel = self.transformed.add(position * (self.room * ci + WINOGRAD_PAD));
                gemm_4x8(ci, weights, panel, &tile, &plain);
            }
        }
        for half in 0..count.div_ceil(LANES) {
            let patch = first + half * LANES;
            let places: [(usize, usize, usize); LANES] =
                core::array::from_fn(|lane| self.place((patch + lane).min(first + count - 1)));
            let lanes = (count - half * LANES).min(LANES);
            for row in 0..rows {
                let channel = group * co + first_tile * MR + row;
                // SAFETY: the products of this row and these patches exist; each output is stored inside its plane.
                unsafe {
                    let from = self.products.add(row * self.room + half * LANES);
                    let step = WINOGRAD_OUTPUTS * self.room + WINOGRAD_PAD;
                    let sums = transform_output(from, step);
                    let bias = match self.places.bias.is_null() {
                        true => F32x4::ZERO,
                        false => F32x4::load_splat(self.places.bias.add(channel)),
                    };
                    let finish = finish.of_row(advance(self.places.slope, channel));
                    for (lane, &place) in places.iter().enumerate().take(lanes) {
                        self.store(place, channel, sums.map(|row| row[lane].add(bias)), &finish);
                    }
                }
            }
        }
    }

    /// Finishes and stores the four rows of one patch's outputs, as far as they lie inside the plane.
    ///
    /// # Safety
    /// The patch and the channel exist.
    #[inline(always)]
    unsafe fn store(
        &self,
        (image, row, column): (usize, usize, usize),
        channel: usize,
        sums: [F32x4; SIDE],
        finish: &Finish,
    ) {
        let problem = &self.conv.problem;
        let [_, height, width] = problem.geometry.axes;
        let plane = (image * problem.groups * problem.co + channel) * problem.geometry.output();
        let columns = (width.output - column * SIDE).min(SIDE);
        for (r, sum) in sums.into_iter().enumerate().take(height.output - row * SIDE) {
            let place = plane + (row * SIDE + r) * width.output + column * SIDE;
            // SAFETY: `columns` elements at `place` are inside y, and inside the residual, which has its shape.
            unsafe {
                let y = self.places.y.add(place);
                if columns == SIDE {
                    let mut sum = sum;
                    if !self.places.residual.is_null() {
                        sum = sum.add(F32x4::load(self.places.residual.add(place)));
                    }
                    finish.apply(sum).store(y);
                } else {
                    let mut sum = sum;
                    if !self.places.residual.is_null() {
                        sum = sum.add(F32x4::load_partial(self.places.residual.add(place), columns));
                    }
                    finish.apply(sum).store_partial(y, columns);
                }
            }
        }
    }
}

/// Four patches of the input.
struct Lanes {
    /// Neighbours that are all inside.
    side_by_side: bool,
    lanes: [Lane; LANES],
    /// Elements of a row of the input.
    stride: usize,
    /// Copies of the patches that reach beyond the input.
    copies: [[f32; REACH * ROW]; LANES],
}

#[derive(Clone, Copy, Default)]
struct Lane {
    /// Where the patch begins in its image's first channel of the group, or where the part begins that is copied.
    place: usize,
    /// Read where it lies.
    inside: bool,
    /// The part of the patch that is inside the input.
    rows: (usize, usize),
    columns: (usize, usize),
}

impl Lanes {
    fn new(winograd: &Winograd, group: usize, first: usize, count: usize) -> Lanes {
        let problem = &winograd.conv.problem;
        let [_, height, width] = problem.geometry.axes;
        let plane = problem.geometry.input();
        let mut lanes = [Lane::default(); LANES];
        for (lane, patch) in lanes.iter_mut().zip(first..first + count) {
            let (image, row, column) = winograd.place(patch);
            let part = |start: usize, lo: usize, input: usize| {
                let from = lo.saturating_sub(start).min(REACH);
                let to = (input + lo).saturating_sub(start).min(REACH).max(from);
                (from, to)
            };
            lane.rows = part(row * SIDE, height.lo, height.input);
            lane.columns = part(column * SIDE, width.lo, width.input);
            let inner = (row * SIDE + lane.rows.0).saturating_sub(height.lo) * width.input
                + (column * SIDE + lane.columns.0).saturating_sub(width.lo);
            lane.place = (image * problem.groups + group) * problem.ci * plane + inner;
            let whole = (0, REACH);
            // A row is read in eight elements, two more than there are.
            lane.inside = lane.rows == whole
                && lane.columns == whole
                && inner + (REACH - 1) * width.input + ROW <= plane;
        }
        let apart = |lane: usize| lanes[lane].place == lanes[0].place + lane * SIDE;
        let side_by_side = count == LANES && lanes.iter().all(|lane| lane.inside) && (1..LANES).all(apart);
        Lanes { side_by_side, lanes, stride: width.input, copies: [[0.0; REACH * ROW]; LANES] }
    }

    /// The patches in the channel that begins at `x`.
    ///
    /// # Safety
    /// The channel exists.
    #[inline(always)]
    unsafe fn of(&mut self, x: *const f32) -> Patches {
        if self.side_by_side {
            return Patches::Neighbours(x.wrapping_add(self.lanes[0].place), self.stride);
        }
        let mut found = [(x, 0); LANES];
        for ((lane, copy), found) in self.lanes.iter().zip(&mut self.copies).zip(&mut found) {
            let from = x.wrapping_add(lane.place);
            if lane.inside {
                *found = (from, self.stride);
                continue;
            }
            for (i, row) in (lane.rows.0..lane.rows.1).enumerate() {
                for (j, column) in (lane.columns.0..lane.columns.1).enumerate() {
                    // SAFETY: this part of the patch is inside the input.
                    copy[row * ROW + column] = unsafe { *from.add(i * self.stride + j) };
                }
            }
            *found = (copy.as_ptr(), ROW);
        }
        Patches::Apart(found)
    }
}
