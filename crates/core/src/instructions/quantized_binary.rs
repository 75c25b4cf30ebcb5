//! QUANTIZED BINARY: the sum or product of what bytes stand for, as bytes: `round(((a - zero) * step op (b - zero) * step) /
//! y's step) + y's zero`, in float32 and in this order.
//!
//! Params: kind, count, zero and step of a, of b and of y, low, high: the ends of y. Operands: a, b, y.

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
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
    y: Quantized,
    low: u8,
    high: u8,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (kind, count) = (params.kind(), params.usize());
    params.elements(&[count], 1);
    let [a, b, y] = [(); 3].map(|()| Quantized { zero: params.below(256) as i32, step: params.f32() });
    let [low, high] = [(); 2].map(|()| params.below(256) as u8);
    params.check()?;
    Ok(Planned::new(QuantizedBinary { kind, count, a, b, y, low, high }))
}

impl Instruction for QuantizedBinary {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller guarantees that a, b and y hold `count` bytes.
        unsafe {
            match self.kind {
                Kind::Add => self.each(operands, share, |a, b| a.add(b)),
                Kind::Mul => self.each(operands, share, |a, b| a.mul(b)),
            }
        }
        Ok(())
    }
}

impl QuantizedBinary {
    #[inline(always)]
    unsafe fn each(&self, operands: &Operands, share: Share, op: impl Fn(F32x4, F32x4) -> F32x4 + Copy) {
        let (a, b): (*const u8, *const u8) = (operands.pointer(0), operands.pointer(1));
        let y: *mut u8 = operands.pointer(2);
        let range = share.range(self.count);
        let whole = range.start + range.len() / 16 * 16;
        // SAFETY: the caller's guarantee.
        unsafe {
            for i in (range.start..whole).step_by(16) {
                self.sixteen(U8x16::load(a.add(i)), U8x16::load(b.add(i)), op).store(y.add(i));
            }
            if whole < range.end {
                let count = range.end - whole;
                let [mut left, mut right] = [[0u8; 16]; 2];
                left[..count].copy_from_slice(core::slice::from_raw_parts(a.add(whole), count));
                right[..count].copy_from_slice(core::slice::from_raw_parts(b.add(whole), count));
                self.sixteen(U8x16::load(left.as_ptr()), U8x16::load(right.as_ptr()), op)
                    .store(left.as_mut_ptr());
                core::ptr::copy_nonoverlapping(left.as_ptr(), y.add(whole), count);
            }
        }
    }

    #[inline(always)]
    fn sixteen(&self, a: U8x16, b: U8x16, op: impl Fn(F32x4, F32x4) -> F32x4) -> U8x16 {
        let floats = |bytes: U8x16, of: Quantized| {
            let (low, high) = bytes.widen();
            let ((p, q), (r, s)) = (low.widen(), high.widen());
            [p, q, r, s].map(|v| v.sub(I32x4::splat(of.zero)).to_f32().mul(F32x4::splat(of.step)))
        };
        let (a, b) = (floats(a, self.a), floats(b, self.b));
        let (step, zero) = (F32x4::splat(self.y.step), F32x4::splat(self.y.zero as f32));
        let [p, q, r, s] = core::array::from_fn(|i| op(a[i], b[i]).div(step).nearest().add(zero).to_i32());
        let bytes = p.narrow(q).narrow(r.narrow(s));
        bytes.max(U8x16::splat(self.low)).min(U8x16::splat(self.high))
    }
}
