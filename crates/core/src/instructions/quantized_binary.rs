//! QUANTIZED BINARY: the sum or product of what bytes stand for, as bytes. With steps in steps of y, s and t, in float32 and in
//! this order, `round(a * s + b * t - (a's zero * s + b's zero * t))` and `round(((a - zero) * (b - zero)) * (s * b's step))`, and
//! y's zero.
//!
//! Params: kind, count, zero and step of a, of b and of y, low, high: the ends of y. Operands: a, b, y.

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::kernels::integer::Requantize;
use crate::simd::{F32x4, I32x4, U8x16};

const BYTES: &[Dtype] = &[Dtype::U8];

enumeration! {
    pub enum Kind {
        Add,
        Mul,
    }
}

pub const ENTRIES: &[Entry] = &[Entry::new(
    "quantized binary",
    "a, b -> y",
    BYTES,
    decode,
    Sample::new(&[0, 148, 3, ONE, 5, ONE, 128, ONE, 0, 255], &[37, 37, 37]).of(BYTES),
)];

#[derive(Clone, Copy)]
struct Quantized {
    zero: i32,
    step: f32,
}

struct QuantizedBinary {
    kind: Kind,
    count: usize,
    a: Quantized,
    b: Quantized,
    y_step: f32,
    requantize: Requantize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (kind, count) = (params.kind(), params.usize());
    params.elements(&[count], 1);
    let [a, b, y] = [(); 3].map(|()| Quantized { zero: params.below(256) as i32, step: params.f32() });
    let [low, high] = [(); 2].map(|()| params.below(256) as u8);
    params.check()?;
    let requantize = Requantize::new([y.zero as u8, low, high]);
    Ok(Planned::new(QuantizedBinary { kind, count, a, b, y_step: y.step, requantize }))
}

impl Instruction for QuantizedBinary {
    fn extents(&self) -> Extents {
        Extents::bytes(&[self.count; 3])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let QuantizedBinary { a, b, .. } = *self;
        let (s, t) = (a.step / self.y_step, b.step / self.y_step);
        // SAFETY: the caller guarantees that a, b and y hold `count` bytes.
        unsafe {
            match self.kind {
                Kind::Add => {
                    let rest = F32x4::splat(a.zero as f32 * s + b.zero as f32 * t);
                    let (s, t) = (F32x4::splat(s), F32x4::splat(t));
                    self.each(operands, share, |a, b| a.to_f32().mul(s).add(b.to_f32().mul(t)).sub(rest));
                }
                Kind::Mul => {
                    let step = F32x4::splat(s * b.step);
                    let [a, b] = [a, b].map(|of| I32x4::splat(of.zero));
                    self.each(operands, share, |x, y| x.sub(a).mul(y.sub(b)).to_f32().mul(step));
                }
            }
        }
        Ok(())
    }
}

impl QuantizedBinary {
    #[inline(always)]
    unsafe fn each(&self, operands: &Operands, share: Share, op: impl Fn(I32x4, I32x4) -> F32x4) {
        let (a, b): (*const u8, *const u8) = (operands.pointer(0), operands.pointer(1));
        let y: *mut u8 = operands.pointer(2);
        let range = share.range(self.count);
        let whole = range.start + range.len() / 16 * 16;
        // SAFETY: the caller's guarantee.
        unsafe {
            let sixteen = |a: *const u8, b: *const u8, y: *mut u8| {
                let ([p, q, r, s], [t, u, v, w]) = (integers(U8x16::load(a)), integers(U8x16::load(b)));
                self.requantize.rounded([op(p, t), op(q, u), op(r, v), op(s, w)]).store(y);
            };
            for i in (range.start..whole).step_by(16) {
                sixteen(a.add(i), b.add(i), y.add(i));
            }
            if whole < range.end {
                let count = range.end - whole;
                let [mut left, mut right] = [[0u8; 16]; 2];
                left[..count].copy_from_slice(core::slice::from_raw_parts(a.add(whole), count));
                right[..count].copy_from_slice(core::slice::from_raw_parts(b.add(whole), count));
                sixteen(left.as_ptr(), right.as_ptr(), left.as_mut_ptr());
                core::ptr::copy_nonoverlapping(left.as_ptr(), y.add(whole), count);
            }
        }
    }
}

#[inline(always)]
fn integers(bytes: U8x16) -> [I32x4; 4] {
    let (low, high) = bytes.widen();
    let ((p, q), (r, s)) = (low.widen(), high.widen());
    [p, q, r, s]
}
