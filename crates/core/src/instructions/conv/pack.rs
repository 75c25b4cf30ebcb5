//! CONV_PACK: weights in the order in which an algorithm of CONV reads them.
//!
//! The algorithm's [`Layout`] says which. The weights
//! lie where six strides say, which may be negative: a mathematical convolution reverses the taps, a gradient swaps the
//! channels' roles, a phase of a stride takes every k-th tap.

use super::algorithm::Layout;
use super::{Algorithm, Extents, Instruction, Operands, Params, Share};
use crate::fault::{Code, Fault};
use crate::geometry::{distance, elements};
use crate::kernels::gemm::MR;
use crate::simd::{F32x4, I32x4};

/// Operands: w, packed.
pub struct ConvPack {
    groups: usize,
    ci: usize,
    co: usize,
    kernel: [usize; 3],
    algorithm: Algorithm,
    /// Elements from a group, output channel, input channel and tap along each axis to the next.
    strides: [isize; 6],
    /// The element of the first of all of them.
    offset: isize,
    packed: usize,
    /// How many elements of the weights there are to the last of them.
    reach: usize,
}

impl ConvPack {
    /// Reads `groups, ci, co, 3 kernel sizes, algorithm, 6 strides, offset`; channels are those of a group, strides
    /// count elements: group, output channel, input channel, 3 axes of taps.
    ///
    /// # Errors
    /// `BadInstruction` for an algorithm that does not exist or accept the kernel; `TooLarge` when the packed weights or what the
    /// strides reach exceed 2^31 - 1 bytes, and for what lies before the first element.
    pub fn new(params: &mut Params) -> Result<ConvPack, Fault> {
        let [groups, ci, co, kd, kh, kw] = params.array().map(|word| word as usize);
        let algorithm = Algorithm::from_number(params.u32())?;
        let strides = params.array().map(|word| word as i32 as isize);
        let offset = params.i32() as isize;
        params.check()?;
        if !algorithm.packs(ci, [kd, kh, kw]) {
            return Err(Fault::new(Code::BadInstruction, [ci as i32, kh as i32, kw as i32]));
        }
        let rows = algorithm.layout().rows(co);
        let packed = elements(&[groups, rows, ci, kd, kh, kw], 4)?;
        let (mut low, mut high) = (offset as i64, offset as i64);
        for (size, stride) in [groups, co, ci, kd, kh, kw].into_iter().zip(strides) {
            let distance = distance(size, stride);
            low += distance.min(0);
            high += distance.max(0);
        }
        if packed > 0 && (low < 0 || high > i64::from(i32::MAX) / 4) {
            return Err(Fault::new(Code::TooLarge, [0; 3]));
        }
        let (kernel, reach) = ([kd, kh, kw], (high + 1) as usize);
        Ok(ConvPack { groups, ci, co, kernel, algorithm, strides, offset, packed, reach })
    }

    /// Calls `each` with the place of every tap, counted from its channels' first, in their order.
    #[inline(always)]
    fn taps(&self, mut each: impl FnMut(isize)) {
        let [.., depth, height, width] = self.strides;
        for kd in 0..self.kernel[0] as isize {
            for kh in 0..self.kernel[1] as isize {
                for kw in 0..self.kernel[2] as isize {
                    each(kd * depth + kh * height + kw * width);
                }
            }
        }
    }

    /// One row tile of so many output channels; the others are zero.
    ///
    /// # Safety
    /// `from` is where the first of them lies among the weights, `to` holds a row tile.
    unsafe fn tile(&self, rows: usize, from: *const f32, to: *mut f32) {
        let [_, output, input, _, height, width] = self.strides;
        // A missing channel is read where the first one lies, and masked.
        let places: [isize; MR] =
            core::array::from_fn(|row| if row < rows { row as isize * output } else { 0 });
        let present = I32x4::from_array([0, 1, 2, 3]).below(I32x4::splat(rows as i32));
        let channels_outside = self.algorithm.layout() == Layout::Channels;
        if channels_outside && rows == MR && (height, width) == (3 * width, width) && width.abs() == 1 {
            for c in 0..self.ci {
                let from = from.wrapping_offset(c as isize * input);
                // SAFETY: the caller's guarantee: the nine taps of the channels lie side by side.
                unsafe { nine_taps(from, places, width, to.add(c * 9 * MR)) };
            }
            return;
        }
        let (tap_step, channel_step) = if channels_outside { (MR, 9 * MR) } else { (self.ci * MR, MR) };
        let mut start = to;
        self.taps(|tap| {
            let (mut from, mut to) = (from.wrapping_offset(tap), start);
            for _ in 0..self.ci {
                // SAFETY: the caller's guarantee: the channels and the tap exist.
                unsafe {
                    let values = F32x4::from_array(places.map(|place| *from.offset(place)));
                    present.keep(values).store(to);
                }
                to = to.wrapping_add(channel_step);
                from = from.wrapping_offset(input);
            }
            start = start.wrapping_add(tap_step);
        });
    }
}

/// The taps of four channels that lie side by side, in their order (1) or in reverse (-1).
///
/// # Safety
/// `from` is the first tap of the first channel, `places` is where the others lie; nine vectors can be written.
#[inline(always)]
unsafe fn nine_taps(from: *const f32, places: [isize; MR], order: isize, to: *mut f32) {
    let reversed = order < 0;
    let first = from.wrapping_offset(if reversed { -8 } else { 0 });
    // SAFETY: the caller's guarantee.
    unsafe {
        let four = |tap: isize| F32x4::transpose(places.map(|place| F32x4::load(first.offset(place + tap))));
        let ([t0, t1, t2, t3], [t4, t5, t6, t7], [.., t8]) = (four(0), four(4), four(5));
        let mut to = to.wrapping_add(if reversed { 8 * MR } else { 0 });
        for tap in [t0, t1, t2, t3, t4, t5, t6, t7, t8] {
            tap.store(to);
            to = to.wrapping_offset(order * MR as isize);
        }
    }
}

impl Instruction for ConvPack {
    fn extents(&self) -> Extents {
        let weights = if self.packed == 0 { 0 } else { self.reach };
        Extents::words(&[weights, self.packed])
    }

    fn packed(&self) -> usize {
        self.packed
    }

    fn algorithm(&self) -> u32 {
        self.algorithm as u32
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (w, packed): (*const f32, *mut f32) = (operands.pointer(0), operands.pointer(1));
        let [per_group, output, ..] = self.strides;
        let first = |group: usize, channel: usize| {
            w.wrapping_offset(self.offset + group as isize * per_group + channel as isize * output)
        };
        let taps: usize = self.kernel.iter().product();
        if self.packed == 0 {
            return Ok(());
        }
        if self.algorithm.layout() == Layout::Rows {
            for item in share.range(self.groups * self.co) {
                let from = first(item / self.co, item % self.co);
                let mut to = packed.wrapping_add(item * taps);
                // SAFETY: the channel exists in both operands, and so does each of its taps.
                self.taps(|tap| unsafe {
                    *to = *from.offset(tap);
                    to = to.add(1);
                });
            }
            return Ok(());
        }
        let tiles = self.co.div_ceil(MR);
        for item in share.range(self.groups * tiles) {
            let channel = item % tiles * MR;
            let from = first(item / tiles, channel);
            // SAFETY: the tile exists in the packed weights, its channels below `co` exist in the weights.
            unsafe {
                let to = packed.add(item * taps * self.ci * MR);
                self.tile((self.co - channel).min(MR), from, to);
            }
        }
        Ok(())
    }
}
