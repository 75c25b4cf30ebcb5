//! QUANTIZED CONV: a convolution of bytes, whose sums become bytes again, or floats, and QUANTIZED PACK: what it reads of its weights.
//!
//! Activations are unsigned bytes in fours of channels, `[batch, channels / 4, d, h, w, 4]`; of channels that there are not,
//! any bytes, as their weights are 0. Padding lies in x already, but for depthwise kernels, which pad plane by plane.
//! `y = round((sum of x w + sums) * scale + (other - its zero) * its step) + zero`, in float32 and in this order: `sums` hold the
//! bias less what the zero point of x adds, `scale` what a step of the sum is in steps of y; `other`, which lies as y does, may be
//! absent, and its step is one in steps of y. Or y is float32, in planes, `(sum of x w + sums) * scale`.
//!
//! Or scales and zero points are known at a run: then DYNAMIC ENDS makes `sums` and `scale`, behind which lie shift and bias,
//! and y is, in planes, `s = sum of x w + sums + shift * window` as int32, or `s * scale + bias` as float32. There `other` is what
//! DYNAMIC WINDOW makes, and may be absent.

mod depthwise;
mod dynamic;
mod pack;
mod transformed;
mod walk;

use super::sample::{Sample, ONE};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::geometry::{Geometry, Rule};
use crate::instructions::conv::Problem;
use crate::instructions::dtype::Dtype;
use crate::kernels::integer::{
    products, End, Other, Products, Requantize, Tile, Totals, OUTPUTS, PIXELS, SIXES,
};
use crate::simd::I32x4;
use walk::{Six, Walk};

pub use crate::kernels::integer::Sums;

const BYTES: &[Dtype] = &[Dtype::U8];

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "quantized conv",
        "x, weights, sums, scale, other? -> y; scratch",
        BYTES,
        |params| Ok(Planned::new(QuantizedConv::new(params)?)),
        Sample::new(
            &[2, 1, 6, 5, 1, 1, 1, 1, 0, 0, 7, 3, 1, 1, 0, 0, 8, 3, 1, 1, 0, 0, 9, 128, 0, 255, 3, ONE, 0, 0],
            &[224, 145, 8, 8, 120, 120],
        )
        .of(BYTES),
    ),
    pack::ENTRY,
    dynamic::ENDS,
    dynamic::WINDOW,
];

/// The sizes of a quantised convolution.
#[derive(Clone, Copy)]
struct Sizes {
    groups: usize,
    /// Channels of a group.
    ci: usize,
    co: usize,
}

impl Sizes {
    /// Each channel has a kernel of its own.
    fn is_depthwise(self) -> bool {
        self.groups > 1 && self.ci == 1 && self.co == 1
    }

    /// Groups are cut between fours of channels.
    fn fits(self) -> bool {
        self.groups == 1 || self.is_depthwise() || (self.ci.is_multiple_of(4) && self.co.is_multiple_of(4))
    }

    /// Fours of a group's input channels, and of all outputs.
    fn fours(self) -> (usize, usize) {
        (self.ci.div_ceil(4), (self.groups * self.co).div_ceil(4))
    }

    /// Row tiles of a group.
    fn tiles(self) -> usize {
        self.co.div_ceil(OUTPUTS)
    }

    /// Outputs for which there is what follows the sum: those of whole tiles, or fours.
    fn ends(self) -> usize {
        if self.is_depthwise() {
            self.groups.next_multiple_of(4)
        } else {
            product(&[self.groups, self.tiles(), OUTPUTS])
        }
    }
}

enumeration! {
    /// How a convolution goes, numbered behind floats' algorithms.
    pub enum Algorithm {
        Bytes = 6 as "bytes",
        Depthwise as "bytes-depthwise",
        /// By Winograd's method where the engine has no dot product of bytes.
        Square as "bytes-3x3",
    }
}

/// The most products that a sum of 32 bits holds.
const MOST_TERMS: usize = 65_000;

struct QuantizedConv {
    problem: Problem,
    sizes: Sizes,
    end: End,
    /// What padding holds.
    x_zero: u8,
    /// Whatever the engine can do.
    way: u32,
    scratch: usize,
}

impl QuantizedConv {
    /// Reads `batch, groups, ci, co, 3 axes, x's zero, zero, low, high, other's zero and step, result, way`: what y is, one of
    /// [`Sums`], and the fastest way that is taken, as [`Products::from`] says it.
    ///
    /// # Errors
    /// `BadInstruction` for padding, for groups that are not cut between fours of channels, for too many products, and for a
    /// depthwise one with a shift; what [`Geometry::new`] and [`Problem::new`] refuse.
    fn new(params: &mut Params) -> Result<QuantizedConv, Fault> {
        let [batch, groups, ci, co] = params.array().map(|word| word as usize);
        let requests = [params.axis(), params.axis(), params.axis()];
        let [x_zero, zero, low, high] = [(); 4].map(|()| params.below(256) as u8);
        let other = Other { zero: params.below(256) as u8, step: params.f32(), distance: 0 };
        let (result, way): (Sums, _) = (params.kind(), params.below(Products::WAYS));
        params.check()?;
        let geometry = Geometry::new(requests, Rule::default())?;
        let problem = Problem::new(batch, groups, ci, co, geometry)?;
        let sizes = Sizes { groups, ci, co };
        let is_padded = geometry.axes.iter().any(|axis| axis.lo + axis.hi > 0);
        let end = End {
            requantize: Requantize::new([zero, low, high]),
            result,
            other,
            plane: 0,
            ends: sizes.ends(),
        };
        let is_refused = if sizes.is_depthwise() { end.has_shift() } else { is_padded };
        if is_refused || !sizes.fits() || problem.depth() > MOST_TERMS {
            params.refuse(ci as u32);
        }
        params.check()?;
        let mut conv = QuantizedConv { problem, sizes, end, x_zero, way, scratch: 0 };
        conv.end.plane = conv.planes().1;
        if sizes.is_depthwise() {
            conv.scratch = conv.depthwise_scratch()?;
        }
        if conv.is_transformed() {
            conv.scratch = conv.transformed_scratch();
        }
        Ok(conv)
    }

    /// Bytes of a four of channels of the input, and of the output.
    fn planes(&self) -> (usize, usize) {
        (4 * self.problem.geometry.input(), 4 * self.problem.geometry.output())
    }

    /// Behind the packed weights: what was found of each part of them.
    fn judgements(&self, operands: &Operands, parts: usize, each: usize) -> *const u8 {
        operands.pointer::<u8>(1).wrapping_add(parts * each)
    }

    /// With the distance of what is added.
    fn end(&self, operands: &Operands) -> End {
        let [other, y] = [4, 5].map(|operand| operands.pointer::<u8>(operand));
        let distance = if other.is_null() { 0 } else { (other as isize).wrapping_sub(y as isize) };
        End { other: Other { distance, ..self.end.other }, ..self.end }
    }

    fn is_bytes(&self) -> bool {
        self.end.result == Sums::Bytes
    }

    /// Bytes of the packed weights of eight outputs.
    fn of_tile(&self) -> usize {
        product(&[self.problem.geometry.taps(), self.sizes.fours().0, 4 * OUTPUTS])
    }

    /// Eight outputs of a group of an image, or as many as there are.
    ///
    /// # Safety
    /// The operands hold what the problem says; there is such a group, and such a tile of outputs.
    unsafe fn outputs_of(&self, operands: &Operands, image: usize, tile: usize) -> Outputs {
        let (n, group) = (image / self.sizes.groups, image % self.sizes.groups);
        let group_tile = group * self.sizes.tiles() + tile;
        let (end, output) = (self.end(operands), self.planes().1);
        let next = if self.is_bytes() { output } else { 4 * output };
        // SAFETY: the caller's guarantee.
        unsafe {
            let y = self.place(operands.pointer(5), n, group * self.sizes.co + tile * OUTPUTS);
            let with_window = |y: *mut u8| self.with_window(operands, image, y);
            Outputs {
                weights: operands.pointer::<u8>(1).add(group_tile * self.of_tile()),
                bias: operands.pointer::<i32>(2).add(group_tile * OUTPUTS),
                scale: operands.pointer::<f32>(3).add(group_tile * OUTPUTS),
                y,
                next,
                outputs: (self.sizes.co - tile * OUTPUTS).min(OUTPUTS),
                ends: if end.has_shift() { [y, y.wrapping_add(next)].map(with_window) } else { [end; 2] },
            }
        }
    }

    /// The end of outputs whose planes begin at y, with the distance of their window's sums.
    fn with_window(&self, operands: &Operands, image: usize, y: *const u8) -> End {
        let windows = operands.pointer::<u8>(4);
        let own = windows.wrapping_add(image * self.end.plane);
        let distance = if windows.is_null() { 0 } else { (own as isize).wrapping_sub(y as isize) };
        End { other: Other { distance, ..self.end.other }, ..self.end }
    }

    /// Where the outputs from one on lie in y, which is the first of a four.
    ///
    /// # Safety
    /// There is such an output.
    unsafe fn place(&self, y: *mut u8, n: usize, output: usize) -> *mut u8 {
        let all = self.sizes.groups * self.sizes.co;
        let plane = if self.is_bytes() { n * all.div_ceil(4) + output / 4 } else { n * all + output };
        // SAFETY: the caller's guarantee.
        unsafe { y.add(plane * self.planes().1) }
    }

    /// # Safety
    /// The operands hold what the problem says.
    unsafe fn dense(&self, operands: &Operands, share: Share, products: Products) {
        let Problem { batch, groups, ref geometry, .. } = self.problem;
        let walk = Walk::new(geometry);
        let (fours, tiles) = (self.sizes.fours().0, self.sizes.tiles());
        let reach = if walk.taps.iter().all(|&(taps, _)| taps == 1) { 1 } else { 3 };
        let together = (TOGETHER / (fours.max(1) * 4 * PIXELS * reach)).clamp(1, SIXES);
        let (input, _) = self.planes();
        let [depth, height, width] = walk.taps;
        // Of few channels a row of taps is summed in one loop.
        let (taps, words, step) =
            if fours == 1 { ([depth, height, (1, 0)], width.0, width.1) } else { (walk.taps, fours, input) };
        let judgements = self.judgements(operands, groups * tiles, self.of_tile());
        let mut sixes = [Six::default(); SIXES];
        let mut totals: Totals = [[I32x4::splat(0); SIXES * PIXELS]; 2];
        let work = share.range(batch * groups * walk.count);
        let mut at = work.start;
        while at < work.end {
            let (image, first) = (at / walk.count, at % walk.count);
            let group = image % groups;
            let count = together.min(walk.count - first).min(work.end - at);
            let mut runs = 0;
            for six in (first..first + count).map(|index| walk.six(index)) {
                if runs == 0 || !sixes[runs - 1].is_joined(&six) {
                    sixes[runs] = six;
                    runs += 1;
                }
            }
            for tile in 0..tiles {
                let group_tile = group * tiles + tile;
                // SAFETY: the caller's guarantee; image, row tile and pixels exist.
                unsafe {
                    let x = operands.pointer::<u8>(0).add(image * fours * input);
                    let of = self.outputs_of(operands, image, tile);
                    let own = products.exact(judgements.add(group_tile).read());
                    let mut tile = Tile {
                        x,
                        pixels: sixes[0].pixels,
                        places: &sixes[0].places,
                        taps: &taps,
                        fours: words,
                        plane: step,
                        weights: of.weights,
                        bias: of.bias,
                        scale: of.scale,
                        y: of.y,
                        next: of.next,
                        count: 0,
                        outputs: of.outputs,
                        ends: of.ends,
                    };
                    for six in &sixes[..runs] {
                        tile.x = x.add(six.place);
                        (tile.pixels, tile.places) = (six.pixels, &six.places);
                        tile.y = of.y.add(4 * six.pixel);
                        tile.count = six.count;
                        tile.compute(own, &mut totals);
                    }
                }
            }
            at += count;
        }
    }
}

/// What belongs to eight outputs of an image: their packed weights, what follows the sums, their first four's place in y and
/// bytes to the others', how many there are, and how both fours end.
struct Outputs {
    weights: *const u8,
    bias: *const i32,
    scale: *const f32,
    y: *mut u8,
    next: usize,
    outputs: usize,
    ends: [End; 2],
}

/// Bytes of x that pixels which are computed together see, so that they stay in the first cache.
const TOGETHER: usize = 24 << 10;

impl Instruction for QuantizedConv {
    fn extents(&self) -> Extents {
        let Problem { batch, groups, ref geometry, .. } = self.problem;
        let (fours, outputs) = self.sizes.fours();
        let (x, y) = self.planes();
        // Each part of the weights has a byte behind them.
        let (planes, parts, each) = if self.sizes.is_depthwise() {
            (outputs, outputs, product(&[pack::columns(geometry), 16]))
        } else {
            (groups * fours, groups * self.sizes.tiles(), self.of_tile())
        };
        let (ends, bytes) = (product(&[4, self.sizes.ends()]), product(&[batch, outputs, y]));
        let (scale, other) = if self.end.has_shift() {
            (product(&[3, ends]), product(&[batch, groups, y]))
        } else {
            (ends, bytes)
        };
        let floats = product(&[batch, groups, self.sizes.co, y]);
        let y = if self.is_bytes() { bytes } else { floats };
        Extents::bytes(&[product(&[batch, planes, x]), product(&[parts, each + 1]), ends, scale, other, y])
    }

    fn scratch(&self) -> usize {
        self.scratch
    }

    fn algorithm(&self) -> u32 {
        if self.sizes.is_depthwise() {
            Algorithm::Depthwise as u32
        } else if self.is_transformed() {
            Algorithm::Square as u32
        } else {
            Algorithm::Bytes as u32
        }
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let products = products().from(self.way);
        // SAFETY: the caller guarantees that the operands hold what the problem says.
        unsafe {
            if self.sizes.is_depthwise() {
                self.depthwise(operands, share, products);
            } else if products > Products::Signed && self.is_transformed() {
                self.transformed(operands, share);
            } else {
                self.dense(operands, share, products);
            }
        }
        Ok(())
    }
}
