//! SEPARABLE: a depthwise convolution and the pointwise one behind it, `y = act(w2 * inner(w1 (*) x + b1) + b2 + residual)`,
//! without the tensor between them: strips of the depthwise kernel write the panels that the GEMM reads.
//!
//! Params: n, channels, co, 3 axes, the inner act, p0, p1 (a clamp), act, p0, p1. Operands: x [n, channels, 1, h, w], depthwise
//! weights [channels, 1, 1, k, k] as they are, bias? [channels], packed weights of the pointwise convolution, bias? [co],
//! residual? (like y), slope? [co], y [n, co, 1, oh, ow], scratch.
//! Items of the share are tiles of eight rows and eight columns: each row of a tile is a panel.

use super::{Entry, Operands, Operator, Params, Share};
use crate::fault::{Code, Fault};
use crate::geometry::{elements, Geometry, Rule};
use crate::kernels::depthwise::{strip, Strip};
use crate::kernels::gemm::{gemm_4x8, MR, NR};
use crate::kernels::tile::{advance, Finish, Tile};
use crate::plan::strip_kernel;
use crate::simd::LANES;
use alloc::boxed::Box;

pub const ENTRY: Entry = Entry {
    opcode: 12,
    name: "separable",
    operands: 9,
    optional: 1 << INNER_BIAS | 1 << BIAS | 1 << RESIDUAL | 1 << SLOPE,
    decode,
};

const X: usize = 0;
const INNER_WEIGHTS: usize = 1;
const INNER_BIAS: usize = 2;
const WEIGHTS: usize = 3;
const BIAS: usize = 4;
const RESIDUAL: usize = 5;
const SLOPE: usize = 6;
const Y: usize = 7;
const SCRATCH: usize = 8;

/// Output rows of a tile: of the input rows that a strip walks, a quarter is walked by two tiles at 3x3.
const ROWS: usize = 8;

struct Separable {
    batch: usize,
    channels: usize,
    co: usize,
    geometry: Geometry,
    kernel: (usize, usize),
    inner: Finish,
    finish: Finish,
}

fn decode(params: &mut Params) -> Result<Box<dyn Operator>, Fault> {
    let [batch, channels, co] = [params.usize()?, params.usize()?, params.usize()?];
    let requests = [params.axis()?, params.axis()?, params.axis()?];
    let geometry = Geometry::new(requests, Rule::default())?;
    let kernel = strip_kernel(&geometry).ok_or(Fault::new(Code::BadInstruction, [12, 0, 0]))?;
    let inner = Finish::new(params.u32()?, params.f32()?, params.f32()?)?;
    let finish = Finish::new(params.u32()?, params.f32()?, params.f32()?)?;
    elements(&[batch, channels, geometry.input()], 4)?;
    elements(&[batch, co, geometry.output()], 4)?;
    elements(&[co.next_multiple_of(MR), channels], 4)?;
    elements(&[ROWS * NR, channels], 4)?;
    Ok(Box::new(Separable {
        batch,
        channels,
        co,
        geometry,
        kernel,
        inner,
        finish,
    }))
}

impl Separable {
    /// Rows and columns of the input under a strip.
    fn patch(&self) -> (usize, usize) {
        let (k, stride) = self.kernel;
        (ROWS * stride + k, 3 * stride + k)
    }
}

impl Operator for Separable {
    fn scratch(&self) -> usize {
        let (rows, columns) = self.patch();
        4 * (ROWS * NR * self.channels + rows * columns).next_multiple_of(16)
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let [_, height, width] = &self.geometry.axes;
        let (down, across) = (height.output.div_ceil(ROWS), width.output.div_ceil(NR));
        let panels = operands
            .pointer::<f32>(SCRATCH)
            .wrapping_add(share.part * self.scratch() / 4);
        for item in share.range(self.batch * down * across) {
            let (image, tile) = (item / (down * across), item % (down * across));
            let place = Place {
                image,
                row: tile / across * ROWS,
                column: tile % across * NR,
            };
            // SAFETY: the tile lies inside the output; the operands hold what the problem says.
            unsafe {
                self.fill(operands, &place, panels);
                self.multiply(operands, &place, panels);
            }
        }
        Ok(())
    }
}

/// The first output element of a tile.
struct Place {
    image: usize,
    row: usize,
    column: usize,
}

impl Separable {
    /// The depthwise convolution of every channel of a tile: row `r` is panel `r`.
    ///
    /// # Safety
    /// As [`Operator::run`]; the tile lies inside the output.
    unsafe fn fill(&self, operands: &Operands, place: &Place, panels: *mut f32) {
        let [_, height, width] = &self.geometry.axes;
        let (k, stride) = self.kernel;
        let columns = (width.output - place.column).min(NR);
        let run = match self.kernel {
            (3, 1) => strip::<3, 1>,
            (3, _) => strip::<3, 2>,
            (_, 1) => strip::<5, 1>,
            _ => strip::<5, 2>,
        };
        // The first input row under the tile, and the padding above it.
        let first = (place.row * stride) as isize - height.lo as isize;
        let (from, lo) = (first.max(0) as usize, (-first).max(0) as usize);
        let plane = self.geometry.input();
        let x = operands.pointer::<f32>(X).cast_const();
        let (weights, bias) = (
            operands.pointer::<f32>(INNER_WEIGHTS),
            operands.pointer::<f32>(INNER_BIAS),
        );
        let patch = panels.wrapping_add(ROWS * NR * self.channels);
        for half in 0..columns.div_ceil(LANES) {
            let column = ((place.column + half * LANES) * stride) as isize - width.lo as isize;
            let span = 3 * stride + k;
            let inside = column >= 0 && column as usize + span <= width.input;
            for c in 0..self.channels {
                // SAFETY: channel `c` of this image exists; a strip inside the input reads it in place, another
                // the patch, which holds its rows and columns; its rows of the panels exist.
                unsafe {
                    let source = x.add((place.image * self.channels + c) * plane);
                    let mut walk = Strip {
                        source: source.wrapping_add(from * width.input).wrapping_offset(column),
                        pitch: width.input,
                        rows: height.input.saturating_sub(from),
                        lo,
                        weights: weights.add(c * k * k),
                    };
                    if !inside {
                        walk.rows = walk.rows.min(self.patch().0);
                        self.copy(source.wrapping_add(from * width.input), column, walk.rows, patch);
                        (walk.source, walk.pitch) = (patch, span);
                    }
                    let tile = Tile {
                        y: panels.add(c * NR + half * LANES),
                        residual: core::ptr::null(),
                        bias: advance(bias, c),
                        slope: core::ptr::null(),
                        rows: (height.output - place.row).min(ROWS),
                        columns: (columns - half * LANES).min(LANES),
                        plane: self.channels * NR,
                        room: usize::MAX,
                        wrap: 0,
                    };
                    run(&walk, &tile, &self.inner);
                }
            }
        }
    }

    /// Copies the columns of a strip from `column` on, zero where they lie outside the input.
    ///
    /// # Safety
    /// `rows` input rows can be read at `x`; the patch holds them.
    unsafe fn copy(&self, x: *const f32, column: isize, rows: usize, patch: *mut f32) {
        let (input, span) = (self.geometry.axes[2].input, self.patch().1);
        for row in 0..rows {
            for i in 0..span {
                let at = column + i as isize;
                let inside = at >= 0 && (at as usize) < input;
                // SAFETY: the element is read only inside the row; the patch holds rows of `span`.
                unsafe {
                    let value = if inside { x.add(row * input + at as usize).read() } else { 0.0 };
                    patch.add(row * span + i).write(value);
                }
            }
        }
    }

    /// The panels of a tile times all output channels.
    ///
    /// # Safety
    /// As [`Operator::run`]; the panels are filled.
    unsafe fn multiply(&self, operands: &Operands, place: &Place, panels: *const f32) {
        let [_, height, width] = &self.geometry.axes;
        let volume = self.geometry.output();
        for row in 0..(height.output - place.row).min(ROWS) {
            let inner = (place.row + row) * width.output + place.column;
            let at = place.image * self.co * volume + inner;
            // SAFETY: element `at` is the first of this row of the tile; panel `row` is filled.
            unsafe {
                let tile = Tile {
                    y: operands.pointer::<f32>(Y).add(at),
                    residual: advance(operands.pointer(RESIDUAL), at),
                    bias: operands.pointer(BIAS),
                    slope: operands.pointer(SLOPE),
                    rows: self.co,
                    columns: (width.output - place.column).min(NR),
                    plane: volume,
                    room: volume - inner,
                    wrap: 0,
                };
                if self.co == 0 {
                    continue;
                }
                let panel = panels.add(row * NR * self.channels);
                gemm_4x8(self.channels, operands.pointer(WEIGHTS), panel, &tile, &self.finish);
            }
        }
    }
}
