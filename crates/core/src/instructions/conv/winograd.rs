//! A 3x3 convolution at stride 1 by Winograd's F(4x4, 3x3): 36 products per channel for sixteen outputs, where the
//! definition has 144 (crates/core/src/kernels/winograd.rs).
//!
//! A block is some tiles of four patches by a panel of eight outputs. The input transform has patches in the lanes and
//! writes tiles for each of the 36 positions; products and output transform have output channels in the lanes, so few
//! patches waste nothing. Weights are packed four outputs at a time and transformed for each block of patches, a panel
//! and some channels at a time: reading four times as many would take longer. The blocks of outputs run fastest.
//!
//! A dilation of d makes d x d phases: the outputs of each lie d apart, and it is an ordinary convolution of every d-th row
//! and column. Patches whose elements are out of proportion are computed by the definition (`winograd/proportion.rs`).

mod lanes;
mod proportion;

use self::lanes::Lanes;
use self::proportion::Judged;
use super::algorithm::{Convolve, Layout, Plan};
use super::blocks::{Blocks, Piece};
use super::{Conv, Places, Problem, Share};
use crate::fault::Fault;
use crate::geometry::{elements, Axis, Geometry};
use crate::instructions::activation::Activation;
use crate::kernels::gemm::{MR, NR};
use crate::kernels::tile::advance;
use crate::kernels::winograd::{
    multiply_tiles, output, store_outputs, transform_input, transform_kernels, transform_output, Ending,
    CHUNK, PAD, PATCHES_STEP, POSITIONS, SCALE, WEIGHTS_STEP,
};
use crate::simd::{F32x4, LANES};
use core::ops::Range;

/// Outputs of a patch along an axis, and inputs.
const SIDE: usize = 4;
const REACH: usize = 6;

pub struct Winograd;

impl Convolve for Winograd {
    const LAYOUT: Layout = Layout::Channels;

    fn accepts(problem: &Problem) -> bool {
        is_three_by_three(&problem.geometry)
    }

    fn packs(_: usize, kernel: [usize; 3]) -> bool {
        kernel == [1, 3, 3]
    }

    fn cost(problem: &Problem, exact: bool) -> f32 {
        // Few channels gain little by the transforms, and keep their exact sums.
        if exact || !(16..=CHANNELS).contains(&problem.ci) || problem.co < 16 {
            return f32::INFINITY;
        }
        let [_, height, width] = &problem.geometry.axes;
        let (groups, ci) = (problem.groups as f32, problem.ci as f32);
        let patches = patches(problem).next_multiple_of(MR);
        let blocks = patches.div_ceil(MR * tiles(problem)) as f32;
        let (patches, co) = (patches as f32, problem.co.next_multiple_of(NR) as f32);
        // Patches of a dilated kernel are copied, and their outputs stored one by one.
        let apart = if (height.dilation, width.dilation) == (1, 1) { 1.0 } else { 2.0 };
        let transforms = apart * (ci * 350.0 + co * 480.0);
        let positions = patches * (ci * co * 46.0 + transforms) + blocks * ci * co * 90.0;
        groups * (POSITIONS as f32 * positions + 80e3)
    }

    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
        let tile = elements(&[POSITIONS * PATCHES_STEP, problem.ci.div_ceil(CHUNK)], 4)?;
        (plan.panels, plan.tiles) = (tiles(problem), 1);
        let others = POSITIONS * (plan.panels * MR * NR + PAD + WEIGHTS_STEP);
        plan.scratch = 4 * elements(&[elements(&[plan.panels, tile], 4)? + others], 4)?;
        Ok(())
    }

    unsafe fn run(conv: &Conv, places: &Places, share: Share) {
        let Conv { problem, plan, .. } = conv;
        let [_, height, width] = problem.geometry.axes;
        let (down, across) = (grid(&height), grid(&width));
        let patches = problem.batch * down.0 * down.1 * across.0 * across.1;
        let blocks = Blocks {
            groups: problem.groups,
            panels: patches.div_ceil(MR),
            panels_together: plan.panels,
            tiles: problem.co.div_ceil(NR),
            tiles_together: plan.tiles,
            readying: 1,
        };
        let step = POSITIONS * PATCHES_STEP * problem.ci.div_ceil(CHUNK);
        let products = places.scratch.wrapping_add(plan.panels * step);
        let products_step = plan.tiles * plan.panels * MR * NR + PAD;
        let all = Patches {
            conv,
            places,
            across,
            down,
            patches,
            step,
            products,
            products_step,
            weights: products.wrapping_add(POSITIONS * products_step),
        };
        let mut done = usize::MAX;
        let mut placed = [Placed::NONE; TILES * MR];
        for Piece { block, first_tile, tiles } in blocks.pieces(share) {
            let group = block / blocks.per_group();
            let first = block % blocks.per_group() * plan.panels * MR;
            let count = (plan.panels * MR).min(patches - first);
            // SAFETY: the caller's guarantee; block and panels exist.
            unsafe {
                if done != block {
                    all.transform(group, first, count, &mut placed);
                    done = block;
                }
                all.multiply(group, count, first_tile, tiles);
                all.finish(group, first, &placed[..count], first_tile, tiles);
            }
        }
    }
}

/// A kernel of 3x3 over one plane at stride 1.
fn is_three_by_three(geometry: &Geometry) -> bool {
    let [depth, height, width] = geometry.axes;
    let fits = |axis: &Axis| (axis.kernel, axis.stride) == (3, 1);
    depth.is_identity() && depth.input == 1 && fits(&height) && fits(&width)
}

/// Along an axis: phases of the dilation, whose outputs are as far apart and read the same elements; and patches of four
/// outputs in each, as many as in the longest.
fn grid(axis: &Axis) -> (usize, usize) {
    let phases = axis.dilation.min(axis.output);
    (phases, axis.output.div_ceil(axis.dilation).div_ceil(4))
}

/// Patches of four by four outputs.
fn patches(problem: &Problem) -> usize {
    let [_, height, width] = &problem.geometry.axes;
    let along = |axis| {
        let (phases, patches) = grid(axis);
        phases * patches
    };
    problem.batch * along(height) * along(width)
}

/// Tiles of four patches in a block.
fn tiles(problem: &Problem) -> usize {
    let count = patches(problem).div_ceil(MR);
    let tile = (POSITIONS * PATCHES_STEP).saturating_mul(problem.ci.div_ceil(CHUNK));
    let most = (BLOCK / tile.max(1)).clamp(1, TILES);
    let near = (NEAR / (tile + POSITIONS * MR * NR)).max(FEW);
    // Where weights are many, their transform is no small part of a small block.
    let most = if problem.ci * problem.co > MANY { most } else { most.min(near) };
    count.div_ceil(count.div_ceil(most).max(1)).max(1)
}

/// Tiles of patches of a block, at most.
const TILES: usize = 32;
/// Elements of a block's transformed input and of its products with a panel of outputs that stay near, 192 kB, or so many tiles;
/// for so many weights at most.
const NEAR: usize = 48 << 10;
const FEW: usize = 8;
const MANY: usize = 64 * 64;
/// Input channels that the plan chooses it for, at most.
const CHANNELS: usize = 4096;
/// Elements that a block's transformed input may have: a tile of patches of so many channels.
const BLOCK: usize = POSITIONS * PATCHES_STEP * CHANNELS.div_ceil(CHUNK);

/// A patch of a block: where its outputs lie in the first channel, how many rows and columns of them there are, and how they
/// are computed.
#[derive(Clone, Copy)]
struct Placed {
    place: usize,
    rows: u8,
    columns: u8,
    judged: Judged,
}

impl Placed {
    const NONE: Placed = Placed { place: 0, rows: 0, columns: 0, judged: Judged::USUAL };
}

struct Patches<'a> {
    conv: &'a Conv,
    places: &'a Places,
    /// Phases, and patches of each, along an image's axes; patches in the whole batch.
    across: (usize, usize),
    down: (usize, usize),
    patches: usize,
    /// Elements between the tiles of the transformed input `[tile][chunk][position][channel][MR]`, which begins the scratch.
    step: usize,
    /// `[position][panel][tile][MR][NR]`
    products: *mut f32,
    products_step: usize,
    /// Weights of one panel and some channels: `[position][channel][NR]`.
    weights: *mut f32,
}

impl Patches<'_> {
    /// Image of a patch, row and column of its first output.
    fn place(&self, patch: usize) -> (usize, usize, usize) {
        let [_, height, width] = &self.conv.problem.geometry.axes;
        let (rest, column) = (patch / self.across.1, patch % self.across.1);
        let (rest, phase) = (rest / self.across.0, rest % self.across.0);
        let left = phase + column * SIDE * width.dilation;
        let (rest, row) = (rest / self.down.1, rest % self.down.1);
        let (image, phase) = (rest / self.down.0, rest % self.down.0);
        (image, phase + row * SIDE * height.dilation, left)
    }

    /// Transforms a block of patches, and says where they lie and which of them are out of proportion.
    ///
    /// # Safety
    /// As [`Convolve::run`].
    unsafe fn transform(&self, group: usize, first: usize, count: usize, placed: &mut [Placed; TILES * MR]) {
        let problem = &self.conv.problem;
        let (plane, ci) = (problem.geometry.input(), problem.ci);
        let width = problem.geometry.axes[2].input;
        for (tile, placed) in placed.chunks_exact_mut(MR).enumerate().take(count.div_ceil(MR)) {
            let lanes = Lanes::new(self, group, first + tile * MR);
            let mut to = self.places.scratch.wrapping_add(tile * self.step);
            let (mut energies, mut copies) = ([F32x4::ZERO; 5], [[0.0; REACH * REACH]; LANES]);
            for channel in 0..ci {
                let x = self.places.x.wrapping_add(channel * plane);
                // SAFETY: the channel exists, the places in the scratch memory can be written.
                unsafe {
                    if lanes.lie_inside(channel * plane) {
                        let at = lanes.places.map(|place| x.wrapping_offset(place));
                        transform_input(at, width, &lanes.inside, &mut energies, to);
                    } else {
                        for (lane, copy) in copies.iter_mut().enumerate() {
                            lanes.copy(lane, x, copy);
                        }
                        let at = core::array::from_fn(|lane| copies[lane].as_ptr());
                        transform_input(at, REACH, &lanes.inside, &mut energies, to);
                    }
                }
                to = to.wrapping_add(MR);
                if (channel + 1) % CHUNK == 0 {
                    to = to.wrapping_add((POSITIONS - 1) * PATCHES_STEP);
                }
            }
            // SAFETY: as above.
            unsafe { self.judge(&lanes, &energies, placed) };
        }
    }

    /// # Safety
    /// As [`Convolve::run`]; the block was transformed.
    unsafe fn multiply(&self, group: usize, count: usize, first_panel: usize, panels: usize) {
        let ci = self.conv.problem.ci;
        let tiles = count.div_ceil(MR);
        for panel in 0..panels {
            for start in (0..ci.max(1)).step_by(CHUNK) {
                let channels = CHUNK.min(ci - start);
                // SAFETY: the panel of weights, the tiles and the products exist.
                unsafe {
                    self.transform_weights(group, first_panel + panel, start, channels);
                    for position in 0..POSITIONS {
                        let from = self.places.scratch.add((start * POSITIONS + position * CHUNK) * MR);
                        let to = position * self.products_step + panel * tiles * MR * NR;
                        let (b, y) = (self.weights.add(position * WEIGHTS_STEP), self.products.add(to));
                        multiply_tiles(channels, tiles, (from, self.step), b, y, start == 0);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`Convolve::run`]; the panel and the channels exist.
    unsafe fn transform_weights(&self, group: usize, panel: usize, start: usize, channels: usize) {
        let Problem { ci, co, .. } = self.conv.problem;
        let row_tiles = co.div_ceil(MR);
        for half in 0..(row_tiles - panel * 2).min(2) {
            let tile = group * row_tiles + panel * 2 + half;
            let from = self.places.weights.wrapping_add((tile * ci + start) * 9 * MR);
            // SAFETY: the caller's guarantee.
            unsafe { transform_kernels(channels, from, self.weights.add(half * MR)) };
        }
    }

    /// # Safety
    /// As [`Convolve::run`]; the block was multiplied.
    unsafe fn finish(
        &self,
        group: usize,
        first: usize,
        placed: &[Placed],
        first_panel: usize,
        panels: usize,
    ) {
        let Conv { problem, epilogue, .. } = self.conv;
        let [_, _, width] = &problem.geometry.axes;
        let volume = problem.geometry.output();
        let tiles = placed.len().div_ceil(MR);
        let end = problem.co.min((first_panel + panels) * NR);
        let ending = Ending {
            residual: self.places.residual,
            y: self.places.y,
            row: width.output * problem.geometry.axes[1].dilation,
            plane: volume,
            bounded: epilogue.low > f32::NEG_INFINITY || epilogue.high < f32::INFINITY,
            low: epilogue.low,
            high: epilogue.high,
        };
        for output_channel in (first_panel * NR..end).step_by(LANES) {
            let outputs = (end - output_channel).min(LANES);
            let channel = group * problem.co + output_channel;
            let bias = match self.places.bias.is_null() {
                true => F32x4::ZERO,
                // SAFETY: the channels exist.
                false => unsafe { F32x4::load_partial(self.places.bias.add(channel), outputs) },
            };
            let inner = output_channel - first_panel * NR;
            let from = self.products.wrapping_add(inner / NR * tiles * MR * NR + inner % NR);
            let whole = outputs == LANES && width.dilation == 1;
            for (patch, placed) in placed.iter().enumerate() {
                let place = placed.place + channel * volume;
                let (rows, columns) = (usize::from(placed.rows), usize::from(placed.columns));
                // SAFETY: the products exist, and so do the patch's outputs in each of the channels.
                unsafe {
                    let from = from.add(patch * NR);
                    if whole && rows == SIDE && columns == SIDE && placed.judged == Judged::USUAL {
                        store_outputs(from, self.products_step, bias, place, &ending);
                    } else {
                        let exact = match placed.judged {
                            Judged::Apart => Some(self.define(group, first + patch, output_channel, bias)),
                            Judged::Transformed { .. } => None,
                        };
                        self.store_some(from, exact, placed, place, outputs, bias);
                    }
                    if let Some(activation) = &epilogue.activation {
                        if rows * columns > 0 && width.dilation > 1 {
                            self.activate(activation, channel..channel + outputs, place, [rows, columns]);
                        }
                    }
                }
            }
            if width.dilation == 1 && epilogue.activation.is_some() {
                // SAFETY: the channels' outputs are stored.
                unsafe { self.activate_rows(placed, channel..channel + outputs) };
            }
        }
    }

    /// Stores those outputs of a patch that exist, in so many channels: the `exact` ones, or what its products are transformed
    /// to, and the bias for what sees zeros alone.
    ///
    /// # Safety
    /// As [`Patches::finish`].
    #[inline(never)]
    unsafe fn store_some(
        &self,
        from: *const f32,
        exact: Option<[[F32x4; SIDE]; SIDE]>,
        placed: &Placed,
        place: usize,
        outputs: usize,
        bias: F32x4,
    ) {
        let [_, height, width] = &self.conv.problem.geometry.axes;
        let scale = F32x4::splat(SCALE);
        // SAFETY: the caller's guarantee.
        let sums = unsafe { transform_output(from, self.products_step) };
        let blank = match placed.judged {
            Judged::Transformed { blank } => blank,
            Judged::Apart => 0,
        };
        let columns = usize::from(placed.columns);
        if columns == 0 {
            return;
        }
        for (index, sums) in sums.iter().enumerate().take(usize::from(placed.rows)) {
            let mut values = match &exact {
                None => output(*sums).map(|sum| scale.madd(sum, bias)),
                Some(exact) => exact[index],
            };
            for (column, value) in values.iter_mut().enumerate() {
                if blank >> (index * SIDE + column) & 1 != 0 {
                    *value = bias;
                }
            }
            let rows = F32x4::transpose(values);
            // SAFETY: the caller's guarantee.
            unsafe { self.store(&rows[..outputs], place + index * width.output * height.dilation, columns) };
        }
    }

    /// Applies the activation to the patches' outputs, those of neighbours together: rows of four are too short for a loop.
    ///
    /// # Safety
    /// As [`Patches::finish`]; the outputs are stored, neighbours side by side.
    #[inline(never)]
    unsafe fn activate_rows(&self, placed: &[Placed], channels: Range<usize>) {
        let Conv { problem, epilogue, .. } = self.conv;
        let [_, height, width] = &problem.geometry.axes;
        let (volume, row) = (problem.geometry.output(), width.output * height.dilation);
        let mut first = 0;
        while first < placed.len() {
            let Placed { place, rows, .. } = placed[first];
            let mut columns = 0;
            while first < placed.len() && placed[first].place == place + columns {
                columns += usize::from(placed[first].columns);
                first += 1;
            }
            for channel in channels.clone() {
                for line in 0..usize::from(rows) {
                    // SAFETY: the caller's guarantee; where the activation is prelu, each channel has a slope.
                    unsafe {
                        let y = self.places.y.add(place + channel * volume + line * row);
                        epilogue.finish(y, columns, advance(self.places.slope, channel));
                    }
                }
            }
        }
    }

    /// Applies an activation to so many rows and columns of a patch's outputs, whose first is at `place`.
    ///
    /// # Safety
    /// The channels and the outputs exist.
    #[inline(never)]
    unsafe fn activate(
        &self,
        activation: &Activation,
        channels: Range<usize>,
        place: usize,
        [rows, columns]: [usize; 2],
    ) {
        let geometry = &self.conv.problem.geometry;
        let [_, height, width] = &geometry.axes;
        let columns_at: [usize; LANES] =
            core::array::from_fn(|column| column.min(columns - 1) * width.dilation);
        let whole = columns == SIDE && width.dilation == 1;
        let mut values = [[F32x4::ZERO; SIDE]; LANES];
        let row_at =
            |lane: usize, row: usize| place + lane * geometry.output() + row * width.output * height.dilation;
        // SAFETY: the caller's guarantee; where the activation is prelu, each channel has a slope.
        unsafe {
            for (lane, values) in values.iter_mut().enumerate().take(channels.len()) {
                for (row, value) in values.iter_mut().enumerate().take(rows) {
                    let y = self.places.y.add(row_at(lane, row));
                    *value = if whole { F32x4::load(y) } else { F32x4::gather(y, columns_at) };
                }
                if activation.needs_slope() {
                    let slope = self.places.slope.add(channels.start + lane).read();
                    let values = values.as_mut_ptr().cast();
                    activation.with_slope(slope).map(values, values, SIDE * LANES);
                }
            }
            if !activation.needs_slope() {
                let values = values.as_mut_ptr().cast();
                activation.map(values, values, channels.len() * SIDE * LANES);
            }
            for (lane, values) in values.iter().enumerate().take(channels.len()) {
                for (row, &value) in values.iter().enumerate().take(rows) {
                    self.store_columns(value, row_at(lane, row), columns);
                }
            }
        }
    }

    /// Stores some columns of a row of some channels' outputs.
    ///
    /// # Safety
    /// The channels and the columns at `place` exist.
    #[inline(never)]
    unsafe fn store(&self, rows: &[F32x4], place: usize, columns: usize) {
        let Conv { problem, epilogue, .. } = self.conv;
        let volume = problem.geometry.output();
        let step = problem.geometry.axes[2].dilation;
        let columns_at: [usize; LANES] = core::array::from_fn(|column| column.min(columns - 1) * step);
        let (low, high) = (F32x4::splat(epilogue.low), F32x4::splat(epilogue.high));
        for (lane, &row) in rows.iter().enumerate() {
            let place = place + lane * volume;
            let mut row = row;
            // SAFETY: the caller's guarantee.
            unsafe {
                if !self.places.residual.is_null() {
                    row = row.add(F32x4::gather(self.places.residual.add(place), columns_at));
                }
                self.store_columns(row.pmax(low).pmin(high), place, columns);
            }
        }
    }

    /// # Safety
    /// The columns at `place` exist.
    #[inline(always)]
    unsafe fn store_columns(&self, row: F32x4, place: usize, columns: usize) {
        let step = self.conv.problem.geometry.axes[2].dilation;
        // SAFETY: the caller's guarantee.
        unsafe {
            let y = self.places.y.add(place);
            if step == 1 {
                row.store_partial(y, columns);
            } else {
                for (column, value) in row.to_array().into_iter().enumerate().take(columns) {
                    *y.add(column * step) = value;
                }
            }
        }
    }
}

/// Outputs of a patch along an axis, from its first on.
fn outputs_of(axis: &Axis, first: usize) -> usize {
    axis.output.saturating_sub(first).div_ceil(axis.dilation).min(SIDE)
}
