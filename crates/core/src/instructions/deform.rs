//! DEFORM: deformable convolution (Dai et al., 2017; with a mask: Zhu et al., 2019).
//!
//! `y[n, o, p] = bias[o] + sum over tap k, channel c of w[o, c, k] * mask[n, g, k, p] * x[n, c, position]`, where
//! `position = p * stride - lo + k * dilation + offset[n, g, k, :, p]` is read bilinearly and zero outside, and g is the
//! offset group of c. The general convolution's GEMM whose panels of pixels are gathered.

mod corners;
mod gather;
mod gradient;

use super::conv::gemm::Product;
use super::conv::{Algorithm, Conv, Places};
use super::sample::{window, Sample};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::{Code, Fault};
use crate::geometry::elements;
use crate::instructions::entry::FLOAT;
use crate::kernels::gemm::NR;
use core::ops::Range;
use corners::{Sampler, Table};
use gather::Planes;

pub use gradient::{DeformGradient, Of};

/// Operands: x, offset, mask, packed weights, bias, y, scratch.
pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "deform",
        "x, offset, mask?, weights, bias? -> y; scratch",
        FLOAT,
        |params| Ok(Planned::new(Deform::new(params)?)),
        Sample::new(window!(2, 1, 3, 4; Algorithm::Gemm as u32, 0, 0, 0, 0, 1), &[180, 1080, 0, 108, 4, 240]),
    ),
    gradient::ENTRY,
];

/// A convolution whose taps are moved.
#[derive(Clone, Copy)]
pub struct Deform {
    conv: Conv,
    offset_groups: usize,
}

impl Deform {
    /// Reads the parameters of CONV, whose algorithm must be the GEMM and whose first axis a unit, and the number of
    /// offset groups.
    ///
    /// # Errors
    /// As [`Conv::new`]; `BadInstruction` for offset groups that do not divide the channels; `TooLarge`.
    pub fn new(params: &mut Params) -> Result<Deform, Fault> {
        let conv = Conv::new(params)?;
        let offset_groups = params.usize();
        params.check()?;
        let problem = &conv.problem;
        let [depth, ..] = &problem.geometry.axes;
        let channels = problem.groups * problem.ci;
        let plane = depth.is_identity() && depth.input == 1;
        let plain = conv.plan.algorithm == Algorithm::Gemm && conv.ends_plainly();
        if offset_groups == 0 || channels % offset_groups != 0 || !plane || !plain {
            return Err(Fault::new(Code::BadInstruction, [offset_groups as i32, 0, 0]));
        }
        let taps = problem.geometry.taps();
        elements(&[problem.batch, offset_groups, taps, problem.geometry.output()], 8)?;
        elements(&[offset_groups, taps, conv.plan.panels], Table::bytes(1, true))?;
        Ok(Deform { conv, offset_groups })
    }

    /// The pieces of a group's channels that have one offset group each: that, and the channels.
    fn pieces(&self, group: usize, channels: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let problem = &self.conv.problem;
        let skipped = group * problem.ci;
        let each = (problem.groups * problem.ci / self.offset_groups).max(1);
        let mut start = channels.start;
        core::iter::from_fn(move || {
            let (first, offset_group) = (start, (skipped + start) / each);
            start = channels.end.min((offset_group + 1) * each - skipped);
            (first < channels.end).then_some((offset_group, first..start))
        })
    }

    fn sampler(&self, offset: *const f32, mask: *const f32) -> Sampler<'_> {
        let problem = &self.conv.problem;
        let image = problem.groups * problem.ci * problem.geometry.input();
        Sampler { geometry: &problem.geometry, offset_groups: self.offset_groups, image, offset, mask }
    }

    fn planes(&self, count: usize) -> Planes {
        let geometry = &self.conv.problem.geometry;
        Planes { count, plane: geometry.input(), wide: geometry.axes[2].input >= 2 }
    }

    /// Samples of all images: elements of the mask, and half of those of the offsets.
    fn samples(&self) -> usize {
        let problem = &self.conv.problem;
        product(&[problem.batch, self.offset_groups, problem.geometry.taps(), problem.geometry.output()])
    }

    /// Bytes of the table that one part needs for the panels of a block.
    fn table(&self) -> usize {
        Table::bytes(self.offset_groups * self.conv.plan.panels * self.conv.problem.geometry.taps(), false)
    }
}

impl Instruction for Deform {
    fn extents(&self) -> Extents {
        let Conv { problem, plan, .. } = &self.conv;
        let samples = self.samples();
        let channels = problem.groups * problem.co;
        Extents::words(&[problem.inputs(), 2 * samples, samples, plan.packed, channels, problem.outputs()])
    }

    fn scratch(&self) -> usize {
        self.table() + self.conv.plan.scratch.next_multiple_of(64)
    }

    fn packed(&self) -> usize {
        self.conv.plan.packed
    }

    fn algorithm(&self) -> u32 {
        self.conv.plan.algorithm as u32
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Conv { problem, plan, .. } = &self.conv;
        let scratch = operands.pointer::<u8>(6).wrapping_add(share.part * self.scratch());
        let places = Places {
            x: operands.pointer(0),
            weights: operands.pointer(3),
            bias: operands.pointer(4),
            residual: core::ptr::null(),
            slope: core::ptr::null(),
            y: operands.pointer(5),
            scratch: scratch.wrapping_add(self.table()).cast(),
        };
        let gemm = Product::new(&self.conv, &places);
        if gemm.pixels == 0 || problem.co == 0 {
            return Ok(());
        }
        let taps = problem.geometry.taps();
        let sampler = self.sampler(operands.pointer(1), operands.pointer(2));
        // SAFETY: this part's scratch memory starts with room for the table.
        let table = unsafe { Table::new(scratch, 0..self.offset_groups, plan.panels, taps, false) };
        let row_blocks = gemm.row_tiles.div_ceil(plan.tiles);
        let pixel_blocks = gemm.pixels.div_ceil(plan.panels * NR);
        let (mut sampled, mut packed) = (usize::MAX, usize::MAX);
        for item in share.range(pixel_blocks * problem.groups * row_blocks) {
            let (panels, rows) = (item / row_blocks, item % row_blocks);
            let (block, group) = (panels / problem.groups, panels % problem.groups);
            let first = block * plan.panels * NR;
            // SAFETY: the caller's guarantee; block, group and rows exist.
            unsafe {
                if sampled != block {
                    for (panel, (_, pixel, columns)) in gemm.panels(first).enumerate() {
                        table.fill(&sampler, panel, pixel, columns);
                    }
                    sampled = block;
                }
                if packed != panels {
                    for (panel, (place, ..)) in gemm.panels(first).enumerate() {
                        self.gather(&places, group, &table, panel, places.scratch.add(place));
                    }
                    packed = panels;
                }
                gemm.multiply(group, first, rows * plan.tiles, plan.tiles);
            }
        }
        Ok(())
    }
}

impl Deform {
    /// Gathers a panel: `[tap][c][pixel]`.
    ///
    /// # Safety
    /// The table's panel is filled; `packed` has room for a panel.
    unsafe fn gather(&self, places: &Places, group: usize, table: &Table, panel: usize, packed: *mut f32) {
        let problem = &self.conv.problem;
        let plane = problem.geometry.input();
        let mut packed = packed;
        for tap in 0..problem.geometry.taps() {
            for (offset_group, channels) in self.pieces(group, 0..problem.ci) {
                let x = places.x.wrapping_add((group * problem.ci + channels.start) * plane);
                // SAFETY: the caller's guarantee.
                unsafe {
                    let corners = table.corners(offset_group, panel, tap);
                    self.planes(channels.len()).gather(x, corners, packed);
                    packed = packed.add(channels.len() * NR);
                }
            }
        }
    }
}
