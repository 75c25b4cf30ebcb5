//! Few input channels: the GEMM's tiles, with pixels read where a padded copy of some input rows has them.
//!
//! A block is a band of output rows. The rows that it reads are copied once, with their padding and, for a stride, split into
//! phases; then each row of a panel is two vectors somewhere in the copy, and nothing is packed pixel by pixel.

use super::algorithm::{Convolve, Layout, Plan};
use super::blocks::{Blocks, Piece};
use super::{Conv, Places, Problem, Share};
use crate::fault::Fault;
use crate::geometry::elements;
use crate::kernels::gemm::{gemm_4x8, Panels, Window, Windows, MR};
use crate::simd::{F32x4, LANES};

pub struct Direct;

impl Convolve for Direct {
    const LAYOUT: Layout = Layout::Tiles;

    fn accepts(problem: &Problem) -> bool {
        problem.geometry.taps() > 1 && Band::new(problem).is_some()
    }

    fn cost(problem: &Problem, _: bool) -> f32 {
        let Some(band) = Band::new(problem) else { return f32::INFINITY };
        let height = &problem.geometry.axes[1];
        let bands = problem.groups as f32 * (problem.batch * height.output.div_ceil(band.rows)) as f32;
        let (rows, lanes) = problem.rows();
        problem.tiles_cost(rows * lanes, 42.0, 0.0, 125.0, 6000.0)
            + bands * (problem.ci as f32 * band.plane as f32 * 310.0 + 35e3)
    }

    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
        plan.scratch = 4 * Band::new(problem).map_or(0, |band| band.scratch(problem));
        Ok(())
    }

    unsafe fn run(conv: &Conv, places: &Places, share: Share) {
        let problem = &conv.problem;
        let Some(band) = Band::new(problem) else { return };
        let [_, height, width] = &problem.geometry.axes;
        let (depth, volume) = (problem.depth(), problem.geometry.output());
        let row_tiles = problem.co.div_ceil(MR);
        let offsets: *mut u32 = places.scratch.wrapping_add(problem.ci * band.plane).cast();
        let windows: *mut Window = offsets.wrapping_add(depth).cast();
        // SAFETY: the scratch memory holds the offsets and the windows behind the inputs.
        unsafe { locate(conv, &band, offsets, windows) };
        let blocks = Blocks {
            groups: problem.batch * problem.groups,
            panels: height.output,
            panels_together: band.rows,
            tiles: row_tiles,
            tiles_together: row_tiles,
            readying: 1,
        };
        for Piece { block, first_tile, tiles } in blocks.pieces(share) {
            let (image, first) = (block / blocks.per_group(), block % blocks.per_group() * band.rows);
            let rows = band.rows.min(height.output - first);
            let (group, first_row) = (image % problem.groups, first_tile * MR);
            // SAFETY: rows, group and row tiles exist; the scratch memory holds a band.
            unsafe {
                copy(
                    conv,
                    &band,
                    places.x.add(image * problem.ci * problem.geometry.input()),
                    first,
                    rows,
                    places.scratch,
                );
                let place = (image * problem.co + first_row) * volume + first * width.output;
                let mut tile = places.tile(place, group * problem.co + first_row);
                tile.rows = (problem.co - first_row).min(tiles * MR);
                tile.columns = rows * width.output.next_multiple_of(LANES);
                tile.plane = volume;
                tile.room = tile.columns;
                let weights = places.weights.add((group * row_tiles + first_tile) * MR * depth);
                let overlap = width.output % LANES > 0;
                let b = Windows { x: places.scratch, offsets, windows, overlap };
                gemm_4x8(depth, weights, Panels::Windows(&b), &tile, &conv.epilogue);
            }
        }
    }
}

/// Elements of a band of padded rows, and of one that is needed for a single row of outputs.
const BAND: usize = 1 << 14;
const LARGEST_BAND: usize = 1 << 18;

/// The padded input rows of some rows of outputs, for one group over one plane: `[channel][row][phase][column]`, where a
/// row's element `p` is column `p / stride` of phase `p % stride`. So neighbouring outputs read neighbouring columns.
#[derive(Clone, Copy, Debug)]
struct Band {
    /// Rows of outputs, at most.
    rows: usize,
    phases: usize,
    columns: usize,
    /// Elements from a channel to the next.
    plane: usize,
}

impl Band {
    /// Where rows hold four outputs, and the padded ones are not too long.
    #[inline(never)]
    fn new(problem: &Problem) -> Option<Band> {
        let [depth, height, width] = problem.geometry.axes;
        let phases = width.stride.min(width.extent());
        let columns = width.output + (width.extent() - 1) / width.stride;
        let row = elements(&[problem.ci, phases, columns], 4).ok()?;
        let fits = depth.is_identity()
            && depth.input == 1
            && width.output >= LANES
            && problem.ci > 0
            && elements(&[row, height.extent()], 4).ok()? <= LARGEST_BAND;
        if !fits {
            return None;
        }
        let rows = (BAND / row.max(1)).saturating_sub(height.extent()) / height.stride + 1;
        let rows = height.output.div_ceil(height.output.div_ceil(rows));
        let plane = ((rows - 1) * height.stride + height.extent()) * phases * columns;
        Some(Band { rows, phases, columns, plane })
    }

    /// Elements of scratch memory: the inputs, their offsets and the windows.
    fn scratch(&self, problem: &Problem) -> usize {
        let windows = self.rows * problem.geometry.axes[2].output.div_ceil(LANES) + 1;
        problem.ci * self.plane + problem.depth() + 2 * windows
    }
}

/// Where the rows of all panels lie in a band, and its windows.
///
/// # Safety
/// As many as there are can be written, and one window more.
unsafe fn locate(conv: &Conv, band: &Band, offsets: *mut u32, windows: *mut Window) {
    let [_, height, width] = &conv.problem.geometry.axes;
    let pitch = band.phases * band.columns;
    let mut to = offsets;
    for kh in 0..height.kernel {
        for kw in 0..width.kernel {
            let column = kw * width.dilation;
            let tap =
                kh * height.dilation * pitch + column % width.stride * band.columns + column / width.stride;
            for channel in 0..conv.problem.ci {
                // SAFETY: an offset for each of the depth.
                unsafe {
                    *to = (4 * (tap + channel * band.plane)) as u32;
                    to = to.add(1);
                }
            }
        }
    }
    let mut to = windows;
    for row in 0..band.rows {
        for index in 0..width.output.div_ceil(LANES) {
            let column = (index * LANES).min(width.output - LANES);
            let window = Window {
                from: (4 * (row * height.stride * pitch + column)) as u32,
                to: (row * width.output + column) as u32,
            };
            // SAFETY: the windows of each row, and the last once more.
            unsafe {
                to.write(window);
                to = to.add(1);
                to.write(window);
            }
        }
    }
}

/// Copies the input that so many output rows from `top` on read, with its padding.
///
/// # Safety
/// `x` holds the group's planes of an image, `to` a band.
#[inline(never)]
unsafe fn copy(conv: &Conv, band: &Band, x: *const f32, top: usize, rows: usize, to: *mut f32) {
    let problem = &conv.problem;
    let [_, height, width] = &problem.geometry.axes;
    // SAFETY: the band holds so many elements.
    unsafe { to.write_bytes(0, problem.ci * band.plane) };
    // Rows of the band before the first row of the input, that row, and those that are inside.
    let start = top * height.stride;
    let (before, first) = (height.lo.saturating_sub(start), start.saturating_sub(height.lo));
    let rows = ((rows - 1) * height.stride + height.extent()).saturating_sub(before);
    let rows = rows.min(height.input.saturating_sub(first));
    for phase in 0..band.phases {
        // The same along the row.
        let column = width.lo.saturating_sub(phase).div_ceil(width.stride);
        let element = column * width.stride + phase - width.lo;
        let columns = width.input.saturating_sub(element).div_ceil(width.stride);
        let columns = columns.min(band.columns.saturating_sub(column));
        for channel in 0..problem.ci {
            let from = x.wrapping_add((channel * height.input + first) * width.input + element);
            let to = to
                .wrapping_add(channel * band.plane + (before * band.phases + phase) * band.columns + column);
            // SAFETY: the rows and columns exist in the input and in the band.
            unsafe {
                every(from, to, [rows, columns], [width.input, band.phases * band.columns], width.stride)
            };
        }
    }
}

/// Copies rows of columns that are a stride apart, rows from and to places `steps` apart.
///
/// # Safety
/// So many rows and columns can be read at `x`, and written one behind the other at `to`.
#[inline(never)]
unsafe fn every(x: *const f32, to: *mut f32, [rows, columns]: [usize; 2], steps: [usize; 2], stride: usize) {
    for row in 0..rows {
        let (mut x, mut to) = (x.wrapping_add(row * steps[0]), to.wrapping_add(row * steps[1]));
        let mut left = columns;
        // SAFETY: the caller's guarantee; the last load of four ends with the last element of them.
        unsafe {
            while stride <= 2 && left >= LANES {
                let four = match stride {
                    1 => F32x4::load(x),
                    _ => F32x4::load(x).even_then_odd(F32x4::load(x.add(3))),
                };
                four.store(to);
                x = x.add(LANES * stride);
                to = to.add(LANES);
                left -= LANES;
            }
            while left > 0 {
                *to = *x;
                x = x.wrapping_add(stride);
                to = to.add(1);
                left -= 1;
            }
        }
    }
}
