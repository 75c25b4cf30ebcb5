//! DEFORM_GRADIENT: the gradients of a deformable convolution, for blocks of pixels of one image.
//!
//! - Weights: `dw[o, k] = sum over pixels of dy[o, p] * columns[k, p]`, the columns gathered as in the forward run. Parts
//!   are blocks of k; each goes over all pixels.
//! - Input, offsets and mask start from `dcolumns[k, p] = sum over o of w[o, k] * dy[o, p]`, where k = (c, tap). The
//!   input's gradient adds them to the corners of each sample; parts are channels of an image. Those of offsets and
//!   mask weigh the corners' values with them, summed over the channels; parts are blocks of pixels.

use super::corners::{Sampler, Table};
use super::Deform;
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::geometry::elements;
use crate::instructions::activation::Act;
use crate::instructions::conv::Algorithm;
use crate::instructions::entry::FLOAT;
use crate::instructions::sample::{window, Sample};
use crate::instructions::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::kernels::gemm::{gemm_4x8, Panels, MR, NR};
use crate::kernels::tile::{Epilogue, Tile};
use crate::simd::{F32x4, LANES};

/// Operands: x, offset, mask, dy, transposed weights (packed as the weights of a 1x1 convolution from the outputs to
/// `(c, tap)`), the gradient (of the weights: `[o, tap, c]`), the mask's gradient, scratch. x is read for weights and
/// offsets, the weights for input and offsets; without one of them, offsets' and mask's gradients are left out.
pub const ENTRY: Entry = Entry::new(
    "deform gradient",
    "x?, offset, mask?, dy, weights? -> gradient?, maskGradient?; scratch",
    FLOAT,
    |params| Ok(Planned::new(DeformGradient::new(params)?)),
    Sample::new(
        window!(2, 1, 3, 4; Algorithm::Gemm as u32, 0, 0, 0, 0, 1, 1),
        &[0, 1080, 0, 240, 108, 180, 0],
    ),
);

const X: usize = 0;
const OFFSET: usize = 1;
const MASK: usize = 2;
const DY: usize = 3;
const WEIGHTS: usize = 4;
const GRADIENT: usize = 5;
const MASK_GRADIENT: usize = 6;
const SCRATCH: usize = 7;

enumeration! {
    /// What the gradient is of.
    pub enum Of {
        Weights,
        Input,
        Offsets,
    }
}

/// Elements of a block's panels and columns: a quarter of a 1 MB L2.
const BLOCK: usize = 1 << 16;
/// Samples of eight pixels that a block's table may have.
const SAMPLES: usize = 1 << 10;
/// Elements of the panels that one call of the kernel takes: half of a 32 kB first cache.
const TOGETHER: usize = 1 << 12;
/// Rows of columns, of (tap, channel), that a part of the weights' gradient takes.
const ROWS: usize = 32;
/// Channels whose columns are made together, multiples of MR so that their rows start with a row tile: of most kernels,
/// and of those with more taps than so many.
const CHANNELS: usize = 16;
const FEW_CHANNELS: usize = MR;
const MANY_TAPS: usize = 1 << 8;

pub struct DeformGradient {
    deform: Deform,
    of: Of,
    /// Pixels of a block, a multiple of NR.
    block: usize,
    /// Offset groups of a table.
    tabled: usize,
    /// Channels whose columns are made together.
    channels: usize,
    epilogue: Epilogue,
}

/// Some pixels of an image.
#[derive(Clone, Copy)]
struct Block {
    image: usize,
    first: usize,
    pixels: usize,
}

impl Block {
    fn panels(&self) -> usize {
        self.pixels.div_ceil(NR)
    }

    /// The pixels of panel `panel`.
    fn columns(&self, panel: usize) -> usize {
        (self.pixels - panel * NR).min(NR)
    }
}

/// One part's run.
struct Run<'a> {
    gradient: &'a DeformGradient,
    operands: &'a Operands,
    sampler: Sampler<'a>,
    table: *mut u8,
    /// The packed panels of dy.
    panels: *mut f32,
    columns: *mut f32,
}

impl DeformGradient {
    /// Reads the parameters of DEFORM, and what the gradient is [`Of`].
    ///
    /// # Errors
    /// As [`Deform::new`]; `BadInstruction` for another number.
    pub fn new(params: &mut Params) -> Result<DeformGradient, Fault> {
        let deform = Deform::new(params)?;
        let of = params.kind();
        params.check()?;
        let problem = &deform.conv.problem;
        let taps = problem.geometry.taps();
        let channels = if taps > MANY_TAPS { FEW_CHANNELS } else { CHANNELS };
        let tabled = if of == Of::Input { channels.min(deform.offset_groups) } else { deform.offset_groups };
        let (rows, most) = if of == Of::Weights { (ROWS, 16) } else { (channels * taps, 8) };
        let panels = (BLOCK / (NR * (problem.co + rows)))
            .min(SAMPLES / (tabled * taps))
            .min(problem.geometry.output().div_ceil(NR))
            .clamp(1, most);
        let block = panels * NR;
        elements(&[problem.co.next_multiple_of(MR) + rows, block + NR], 8)?;
        let epilogue = Epilogue::new(Act::None, 0.0, 0.0)?;
        Ok(DeformGradient { deform, of, block, tabled, channels, epilogue })
    }

    fn rows(&self) -> usize {
        match self.of {
            // Behind the panels of a block's columns those of eight pixels, before they are transposed.
            Of::Weights => ROWS,
            _ => self.channels * self.deform.conv.problem.geometry.taps(),
        }
    }

    fn table_bytes(&self) -> usize {
        let taps = self.deform.conv.problem.geometry.taps();
        Table::bytes(self.tabled * self.block / NR * taps, self.of == Of::Offsets)
    }

    fn panel_elements(&self) -> usize {
        self.deform.conv.problem.co.next_multiple_of(MR) * self.block
    }
}

impl Instruction for DeformGradient {
    fn extents(&self) -> Extents {
        let problem = &self.deform.conv.problem;
        let (samples, depth) = (self.deform.samples(), problem.depth());
        let gradient = match self.of {
            Of::Weights => product(&[problem.groups, problem.co, depth]),
            Of::Input => problem.inputs(),
            Of::Offsets => 2 * samples,
        };
        let weights = product(&[problem.groups, depth.next_multiple_of(MR), problem.co]);
        let extents = Extents::words(&[
            problem.inputs(),
            2 * samples,
            samples,
            problem.outputs(),
            weights,
            gradient,
            samples,
        ]);
        match self.of {
            Of::Weights => extents.needing(X).needing(GRADIENT),
            Of::Input => extents.needing(WEIGHTS).needing(GRADIENT),
            Of::Offsets => extents.needing(X).needing(WEIGHTS),
        }
    }

    fn scratch(&self) -> usize {
        let columns = self.rows() * (self.block + NR);
        (self.table_bytes() + 4 * (self.panel_elements() + columns)).next_multiple_of(64)
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let problem = &self.deform.conv.problem;
        if problem.pixels() == 0 || problem.co == 0 || problem.ci == 0 {
            return Ok(());
        }
        let table = operands.pointer::<u8>(SCRATCH).wrapping_add(share.part * self.scratch());
        let panels: *mut f32 = table.wrapping_add(self.table_bytes()).cast();
        let run = Run {
            gradient: self,
            operands,
            sampler: self.deform.sampler(operands.pointer(OFFSET), operands.pointer(MASK)),
            table,
            panels,
            columns: panels.wrapping_add(self.panel_elements()),
        };
        // SAFETY: the caller's guarantee; the scratch memory has room for the table, the panels and the columns.
        unsafe {
            match self.of {
                Of::Weights => run.weights(share),
                Of::Input => run.input(share),
                Of::Offsets => run.offsets(share),
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    fn blocks_of_image(&self) -> usize {
        self.volume().div_ceil(self.gradient.block)
    }

    fn volume(&self) -> usize {
        self.gradient.deform.conv.problem.geometry.output()
    }

    fn block(&self, image: usize, index: usize) -> Block {
        let first = index * self.gradient.block;
        Block { image, first, pixels: self.gradient.block.min(self.volume() - first) }
    }

    /// Where channel `channel` of a block's pixels starts in `[batch, channels, output]`.
    fn place(&self, block: Block, channels: usize, channel: usize) -> usize {
        (block.image * channels + channel) * self.volume() + block.first
    }

    /// dy of output channel `channel` of a group.
    fn dy(&self, block: Block, group: usize, channel: usize) -> *const f32 {
        let problem = &self.gradient.deform.conv.problem;
        let place = self.place(block, problem.groups * problem.co, group * problem.co + channel);
        self.operands.pointer::<f32>(DY).wrapping_add(place)
    }

    /// The samples of a block, for some offset groups.
    ///
    /// # Safety
    /// The block and the groups exist.
    unsafe fn table(&self, block: Block, groups: core::ops::Range<usize>) -> Table {
        let Self { gradient, sampler, .. } = self;
        let taps = gradient.deform.conv.problem.geometry.taps();
        let slopes = gradient.of == Of::Offsets;
        // SAFETY: the scratch memory has room for the table; the pixels exist.
        unsafe {
            let table = Table::new(self.table, groups, gradient.block / NR, taps, slopes);
            for panel in 0..block.panels() {
                let first = block.image * self.volume() + block.first + panel * NR;
                table.fill(sampler, panel, first, block.columns(panel));
            }
            table
        }
    }

    /// dw, in blocks of rows of (tap, channel).
    ///
    /// # Safety
    /// The operands hold what the instruction says.
    unsafe fn weights(&self, share: Share) {
        let Self { gradient, .. } = self;
        let problem = &gradient.deform.conv.problem;
        let depth = problem.depth();
        let items = share.range(problem.groups * depth.div_ceil(ROWS));
        if items.is_empty() {
            return;
        }
        for image in 0..problem.batch {
            for index in 0..self.blocks_of_image() {
                let block = self.block(image, index);
                // SAFETY: the block exists; items are groups and rows that exist.
                unsafe {
                    let table = self.table(block, 0..gradient.deform.offset_groups);
                    let mut packed = usize::MAX;
                    for item in items.clone() {
                        let (group, rows) = (item / depth.div_ceil(ROWS), item % depth.div_ceil(ROWS));
                        if packed != group {
                            self.pack_rows(block, group);
                            packed = group;
                        }
                        let rows = rows * ROWS..depth.min((rows + 1) * ROWS);
                        self.gather_rows(block, group, rows.clone(), &table);
                        let dw = self.operands.pointer::<f32>(GRADIENT);
                        let dw = dw.add(group * problem.co * depth + rows.start);
                        let sums = if image + index == 0 { core::ptr::null() } else { dw.cast_const() };
                        let tile = tile(dw, sums, problem.co, rows.len(), depth);
                        gemm_4x8(
                            block.pixels,
                            self.panels,
                            Panels::Packed(self.columns),
                            &tile,
                            &gradient.epilogue,
                        );
                    }
                }
            }
        }
    }

    /// dy as row tiles `[tile][pixel][MR]`.
    ///
    /// # Safety
    /// The block and the group exist.
    unsafe fn pack_rows(&self, block: Block, group: usize) {
        let co = self.gradient.deform.conv.problem.co;
        let mut to = self.panels;
        for first in (0..co).step_by(MR) {
            for pixel in (0..block.pixels).step_by(LANES) {
                let count = (block.pixels - pixel).min(LANES);
                let rows: [F32x4; MR] = core::array::from_fn(|row| {
                    if first + row < co {
                        let from = self.dy(block, group, first + row).wrapping_add(pixel);
                        // SAFETY: the caller's guarantee; `count` pixels are left.
                        unsafe { F32x4::load_partial(from, count) }
                    } else {
                        F32x4::ZERO
                    }
                });
                for pixel in F32x4::transpose(rows).into_iter().take(count) {
                    // SAFETY: the scratch memory has room for the row tiles.
                    unsafe {
                        pixel.store(to);
                        to = to.add(MR);
                    }
                }
            }
        }
    }

    /// The columns of some rows of (tap, channel) as panels `[eight rows][pixel][NR]`.
    ///
    /// # Safety
    /// The table holds the block's samples; the rows exist.
    unsafe fn gather_rows(&self, block: Block, group: usize, rows: core::ops::Range<usize>, table: &Table) {
        let deform = &self.gradient.deform;
        let problem = &deform.conv.problem;
        let plane = problem.geometry.input();
        let raw = self.columns.wrapping_add(ROWS * self.gradient.block);
        // SAFETY: the scratch memory has room for the block's columns and for ROWS of eight pixels.
        unsafe {
            for row in rows.len()..rows.len().next_multiple_of(NR) {
                F32x4::ZERO.store(raw.add(row * NR));
                F32x4::ZERO.store(raw.add(row * NR + LANES));
            }
            for panel in 0..block.panels() {
                let mut row = rows.start;
                while row < rows.end {
                    let (tap, channel) = (row / problem.ci, row % problem.ci);
                    let end = problem.ci.min(channel + rows.end - row);
                    for (offset_group, channels) in deform.pieces(group, channel..end) {
                        let x = self.operands.pointer::<f32>(X).cast_const();
                        let x = x.wrapping_add((group * problem.ci + channels.start) * plane);
                        let corners = table.corners(offset_group, panel, tap);
                        let to = raw.add((row - rows.start) * NR);
                        deform.planes(channels.len()).gather(x, corners, to);
                        row += channels.len();
                    }
                }
                for eight in 0..rows.len().div_ceil(NR) {
                    let to = self.columns.add((eight * block.pixels + panel * NR) * NR);
                    transpose_panel(raw.add(eight * NR * NR), to, block.columns(panel));
                }
            }
        }
    }

    /// The gradients of the columns of some channels of a group: `[(c, tap)][pixel]`, rows `block` elements apart.
    ///
    /// # Safety
    /// The block's dy is packed in panels; the channels exist and start with a row tile.
    unsafe fn columns(&self, block: Block, group: usize, channels: &core::ops::Range<usize>) {
        let Self { gradient, .. } = self;
        let problem = &gradient.deform.conv.problem;
        let taps = problem.geometry.taps();
        let tiles = group * problem.depth().div_ceil(MR) + channels.start * taps / MR;
        let weights = self.operands.pointer::<f32>(WEIGHTS).wrapping_add(tiles * MR * problem.co);
        let together = (TOGETHER / (NR * problem.co)).max(1);
        for panel in (0..block.panels()).step_by(together) {
            let columns = (block.panels() - panel).min(together) * NR;
            // SAFETY: the caller's guarantee; panels are filled up with zeros.
            unsafe {
                let to = self.columns.add(panel * NR);
                let tile = tile(to, core::ptr::null(), channels.len() * taps, columns, gradient.block);
                let panels = self.panels.add(panel * NR * problem.co);
                gemm_4x8(problem.co, weights, Panels::Packed(panels), &tile, &gradient.epilogue);
            }
        }
    }

    /// dy as panels `[panel][output][NR]`, filled up with zeros.
    ///
    /// # Safety
    /// The block and the group exist.
    unsafe fn pack_panels(&self, block: Block, group: usize) {
        let co = self.gradient.deform.conv.problem.co;
        for channel in 0..co {
            let from = self.dy(block, group, channel);
            for panel in 0..block.panels() {
                // SAFETY: `left` pixels are left; the scratch memory has room for the panels.
                unsafe {
                    let to = self.panels.add((panel * co + channel) * NR);
                    for half in 0..2 {
                        let first = panel * NR + half * LANES;
                        let v = match block.pixels.saturating_sub(first).min(LANES) {
                            0 => F32x4::ZERO,
                            LANES => F32x4::load(from.add(first)),
                            left => F32x4::load_partial(from.add(first), left),
                        };
                        v.store(to.add(half * LANES));
                    }
                }
            }
        }
    }

    /// dx, in blocks of channels of an image.
    ///
    /// # Safety
    /// The operands hold what the instruction says.
    unsafe fn input(&self, share: Share) {
        let deform = &self.gradient.deform;
        let problem = &deform.conv.problem;
        let (taps, plane, block_stride) =
            (problem.geometry.taps(), problem.geometry.input(), self.gradient.block);
        let chunk_channels = self.gradient.channels;
        let chunks = problem.ci.div_ceil(chunk_channels);
        let dx = self.operands.pointer::<f32>(GRADIENT);
        for item in share.range(problem.batch * problem.groups * chunks) {
            let (place, chunk) = (item / chunks, item % chunks);
            let (image, group) = (place / problem.groups, place % problem.groups);
            let channels = chunk * chunk_channels..problem.ci.min((chunk + 1) * chunk_channels);
            let first = group * problem.ci + channels.start;
            let start = (image * problem.groups * problem.ci + first) * plane;
            let each = problem.groups * problem.ci / deform.offset_groups;
            let offset_groups = first / each..(first + channels.len() - 1) / each + 1;
            // SAFETY: image, group and channels exist; their planes are this part's own.
            unsafe {
                dx.add(start).write_bytes(0, channels.len() * plane);
                for index in 0..self.blocks_of_image() {
                    let block = self.block(image, index);
                    let table = self.table(block, offset_groups.clone());
                    self.pack_panels(block, group);
                    self.columns(block, group, &channels);
                    for tap in 0..taps {
                        for (offset_group, piece) in deform.pieces(group, channels.clone()) {
                            let skipped = piece.start - channels.start;
                            let to = dx.wrapping_add((first + skipped) * plane);
                            for panel in 0..block.panels() {
                                let from = (skipped * taps + tap) * block_stride + panel * NR;
                                deform.planes(piece.len()).scatter(
                                    self.columns.add(from),
                                    taps * block_stride,
                                    block.columns(panel),
                                    table.corners(offset_group, panel, tap),
                                    to,
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    /// The gradients of offset and mask, in blocks of pixels.
    ///
    /// # Safety
    /// The operands hold what the instruction says.
    unsafe fn offsets(&self, share: Share) {
        let deform = &self.gradient.deform;
        let problem = &deform.conv.problem;
        let (taps, plane) = (problem.geometry.taps(), problem.geometry.input());
        let samples = deform.offset_groups * taps;
        let x = self.operands.pointer::<f32>(X).cast_const();
        let offset: *mut f32 = self.operands.pointer(GRADIENT);
        let mask: *mut f32 = self.operands.pointer(MASK_GRADIENT);
        for item in share.range(problem.batch * self.blocks_of_image()) {
            let block = self.block(item / self.blocks_of_image(), item % self.blocks_of_image());
            // SAFETY: the block exists; its pixels are this part's own.
            unsafe {
                for (gradient, channels) in [(offset, 2 * samples), (mask, samples)] {
                    for channel in 0..if gradient.is_null() { 0 } else { channels } {
                        gradient.add(self.place(block, channels, channel)).write_bytes(0, block.pixels);
                    }
                }
                let table = self.table(block, 0..deform.offset_groups);
                for group in 0..problem.groups {
                    self.pack_panels(block, group);
                    for first in (0..problem.ci).step_by(self.gradient.channels) {
                        let channels = first..problem.ci.min(first + self.gradient.channels);
                        self.columns(block, group, &channels);
                        for (offset_group, piece) in deform.pieces(group, channels.clone()) {
                            let x = x.wrapping_add((group * problem.ci + piece.start) * plane);
                            for at in 0..taps * block.panels() {
                                let (tap, panel) = (at / block.panels(), at % block.panels());
                                let from = ((piece.start - first) * taps + tap) * self.gradient.block;
                                let corners = table.corners(offset_group, panel, tap);
                                let slopes = table.slopes(offset_group, panel, tap);
                                let sums = deform.planes(piece.len()).weigh(
                                    self.columns.add(from + panel * NR),
                                    taps * self.gradient.block,
                                    corners,
                                    x,
                                    [&slopes.y, &slopes.x, &corners.weights],
                                );
                                let sample = offset_group * taps + tap;
                                let place = |channels: usize, channel: usize| {
                                    self.place(block, channels, channel) + panel * NR
                                };
                                let columns = block.columns(panel);
                                if !offset.is_null() {
                                    add(offset.add(place(2 * samples, 2 * sample)), &sums[0], columns);
                                    add(offset.add(place(2 * samples, 2 * sample + 1)), &sums[1], columns);
                                }
                                if !mask.is_null() {
                                    add(mask.add(place(samples, sample)), &sums[2], columns);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Rows of columns that lie side by side, with sums that are added or null.
fn tile(y: *mut f32, sums: *const f32, rows: usize, columns: usize, plane: usize) -> Tile {
    let bias = core::ptr::null();
    Tile { y, residual: sums, bias, slope: bias, rows, columns, plane, room: columns, wrap: 0 }
}

/// Eight rows of eight pixels as `columns` pixels of eight rows.
///
/// # Safety
/// `from` holds 64 elements, `to` has room for `columns * NR`.
unsafe fn transpose_panel(from: *const f32, to: *mut f32, columns: usize) {
    for rows in (0..NR).step_by(LANES) {
        for first in (0..columns).step_by(LANES) {
            // SAFETY: the caller's guarantee.
            unsafe {
                let square = core::array::from_fn(|row| F32x4::load(from.add((rows + row) * NR + first)));
                for (pixel, row) in F32x4::transpose(square).into_iter().enumerate().take(columns - first) {
                    row.store(to.add((first + pixel) * NR + rows));
                }
            }
        }
    }
}

/// Adds up to eight numbers.
///
/// # Safety
/// `columns` elements can be written at `to`.
unsafe fn add(to: *mut f32, values: &[F32x4; 2], columns: usize) {
    for (half, value) in values.iter().enumerate().take(columns.div_ceil(LANES)) {
        let count = (columns - half * LANES).min(LANES);
        // SAFETY: the caller's guarantee.
        unsafe {
            let to = to.add(half * LANES);
            F32x4::load_partial(to, count).add(*value).store_partial(to, count);
        }
    }
}
