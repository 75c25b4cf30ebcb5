//! QUANTIZE: floats as bytes, `round(x / step) + zero`, ties to even, what lies beyond at its end, NaN as 0; DEQUANTIZE: what
//! integers stand for, `(q - zero) * step`.
//!
//! Params: the dtype of the integers, outer, channels, inner: x is `[outer, channels, inner]`, and step and zero point are one for
//! each channel. Operands: x, steps, zero points (of the integers' dtype), y.

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, I32x4, LANES};

const INTEGERS: &[Dtype] = &[Dtype::I32, Dtype::U8, Dtype::I8];

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "quantize",
        "x, steps, zeros? -> y",
        FLOAT,
        |params| Ok(Planned::new(Quantize(Sizes::new(params)?))),
        Sample::new(&[Dtype::U8 as u32, 2, 3, 5], &[30, 3, 1, 8]).with(1, |_| ONE),
    ),
    Entry::new(
        "dequantize",
        "x, steps, zeros? -> y",
        INTEGERS,
        |params| Ok(Planned::new(Dequantize(Sizes::new(params)?))),
        Sample::new(&[Dtype::F32 as u32, 2, 3, 5], &[30, 3, 3, 30]).of(INTEGERS),
    ),
];

#[derive(Clone, Copy)]
struct Sizes {
    integers: Dtype,
    outer: usize,
    channels: usize,
    inner: usize,
}

impl Sizes {
    fn new(params: &mut Params) -> Result<Sizes, Fault> {
        let (from, to) = (params.dtype, params.dtype());
        let integers = if from == Dtype::F32 { to } else { from };
        let bytes = from == Dtype::F32;
        if (bytes && to.bytes() != 1) || (!bytes && to != Dtype::F32) {
            params.refuse(to as u32);
        }
        let [outer, channels, inner] = params.array().map(|word| word as usize);
        params.elements(&[outer, channels, inner], 4);
        params.check()?;
        Ok(Sizes { integers, outer, channels, inner })
    }

    /// Elements, and channels, of which there are none without elements.
    fn counts(self) -> [usize; 2] {
        let count = self.outer * self.channels * self.inner;
        [count, self.channels.min(count)]
    }

    /// Calls `each` with every run of elements of one channel: its first, how many, the step and the zero point.
    ///
    /// # Safety
    /// Operands 1 and 2 hold what the sizes say.
    #[inline(always)]
    unsafe fn runs(self, operands: &Operands, share: Share, each: impl Fn(usize, usize, f32, i32)) {
        let work = share.range(self.outer * self.channels * self.inner);
        let mut at = work.start;
        while at < work.end {
            let channel = at / self.inner % self.channels;
            let count = (self.inner - at % self.inner).min(work.end - at);
            // SAFETY: the caller's guarantee.
            unsafe {
                let step = operands.pointer::<f32>(1).add(channel).read();
                let zeros: *const u8 = operands.pointer(2);
                let zero = match self.integers {
                    _ if zeros.is_null() => 0,
                    Dtype::U8 => i32::from(zeros.add(channel).read()),
                    Dtype::I8 => i32::from(zeros.cast::<i8>().add(channel).read()),
                    Dtype::F32 | Dtype::I32 => zeros.cast::<i32>().add(channel).read(),
                };
                each(at, count, step, zero);
            }
            at += count;
        }
    }
}

struct Quantize(Sizes);

impl Instruction for Quantize {
    fn extents(&self) -> Extents {
        let [count, channels] = self.0.counts();
        Extents::bytes(&[4 * count, 4 * channels, channels, count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y): (*const f32, *mut u8) = (operands.pointer(0), operands.pointer(3));
        // Signed bytes are unsigned ones less 128.
        let flip: u8 = if self.0.integers == Dtype::I8 { 0x80 } else { 0 };
        // SAFETY: the caller's guarantee.
        unsafe {
            self.0.runs(operands, share, |first, count, step, zero| {
                let (x, y) = (x.add(first), y.add(first));
                let (step, zero) = (F32x4::splat(step), F32x4::splat((zero + i32::from(flip)) as f32));
                let quantized = |v: F32x4| -> I32x4 {
                    let steps = v.div(step).nearest();
                    // NaN is 0, which lies `flip` up.
                    let known = steps.eq(steps);
                    known.select(steps.add(zero), F32x4::splat(f32::from(flip))).to_i32()
                };
                let whole = count / 16 * 16;
                for i in (0..whole).step_by(16) {
                    let [a, b, c, d] = [0, 4, 8, 12].map(|at| quantized(F32x4::load(x.add(i + at))));
                    let bytes = a.narrow(b).narrow(c.narrow(d));
                    bytes.xor(crate::simd::U8x16::splat(flip)).store(y.add(i));
                }
                let mut i = whole;
                while i < count {
                    let some = (count - i).min(LANES);
                    let lanes = quantized(F32x4::load_partial(x.add(i), some)).to_array();
                    for (lane, &value) in lanes.iter().enumerate().take(some) {
                        y.add(i + lane).write(value.clamp(0, 255) as u8 ^ flip);
                    }
                    i += some;
                }
            });
        }
        Ok(())
    }
}

struct Dequantize(Sizes);

impl Instruction for Dequantize {
    fn extents(&self) -> Extents {
        let [count, channels] = self.0.counts();
        let bytes = self.0.integers.bytes();
        Extents::bytes(&[count * bytes, 4 * channels, channels * bytes, 4 * count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y): (*const u8, *mut f32) = (operands.pointer(0), operands.pointer(3));
        let Sizes { integers, .. } = self.0;
        // SAFETY: the caller's guarantee.
        unsafe {
            self.0.runs(operands, share, |first, count, step, zero| {
                let (step, zero) = (F32x4::splat(step), I32x4::splat(zero));
                let whole = count / LANES * LANES;
                for i in (first..first + whole).step_by(LANES) {
                    let q = match integers {
                        Dtype::U8 => I32x4::load_bytes(x.add(i)),
                        Dtype::I8 => I32x4::load_signed_bytes(x.add(i).cast()),
                        Dtype::F32 | Dtype::I32 => I32x4::load(x.cast::<i32>().add(i)),
                    };
                    q.sub(zero).to_f32().mul(step).store(y.add(i));
                }
                for i in first + whole..first + count {
                    let q = match integers {
                        Dtype::U8 => i32::from(x.add(i).read()),
                        Dtype::I8 => i32::from(x.cast::<i8>().add(i).read()),
                        Dtype::F32 | Dtype::I32 => x.cast::<i32>().add(i).read(),
                    };
                    I32x4::splat(q).sub(zero).to_f32().mul(step).store_partial(y.add(i), 1);
                }
            });
        }
        Ok(())
    }
}
