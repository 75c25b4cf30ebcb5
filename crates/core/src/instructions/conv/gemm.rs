//! GEMM, the general convolution: an implicit product, outputs = weights [co, depth] x pixels [depth, batch * od * oh * ow].
//!
//! A block is some panels of eight pixels, packed once, and the row tiles of up to 64 output channels; the
//! blocks of outputs run fastest, so that a part packs pixels once.

use super::algorithm::{Convolve, Layout, Plan};
use super::blocks::{Blocks, Piece};
use super::panel::Source;
use super::{Conv, Places, Problem, Share};
use crate::fault::Fault;
use crate::geometry::{elements, Geometry};
use crate::kernels::gemm::{gemm_4x8, gemm_few, Panels, FEW, MR, NR};
use crate::kernels::tile::Tile;

/// Accepts everything.
pub struct Gemm;

impl Convolve for Gemm {
    const LAYOUT: Layout = Layout::Tiles;

    fn accepts(_: &Problem) -> bool {
        true
    }

    fn cost(problem: &Problem, _: bool) -> f32 {
        cost(problem, if problem.geometry.axes[2].stride > 1 { 400.0 } else { 240.0 })
    }

    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
        self::plan(problem, plan)
    }

    unsafe fn run(conv: &Conv, places: &Places, share: Share) {
        // SAFETY: the caller's guarantee.
        unsafe { run(conv, places, share, &conv.problem.geometry) }
    }
}

/// The estimate where packing an input element takes so long.
#[inline(never)]
pub(super) fn cost(problem: &Problem, pack: f32) -> f32 {
    let pixels = problem.pixels().next_multiple_of(NR);
    problem.tiles_cost(pixels, 40.0, pack, 300.0, 7000.0) + problem.groups as f32 * 240e3
}

/// # Errors
/// As [`Convolve::plan`].
#[inline(never)]
pub(super) fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
    (plan.panels, plan.tiles) = blocks(problem);
    plan.scratch = 4 * elements(&[plan.panels, NR, problem.depth()], 4)?;
    Ok(())
}

/// Elements of packed pixels that a block may have: with the weights of 64 outputs they stay in a 1 MB L2.
const BLOCK: usize = 1 << 17;
/// Weights below this many elements stay in the cache whatever the order of the blocks.
const SMALL_WEIGHTS: usize = 1 << 16;
/// Panels of a block: 64 pixels.
const PANELS: usize = 8;
/// Row tiles of a block: 64 outputs.
const TILES: usize = 16;

/// Panels and row tiles of a block. Results do not depend on them.
fn blocks(problem: &Problem) -> (usize, usize) {
    let depth = problem.depth().max(1);
    let all_panels = problem.pixels().div_ceil(NR);
    let mut panels = (BLOCK / (depth * NR)).clamp(1, PANELS);
    if depth * problem.co <= SMALL_WEIGHTS {
        // Enough blocks for several parts.
        panels = panels.min(all_panels / PANELS).max(1);
    }
    let all_tiles = problem.co.div_ceil(MR).max(1);
    let tiles = all_tiles.div_ceil(all_tiles.div_ceil(TILES));
    (panels.min(all_panels.max(1)), tiles)
}

/// Pixels are read by a geometry that has the problem's output.
///
/// # Safety
/// As [`Convolve::run`].
#[inline(never)]
pub(super) unsafe fn run(conv: &Conv, places: &Places, share: Share, geometry: &Geometry) {
    let Conv { problem, plan, .. } = conv;
    let product = Product::new(conv, places);
    let pixels = product.pixels;
    if pixels == 0 || problem.co == 0 {
        return;
    }
    let image = problem.groups * problem.ci * problem.geometry.input();
    let source = Source { geometry: *geometry, ci: problem.ci, image, len: problem.batch * image };
    let blocks = Blocks {
        groups: problem.groups,
        panels: pixels.div_ceil(NR),
        panels_together: plan.panels,
        tiles: product.row_tiles,
        tiles_together: plan.tiles,
        readying: 0,
    };
    let mut packed = usize::MAX;
    for Piece { block, first_tile, tiles } in blocks.pieces(share) {
        let (group, first) = (block / blocks.per_group(), block % blocks.per_group() * plan.panels * NR);
        // SAFETY: the caller's guarantee; the block lies inside the group's pixels and row tiles.
        unsafe {
            if packed != block {
                product.pack(&source, group, first);
                packed = block;
            }
            product.multiply(group, first, first_tile, tiles);
        }
    }
}

/// Elements of the panels that one call of the kernel takes, beside a row tile: half of a 32 kB first cache. All row
/// tiles of one panel, then the next panel, was 35 GFLOP/s at 24 -> 24 channels of 128 x 128 instead of 38 to 42.
const TOGETHER: usize = 1 << 12;

/// The blocks of one convolution.
pub struct Product<'a> {
    conv: &'a Conv,
    places: &'a Places,
    pub pixels: usize,
    depth: usize,
    volume: usize,
    pub row_tiles: usize,
}

impl<'a> Product<'a> {
    pub fn new(conv: &'a Conv, places: &'a Places) -> Self {
        let problem = &conv.problem;
        Product {
            conv,
            places,
            pixels: problem.pixels(),
            depth: problem.depth(),
            volume: problem.geometry.output(),
            row_tiles: problem.co.div_ceil(MR),
        }
    }
}

impl Product<'_> {
    /// The panels of the block that starts at pixel `first`: the place, first pixel and number of pixels of each.
    pub fn panels(&self, first: usize) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let end = self.pixels.min(first + self.conv.plan.panels * NR);
        let panels = (end - first).div_ceil(NR);
        (0..panels).map(move |panel| {
            let pixel = first + panel * NR;
            (panel * NR * self.depth, pixel, (end - pixel).min(NR))
        })
    }

    /// `whole` is the source of group 0; its `len` counts from there.
    ///
    /// # Safety
    /// As [`Convolve::run`]; the block exists.
    unsafe fn pack(&self, whole: &Source, group: usize, first: usize) {
        if self.depth == 0 {
            return;
        }
        let skipped = group * whole.ci * self.conv.problem.geometry.input();
        let source = Source { len: whole.len - skipped, ..*whole };
        let panels = self.conv.plan.panels;
        if source.geometry.is_identity() && first % self.volume + panels * NR <= self.volume {
            // SAFETY: the block's pixels are neighbours in one image; the scratch memory holds its panels.
            unsafe {
                let x = self.places.x.add(skipped + first / self.volume * source.image + first % self.volume);
                return source.copy(x, panels, self.places.scratch);
            }
        }
        for (place, pixel, columns) in self.panels(first) {
            // SAFETY: the group's channels start `skipped` elements into x; the scratch memory holds the panels.
            unsafe {
                let panel = self.places.scratch.add(place);
                source.pack(self.places.x.wrapping_add(skipped), pixel, columns, panel);
            }
        }
    }

    /// All panels of the block times `tiles` row tiles from `first_tile` on, or as many as there are.
    ///
    /// # Safety
    /// As [`Convolve::run`]; the block exists and its panels are packed.
    pub unsafe fn multiply(&self, group: usize, first: usize, first_tile: usize, tiles: usize) {
        let problem = &self.conv.problem;
        let channels = problem.groups * problem.co;
        let first_row = first_tile * MR;
        let channel = group * problem.co + first_row;
        let end = self.pixels.min(first + self.conv.plan.panels * NR);
        let tile_at = |pixel: usize, columns: usize| {
            let (image, inner) = (pixel / self.volume, pixel % self.volume);
            // SAFETY: pixel, channel and row tiles exist.
            let tile =
                unsafe { self.places.tile((image * channels + channel) * self.volume + inner, channel) };
            Tile {
                rows: (problem.co - first_row).min(tiles * MR),
                columns,
                plane: self.volume,
                room: self.volume - inner,
                wrap: (channels - 1) * self.volume,
                ..tile
            }
        };
        // The whole block is finished at once: rows of a few panels are too short for a loop of their own.
        let epilogue = self.conv.epilogue.clamped();
        let mut pixel = first;
        while pixel < end {
            let room = self.volume - pixel % self.volume;
            // Panels that stay in the first cache go together.
            let together = (TOGETHER / (NR * self.depth.max(1))).max(1) * NR;
            let columns = if room >= NR { room / NR * NR } else { NR }.min(together).min(end - pixel);
            let tile = tile_at(pixel, columns);
            // SAFETY: panels and row tiles have `depth` rows.
            unsafe {
                let before = group * self.row_tiles + first_tile;
                let weights = self.places.weights.add(before * MR * self.depth);
                let panel = self.places.scratch.add((pixel - first) * self.depth);
                if columns <= FEW {
                    gemm_few(self.depth, weights, panel, &tile, &epilogue);
                } else {
                    gemm_4x8(self.depth, weights, Panels::Packed(panel), &tile, &epilogue);
                }
            }
            pixel += columns;
        }
        let tile = tile_at(first, end - first);
        // SAFETY: the block is stored.
        unsafe { tile.finish(0..tile.rows, tile.columns, &self.conv.epilogue) };
    }
}
