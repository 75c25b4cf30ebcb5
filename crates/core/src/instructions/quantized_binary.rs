//! QUANTIZED BINARY: the sum or product of what bytes stand for, as bytes. With steps in steps of y, s and t, in float32 and in
//! this order, `round(a * s + b * t - (a's zero * s + b's zero * t))` and `round(((a - zero) * (b - zero)) * (s * b's step))`, and
//! y's zero.
//!
//! Params: kind, count, plane: bytes of a and y for which b has one word of four channels, or 0 where it has all of them; zero and
//! step of a, of b and of y, low, high: the ends of y. Operands: a, b, y.

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::kernels::integer::Requantize;
use crate::simd::{F32x4, I32x4, U8x16};
use core::ops::Range;

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
    Sample::new(&[0, 148, 0, 3, ONE, 5, ONE, 128, ONE, 0, 255], &[37, 37, 37]).of(BYTES),
)];

#[derive(Clone, Copy)]
struct Quantized {
    zero: i32,
    step: f32,
}

struct QuantizedBinary {
    kind: Kind,
    count: usize,
    plane: usize,
    a: Quantized,
    b: Quantized,
    y_step: f32,
    requantize: Requantize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (kind, count, plane) = (params.kind(), params.usize(), params.usize());
    params.elements(&[count], 1);
    if plane > 0 && !count.is_multiple_of(plane) {
        params.refuse(plane as u32);
    }
    let [a, b, y] = [(); 3].map(|()| Quantized { zero: params.below(256) as i32, step: params.f32() });
    let [low, high] = [(); 2].map(|()| params.below(256) as u8);
    params.check()?;
    let requantize = Requantize::new([y.zero as u8, low, high]);
    Ok(Planned::new(QuantizedBinary { kind, count, plane, a, b, y_step: y.step, requantize }))
}

impl Instruction for QuantizedBinary {
    fn extents(&self) -> Extents {
        let words = self.count.checked_div(self.plane).map_or(self.count, |planes| planes * 4);
        Extents::bytes(&[self.count, words, self.count])
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
                    self.each(operands, share, |a: I32x4, b: I32x4| {
                        a.to_f32().mul(s).add(b.to_f32().mul(t)).sub(rest)
                    });
                }
                Kind::Mul => {
                    let step = F32x4::splat(s * b.step);
                    let [a, b] = [a, b].map(|of| I32x4::splat(of.zero));
                    self.each(operands, share, |x: I32x4, y: I32x4| {
                        x.sub(a).mul(y.sub(b)).to_f32().mul(step)
                    });
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
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.plane == 0 {
                let Range { start, end } = share.range(self.count);
                return self.row([a.add(start), b.add(start)], y.add(start), end - start, 16, &op);
            }
            let mut word = [0u8; 16];
            for item in share.range(self.count / self.plane) {
                U8x16::load_four(b.add(4 * item)).store(word.as_mut_ptr());
                let first = item * self.plane;
                self.row([a.add(first), word.as_ptr()], y.add(first), self.plane, 0, &op);
            }
        }
    }

    /// So many bytes; b goes on by `step` with each sixteen of a.
    #[inline(never)]
    unsafe fn row(
        &self,
        [a, b]: [*const u8; 2],
        y: *mut u8,
        count: usize,
        step: usize,
        op: impl Fn(I32x4, I32x4) -> F32x4,
    ) {
        let sixteen = |a: *const u8, b: *const u8, y: *mut u8| {
            // SAFETY: the caller's guarantee.
            unsafe {
                let ([p, q, r, s], [t, u, v, w]) = (integers(U8x16::load(a)), integers(U8x16::load(b)));
                self.requantize.rounded([op(p, t), op(q, u), op(r, v), op(s, w)]).store(y);
            }
        };
        let whole = count / 16;
        // SAFETY: the caller's guarantee.
        unsafe {
            for i in 0..whole {
                sixteen(a.add(16 * i), b.add(step * i), y.add(16 * i));
            }
            let rest = count % 16;
            if rest > 0 {
                let (a, b, y) = (a.add(16 * whole), b.add(step * whole), y.add(16 * whole));
                let [mut left, mut right] = [[0u8; 16]; 2];
                left[..rest].copy_from_slice(core::slice::from_raw_parts(a, rest));
                right[..rest].copy_from_slice(core::slice::from_raw_parts(b, rest));
                sixteen(left.as_ptr(), right.as_ptr(), left.as_mut_ptr());
                core::ptr::copy_nonoverlapping(left.as_ptr(), y, rest);
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
