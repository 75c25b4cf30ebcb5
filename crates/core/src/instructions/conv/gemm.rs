//! The general convolution: an implicit GEMM, outputs = weights [co, depth] x pixels [depth, batch * od * oh * ow].
//!
//! A block is some panels of eight pixels, packed once, and the row tiles of up to 64 output channels; the
//! blocks of outputs run fastest, so that a part packs pixels once.
//! A pointwise convolution is the same over one flat axis; its panels are copies.

use super::panel::Source;
use super::{Blocks, Conv, Piece, Places, Share};
use crate::geometry::{Axis, Geometry};
use crate::kernels::gemm::{gemm_4x8, gemm_column, Panels, MR, NR};
use crate::plan::{Algorithm, Problem};

/// # Safety
/// The places hold what the problem says.
pub unsafe fn run(conv: &Conv, places: &Places, share: Share) {
    let Conv { problem, plan, .. } = conv;
    let gemm = Gemm::new(conv, places);
    let pixels = gemm.pixels;
    if pixels == 0 || problem.co == 0 {
        return;
    }
    let source = source(problem, plan.algorithm);
    let blocks = Blocks {
        groups: problem.groups,
        panels: pixels.div_ceil(NR),
        panels_together: plan.panels,
        tiles: gemm.row_tiles,
        tiles_together: plan.tiles,
        readying: 0,
    };
    let mut packed = usize::MAX;
    for Piece { block, first_tile, tiles } in blocks.pieces(share) {
        let (group, first) = (block / blocks.per_group(), block % blocks.per_group() * plan.panels * NR);
        // SAFETY: the caller's guarantee; the block lies inside the group's pixels and row tiles.
        unsafe {
            if packed != block {
                gemm.pack(&source, group, first);
                packed = block;
            }
            gemm.multiply(group, first, first_tile, tiles);
        }
    }
}

fn source(problem: &Problem, algorithm: Algorithm) -> Source {
    let plane = problem.geometry.input();
    let geometry = if algorithm == Algorithm::Pointwise {
        let flat = Axis { input: plane, output: plane, ..Axis::UNIT };
        Geometry { axes: [Axis::UNIT, Axis::UNIT, flat] }
    } else {
        problem.geometry
    };
    let image = problem.groups * problem.ci * plane;
    Source { geometry, ci: problem.ci, image, len: problem.batch * image }
}

/// Elements of the panels that one call of the kernel takes, beside a row tile: half of a 32 kB first cache. All row
/// tiles of one panel, then the next panel, was 35 GFLOP/s at 24 -> 24 channels of 128 x 128 instead of 38 to 42.
const TOGETHER: usize = 1 << 12;

/// The blocks of one convolution.
pub struct Gemm<'a> {
    conv: &'a Conv,
    places: &'a Places,
    pub pixels: usize,
    depth: usize,
    volume: usize,
    pub row_tiles: usize,
}

impl<'a> Gemm<'a> {
    pub fn new(conv: &'a Conv, places: &'a Places) -> Self {
        let problem = &conv.problem;
        Gemm {
            conv,
            places,
            pixels: problem.pixels(),
            depth: problem.depth(),
            volume: problem.geometry.output(),
            row_tiles: problem.co.div_ceil(MR),
        }
    }
}

impl Gemm<'_> {
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
    /// As [`run`]; the block exists.
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
    /// As [`run`]; the block exists and its panels are packed.
    pub unsafe fn multiply(&self, group: usize, first: usize, first_tile: usize, tiles: usize) {
        let problem = &self.conv.problem;
        let channels = problem.groups * problem.co;
        let first_row = first_tile * MR;
        let channel = group * problem.co + first_row;
        let end = self.pixels.min(first + self.conv.plan.panels * NR);
        let mut pixel = first;
        while pixel < end {
            let (image, inner) = (pixel / self.volume, pixel % self.volume);
            let room = self.volume - inner;
            // Panels that stay in the first cache go together.
            let together = (TOGETHER / (NR * self.depth.max(1))).max(1) * NR;
            let columns = if room >= NR { room / NR * NR } else { NR }.min(together).min(end - pixel);
            // SAFETY: pixel, channel and row tiles exist; panels and row tiles have `depth` rows.
            unsafe {
                let mut tile = self.places.tile((image * channels + channel) * self.volume + inner, channel);
                tile.rows = (problem.co - first_row).min(tiles * MR);
                tile.columns = columns;
                tile.plane = self.volume;
                tile.room = room;
                tile.wrap = (channels - 1) * self.volume;
                let before = group * self.row_tiles + first_tile;
                let weights = self.places.weights.add(before * MR * self.depth);
                let panel = self.places.scratch.add((pixel - first) * self.depth);
                if columns == 1 {
                    gemm_column(self.depth, weights, panel, &tile, &self.conv.finish);
                } else {
                    gemm_4x8(self.depth, weights, Panels::Packed(panel), &tile, &self.conv.finish);
                }
            }
            pixel += columns;
        }
    }
}
